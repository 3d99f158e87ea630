"""Rule finalizer: whether ours votes, on the host that holds production."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.production import Roster
from eoskeeper.domain.rules.finalizer import FINALIZER, Finalizer
from eoskeeper.domain.rules.rule import View
from eoskeeper.domain.samples import FinalizersRead
from eoskeeper.domain.standing import State
from tests.unit.domain.rules.host_views import finalizers
from tests.unit.domain.rules.views import ago, graded, head_read, replaced, view_of
from tests.unit.domain.scene import ROSTER


def _view(read: FinalizersRead | None, state: State = State.HOLDER) -> View:
    return view_of(
        node={"head": head_read(), "roster": ROSTER},
        vitals={"finalizers": read},
        standing=state,
    )


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (finalizers(3), (Grade.OK, "votes")),
        (finalizers(10), (Grade.OK, "votes")),
        (finalizers(11), (Grade.FAILED, "not_voting")),
        (finalizers(None, strong=None), (Grade.FAILED, "never_voted")),
        (finalizers(3, strong=False), (Grade.DEGRADED, "weak")),
        (finalizers(3, strong=None), (Grade.OK, "votes")),
        (finalizers(3, description="another"), (Grade.FAILED, "not_in_policy")),
        (finalizers(11, others_behind=11), (Grade.UNKNOWN, "nobody_votes")),
        (finalizers(11, others_behind=10), (Grade.FAILED, "not_voting")),
        (finalizers(99, age_s=15.0), (Grade.FAILED, "not_voting")),
        (finalizers(99, age_s=15.1), (Grade.UNKNOWN, "stale")),
        (None, (Grade.UNKNOWN, "not_savanna")),
    ],
)
def test_judges_the_vote_of_the_holder(
    read: FinalizersRead | None, expected: tuple[Grade, str]
) -> None:
    """Ten blocks behind are the most; where nobody votes it is the network's trouble."""
    assert graded(FINALIZER, Finalizer(), _view(read)) == expected


def test_the_head_is_taken_at_the_time_of_the_votes() -> None:
    """Read 4 s before the head: eight blocks have come since."""
    for behind, code in ((18, "votes"), (19, "not_voting")):
        view = _view(finalizers(behind, age_s=4.0))
        assert graded(FINALIZER, Finalizer(), view)[1] == code


@pytest.mark.parametrize(
    "state", [state for state in State if state not in {State.HOLDER, State.RESUMING}]
)
def test_other_hosts_leave_it_to_the_holder(state: State) -> None:
    """They see the same network."""
    expected = (Grade.UNKNOWN, "not_holder")
    assert graded(FINALIZER, Finalizer(), _view(finalizers(99), state)) == expected


def test_out_of_the_schedule_no_vote_is_due() -> None:
    """That is told by the rule schedule."""
    view = _view(finalizers(3, description="another"))
    view = replaced(view, node={"roster": Roster(("alpha", "carol"), None)})
    assert graded(FINALIZER, Finalizer(), view) == (Grade.UNKNOWN, "not_scheduled")


def test_before_savanna_there_is_nothing_to_judge() -> None:
    """Spring answers, with nobody in the policy; and an observer has no finalizer."""
    empty = msgspec.structs.replace(finalizers(3), active=())
    assert graded(FINALIZER, Finalizer(), _view(empty)) == (Grade.UNKNOWN, "not_savanna")
    view = replaced(_view(finalizers(3)), policy={"producer": None})
    assert graded(FINALIZER, Finalizer(), view) == (Grade.UNKNOWN, "not_holder")


@pytest.mark.parametrize(
    ("pending_s", "expected"),
    [(10.0, (Grade.UNKNOWN, "not_holder")), (10.1, (Grade.DEGRADED, "pending_stuck"))],
)
def test_a_policy_that_waits_is_told_by_every_host(
    pending_s: float, expected: tuple[Grade, str]
) -> None:
    """A change takes 2 to 3 s."""
    view = replaced(_view(finalizers(3), State.STANDBY), vitals={"pending_since": ago(pending_s)})
    assert graded(FINALIZER, Finalizer(), view) == expected


def test_a_vote_that_is_missing_is_worse_than_a_policy_that_waits() -> None:
    """Only one is told."""
    view = replaced(_view(finalizers(50)), vitals={"pending_since": ago(60)})
    assert graded(FINALIZER, Finalizer(), view) == (Grade.FAILED, "not_voting")
