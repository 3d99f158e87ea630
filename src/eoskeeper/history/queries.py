"""Queries: the history for pages and the command line, also while a keeper writes it.

A reader has a connection of its own that cannot write; in the mode of the file (write-ahead log)
readers and the writer never wait for one another.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from eoskeeper.domain.chain_time import UtcS, slot_at, turn_of
from eoskeeper.domain.records import (
    Curve,
    Curves,
    EventRecord,
    EventSource,
    Quantity,
    TurnRecord,
)
from eoskeeper.history.damage import HistoryUnavailableError
from eoskeeper.history.pruning import bound_of
from eoskeeper.history.rows import EVENT, chosen_turns, event_of, record_of
from eoskeeper.history.schema import NEWEST_VERSION
from eoskeeper.history.tiers import Grid, Span, averages, grid_of

__all__ = ["HistoryFigures", "HistoryReader"]

_BUSY_S = 1.0

_CACHE_KIB = 2000

Answer = TypeVar("Answer")


class HistoryFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds; every ``None`` means that there is none.

    Attributes:
        file_bytes: with the write-ahead log.
        seconds: rows of each kind, likewise the next three.
        oldest_second_utc: begin of the oldest row, likewise the next two.
    """

    file_bytes: int = 0
    seconds: int = 0
    minutes: int = 0
    turns: int = 0
    events: int = 0
    oldest_second_utc: UtcS | None = None
    oldest_minute_utc: UtcS | None = None
    oldest_turn: int | None = None


class HistoryReader:
    """Answers from the file; a file that is not there yet is an empty history.

    Every method runs in a thread and may be awaited by many at once.

    Raises:
        HistoryUnavailableError: by any of them, when the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        """Take the file; it is opened with the first question."""
        self._path = path
        self._one_at_a_time = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None

    async def curves(
        self, quantities: Sequence[Quantity], from_utc: float, to_utc: float, points: int = 600
    ) -> Curves:
        """Quantities over a span, in steps of whole seconds on a grid that does not move.

        Args:
            points: how many steps at most, give or take one.
        """
        wanted = tuple(dict.fromkeys(quantities))
        span = Span(from_utc, to_utc, points)
        empty = _drawn(grid_of(span, seconds_from=0), wanted, ())
        return await self._ask(lambda connection: _curves(connection, wanted, span), empty)

    async def turns(
        self,
        *,
        producer: str | None = None,
        ours: bool = False,
        from_utc: float | None = None,
        to_utc: float | None = None,
        limit: int = 100,
    ) -> tuple[TurnRecord, ...]:
        """The newest ``limit`` turns, oldest of them first.

        Args:
            producer: of this one only; None for any.
            ours: of our own producer only.
            from_utc: turns that end after this second.
            to_utc: turns that begin before this second.
        """
        conditions: list[tuple[str, object]] = []
        if from_utc is not None:
            conditions.append(("turn >= ?", turn_of(slot_at(from_utc))))
        if to_utc is not None:
            conditions.append(("turn <= ?", turn_of(slot_at(to_utc))))
        if ours:
            conditions.append(("ours = 1", None))
        if producer is not None:
            conditions.append(("producer = (SELECT number FROM words WHERE word = ?)", producer))
        query = chosen_turns([condition for condition, _ in conditions])
        values = (*(value for _, value in conditions if value is not None), limit)
        rows = await self._rows(query, values)
        return tuple(record_of(row) for row in reversed(rows))

    async def events(
        self,
        *,
        source: EventSource | None = None,
        before: int | None = None,
        after: int | None = None,
        limit: int = 100,
    ) -> tuple[EventRecord, ...]:
        """Events, newest first.

        Args:
            source: of this journal only.
            before: those with a smaller number, the newest ``limit`` of them.
            after: those with a greater number; without ``before`` the oldest ``limit`` of them, so
                that nothing is skipped by whoever goes on from the newest it was given.
        """
        bounds = {"source = ?": source and str(source), "number < ?": before, "number > ?": after}
        chosen = {condition: value for condition, value in bounds.items() if value is not None}
        forward = after is not None and before is None
        where = f" WHERE {' AND '.join(chosen)}" if chosen else ""
        query = f"{EVENT}{where} ORDER BY number {'ASC' if forward else 'DESC'} LIMIT ?"
        values = (*chosen.values(), limit)
        rows = await self._rows(query, values)
        return tuple(event_of(row) for row in (reversed(rows) if forward else rows))

    async def newest_turn(self) -> int | None:
        """Number of the newest turn that is kept; None when there is none."""
        query = "SELECT MAX(turn) FROM turns"
        return await self._ask(lambda connection: connection.execute(query).fetchone()[0], None)

    async def figures(self) -> HistoryFigures:
        """What the file holds."""
        return await self._ask(self._figures, HistoryFigures())

    async def close(self) -> None:
        """Close the file; the next question opens it again."""
        await asyncio.to_thread(self._close)

    # --- asking ---------------------------------------------------------------------------------

    async def _rows(self, query: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        def question(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            return connection.execute(query, tuple(values)).fetchall()

        return await self._ask(question, [])

    async def _ask(self, question: Callable[[sqlite3.Connection], Answer], empty: Answer) -> Answer:
        return await asyncio.to_thread(self._answer, question, empty)

    def _answer(self, question: Callable[[sqlite3.Connection], Answer], empty: Answer) -> Answer:
        with self._one_at_a_time:
            try:
                connection = self._opened()
                return empty if connection is None else question(connection)
            except (sqlite3.Error, OSError) as error:
                self._disconnect()
                raise HistoryUnavailableError(str(error)) from error

    def _opened(self) -> sqlite3.Connection | None:
        """Follow the name: a spoilt file is put aside by the writer, and a new one has its name."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._disconnect()
            return None
        identity = (status.st_dev, status.st_ino)
        if identity != self._identity:
            self._disconnect()
        if self._connection is None:
            self._connection, self._identity = _open(self._path), identity
        return self._connection

    def _figures(self, connection: sqlite3.Connection) -> HistoryFigures:
        def one(query: str) -> Any:  # noqa: ANN401 - whatever the column holds
            return connection.execute(query).fetchone()[0]

        log = self._path.with_name(self._path.name + "-wal")
        return HistoryFigures(
            file_bytes=sum(path.stat().st_size for path in (self._path, log) if path.exists()),
            seconds=one("SELECT COUNT(*) FROM seconds"),
            minutes=one("SELECT COUNT(*) FROM minutes"),
            turns=one("SELECT COUNT(*) FROM turns"),
            events=one("SELECT COUNT(*) FROM events"),
            oldest_second_utc=one("SELECT MIN(at_utc) FROM seconds"),
            oldest_minute_utc=one("SELECT MIN(at_utc) FROM minutes"),
            oldest_turn=one("SELECT MIN(turn) FROM turns"),
        )

    def _close(self) -> None:
        with self._one_at_a_time:
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection, self._identity = self._connection, None, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def _open(path: Path) -> sqlite3.Connection | None:
    """A connection that cannot write; None while the writer has not set the file up yet."""
    address = f"file:{quote(str(path))}?mode=ro"
    connection = sqlite3.connect(
        address, uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == NEWEST_VERSION:
            return connection
    except BaseException:
        connection.close()
        raise
    connection.close()
    if version:
        message = f"the history was written by another eoskeeper (form {version})"
        raise HistoryUnavailableError(message)
    return None


def _curves(connection: sqlite3.Connection, wanted: tuple[Quantity, ...], span: Span) -> Curves:
    grid = grid_of(span, seconds_from=bound_of(connection, "seconds"))
    if not wanted:
        return _drawn(grid, wanted, ())
    parts = ", ".join(averages(grid.tier, one) for one in wanted)
    query = (
        f"SELECT (at_utc - ?) / ?, {parts} FROM {grid.tier.table} "  # noqa: S608 - names of our own
        "WHERE at_utc >= ? AND at_utc < ? GROUP BY 1"
    )
    values = (grid.begin_utc, grid.step_s, grid.begin_utc, grid.end_utc)
    return _drawn(grid, wanted, connection.execute(query, values))


def _drawn(grid: Grid, wanted: tuple[Quantity, ...], rows: Iterable[tuple[Any, ...]]) -> Curves:
    """Steps that no row tells of stay unknown."""
    lines: list[list[float | None]] = [[None] * grid.count for _ in range(3 * len(wanted))]
    for index, *values in rows:
        for line, value in zip(lines, values, strict=True):
            line[index] = value
    curves = (
        Curve(one, *(tuple(line) for line in lines[3 * place : 3 * place + 3]))
        for place, one in enumerate(wanted)
    )
    return Curves(UtcS(grid.begin_utc), grid.step_s, tuple(curves))
