"""Reads the blocks of the newest rounds from the chain API, newest first, gently.

A few questions at a time and a bounded number a second: the node asked may be one that produces.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Annotated

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import TURN_SLOTS, Moment
from eoskeeper.domain.rounds_fold import BlockSeen, ChainFold, TurnSeen
from eoskeeper.domain.samples import Block, FailureReason, ProbeFailed
from eoskeeper.probes.nodeos_api import NodeosApi, NodeosSettings

__all__ = ["BlockRange", "RangeSettings"]

TRIES = 3


class RangeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much is asked, and how fast.

    Attributes:
        rounds: whole rounds before the one that goes on.
        together: questions under way at a time.
        most_per_s: questions begun in a second.
    """

    rounds: Annotated[int, Meta(ge=1, le=10_000)] = 3
    together: Annotated[int, Meta(ge=1, le=16)] = 4
    most_per_s: Annotated[float, Meta(ge=1, le=5000)] = 200.0


class BlockRange:
    """What was read so far; it is of use when the reading is interrupted, too.

    Attributes:
        schedule: active producers in slot order; empty until it was read.
        failure: why the reading stopped early; None when it did not.
    """

    def __init__(
        self,
        node: NodeosSettings,
        settings: RangeSettings,
        clock: Callable[[], Moment],
        progress: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Nothing is asked before ``read``."""
        self._node = node
        self._settings = settings
        self._clock = clock
        self._progress = progress
        self._blocks: dict[int, Block] = {}
        self._heights: Iterator[int] = iter(())
        self._first_slot = 0
        self._tip_slot = 0
        self.schedule: tuple[str, ...] = ()
        self.failure: ProbeFailed | None = None

    async def read(self) -> None:
        """Read head, schedule, and every block down to the begin of the oldest round."""
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(NodeosApi(self._node, self._clock))
                for _ in range(self._settings.together)
            ]
            head = await clients[0].read_head()
            schedule = await clients[0].read_schedule()
            if isinstance(head, ProbeFailed):
                self.failure = head
                return
            if isinstance(schedule, ProbeFailed):
                self.failure = schedule
                return
            active = schedule.active.producers
            self.schedule = tuple(entry.account for entry in active)
            round_slots = max(1, len(active)) * TURN_SLOTS
            self._tip_slot = head.head_slot
            self._first_slot = (head.head_slot // round_slots - self._settings.rounds) * round_slots
            self._heights = iter(range(head.head_number, 0, -1))
            async with asyncio.TaskGroup() as group:
                for client in clients:
                    group.create_task(self._ask(client))

    def turns(self) -> list[TurnSeen]:
        """What was read, by turn."""
        fold = ChainFold()
        before: Block | None = None
        for number in sorted(self._blocks):
            block = self._blocks[number]
            if before is not None and not _is_joined(before, block):
                break  # a fork meanwhile: what is above was read before it
            fold.take(BlockSeen(block.slot, number, block.block_id[8:24], block.producer))
            before = block
        return fold.finish()

    async def _ask(self, client: NodeosApi) -> None:
        pause_s = self._settings.together / self._settings.most_per_s
        for number in self._heights:
            began = self._clock()
            block = await self._ask_block(client, number)
            if isinstance(block, ProbeFailed):
                if block.reason is not FailureReason.UNKNOWN_BLOCK:  # before the node's snapshot
                    self.failure = block
                self._heights = iter(())
                return
            self._blocks[number] = block
            if block.slot < self._first_slot:
                self._heights = iter(())
                return
            self._tell()
            took_s = self._clock().mono_s - began.mono_s
            await asyncio.sleep(max(0.0, pause_s - took_s))

    async def _ask_block(self, client: NodeosApi, number: int) -> Block | ProbeFailed:
        for _ in range(TRIES - 1):
            block = await client.block(number)
            if isinstance(block, Block) or block.reason is FailureReason.UNKNOWN_BLOCK:
                return block
        return await client.block(number)

    def _tell(self) -> None:
        lowest = min(block.slot for block in list(self._blocks.values())[-16:])
        slots = max(1, self._tip_slot - self._first_slot)
        self._progress((self._tip_slot - lowest) / slots)


def _is_joined(before: Block, block: Block) -> bool:
    return before.number + 1 != block.number or block.previous == before.block_id
