"""Rule main_thread: get_info from a cache, and a thread that hangs."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.rules.main_thread import MAIN_THREAD, MainThread
from eoskeeper.domain.samples import FailureReason, PausedRead, ProbeName
from eoskeeper.domain.vitals import Vitals
from tests.unit.domain.rules.views import ago, failing, graded, head_read, replaced, view_of

LATE = (Grade.UNKNOWN, "late")


def paused(age_s: float) -> PausedRead:
    """An answer of the main thread."""
    return PausedRead(ago(age_s), ago(age_s), paused=False)


@pytest.mark.parametrize(
    ("moved_ago_s", "count", "answered_ago_s", "expected"),
    [
        (10.1, 2, 12, (Grade.FAILED, "hangs")),
        (10.1, 2, 7.5, (Grade.FAILED, "hangs")),
        (10.1, 2, 7.0, LATE),
        (10.1, 1, 12, LATE),
        (10.0, 2, 12, LATE),
        (0.5, 9, 12, LATE),
        (60.0, 0, 12, (Grade.OK, "works")),
    ],
)
def test_three_things_together_are_a_hang(
    moved_ago_s: float, count: int, answered_ago_s: float, expected: tuple[Grade, str]
) -> None:
    """The head stands, calls time out, and none was answered since it stands."""
    vitals = (
        failing(ProbeName.PAUSED, FailureReason.TIMED_OUT, count)
        if count
        else Vitals(started=ago(1000))
    )
    view = view_of(node={"head": head_read(), "paused": paused(answered_ago_s)}, vitals=vitals)
    view = replaced(view, vitals={"head_moved": ago(moved_ago_s), "head_number": 1000})
    assert graded(MAIN_THREAD, MainThread(), view) == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (FailureReason.TIMED_OUT, (Grade.FAILED, "hangs")),
        (FailureReason.HTTP_STATUS, (Grade.OK, "works")),
        (FailureReason.REFUSED, (Grade.OK, "works")),
    ],
)
def test_only_time_outs_tell_of_a_hang(reason: FailureReason, expected: tuple[Grade, str]) -> None:
    """A 404 is given by another thread; the schedule is asked of the main thread too."""
    view = view_of(node={"head": head_read()}, vitals=failing(ProbeName.SCHEDULE, reason, 3))
    view = replaced(view, vitals={"head_moved": ago(30), "head_number": 1000})
    assert graded(MAIN_THREAD, MainThread(), view) == expected


def test_is_unknown_while_get_info_is_silent() -> None:
    """Then nothing is known of any thread."""
    assert graded(MAIN_THREAD, MainThread(), view_of()) == (Grade.UNKNOWN, "no_reading")
