"""Rule api_answers: five failures in a row, and why."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.rules.api_answers import API_ANSWERS, ApiAnswers
from eoskeeper.domain.samples import FailureReason, ProbeName
from tests.unit.domain.rules.views import failing, graded, head_read, view_of


@pytest.mark.parametrize(
    ("count", "grade"),
    [(1, Grade.UNKNOWN), (4, Grade.UNKNOWN), (5, Grade.FAILED), (6, Grade.FAILED)],
)
def test_fails_at_the_fifth_failure_in_a_row(count: int, grade: Grade) -> None:
    """Fewer are neither an alarm nor the end of one."""
    vitals = failing(ProbeName.GET_INFO, FailureReason.TIMED_OUT, count)
    view = view_of(node={"head": head_read()}, vitals=vitals)
    assert graded(API_ANSWERS, ApiAnswers(), view)[0] is grade


@pytest.mark.parametrize("reason", FailureReason)
def test_every_reason_has_its_words(reason: FailureReason) -> None:
    """Those that an operator can do something about have their own."""
    vitals = failing(ProbeName.GET_INFO, reason, 5, "as told")
    own = {"refused", "timed_out", "overloaded", "disconnected", "not_permitted"}
    code = reason.value if reason.value in own else "wrong_answer"
    assert graded(API_ANSWERS, ApiAnswers(), view_of(vitals=vitals)) == (Grade.FAILED, code)


def test_an_answer_is_well_and_no_question_is_unknown() -> None:
    """Other probes' failures do not matter here."""
    assert graded(API_ANSWERS, ApiAnswers(), view_of()) == (Grade.UNKNOWN, "not_asked")
    vitals = failing(ProbeName.PAUSED, FailureReason.REFUSED, 50)
    view = view_of(node={"head": head_read()}, vitals=vitals)
    assert graded(API_ANSWERS, ApiAnswers(), view) == (Grade.OK, "answers")
