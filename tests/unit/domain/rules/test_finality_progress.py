"""Rule finality_progress: blocks without a move, not seconds."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.rules.finality_progress import FINALITY_PROGRESS, FinalityProgress
from tests.unit.domain.rules.views import ago, graded, head_read, view_of


@pytest.mark.parametrize(
    ("head", "moved_head", "moved_ago_s", "expected"),
    [
        (1012, 1000, 6, (Grade.OK, "moves")),
        (1039, 1000, 20, (Grade.OK, "moves")),
        (1040, 1000, 20, (Grade.OK, "moves")),
        (1041, 1000, 20, (Grade.FAILED, "stands")),
        (1012, 1000, 600, (Grade.OK, "moves")),
        (500, 1000, 600, (Grade.OK, "moves")),
    ],
)
def test_grades_around_40_blocks(
    head: int, moved_head: int, moved_ago_s: float, expected: tuple[Grade, str]
) -> None:
    """20 s worth of blocks; time without blocks does not count, nor does a resync."""
    view = view_of(
        node={
            "head": head_read(head),
            "irreversible_moved": ago(moved_ago_s),
            "irreversible_moved_head": moved_head,
        }
    )
    assert graded(FINALITY_PROGRESS, FinalityProgress(), view) == expected


def test_is_unknown_without_a_reading_of_late() -> None:
    """None at all, and one that is too old."""
    assert graded(FINALITY_PROGRESS, FinalityProgress(), view_of())[0] is Grade.UNKNOWN
    old = view_of(node={"head": head_read(age_s=16), "irreversible_moved": ago(100)})
    assert graded(FINALITY_PROGRESS, FinalityProgress(), old)[0] is Grade.UNKNOWN
