"""Rule hooks: an end that was bad is told for some time; a veto is less than that."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.hooks import HookName, HookRan, HookResult, HookSettings
from eoskeeper.domain.rules.hooks import HOOKS, HooksRule
from eoskeeper.domain.vitals import Vitals, fold_vitals
from tests.unit.domain.rules.views import NOW, STARTED, ago, graded, view_of

ASK, UP = HookName.BEFORE_HOLDING, HookName.AFTER_HOLDING
DONE, VETOED, FAILED = HookResult.DONE, HookResult.VETOED, HookResult.FAILED


def ran(name: HookName, result: HookResult, seconds: float) -> HookRan:
    """An end so long ago."""
    at = ago(seconds)
    return HookRan(at=at, started=at, name=name, result=result, term=1, detail="exit status 1")


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([], (Grade.OK, "well")),
        ([ran(UP, DONE, 1)], (Grade.OK, "well")),
        ([ran(UP, FAILED, 600)], (Grade.FAILED, "bad_end")),
        ([ran(UP, FAILED, 601)], (Grade.OK, "well")),
        ([ran(UP, FAILED, 9), ran(UP, DONE, 1)], (Grade.OK, "well")),
        ([ran(ASK, VETOED, 5)], (Grade.DEGRADED, "vetoed")),
        ([ran(ASK, VETOED, 1), ran(UP, HookResult.TIMED_OUT, 9)], (Grade.FAILED, "bad_end")),
        ([ran(ASK, HookResult.MISSING, 1)], (Grade.FAILED, "bad_end")),
    ],
)
def test_grades_the_newest_end_of_each(ends: list[HookRan], expected: tuple[Grade, str]) -> None:
    """One that has gone well since is forgotten."""
    vitals = Vitals(started=STARTED)
    for end in ends:
        vitals = fold_vitals(vitals, end)
    view = msgspec.structs.replace(view_of(), vitals=vitals)
    policy = msgspec.structs.replace(view.policy, hooks=HookSettings(after_holding=("/bin/up",)))
    assert graded(HOOKS, HooksRule(), msgspec.structs.replace(view, policy=policy)) == expected


def test_says_nothing_where_there_are_no_hooks() -> None:
    """Most operators have none."""
    assert HooksRule().assess(view_of(), NOW) == ()
