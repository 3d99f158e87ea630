"""Writer: every point to the disk at once, then to the database, and only then off the disk.

Live points go first, each ``flush_s``; what waits from an outage follows oldest first, in batches
between two live ones. Points told twice are one point in the database, so sending again is safe.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from eoskeeper.domain.chain_time import Moment, UtcS
from eoskeeper.domain.own_samples import TelemetryFigures
from eoskeeper.telemetry.influx_queue import LineQueue, Lines
from eoskeeper.telemetry.influx_settings import Endpoint, InfluxdbSettings
from eoskeeper.telemetry.influx_wire import Accepted, Halve, InfluxWire, Later, Refused
from eoskeeper.telemetry.line_protocol import Point, encode, lines_of
from eoskeeper.telemetry.spool import Kind, Record, Spool, SpoolError, SpoolFigures

__all__ = [
    "TELEMETRY_ARRIVES_AGAIN",
    "TELEMETRY_NOT_TAKEN",
    "TELEMETRY_REJECTED",
    "TELEMETRY_SPOOL_DAMAGED",
    "TELEMETRY_SPOOL_FAILED",
    "InfluxWriter",
    "World",
]

TELEMETRY_NOT_TAKEN = "telemetry_not_taken"
TELEMETRY_ARRIVES_AGAIN = "telemetry_arrives_again"
TELEMETRY_REJECTED = "telemetry_rejected"
TELEMETRY_SPOOL_FAILED = "telemetry_spool_failed"
TELEMETRY_SPOOL_DAMAGED = "telemetry_spool_damaged"

QUEUE_POINTS = 20_000
"""Points in memory at most, when the disk does not answer: some minutes."""

BATCH_POINTS = 5_000
BATCH_BYTES = 1_000_000
FIRST_PAUSE_S = 1.0
BATCH_PAUSE_S = 0.1
"""Between two batches of what waits: neither the server nor this host is to notice them."""

LONGEST_PAUSE_S = 60.0
END_S = 3.0


class Log(Protocol):
    """The levels used here."""

    def info(self, event: str, **details: object) -> object:
        """Log that points arrive again."""

    def warning(self, event: str, **details: object) -> object:
        """Log that they do not."""


class World(NamedTuple):
    """What the writer needs of the world besides disk and network.

    Attributes:
        clock: read for times and waits.
        sleep: waits.
        chance: 0 to 1, for the jitter of retries.
        log: told each change.
    """

    clock: Callable[[], Moment]
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]
    log: Log


class InfluxWriter:
    """Takes points at once; ``run`` does the rest in a task of its own."""

    def __init__(
        self, settings: InfluxdbSettings, endpoint: Endpoint, path: Path, world: World
    ) -> None:
        """Nothing is opened before ``run``.

        Args:
            settings: how.
            endpoint: where, as it follows from the settings.
            path: of the spool's file.
            world: clock, sleep, chance and log.
        """
        self._settings = settings
        self._world = world
        self._spool = Spool(path, settings.spool_mib * 2**20, self._tell_damaged)
        self._wire = InfluxWire(endpoint, settings.timeout_s, pack=settings.gzip)
        self._waiting = LineQueue(QUEUE_POINTS)
        self._come = asyncio.Event()
        self._live: list[Record] = []
        self._spooled = SpoolFigures()
        self._figures = TelemetryFigures(target=endpoint.target)
        self._not_before_s = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._spool_fails = False
        self._backlog_points = BATCH_POINTS
        self._dropped_before: int | None = None
        self._lost = 0

    @property
    def figures(self) -> TelemetryFigures:
        """How the points fare."""
        return self._figures

    def put(self, points: Sequence[Point], kind: Kind) -> None:
        """Take points; never waits. What does not fit into memory is given up and counted."""
        lines = [line + b"\n" for point in points if (line := encode(point)) is not None]
        if lines:
            self._waiting.add(Lines(kind, len(lines), b"".join(lines)))
            self._come.set()

    async def run(self) -> None:
        """Write until cancelled; then what is in memory goes to the disk."""
        try:
            await self._update()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._store_always())
                group.create_task(self._send_always())
        finally:
            await self._end()

    # --- to the disk ----------------------------------------------------------------------------

    async def _store_always(self) -> None:
        """To the disk as soon as it comes: kill -9 costs what a cycle told last, at most."""
        while True:
            await self._come.wait()
            await self._store()
            if self._spool_fails:
                await self._world.sleep(self._settings.flush_s)

    async def _store(self) -> None:
        """Everything in memory; what the disk does not take stays there."""
        self._come.clear()
        taken = self._waiting.take()
        if not taken:
            return
        at_utc = self._world.clock().utc_s
        try:
            numbers = await asyncio.to_thread(self._spool.append, taken, at_utc)
        except asyncio.CancelledError:
            # The disk may have them or not; twice is one point in the database.
            self._waiting.give_back(taken)
            raise
        except SpoolError as error:
            self._waiting.give_back(taken)
            self._come.set()
            self._tell_spool(str(error))
            return
        self._tell_spool("")
        self._live += [
            Record(number, one.points, one.text) for number, one in zip(numbers, taken, strict=True)
        ]

    async def _end(self) -> None:
        try:
            async with asyncio.timeout(END_S):
                await self._store()
                await asyncio.to_thread(self._spool.close)
        except TimeoutError:
            self._world.log.warning(TELEMETRY_SPOOL_FAILED, problem="the disk does not answer")
        await self._wire.close()

    # --- to the database ------------------------------------------------------------------------

    async def _send_always(self) -> None:
        while True:
            began = self._world.clock()
            live, self._live = self._live, []
            await self._send(live, began)
            await self._update()
            passed_s = self._world.clock().mono_s - began.mono_s
            await self._world.sleep(max(self._settings.flush_s - passed_s, BATCH_PAUSE_S))

    async def _send(self, live: Sequence[Record], began: Moment) -> None:
        """Live points, then the backlog until the next live ones are due."""
        if self._world.clock().mono_s < self._not_before_s:
            return
        if live and not await self._deliver(live):
            return
        if self._spool_fails and not await self._send_from_memory():
            return
        while self._world.clock().mono_s - began.mono_s < self._settings.flush_s:
            try:
                backlog = await asyncio.to_thread(
                    self._spool.oldest, self._backlog_points, BATCH_BYTES
                )
            except SpoolError as error:
                self._tell_spool(str(error))
                return
            if not backlog:
                return
            if not await self._deliver(backlog):
                # A server that is slow with a large batch may be quick enough with a small one.
                self._backlog_points = max(self._backlog_points // 2, 1)
                return
            self._backlog_points = min(self._backlog_points * 2, BATCH_POINTS)
            await self._world.sleep(BATCH_PAUSE_S)

    async def _send_from_memory(self) -> bool:
        """The disk takes nothing: what waits in memory is sent as it is."""
        taken = self._waiting.take(BATCH_POINTS)
        sent = False
        try:
            points = sum(one.points for one in taken)
            sent = not taken or await self._send_lines(b"".join(one.text for one in taken), points)
        finally:
            if not sent:
                self._waiting.give_back(taken)
        return sent

    async def _deliver(self, records: Sequence[Record]) -> bool:
        """Send records and take them off the disk; False when the server takes nothing now."""
        lines = b"".join(record.lines for record in records)
        if not await self._send_lines(lines, sum(record.points for record in records)):
            return False
        try:
            numbers = {record.number for record in records}
            self._live = [record for record in self._live if record.number not in numbers]
            await asyncio.to_thread(self._spool.remove, numbers)
        except SpoolError as error:
            # They are sent once more, which changes nothing in the database.
            self._tell_spool(str(error))
            return False
        return True

    async def _send_lines(self, lines: bytes, count: int) -> bool:
        """Send; halves where something in it is wrong, down to the one line that is."""
        now = self._world.clock()
        answer = await self._wire.write(lines, now.utc_s)
        match answer:
            case Accepted():
                self._took(count - answer.rejected, answer.rejected, answer.words)
                return True
            case Halve() if count <= 1:
                self._took(0, count, answer.words)
                return True
            case Halve():
                whole = lines_of(lines)
                halves = whole[: count // 2], whole[count // 2 :]
                for half in halves:
                    if not await self._send_lines(b"".join(half), len(half)):
                        return False
                return True
            case Later():
                self._failed(answer.words, answer.wait_s)
                return False
            case Refused():
                self._failed(answer.words, LONGEST_PAUSE_S)
                return False

    def _took(self, accepted: int, rejected: int, words: str) -> None:
        now_utc = self._world.clock().utc_s
        if self._figures.failing_since_utc is not None:
            self._world.log.info(TELEMETRY_ARRIVES_AGAIN, target=self._figures.target)
        changes: dict[str, object] = {
            "accepted": self._figures.accepted + max(accepted, 0),
            "last_success_utc": now_utc,
            "failing_since_utc": None,
        }
        if rejected:
            changes |= {
                "rejected": self._figures.rejected + rejected,
                "last_rejected_utc": now_utc,
                "last_problem": words,
            }
            if words != self._figures.last_problem:
                self._world.log.warning(TELEMETRY_REJECTED, points=rejected, answer=words)
        self._figures = msgspec.structs.replace(self._figures, **changes)
        self._pause_s, self._not_before_s = FIRST_PAUSE_S, 0.0

    def _failed(self, words: str, wait_s: float | None) -> None:
        now = self._world.clock()
        if self._figures.failing_since_utc is None or words != self._figures.last_problem:
            self._world.log.warning(TELEMETRY_NOT_TAKEN, target=self._figures.target, problem=words)
        self._figures = msgspec.structs.replace(
            self._figures,
            failing_since_utc=self._figures.failing_since_utc or now.utc_s,
            last_problem=words,
        )
        jitter = 0.5 + self._world.chance()
        pause_s = self._pause_s * jitter if wait_s is None else wait_s
        self._not_before_s = now.mono_s + pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    # --- figures --------------------------------------------------------------------------------

    async def _update(self) -> None:
        try:
            self._spooled = await asyncio.to_thread(self._spool.figures)
        except SpoolError as error:
            self._tell_spool(str(error))
        else:
            if self._dropped_before is None:
                self._dropped_before = self._spooled.dropped
        spooled = self._spooled
        # What an earlier keeper gave up is in the count, and is no news.
        lost = spooled.dropped - (self._dropped_before or 0) + self._waiting.dropped
        oldest = spooled.oldest_utc
        changes: dict[str, object] = {
            "spooled": spooled.points + self._waiting.points,
            "spooled_bytes": spooled.spooled_bytes,
            "oldest_spooled_utc": None if oldest is None else UtcS(oldest),
            "dropped": spooled.dropped + self._waiting.dropped,
        }
        if lost > self._lost:
            changes["last_dropped_utc"] = self._world.clock().utc_s
        self._lost = lost
        self._figures = msgspec.structs.replace(self._figures, **changes)

    def _tell_spool(self, problem: str) -> None:
        if problem and not self._spool_fails:
            self._world.log.warning(TELEMETRY_SPOOL_FAILED, problem=problem)
        self._spool_fails = bool(problem)

    def _tell_damaged(self, aside: Path) -> None:
        self._world.log.warning(TELEMETRY_SPOOL_DAMAGED, kept_as=str(aside))
