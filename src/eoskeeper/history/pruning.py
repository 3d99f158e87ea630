"""Pruning: what is too old, or too much, goes in small steps.

A step removes at most some thousand rows, so that no transaction is long; a limit that an operator
lowers is reached within hours. Bounds say up to where a tier was pruned: later tellings from before
them are refused, for a minute made anew from the few seconds that are left would be wrong.
"""

from __future__ import annotations

import sqlite3

from eoskeeper.history.settings import HistorySettings
from eoskeeper.history.tiers import COARSE

__all__ = ["bound_of", "prune"]

_SECONDS_A_STEP = 600
_MINUTES_A_STEP = 60
_TURNS_A_STEP = 2_000

_HOUR_S = 3600
_DAY_MINUTES = 1440
_DAY_S = 86_400
_MIB = 1024 * 1024

_FREE_PAGES_KEPT = 1024
"""Pages that are reused soon need not go back to the file system: 4 MiB."""

_PAGES_A_STEP = 256


def bound_of(connection: sqlite3.Connection, series: str) -> int:
    """Second up to which ``seconds`` or ``minutes`` were pruned; 0 when they never were."""
    query = "SELECT pruned_until FROM bounds WHERE series = ?"
    row = connection.execute(query, (series,)).fetchone()
    return int(row[0]) if row else 0


def prune(connection: sqlite3.Connection, settings: HistorySettings) -> bool:
    """Take one step towards every limit; to be called outside of a transaction.

    It reads whole tables to count them, so it is not for every batch.

    Returns:
        Something was removed, so that there may be more.
    """
    seconds = max(settings.seconds_days * _DAY_S, _HOUR_S) + _SECONDS_A_STEP
    minutes = settings.minutes_days * _DAY_MINUTES + _MINUTES_A_STEP
    removed = 0
    connection.execute("BEGIN IMMEDIATE")
    if _is_more_than(connection, "seconds", seconds):
        removed += _drop_seconds(connection)
    if _is_more_than(connection, "minutes", minutes):
        removed += _drop_minutes(connection)
    if _used_bytes(connection) > settings.max_mib * _MIB:
        removed += _drop_turns(connection) or _drop_minutes(connection)
    connection.execute("COMMIT")
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    if free > _FREE_PAGES_KEPT:
        connection.execute(f"PRAGMA incremental_vacuum({_PAGES_A_STEP})").fetchall()
    return removed > 0 or free > _FREE_PAGES_KEPT + _PAGES_A_STEP


def _drop_seconds(connection: sqlite3.Connection) -> int:
    """Whole minutes."""
    bound = _key_at(connection, "seconds", _SECONDS_A_STEP) // 60 * 60
    statement = "DELETE FROM seconds WHERE at_utc < ?"
    removed = connection.execute(statement, (bound,)).rowcount
    _raise_bound(connection, "seconds", bound)
    return removed


def _drop_minutes(connection: sqlite3.Connection) -> int:
    """Whole hours, of every coarse tier."""
    if not _is_more_than(connection, "minutes", _MINUTES_A_STEP):
        return 0
    bound = _key_at(connection, "minutes", _MINUTES_A_STEP) // _HOUR_S * _HOUR_S
    removed = 0
    for tier in COARSE:
        statement = f"DELETE FROM {tier.table} WHERE at_utc < ?"  # noqa: S608 - our own table
        removed += connection.execute(statement, (bound,)).rowcount
    _raise_bound(connection, "minutes", bound)
    return removed


def _drop_turns(connection: sqlite3.Connection) -> int:
    """Of other producers only."""
    oldest = "SELECT turn FROM turns WHERE ours = 0 ORDER BY turn LIMIT ?"
    statement = f"DELETE FROM turns WHERE turn IN ({oldest})"  # noqa: S608 - a constant
    return connection.execute(statement, (_TURNS_A_STEP,)).rowcount


def _raise_bound(connection: sqlite3.Connection, series: str, bound: int) -> None:
    statement = "UPDATE bounds SET pruned_until = MAX(pruned_until, ?) WHERE series = ?"
    connection.execute(statement, (bound, series))


def _is_more_than(connection: sqlite3.Connection, table: str, rows: int) -> bool:
    """There is a row after so many, newest first."""
    query = f"SELECT 1 FROM {table} ORDER BY at_utc DESC LIMIT 1 OFFSET ?"  # noqa: S608 - own table
    return connection.execute(query, (rows,)).fetchone() is not None


def _key_at(connection: sqlite3.Connection, table: str, index: int) -> int:
    query = f"SELECT at_utc FROM {table} ORDER BY at_utc LIMIT 1 OFFSET ?"  # noqa: S608 - own table
    return int(connection.execute(query, (index,)).fetchone()[0])


def _used_bytes(connection: sqlite3.Connection) -> int:
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)
