"""Load balancers hear yes only of what was seen: unknown counts against."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
import pytest

from eoskeeper.domain.chain_time import Slot, Turn
from eoskeeper.domain.production import SlotOutcome, TurnAccount
from eoskeeper.domain.report import Report
from eoskeeper.domain.samples import FailureReason, ProbeFailed, ProbeName
from eoskeeper.domain.standing import State
from eoskeeper.web.monitors import producer_problems, readiness_problems, standby_problems
from tests.unit.web.serving import FAILURE, NOW, a_report, answers

Judge = Callable[[Report, float], Iterable[str]]

MADE = TurnAccount(Turn(1), "eosstorebest", Slot(12), (SlotOutcome.PRODUCED,) * 12)
HALF = TurnAccount(
    Turn(1), "eosstorebest", Slot(12), (SlotOutcome.UNKNOWN,) * 2 + (SlotOutcome.MISSED,) * 10
)
SILENT_PEER = ProbeFailed(NOW, ProbeName.PEER, FailureReason.TIMED_OUT, "bp-2: none", "bp-2")

HOLDER = msgspec.structs.replace(a_report(), state=State.HOLDER, may_produce=True, paused=False)
STANDBY = msgspec.structs.replace(a_report(), paused=True)
READY = msgspec.structs.replace(a_report(), last_round=(MADE,), head_age_s=0.4)


def problems(judge: Judge, report: Report, **changed: object) -> list[str]:
    """What speaks against a yes."""
    return list(judge(msgspec.structs.replace(report, **changed), NOW.utc_s))


@pytest.mark.parametrize(
    ("judge", "report"),
    [(producer_problems, HOLDER), (standby_problems, STANDBY), (readiness_problems, READY)],
)
def test_a_host_as_it_should_be_has_no_problem(judge: Judge, report: Report) -> None:
    """A silent peer is its own host's trouble."""
    assert problems(judge, report) == []
    assert problems(judge, report, failures=(SILENT_PEER,)) == []
    assert problems(judge, report, at_utc=NOW.utc_s - 5) == ["last report 5.0 s old (limit 5)"]


@pytest.mark.parametrize(
    ("judge", "report", "changed", "problem"),
    [
        (producer_problems, HOLDER, {"paused": True}, "production is paused"),
        (producer_problems, HOLDER, {"paused": None}, "not known whether production is paused"),
        (producer_problems, HOLDER, {"state": State.RESUMING}, "state resuming, not holder"),
        (producer_problems, HOLDER, {"may_produce": False}, "this host may not produce"),
        (standby_problems, STANDBY, {"paused": False}, "production is not paused"),
        (standby_problems, STANDBY, {"paused": None}, "not known whether production is paused"),
        (standby_problems, STANDBY, {"state": State.LAPSED}, "state lapsed, not standby"),
        (standby_problems, STANDBY, {"failures": (FAILURE,)}, "no reading: log: missing"),
        (readiness_problems, READY, {"last_round": ()}, "no whole round seen yet"),
        (
            readiness_problems,
            READY,
            {"last_round": (MADE, HALF)},
            "2 of 24 slots of the last round unknown",
        ),
        (readiness_problems, READY, {"head_age_s": None}, "no head known"),
        (readiness_problems, READY, {"head_age_s": 10.0}, "head 10.0 s old (limit 10)"),
        (readiness_problems, READY, {"head_age_s": -10.0}, "head -10.0 s old (limit 10)"),
    ],
)
def test_each_thing_that_is_missing_is_told(
    judge: Judge, report: Report, changed: dict[str, object], problem: str
) -> None:
    """So that who looks at the balancer knows why."""
    assert problems(judge, report, **changed) == [problem]


@pytest.mark.parametrize(
    ("path", "report", "state"),
    [
        ("/producer", HOLDER, "holder"),
        ("/standby", STANDBY, "standby"),
        ("/readiness", READY, "standby"),
    ],
)
def test_the_answer_is_a_code_and_says_why(path: str, report: Report, state: str) -> None:
    """200 or 503, and 503 before the first cycle."""
    (good,) = answers((path,), report=report)
    assert good.status == 200
    assert good.json() == {"ok": True, "problems": [], "host": "bp-1", "state": state}
    (bad,) = answers((path,), report=a_report(age_s=9))
    assert bad.status == 503
    told = bad.json()
    assert isinstance(told, dict)
    assert "last report 9.0 s old (limit 5)" in told["problems"]
    (none,) = answers((path,))
    assert none.status == 503
