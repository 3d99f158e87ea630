"""Watchers: when each probe is asked. Readings go into the queue; nothing is decided here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from eoskeeper.domain.chain_time import TURN_SLOTS
from eoskeeper.domain.policy import CANDIDATE_PERIOD_TURNS
from eoskeeper.domain.samples import HeadRead, LogFollowed, ProbeFailed, Sample, ScheduleRead
from eoskeeper.probes.block_cursor import BlockCursor
from eoskeeper.probes.journal_follow import JournalFollower
from eoskeeper.probes.log_follow import LogFollower
from eoskeeper.probes.nodeos_api import NodeosApi
from eoskeeper.probes.process import ProcessProbe
from eoskeeper.runtime.clock import Clock
from eoskeeper.runtime.tasks import every

__all__ = ["BACKFILL_ROUNDS", "watch_api", "watch_log", "watch_process"]

Tell = Callable[[Sample], None]

BACKFILL_ROUNDS = 4 * CANDIDATE_PERIOD_TURNS
"""Rounds to look back for our newest block: without it a standby has no count to act on."""

POLL_S = 1.0
SCHEDULE_EVERY = 3
CONNECTIONS_EVERY = 10
DATABASE_EVERY = 30
FINALIZERS_EVERY = 5
LOG_S = 0.2
PROCESS_S = 1.0
FULL_PASS_LINES = 1000
"""A pass that read more than this is catching up with a backlog."""


async def watch_api(
    api: NodeosApi, cursor: BlockCursor, tell: Tell, polled: Callable[[], None]
) -> None:
    """Poll the API each second over one connection; ``polled`` marks the end of each poll.

    The head comes first and decides whether more is asked: a node that does not answer one
    question is not asked ten.
    """
    slow: tuple[tuple[int, Callable[[], Awaitable[Sample]]], ...] = (
        (SCHEDULE_EVERY, api.read_schedule),
        (CONNECTIONS_EVERY, api.read_connections),
        (DATABASE_EVERY, api.read_database_size),
        (FINALIZERS_EVERY, api.read_finalizers),
    )
    count = 0
    async for _ in every(POLL_S):
        head = await api.read_head()
        tell(head)
        if isinstance(head, HeadRead):
            for period, read in slow:
                if count % period == 0:
                    reading = await read()
                    tell(reading)
                    _set_backfill(cursor, reading)
            await _read_blocks(api, cursor, head, tell)
            tell(await api.read_paused())
            count += 1
        else:
            count = 0
        polled()


def _set_backfill(cursor: BlockCursor, reading: Sample) -> None:
    if isinstance(reading, ScheduleRead):
        producers = len(reading.active.producers)
        cursor.set_backfill(max(1, producers) * TURN_SLOTS * BACKFILL_ROUNDS)


async def _read_blocks(api: NodeosApi, cursor: BlockCursor, head: HeadRead, tell: Tell) -> None:
    cursor.head(head)
    while (number := cursor.wanted()) is not None:
        answer = await api.block(number)
        cursor.answer(answer)
        if isinstance(answer, ProbeFailed):
            tell(answer)
    while (read := cursor.take()) is not None:
        tell(read)


async def watch_log(follower: LogFollower | JournalFollower, clock: Clock, tell: Tell) -> None:
    """Follow the log five times a second, and without a pause while there is a backlog."""
    try:
        async for _ in every(LOG_S):
            while await _read_log(follower, clock, tell):  # noqa: ASYNC110 - a pass, not a poll
                await asyncio.sleep(0)
    finally:
        if isinstance(follower, JournalFollower):
            await follower.close()
        else:
            follower.close()


async def _read_log(follower: LogFollower | JournalFollower, clock: Clock, tell: Tell) -> bool:
    """One pass; true when there is more to read at once."""
    if isinstance(follower, JournalFollower):
        samples = await follower.read_pass(clock())
    else:
        samples = follower.read_pass(clock())
    for sample in samples:
        tell(sample)
    last = samples[-1] if samples else None
    return isinstance(last, LogFollowed) and not last.at_end and last.lines > FULL_PASS_LINES


async def watch_process(probe: ProcessProbe, clock: Clock, tell: Tell) -> None:
    """Look at the process once a second."""
    async for _ in every(PROCESS_S):
        tell(probe.read(clock()))
