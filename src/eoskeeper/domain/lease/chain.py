"""The lease over the chain register: own turns that stay on the chain are its heartbeat.

Invariant: a holder's lease has lapsed, and its fence has had most of a gap, before any candidate
resumes; both count the same own turns. In doubt the holder counts a turn as lost and a candidate
does not count it as empty.
"""

from __future__ import annotations

import msgspec

from eoskeeper.domain.actions import Condition, Met
from eoskeeper.domain.chain_time import (
    SLOT_S,
    TURN_S,
    Moment,
    Slot,
    Turn,
    first_slot_of_turn,
    last_slot_of_turn,
    slot_at,
    slot_utc,
    turn_of,
)
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.policy import Policy
from eoskeeper.domain.production import empty_own_turns, own_turns_between, row_begin

__all__ = [
    "MIN_PRODUCERS",
    "TakeoverMoment",
    "alone_for_s",
    "empty_turns_by_now",
    "lapse_limit_turns",
    "settle_s",
    "takeover_moment",
    "takeover_row",
    "unstayed_own_turns",
]

MIN_PRODUCERS = 4
"""With fewer the gap between own turns (18 s at four) is too short for the fence."""

SETTLE_MAX_S = 20.0
"""An own turn is judged at the latest so long after its end, at the earliest after half a gap."""


LOOK_BACK_S = 90.0
"""Silence longer than this is beyond any isolation limit worth setting."""


class TakeoverMoment(msgspec.Struct, frozen=True):
    """The own turn that a candidate would begin with, and the slots between which to resume.

    Attributes:
        opens_in_s: seconds until the request may be sent; zero or less when it may be.
    """

    turn: Turn
    not_before_slot: Slot
    not_after_slot: Slot
    opens_in_s: float


def settle_s(node: NodeState) -> float:
    """Seconds after the end of an own turn at which the holder judges it.

    Long enough for a turn lost in a fork to show: the next producer's blocks are as many as ours,
    so it takes the first block of the one after next, 6.5 s later, to win. Short enough to leave
    the other half of the gap for the fence.
    """
    return min(SETTLE_MAX_S, node.roster.gap_slots * SLOT_S / 2)


def unstayed_own_turns(node: NodeState, held_from: Slot, now: Moment) -> int:
    """Own turns since the last one that stayed, judged by the clock as a holder must.

    A turn that can be seen neither on the chain nor in the log counts as not stayed. Only a keeper
    that has just started, and has not read the chain up to its head, counts from its start.

    Args:
        node: what is known.
        held_from: first slot of this holdership; its own turn counts.
        now: the wall clock decides which turns are over.
    """
    chain = node.chain
    reference = turn_of(held_from) - 1
    if node.caught_up is None:
        reference = max(reference, turn_of(slot_at(node.started.utc_s)))
    if chain.stayed is not None:
        reference = max(reference, turn_of(chain.stayed.slot))
    if node.logbook.stayed_slot is not None:
        reference = max(reference, turn_of(node.logbook.stayed_slot))
    if chain.off_schedule is not None:
        reference = max(reference, turn_of(chain.off_schedule))
    judged = turn_of(slot_at(now.utc_s - settle_s(node)) + 1)
    return own_turns_between(node.roster, reference, judged)


def lapse_limit_turns(node: NodeState, held_from: Slot, policy: Policy) -> int:
    """Own turns in a row without a block that stayed which end the lease.

    A new holder is on probation: until its first block has stayed, one turn is enough, so that
    it is fenced before the next candidate in line may act.
    """
    stayed = node.chain.stayed
    slots = (stayed.slot if stayed else None, node.logbook.stayed_slot)
    proven = any(slot is not None and slot >= held_from for slot in slots)
    return policy.failover.first_standby_turns if proven else 1


def alone_for_s(node: NodeState, now: Moment, policy: Policy) -> float | None:
    """Seconds since a new block of another producer was seen, less one own turn in between.

    In our own turn nobody else speaks; one such turn is not counted as silence.

    Returns:
        None where that cannot be told: the API is silent, or there are no other producers. Being
        blind is not being alone.
    """
    head = node.head
    if head is None or now.mono_s - head.at.mono_s > policy.failover.reading_age_limit_s:
        return None
    if len(node.roster.accounts) < 2:  # noqa: PLR2004 - one producer has nobody to hear
        return None
    heard = node.foreign_heard or node.first_head
    if heard is None:
        return None
    silent_s = now.mono_s - heard.mono_s
    return silent_s - _own_part_s(node, now, silent_s)


def _own_part_s(node: NodeState, now: Moment, silent_s: float) -> float:
    """Seconds of an own turn within the last ``silent_s``, at most one turn."""
    end = slot_at(now.utc_s)
    slots = range(slot_at(now.utc_s - min(silent_s, LOOK_BACK_S)) + 1, end + 1)
    own = sum(node.roster.own_turn_holding(slot) is not None for slot in slots)
    return min(own * SLOT_S, TURN_S)


def takeover_moment(node: NodeState, now: Moment, policy: Policy) -> TakeoverMoment | None:
    """When a candidate would resume: shortly before its next own turn, or at once within one."""
    current = slot_at(now.utc_s)
    # A turn with less than two slots to go is not worth the request.
    turn = node.roster.own_turn_holding(current + 2)
    if turn is None:
        turn = node.roster.own_turn_at_or_after(current + 1)
    if turn is None:
        return None
    first = first_slot_of_turn(turn)
    opens = slot_utc(first) - SLOT_S - policy.failover.resume_lead_s
    return TakeoverMoment(
        turn=turn,
        not_before_slot=Slot(max(first, current + 1)),
        not_after_slot=Slot(last_slot_of_turn(turn) - 1),
        opens_in_s=opens - now.utc_s,
    )


def takeover_row(node: NodeState, policy: Policy, *, lapsed: bool) -> Condition:
    """Whether the count of empty own turns is one at which this host may act."""
    delay = policy.takeover_after_turns
    needed = f"{delay} (and the next {policy.takeover_window_turns - 1}), this host's own counts"
    if lapsed:
        needed += ", ten later after a lapse"
    row = empty_own_turns(node.chain, node.roster)
    if row is None:
        return Condition("own_turns_empty", Met.UNKNOWN, "begin of the row not known", needed)
    met = Met.YES if policy.may_act_at(row, lapsed=lapsed) else Met.NO
    return Condition("own_turns_empty", met, f"{row} in a row", needed)


def empty_turns_by_now(node: NodeState, now: Moment) -> int | None:
    """The count of empty own turns, with those that are over by the clock but not yet on a tip."""
    row, begin = empty_own_turns(node.chain, node.roster), row_begin(node.chain, node.roster)
    if row is None or begin is None:
        return None
    over = turn_of(slot_at(now.utc_s) + 1)
    return max(row, own_turns_between(node.roster, begin, over))
