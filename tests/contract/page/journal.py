"""A journal that tells of a takeover, and measurements that nobody made."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from eoskeeper.domain.actions import Permit, PermitKind, Resume
from eoskeeper.domain.chain_time import Moment, MonoS, UtcS, slot_at
from eoskeeper.domain.events import (
    ActionDecided,
    Event,
    KeeperStarted,
    OutcomeSeen,
    StandingChanged,
)
from eoskeeper.domain.failover import Trigger
from eoskeeper.domain.records import Curve, Curves, EventRecord, EventSource, Quantity
from eoskeeper.domain.samples import OutcomeResult
from eoskeeper.domain.standing import Standing, State
from tests.contract.page.world import HOSTS, World

__all__ = ["curves", "older_events", "record", "takeover_events"]

OLDER_EVENTS = 150
TAKEOVER_DUE, RESUME_PROVEN = Trigger.TAKEOVER_DUE.value, Trigger.RESUME_PROVEN.value

LEVELS = {
    Quantity.HEAD_AGE_S: (0.4, 0.25),
    Quantity.IRREVERSIBLE_LAG_BLOCKS: (2.0, 1.0),
    Quantity.LINKS: (22.0, 3.0),
    Quantity.NODEOS_CPU_PERCENT: (11.0, 7.0),
    Quantity.DISK_USED_PERCENT: (61.0, 0.0),
    Quantity.MEMORY_AVAILABLE_BYTES: (21.0 * 2**30, 2.0 * 2**30),
    Quantity.NODEOS_RESIDENT_BYTES: (6.0 * 2**30, 0.3 * 2**30),
}


def record(number: int, event: Event) -> EventRecord:
    """An event of the journal of decisions as the history keeps it."""
    return EventRecord(
        number=number,
        at_utc=event.at.utc_s,
        source=EventSource.DECISION,
        kind=str(event.__struct_config__.tag),
        event=msgspec.Raw(msgspec.json.encode(event)),
    )


def _at(utc: float) -> Moment:
    return Moment(MonoS(utc), UtcS(utc))


def older_events(world: World) -> list[Event]:
    """Of a keeper that was started again and again, oldest first."""
    begins = (world.begin - 86_400 - 7_200 * back for back in range(OLDER_EVENTS, 0, -1))
    return [KeeperStarted(_at(begin), "0.4.0", HOSTS[1], "B", "auto") for begin in begins]


def takeover_events(world: World) -> tuple[Event, ...]:
    """From the decision to the proof."""
    at = _at(world.takeover)
    first, last = slot_at(at.utc_s), slot_at(at.utc_s + 9)
    permit = Permit(PermitKind.TAKEOVER, 1, at, 2, first, last, world.conditions())
    reason = "2 own turns in a row are empty; the next one begins in 3.0 s"
    proof = "acknowledged, read back as not paused"
    begun = Standing(state=State.RESUMING, since=at, term=1, permit=permit)
    held = Standing(state=State.HOLDER, since=_at(at.utc_s + 2), term=1, permit=permit)
    return (
        StandingChanged(at, State.STANDBY, begun, TAKEOVER_DUE, reason, world.conditions()),
        ActionDecided(at, Resume(7, permit, reason)),
        OutcomeSeen(_at(at.utc_s + 1), 7, OutcomeResult.PROVEN, proof),
        StandingChanged(_at(at.utc_s + 2), State.RESUMING, held, RESUME_PROVEN, proof),
    )


def curves(quantities: Sequence[Quantity], begin: float, end: float, points: int) -> Curves:
    """Waves with a hole in each, as a keeper that was stopped for a while leaves them."""
    step = max(1, math.ceil((end - begin) / points))
    count = math.ceil((end - begin) / step)
    hole = range(int(count * 0.62), int(count * 0.66))
    return Curves(UtcS(begin), step, tuple(_curve(name, count, hole) for name in quantities))


def _curve(name: Quantity, count: int, hole: range) -> Curve:
    level, swing = LEVELS.get(name, (1.0, 0.5))
    places = range(count)
    means = [level + swing * math.sin(p / 29) * math.sin(p / 7) ** 2 + swing / 2 for p in places]

    def known(spread: float) -> tuple[float | None, ...]:
        return tuple(
            None if place in hole else max(0.0, mean + spread * (0.4 + (place * 7919 % 13) / 13))
            for place, mean in zip(places, means, strict=True)
        )

    return Curve(name, known(0.0), known(-swing), known(swing))
