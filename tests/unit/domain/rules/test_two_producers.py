"""Rule two_producers: three proofs, and what is none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from eoskeeper.domain.chain_time import Slot
from eoskeeper.domain.findings import Grade
from eoskeeper.domain.logbook import Logbook
from eoskeeper.domain.production import Chain
from eoskeeper.domain.rules.two_producers import TWO_PRODUCERS, TwoProducers
from eoskeeper.domain.samples import BlockLogged, LoggedBlockKind, LoggedNote, NodeNote
from eoskeeper.domain.vitals import Vitals, fold_vitals
from tests.unit.domain.rules.views import (
    NOW,
    STARTED,
    ago,
    graded,
    replaced,
    roster_of,
    view_of,
    watched,
)
from tests.unit.domain.scene import (
    OURS,
    START_SLOT,
    block,
    block_id,
    settled_holder,
    settled_standby,
)

HERE, ELSEWHERE = LoggedBlockKind.PRODUCED, LoggedBlockKind.RECEIVED
ONE, SAME, TURNS = (Grade.OK, "one"), (Grade.FAILED, "same_slot"), (Grade.FAILED, "taking_turns")
FIRST = START_SLOT - 36
"""First slot of an own turn, 30 s before NOW."""


def line(kind: LoggedBlockKind, place: int, *, fork: int = 0, number: int = 0) -> BlockLogged:
    """The line of a block of our turn; ``fork`` gives it another id."""
    slot = FIRST + place
    # The part that is printed holds the slot and not the fork, so the fork is put in its place.
    part = f"{fork:016x}" if fork else block_id(slot, slot)[8:24]
    return BlockLogged(NOW, kind, number or slot, part, Slot(slot), OURS, None, 0, 1)


def seen(lines: Iterable[BlockLogged], places: Iterable[int] = range(12)) -> dict[str, Any]:
    """Canonical blocks of our turn, and a log of these lines."""
    told = tuple(lines)
    own = tuple(block(FIRST + place, FIRST + place, OURS) for place in places)
    book = Logbook(
        produced=tuple(one for one in told if one.kind is HERE),
        received=tuple(one for one in told if one.kind is ELSEWHERE),
        caught_up=NOW,
    )
    return {"chain": Chain(own=own), "logbook": book, "roster": roster_of(4)}


def lines(pattern: str) -> list[BlockLogged]:
    """``h`` made here, ``e`` elsewhere, ``.`` no line, slot by slot."""
    kinds = {"h": HERE, "e": ELSEWHERE}
    return [line(kinds[one], place) for place, one in enumerate(pattern) if one in kinds]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (seen(lines("hhhhhhhhhhhh")), ONE),
        (seen(lines("eeeeeeeeeeee")), ONE),
        (seen(lines("............")), ONE),
        (seen(lines("hhhhhheeeeee")), ONE),
        (seen(lines("eeeeeehhhhhh")), ONE),
        (seen(lines("hh...heeee..")), ONE),
        (seen(lines("hhheeehhhhhh")), TURNS),
        (seen(lines("hehehehehehe")), TURNS),
        (seen([line(HERE, 3, fork=1)]), SAME),
        (seen([line(HERE, 3, fork=1)], places=()), (Grade.UNKNOWN, "not_known")),
        (seen([line(HERE, 3, fork=1)], places=(1, 2)), ONE),
        (seen([line(HERE, 3), line(ELSEWHERE, 3)]), ONE),
        (seen([line(HERE, 3), line(ELSEWHERE, 3, fork=1)]), SAME),
        (seen([line(HERE, 3), line(ELSEWHERE, 3, number=7)]), SAME),
    ],
)
def test_grades_what_log_and_chain_prove(node: dict[str, Any], expected: tuple[Grade, str]) -> None:
    """One change of the maker within a turn is a handover; an empty log proves nothing."""
    assert graded(TWO_PRODUCERS, TwoProducers(), view_of(node=node)) == expected


def test_old_nodeos_prints_another_part_of_the_id() -> None:
    """Which begins with the height and is no other block."""
    old = msgspec.structs.replace(line(HERE, 3), id_part=block_id(FIRST + 3, FIRST + 3)[:16])
    node = seen([old, line(ELSEWHERE, 3, fork=1)])
    assert graded(TWO_PRODUCERS, TwoProducers(), view_of(node=node)) == ONE


@pytest.mark.parametrize(
    ("text", "told_ago_s", "expected"),
    [
        (f"{OURS} double produced block 1404", 0, (Grade.FAILED, "told")),
        (f"{OURS} double produced block 1404", 600, (Grade.FAILED, "told")),
        (f"{OURS} double produced block 1404", 601, ONE),
        (f"{OURS}two double produced block 1404", 0, ONE),
        ("alpha double produced block 1404", 0, ONE),
        ("", 0, ONE),
    ],
)
def test_believes_nodeos_about_our_producer(
    text: str, told_ago_s: float, expected: tuple[Grade, str]
) -> None:
    """For ten minutes, and about nobody else."""
    note = LoggedNote(ago(told_ago_s), NodeNote.DOUBLE_PRODUCED, text, None)
    view = view_of(
        node=seen(()), vitals={"doubled": fold_vitals(Vitals(started=STARTED), note).doubled}
    )
    assert graded(TWO_PRODUCERS, TwoProducers(), view) == expected


def test_is_unknown_without_a_log_or_a_block() -> None:
    """And well without a producer."""
    view = view_of(node=seen(()))
    assert graded(TWO_PRODUCERS, TwoProducers(), view) == ONE
    for caught_up in (None, ago(15.1)):
        book = msgspec.structs.replace(view.node.logbook, caught_up=caught_up)
        blind = replaced(view, node={"logbook": book})
        assert graded(TWO_PRODUCERS, TwoProducers(), blind) == (Grade.UNKNOWN, "not_known")
    bare = replaced(view, policy={"producer": None})
    assert graded(TWO_PRODUCERS, TwoProducers(), bare) == (Grade.OK, "no_producer")


def test_a_proof_is_forgotten_after_the_window() -> None:
    """The operator's; the turn ended 24.6 s before NOW."""
    for told, proof in ((lines("hehehehehehe"), TURNS), ([line(HERE, 11, fork=1)], SAME)):
        view = view_of(node=seen(told))
        for later_s, expected in ((35, proof), (36, ONE)):
            now = ago(-later_s)
            book = msgspec.structs.replace(view.node.logbook, caught_up=now)
            watched_on = replaced(view, node={"logbook": book})
            assert graded(TWO_PRODUCERS, TwoProducers(window_s=60), watched_on, now) == expected


def test_is_never_bad_on_a_healthy_pair() -> None:
    """At any moment of two rounds, on either side."""
    assert watched(settled_holder()).ever(TwoProducers(), 48) == {Grade.OK}
    assert watched(settled_standby()).ever(TwoProducers(), 48) == {Grade.OK}
