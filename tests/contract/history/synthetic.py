"""A history of many days, made within seconds: what a host in good health would have written.

Nothing is random: a value follows from its second, so that tests know what has to come out.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from eoskeeper.domain.actions import Condition, Met
from eoskeeper.domain.chain_time import Moment, MonoS, UtcS, slot_at, turn_of
from eoskeeper.domain.events import Advised, Event, StandingChanged
from eoskeeper.domain.records import QUANTITIES, Quantity
from eoskeeper.domain.standing import Standing, State
from eoskeeper.history.batch import Batch
from eoskeeper.history.keeping import event_row
from eoskeeper.history.settings import HistorySettings
from eoskeeper.history.store import HistoryStore
from eoskeeper.history.tiers import COARSE, SECONDS, averages, columns_of

__all__ = [
    "END_UTC",
    "OUR_ACCOUNT",
    "OUR_HOSTS",
    "PRODUCERS",
    "SilentLog",
    "fill",
    "is_resting",
    "values_at",
]

END_UTC = 1_751_788_800
"""2025-07-06T08:00:00Z: end of what is made unless one says otherwise."""

PRODUCERS = tuple(f"producer{letter}" for letter in "abcdefghijklmnopqrstu")
OUR_ACCOUNT = PRODUCERS[7]
OUR_HOSTS = ("bp-one", "bp-two")

DAY_S = 86_400

_HOLE_S = 7 * 3600
"""So often the keeper rests for ten minutes: plots must have holes."""

_REST_S = 600

_GIB = float(2**30)

_DAY_WAVE = 2 * math.pi / DAY_S

# Quantity, middle, half of the swing, digits after the point.
_TABLE = (
    (Quantity.HEAD_NUMBER, 0.0, 0.0, 0),
    (Quantity.HEAD_AGE_S, 0.45, 0.3, 3),
    (Quantity.IRREVERSIBLE_LAG_BLOCKS, 2.5, 0.6, 0),
    (Quantity.LINKS, 24.0, 6.0, 0),
    (Quantity.PRODUCES, 1.0, 0.0, 0),
    (Quantity.OPEN_ALARMS, 0.6, 0.6, 0),
    (Quantity.NODEOS_CPU_PERCENT, 38.0, 9.0, 3),
    (Quantity.NODEOS_RESIDENT_BYTES, 5.1 * _GIB, 0.4 * _GIB, 0),
    (Quantity.MEMORY_AVAILABLE_BYTES, 21.0 * _GIB, 3.0 * _GIB, 0),
    (Quantity.LOAD_1M, 0.9, 0.5, 2),
    (Quantity.DISK_FREE_BYTES, 310.0 * _GIB, 2.0 * _GIB, 0),
    (Quantity.DISK_USED_PERCENT, 41.0, 0.7, 3),
    (Quantity.STATE_FREE_BYTES, 9.0 * _GIB, 0.3 * _GIB, 0),
)

_ODD: Mapping[Quantity, Callable[[int], float]] = {
    Quantity.HEAD_NUMBER: lambda second: float((second - 1_600_000_000) * 2),
    Quantity.PRODUCES: lambda second: float(second // (5 * DAY_S) % 2),
}

_SPREADS = tuple(swing / 7 for _, _, swing, _ in _TABLE)
"""Of a minute, around its mean."""

assert tuple(row[0] for row in _TABLE) == QUANTITIES, "in the order of a reading's values"


class SilentLog:
    """Remembers what was said, by its name."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def info(self, event: str, **_details: object) -> None:
        """Remember."""
        self.said.append(event)

    def warning(self, event: str, **_details: object) -> None:
        """Remember."""
        self.said.append(event)

    def critical(self, event: str, **_details: object) -> None:
        """Remember."""
        self.said.append(event)


def is_resting(second: int) -> bool:
    """The keeper did not run then."""
    return second % _HOLE_S < _REST_S


def values_at(second: int) -> tuple[float, ...]:
    """Every quantity at a second: waves of a minute and of a day, and now and then a peak."""
    peak = 4.0 if second % 50_000 < 90 else 0.0
    wave = 0.5 * math.sin(second * 0.7) + 0.5 * math.sin(second * _DAY_WAVE) + peak
    return tuple(
        _ODD[one](second) if one in _ODD else round(base + swing * wave, digits)
        for one, base, swing, digits in _TABLE
    )


def fill(
    path: Path, days: int, *, end_utc: int = END_UTC, seconds_days: int = 1, host: int = 0
) -> None:
    """Write the history of some days.

    Minutes are made from a low, a mean and a high of their own instead of sixty seconds each; the
    newest days of seconds are whole, and their minutes, and all coarser rows, are rolled up.

    Args:
        path: a file that is not there yet.
        end_utc: end of the newest minute; a multiple of 60.
        seconds_days: days that are there by the second, too.
        host: index in ``OUR_HOSTS`` of the host that remembers.
    """
    store = HistoryStore(path, HistorySettings(seconds_days=7, minutes_days=3650), SilentLog())
    events = [row for event in _events(days, end_utc) if (row := event_row(event))]
    store.write(Batch(events=tuple(events)))
    store.close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    seconds_from = end_utc - min(seconds_days, days) * DAY_S
    _put_rows(connection, "seconds", columns_of(SECONDS), _seconds(seconds_from, end_utc))
    minutes = _minutes(end_utc - days * DAY_S, seconds_from)
    _put_rows(connection, "minutes", columns_of(COARSE[0]), minutes)
    _roll_up(connection, seconds_from)
    connection.execute(
        "UPDATE bounds SET pruned_until = ? WHERE series = 'seconds'", (seconds_from,)
    )
    _put_turns(connection, days, end_utc, host)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()


def _put_rows(
    connection: sqlite3.Connection,
    table: str,
    columns: tuple[str, ...],
    rows: Iterator[tuple[float, ...]],
) -> None:
    names, marks = ", ".join(columns), ", ?" * len(columns)
    statement = f"INSERT INTO {table} (at_utc, {names}) VALUES (?{marks})"  # noqa: S608 - own names
    connection.executemany(statement, rows)


def _seconds(begin: int, end: int) -> Iterator[tuple[float, ...]]:
    for second in range(begin, end):
        if not is_resting(second):
            yield (second, *values_at(second))


def _minutes(begin: int, end: int) -> Iterator[tuple[float, ...]]:
    for minute in range(begin, end, 60):
        if is_resting(minute):
            continue
        row: list[float] = [minute]
        for value, spread in zip(values_at(minute + 30), _SPREADS, strict=True):
            row += (value, value - spread, value + spread, 60)
        yield tuple(row)


def _roll_up(connection: sqlite3.Connection, seconds_from: int) -> None:
    """Every bucket at once, where the store makes those that are touched."""
    for finer, tier in zip((SECONDS, *COARSE), COARSE, strict=False):
        known = "COUNT({0})" if finer is SECONDS else "SUM({0}_known)"
        parts = ", ".join(f"{averages(finer, one)}, {known.format(one)}" for one in QUANTITIES)
        since = seconds_from if finer is SECONDS else 0
        connection.execute(
            f"INSERT INTO {tier.table} SELECT at_utc / ? * ?, {parts} "  # noqa: S608 - own names
            f"FROM {finer.table} WHERE at_utc >= ? GROUP BY 1",
            (tier.step_s, tier.step_s, since),
        )


def _put_turns(connection: sqlite3.Connection, days: int, end_utc: int, host: int) -> None:
    strips = ("p" * 12, "p" * 11 + "m", "m" * 12, "p" * 6 + "u" * 6, "p" * 10 + "ll")
    words = (*PRODUCERS, *OUR_HOSTS, *strips)
    connection.executemany("INSERT INTO words (word) VALUES (?)", ((word,) for word in words))
    number = dict(connection.execute("SELECT word, number FROM words").fetchall())
    here, there = number[OUR_HOSTS[host]], number[OUR_HOSTS[1 - host]]
    first, last = (int(turn_of(slot_at(at))) for at in (end_utc - days * DAY_S, end_utc))

    def rows() -> Iterator[tuple[int | None, ...]]:
        for turn in range(first, last):
            name = PRODUCERS[turn % len(PRODUCERS)]
            ours = name == OUR_ACCOUNT
            strip = strips[turn // 97 % 5] if turn % 97 == 0 else strips[0]
            made_by = (here if turn // 72_000 % 2 else there) if ours else None
            yield turn, number[name], int(ours), number[strip], 80 + turn % 300, made_by

    connection.executemany("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?)", rows())


def _events(days: int, end_utc: int) -> Iterator[Event]:
    """A change of standing and a piece of advice, every hour."""
    evidence = (Condition("empty_own_turns", Met.YES, "2", "at least 2"),)
    for index in range(days * 24):
        at = Moment(MonoS(index * 3600.0), UtcS(end_utc - days * DAY_S + index * 3600.0))
        before, after = (State.STANDBY, State.HOLDER)[:: 1 if index % 2 else -1]
        yield StandingChanged(
            at,
            before,
            Standing(state=after, since=at, term=index),
            "own_turns_empty",
            "2 own turns in a row are empty, and nobody else makes them",
            evidence,
        )
        yield Advised(msgspec.structs.replace(at, utc_s=at.utc_s + 1), "resume", "turns", "why")
