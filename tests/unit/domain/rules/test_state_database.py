"""Rule state_database: the guard of nodeos in sight, or a small free share."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.rules.state_database import STATE_DATABASE, StateDatabase
from eoskeeper.domain.samples import DatabaseSizeRead
from tests.unit.domain.rules.host_views import MIB
from tests.unit.domain.rules.views import ago, graded, view_of


def _judged(free_mib: float, size_mib: int = 1024, age_s: float = 0.0) -> tuple[Grade, str]:
    size, free = size_mib * MIB, int(free_mib * MIB)
    read = DatabaseSizeRead(ago(age_s), free, size - free, size)
    return graded(STATE_DATABASE, StateDatabase(), view_of(node={"database": read}))


@pytest.mark.parametrize(
    ("free_mib", "size_mib", "expected"),
    [
        (205, 1024, (Grade.OK, "enough")),
        (204, 1024, (Grade.DEGRADED, "low")),
        (192, 1024, (Grade.DEGRADED, "low")),
        (191.9, 1024, (Grade.FAILED, "near_guard")),
        (191.9, 256, (Grade.FAILED, "near_guard")),
        (6554, 32768, (Grade.OK, "enough")),
        (6553, 32768, (Grade.DEGRADED, "low")),
    ],
)
def test_grades_by_the_free_share_and_by_the_guard(
    free_mib: float, size_mib: int, expected: tuple[Grade, str]
) -> None:
    """20 % and 128 + 64 MiB."""
    assert _judged(free_mib, size_mib) == expected


@pytest.mark.parametrize(
    ("age_s", "expected"), [(90.0, (Grade.FAILED, "near_guard")), (90.1, (Grade.UNKNOWN, "stale"))]
)
def test_an_old_size_is_unknown(age_s: float, expected: tuple[Grade, str]) -> None:
    """Three polls were missed."""
    assert _judged(10, age_s=age_s) == expected


def test_is_unknown_without_a_size() -> None:
    """The plug-in is off, or tells nonsense."""
    assert graded(STATE_DATABASE, StateDatabase(), view_of())[0] is Grade.UNKNOWN
    assert _judged(0, 0) == (Grade.UNKNOWN, "no_reading")


def test_an_operator_tells_the_guard_of_a_small_database() -> None:
    """As nodeos's own option does."""
    read = DatabaseSizeRead(ago(0), 150 * MIB, 106 * MIB, 256 * MIB)
    limits = StateDatabase(guard_mib=32)
    view = view_of(node={"database": read})
    assert graded(STATE_DATABASE, limits, view) == (Grade.OK, "enough")
