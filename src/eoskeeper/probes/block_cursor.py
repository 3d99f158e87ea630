"""Decides which block to ask for next, so that every canonical block is told once, in order.

Invariant: ``_chain`` is linked (each ``previous`` is the id before it), and so is ``_front``, the
newer blocks that do not reach down to ``_chain`` yet. No I/O and no clock: heads and answers come
in, numbers and ``BlocksRead`` come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import turn_of
from eoskeeper.domain.samples import Block, BlocksRead, FailureReason, HeadRead, ProbeFailed

if TYPE_CHECKING:
    from eoskeeper.domain.chain_time import Moment

__all__ = ["BlockCursor", "CursorSettings"]

Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class CursorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much is asked for at once and how far back; all in blocks.

    Attributes:
        requests_per_pass: blocks asked for between two heads: 100 take some 100 ms of a local
            nodeos, and catch up 98 blocks a second.
        max_behind: further behind the head than this, the blocks between are given up: a gap.
        max_walk_back: further down than this a reorganisation is not followed: a gap. The
            reversible range is about 330 blocks with 21 producers before Savanna.
        told_at_once: most blocks in one ``BlocksRead``.
        least_backfill: a backfill reads this many at least: who was away for less than these
            seven turns has missed none. They fit into one pass.
    """

    requests_per_pass: Count = 100
    max_behind: Count = 2000
    max_walk_back: Count = 2000
    told_at_once: Count = 500
    least_backfill: Annotated[int, Meta(ge=2, le=1_000_000)] = 84


class BlockCursor:
    """Follows the canonical chain of one node.

    Each pass: ``head(...)``; while ``wanted()`` is a number, fetch that block and ``answer(...)``;
    then ``take()`` until it is None. What fails is asked again in the next pass.
    """

    def __init__(
        self,
        producer: str | None,
        backfill_blocks: int,
        settings: CursorSettings | None = None,
    ) -> None:
        """Start without knowledge.

        Args:
            producer: account whose newest turn with another's block above it ends a backfill.
            backfill_blocks: most blocks a backfill reads, see ``set_backfill``.
            settings: limits; None takes the defaults.
        """
        self._producer = producer
        self._backfill_blocks = backfill_blocks
        self._settings = settings or CursorSettings()
        self._head: HeadRead | None = None
        self._requests_left = 0
        self._chain: list[Block] = []
        self._untold = 0
        self._front: list[Block] = []
        self._gap = True
        self._head_doubted = False

    def set_backfill(self, blocks: int) -> None:
        """Most blocks that the next backfill reads: rounds x 12 x scheduled producers."""
        self._backfill_blocks = blocks

    def head(self, head: HeadRead) -> None:
        """Begin a pass with a new reading of the head."""
        self._head = head
        self._requests_left = self._settings.requests_per_pass
        if not self._chain:
            return
        self._head_doubted = self._known_id(head.head_number) not in {None, head.head_id} or (
            head.head_number < self._chain[0].number
        )
        if head.head_number - self._newest().number > self._settings.max_behind:
            self._forget()

    def wanted(self) -> int | None:
        """Number of the block to fetch next; None ends the pass."""
        if self._head is None or self._requests_left <= 0:
            return None
        if self._front:
            return self._front[0].number - 1
        if not self._chain or self._head_doubted:
            return self._head.head_number
        tip = self._chain[-1].number
        return tip + 1 if tip < self._head.head_number else None

    def answer(self, answer: Block | ProbeFailed) -> None:
        """Take the block that ``wanted`` named, or the reason why there is none."""
        wanted = self.wanted()
        assert wanted is not None, "an answer that nobody asked for"
        self._requests_left -= 1
        if isinstance(answer, Block):
            assert answer.number == wanted, f"block {answer.number} for {wanted}"
            self._head_doubted = False
            self._place(answer)
        elif answer.reason is FailureReason.UNKNOWN_BLOCK:
            self._place_nothing()
        else:
            self._requests_left = 0

    def take(self) -> BlocksRead | None:
        """Next chunk of blocks that were not told, ascending; None when all are told."""
        first = len(self._chain) - self._untold
        blocks = tuple(self._chain[first : first + self._settings.told_at_once])
        if not blocks:
            return None
        read = BlocksRead(at=self._moment(), blocks=blocks, gap_before=self._gap)
        self._gap = False
        self._untold -= len(blocks)
        self._trim()
        return read

    def _place(self, block: Block) -> None:
        """Put a block below the front, then join the front to the chain if it reaches it."""
        links = bool(self._front) and self._front[0].previous == block.block_id
        self._front = [block, *self._front] if links else [block]
        if self._known_id(block.number) == block.block_id:
            self._join(block.number, self._front[1:])
        elif self._known_id(block.number - 1) == block.previous:
            self._join(block.number - 1, self._front)
        elif self._cannot_join():
            self._forget_chain()
            self._end_backfill_if_done()

    def _place_nothing(self) -> None:
        """The node does not have the block wanted.

        Below the front: pruned, so the front is all there is. Above the chain but below the
        head: the node was restored from a snapshot; the head itself: not readable yet.
        """
        assert self._head is not None
        if self._front:
            self._forget_chain()
            self._adopt_front()
        elif self._chain and self._newest().number + 1 < self._head.head_number:
            self._forget()
        else:
            self._requests_left = 0

    def _cannot_join(self) -> bool:
        """No known block is left below the front, or the way down to one is too long."""
        return (
            not self._chain
            or self._front[0].number <= self._chain[0].number
            or len(self._front) > self._settings.max_walk_back
        )

    def _join(self, number: int, newer: list[Block]) -> None:
        """Replace what is known above ``number`` by ``newer``, which links to it."""
        self._front = []
        if not newer:
            return
        keep = number - self._chain[0].number + 1
        told = min(len(self._chain) - self._untold, keep)
        self._chain[keep:] = newer
        self._untold = len(self._chain) - told

    def _end_backfill_if_done(self) -> None:
        lowest = self._front[0]
        if (
            self._has_one_that_stayed()
            or len(self._front) >= self._backfill_blocks
            or lowest.number <= 1
        ):
            self._adopt_front()

    def _has_one_that_stayed(self) -> bool:
        """The front holds a whole turn of the producer that another has built on.

        Within an own turn the newest own blocks have nothing above them yet: whether our turns
        stay shows only in the turn before. It is whole when the front reaches below it.
        """
        if len(self._front) < self._settings.least_backfill:
            return False
        lowest = turn_of(self._front[0].slot)
        if turn_of(self._front[1].slot) == lowest:
            return False  # looked for only where the front has reached one more turn
        built_on = False
        for block in reversed(self._front):
            if block.producer != self._producer:
                built_on = True
            elif built_on:
                return turn_of(block.slot) > lowest
        return False

    def _adopt_front(self) -> None:
        self._chain, self._front = self._front, []
        self._untold = len(self._chain)
        self._gap = True

    def _forget(self) -> None:
        """Know nothing: the next pass reads backward from the head."""
        self._forget_chain()
        self._front = []

    def _forget_chain(self) -> None:
        self._chain = []
        self._untold = 0
        self._head_doubted = False

    def _newest(self) -> Block:
        return self._front[-1] if self._front else self._chain[-1]

    def _known_id(self, number: int) -> str | None:
        """Id of the chain's block at a height; None outside of what is known."""
        if not self._chain:
            return None
        index = number - self._chain[0].number
        return self._chain[index].block_id if 0 <= index < len(self._chain) else None

    def _trim(self) -> None:
        """Forget told blocks below the deepest reorganisation that is followed."""
        surplus = min(
            len(self._chain) - self._settings.max_walk_back, len(self._chain) - self._untold - 1
        )
        if surplus > self._settings.max_walk_back:
            del self._chain[:surplus]

    def _moment(self) -> Moment:
        assert self._head is not None
        return self._head.at
