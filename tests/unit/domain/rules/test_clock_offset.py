"""Rule clock_offset: by NTP, else by blocks that are all too early."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.rules.clock_offset import CLOCK_OFFSET, ClockOffset
from eoskeeper.domain.samples import ClockOffsetRead
from tests.unit.domain.rules.host_views import arriving
from tests.unit.domain.rules.views import ago, graded, replaced, view_of


def _judged(offset_s: float, error_s: float = 0.01, age_s: float = 0) -> tuple[Grade, str]:
    read = ClockOffsetRead(ago(age_s), offset_s, error_s, "pool")
    return graded(CLOCK_OFFSET, ClockOffset(), view_of(vitals={"clock_offset": read}))


@pytest.mark.parametrize(
    ("offset_s", "expected"),
    [
        (0.0, (Grade.OK, "right")),
        (0.059, (Grade.OK, "right")),
        (0.061, (Grade.DEGRADED, "ahead")),
        (-0.061, (Grade.DEGRADED, "behind")),
        (0.259, (Grade.DEGRADED, "ahead")),
        (0.261, (Grade.FAILED, "ahead")),
        (-0.261, (Grade.FAILED, "behind")),
    ],
)
def test_grades_what_exceeds_the_error_of_the_query(
    offset_s: float, expected: tuple[Grade, str]
) -> None:
    """50 and 250 ms, and 10 ms of error."""
    assert _judged(offset_s) == expected


def test_a_vague_answer_accuses_nobody() -> None:
    """It may be wrong by more than the offset."""
    assert _judged(0.9, error_s=1.0) == (Grade.OK, "right")


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [(1800, (Grade.FAILED, "ahead")), (1801, (Grade.UNKNOWN, "no_answer"))],
)
def test_an_old_answer_is_none(age_s: float, expected: tuple[Grade, str]) -> None:
    """Three queries were missed."""
    assert _judged(1.0, age_s=age_s) == expected


@pytest.mark.parametrize(
    ("late_ms", "expected"),
    [
        ({"alpha": -601, "carol": -700, "delta": -900}, (Grade.DEGRADED, "blocks_too_early")),
        ({"alpha": -600, "carol": -700, "delta": -900}, (Grade.UNKNOWN, "no_answer")),
        ({"alpha": -700, "carol": -700}, (Grade.UNKNOWN, "no_answer")),
        ({"alpha": 700, "carol": 700, "delta": 900}, (Grade.UNKNOWN, "no_answer")),
        ({}, (Grade.UNKNOWN, "no_answer")),
    ],
)
def test_without_ntp_the_blocks_are_asked(
    late_ms: dict[str, int], expected: tuple[Grade, str]
) -> None:
    """Three producers that are all too early are not all wrong; lateness has other causes."""
    assert graded(CLOCK_OFFSET, ClockOffset(), arriving(late_ms)) == expected


def test_ntp_overrules_the_blocks() -> None:
    """It measures, they hint."""
    read = ClockOffsetRead(ago(0), 0.0, 0.01, "pool")
    view = replaced(
        arriving({"alpha": -900, "carol": -900, "delta": -900}), vitals={"clock_offset": read}
    )
    assert graded(CLOCK_OFFSET, ClockOffset(), view) == (Grade.OK, "right")
