"""Rule standby_unpaused: what nodeos says against what the host is entitled to."""

from __future__ import annotations

import pytest

from eoskeeper.domain.actions import FenceCause
from eoskeeper.domain.findings import Grade, Severity
from eoskeeper.domain.policy import Role
from eoskeeper.domain.rules.standby_unpaused import STANDBY_UNPAUSED, StandbyUnpaused
from eoskeeper.domain.samples import PausedRead
from eoskeeper.domain.standing import Standing, State
from tests.unit.domain.rules.views import ago, graded, replaced, view_of, watched
from tests.unit.domain.scene import settled_holder, settled_standby, standing_of

BAD = (Grade.FAILED, "unpaused")
NOT_YET = (Grade.UNKNOWN, "fencing")


def read(*, paused: bool, age_s: float = 0.5) -> PausedRead:
    """An answer of nodeos."""
    return PausedRead(ago(age_s), ago(age_s + 0.1), paused)


def fencing(cause: FenceCause, for_s: float) -> Standing:
    """A fence under way."""
    return Standing(state=State.FENCING, since=ago(for_s), cause=cause)


@pytest.mark.parametrize(
    ("state", "unpaused"),
    [
        (State.STANDBY, BAD),
        (State.LAPSED, BAD),
        (State.HELD, BAD),
        (State.ISOLATED, BAD),
        (State.RESTARTED, BAD),
        (State.LEARNING, (Grade.UNKNOWN, "learning")),
        (State.HOLDER, (Grade.OK, "entitled")),
        (State.RESUMING, (Grade.OK, "entitled")),
        (State.OBSERVER, (Grade.OK, "no_producer_here")),
    ],
)
def test_grades_an_unpaused_node_by_the_standing(state: State, unpaused: tuple[Grade, str]) -> None:
    """And a paused one is well wherever it may not produce."""
    view = view_of(node={"paused": read(paused=False)}, standing=standing_of(state))
    view = replaced(view, standing={"since": ago(100)})
    assert graded(STANDBY_UNPAUSED, StandbyUnpaused(), view) == unpaused
    paused = replaced(view, node={"paused": read(paused=True)})
    assert graded(STANDBY_UNPAUSED, StandbyUnpaused(), paused)[0] is Grade.OK


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (fencing(FenceCause.NOT_ENTITLED, 0), BAD),
        (fencing(FenceCause.NOT_ENTITLED, 60), BAD),
        (fencing(FenceCause.ALONE, 1), NOT_YET),
        (fencing(FenceCause.OPERATOR, 10), NOT_YET),
        (fencing(FenceCause.OPERATOR, 10.1), (Grade.FAILED, "fence_fails")),
    ],
)
def test_a_fence_may_need_ten_seconds(standing: Standing, expected: tuple[Grade, str]) -> None:
    """Unless the host was not entitled in the first place."""
    view = view_of(node={"paused": read(paused=False)}, standing=standing)
    assert graded(STANDBY_UNPAUSED, StandbyUnpaused(), view) == expected


@pytest.mark.parametrize(
    ("paused_ago_s", "expected"),
    [(None, BAD), (60.0, BAD), (1.6, BAD), (1.59, NOT_YET), (0.3, NOT_YET)],
)
def test_an_answer_that_crossed_our_own_pause_accuses_nobody(
    paused_ago_s: float | None, expected: tuple[Grade, str]
) -> None:
    """Asked 0.6 s ago; a pause sent less than a second before that was not yet read back."""
    standing = fencing(FenceCause.NOT_ENTITLED, 0)
    confirmed = None if paused_ago_s is None else ago(paused_ago_s)
    view = view_of(node={"paused": read(paused=False)}, standing=standing)
    view = replaced(view, standing={"confirmed": confirmed})
    assert graded(STANDBY_UNPAUSED, StandbyUnpaused(), view) == expected


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [(0.5, BAD), (0.95, NOT_YET), (2, NOT_YET), (15.1, (Grade.UNKNOWN, "no_reading"))],
)
def test_a_reading_from_before_the_pause_proves_nothing(
    age_s: float, expected: tuple[Grade, str]
) -> None:
    """The host stands by since a second."""
    standing = Standing(state=State.STANDBY, since=ago(1))
    view = view_of(node={"paused": read(paused=False, age_s=age_s)}, standing=standing)
    assert graded(STANDBY_UNPAUSED, StandbyUnpaused(), view) == expected


def test_a_standby_that_somebody_resumes_is_told_and_then_fenced() -> None:
    """In the second in which it is seen."""
    watch = watched(settled_standby())
    assert watch.ever(StandbyUnpaused(), 30) == {Grade.OK}
    watch.site.paused = False
    assert watch.run(1).found(StandbyUnpaused())[0].grade is Grade.FAILED
    assert watch.run(5).found(StandbyUnpaused())[0].grade is Grade.OK


def test_a_holder_is_well_at_any_moment() -> None:
    """Two rounds of it."""
    assert watched(settled_holder()).ever(StandbyUnpaused(), 48) == {Grade.OK}


def test_is_critical_wherever_it_can_be() -> None:
    """It is the begin of a double production."""
    assert set(STANDBY_UNPAUSED.failed.values()) == {Severity.CRITICAL}
    assert Role.OBSERVER not in STANDBY_UNPAUSED.failed
