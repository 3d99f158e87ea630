"""Every producer's turn is told once when it is settled, and again when a fork has rewritten it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoskeeper.domain.chain_time import TURN_SLOTS, Turn, first_slot_of_turn
from eoskeeper.domain.logbook import Maker
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.production import Roster, fold_blocks, refold_schedule
from eoskeeper.domain.samples import Block
from eoskeeper.domain.turns import (
    SlotCounts,
    TurnClosed,
    begin_ledger,
    fold_turns,
    made_turns,
)
from tests.unit.domain.scene import (
    ACCOUNTS,
    OURS,
    ROSTER,
    START_SLOT,
    TURN,
    Site,
    block,
    moment_at,
    read_of,
    settled_holder,
    settled_standby,
)

OWN = TURN + 1
"""The first own turn: of four producers, ours is the second."""


class Book:
    """A ledger beside a chain that a test writes slot by slot."""

    def __init__(self, roster: Roster = ROSTER, closed: Turn | None = None) -> None:
        self.node = NodeState(started=moment_at(START_SLOT), roster=roster)
        self.ledger = begin_ledger(closed)
        self.told: list[TurnClosed] = []

    def tell(self, slots: Iterable[int]) -> Book:
        """Blocks in those slots, by whom the schedule says."""
        for slot in slots:
            tip = self.node.chain.tip
            producer = self.node.roster.producer_at(slot) or ""
            number = tip.number + 1 if tip else 100
            made = block(number, slot, producer, previous=tip.block_id if tip else "00")
            self._fold([made], gap=tip is None)
        return self

    def fork(self, keep: int, slots: Iterable[int]) -> Book:
        """The blocks above the first ``keep`` are replaced by others in those slots."""
        parent = self.node.chain.blocks[keep - 1]
        made: list[Block] = []
        for slot in slots:
            before = made[-1] if made else parent
            producer = self.node.roster.producer_at(slot) or ""
            made.append(block(before.number + 1, slot, producer, previous=before.block_id, fork=1))
        self._fold(made)
        return self

    def _fold(self, made: list[Block], *, gap: bool = False) -> None:
        roster = self.node.roster
        chain = fold_blocks(self.node.chain, read_of(made, gap_before=gap), roster, OURS)
        self.node = msgspec.structs.replace(self.node, chain=chain)

    def switch(self, roster: Roster) -> Book:
        """Another schedule is read."""
        chain = refold_schedule(self.node.chain, roster, OURS)
        self.node = msgspec.structs.replace(self.node, roster=roster, chain=chain)
        return self

    def look(self, slot: float) -> list[TurnClosed]:
        """One cycle; what it tells."""
        self.ledger, told = fold_turns(self.ledger, self.node, moment_at(slot))
        self.told += told
        return list(told)


def slots_of(*turns: int) -> list[int]:
    """Every slot of those turns."""
    return [first_slot_of_turn(turn) + i for turn in turns for i in range(TURN_SLOTS)]


def last_of(turn: int) -> int:
    """Its last slot."""
    return first_slot_of_turn(turn) + TURN_SLOTS - 1


def test_a_turn_is_told_three_seconds_after_its_end_and_once() -> None:
    """Whoever's it is."""
    book = Book().tell(slots_of(TURN, OWN, TURN + 2))
    assert book.look(last_of(TURN) + 5) == []
    (first,) = book.look(last_of(TURN) + 6)
    assert (first.turn, first.producer, first.ours) == (TURN, ACCOUNTS[0], False)
    assert first.cells == "p" * TURN_SLOTS
    (own,) = book.look(last_of(OWN) + 6)
    assert (own.turn, own.producer, own.ours) == (OWN, OURS, True)
    assert book.look(last_of(OWN) + 700) == []
    assert book.ledger.counts == {
        ACCOUNTS[0]: SlotCounts(produced=12),
        OURS: SlotCounts(produced=12),
    }


def test_a_slot_without_a_block_is_missed_once_later_blocks_are_known() -> None:
    """Not before: the last turn known is not over."""
    book = Book().tell([*slots_of(TURN)[:9], *slots_of(OWN)])
    (first,) = book.look(last_of(OWN) + 6)
    assert first.cells == "p" * 9 + "m" * 3
    assert first.counts == SlotCounts(produced=9, missed=3)


def test_an_own_turn_waits_for_a_block_on_top_of_it_or_half_a_minute() -> None:
    """What nobody has built on may still be lost."""
    book = Book().tell([*slots_of(TURN, OWN), first_slot_of_turn(TURN + 5)])
    assert [one.turn for one in book.look(last_of(TURN) + 6)] == [TURN]
    assert [one.turn for one in book.look(last_of(OWN) + 59)] == []
    assert [one.turn for one in book.look(last_of(OWN) + 60)] == [
        OWN,
        *range(TURN + 2, TURN + 5),
    ]


def test_what_was_not_seen_is_not_told() -> None:
    """The first turn is whole, or it is not told."""
    book = Book().tell([*slots_of(TURN)[1:], *slots_of(OWN, TURN + 2)])
    assert [one.turn for one in book.look(last_of(OWN) + 20)] == [OWN]


def test_a_keeper_that_starts_anew_goes_on_where_the_last_one_ended() -> None:
    """Turns that are in the history are not told again, those in between are."""
    book = Book(closed=Turn(OWN)).tell(slots_of(*range(TURN, TURN + 5)))
    assert [one.turn for one in book.look(last_of(TURN + 4))] == [TURN + 2, TURN + 3]


def test_a_fork_amends_what_was_told() -> None:
    """The same turn again, marked, and the counts of what was closed stay."""
    book = Book().tell(slots_of(TURN, OWN, TURN + 2))
    book.look(last_of(TURN) + 6)
    book.fork(10, [*slots_of(OWN)[2:], *slots_of(TURN + 2)])
    (again,) = book.look(last_of(TURN) + 7)
    assert (again.turn, again.amended, again.cells) == (TURN, True, "p" * 10 + "m" * 2)
    assert book.ledger.counts == {ACCOUNTS[0]: SlotCounts(produced=12)}
    assert book.look(last_of(TURN) + 8) == []


def test_a_fork_that_leaves_a_turn_as_it_was_amends_nothing() -> None:
    """Other blocks in the same slots are no news."""
    book = Book().tell(slots_of(TURN, OWN, TURN + 2))
    book.look(last_of(TURN) + 6)
    book.fork(10, [*slots_of(TURN)[10:], *slots_of(OWN, TURN + 2)])
    assert book.look(last_of(TURN) + 7) == []


def test_a_turn_belongs_to_the_schedule_that_it_was_made_under() -> None:
    """The new one rules from the first turn that it explains."""
    book = Book().tell(slots_of(TURN, OWN, TURN + 2))
    assert [one.producer for one in book.look(last_of(OWN) + 4)] == [ACCOUNTS[0]]
    other = Roster((ACCOUNTS[3], ACCOUNTS[2], OURS, ACCOUNTS[0]), 2)
    book.switch(other)
    later = [turn for turn in range(TURN + 3, TURN + 8) if other.producer_at(turn * TURN_SLOTS)]
    book.tell(slots_of(*later))
    told = {one.turn: one.producer for one in [*book.look(last_of(TURN + 7) + 1), *book.told]}
    assert told[Turn(OWN)] == OURS
    assert told[Turn(TURN + 2)] == ACCOUNTS[2]
    for turn in range(TURN + 3, TURN + 7):
        assert told[Turn(turn)] == other.producer_at(first_slot_of_turn(turn))


@given(
    holes=st.sets(st.integers(0, 10 * TURN_SLOTS - 1), max_size=40),
    looks=st.lists(st.integers(1, 30), min_size=1, max_size=20),
)
def test_every_turn_is_told_once_in_order_and_every_cell_is_what_the_chain_holds(
    holes: set[int], looks: list[int]
) -> None:
    """Whenever the ledger is asked: an independent count of the same blocks."""
    book, first = Book(), first_slot_of_turn(TURN)
    holes -= {0}
    at, told = 0, []
    for step in (*looks, 10 * TURN_SLOTS):
        until = min(at + step, 10 * TURN_SLOTS)
        book.tell(first + i for i in range(at, until) if i not in holes)
        at = until
        told += book.look(first + at)
    told += book.look(first + at + 1000)
    turns = [one.turn for one in told]
    assert turns == list(range(TURN, TURN + len(turns)))
    newest = max(i for i in range(10 * TURN_SLOTS) if i not in holes)
    assert len(turns) >= newest // TURN_SLOTS - 1
    for one in told:
        begin = first_slot_of_turn(one.turn) - first
        assert one.cells == "".join(
            "m" if i in holes else "p" for i in range(begin, begin + TURN_SLOTS)
        )


@pytest.mark.parametrize(
    ("site", "maker"),
    [(settled_holder(), Maker.HERE), (settled_standby(), Maker.ELSEWHERE)],
    ids=["holder", "standby"],
)
def test_the_maker_of_an_own_turn_is_told(site: Site, maker: Maker) -> None:
    """By the log of the host, as everywhere."""
    node = site.memory.node
    _, told = fold_turns(begin_ledger(), node, site.now)
    own = [one for one in told if one.ours]
    assert own[-1].maker is maker
    assert {one.maker for one in told if not one.ours} == {Maker.UNKNOWN}
    assert (own[-1].turn in made_turns(node)) is (maker is Maker.HERE)
