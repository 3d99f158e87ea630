"""Rule finality_lag: its limits on chains of both kinds and of several sizes."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.production import Chain, Roster
from eoskeeper.domain.rules.finality_lag import FINALITY_LAG, FinalityLag
from eoskeeper.domain.samples import Block, Finalizer, FinalizersRead
from tests.unit.domain.rules.views import NOW, graded, head_read, roster_of, view_of
from tests.unit.domain.scene import START_SLOT

DPOS, SAVANNA = 7, 2_147_483_648


def tip(version: int) -> Chain:
    """A chain of one block."""
    return Chain(blocks=(Block(1000, "00", "ff", START_SLOT, "p0", version),))


@pytest.mark.parametrize(
    ("lag", "count", "version", "expected"),
    [
        (48, 4, DPOS, (Grade.OK, "short")),
        (80, 4, DPOS, (Grade.OK, "short")),
        (84, 4, DPOS, (Grade.OK, "short")),
        (85, 4, DPOS, (Grade.FAILED, "long")),
        (336, 21, DPOS, (Grade.OK, "short")),
        (441, 21, DPOS, (Grade.OK, "short")),
        (442, 21, DPOS, (Grade.FAILED, "long")),
        (4, 4, SAVANNA, (Grade.OK, "short")),
        (10, 21, SAVANNA, (Grade.OK, "short")),
        (11, 21, SAVANNA, (Grade.FAILED, "long")),
        (11, 0, SAVANNA, (Grade.FAILED, "long")),
        (11, 0, DPOS, (Grade.UNKNOWN, "no_schedule")),
    ],
)
def test_grades_around_the_limit(
    lag: int, count: int, version: int, expected: tuple[Grade, str]
) -> None:
    """1.75 rounds of blocks on DPoS, 10 blocks on Savanna."""
    view = view_of(
        node={
            "head": head_read(1000, irreversible=1000 - lag),
            "chain": tip(version),
            "roster": roster_of(count) if count else Roster(),
        }
    )
    assert graded(FINALITY_LAG, FinalityLag(), view) == expected


def test_finalizers_tell_savanna_too() -> None:
    """Before a block of it has been told."""
    one = Finalizer("ours", "PUB_BLS_x", 1, strong=True)
    finalizers = FinalizersRead(NOW, (one,), 1, None)
    view = view_of(node={"head": head_read(irreversible=980)}, vitals={"finalizers": finalizers})
    assert graded(FINALITY_LAG, FinalityLag(), view) == (Grade.FAILED, "long")


def test_is_unknown_without_a_head_or_a_block() -> None:
    """The kind of chain is told by its blocks."""
    for node in ({}, {"head": head_read()}, {"chain": tip(DPOS)}):
        assert graded(FINALITY_LAG, FinalityLag(), view_of(node=node))[0] is Grade.UNKNOWN
