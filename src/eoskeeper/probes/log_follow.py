"""Follows the nodeos log as ``tail -F`` does, and says honestly what it may have missed.

That a block was *not* made here is proven by the absence of its line only; so bytes that were
lost, or may have been, are counted. nodeos never opens or reopens a log itself: after a rotation
by rename it writes on into the old file, so that file is left only once the new one has content.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment, UtcS
from eoskeeper.domain.samples import FailureReason, LogFollowed, ProbeFailed, ProbeName
from eoskeeper.probes.nodeos_log import MAX_LINE_BYTES, LogLine, newest_utc, parse_line

__all__ = ["LineSplitter", "LogFollower", "LogReader", "LogSample", "LogSettings"]

LogSample = LogLine | LogFollowed | ProbeFailed
"""What a follower tells."""

MIB = 1024 * 1024

_FINGERPRINT_BYTES = 64
"""Last bytes told, looked up again before new ones are read; a rewritten file has others there."""


class LogSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the log is followed; bytes, lines and seconds.

    Attributes:
        backlog_bytes: how far before the end a log is begun that was there at the start, or
            that has got too far ahead.
        pass_bytes: most that one pass reads: about 10 ms of work, and thrice as much memory,
            which the process would keep for good.
        skip_beyond_bytes: farther behind than this, what lies between is skipped.
        missing_after_s: a log whose name is gone is missing once it has not grown for so long.
        journal_lines: backlog of the journal at the start.
        journal_restart_s: pause before journalctl is started again.
        journal_settle_s: for so long after its start the end cannot have been reached.
    """

    backlog_bytes: Annotated[int, Meta(ge=0)] = 4 * MIB
    pass_bytes: Annotated[int, Meta(ge=4096)] = MIB // 2
    skip_beyond_bytes: Annotated[int, Meta(ge=4096)] = 256 * MIB
    missing_after_s: Annotated[float, Meta(ge=0)] = 5.0
    journal_lines: Annotated[int, Meta(ge=0)] = 20_000
    journal_restart_s: Annotated[float, Meta(ge=0)] = 5.0
    journal_settle_s: Annotated[float, Meta(ge=0)] = 2.0


class LineSplitter:
    """Cuts a stream of bytes into lines; however the bytes come, the lines are the same.

    NUL bytes are taken out (a log that was truncated below its writer begins with a hole of them)
    and lines above ``MAX_LINE_BYTES`` are left out, so what is kept in memory is bounded.
    """

    def __init__(self, *, inside_line: bool = False) -> None:
        self._pending = b""
        self._dropping = inside_line

    @property
    def pending(self) -> int:
        """Bytes of a line that has no end yet."""
        return len(self._pending)

    def feed(self, data: bytes) -> list[bytes]:
        """Lines that these bytes complete, without their newlines."""
        if b"\0" in data:
            data = data.replace(b"\0", b"")
        lines = (self._pending + data).split(b"\n")
        self._pending = lines.pop()
        if self._dropping and lines:
            del lines[0]
            self._dropping = False
        if self._dropping or len(self._pending) > MAX_LINE_BYTES:
            self._dropping, self._pending = True, b""
        return [line for line in lines if len(line) <= MAX_LINE_BYTES]

    def flush(self) -> list[bytes]:
        """The unfinished line, of which no more will come."""
        rest, self._pending = self._pending, b""
        return [rest] if rest else []


class LogReader:
    """Turns bytes of a log, wherever they come from, into samples and counts what it read."""

    def __init__(self) -> None:
        self.splitter = LineSplitter()
        self.skipped_bytes = 0
        self._lines = 0
        self._latest: UtcS | None = None

    @property
    def latest_logged_utc(self) -> UtcS | None:
        """Newest time stamp so far."""
        return self._latest

    def read(self, data: bytes, at: Moment) -> list[LogSample]:
        """Samples of the lines that these bytes complete."""
        return self._tell(self.splitter.feed(data), at)

    def restart(self, at: Moment, *, inside_line: bool = False) -> list[LogSample]:
        """What comes next does not follow on what came before; the last line is as it is."""
        told = self._tell(self.splitter.flush(), at)
        self.splitter = LineSplitter(inside_line=inside_line)
        return told

    def followed(self, at: Moment, *, at_end: bool) -> LogFollowed:
        """Close a pass."""
        closed = LogFollowed(
            at=at,
            at_end=at_end,
            lines=self._lines,
            skipped_bytes=self.skipped_bytes,
            latest_logged_utc=self._latest,
        )
        self._lines = self.skipped_bytes = 0
        return closed

    def _tell(self, lines: list[bytes], at: Moment) -> list[LogSample]:
        self._lines += len(lines)
        newest = newest_utc(lines)
        if newest is not None:
            self._latest = newest if self._latest is None else max(newest, self._latest)
        return [sample for line in lines if (sample := parse_line(line, at)) is not None]


class _Taken(NamedTuple):
    """What was taken out of a file: nothing in between is missing unless ``lost`` says so."""

    data: bytes
    at_end: bool
    restarted: bool = False
    inside_line: bool = False
    lost: int = 0


class _OpenLog:
    """One open file and how far it was read.

    A truncation is seen by a size below the offset, and a rewrite by other bytes just before the
    offset. Not to be seen: a rewrite that left those 64 bytes as they were, or one that kept the
    size within one tick of the file system's clock (some 4 ms).
    """

    def __init__(self, descriptor: int, offset: int) -> None:
        self._descriptor = descriptor
        self._offset = offset
        self._told = b""
        self._seen = (-1, -1)
        status = os.fstat(descriptor)
        self.identity = (status.st_dev, status.st_ino)

    def take(self, limit: int, settings: LogSettings) -> _Taken:
        """Read on, at most ``limit`` bytes."""
        status = os.fstat(self._descriptor)
        size, seen = status.st_size, (status.st_size, status.st_mtime_ns)
        if seen == self._seen and size == self._offset:
            return _Taken(b"", at_end=True)
        restarted = self._was_rewritten(size)
        lost = 0
        if restarted:
            # What came after the last pass and before the truncation nobody can tell: at least 1.
            lost = max(1, self._seen[0] - self._offset)
            self._move(0)
        if restarted or size - self._offset > settings.skip_beyond_bytes:
            self._hop_hole(size)
        inside_line = False
        if size - self._offset > settings.skip_beyond_bytes:
            target = size - min(settings.backlog_bytes, settings.skip_beyond_bytes)
            lost += target - self._offset
            restarted = inside_line = True
            self._move(target - 1)
        self._seen = seen
        data = os.pread(self._descriptor, max(0, min(limit, size - self._offset)), self._offset)
        self._offset += len(data)
        self._told = (self._told + data[-_FINGERPRINT_BYTES:])[-_FINGERPRINT_BYTES:]
        if data and not data.strip(b"\0"):
            self._hop_hole(size)
        return _Taken(data, self._offset >= size, restarted, inside_line, lost)

    def deleted(self) -> bool:
        """No name is left for the file."""
        return os.fstat(self._descriptor).st_nlink == 0

    def close(self) -> None:
        """Give the file back."""
        os.close(self._descriptor)

    def _was_rewritten(self, size: int) -> bool:
        if size < self._offset:
            return True
        begin = self._offset - len(self._told)
        return os.pread(self._descriptor, len(self._told), begin) != self._told

    def _move(self, offset: int) -> None:
        self._offset, self._told = offset, b""

    def _hop_hole(self, size: int) -> None:
        """Go to where data begins again. Source: lseek(2), SEEK_DATA; ENXIO means none follows."""
        try:
            data = os.lseek(self._descriptor, self._offset, os.SEEK_DATA)
        except OSError as problem:
            data = size if problem.errno == errno.ENXIO else self._offset
        if data != self._offset:
            self._move(data)


class LogFollower:
    """Follows one file by its name, through rotation by rename and by copy and truncate."""

    def __init__(self, path: Path, settings: LogSettings) -> None:
        self._path = path
        self._name = os.fspath(path)
        self._settings = settings
        self._reader = LogReader()
        self._file: _OpenLog | None = None
        self._opened_before = False
        self._grew_mono_s = 0.0

    def read_pass(self, now: Moment) -> list[LogSample]:
        """Read what is new, at most ``pass_bytes``; to be called some five times a second.

        Returns:
            Samples in the order of the log, closed by one ``LogFollowed`` or, when there is no
            log to read, ``ProbeFailed``. Never raises for what the file system says.
        """
        try:
            return self._read_pass(now)
        except OSError as problem:
            return [_failed(now, problem)]

    def close(self) -> None:
        """Give the file back; a later pass opens it from its begin."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _read_pass(self, now: Moment) -> list[LogSample]:
        named = self._stat()
        if isinstance(named, OSError):
            if self._file is None:
                return [_failed(now, named)]
            return self._read_nameless(self._file, named, now)
        if not stat.S_ISREG(named.st_mode):
            detail = f"{self._path} is not a regular file"
            return [ProbeFailed(now, ProbeName.LOG, FailureReason.UNSUPPORTED, detail)]
        if self._file is None:
            self._file = self._open(now)
        told, taken = self._take(self._file, self._settings.pass_bytes, now)
        moved = self._file.identity != (named.st_dev, named.st_ino) and named.st_size > 0
        if moved and taken.at_end:
            told += self._reader.restart(now)
            self.close()
            try:
                self._file = self._open(now)
            except OSError as problem:
                return [*told, _failed(now, problem)]
            more, taken = self._take(self._file, self._settings.pass_bytes, now)
            told += more
        elif moved:
            taken = taken._replace(at_end=False)
        return [*told, self._close_pass(taken, now)]

    def _read_nameless(self, file: _OpenLog, problem: OSError, now: Moment) -> list[LogSample]:
        """Read on in a file that was renamed or deleted, for as long as it grows."""
        told, taken = self._take(file, self._settings.pass_bytes, now)
        if now.mono_s - self._grew_mono_s < self._settings.missing_after_s:
            return [*told, self._close_pass(taken, now)]
        if file.deleted():
            self._reader.skipped_bytes += 1
            told += self._reader.restart(now)
            self.close()
        return [*told, _failed(now, problem)]

    def _take(self, file: _OpenLog, limit: int, now: Moment) -> tuple[list[LogSample], _Taken]:
        taken = file.take(limit, self._settings)
        if taken.data:
            self._grew_mono_s = now.mono_s
        told: list[LogSample] = []
        if taken.restarted:
            told = self._reader.restart(now, inside_line=taken.inside_line)
        self._reader.skipped_bytes += taken.lost
        return told + self._reader.read(taken.data, now), taken

    def _close_pass(self, taken: _Taken, now: Moment) -> LogFollowed:
        """A line without its end is waited for, but not for longer than one pass."""
        fresh_part = bool(taken.data) and self._reader.splitter.pending > 0
        return self._reader.followed(now, at_end=taken.at_end and not fresh_part)

    def _stat(self) -> os.stat_result | OSError:
        try:
            return os.stat(self._name)  # noqa: PTH116 - five times a second: pathlib doubles it
        except OSError as problem:
            return problem

    def _open(self, now: Moment) -> _OpenLog:
        """Open by name: a first log near its end, a later one from its begin."""
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
        descriptor = os.open(self._path, flags)
        size = os.fstat(descriptor).st_size
        begin = 0 if self._opened_before else max(0, size - self._settings.backlog_bytes)
        self._opened_before = True
        self._grew_mono_s = now.mono_s
        self._reader.splitter = LineSplitter(inside_line=begin > 0)
        self._reader.skipped_bytes += begin
        # One byte earlier, so that a line which begins just there is not taken for a part of one.
        return _OpenLog(descriptor, max(0, begin - 1))


def _failed(now: Moment, problem: OSError) -> ProbeFailed:
    denied = problem.errno in {errno.EACCES, errno.EPERM}
    reason = FailureReason.NOT_PERMITTED if denied else FailureReason.MISSING
    return ProbeFailed(now, ProbeName.LOG, reason, str(problem))
