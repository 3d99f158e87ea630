"""A clock for tests: the event loop's own time, with any wall time one likes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS, slot_utc

__all__ = ["clock_from"]


def clock_from(slot: int = 1_600_000_000) -> Callable[[], Moment]:
    """A clock whose wall time is that of ``slot`` when it is first read."""
    started: list[float] = []

    def now() -> Moment:
        mono_s = asyncio.get_running_loop().time()
        if not started:
            started.append(mono_s)
        return Moment(mono_s=MonoS(mono_s), utc_s=UtcS(slot_utc(slot) + mono_s - started[0]))

    return now
