"""Rule memory: the available share."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.rules.memory import MEMORY, Memory
from tests.unit.domain.rules.host_views import GIB, host_read
from tests.unit.domain.rules.views import graded, view_of


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        (10.1, (Grade.OK, "enough")),
        (9.9, (Grade.DEGRADED, "low")),
        (5.1, (Grade.DEGRADED, "low")),
        (4.9, (Grade.FAILED, "low")),
        (0, (Grade.FAILED, "low")),
    ],
)
def test_grades_by_what_is_available(percent: float, expected: tuple[Grade, str]) -> None:
    """10 and 5 % of 16 GiB."""
    host = host_read(available_bytes=int(16 * GIB * percent / 100))
    assert graded(MEMORY, Memory(), view_of(vitals={"host": host})) == expected


def test_is_unknown_before_a_look_and_after_an_old_one() -> None:
    """Three looks of 10 s."""
    assert graded(MEMORY, Memory(), view_of()) == (Grade.UNKNOWN, "no_reading")
    for age_s, code in ((30.0, "low"), (30.1, "stale")):
        view = view_of(vitals={"host": host_read(available_bytes=1, age_s=age_s)})
        assert graded(MEMORY, Memory(), view)[1] == code
