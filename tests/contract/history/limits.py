"""A disk without room: no file of this process may grow."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["smallest_files"]


@contextmanager
def smallest_files(path: Path) -> Iterator[None]:
    """Let neither a database nor its write-ahead log grow.

    Source: setrlimit(2), RLIMIT_FSIZE; Python ignores the signal, so that a write fails instead.
    """
    log = path.with_name(path.name + "-wal")
    size = log.stat().st_size if log.exists() else 0
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(size, 4096), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
