"""What became of each slot: missed only where the chain is known on both sides, else unknown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eoskeeper.domain.chain_time import TURN_SLOTS
from eoskeeper.domain.production import (
    Chain,
    Roster,
    SlotOutcome,
    account_turn,
    empty_own_turns,
    fold_blocks,
    refold_schedule,
)
from eoskeeper.domain.samples import Block
from tests.unit.domain.scene import OURS, ROSTER, START_SLOT, TURN, block, read_of

P, M, L = SlotOutcome.PRODUCED, SlotOutcome.MISSED, SlotOutcome.LOST
U, W = SlotOutcome.UNKNOWN, SlotOutcome.PENDING


def chain_of(slots: list[int], roster: Roster = ROSTER, *, strange: int | None = None) -> Chain:
    """A chain with blocks in those slots, told one by one; ``strange`` is off schedule."""
    chain = Chain()
    for number, slot in enumerate(slots, start=100):
        parent = chain.blocks[-1].block_id if chain.blocks else "00"
        producer = "zulu" if slot == strange else roster.producer_at(slot) or ""
        one = block(number, slot, producer, previous=parent)
        chain = fold_blocks(chain, read_of([one], gap_before=not chain.blocks), roster, OURS)
    return chain


def outcomes(chain: Chain, turn: int, lost: frozenset[int] = frozenset()) -> str:
    """The twelve outcomes by their first letters; pending is ``w`` for *waits*."""
    letters = {P: "p", M: "m", L: "l", U: "u", W: "w"}
    return "".join(letters[one] for one in account_turn(chain, ROSTER, turn, lost).slots)


# --- slot by slot ---------------------------------------------------------------------------------


def test_each_slot_of_a_turn_is_told() -> None:
    """Filled, left empty, lost in a fork, and not yet there."""
    filled = [START_SLOT - 1, *range(START_SLOT, START_SLOT + 3), START_SLOT + 6]
    chain = chain_of(filled)
    assert outcomes(chain, TURN, frozenset({START_SLOT + 4})) == "pppmlmpwwwww"
    account = account_turn(chain, ROSTER, TURN)
    assert (account.produced, account.complete, account.producer) == (4, False, "alpha")
    assert (account.turn, account.first_slot) == (TURN, START_SLOT)


def test_a_turn_is_complete_when_it_is_over_and_known() -> None:
    """An empty turn of which both sides are known is twelve missed blocks."""
    chain = chain_of([START_SLOT - 1, START_SLOT + 12])
    account = account_turn(chain, ROSTER, TURN)
    assert outcomes(chain, TURN) == "m" * 12
    assert account.complete
    assert account.produced == 0


def test_what_lies_before_the_first_block_known_is_unknown() -> None:
    """Never missed: nobody has looked."""
    chain = chain_of([START_SLOT + 4, START_SLOT + 12])
    assert outcomes(chain, TURN) == "uuuupmmmmmmm"
    assert not account_turn(chain, ROSTER, TURN).complete
    assert outcomes(chain, TURN - 1) == "u" * 12
    assert outcomes(chain, TURN + 5) == "w" * 12
    assert outcomes(Chain(), TURN) == "u" * 12


def test_a_gap_makes_the_slots_before_it_unknown() -> None:
    """What was known before the gap is not joined to what comes after it."""
    chain = chain_of([START_SLOT - 1, START_SLOT, START_SLOT + 1])
    later = block(200, START_SLOT + 7, "alpha")
    chain = fold_blocks(chain, read_of([later], gap_before=True), ROSTER, OURS)
    assert outcomes(chain, TURN, frozenset({START_SLOT + 2})) == "uuuuuuupwwww"


def test_a_fork_is_judged_by_the_branch_that_won() -> None:
    """A slot filled on the losing branch only is missed on the network, lost for its maker."""
    chain = chain_of([START_SLOT - 1, *range(START_SLOT, START_SLOT + 12)])
    parent = chain.blocks[4].block_id
    winner = block(105, START_SLOT + 12, OURS, fork=1, previous=parent)
    chain = fold_blocks(chain, read_of([winner]), ROSTER, OURS)
    assert outcomes(chain, TURN) == "ppppmmmmmmmm"
    assert outcomes(chain, TURN, frozenset({START_SLOT + 5})) == "ppppmlmmmmmm"


def test_slots_up_to_a_block_off_schedule_are_unknown() -> None:
    """Another schedule was in force: who should have filled them is not known."""
    filled = [START_SLOT - 1, START_SLOT, START_SLOT + 3, START_SLOT + 5, START_SLOT + 12]
    chain = chain_of(filled, strange=START_SLOT + 3)
    assert outcomes(chain, TURN) == "puuumpmmmmmm"


def test_a_schedule_change_makes_the_time_before_it_unknown() -> None:
    """The window is judged anew; missed slots of the old schedule are nobody's."""
    chain = chain_of([*range(START_SLOT, START_SLOT + 40), START_SLOT + 44])
    swapped = Roster(("alpha", "carol", OURS, "delta"), 2)
    changed = refold_schedule(chain, swapped, OURS)
    assert account_turn(changed, swapped, TURN + 1).slots == (U,) * 12
    assert account_turn(changed, swapped, TURN + 3).slots == (P,) * 4 + (M,) * 4 + (P,) + (W,) * 3


def test_without_a_schedule_nobody_is_scheduled() -> None:
    """The account has no producer, and no slot counts as missed by one."""
    account = account_turn(chain_of([START_SLOT, START_SLOT + 12]), Roster(), TURN)
    assert account.producer == ""
    assert account.slots[0] is U


# --- the row of empty own turns -------------------------------------------------------------------


class Told:
    """A slow and independent model: a set of slots, walked one by one."""

    def __init__(self, size: int, ours: int) -> None:
        self.size, self.ours = size, ours
        self.blocks: list[Block] = []

    def producer(self, slot: int) -> str:
        """Whose slot it is."""
        index = slot // 12 % self.size
        return OURS if index == self.ours else f"p{index:02}"

    def empty_row(self) -> int | None:
        """Whole own turns without a block between our newest block and the turn of the tip."""
        own = [one.slot for one in self.blocks if one.producer == OURS]
        if not own:
            return None
        count, slot = 0, own[-1] // 12 * 12 + 12
        while slot // 12 < self.blocks[-1].slot // 12:
            count += self.producer(slot) == OURS
            slot += 12
        return count


@given(st.integers(1, 21), st.data())
def test_the_row_of_empty_own_turns_is_what_a_slow_model_counts(
    size: int, data: st.DataObject
) -> None:
    """For schedules of 1 to 21, turns there or not there, however the blocks are told."""
    model = Told(size, data.draw(st.integers(0, size - 1)))
    accounts = tuple(model.producer(12 * index) for index in range(size))
    roster = Roster(accounts, model.ours)
    there = data.draw(st.lists(st.sampled_from([0, 0, 1, 2, 12]), min_size=1, max_size=60))
    batch = data.draw(st.integers(1, 40))
    begin = START_SLOT // (12 * size) * 12 * size
    slots = [begin + 12 * turn + slot for turn, count in enumerate(there) for slot in range(count)]
    chain, pending = Chain(), list[Block]()
    for number, slot in enumerate(slots, start=100):
        parent = model.blocks[-1].block_id if model.blocks else "00"
        one = block(number, slot, model.producer(slot), previous=parent)
        model.blocks.append(one)
        pending.append(one)
        if len(pending) == batch or slot == slots[-1]:
            read = read_of(pending, gap_before=not chain.blocks)
            chain, pending = fold_blocks(chain, read, roster, OURS), []
            assert empty_own_turns(chain, roster) == model.empty_row()
    for turn in range(begin // 12, begin // 12 + len(there)):
        account = account_turn(chain, roster, turn)
        expected = sum(b.slot // 12 == turn for b in chain.blocks)
        assert account.produced == expected
        if account.complete:
            assert account.slots.count(M) == TURN_SLOTS - expected


def test_without_a_sure_begin_there_is_no_row() -> None:
    """No block of ours known, no tip, or no place in the schedule."""
    assert empty_own_turns(Chain(), ROSTER) is None
    assert empty_own_turns(chain_of([START_SLOT, START_SLOT + 24, START_SLOT + 72]), ROSTER) is None
    chain = chain_of([START_SLOT, START_SLOT + 12])
    assert empty_own_turns(chain, Roster(ROSTER.accounts, None)) is None


def test_a_row_begins_anew_behind_a_block_off_schedule() -> None:
    """Turns under another schedule are no turns of this one; the later of the two begins it."""
    own, strange, tip = START_SLOT + 12, START_SLOT + 120, START_SLOT + 290
    filled = [START_SLOT, own, strange, tip]
    assert empty_own_turns(chain_of(filled), ROSTER) == 5
    assert empty_own_turns(chain_of(filled, strange=strange), ROSTER) == 3
    late = chain_of([strange, own + 192, tip], strange=strange)
    assert empty_own_turns(late, ROSTER) == 1


def test_a_block_of_ours_lost_in_a_fork_does_not_end_the_row() -> None:
    """The candidate counts what the canonical chain holds."""
    chain = chain_of([START_SLOT + 12, START_SLOT + 24, START_SLOT + 60, START_SLOT + 72])
    assert empty_own_turns(chain, ROSTER) == 0
    parent = chain.blocks[1].block_id
    winner = block(102, START_SLOT + 73, "carol", fork=1, previous=parent)
    chain = fold_blocks(chain, read_of([winner]), ROSTER, OURS)
    assert empty_own_turns(chain, ROSTER) == 1
