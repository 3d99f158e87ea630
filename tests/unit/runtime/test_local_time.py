"""Local time: offsets of named zones, with and without summer time."""

from __future__ import annotations

import pytest

from eoskeeper.domain.chain_time import UtcS
from eoskeeper.runtime.local_time import utc_offset_s

WINTER, SUMMER = UtcS(1_768_000_000.0), UtcS(1_784_000_000.0)


@pytest.mark.parametrize(
    ("zone", "at", "hours"),
    [
        ("Asia/Shanghai", WINTER, 8),
        ("Asia/Shanghai", SUMMER, 8),
        ("Europe/Berlin", WINTER, 1),
        ("Europe/Berlin", SUMMER, 2),
        ("UTC", SUMMER, 0),
    ],
)
def test_the_offset_of_a_zone_follows_its_summer_time(zone: str, at: UtcS, hours: int) -> None:
    """Local minus UTC, above zero in the east."""
    assert utc_offset_s(at, zone) == hours * 3600


def test_without_a_zone_the_machine_tells() -> None:
    """Whatever it is, it is whole minutes and less than a day."""
    offset = utc_offset_s(WINTER, None)
    assert offset % 60 == 0
    assert abs(offset) < 86_400
