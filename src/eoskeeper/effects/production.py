"""Pause and resume nodeos's production, with proof of what became of it.

Each request has a connection of its own and one deadline; nothing here raises for what the world
does. A resume that got no clear answer may still happen, so it is never told as not happened.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment, Slot, slot_at
from eoskeeper.domain.samples import ActionOutcome, OutcomeResult
from eoskeeper.effects import producer_http as http
from eoskeeper.effects.producer_http import ApiUrl, Exchange, Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from eoskeeper.domain.actions import Pause, Resume

__all__ = ["ProductionSettings", "pause", "resume"]


class ProductionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where and how production is paused and resumed; the table ``[production]``.

    Attributes:
        url: address that serves ``producer_rw``: ``http://IP:PORT`` or ``unix:///PATH``.
        paused_url: address that serves ``producer_ro`` where that is another one
            (``http-category-address``); None takes ``url``.
        timeout_s: seconds for one request, from connecting to the whole answer.
        drain_s: seconds between the acknowledged pause and the reading back: pause does not stop
            the block that is being built, so one block interval (0.5 s) and a margin.
    """

    url: ApiUrl = "http://127.0.0.1:8888"
    paused_url: ApiUrl | None = None
    timeout_s: Annotated[float, Meta(ge=0.1, le=60)] = 2.0
    drain_s: Annotated[float, Meta(ge=0.5, le=10)] = 0.6


_REFUSALS = range(400, 429)
"""Statuses given before nodeos calls its handler. 429 and 5xx may come after it: the answer of a
call already done is replaced by ``Busy`` when too many bytes are in flight.
Source: spring v1.2.2 http_plugin/common.hpp make_http_response_handler; the same in Leap."""


async def pause(
    action: Pause, settings: ProductionSettings, clock: Callable[[], Moment]
) -> ActionOutcome:
    """Pause; proven when acknowledged, drained for one block interval and read back as paused."""
    sent = await _ask(settings, "pause", clock)
    if not http.acknowledged(sent):
        return _unacknowledged(action.action_id, sent, clock)
    await asyncio.sleep(settings.drain_s)
    read_back = await _ask(settings, "paused", clock)
    result, detail = _judge(read_back, wanted=True)
    return _outcome(action.action_id, result, detail, sent, clock)


async def resume(
    action: Resume, settings: ProductionSettings, clock: Callable[[], Moment]
) -> ActionOutcome:
    """Resume while the permit holds; proven when acknowledged and read back as not paused.

    The permit is checked against the clock when the connection stands, just before the request
    is written: a slot has begun half a second before its time stamp.
    """
    not_after = action.permit.not_after_slot
    sent = await _ask(settings, "resume", clock, lambda: _before(not_after, clock()))
    if sent.progress is Progress.VOID:
        detail = f"permit ran out at slot {not_after}"
        return _outcome(action.action_id, OutcomeResult.CANCELLED, detail, sent, clock)
    if not http.acknowledged(sent):
        return _unacknowledged(action.action_id, sent, clock)
    read_back = await _ask(settings, "paused", clock)
    result, detail = _judge(read_back, wanted=False)
    return _outcome(action.action_id, result, detail, sent, clock)


def _before(slot: Slot, now: Moment) -> bool:
    """The slot that is being filled now is before ``slot``."""
    return slot_at(now.utc_s) + 1 < slot


async def _ask(
    settings: ProductionSettings,
    call: http.Call,
    clock: Callable[[], Moment],
    allowed: Callable[[], bool] = lambda: True,
) -> Exchange:
    url = settings.paused_url if call == "paused" and settings.paused_url else settings.url
    return await http.ask(
        http.parse_address(url),
        call,
        timeout_s=settings.timeout_s,
        clock=clock,
        allowed=allowed,
    )


def _judge(read_back: Exchange, *, wanted: bool) -> tuple[OutcomeResult, str]:
    """What the reading back says of an acknowledged call."""
    paused = http.read_as(read_back)
    if paused is None:
        what = f"status {read_back.status}" if read_back.status else read_back.detail
        return OutcomeResult.UNPROVEN, f"acknowledged, but not read back: {what}"
    if paused is wanted:
        return OutcomeResult.PROVEN, "acknowledged and read back"
    if wanted:
        return OutcomeResult.UNPROVEN, "acknowledged, but reads as not paused"
    return (
        OutcomeResult.UNPROVEN,
        "acknowledged, but reads as paused: paused again, or Spring's own pause for want of votes",
    )


def _unacknowledged(action_id: int, sent: Exchange, clock: Callable[[], Moment]) -> ActionOutcome:
    """The outcome of a call without its ``ok``."""
    match sent.progress:
        case Progress.NOBODY_LISTENS:
            result, detail = OutcomeResult.NEVER_SENT, sent.detail
        case Progress.ANSWERED if sent.status in _REFUSALS:
            result, detail = OutcomeResult.REFUSED, f"status {sent.status}"
        case Progress.ANSWERED:
            result = OutcomeResult.UNPROVEN
            detail = f"status {sent.status} without ok: it may have happened"
        case Progress.NO_ANSWER:
            result, detail = OutcomeResult.UNPROVEN, f"{sent.detail}: it may still happen"
        case _:
            result, detail = OutcomeResult.UNPROVEN, sent.detail
    return _outcome(action_id, result, detail, sent, clock)


def _outcome(
    action_id: int,
    result: OutcomeResult,
    detail: str,
    sent: Exchange,
    clock: Callable[[], Moment],
) -> ActionOutcome:
    return ActionOutcome(
        at=clock(), action_id=action_id, result=result, detail=detail, sent=sent.sent
    )
