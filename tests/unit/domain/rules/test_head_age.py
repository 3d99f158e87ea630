"""Rule head_age: around its limit, by the reading's own time."""

from __future__ import annotations

import pytest

from eoskeeper.domain.chain_time import Slot
from eoskeeper.domain.findings import Grade
from eoskeeper.domain.rules.head_age import HEAD_AGE, HeadAge
from tests.unit.domain.rules.views import NOW, ago, graded, head_read, view_of
from tests.unit.domain.scene import START_SLOT

SLOT = START_SLOT + 24
"""NOW is a tenth of a second into it."""


@pytest.mark.parametrize(
    ("slots_old", "expected"),
    [
        (-10, (Grade.OK, "young")),
        (0, (Grade.OK, "young")),
        (29, (Grade.OK, "young")),
        (30, (Grade.FAILED, "old")),
        (31, (Grade.FAILED, "old")),
    ],
)
def test_grades_around_the_limit_of_15_seconds(slots_old: int, expected: tuple[Grade, str]) -> None:
    """NOW is 0.1 s into a slot, so 30 slots are 15.1 s."""
    head = head_read(head_slot=Slot(SLOT - slots_old))
    assert graded(HEAD_AGE, HeadAge(), view_of(node={"head": head})) == expected


def test_is_unknown_until_a_head_is_seen() -> None:
    """Nothing to judge."""
    assert graded(HEAD_AGE, HeadAge(), view_of()) == (Grade.UNKNOWN, "no_reading")


@pytest.mark.parametrize(
    ("read_ago_s", "expected"),
    [(15.0, (Grade.OK, "young")), (15.5, (Grade.UNKNOWN, "no_reading"))],
)
def test_a_silent_api_does_not_age_the_head(read_ago_s: float, expected: tuple[Grade, str]) -> None:
    """The age is taken at the reading; an old reading is no reading."""
    view = view_of(node={"head": head_read(age_s=read_ago_s)})
    assert graded(HEAD_AGE, HeadAge(), view) == expected


def test_an_operator_sets_the_limit() -> None:
    """In seconds."""
    view = view_of(node={"head": head_read(head_slot=Slot(SLOT - 12), at=ago(0))})
    assert graded(HEAD_AGE, HeadAge(limit_s=5), view, NOW) == (Grade.FAILED, "old")
