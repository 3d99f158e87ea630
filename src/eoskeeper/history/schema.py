"""Schema: the tables of the history file, and how an older file becomes a newer one.

Plain columns, so that an operator can ask with the sqlite3 shell; ``docs/history.md`` shows how.
"""

from __future__ import annotations

import sqlite3

from eoskeeper.history.tiers import COARSE, SECONDS, Tier, columns_of

__all__ = ["NEWEST_VERSION", "migrate"]

_CACHE_KIB = 2000

# Names and strips of cells are few and come again and again: a turn holds their numbers.
_VERSION_1 = (
    """
    CREATE TABLE words (
        number INTEGER PRIMARY KEY,
        word TEXT NOT NULL UNIQUE
    )
    """,
    """
    CREATE TABLE turns (
        turn INTEGER PRIMARY KEY,
        producer INTEGER NOT NULL,
        ours INTEGER NOT NULL,
        cells INTEGER NOT NULL,
        latest_ms INTEGER,
        made_by INTEGER
    )
    """,
    "CREATE INDEX turns_by_producer ON turns (producer)",
    "CREATE INDEX own_turns ON turns (turn) WHERE ours = 1",
    """
    CREATE VIEW readable_turns AS
    SELECT
        turn,
        946684800 + turn * 6 AS begin_utc,
        producers.word AS producer,
        ours,
        strips.word AS cells,
        latest_ms,
        COALESCE(hosts.word, '') AS made_by
    FROM turns
    JOIN words AS producers ON producers.number = turns.producer
    JOIN words AS strips ON strips.number = turns.cells
    LEFT JOIN words AS hosts ON hosts.number = turns.made_by
    """,
    """
    CREATE TABLE events (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at_utc REAL NOT NULL,
        source TEXT NOT NULL,
        kind TEXT NOT NULL,
        event TEXT NOT NULL,
        digest INTEGER NOT NULL UNIQUE
    )
    """,
    "CREATE INDEX events_by_source ON events (source)",
    """
    CREATE TABLE bounds (
        series TEXT PRIMARY KEY,
        pruned_until INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    "INSERT INTO bounds VALUES ('seconds', 0), ('minutes', 0)",
)

_MIGRATIONS = (_VERSION_1,)
"""Statements that lead from each ``user_version`` to the next; old entries never change."""

NEWEST_VERSION = len(_MIGRATIONS)


def migrate(connection: sqlite3.Connection) -> None:
    """Set the file up, or bring it up to date, all or nothing.

    Args:
        connection: in autocommit mode, on a file of at most ``NEWEST_VERSION``.
    """
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # counts only before the first table
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA journal_size_limit = 4194304")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.execute("BEGIN IMMEDIATE")
    for statements in _MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    for tier in (SECONDS, *COARSE):
        _add_columns(connection, tier)
    connection.execute(f"PRAGMA user_version = {NEWEST_VERSION}")
    connection.execute("COMMIT")


def _add_columns(connection: sqlite3.Connection, tier: Tier) -> None:
    """A quantity that is new to the program is new to the file: its past is unknown."""
    connection.execute(f"CREATE TABLE IF NOT EXISTS {tier.table} (at_utc INTEGER PRIMARY KEY)")
    rows = connection.execute(f"PRAGMA table_info({tier.table})").fetchall()
    present = {name for _, name, *_ in rows}
    for column in columns_of(tier):
        if column not in present:
            connection.execute(f"ALTER TABLE {tier.table} ADD COLUMN {column} REAL")
