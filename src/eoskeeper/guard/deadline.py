"""The guard's state as a table of what each order does in each phase; pure.

Invariant: from the deadline on nothing but a fence leads out of ``armed``; and nothing but an
``arm`` with a higher term leads out of ``fenced``.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import NamedTuple

__all__ = ["Limits", "Mode", "Phase", "State", "arm", "disarm", "expire", "extend", "fence"]


class Phase(StrEnum):
    """What the guard is doing."""

    IDLE = "idle"
    """Nobody asked for anything: it fences nobody."""
    ARMED = "armed"
    """Waits for the deadline or for the next extension."""
    LOOKING = "looking"
    """The deadline has passed in mode ``look``: asks nodeos whether others are heard."""
    FENCED = "fenced"
    """It has fenced, or is trying to, until a new term."""


class Mode(StrEnum):
    """What a passed deadline means."""

    DEADLINE = "deadline"
    """Fence: somebody else may take over by the clock."""
    FREEZE = "freeze"
    """Fence, and not by a pause: a resume that nobody has answered may still come."""
    LOOK = "look"
    """Look first: somebody else takes over only when the chain does not hear us."""


class State(NamedTuple):
    """All that a restarted guard has to know.

    Attributes:
        until_s: the deadline on CLOCK_BOOTTIME.
        reason: of the last fence.
        how: the rung that proved it; "" while it is not proven.
    """

    phase: Phase = Phase.IDLE
    mode: Mode = Mode.DEADLINE
    term: int = -1
    until_s: float = 0.0
    reason: str = ""
    how: str = ""


class Limits(NamedTuple):
    """When it is, and how far ahead of that a deadline may lie."""

    now_s: float
    longest_s: float


def arm(state: State, term: int, until_s: float, mode: Mode, limits: Limits) -> State | str:
    """Begin to guard a term; the reason as a text when that is refused."""
    if (refused := _refuse_deadline(until_s, limits)) is not None:
        return refused
    if expire(state, limits.now_s) != state:
        return "too late: the deadline has passed"
    if state.phase is Phase.FENCED and term <= state.term:
        return f"term {state.term} is fenced: only a higher one may begin"
    if term < state.term:
        return f"term {term} is older than {state.term}"
    if state.phase is Phase.ARMED and term == state.term and until_s < state.until_s:
        return "a deadline only moves forward"
    return State(Phase.ARMED, mode, term, until_s)


def extend(state: State, term: int, until_s: float, evidence: str, limits: Limits) -> State | str:
    """Move the deadline forward, for a reason; late is refused."""
    state = expire(state, limits.now_s)
    if state.phase not in {Phase.ARMED, Phase.LOOKING}:
        return f"too late: {state.phase}" if state.phase is Phase.FENCED else "not armed"
    if term != state.term:
        return f"term {term} is not {state.term}"
    if not evidence.strip():
        return "no evidence"
    if (refused := _refuse_deadline(until_s, limits)) is not None:
        return refused
    if until_s < state.until_s:
        return "a deadline only moves forward"
    return state._replace(phase=Phase.ARMED, until_s=until_s)


def disarm(state: State, term: int, proof: str, *, now_s: float) -> State | str:
    """Stop guarding, for a proof that nothing can be produced."""
    state = expire(state, now_s)
    if state.phase is Phase.IDLE:
        return state
    if state.phase is Phase.FENCED:
        return "fenced: only a higher term leads out"
    if term != state.term:
        return f"term {term} is not {state.term}"
    if not proof.strip():
        return "no proof"
    return state._replace(phase=Phase.IDLE)


def expire(state: State, now_s: float) -> State:
    """What the time alone does."""
    if state.phase is not Phase.ARMED or now_s < state.until_s:
        return state
    if state.mode is Mode.LOOK:
        return state._replace(phase=Phase.LOOKING)
    return fence(state, "the deadline has passed")


def fence(state: State, reason: str, how: str = "") -> State:
    """Fence it, or say by which rung it is fenced.

    The nodeos that the resume was sent to has been stopped then; the next one may be paused.
    """
    mode = Mode.DEADLINE if how and state.mode is Mode.FREEZE else state.mode
    return state._replace(phase=Phase.FENCED, mode=mode, reason=reason, how=how)


def _refuse_deadline(until_s: float, limits: Limits) -> str | None:
    if not math.isfinite(until_s) or until_s <= limits.now_s:
        return "that deadline has passed already"
    if until_s > limits.now_s + limits.longest_s:
        return f"that deadline is more than {limits.longest_s:g} s ahead"
    return None
