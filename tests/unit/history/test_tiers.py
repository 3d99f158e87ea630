"""Which table a plot is drawn from, and on what grid."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoskeeper.history.tiers import COARSE, ROWS_READ, SECONDS, Span, grid_of, touched

NOW = 1_751_788_805
DAY_S = 86_400


@pytest.mark.parametrize(
    ("span_s", "points", "table", "step_s"),
    [
        (60, 600, "seconds", 1),
        (3600, 600, "seconds", 6),
        (3600, 2000, "seconds", 2),
        (DAY_S, 600, "minutes", 180),
        (7 * DAY_S, 600, "ten_minutes", 1200),
        (30 * DAY_S, 600, "ten_minutes", 4800),
        (90 * DAY_S, 600, "hours", 14_400),
        (90 * DAY_S, 10, "hours", 777_600),
        (3650 * DAY_S, 600, "hours", 525_600),
    ],
)
def test_the_finest_tier_that_reads_few_rows(
    span_s: int, points: int, table: str, step_s: int
) -> None:
    """A quarter by the minute would be 130,000 rows."""
    grid = grid_of(Span(NOW - span_s, NOW, points), seconds_from=0)
    assert (grid.tier.table, grid.step_s) == (table, step_s)


def test_seconds_that_were_pruned_are_told_by_the_minute() -> None:
    """An hour of last week is still a curve."""
    span = Span(NOW - 3600, NOW, 600)
    assert grid_of(span, seconds_from=NOW - 3600).tier is SECONDS
    assert grid_of(span, seconds_from=NOW - 3599).tier is COARSE[0]


@pytest.mark.parametrize("to_utc", [NOW, NOW - 1, NOW - 1e9])
def test_a_span_without_length_has_no_steps(to_utc: float) -> None:
    """Whoever asks backwards gets nothing."""
    assert grid_of(Span(NOW, to_utc, 600), seconds_from=0).count == 0


@given(
    begin=st.floats(0, 2e9),
    length_s=st.floats(0.001, 4e8),
    points=st.integers(1, 2000),
    seconds_from=st.integers(0, 2_000_000_000),
)
def test_a_grid_covers_its_span(
    begin: float, length_s: float, points: int, seconds_from: int
) -> None:
    """Its steps are whole buckets of its tier, on multiples of themselves, and not too many."""
    grid = grid_of(Span(begin, begin + length_s, points), seconds_from)
    assert grid.begin_utc <= begin
    assert grid.end_utc >= begin + length_s
    assert grid.begin_utc % grid.step_s == 0
    assert grid.step_s % grid.tier.step_s == 0
    assert grid.count <= points + 1
    few = (length_s + 2) / grid.tier.step_s <= ROWS_READ + 2
    assert few or grid.tier is COARSE[-1]


def test_every_touched_bucket_is_named_once() -> None:
    """Seconds of a late batch lie in several minutes and one hour."""
    seconds = [3599, 3600, 3601, 3660]
    assert list(touched(COARSE[0], seconds)) == [(3540, 3600), (3600, 3660), (3660, 3720)]
    assert list(touched(COARSE[2], seconds)) == [(0, 3600), (3600, 7200)]
