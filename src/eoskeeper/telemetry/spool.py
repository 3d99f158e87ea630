"""Spool: points on disk until the database has taken them; kill -9 loses none that are here.

It is bounded. When it is full, samples are thinned: every second one goes, then every second of
the rest, and so on, so that an outage keeps its whole length at a lower resolution.
Events go last, and of them the oldest. What goes is counted, and the count survives a restart.
"""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import TypeVar

import msgspec

from eoskeeper.domain.chain_time import UtcS

__all__ = ["Kind", "Record", "Spool", "SpoolError", "SpoolFigures"]

ROW_BYTES = 48
"""What a row takes besides its points, about."""

LOW_WATER = 0.9
EVENTS_AT_ONCE = 64
LEVELS = 40

Answer = TypeVar("Answer")


class Kind(IntEnum):
    """What a record holds; the value is on disk."""

    SAMPLE = 0
    """Figures of a moment: the next ones tell nearly the same."""
    EVENT = 1
    """Something that happened: told nowhere else in the database."""


class SpoolError(Exception):
    """The disk did not take or give a record; the message says why."""


class Record(msgspec.Struct, frozen=True):
    """Points that were put together.

    Attributes:
        number: in the order of putting.
        lines: in line protocol, each with its end.
    """

    number: int
    points: int
    lines: bytes


class SpoolFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What is there, and what had to go.

    Attributes:
        spooled_bytes: about what is used on disk.
        dropped_samples: points given up since the file was made; ``dropped_events`` likewise.
    """

    points: int = 0
    records: int = 0
    spooled_bytes: int = 0
    oldest_utc: UtcS | None = None
    dropped_samples: int = 0
    dropped_events: int = 0

    @property
    def dropped(self) -> int:
        """Points of both kinds that had to go."""
        return self.dropped_samples + self.dropped_events


_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,
    level INTEGER NOT NULL,
    at_utc REAL NOT NULL,
    points INTEGER NOT NULL,
    lines BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS by_level ON records (kind, level);
CREATE TABLE IF NOT EXISTS dropped (kind INTEGER PRIMARY KEY, points INTEGER NOT NULL);
"""

_FAILURES = (sqlite3.Error, OSError, zlib.error)


class Spool:
    """One file; every method blocks, the call of another thread included."""

    def __init__(self, path: Path, max_bytes: int, tell_damaged: Callable[[Path], object]) -> None:
        """Take where, how much, and who hears of a damaged file; nothing is opened yet."""
        self._path = path
        self._max_bytes = max_bytes
        self._tell_damaged = tell_damaged
        self._connection: sqlite3.Connection | None = None
        self._next_number = 1
        self._samples = 0
        self._sums = _Sums()
        self._lock = threading.RLock()

    def append(self, lines: Sequence[tuple[Kind, int, bytes]], at_utc: float) -> tuple[int, ...]:
        """Keep records; their numbers.

        Args:
            lines: kind, number of points, and lines of each.
            at_utc: when they were made.

        Raises:
            SpoolError: none of them is kept.
        """

        def put(connection: sqlite3.Connection) -> tuple[int, ...]:
            numbers = []
            for kind, points, text in lines:
                number = self._next_number
                self._next_number += 1
                # Not the record's number: where each sample comes with an event, all would be odd.
                self._samples += kind is Kind.SAMPLE
                packed = zlib.compress(text, 1)
                row = (number, int(kind), _level_of(self._samples), at_utc, points, packed)
                connection.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", row)
                self._sums.add(1, points, len(packed))
                numbers.append(number)
            self._make_room(connection)
            return tuple(numbers)

        return self._do(put)

    def oldest(self, max_points: int, max_bytes: int) -> tuple[Record, ...]:
        """The oldest records, at least one and so many that neither bound is passed.

        Raises:
            SpoolError: they cannot be read.
        """

        def take(connection: sqlite3.Connection) -> tuple[Record, ...]:
            taken: list[Record] = []
            points = size = 0
            for number, count, packed in connection.execute(
                "SELECT number, points, lines FROM records ORDER BY number"
            ):
                text = zlib.decompress(packed)
                if taken and (points + count > max_points or size + len(text) > max_bytes):
                    break
                taken.append(Record(number, count, text))
                points, size = points + count, size + len(text)
            return tuple(taken)

        return self._do(take)

    def remove(self, numbers: Iterable[int]) -> None:
        """Forget records that the database has.

        Raises:
            SpoolError: they are still there, and will be sent again.
        """
        chosen = f"number IN ({', '.join(str(int(number)) for number in numbers)})"

        def forget(connection: sqlite3.Connection) -> None:
            self._sums.add(*_sums_of(connection, chosen), sign=-1)
            connection.execute(f"DELETE FROM records WHERE {chosen}")  # noqa: S608 - own numbers

        self._do(forget)

    def figures(self) -> SpoolFigures:
        """What is there.

        Raises:
            SpoolError: it cannot be read.
        """

        def look(connection: sqlite3.Connection) -> SpoolFigures:
            (oldest,) = connection.execute(
                "SELECT at_utc FROM records ORDER BY number LIMIT 1"
            ).fetchone() or (None,)
            gone = dict(connection.execute("SELECT kind, points FROM dropped").fetchall())
            return SpoolFigures(
                points=self._sums.points,
                records=self._sums.records,
                spooled_bytes=self._sums.used,
                oldest_utc=oldest,
                dropped_samples=gone.get(Kind.SAMPLE, 0),
                dropped_events=gone.get(Kind.EVENT, 0),
            )

        return self._do(look)

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    # --- bounds ---------------------------------------------------------------------------------

    def _make_room(self, connection: sqlite3.Connection) -> None:
        if self._sums.used <= self._max_bytes:
            return
        while self._sums.used > self._max_bytes * LOW_WATER:
            (level,) = connection.execute(
                "SELECT MIN(level) FROM records WHERE kind = ?", (int(Kind.SAMPLE),)
            ).fetchone()
            if level is not None:
                chosen = f"kind = {int(Kind.SAMPLE)} AND level = {int(level)}"
            else:
                numbers = connection.execute(
                    "SELECT number FROM records ORDER BY number LIMIT ?", (EVENTS_AT_ONCE,)
                ).fetchall()
                chosen = f"number IN ({', '.join(str(number) for (number,) in numbers)})"
            gone = _sums_of(connection, chosen)
            if not gone[0]:
                return
            _drop(connection, chosen)
            self._sums.add(*gone, sign=-1)

    # --- the file -------------------------------------------------------------------------------

    def _do(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Work in one transaction; a damaged file is put aside and the work done on a new one."""
        with self._lock:
            try:
                return self._try(work)
            except (sqlite3.OperationalError, OSError) as error:
                self.close()
                raise SpoolError(str(error)) from error
            except (sqlite3.DatabaseError, zlib.error):
                try:
                    self._put_aside()
                    return self._try(work)
                except _FAILURES as error:
                    self.close()
                    raise SpoolError(str(error)) from error

    def _try(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        connection = self._opened()
        connection.execute("BEGIN IMMEDIATE")
        try:
            answer = work(connection)
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            # What was counted on the way may not have happened.
            self.close()
            raise
        connection.execute("COMMIT")
        return answer

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self._path, timeout=5.0, isolation_level=None, check_same_thread=False
            )
            try:
                for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -1000"):
                    connection.execute(f"PRAGMA {pragma}")
                connection.execute("PRAGMA journal_size_limit = 4194304")
                connection.executescript(_SCHEMA)
                self._sums = _Sums(*_sums_of(connection, "1"))
                self._next_number = 1 + _newest_number(connection)
                self._samples = self._next_number
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _put_aside(self) -> None:
        self.close()
        aside = self._path.with_name(f"{self._path.name}.damaged")
        for end in ("", "-wal", "-shm"):
            file = self._path.with_name(self._path.name + end)
            if file.exists():
                file.replace(aside.with_name(aside.name + end))
        self._tell_damaged(aside)


class _Sums:
    """What is in the file, counted on so that nobody has to walk through it."""

    def __init__(self, records: int = 0, points: int = 0, size: int = 0) -> None:
        self.records, self.points, self.size = records, points, size

    @property
    def used(self) -> int:
        return self.size + self.records * ROW_BYTES

    def add(self, records: int, points: int, size: int, sign: int = 1) -> None:
        self.records += sign * records
        self.points += sign * points
        self.size += sign * size


def _sums_of(connection: sqlite3.Connection, chosen: str) -> tuple[int, int, int]:
    """Records, points and bytes of those chosen."""
    row: tuple[int, int, int] = connection.execute(
        "SELECT COUNT(*), COALESCE(SUM(points), 0), COALESCE(SUM(LENGTH(lines)), 0) "  # noqa: S608 - own numbers
        f"FROM records WHERE {chosen}"
    ).fetchone()
    return row


def _newest_number(connection: sqlite3.Connection) -> int:
    """Also of records that are gone: a number is never given twice."""
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'records'").fetchone()
    return int(found[0]) if found else 0


def _level_of(number: int) -> int:
    """How often it can be halved: each level has half as many records as the one below."""
    return min((number & -number).bit_length() - 1, LEVELS)


def _drop(connection: sqlite3.Connection, chosen: str) -> None:
    """Give records up, and count their points."""
    counted = connection.execute(
        f"SELECT kind, SUM(points) FROM records WHERE {chosen} GROUP BY kind"  # noqa: S608 - own numbers
    ).fetchall()
    for kind, points in counted:
        connection.execute(
            "INSERT INTO dropped VALUES (?, ?) "
            "ON CONFLICT (kind) DO UPDATE SET points = points + excluded.points",
            (kind, points),
        )
    connection.execute(f"DELETE FROM records WHERE {chosen}")  # noqa: S608 - own numbers
