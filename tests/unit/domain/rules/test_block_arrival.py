"""Rule block_arrival: who is late. Ours is the second of four; before us is alpha."""

from __future__ import annotations

import pytest

from eoskeeper.domain.chain_time import Slot
from eoskeeper.domain.findings import Grade
from eoskeeper.domain.production import Roster
from eoskeeper.domain.rules.block_arrival import BLOCK_ARRIVAL, BlockArrival
from eoskeeper.domain.samples import ClockOffsetRead
from tests.unit.domain.rules.host_views import arriving
from tests.unit.domain.rules.views import ago, graded, head_read, replaced
from tests.unit.domain.scene import START_SLOT

HEALTHY = {"alpha": -200, "ours": -210, "carol": 40, "delta": 90}
ALL_LATE = {"alpha": 301, "ours": 301, "carol": 400, "delta": 500}


@pytest.mark.parametrize(
    ("late_ms", "expected"),
    [
        ({}, (Grade.OK, "in_time")),
        ({"alpha": -450}, (Grade.OK, "in_time")),
        ({"alpha": 300}, (Grade.OK, "in_time")),
        ({"alpha": 301}, (Grade.DEGRADED, "predecessor_late")),
        ({"carol": 900, "delta": 900}, (Grade.OK, "in_time")),
        ({"ours": 100}, (Grade.OK, "in_time")),
        ({"ours": 101}, (Grade.DEGRADED, "own_late")),
        (ALL_LATE, (Grade.DEGRADED, "all_late")),
        ({**ALL_LATE, "carol": 300}, (Grade.DEGRADED, "own_late")),
    ],
)
def test_tells_who_is_late(late_ms: dict[str, int], expected: tuple[Grade, str]) -> None:
    """Around 300 ms for others and 100 ms for our own; others than the predecessor are free."""
    view = arriving(HEALTHY | late_ms, made_here=True)
    assert graded(BLOCK_ARRIVAL, BlockArrival(), view) == expected


def test_blocks_of_ours_that_another_host_made_are_not_our_lateness() -> None:
    """A standby receives them."""
    view = arriving({**HEALTHY, "ours": 250})
    assert graded(BLOCK_ARRIVAL, BlockArrival(), view) == (Grade.OK, "in_time")


@pytest.mark.parametrize(
    ("offset_s", "age_s", "code"),
    [
        (0.4, 0, "all_late_by_clock"),
        (0.02, 0, "all_late_on_the_way"),
        (-0.4, 0, "all_late_on_the_way"),
        (0.4, 2000, "all_late"),
    ],
)
def test_the_clock_tells_whether_it_is_the_clock(offset_s: float, age_s: float, code: str) -> None:
    """Where NTP has answered of late."""
    read = ClockOffsetRead(ago(age_s), offset_s, 0.01, "pool")
    view = replaced(arriving(ALL_LATE), vitals={"clock_offset": read})
    assert graded(BLOCK_ARRIVAL, BlockArrival(), view) == (Grade.DEGRADED, code)


def test_few_lines_are_no_trend() -> None:
    """Two of the predecessor's last blocks are not enough, three are."""
    late = {"alpha": 900}
    for slots, code in ((range(11), "in_time"), (range(12), "predecessor_late")):
        view = arriving(late, slots=slots)
        assert graded(BLOCK_ARRIVAL, BlockArrival(), view)[1] == code
    assert graded(BLOCK_ARRIVAL, BlockArrival(), arriving(late, slots=range(2))) == (
        Grade.UNKNOWN,
        "no_lines",
    )


def test_what_a_node_caught_up_with_does_not_count() -> None:
    """Blocks that are many seconds late were fetched, not sent late."""
    view = arriving({"alpha": 3001, "carol": 3001, "delta": 3001})
    assert graded(BLOCK_ARRIVAL, BlockArrival(), view) == (Grade.UNKNOWN, "no_lines")


@pytest.mark.parametrize(
    "node",
    [
        {"head": None},
        {"head": head_read(age_s=15.1)},
        {"head": head_read(head_slot=Slot(START_SLOT))},
        {"roster": Roster()},
    ],
)
def test_is_unknown_for_a_syncing_or_silent_node(node: dict[str, object]) -> None:
    """Its lines tell of the past."""
    view = replaced(arriving(ALL_LATE), node=node)
    assert graded(BLOCK_ARRIVAL, BlockArrival(), view) == (Grade.UNKNOWN, "no_lines")


def test_who_is_not_scheduled_has_nobody_before_it() -> None:
    """All late is told to it nevertheless."""
    stranger = Roster(("alpha", "x", "carol", "delta"), None)
    view = replaced(arriving({"alpha": 900, "carol": 0, "delta": 0}), node={"roster": stranger})
    assert graded(BLOCK_ARRIVAL, BlockArrival(), view) == (Grade.OK, "in_time")
