"""Rule forks: fork switches in an hour."""

from __future__ import annotations

import pytest

from eoskeeper.domain.chain_time import Slot
from eoskeeper.domain.findings import Grade
from eoskeeper.domain.production import Chain
from eoskeeper.domain.rules.forks import FORKS, Forks
from tests.unit.domain.rules.views import ago, graded, view_of
from tests.unit.domain.scene import START_SLOT, block

CHAIN = Chain(blocks=(block(1000, Slot(START_SLOT), "alpha"),))


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, (Grade.OK, "few")),
        (6, (Grade.OK, "few")),
        (7, (Grade.DEGRADED, "many")),
        (20, (Grade.DEGRADED, "many")),
        (21, (Grade.FAILED, "many")),
    ],
)
def test_grades_by_the_count_of_an_hour(count: int, expected: tuple[Grade, str]) -> None:
    """One more than each limit."""
    switches = tuple(ago(3600 - one) for one in range(count))
    view = view_of(node={"chain": CHAIN}, vitals={"fork_switches": switches})
    assert graded(FORKS, Forks(), view) == expected


def test_older_switches_are_forgotten() -> None:
    """An hour later they are nobody's alarm."""
    view = view_of(node={"chain": CHAIN}, vitals={"fork_switches": (ago(3601),) * 50})
    assert graded(FORKS, Forks(), view) == (Grade.OK, "few")


def test_is_unknown_before_a_block_is_read() -> None:
    """No blocks, no forks to see."""
    assert graded(FORKS, Forks(), view_of()) == (Grade.UNKNOWN, "no_blocks")
