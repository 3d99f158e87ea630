"""Folding of blocks into the canonical chain, and the arithmetic of rosters."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoskeeper.domain.chain_time import TURN_SLOTS, Slot, Turn, turn_of
from eoskeeper.domain.production import (
    WINDOW_MIN_BLOCKS,
    Chain,
    Roster,
    fold_blocks,
    last_stayed,
    own_turns_between,
    refold_schedule,
    turns_of_round,
)
from eoskeeper.domain.samples import Block, BlocksRead
from tests.unit.domain.scene import ACCOUNTS, OURS, ROSTER, START_SLOT, block, read_of, schedule_of

OWN_FIRST = START_SLOT + TURN_SLOTS
"""First slot of our first turn."""


def row_of(slots: range, *, number: int = 100, fork: int = 0, parent: str = "00") -> list[Block]:
    """Linked blocks of those slots, each by whoever is scheduled."""
    row: list[Block] = []
    for offset, slot in enumerate(slots):
        producer = ROSTER.producer_at(slot) or ""
        previous = row[-1].block_id if row else parent
        row.append(block(number + offset, slot, producer, fork=fork, previous=previous))
    return row


def folded(chain: Chain, read: BlocksRead, roster: Roster = ROSTER) -> Chain:
    """Folding as our host does it."""
    return fold_blocks(chain, read, roster, OURS)


def begun(slots: range) -> Chain:
    """A chain that was first read with those slots."""
    return folded(Chain(), read_of(row_of(slots), gap_before=True))


def slots_of(blocks: tuple[Block, ...]) -> list[int]:
    """Slots since the start, for short tables."""
    return [one.slot - START_SLOT for one in blocks]


# --- folding --------------------------------------------------------------------------------------


def test_new_blocks_are_appended() -> None:
    """What links to the tip goes behind it; own blocks are kept apart too."""
    chain = begun(range(START_SLOT, START_SLOT + 12))
    more = row_of(range(OWN_FIRST, OWN_FIRST + 3), number=112, parent=chain.blocks[-1].block_id)
    chain = folded(chain, read_of(more))
    assert slots_of(chain.blocks) == list(range(15))
    assert slots_of(chain.own) == [12, 13, 14]
    assert chain.tip == more[-1]
    assert chain.covered_from == START_SLOT
    assert chain.foreign_slot == START_SLOT + 11
    assert chain.stayed is None


def test_a_reorganisation_rewrites_the_tail() -> None:
    """Everything at or above the first block told is void, ours too."""
    chain = begun(range(START_SLOT, OWN_FIRST + 6))
    fork = row_of(range(OWN_FIRST + 12, OWN_FIRST + 14), number=114, fork=1)
    fork[0] = msgspec.structs.replace(fork[0], previous=chain.blocks[13].block_id)
    chain = folded(chain, read_of(fork))
    assert slots_of(chain.blocks) == [*range(14), 24, 25]
    assert slots_of(chain.own) == [12, 13]
    assert chain.blocks[-2:] == tuple(fork)
    assert chain.stayed == chain.own[-1]


def test_what_was_heard_on_a_branch_that_lost_is_not_heard_any_more() -> None:
    """The newest foreign block and the newest stayed one are looked for anew."""
    chain = begun(range(START_SLOT, OWN_FIRST + 20))
    assert chain.foreign_slot == OWN_FIRST + 19
    assert chain.stayed is not None
    own = block(113, OWN_FIRST + 30, OURS, fork=1, previous=chain.blocks[12].block_id)
    chain = folded(chain, read_of([own]))
    assert slots_of(chain.own) == [12, 42]
    assert chain.foreign_slot == START_SLOT + 11
    assert chain.stayed is None


def test_blocks_behind_a_gap_begin_anew() -> None:
    """Nothing below is known then; that a block of ours once stayed remains true."""
    chain = begun(range(START_SLOT, OWN_FIRST + 14))
    stayed = chain.stayed
    assert stayed is not None
    later = row_of(range(START_SLOT + 96, START_SLOT + 99), number=180)
    chain = folded(chain, read_of(later, gap_before=True))
    assert slots_of(chain.blocks) == [96, 97, 98]
    assert chain.covered_from == START_SLOT + 96
    assert chain.own == ()
    assert chain.stayed == stayed
    assert chain.off_schedule is None


@pytest.mark.parametrize("number", [90, 100, 108, 110, 111])
def test_blocks_that_link_to_nothing_known_are_a_gap(number: int) -> None:
    """Deeper than the window, right at its begin, inside it with another parent, or beyond it."""
    chain = begun(range(START_SLOT, START_SLOT + 10))
    strange = row_of(range(START_SLOT + 30, START_SLOT + 32), number=number, parent="ff")
    chain = folded(chain, read_of(strange))
    assert chain.blocks == tuple(strange)
    assert chain.covered_from == START_SLOT + 30


def test_the_window_is_pruned_and_the_newest_blocks_stay() -> None:
    """Six minutes at least; pruned in steps, never below the window."""
    chain = begun(range(START_SLOT, START_SLOT + 1))
    longest = 0
    for slot in range(START_SLOT + 1, START_SLOT + 1500):
        tip = chain.blocks[-1]
        more = row_of(range(slot, slot + 1), number=tip.number + 1, parent=tip.block_id)
        chain = folded(chain, read_of(more))
        longest = max(longest, len(chain.blocks))
        assert len(chain.blocks) >= min(slot - START_SLOT, WINDOW_MIN_BLOCKS)
    assert longest <= WINDOW_MIN_BLOCKS + 4 * TURN_SLOTS + 1
    assert chain.blocks[-1].slot == START_SLOT + 1499
    assert len(chain.own) >= 4 * TURN_SLOTS
    assert slots_of(chain.own)[-1] == 1499 // 48 * 48 + 11 + 12 - 48 * (1499 % 48 < 12)


def test_an_own_block_outlives_the_window() -> None:
    """However long the own turns stay empty, the begin of their row is remembered."""
    chain = begun(range(START_SLOT, OWN_FIRST + 13))
    newest_own = chain.own[-1]
    for slot in range(OWN_FIRST + 13, OWN_FIRST + 1200):
        if ROSTER.own_turn_holding(slot) is not None:
            continue
        tip = chain.blocks[-1]
        more = row_of(range(slot, slot + 1), number=tip.number + 1, parent=tip.block_id)
        chain = folded(chain, read_of(more))
    assert newest_own not in chain.blocks
    assert chain.own[-1] == newest_own
    assert chain.stayed == newest_own


def test_a_long_schedule_has_a_long_window() -> None:
    """Four rounds of 21 producers are 1008 blocks."""
    accounts = tuple(f"p{number:02}" for number in range(21))
    roster = Roster(accounts, 0)
    chain = Chain()
    for slot in range(START_SLOT, START_SLOT + 1300):
        parent = chain.blocks[-1].block_id if chain.blocks else "00"
        one = block(slot - START_SLOT + 1, slot, roster.producer_at(slot) or "", previous=parent)
        chain = fold_blocks(chain, read_of([one], gap_before=not chain.blocks), roster, "p00")
        assert len(chain.blocks) >= min(slot - START_SLOT + 1, 1008)
    assert len(chain.blocks) <= 1008 + 49


# --- stayed, off schedule -------------------------------------------------------------------------


@given(st.lists(st.booleans(), min_size=1, max_size=120), st.integers(1, 7))
def test_stayed_is_the_newest_own_block_below_a_foreign_one(filled: list[bool], step: int) -> None:
    """However the blocks are told: folding piece by piece finds what a walk back finds."""
    slots = [START_SLOT + offset for offset, there in enumerate(filled) if there]
    row: list[Block] = []
    for number, slot in enumerate(slots, start=100):
        parent = row[-1].block_id if row else "00"
        row.append(block(number, slot, ROSTER.producer_at(slot) or "", previous=parent))
    chain = Chain()
    for begin in range(0, len(row), step):
        chain = folded(chain, read_of(row[begin : begin + step], gap_before=begin == 0))
        told = row[: begin + step]
        foreign = [one for one in told if one.producer != OURS]
        below = [
            b for b in told if b.producer == OURS and foreign and b.number < foreign[-1].number
        ]
        assert chain.stayed == (below[-1] if below else None) == last_stayed(chain, OURS)
        assert chain.foreign_slot == (foreign[-1].slot if foreign else None)
        assert chain.off_schedule is None


def test_a_block_in_another_producers_slot_is_off_schedule() -> None:
    """The newest such block bounds what the schedule explains."""
    chain = begun(range(START_SLOT, START_SLOT + 2))
    parent = chain.blocks[-1].block_id
    strange = block(102, START_SLOT + 2, "delta", previous=parent)
    more = row_of(range(START_SLOT + 3, START_SLOT + 5), number=103, parent=strange.block_id)
    chain = folded(chain, read_of([strange, *more]))
    assert chain.off_schedule == START_SLOT + 2


def test_a_new_schedule_is_held_against_the_whole_window() -> None:
    """What the old one explained and the new one does not is off schedule; and back again."""
    chain = begun(range(START_SLOT, START_SLOT + 48))
    swapped = Roster.of(schedule_of(("alpha", "carol", OURS, "delta")), OURS)
    changed = refold_schedule(chain, swapped, OURS)
    assert changed.off_schedule == START_SLOT + 35
    assert refold_schedule(changed, ROSTER, OURS).off_schedule is None
    assert changed.stayed == chain.stayed


def test_without_a_schedule_nothing_is_off_schedule() -> None:
    """There is nothing to hold a block against."""
    chain = fold_blocks(
        Chain(), read_of([block(1, START_SLOT, "x")], gap_before=True), Roster(), OURS
    )
    assert chain.off_schedule is None
    assert chain.foreign_slot == START_SLOT


# --- rosters --------------------------------------------------------------------------------------

SIZES = st.integers(1, 21)
SLOTS = st.integers(0, 3_000)


def roster_of(size: int, ours: int | None) -> Roster:
    """A roster of that size with us in that place."""
    return Roster(tuple(f"p{number:02}" for number in range(size)), ours)


@given(SIZES, SLOTS, st.data())
def test_own_turns_are_where_the_schedule_has_us(size: int, slot: int, data: st.DataObject) -> None:
    """Held against a walk along the slots."""
    ours = data.draw(st.integers(0, size - 1))
    roster = roster_of(size, ours)
    mine = roster.accounts[ours]
    holding = Turn(slot // 12) if roster.producer_at(slot) == mine else None
    assert roster.own_turn_holding(slot) == holding
    begins = (s for s in range(slot, slot + 600) if s % 12 == 0 and roster.producer_at(s) == mine)
    assert roster.own_turn_at_or_after(slot) == next(begins) // 12


@given(SIZES, st.integers(0, 200), st.integers(0, 200), st.data())
def test_own_turns_are_counted_between_two_turns(
    size: int, after: int, before: int, data: st.DataObject
) -> None:
    """Neither end belongs to them."""
    ours = data.draw(st.integers(0, size - 1))
    counted = sum(1 for turn in range(after + 1, before) if turn % size == ours)
    assert own_turns_between(roster_of(size, ours), after, before) == counted


def test_without_a_place_in_the_schedule_there_are_no_own_turns() -> None:
    """Nor without a schedule."""
    for roster in (Roster(), roster_of(5, None)):
        assert own_turns_between(roster, 0, 100) == 0
        assert roster.own_turn_at_or_after(5) is None
        assert roster.own_turn_holding(5) is None
    assert Roster().producer_at(5) is None
    assert Roster().gap_slots == 0
    assert turns_of_round(Roster(), 5) == range(0)


def test_a_roster_is_the_schedule_as_we_see_it() -> None:
    """In the schedule's own order; a producer that is not in it has no place."""
    assert Roster.of(schedule_of(), OURS) == Roster(ACCOUNTS, 1)
    assert Roster.of(schedule_of(), "nobody") == Roster(ACCOUNTS, None)
    assert Roster.of(schedule_of(), None) == Roster(ACCOUNTS, None)
    assert (ROSTER.round_slots, ROSTER.gap_slots) == (48, 36)


@given(st.integers(1, 21), SLOTS)
def test_a_round_is_one_turn_of_each(size: int, slot: int) -> None:
    """Aligned as nodeos aligns it: the round begins with the first producer."""
    turns = turns_of_round(roster_of(size, None), slot)
    assert turn_of(Slot(slot)) in turns
    assert len(turns) == size
    assert turns[0] % size == 0


def test_nobody_is_heard_on_a_branch_of_our_own() -> None:
    """A foreign block that a reorganisation took away, and none below it."""
    chain = begun(range(OWN_FIRST, OWN_FIRST + 13))
    assert chain.foreign_slot == OWN_FIRST + 12
    own = block(112, OWN_FIRST + 50, OURS, fork=1, previous=chain.blocks[11].block_id)
    assert folded(chain, read_of([own])).foreign_slot is None


def test_a_block_off_the_schedule_counts_only_while_it_is_on_the_chain() -> None:
    """On a branch that lost it explains nothing any more."""
    base = block(1, START_SLOT, ACCOUNTS[0], previous="00")
    odd = block(2, START_SLOT + 30, "zulu", previous=base.block_id)
    chain = folded(Chain(), read_of([base, odd], gap_before=True))
    assert chain.off_schedule == odd.slot
    good = block(
        2,
        START_SLOT + 31,
        ROSTER.producer_at(START_SLOT + 31) or "",
        previous=base.block_id,
        fork=1,
    )
    assert folded(chain, read_of([good])).off_schedule is None
