"""Rule producers_seen: who made blocks in the last round."""

from __future__ import annotations

import pytest

from eoskeeper.domain.chain_time import Slot
from eoskeeper.domain.findings import Grade
from eoskeeper.domain.production import Chain
from eoskeeper.domain.rules.producers_seen import PRODUCERS_SEEN, ProducersSeen
from tests.unit.domain.rules.views import NOW, graded, roster_of, view_of
from tests.unit.domain.scene import START_SLOT, block


def chain_of(count: int, present: int, *, slots: int | None = None, upto: int = 0) -> Chain:
    """A chain whose last rounds hold blocks of the first so many producers only."""
    roster = roster_of(count)
    end = START_SLOT - START_SLOT % (count * 12) + upto
    first = end - (slots or count * 24)
    blocks = tuple(
        block(slot, slot, roster.producer_at(slot) or "")
        for slot in range(first, end)
        if slot // 12 % count < present
    )
    return Chain(blocks=blocks, covered_from=Slot(first))


@pytest.mark.parametrize(
    ("count", "present", "expected"),
    [
        (21, 21, (Grade.OK, "all")),
        (21, 20, (Grade.OK, "enough")),
        (21, 15, (Grade.OK, "enough")),
        (21, 14, (Grade.DEGRADED, "not_final")),
        (21, 5, (Grade.DEGRADED, "not_final")),
        (21, 4, (Grade.FAILED, "few")),
        (4, 4, (Grade.OK, "all")),
        (4, 3, (Grade.OK, "enough")),
        (4, 2, (Grade.DEGRADED, "not_final")),
        (1, 1, (Grade.OK, "all")),
    ],
)
def test_grades_the_count_against_the_schedule(
    count: int, present: int, expected: tuple[Grade, str]
) -> None:
    """5 of 21 is the limit of 2018; 15 of 21 are needed for finality."""
    # The last block is the newest of whom is there: the round ends with it.
    view = view_of(node={"chain": chain_of(count, present), "roster": roster_of(count)})
    assert graded(PRODUCERS_SEEN, ProducersSeen(), view) == expected


@pytest.mark.parametrize("upto", range(0, 48, 5))
def test_a_healthy_chain_is_well_at_any_moment_of_the_round(upto: int) -> None:
    """Any stretch of one round holds a part of every producer's slots."""
    view = view_of(node={"chain": chain_of(4, 4, upto=upto), "roster": roster_of(4)})
    assert graded(PRODUCERS_SEEN, ProducersSeen(), view) == (Grade.OK, "all")


@pytest.mark.parametrize(
    ("slots", "expected"), [(48, (Grade.OK, "all")), (47, (Grade.UNKNOWN, "round_not_known"))]
)
def test_is_unknown_until_a_whole_round_is_known(slots: int, expected: tuple[Grade, str]) -> None:
    """A keeper that has just started has not seen everybody."""
    view = view_of(node={"chain": chain_of(4, 4, slots=slots), "roster": roster_of(4)})
    assert graded(PRODUCERS_SEEN, ProducersSeen(), view, NOW) == expected


def test_is_unknown_while_the_schedule_is_new() -> None:
    """Blocks of the round before belong to another schedule."""
    chain = chain_of(4, 4)
    changed = Chain(chain.blocks, (), chain.covered_from, None, None, chain.blocks[-30].slot)
    view = view_of(node={"chain": changed, "roster": roster_of(4)})
    assert graded(PRODUCERS_SEEN, ProducersSeen(), view)[0] is Grade.UNKNOWN
    assert graded(PRODUCERS_SEEN, ProducersSeen(), view_of())[0] is Grade.UNKNOWN


def test_names_who_is_missing() -> None:
    """In the order of the schedule."""
    view = view_of(node={"chain": chain_of(4, 2), "roster": roster_of(4)})
    (finding,) = ProducersSeen().assess(view, NOW)
    assert finding.figures["missing"] == "p2, p3"
