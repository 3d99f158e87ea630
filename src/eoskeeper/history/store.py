"""Store: the one writer of the history file.

Invariant: each batch is one transaction, its roll-ups included, so that a kill at any moment leaves
a file in which every tier agrees with the one below it. Everything in here blocks: it is for a
thread of its own.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar

from eoskeeper.domain.records import Reading, TurnRecord
from eoskeeper.history.batch import Batch, TurnTold
from eoskeeper.history.damage import HistoryUnavailableError, is_damage, put_aside
from eoskeeper.history.keeping import EventRow
from eoskeeper.history.merging import merge_turns
from eoskeeper.history.pruning import bound_of, prune
from eoskeeper.history.rows import READABLE_TURN, record_of
from eoskeeper.history.schema import NEWEST_VERSION, migrate
from eoskeeper.history.settings import HistorySettings
from eoskeeper.history.tiers import COARSE, SECONDS, columns_of, rolling, touched

__all__ = ["HISTORY_DAMAGED", "HistoryStore"]

HISTORY_DAMAGED = "history_damaged"

_BUSY_S = 5.0
"""Seconds to wait for somebody who writes with the sqlite3 shell."""

_READINGS_A_PRUNING = 600

_EVENTS_A_TRANSACTION = 500

_READING = (
    f"INSERT OR IGNORE INTO seconds (at_utc, {', '.join(columns_of(SECONDS))}) "  # noqa: S608 - names of our own
    f"VALUES (?{', ?' * len(columns_of(SECONDS))})"
)

_EVENT = "INSERT OR IGNORE INTO events (at_utc, source, kind, event, digest) VALUES (?, ?, ?, ?, ?)"

_TURN = """
    INSERT OR REPLACE INTO turns
    SELECT ?, producers.number, ?, strips.number, ?, hosts.number
    FROM words AS producers
    JOIN words AS strips ON strips.word = ?
    LEFT JOIN words AS hosts ON hosts.word = ?
    WHERE producers.word = ?
"""


Written = TypeVar("Written")


class Log(Protocol):
    """The level used here."""

    def critical(self, event: str, **details: object) -> object:
        """Log that a file was spoilt."""


class HistoryStore:
    """Writes batches; a spoilt file is put aside and a new one begun."""

    def __init__(self, path: Path, settings: HistorySettings, log: Log) -> None:
        """Take the file, which is opened with the first batch, and how long what is kept."""
        self._path = path
        self._settings = settings
        self._log = log
        self._connection: sqlite3.Connection | None = None
        self._one_at_a_time = threading.Lock()
        self._seen = False
        self._unpruned = _READINGS_A_PRUNING

    def write(self, batch: Batch) -> None:
        """Write all of it, or nothing; written twice it is there once.

        Raises:
            HistoryUnavailableError: it is not written, and may be tried again.
        """
        self._guarded(lambda connection: self._write(connection, batch))

    def backfill(self, rows: Iterable[EventRow]) -> int:
        """Write those events that are missing, some at a time.

        Returns:
            How many were.

        Raises:
            HistoryUnavailableError: not all of them are written.
        """
        written = 0
        chunk: list[EventRow] = []
        for row in rows:
            chunk.append(row)
            if len(chunk) >= _EVENTS_A_TRANSACTION:
                written += self._write_missing(tuple(chunk))
                chunk = []
        return written + self._write_missing(tuple(chunk))

    def close(self) -> None:
        """End in good order: what stands in the write-ahead log is moved to the file."""
        with self._one_at_a_time:
            if self._connection is not None:
                with suppress(sqlite3.Error):
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._disconnect()

    # --- opening --------------------------------------------------------------------------------

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    def _open(self) -> sqlite3.Connection:
        # Once is enough: on a full disk the log stays, and every attempt would read the whole file.
        unclean = not self._seen and _has_log(self._path)
        self._seen = True
        _create(self._path)
        connection = sqlite3.connect(
            self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        try:
            _check(connection, thorough=unclean)
            migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _recover(self, error: sqlite3.Error | OSError) -> None:
        """Begin a new file in place of a spoilt one.

        Raises:
            HistoryUnavailableError: the file is not at fault, or cannot be moved.
        """
        self._disconnect()
        if not isinstance(error, sqlite3.Error) or not is_damage(error):
            raise HistoryUnavailableError(str(error)) from error
        try:
            aside = put_aside(self._path)
        except OSError as moving:
            raise HistoryUnavailableError(f"{error}; {moving}") from moving  # noqa: TRY003, EM102 - both are needed
        self._log.critical(HISTORY_DAMAGED, problem=str(error), put_aside=str(aside))

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.rollback()
            with suppress(sqlite3.Error):
                connection.close()

    # --- writing --------------------------------------------------------------------------------

    def _write(self, connection: sqlite3.Connection, batch: Batch) -> None:
        connection.execute("BEGIN IMMEDIATE")
        _write_readings(connection, batch.readings)
        for told in batch.turns:
            _write_turn(connection, told)
        _write_events(connection, batch.events)
        connection.execute("COMMIT")
        self._unpruned += len(batch.readings)
        if batch.readings and self._unpruned >= _READINGS_A_PRUNING:
            more = prune(connection, self._settings)
            self._unpruned = _READINGS_A_PRUNING if more else 0

    def _write_missing(self, rows: Sequence[EventRow]) -> int:
        def write(connection: sqlite3.Connection) -> int:
            connection.execute("BEGIN IMMEDIATE")
            written = _write_events(connection, rows)
            connection.execute("COMMIT")
            return written

        return self._guarded(write) if rows else 0

    def _guarded(self, write: Callable[[sqlite3.Connection], Written]) -> Written:
        """Write; if that shows that the file is spoilt, write to a new one."""
        with self._one_at_a_time:
            try:
                return write(self._opened())
            except (sqlite3.Error, OSError) as error:
                self._recover(error)
            try:
                return write(self._opened())
            except (sqlite3.Error, OSError) as error:
                self._disconnect()
                raise HistoryUnavailableError(str(error)) from error


def _write_readings(connection: sqlite3.Connection, readings: Sequence[Reading]) -> None:
    """A second that is there already stays as it is; what is older than the pruning is refused."""
    bound = max(bound_of(connection, "seconds"), bound_of(connection, "minutes"))
    first = {int(one.at_utc // 1): one.values for one in reversed(readings)}
    seconds = sorted(second for second in first if second >= bound)
    connection.executemany(_READING, ((second, *first[second]) for second in seconds))
    for tier in COARSE:
        buckets = [(begin, begin, end) for begin, end in touched(tier, seconds)]
        connection.executemany(rolling(tier), buckets)


def _write_turn(connection: sqlite3.Connection, told: TurnTold) -> None:
    record = told.record
    known = connection.execute(f"{READABLE_TURN} WHERE turn = ?", (record.turn,)).fetchone()
    if known is not None:
        record = merge_turns(record_of(known), record, amended=told.amended)
    _put_turn(connection, record)


def _put_turn(connection: sqlite3.Connection, record: TurnRecord) -> None:
    words = [(word,) for word in (record.producer, record.cells, record.made_by) if word]
    connection.executemany("INSERT OR IGNORE INTO words (word) VALUES (?)", words)
    connection.execute(
        _TURN,
        (
            record.turn,
            int(record.ours),
            record.latest_ms,
            record.cells,
            record.made_by,
            record.producer,
        ),
    )


def _write_events(connection: sqlite3.Connection, rows: Sequence[EventRow]) -> int:
    found = [(one.at_utc, str(one.source), one.kind, one.event, one.digest) for one in rows]
    return max(connection.executemany(_EVENT, found).rowcount, 0)


def _create(path: Path) -> None:
    """For this user only.

    An existing file is not opened: closing it would end the locks of a reader in this process.
    Source: sqlite.org/howtocorrupt.html, section 2.2.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))


def _has_log(path: Path) -> bool:
    """A writer was killed: an orderly end removes the write-ahead log."""
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _check(connection: sqlite3.Connection, *, thorough: bool) -> None:
    """Find out whether this file is one of ours.

    Args:
        thorough: read all of it, as after a kill or a power cut.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > NEWEST_VERSION:
        message = f"the history was written by a newer eoskeeper (form {version})"
        raise HistoryUnavailableError(message)
    if not thorough:
        return
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        error = sqlite3.DatabaseError(verdict)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error
