"""Rule load: the mean of five minutes for each processor."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.rules.load import LOAD, Load
from tests.unit.domain.rules.host_views import host_read
from tests.unit.domain.rules.views import graded, view_of


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (8.0, (Grade.OK, "normal")),
        (8.1, (Grade.DEGRADED, "high")),
        (16.0, (Grade.DEGRADED, "high")),
        (16.1, (Grade.FAILED, "high")),
    ],
)
def test_grades_by_the_load_of_four_processors(load: float, expected: tuple[Grade, str]) -> None:
    """2 and 4 each."""
    assert graded(LOAD, Load(), view_of(vitals={"host": host_read(load=load)})) == expected


def test_is_unknown_before_a_look_and_after_an_old_one() -> None:
    """Three looks of 10 s; and no processors are no measure."""
    assert graded(LOAD, Load(), view_of()) == (Grade.UNKNOWN, "no_reading")
    for age_s, code in ((30.0, "high"), (30.1, "stale")):
        view = view_of(vitals={"host": host_read(load=99, age_s=age_s)})
        assert graded(LOAD, Load(), view)[1] == code
    view = view_of(vitals={"host": host_read(cpus=0)})
    assert graded(LOAD, Load(), view) == (Grade.UNKNOWN, "no_reading")
