"""What is known of a turn after it was told twice."""

from __future__ import annotations

import pytest

from eoskeeper.domain.chain_time import UtcS
from eoskeeper.domain.records import TurnRecord
from eoskeeper.history.merging import merge_turns

U = "u" * 12


def record(cells: str, latest_ms: int | None = None, made_by: str = "") -> TurnRecord:
    """An own turn; a short strip is filled with unknown cells."""
    return TurnRecord(
        turn=7,
        begin_utc=UtcS(946_684_842.0),
        producer="producerb",
        ours=True,
        cells=cells.ljust(12, "u"),
        latest_ms=latest_ms,
        made_by=made_by,
    )


@pytest.mark.parametrize(
    ("before", "anew", "amended", "after"),
    [
        ("pml", "", False, "pml"),
        ("pml", "", True, "pml"),
        ("", "pml", False, "pml"),
        ("pp", "mp", False, "mp"),
        ("pp", "mp", True, "mp"),
        ("l", "m", False, "l"),
        ("l", "m", True, "m"),
        ("l", "p", False, "p"),
        ("m", "l", False, "l"),
        ("p", "l", True, "l"),
    ],
)
def test_a_known_cell_never_becomes_unknown(
    before: str, anew: str, after: str, *, amended: bool
) -> None:
    """A keeper begun anew knows less; a fork, and a newer sight of the chain, know better."""
    merged = merge_turns(record(before), record(anew), amended=amended)
    assert merged.cells == after.ljust(12, "u")


@pytest.mark.parametrize(
    ("before", "anew", "after"),
    [("", "", ""), ("bp-one", "", "bp-one"), ("", "bp-two", "bp-two"), ("a", "b", "b")],
)
@pytest.mark.parametrize("amended", [False, True])
def test_who_made_a_turn_stays_known(before: str, anew: str, after: str, *, amended: bool) -> None:
    """Nobody's word is not a word against somebody's."""
    merged = merge_turns(record(U, made_by=before), record(U, made_by=anew), amended=amended)
    assert merged.made_by == after


@pytest.mark.parametrize(
    ("before", "anew", "amended", "after"),
    [
        (120, None, False, 120),
        (120, 90, False, 90),
        (120, None, True, None),
        (120, 90, True, 90),
        (None, 90, False, 90),
    ],
)
def test_lateness_of_a_replaced_block_goes(
    before: int | None, anew: int | None, after: int | None, *, amended: bool
) -> None:
    """After a fork it would be told of a block that is not on the chain."""
    merged = merge_turns(record(U, before), record(U, anew), amended=amended)
    assert merged.latest_ms == after
