"""What a rule may still call seen: readings that are young enough, and what they add up to.

No rule of its own: the rules about the chain share these looks, so that all of them go blind alike.
"""

from __future__ import annotations

from eoskeeper.domain.chain_time import Moment, slot_at, turn_of
from eoskeeper.domain.production import Roster
from eoskeeper.domain.rules.rule import View
from eoskeeper.domain.samples import (
    ConnectionsRead,
    HeadRead,
    PausedRead,
    ProcessRead,
    ScheduleRead,
)

__all__ = [
    "SCHEDULE_AGE_S",
    "age_s",
    "connections_in_sight",
    "head_in_sight",
    "newest_own_turn_over",
    "on_savanna",
    "paused_in_sight",
    "process_in_sight",
    "schedule_in_sight",
]

SLOW_POLLS = 3.0
"""A poll asks one question after the other, so one that is answered late delays those after it."""

SCHEDULE_AGE_S = 30.0
"""Ten of its polls; a schedule that is a little old is still who produces."""

CONNECTIONS_AGE_S = 40.0
"""Four of its polls of 10 s."""

SAVANNA_VERSION = 2_147_483_648
"""Source: spring v1.2.2 libraries/chain/include/eosio/chain/block_header.hpp,
``proper_svnn_schedule_version`` is 2^31; no DPoS chain ever counts that far."""


def age_s(at: Moment | None, now: Moment) -> float | None:
    """Seconds since ``at``; None when it never was."""
    return None if at is None else now.mono_s - at.mono_s


def _in_sight(at: Moment, now: Moment, limit_s: float) -> bool:
    return now.mono_s - at.mono_s <= limit_s


def _poll_age_s(view: View) -> float:
    return view.policy.failover.reading_age_limit_s * SLOW_POLLS


def head_in_sight(view: View, now: Moment) -> HeadRead | None:
    """The head, when it was read of late."""
    head = view.node.head
    return head if head is not None and _in_sight(head.at, now, _poll_age_s(view)) else None


def paused_in_sight(view: View, now: Moment) -> PausedRead | None:
    """What nodeos says of its pause, when it was read of late."""
    read = view.node.paused
    return read if read is not None and _in_sight(read.at, now, _poll_age_s(view)) else None


def process_in_sight(view: View, now: Moment) -> ProcessRead | None:
    """The process, when it was looked at of late."""
    read = view.node.process
    return read if read is not None and _in_sight(read.at, now, _poll_age_s(view)) else None


def schedule_in_sight(view: View, now: Moment) -> ScheduleRead | None:
    """The schedule, when it was read of late."""
    read = view.node.schedule
    return read if read is not None and _in_sight(read.at, now, SCHEDULE_AGE_S) else None


def connections_in_sight(view: View, now: Moment) -> ConnectionsRead | None:
    """The list of links, when it was read of late."""
    read = view.node.connections
    return read if read is not None and _in_sight(read.at, now, CONNECTIONS_AGE_S) else None


def on_savanna(view: View) -> bool | None:
    """Whether blocks become final by votes; None when no block has been told."""
    tip, finalizers = view.node.chain.tip, view.vitals.finalizers
    if finalizers is not None and finalizers.active:
        return True
    return None if tip is None else tip.schedule_version >= SAVANNA_VERSION


def newest_own_turn_over(roster: Roster, now: Moment, settle_s: float) -> int | None:
    """The newest turn of our producer that ended ``settle_s`` ago; None when not scheduled."""
    if roster.ours is None:
        return None
    count = len(roster.accounts)
    # The turn that the next slot lies in is not over, the one before it is.
    over = turn_of(slot_at(now.utc_s - settle_s) + 1) - 1
    return over - (over - roster.ours) % count
