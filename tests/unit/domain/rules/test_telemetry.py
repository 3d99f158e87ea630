"""Rule telemetry: silent, refused, given up; and nothing where no points are sent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from eoskeeper.domain.chain_time import UtcS
from eoskeeper.domain.findings import Grade
from eoskeeper.domain.own_samples import TelemetryFigures
from eoskeeper.domain.rules.telemetry import TELEMETRY, Telemetry
from eoskeeper.domain.samples import KeeperRead
from tests.unit.domain.rules.views import NOW, ago, graded, view_of

ARRIVING = TelemetryFigures(
    target="10.0.0.1:8086/write, db eosdb", accepted=70, last_success_utc=NOW.utc_s
)


def view(**changes: Any) -> Any:  # noqa: ANN401 - fields of a Struct
    """A keeper whose points fare like this."""
    told = msgspec.structs.replace(ARRIVING, **changes)
    read = KeeperRead(ago(0), 0.0, 0.0, 0, 0, 0, 0, telemetry=told)
    return view_of(vitals={"keeper": read})


def utc(seconds_ago: float) -> UtcS:
    """By the wall clock."""
    return UtcS(NOW.utc_s - seconds_ago)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (Grade.OK, "arriving")),
        ({"failing_since_utc": utc(300)}, (Grade.OK, "arriving")),
        ({"failing_since_utc": utc(301)}, (Grade.DEGRADED, "silent")),
        ({"last_success_utc": None}, (Grade.UNKNOWN, "nothing_sent")),
        ({"last_rejected_utc": utc(3600)}, (Grade.DEGRADED, "rejected")),
        ({"last_rejected_utc": utc(3601)}, (Grade.OK, "arriving")),
        ({"last_dropped_utc": utc(3600)}, (Grade.FAILED, "dropped")),
        ({"last_dropped_utc": utc(3601)}, (Grade.OK, "arriving")),
        ({"last_dropped_utc": utc(5), "failing_since_utc": utc(900)}, (Grade.FAILED, "dropped")),
    ],
)
def test_grades_what_becomes_of_the_points(
    changes: dict[str, Any], expected: tuple[Grade, str]
) -> None:
    """Around each limit."""
    assert graded(TELEMETRY, Telemetry(), view(**changes)) == expected


def test_says_nothing_where_no_points_are_sent() -> None:
    """Most operators have no InfluxDB."""
    assert Telemetry().assess(view_of(), NOW) == ()
    read = KeeperRead(ago(0), 0.0, 0.0, 0, 0, 0, 0)
    assert Telemetry().assess(view_of(vitals={"keeper": read}), NOW) == ()
