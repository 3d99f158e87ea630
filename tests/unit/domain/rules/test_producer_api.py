"""Rule producer_api: a host that cannot be paused must be known."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.policy import Role
from eoskeeper.domain.rules.producer_api import PRODUCER_API, ProducerApi
from eoskeeper.domain.samples import FailureReason, PausedRead, ProbeName
from tests.unit.domain.rules.views import NOW, failing, graded, head_read, view_of


@pytest.mark.parametrize(
    ("reason", "detail", "count", "expected"),
    [
        (FailureReason.HTTP_STATUS, "404 Not Found", 4, (Grade.UNKNOWN, "stumbles")),
        (FailureReason.HTTP_STATUS, "404 Not Found", 5, (Grade.FAILED, "plugin_missing")),
        (FailureReason.HTTP_STATUS, "500 oops", 5, (Grade.FAILED, "fails")),
        (FailureReason.TIMED_OUT, "no answer in 2 s", 5, (Grade.FAILED, "fails")),
        (FailureReason.TIMED_OUT, "no answer in 2 s", 4, (Grade.UNKNOWN, "stumbles")),
    ],
)
def test_grades_the_row_of_failures(
    reason: FailureReason, detail: str, count: int, expected: tuple[Grade, str]
) -> None:
    """A 404 is a plugin that is off, or another listener."""
    vitals = failing(ProbeName.PAUSED, reason, count, detail)
    view = view_of(node={"head": head_read()}, vitals=vitals)
    assert graded(PRODUCER_API, ProducerApi(), view) == expected


def test_says_nothing_while_get_info_is_silent() -> None:
    """Then the rule api_answers speaks."""
    vitals = failing(ProbeName.PAUSED, FailureReason.REFUSED, 50)
    view = view_of(node={"head": head_read(age_s=16)}, vitals=vitals)
    assert graded(PRODUCER_API, ProducerApi(), view) == (Grade.UNKNOWN, "not_asked")
    assert graded(PRODUCER_API, ProducerApi(), view_of()) == (Grade.UNKNOWN, "not_asked")


def test_an_answer_is_well() -> None:
    """Whatever it says."""
    view = view_of(node={"paused": PausedRead(NOW, NOW, paused=False)})
    assert graded(PRODUCER_API, ProducerApi(), view) == (Grade.OK, "answers")


def test_an_observer_needs_none() -> None:
    """It has nothing to pause."""
    vitals = failing(ProbeName.PAUSED, FailureReason.HTTP_STATUS, 50, "404")
    view = view_of(node={"head": head_read()}, vitals=vitals, policy=Role.OBSERVER)
    assert graded(PRODUCER_API, ProducerApi(), view) == (Grade.OK, "not_needed")
