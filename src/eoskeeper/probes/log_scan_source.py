"""Where the bytes of a log come from: plain files as one long span, or streams to be read once."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from bisect import bisect_right
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from itertools import accumulate
from pathlib import Path
from typing import IO, Self

from eoskeeper.domain.rounds_fold import BlockSeen
from eoskeeper.probes.log_scan_lines import LineReader

__all__ = ["STDIN", "LogUnreadable", "PlainSpan", "in_order_of_time", "is_plain", "stream_lines"]

STDIN = Path("-")
"""Stands for standard input."""

CHUNK_BYTES = 1024 * 1024
FIRST_CHUNK_BYTES = 32 * 1024
"""Few lines are read where a turn is not regular: a whole chunk would be split in vain."""

MAX_LINE_BYTES = 64 * 1024
"""Longer lines are skipped: a log may have gone bad."""

FIRST_BLOCK_WITHIN_BYTES = 1024 * 1024


class LogUnreadable(Exception):  # noqa: N818 - reads as what it says, like its message
    """A log cannot be opened or read; the text names it and says why."""


class PlainSpan:
    """Several plain files, read as if they were one, from any position."""

    def __init__(self, paths: tuple[Path, ...]) -> None:
        """Open them.

        Raises:
            LogUnreadable: one of them cannot be opened.
        """
        self._files: list[int] = []
        sizes = []
        for path in paths:
            try:
                self._files.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
                sizes.append(os.fstat(self._files[-1]).st_size)
            except OSError as error:
                self.close()
                message = f"{path}: {error.strerror}"
                raise LogUnreadable(message) from None
        self._ends = list(accumulate(sizes))
        self.size = self._ends[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            os.close(file)
        self._files.clear()

    def read(self, begin: int, count: int) -> bytes:
        """Up to ``count`` bytes from a position; fewer at the end of the last file only.

        Raises:
            LogUnreadable: the disk failed, or a file became shorter meanwhile.
        """
        parts = []
        while count > 0 and begin < self.size:
            index = bisect_right(self._ends, begin)
            start = self._ends[index - 1] if index else 0
            wanted = min(count, self._ends[index] - begin)
            try:
                part = os.pread(self._files[index], wanted, begin - start)
            except OSError as error:
                message = f"cannot read: {error.strerror}"
                raise LogUnreadable(message) from None
            if not part:
                message = "a file became shorter while it was read"
                raise LogUnreadable(message)
            parts.append(part)
            begin += len(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def line_at(self, position: int) -> int:
        """Begin of the first whole line at or after a position."""
        if position <= 0:
            return 0
        begin = position - 1
        while begin < self.size:
            data = self.read(begin, MAX_LINE_BYTES)
            found = data.find(b"\n")
            if found >= 0:
                return begin + found + 1
            begin += len(data)
        return self.size

    def lines(self, begin: int, end: int) -> Iterator[list[bytes]]:
        """Whole lines of a range, without newlines, in lists; the last may lack its newline."""
        rest = b""
        count = FIRST_CHUNK_BYTES
        while begin < end:
            data = self.read(begin, min(count, end - begin))
            begin += len(data)
            count = min(2 * count, CHUNK_BYTES)
            lines = (rest + data).split(b"\n")
            rest = lines.pop()
            if len(rest) > MAX_LINE_BYTES:
                rest = rest[:MAX_LINE_BYTES]
            yield lines
        if rest:
            yield [rest]


def is_plain(path: Path) -> bool:
    """A file that can be read from any position as it is."""
    if path == STDIN or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(2) != b"\x1f\x8b"
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise LogUnreadable(message) from None


def stream_lines(path: Path) -> Generator[list[bytes], None, None]:
    """Lines of a file, compressed or not, or of standard input, read once from the begin.

    Raises:
        LogUnreadable: it cannot be opened or read, or is damaged.
    """
    try:
        with _opened(path) as stream:
            rest = b""
            while data := stream.read(CHUNK_BYTES):
                lines = (rest + data).split(b"\n")
                rest = lines.pop()[:MAX_LINE_BYTES]
                yield lines
            if rest:
                yield [rest]
    except (OSError, EOFError, zlib.error) as error:
        message = f"{path}: {getattr(error, 'strerror', None) or error}"
        raise LogUnreadable(message) from None


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    if path == STDIN:
        yield sys.stdin.buffer
        return
    with path.open("rb") as file:
        if file.peek(2)[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked
        else:
            yield file


def in_order_of_time(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Files by the time of their first block: a shell lists rotated logs newest first.

    Where standard input is among them, or a file shows no block near its begin, the order given
    is kept.
    """
    if len(paths) == 1 or STDIN in paths:
        return paths
    first = {path: _first_slot(path) for path in paths}
    known = {path: slot for path, slot in first.items() if slot is not None}
    if len(known) < len(paths):
        return paths
    return tuple(sorted(paths, key=known.__getitem__))


def _first_slot(path: Path) -> int | None:
    reader, taken = LineReader(), 0
    with closing(stream_lines(path)) as chunks:
        for lines in chunks:
            for line in lines:
                told = reader.read(line)
                if isinstance(told, BlockSeen):
                    return told.slot
            taken += CHUNK_BYTES
            if taken >= FIRST_BLOCK_WITHIN_BYTES:
                break
    return None
