"""Rule keeper: late, busy, overrun, large."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from eoskeeper.domain.assessment import BROKEN_CODE, KEEPER_RULE, assess
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Finding, Grade
from eoskeeper.domain.rules.keeper import KEEPER, Keeper
from eoskeeper.domain.rules.rule import Limits, View
from eoskeeper.domain.samples import KeeperRead
from tests.unit.domain.rules.host_views import MIB
from tests.unit.domain.rules.views import NOW, ago, graded, said, view_of

WELL = KeeperRead(ago(0), 0.0, 0.05, 3, 0, 40 * MIB, 0)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (Grade.OK, "well")),
        ({"late_s": 2.0}, (Grade.OK, "well")),
        ({"late_s": 2.1}, (Grade.DEGRADED, "late")),
        ({"late_s": 10.0}, (Grade.DEGRADED, "late")),
        ({"late_s": 10.1}, (Grade.FAILED, "late")),
        ({"took_s": 1.0}, (Grade.OK, "well")),
        ({"took_s": 1.1}, (Grade.DEGRADED, "slow")),
        ({"queued": 1000}, (Grade.OK, "well")),
        ({"queued": 1001}, (Grade.DEGRADED, "queue_long")),
        ({"resident_bytes": 128 * MIB}, (Grade.OK, "well")),
        ({"resident_bytes": 128 * MIB + 1}, (Grade.DEGRADED, "large")),
    ],
)
def test_grades_its_own_cycle(changes: dict[str, Any], expected: tuple[Grade, str]) -> None:
    """Around each limit."""
    read = msgspec.structs.replace(WELL, **changes)
    assert graded(KEEPER, Keeper(), view_of(vitals={"keeper": read})) == expected


@pytest.mark.parametrize(
    ("last_s", "expected"), [(600, (Grade.DEGRADED, "dropped")), (601, (Grade.OK, "well"))]
)
def test_lost_readings_are_told_for_ten_minutes(last_s: float, expected: tuple[Grade, str]) -> None:
    """What they would have told is unknown."""
    vitals = {"keeper": WELL, "dropped": 7, "last_dropped": ago(last_s)}
    assert graded(KEEPER, Keeper(), view_of(vitals=vitals)) == expected


def test_its_first_minute_is_no_measure() -> None:
    """It reads a backlog."""
    late = msgspec.structs.replace(WELL, late_s=60.0)
    view = view_of(vitals={"keeper": late, "started": ago(59)})
    assert graded(KEEPER, Keeper(), view) == (Grade.UNKNOWN, "starting")
    assert graded(KEEPER, Keeper(), view_of()) == (Grade.UNKNOWN, "no_reading")


def test_a_part_that_is_broken_is_told_beside_the_rest() -> None:
    """Each under its own name, so that each is resolved by itself."""
    read = msgspec.structs.replace(WELL, broken=("history", "web"))
    found = Keeper().assess(view_of(vitals={"keeper": read}), NOW)
    assert said(KEEPER, found) == [
        (Grade.OK, "well"),
        (Grade.DEGRADED, "part_broken"),
        (Grade.DEGRADED, "part_broken"),
    ]
    assert [one.subject for one in found] == ["", "history", "web"]


class _Broken(Limits, frozen=True, kw_only=True):
    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        message = f"no {view.policy.host} at {now.mono_s}"
        raise ValueError(message)


def test_a_rule_that_breaks_is_told_under_the_keepers_name() -> None:
    """With words in both languages."""
    found = assess({"broken": _Broken()}, view_of(), NOW)
    assert [(one.rule, one.subject) for one in found] == [(KEEPER_RULE, "broken")]
    assert said(KEEPER, found) == [(Grade.FAILED, BROKEN_CODE)]
