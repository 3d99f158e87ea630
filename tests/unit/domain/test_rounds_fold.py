"""Block lines in the order of a log become what is known of each turn."""

from __future__ import annotations

from eoskeeper.domain.rounds_fold import (
    ALL_SLOTS,
    LATENESS_LIMIT_MS,
    TAIL_BLOCKS,
    BlockSeen,
    ChainFold,
    TurnSeen,
    merge_seen,
)


def block(
    slot: int, number: int, producer: str = "a", fork: str = "0", late_ms: int | None = None
) -> BlockSeen:
    """A block; its id tells fork and height."""
    return BlockSeen(slot, number, f"{fork}{number:015x}", producer, late_ms=late_ms)


def folded(*blocks: BlockSeen) -> list[TurnSeen]:
    """What is told of them."""
    fold = ChainFold()
    for one in blocks:
        fold.take(one)
    return fold.finish()


def test_a_slot_between_heights_in_a_row_is_known_to_be_empty() -> None:
    """Slot 3 has no block, and no height is free for one."""
    assert folded(block(2, 10), block(4, 11)) == [TurnSeen(0, "a", 0b10100, 0b11100)]


def test_a_slot_between_heights_with_a_gap_is_unknown() -> None:
    """Some block was not told: nobody knows where it was."""
    assert folded(block(2, 10), block(5, 12)) == [TurnSeen(0, "a", 0b100100, 0b100100)]


def test_a_turn_without_a_block_is_nobodys() -> None:
    """The schedule tells whose it was."""
    told = folded(block(11, 10), block(24, 11, "c"))
    assert told[1] == TurnSeen(1, "", 0, ALL_SLOTS)


def test_a_later_line_for_the_same_height_rewrites_what_is_above() -> None:
    """Two blocks of a are replaced by one of b."""
    told = folded(block(10, 5), block(11, 6), block(12, 5, "b", "f"))
    assert told == [TurnSeen(0, "a", 0, 0, 0b11 << 10), TurnSeen(1, "b", 1, 1)]


def test_a_block_that_comes_back_is_not_lost() -> None:
    """The node switched there and back; Spring tells a block again when it is applied again."""
    told = folded(block(11, 6), block(12, 6, "b", "f"), block(11, 6), block(13, 7, "b"))
    assert told == [TurnSeen(0, "a", 1 << 11, 1 << 11), TurnSeen(1, "b", 0b10, 0b11, 0b01)]


def test_a_repeated_line_changes_nothing() -> None:
    """A node that lost its newest blocks hears them again."""
    blocks = [block(slot, slot + 5) for slot in range(8)]
    assert folded(*blocks, *blocks[3:], block(8, 13)) == folded(*blocks, block(8, 13))


def test_an_old_produced_line_and_its_received_line_are_one_block() -> None:
    """EOSIO up to 1.8.14 prints the first sixteen digits of the id of what it made."""
    made = BlockSeen(3, 0x271F, "0000271f7c2b9a4e", "a", made_here=True)
    heard = BlockSeen(3, 0x271F, "7c2b9a4e5566aa01", "a")
    assert folded(made, block(4, 0x2720), heard) == folded(made, block(4, 0x2720))


def test_the_head_of_a_branch_that_was_left_is_lost() -> None:
    """Even where the blocks of the other branch are not told: those are unknown."""
    fold = ChainFold()
    for one in (block(10, 5), block(11, 6)):
        fold.take(one)
    fold.drop_head(6, "00000006" + block(11, 6).id_part + "0" * 40)
    fold.take(block(13, 7, "b"))
    assert fold.finish() == [TurnSeen(0, "a", 1 << 10, 1 << 10, 1 << 11), TurnSeen(1, "b", 2, 2)]


def test_a_log_that_begins_anew_loses_nothing() -> None:
    """Another chain, or an older file glued behind: what was seen stays."""
    early = [block(slot, 100 + slot) for slot in range(5)]
    late = [block(slot, 900 + slot) for slot in range(240, 245)]
    for blocks in ((*early, *late), (*late, *early)):
        assert [one.lost for one in folded(*blocks)] == [0, 0]
        assert [one.filled for one in folded(*blocks)] == [0b11111, 0b11111]


def test_two_producers_in_a_turn_say_nothing_of_its_other_slots_for_each_other() -> None:
    """The schedule changed within the turn."""
    slots = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    told = folded(*(block(slot, at, "a" if at < 5 else "b") for at, slot in enumerate(slots)))
    assert [(one.producer, one.filled, one.known) for one in told] == [
        ("a", 0b11111, 0b11111),
        ("b", ALL_SLOTS & ~0b111111, ALL_SLOTS & ~0b111111),
    ]


def test_lateness_is_the_greatest_on_the_chain() -> None:
    """Not that of a block that a fork replaced, nor of one heard while catching up."""
    told = folded(
        block(1, 1, late_ms=-50),
        block(2, 2, late_ms=20),
        block(3, 3, late_ms=LATENESS_LIMIT_MS + 1),
        block(4, 4, late_ms=300),
        block(12, 4, "b", "f"),
    )
    assert told[0].latest_ms == 20


def test_a_long_log_is_told_like_a_short_one() -> None:
    """What lies below the tail is reduced to bits and stays as it was."""
    told = folded(*(block(slot, slot) for slot in range(TAIL_BLOCKS * 5)))
    assert all(one.filled == one.known == ALL_SLOTS for one in told[:-1])
    assert len(told) == -(-TAIL_BLOCKS * 5 // 12)


def test_of_two_parts_the_later_one_counts_where_it_knows() -> None:
    """The first ends where the second has already begun."""
    first = [TurnSeen(7, "a", 0b0111, 0b0111), TurnSeen(8, "", 0, 0b1)]
    second = [TurnSeen(7, "a", 0b1010, 0b1110, 0b0100), TurnSeen(8, "b", 0b10, 0b10)]
    assert merge_seen([first, second]) == [
        TurnSeen(7, "a", 0b1011, 0b1111, 0b0100),
        TurnSeen(8, "b", 0b10, 0b11),
    ]
