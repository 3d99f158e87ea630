"""Recorder: takes what each cycle tells, and has it written by a thread when there is enough.

A disk that is full or does not answer costs history and nothing else: what waits is bounded, what
does not fit is counted, and the cycle never waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import msgspec

from eoskeeper.domain.events import Event
from eoskeeper.domain.publication import Publication
from eoskeeper.domain.records import Reading, TurnRecord, reading_of, turn_record
from eoskeeper.domain.report import Report
from eoskeeper.domain.watch import WatchEvent
from eoskeeper.history.batch import (
    EVENTS_KEPT,
    READINGS_KEPT,
    TURNS_KEPT,
    Batch,
    Bounded,
    TurnTold,
)
from eoskeeper.history.damage import HistoryUnavailableError
from eoskeeper.history.keeping import EventRow, event_row, rows_of_journals
from eoskeeper.history.settings import HistorySettings
from eoskeeper.history.store import HistoryStore

__all__ = ["HISTORY_NOT_WRITTEN", "HISTORY_WRITTEN_AGAIN", "HistoryRecorder", "RecorderFigures"]

HISTORY_NOT_WRITTEN = "history_not_written"
HISTORY_WRITTEN_AGAIN = "history_written_again"

READINGS_A_BATCH = 10
"""Seconds of readings, about, that a kill may cost; a failed batch is tried again as often."""

END_S = 5.0
"""Seconds that a disk has for the last batch when the keeper stops."""

UNSIGNED_KEPT = 16
"""Own turns that wait for the word of who made them."""


class Log(Protocol):
    """The levels used here."""

    def info(self, event: str, **details: object) -> object:
        """Log that writing works again."""

    def warning(self, event: str, **details: object) -> object:
        """Log that it does not."""

    def critical(self, event: str, **details: object) -> object:
        """Log that a file was spoilt."""


class RecorderFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How recording fares, since the keeper started.

    Attributes:
        waiting: readings, turns and events that are not written yet.
        dropped_readings: that did not fit while nothing could be written; ``dropped_turns`` and
            ``dropped_events`` likewise.
        failed_batches: attempts that wrote nothing.
        problem: why the newest attempt failed; empty when it did not.
    """

    waiting: int = 0
    dropped_readings: int = 0
    dropped_turns: int = 0
    dropped_events: int = 0
    failed_batches: int = 0
    problem: str = ""


class HistoryRecorder:
    """Everything that writes the history of a running keeper.

    Readings are kept by the UTC second in which their cycle began. After the clock was set back,
    seconds come a second time: what was written first stays, and only the gaps are filled.
    """

    def __init__(self, path: Path, settings: HistorySettings, log: Log) -> None:
        """Take the file, how long what is kept, and the log for people; nothing is opened yet."""
        self._store = HistoryStore(path, settings, log)
        self._log = log
        self._readings = Bounded[Reading](READINGS_KEPT)
        self._turns = Bounded[TurnTold](TURNS_KEPT)
        self._events = Bounded[EventRow](EVENTS_KEPT)
        self._before: Report | None = None
        self._unsigned: dict[int, TurnRecord] = {}
        self._due = asyncio.Event()
        self._since_attempt = 0
        self._writing = Batch()
        self._failed_batches = 0
        self._problem = ""

    @property
    def figures(self) -> RecorderFigures:
        """How it fares."""
        return RecorderFigures(
            waiting=len(self._readings) + len(self._turns) + len(self._events),
            dropped_readings=self._readings.dropped,
            dropped_turns=self._turns.dropped,
            dropped_events=self._events.dropped,
            failed_batches=self._failed_batches,
            problem=self._problem,
        )

    def put(self, publication: Publication) -> None:
        """Take one cycle; only memory is touched."""
        report = publication.report
        self._readings.add(reading_of(report, self._before))
        self._before = report
        self._since_attempt += 1
        waiting = len(self._turns) + len(self._events)
        for closed in publication.turns:
            self._add_turn(turn_record(closed, report), amended=closed.amended)
        if self._unsigned:
            self._sign(report)
        for event in (*publication.events, *publication.told):
            row = event_row(event)
            if row is not None:
                self._events.add(row)
        news = len(self._turns) + len(self._events) > waiting
        if news or self._since_attempt >= READINGS_A_BATCH:
            self._due.set()

    async def run(self) -> None:
        """Write whenever something is due; when cancelled, write the rest and close."""
        try:
            while True:
                await self._due.wait()
                await self.flush()
        finally:
            await self.close()

    async def flush(self) -> None:
        """Write what waits now; what cannot be written is tried again later."""
        self._due.clear()
        self._since_attempt = 0
        batch = Batch(self._readings.take(), self._turns.take(), self._events.take())
        if not batch:
            return
        self._writing = batch
        try:
            await asyncio.to_thread(self._store.write, batch)
        except HistoryUnavailableError as error:
            self._take_back()
            self._fail(str(error))
        else:
            self._writing = Batch()
            self._succeed()

    async def close(self) -> None:
        """Write what waits, within a few seconds, and close the file; ``run`` ends with it."""
        self._take_back()  # what was being written when that was cut short; twice changes nothing
        try:
            async with asyncio.timeout(END_S):
                await self.flush()
                await asyncio.to_thread(self._store.close)
        except TimeoutError:
            self._fail("the disk did not take the last batch in time")

    async def backfill(self, *journals: Iterable[Event | WatchEvent]) -> int:
        """Write the events of the journals that the history misses.

        To be done before ``run``, so that they are numbered before newer ones.

        Args:
            journals: each oldest first; they are read in a thread, and whatever that raises comes
                out of here.

        Returns:
            How many were missing; what could not be written waits for the next start.
        """
        try:
            return await asyncio.to_thread(self._store.backfill, rows_of_journals(journals))
        except HistoryUnavailableError as error:
            self._fail(str(error))
            return 0

    def _add_turn(self, record: TurnRecord, *, amended: bool) -> None:
        self._turns.add(TurnTold(record, amended))
        self._unsigned.pop(record.turn, None)
        if record.ours and not record.made_by:
            self._unsigned[record.turn] = record
            if len(self._unsigned) > UNSIGNED_KEPT:
                del self._unsigned[min(self._unsigned)]

    def _sign(self, report: Report) -> None:
        """A peer's word of who made a turn may come after the turn was closed."""
        for one in report.own_turns:
            if one.made_by and one.turn in self._unsigned:
                record = self._unsigned.pop(one.turn)
                signed = msgspec.structs.replace(record, made_by=one.made_by)
                self._turns.add(TurnTold(signed, amended=False))

    def _take_back(self) -> None:
        batch, self._writing = self._writing, Batch()
        self._readings.give_back(batch.readings)
        self._turns.give_back(batch.turns)
        self._events.give_back(batch.events)

    def _fail(self, problem: str) -> None:
        self._failed_batches += 1
        if not self._problem:
            self._log.warning(HISTORY_NOT_WRITTEN, problem=problem)
        self._problem = problem

    def _succeed(self) -> None:
        if self._problem:
            self._log.info(HISTORY_WRITTEN_AGAIN, failed_batches=self._failed_batches)
            self._problem = ""
