"""Beating: the ping to a dead man's service, as long as cycles run and their reports are fresh."""

from __future__ import annotations

from collections.abc import Callable

from eoskeeper.app.recorder import Log
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.report import Report
from eoskeeper.effects.heartbeat import Heartbeat
from eoskeeper.runtime.tasks import every

__all__ = ["beat_for_ever"]

HEARTBEAT_FAILED = "heartbeat_failed"
HEARTBEAT_TAKEN_AGAIN = "heartbeat_taken_again"


async def beat_for_ever(
    heartbeat: Heartbeat, period_s: float, report: Callable[[], Report | None], log: Log
) -> None:
    """Ping each period, but only when a new report came since the last one.

    A keeper whose cycle hangs while its event loop lives must fall silent, too.
    """
    last_utc: float | None = None
    was_proven = True
    try:
        async for _ in every(period_s):
            newest = report()
            if newest is None or newest.at_utc == last_utc:
                continue
            last_utc = newest.at_utc
            attempt = await heartbeat.beat(ok=True)
            proven = attempt.result is DeliveryResult.PROVEN
            if proven and not was_proven:
                log.info(HEARTBEAT_TAKEN_AGAIN)
            elif was_proven and not proven:
                log.warning(HEARTBEAT_FAILED, result=str(attempt.result), answer=attempt.detail)
            was_proven = proven
    finally:
        await heartbeat.close()
