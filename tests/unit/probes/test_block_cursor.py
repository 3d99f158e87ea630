"""The cursor tells every canonical block once, in order, whatever the node does meanwhile."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from eoskeeper.domain.chain_time import Moment, MonoS, Slot, UtcS
from eoskeeper.domain.samples import (
    Block,
    BlocksRead,
    FailureReason,
    HeadRead,
    ProbeFailed,
    ProbeName,
)
from eoskeeper.probes.block_cursor import BlockCursor, CursorSettings

NOW = Moment(mono_s=MonoS(1.0), utc_s=UtcS(1.0))
OURS, OTHER = "ours", "other"


def failed(reason: FailureReason) -> ProbeFailed:
    """A block that was not read."""
    return ProbeFailed(at=NOW, probe=ProbeName.BLOCKS, reason=reason, detail="")


class Chain:
    """A node's canonical chain in memory; each fork gives its blocks new ids."""

    def __init__(self, length: int, ours: frozenset[int] = frozenset()) -> None:
        self.ours = ours
        self.blocks: list[Block] = []
        self.lowest = 1
        self.forks = 0
        self.failures = 0
        self.grow(length)

    def grow(self, count: int) -> None:
        """Append blocks."""
        for _ in range(count):
            number = len(self.blocks) + 1
            self.blocks.append(
                Block(
                    number=number,
                    block_id=f"{number:08x}{self.forks:056x}",
                    previous=self.blocks[-1].block_id if self.blocks else "0" * 64,
                    slot=Slot(number + self.forks),
                    producer=OURS if number in self.ours else OTHER,
                    schedule_version=1,
                )
            )

    def fork(self, depth: int, count: int) -> None:
        """Replace the newest ``depth`` blocks (never the first) by ``count`` others."""
        self.forks += 1
        del self.blocks[max(1, len(self.blocks) - depth) :]
        self.lowest = min(self.lowest, len(self.blocks) + 1)
        self.grow(count)

    def prune(self, keep: int) -> None:
        """Forget all but the newest ``keep``."""
        self.lowest = max(self.lowest, len(self.blocks) - keep + 1)

    def head(self) -> HeadRead:
        """What get_info says."""
        tip = self.blocks[-1]
        return HeadRead(
            at=NOW,
            chain_id="ab" * 32,
            server_version="v1",
            head_number=tip.number,
            head_id=tip.block_id,
            head_slot=tip.slot,
            head_producer=tip.producer,
            last_irreversible_number=1,
            last_irreversible_id=self.blocks[0].block_id,
            fork_head_number=None,
            took_s=0.0,
        )

    def block(self, number: int) -> Block | ProbeFailed:
        """What get_block_info says."""
        if self.failures:
            self.failures -= 1
            return failed(FailureReason.TIMED_OUT)
        if self.lowest <= number <= len(self.blocks):
            return self.blocks[number - 1]
        return failed(FailureReason.UNKNOWN_BLOCK)


class Reader:
    """Folds what is told, and holds every telling to the contract of ``BlocksRead``."""

    def __init__(self) -> None:
        self.known: dict[int, Block] = {}
        self.gaps = 0

    def fold(self, read: BlocksRead) -> None:
        """Take blocks over; what was known at or above the first is void."""
        assert read.blocks
        for lower, upper in zip(read.blocks, read.blocks[1:], strict=False):
            assert upper.previous == lower.block_id
            assert upper.number == lower.number + 1
        first = read.blocks[0]
        if read.gap_before:
            self.gaps += 1
            self.known = {}
        else:
            assert self.known[first.number - 1].block_id == first.previous
        self.known = {n: block for n, block in self.known.items() if n < first.number}
        self.known |= {block.number: block for block in read.blocks}


def run_pass(cursor: BlockCursor, chain: Chain, reader: Reader) -> list[int]:
    """One head, its blocks, its tellings; the numbers that were told."""
    cursor.head(chain.head())
    while (number := cursor.wanted()) is not None:
        cursor.answer(chain.block(number))
    return take(cursor, reader)


def take(cursor: BlockCursor, reader: Reader) -> list[int]:
    """Fold everything that can be told."""
    told: list[int] = []
    while (read := cursor.take()) is not None:
        reader.fold(read)
        told += [block.number for block in read.blocks]
    return told


def test_reads_backward_over_the_newest_whole_turn_of_the_producer() -> None:
    """On first use our newest turn and what is above it are told, after a gap.

    Slots are numbers here: turn 6 is 72 to 83. It is ours, and a keeper that was killed in its
    middle has not told it.
    """
    chain, reader = Chain(100, ours=frozenset({40, *range(72, 84)})), Reader()
    cursor = BlockCursor(OURS, 90, CursorSettings(least_backfill=2))
    assert run_pass(cursor, chain, reader) == list(range(71, 101))
    assert reader.gaps == 1


def test_within_an_own_turn_it_reads_the_one_before_whole() -> None:
    """Nobody has built on the blocks of the turn that goes on."""
    chain = Chain(100, ours=frozenset({*range(48, 60), *range(96, 108)}))
    cursor = BlockCursor(OURS, 90, CursorSettings(least_backfill=2))
    assert run_pass(cursor, chain, Reader()) == list(range(47, 101))


def test_reads_some_turns_of_others_too() -> None:
    """A keeper that was away for a moment has missed none."""
    chain = Chain(200, ours=frozenset(range(180, 192)))
    told = run_pass(BlockCursor(OURS, 150), chain, Reader())
    assert 84 <= len(told) <= 100
    assert told[-1] == 200
    assert told[0] % 12 == 11, "the last block of the turn below"


def test_backfills_no_more_than_it_is_told_to() -> None:
    """Without a block of ours within the limit the backfill ends at the limit."""
    chain, reader = Chain(100, ours=frozenset({40})), Reader()
    assert run_pass(BlockCursor(OURS, 30), chain, reader) == list(range(71, 101))


def test_pruned_blocks_end_a_backfill() -> None:
    """A node that has forgotten older blocks gives what it has."""
    chain, reader = Chain(100), Reader()
    chain.prune(8)
    assert run_pass(BlockCursor(OURS, 30), chain, reader) == list(range(93, 101))


def test_a_chain_younger_than_the_backfill_is_told_from_block_one() -> None:
    """Block 1 has nothing below it."""
    assert run_pass(BlockCursor(None, 30), Chain(5), Reader()) == [1, 2, 3, 4, 5]


def test_tells_new_blocks_once() -> None:
    """Every pass tells what came since the last one, and nothing twice."""
    chain, reader, cursor = Chain(20), Reader(), BlockCursor(None, 5)
    run_pass(cursor, chain, reader)
    chain.grow(3)
    assert run_pass(cursor, chain, reader) == [21, 22, 23]
    assert run_pass(cursor, chain, reader) == []


def test_a_reorganisation_is_told_from_the_first_changed_block() -> None:
    """The blocks that stayed are not told again."""
    chain, reader, cursor = Chain(20), Reader(), BlockCursor(None, 10)
    run_pass(cursor, chain, reader)
    chain.fork(depth=3, count=5)
    assert run_pass(cursor, chain, reader) == [18, 19, 20, 21, 22]
    assert reader.gaps == 1


def test_a_head_of_the_same_number_with_another_id_is_a_reorganisation() -> None:
    """A fork of equal length is seen although no number is new."""
    chain, reader, cursor = Chain(20), Reader(), BlockCursor(None, 10)
    run_pass(cursor, chain, reader)
    chain.fork(depth=2, count=2)
    assert run_pass(cursor, chain, reader) == [19, 20]


def test_a_lower_head_with_another_id_is_a_reorganisation() -> None:
    """A shorter branch voids what was above it."""
    chain, reader, cursor = Chain(20), Reader(), BlockCursor(None, 10)
    run_pass(cursor, chain, reader)
    chain.fork(depth=4, count=2)
    assert run_pass(cursor, chain, reader) == [17, 18]
    assert max(reader.known) == 18


def test_a_lower_head_on_the_same_branch_changes_nothing() -> None:
    """A node that restarts some blocks back has not left the chain that was told."""
    chain, reader, cursor = Chain(20), Reader(), BlockCursor(None, 10)
    run_pass(cursor, chain, reader)
    del chain.blocks[17:]
    assert run_pass(cursor, chain, reader) == []
    chain.grow(5)
    assert run_pass(cursor, chain, reader) == [21, 22]


def test_a_failure_in_the_middle_loses_nothing() -> None:
    """What failed is asked again in the next pass, and the pass ends at once."""
    chain, reader, cursor = Chain(20), Reader(), BlockCursor(None, 10)
    run_pass(cursor, chain, reader)
    chain.grow(6)
    cursor.head(chain.head())
    for _ in range(2):
        number = cursor.wanted()
        assert number is not None
        cursor.answer(chain.block(number))
    cursor.answer(failed(FailureReason.TIMED_OUT))
    assert cursor.wanted() is None
    assert take(cursor, reader) == [21, 22]
    assert run_pass(cursor, chain, reader) == [23, 24, 25, 26]


def test_catching_up_is_spread_over_passes() -> None:
    """No pass asks for more than its share."""
    chain, reader = Chain(20), Reader()
    cursor = BlockCursor(None, 10, CursorSettings(requests_per_pass=10))
    run_pass(cursor, chain, reader)
    chain.grow(25)
    assert [len(run_pass(cursor, chain, reader)) for _ in range(4)] == [10, 10, 5, 0]


def test_far_behind_it_jumps_and_says_so() -> None:
    """Further behind than the limit, what lies between is a gap, not hours of questions."""
    chain, reader = Chain(20), Reader()
    cursor = BlockCursor(None, 10, CursorSettings(max_behind=50))
    run_pass(cursor, chain, reader)
    chain.grow(51)
    assert run_pass(cursor, chain, reader) == list(range(62, 72))
    assert reader.gaps == 2


def test_a_reorganisation_deeper_than_is_followed_is_a_gap() -> None:
    """Walking back ends at the limit; then the newest blocks are told after a gap."""
    chain, reader = Chain(60), Reader()
    cursor = BlockCursor(None, 40, CursorSettings(max_walk_back=10))
    run_pass(cursor, chain, reader)
    chain.fork(depth=30, count=31)
    run_pass(cursor, chain, reader)
    assert reader.gaps == 2
    assert reader.known[61] == chain.blocks[60]


def test_a_node_restored_from_a_newer_snapshot_is_a_gap() -> None:
    """Blocks between that the node does not have are given up."""
    chain, reader, cursor = Chain(20), Reader(), BlockCursor(None, 10)
    run_pass(cursor, chain, reader)
    chain.grow(30)
    chain.prune(4)
    assert run_pass(cursor, chain, reader) == [47, 48, 49, 50]
    assert reader.gaps == 2


def test_tells_in_chunks_of_limited_size() -> None:
    """A long backfill comes in pieces, of which only the first follows a gap."""
    chain, cursor = Chain(30), BlockCursor(None, 30, CursorSettings(told_at_once=12))
    cursor.head(chain.head())
    while (number := cursor.wanted()) is not None:
        cursor.answer(chain.block(number))
    reads = []
    while (read := cursor.take()) is not None:
        reads.append((len(read.blocks), read.gap_before))
    assert reads == [(12, True), (12, False), (6, False)]


events = st.lists(
    st.one_of(
        st.tuples(st.just("grow"), st.integers(1, 40), st.just(0)),
        st.tuples(st.just("fork"), st.integers(1, 25), st.integers(1, 30)),
        st.tuples(st.just("prune"), st.integers(1, 30), st.just(0)),
        st.tuples(st.just("fail"), st.integers(1, 3), st.just(0)),
        st.tuples(st.just("pass"), st.integers(0, 6), st.integers(0, 3)),
    ),
    max_size=40,
)


def happen(chain: Chain, what: str, much: int, more: int) -> None:
    """Let something happen to the node."""
    match what:
        case "grow":
            chain.grow(much)
        case "fork":
            chain.fork(much, more)
        case "prune":
            chain.prune(much)
        case _:
            chain.failures = much


@given(
    history=events,
    ours=st.frozensets(st.integers(1, 200), max_size=6),
    limits=st.tuples(st.integers(1, 12), st.integers(5, 60), st.integers(3, 40)),
    backfill=st.integers(1, 40),
)
@settings(max_examples=400, deadline=None)
def test_what_was_told_is_always_the_canonical_chain(
    history: list[tuple[str, int, int]],
    ours: frozenset[int],
    limits: tuple[int, int, int],
    backfill: int,
) -> None:
    """Whatever happens, in the middle of a pass too, the tellings end equal to the chain."""
    requests, behind, walk = limits
    chain, reader = Chain(15, ours), Reader()
    cursor = BlockCursor(
        OURS,
        backfill,
        CursorSettings(
            requests_per_pass=requests, max_behind=behind, max_walk_back=walk, told_at_once=7
        ),
    )
    for what, much, more in history:
        if what != "pass":
            happen(chain, what, much, more)
            continue
        cursor.head(chain.head())
        for index in range(much):
            if index == more:
                chain.fork(more, more + 1)
            if (number := cursor.wanted()) is not None:
                cursor.answer(chain.block(number))
        take(cursor, reader)
    chain.failures = 0
    chain.grow(1)
    for _ in range(400):
        if not run_pass(cursor, chain, reader) and cursor.wanted() is None and reader.known:
            top = max(reader.known)
            if reader.known[top] == chain.blocks[-1]:
                break
    assert max(reader.known) == len(chain.blocks)
    for number, block in reader.known.items():
        assert block == chain.blocks[number - 1]
