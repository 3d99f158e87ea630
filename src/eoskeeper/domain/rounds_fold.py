"""Folds block lines, in the order of a log, into what is known of each turn.

Only a short tail of the chain is kept, for forks to rewrite; what lies below it is reduced to a few
bits a turn, so that months of a log fit into memory.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from eoskeeper.domain.chain_time import TURN_SLOTS

__all__ = ["ALL_SLOTS", "BlockSeen", "ChainFold", "TurnSeen", "merge_seen"]

ALL_SLOTS = (1 << TURN_SLOTS) - 1
"""A bit for each slot of a turn; bit 0 is the first slot."""

TAIL_BLOCKS = 1024
"""Blocks that a fork may still rewrite: three times the 325 that a block of EOSIO stays open."""

LATENESS_LIMIT_MS = 30_000
"""Above it a block was late because the node was catching up, not because of its producer."""


class BlockSeen(NamedTuple):
    """A block as a log or the chain API tells it.

    Attributes:
        id_part: 16 of its hex digits: 8 to 24, or 0 to 16 in Produced lines up to EOSIO 1.8.14.
        made_here: told by a Produced line.
        late_ms: how long after its time stamp it was here; None when not known.
    """

    slot: int
    number: int
    id_part: str
    producer: str
    made_here: bool = False
    late_ms: int | None = None


class TurnSeen(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is known of one turn of one producer; the masks have a bit for each slot.

    Attributes:
        producer: who made or lost a block in it; empty when nobody did.
        filled: slots with a block on the chain.
        known: slots of which it is known whether they are filled.
        lost: slots whose block was seen, and then replaced by a fork.
        latest_ms: how late the latest block on the chain was; None when not known.
    """

    turn: int
    producer: str
    filled: int
    known: int
    lost: int = 0
    latest_ms: int | None = None


class ChainFold:
    """Takes blocks in the order of the log; ``finish`` tells the turns."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._tail: list[BlockSeen] = []
        self._settled: BlockSeen | None = None
        self._filled: dict[tuple[int, str], int] = {}
        self._lost: dict[tuple[int, str], int] = {}
        self._late: dict[tuple[int, str], int] = {}
        self._empty: dict[int, int] = {}

    def take(self, block: BlockSeen) -> None:
        """The next line of the log."""
        tail = self._tail
        if tail:
            last = tail[-1]
            if block.number != last.number + 1 or block.slot <= last.slot:
                self._rewrite(block)
                return
        tail.append(block)
        if len(tail) >= 2 * TAIL_BLOCKS:
            self._settle(TAIL_BLOCKS)

    def drop_head(self, number: int, block_id: str) -> None:
        """The node left the branch with this head.

        Up to Leap 5 not every block of the branch it went to is told again: those are unknown.
        """
        if not self._tail:
            return
        last = self._tail[-1]
        if last.number == number and last.id_part in (block_id[8:24], block_id[:16]):
            self._lose(self._tail.pop())

    def finish(self) -> list[TurnSeen]:
        """All turns, ascending; nothing is taken afterwards."""
        self._settle(len(self._tail))
        by_turn: dict[int, list[str]] = {}
        for turn, producer in dict.fromkeys((*self._filled, *self._lost)):
            by_turn.setdefault(turn, []).append(producer)
        turns = sorted({*by_turn, *self._empty})
        return [one for turn in turns for one in self._told(turn, by_turn.get(turn, [""]))]

    def _told(self, turn: int, producers: list[str]) -> list[TurnSeen]:
        empty = self._empty.get(turn, 0)
        told = []
        for producer in producers:
            key = turn, producer
            filled = self._filled.get(key, 0)
            # Two in one turn: the schedule changed within it, and its other slots are nobody's.
            known = filled | (empty if len(producers) == 1 else 0)
            lost = self._lost.get(key, 0) & ~filled
            told.append(TurnSeen(turn, producer, filled, known, lost, self._late.get(key)))
        return told

    def _rewrite(self, block: BlockSeen) -> None:
        """A line that does not simply follow: a gap, a repetition, a fork or another chain."""
        tail = self._tail
        at = bisect_left(tail, block.number, key=_number)
        if at < len(tail) and tail[at].number == block.number and _is_same(tail[at], block):
            return
        while at and tail[at - 1].slot >= block.slot:
            at -= 1
        if at == 0 and (block.number < tail[0].number or len(tail) >= TAIL_BLOCKS // 2):
            # No fork is that deep: another log, or a chain that began anew.
            self._settle(len(tail))
            self._settled = None
        while len(tail) > at:
            self._lose(tail.pop())
        tail.append(block)

    def _lose(self, block: BlockSeen) -> None:
        turn, place = divmod(block.slot, TURN_SLOTS)
        key = turn, block.producer
        self._lost[key] = self._lost.get(key, 0) | 1 << place

    def _settle(self, count: int) -> None:
        """Reduce the oldest blocks of the tail to bits."""
        before, filled, late = self._settled, self._filled, self._late
        for block in self._tail[:count]:
            if before is not None and block.slot - before.slot > 1 == block.number - before.number:
                self._know_empty(before.slot + 1, block.slot)
            key = block.slot // TURN_SLOTS, block.producer
            filled[key] = filled.get(key, 0) | 1 << block.slot % TURN_SLOTS
            late_ms = block.late_ms
            if late_ms is not None and late_ms <= LATENESS_LIMIT_MS:
                most = late.get(key)
                if most is None or late_ms > most:
                    late[key] = late_ms
            before = block
        self._settled = before
        del self._tail[:count]

    def _know_empty(self, begin: int, end: int) -> None:
        """Slots between two blocks that follow one another."""
        for slot in range(begin, end):
            turn, place = divmod(slot, TURN_SLOTS)
            self._empty[turn] = self._empty.get(turn, 0) | 1 << place


def _number(block: BlockSeen) -> int:
    return block.number


def _is_same(one: BlockSeen, other: BlockSeen) -> bool:
    """Equal as far as the two lines tell.

    A Produced line of an old nodeos begins with the height, and overlaps a later Received line in
    eight digits. Source: EOSIO v1.8.14 producer_plugin.cpp ``produce_block``.
    """
    if one.slot != other.slot or one.producer != other.producer:
        return False
    if one.id_part == other.id_part:
        return True
    height = f"{one.number:08x}"
    early, late = (one, other) if one.id_part.startswith(height) else (other, one)
    return early.id_part.startswith(height) and early.id_part[8:] == late.id_part[:8]


def merge_seen(parts: Iterable[Iterable[TurnSeen]]) -> list[TurnSeen]:
    """Join what parts of a log tell, ascending; of what two of them know, the later one counts."""
    merged: dict[tuple[int, str], TurnSeen] = {}
    for part in parts:
        for one in part:
            key = one.turn, one.producer
            known = merged.get(key)
            merged[key] = one if known is None else _joined(known, one)
    by_turn: dict[int, list[TurnSeen]] = {}
    for key in sorted(merged):
        by_turn.setdefault(key[0], []).append(merged[key])
    return [one for ones in by_turn.values() for one in _without_nobody(ones)]


def _joined(older: TurnSeen, newer: TurnSeen) -> TurnSeen:
    filled = older.filled & ~newer.known | newer.filled
    late = [ms for ms in (older.latest_ms, newer.latest_ms) if ms is not None]
    return TurnSeen(
        newer.turn,
        newer.producer,
        filled,
        older.known | newer.known,
        (older.lost | newer.lost) & ~filled,
        max(late, default=None),
    )


def _without_nobody(ones: list[TurnSeen]) -> list[TurnSeen]:
    """Empty slots seen by one part belong to the producer that another part saw in the turn."""
    if len(ones) == 1 or ones[0].producer:
        return ones
    nobody, *others = ones
    return [
        msgspec.structs.replace(one, known=one.known | nobody.known & ~one.filled) for one in others
    ]
