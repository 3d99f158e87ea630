"""Own turn: for how long a node of ours that runs unpaused could sign a block now."""

from __future__ import annotations

from eoskeeper.domain.chain_time import (
    SLOT_S,
    Moment,
    first_slot_of_turn,
    last_slot_of_turn,
    slot_at,
    slot_utc,
    turn_of,
)
from eoskeeper.domain.production import Roster

__all__ = ["near_own_turn", "own_turn_left_s"]

LEAD_S = SLOT_S + 1.5
"""Seconds before the first slot's time: its block is built in the 0.5 s before it; and a margin."""

TAIL_S = 0.2
"""Seconds after the last slot's time in which its block may still be made."""


def near_own_turn(roster: Roster, now: Moment) -> bool:
    """Whether our producer's turn is on, or is about to begin; False without a known roster."""
    return own_turn_left_s(roster, now) > 0


def own_turn_left_s(roster: Roster, now: Moment) -> float:
    """Seconds until the own turn that is near is over; 0 when none is near or none is known.

    It is near from 2.0 s before the time of its first slot to 0.2 s after that of its last.
    """
    # The earliest slot whose time, with the tail, is not over.
    slot = slot_at(now.utc_s - TAIL_S) + 1
    turn = roster.own_turn_at_or_after(first_slot_of_turn(turn_of(slot)))
    if turn is None or now.utc_s < slot_utc(first_slot_of_turn(turn)) - LEAD_S:
        return 0.0
    return max(0.0, slot_utc(last_slot_of_turn(turn)) + TAIL_S - now.utc_s)
