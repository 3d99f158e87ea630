"""Damage: which errors of SQLite mean that the file is spoilt, and where a spoilt file goes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

__all__ = ["HistoryUnavailableError", "is_damage", "put_aside"]

_PRIMARY_CODE = 0xFF
"""An extended code holds the primary one in its low byte. Source: sqlite.org/rescode.html."""

_ASIDE_KEPT = 3
"""Spoilt files kept; a disk that spoils every file must not be filled with them."""


class HistoryUnavailableError(Exception):
    """The history cannot be opened, read or written now; the message says why."""


def is_damage(error: sqlite3.Error) -> bool:
    """The file itself is at fault, not the disk, a lock or too little room."""
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    return code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def put_aside(path: Path) -> Path:
    """Move a spoilt file, with its write-ahead log, out of the way.

    The first two such files stay for ever: they hold most. The third place is used again.

    Returns:
        Its new name, like ``history.damaged-1.sqlite``.

    Raises:
        OSError: it cannot be moved.
    """
    numbers = range(1, _ASIDE_KEPT + 1)
    names = [path.with_suffix(f".damaged-{number}{path.suffix}") for number in numbers]
    aside = next((name for name in names if not name.exists()), names[-1])
    _beside(path, "-shm").unlink(missing_ok=True)
    _beside(aside, "-wal").unlink(missing_ok=True)
    log = _beside(path, "-wal")
    if log.exists():
        log.replace(_beside(aside, "-wal"))
    path.replace(aside)
    return aside


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
