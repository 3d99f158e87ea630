"""The guard's table of orders: only forward, in time, and out of a fence only by a new term."""

from __future__ import annotations

import math

import pytest

from eoskeeper.guard.deadline import (
    Limits,
    Mode,
    Phase,
    State,
    arm,
    disarm,
    expire,
    extend,
    fence,
)

NOW = 1000.0
LIMITS = Limits(NOW, 60.0)
ARMED = State(Phase.ARMED, Mode.DEADLINE, 5, NOW + 10)
EXPIRED = ARMED._replace(until_s=NOW)
LOOKING = State(Phase.LOOKING, Mode.LOOK, 5, NOW - 1)
FENCED = fence(EXPIRED, "the deadline has passed", "pause")


@pytest.mark.parametrize(
    ("state", "term", "until_s", "allowed"),
    [
        (State(), 0, NOW + 10, True),
        (State(), 0, NOW, False),
        (State(), 0, NOW + 60, True),
        (State(), 0, NOW + 60.01, False),
        (State(), 0, math.inf, False),
        (State(), 0, math.nan, False),
        (ARMED, 5, NOW + 11, True),
        (ARMED, 5, NOW + 9, False),
        (ARMED, 4, NOW + 11, False),
        (ARMED, 6, NOW + 9, True),
        (EXPIRED, 6, NOW + 9, False),
        (FENCED, 5, NOW + 9, False),
        (FENCED, 6, NOW + 9, True),
        (LOOKING, 6, NOW + 9, True),
    ],
)
def test_arms_only_ahead_and_out_of_a_fence_only_by_a_higher_term(
    state: State, term: int, until_s: float, *, allowed: bool
) -> None:
    """An expired deadline is never armed away, whatever the term."""
    outcome = arm(state, term, until_s, Mode.DEADLINE, LIMITS)
    assert isinstance(outcome, State) is allowed
    if isinstance(outcome, State):
        assert outcome == State(Phase.ARMED, Mode.DEADLINE, term, until_s)


@pytest.mark.parametrize(
    ("state", "until_s", "evidence", "allowed"),
    [
        (ARMED, NOW + 11, "confirmed", True),
        (ARMED, NOW + 10, "confirmed", True),
        (ARMED, NOW + 9.9, "confirmed", False),
        (ARMED, NOW + 61, "confirmed", False),
        (ARMED, NOW + 11, " ", False),
        (ARMED._replace(term=6), NOW + 11, "confirmed", False),
        (EXPIRED, NOW + 11, "confirmed", False),
        (FENCED, NOW + 11, "confirmed", False),
        (LOOKING, NOW + 11, "confirmed", True),
        (State(term=5), NOW + 11, "confirmed", False),
    ],
)
def test_extends_only_forward_for_evidence_and_in_time(
    state: State, until_s: float, evidence: str, *, allowed: bool
) -> None:
    """At the deadline itself it is late."""
    outcome = extend(state, 5, until_s, evidence, LIMITS)
    assert isinstance(outcome, State) is allowed
    if isinstance(outcome, State):
        assert (outcome.phase, outcome.until_s) == (Phase.ARMED, until_s)


@pytest.mark.parametrize(
    ("state", "proof", "phase"),
    [
        (ARMED, "paused", Phase.IDLE),
        (LOOKING, "paused", Phase.IDLE),
        (State(), "", Phase.IDLE),
        (ARMED, "", None),
        (ARMED._replace(term=4), "paused", None),
        (EXPIRED, "paused", None),
        (FENCED, "paused", None),
    ],
)
def test_disarms_only_for_a_proof_and_in_time(
    state: State, proof: str, phase: Phase | None
) -> None:
    """What has to be fenced is not talked away."""
    outcome = disarm(state, 5, proof, now_s=NOW)
    assert (outcome.phase if isinstance(outcome, State) else None) is phase


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        (ARMED, Phase.ARMED),
        (EXPIRED, Phase.FENCED),
        (EXPIRED._replace(mode=Mode.LOOK), Phase.LOOKING),
        (LOOKING, Phase.LOOKING),
        (State(), Phase.IDLE),
        (FENCED, Phase.FENCED),
    ],
)
def test_time_alone_leads_to_a_fence_or_a_look(state: State, phase: Phase) -> None:
    """By the mode; and a fence that has begun is not proven yet."""
    after = expire(state, NOW)
    assert after.phase is phase
    if state is EXPIRED:
        assert after.how == ""


@pytest.mark.parametrize(
    ("how", "mode"), [("", Mode.FREEZE), ("freeze", Mode.DEADLINE), ("kill", Mode.DEADLINE)]
)
def test_once_the_nodeos_of_the_resume_is_stopped_the_next_one_may_be_paused(
    how: str, mode: Mode
) -> None:
    """Else each that starts would be stopped again."""
    armed = State(Phase.ARMED, Mode.FREEZE, 3, NOW)
    assert fence(armed, "the deadline has passed", how).mode is mode
