"""Rule head_progress: around its limit, from reading to reading."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.rules.head_progress import HEAD_PROGRESS, HeadProgress
from tests.unit.domain.rules.views import ago, graded, head_read, view_of


@pytest.mark.parametrize(
    ("moved_ago_s", "read_ago_s", "number", "expected"),
    [
        (9.9, 0, 1000, (Grade.OK, "moves")),
        (10.0, 0, 1000, (Grade.OK, "moves")),
        (10.1, 0, 1000, (Grade.FAILED, "stands")),
        (10.1, 0, 999, (Grade.FAILED, "below_mark")),
        (9.0, 0, 10, (Grade.OK, "moves")),
        (14.0, 5, 1000, (Grade.OK, "moves")),
        (40.0, 15, 1000, (Grade.FAILED, "stands")),
        (40.0, 16, 1000, (Grade.UNKNOWN, "no_reading")),
    ],
)
def test_grades_the_time_between_the_rise_and_the_reading(
    moved_ago_s: float, read_ago_s: float, number: int, expected: tuple[Grade, str]
) -> None:
    """The head stood at 1000 when it rose last."""
    view = view_of(
        node={"head": head_read(number, age_s=read_ago_s)},
        vitals={"head_moved": ago(moved_ago_s), "head_number": 1000},
    )
    assert graded(HEAD_PROGRESS, HeadProgress(), view) == expected


def test_is_unknown_until_a_head_is_seen() -> None:
    """Nothing to judge."""
    assert graded(HEAD_PROGRESS, HeadProgress(), view_of()) == (Grade.UNKNOWN, "no_reading")


def test_two_absent_neighbours_are_over_before_anybody_is_told() -> None:
    """Their hole is 12 s, and a cut line is known after 15 s."""
    rule = HeadProgress()
    assert rule.limit_s + rule.hold_s > 15
