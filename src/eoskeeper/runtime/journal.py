"""The journal: what the keeper decided, on the disk before it acts.

Invariant: a record whose ``append`` has returned is read again after SIGKILL or a power cut at any
moment, until ``segments`` newer segments have pushed it out. One process writes, any may read.
"""

from __future__ import annotations

import fcntl
import os
import re
import threading
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Generic, Self, TypeVar

import msgspec

from eoskeeper.runtime.journal_lines import encode_line, intact_end, split_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "Damage",
    "Journal",
    "JournalError",
    "JournalReader",
    "JournalSettings",
    "Recovery",
]

Record = TypeVar("Record")

_SEGMENT = re.compile(r"journal-(\d{8,})\.jsonl")
_LOCK = "journal.lock"
_FILE_MODE = 0o600
_DIRECTORY_MODE = 0o700
_OPEN_FLAGS = os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class JournalError(Exception):
    """The journal cannot be opened, read or written; nothing may be done on its strength."""


class JournalSettings(msgspec.Struct, frozen=True):
    """Size of the journal on the disk: at most ``segments`` times ``segment_bytes``.

    Attributes:
        segment_bytes: a segment that would grow beyond it is closed and the next begun; a single
            larger record gets a segment of its own.
        segments: files kept, the one being written included; the oldest goes first.
    """

    segment_bytes: Annotated[int, msgspec.Meta(ge=4096)] = 4 * 1024 * 1024
    segments: Annotated[int, msgspec.Meta(ge=2)] = 8


class Damage(msgspec.Struct, frozen=True):
    """What a pass over the journal could not read.

    Attributes:
        corrupt_lines: lines whose checksum disagrees.
        unknown_records: sound lines that this version cannot decode, from a newer one.
        open_bytes: bytes after the last newline: being written now, or torn.
    """

    corrupt_lines: int = 0
    unknown_records: int = 0
    open_bytes: int = 0


class Recovery(msgspec.Struct, frozen=True):
    """What opening for writing had to repair.

    Attributes:
        torn_bytes: bytes cut from the end of the newest segment: an append that never returned.
        kept: they were put aside in the segment's ``.torn`` file; False on a full disk.
    """

    torn_bytes: int
    kept: bool


class JournalReader(Generic[Record]):
    """Reads a journal without its lock, also while another process writes it."""

    def __init__(self, directory: Path, record_type: object) -> None:
        """Take a folder and the (union of) record types; nothing is opened yet."""
        self._directory = directory
        self._decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(record_type)
        self._damage = Damage()

    @property
    def damage(self) -> Damage:
        """Found so far by the latest ``read`` or ``read_last``."""
        return self._damage

    def read(self) -> Iterator[Record]:
        """Every record, oldest first.

        Raises:
            JournalError: there is no journal, or it may not be read.
        """
        self._damage = Damage()
        for path in _segments(self._directory):
            yield from self._read_segment(path)

    def read_last(self, count: int) -> list[Record]:
        """The newest ``count`` records, oldest of them first.

        Raises:
            JournalError: as for ``read``.
        """
        self._damage = Damage()
        found: deque[Record] = deque()
        for path in reversed(_segments(self._directory)):
            if len(found) >= count:
                break
            tail = deque(self._read_segment(path), maxlen=count - len(found))
            found.extendleft(reversed(tail))
        return list(found)

    def _read_segment(self, path: Path) -> Iterator[Record]:
        data, end = _read_bytes(path), 0
        for line in split_lines(data):
            end = line.end
            self._count(corrupt_lines=line.damaged)
            if line.payload is not None:
                yield from self._decoded(line.payload)
        self._count(open_bytes=len(data) - end)

    def _decoded(self, payload: bytes) -> Iterator[Record]:
        try:
            record = self._decoder.decode(payload)
        except msgspec.DecodeError:
            self._count(unknown_records=1)
        else:
            yield record

    def _count(
        self, *, corrupt_lines: int = 0, unknown_records: int = 0, open_bytes: int = 0
    ) -> None:
        if corrupt_lines or unknown_records or open_bytes:
            self._damage = Damage(
                self._damage.corrupt_lines + corrupt_lines,
                self._damage.unknown_records + unknown_records,
                self._damage.open_bytes + open_bytes,
            )


class Journal(JournalReader[Record]):
    """The one writer of a journal; ``append`` may be called from any thread, and blocks."""

    def __init__(
        self, directory: Path, record_type: object, settings: JournalSettings | None = None
    ) -> None:
        """Create or open the journal, take its lock and cut a torn tail.

        Raises:
            JournalError: another process holds it (the message says which), or the disk fails.
        """
        super().__init__(directory, record_type)
        self._settings = settings or JournalSettings()
        self._encoder = msgspec.json.Encoder()
        self._one_at_a_time = threading.Lock()
        self._size = 0
        self._uncertain = False
        with _as_journal_error("cannot open", directory):
            _make_directory(directory)
            self._lock_fd = _take_lock(directory / _LOCK)
            try:
                self._segment_fd, self._number, self.recovery = self._open_newest()
            except BaseException:
                os.close(self._lock_fd)
                raise

    def __enter__(self) -> Self:
        """Close at the end of a ``with``."""
        return self

    def __exit__(self, *_: object) -> None:
        """See ``close``."""
        self.close()

    def close(self) -> None:
        """Let the lock go; later appends raise."""
        with self._one_at_a_time:
            if self._segment_fd >= 0:
                os.close(self._segment_fd)
                os.close(self._lock_fd)
                self._segment_fd = self._lock_fd = -1

    def append(self, record: Record) -> None:
        """Write one record; when this returns, it is on the disk.

        Raises:
            JournalError: it may not be on the disk, so nothing may be done on its strength. The
                next append may succeed (space was made) and is not harmed by the bytes of this.
        """
        line = encode_line(self._encoder.encode(record))
        with self._one_at_a_time, _as_journal_error("cannot append to", self._directory):
            self._check_usable()
            self._cut_back()
            if self._size and self._size + len(line) > self._settings.segment_bytes:
                self._rotate()
            self._write(line)

    def _write(self, line: bytes) -> None:
        self._uncertain = True
        try:
            _write_all(self._segment_fd, line)
            os.fsync(self._segment_fd)
        except OSError:
            with suppress(OSError):
                self._cut_back()
            raise
        self._size += len(line)
        self._uncertain = False

    def _cut_back(self) -> None:
        """Remove what a failed append may have left after the last confirmed record."""
        if self._uncertain:
            os.ftruncate(self._segment_fd, self._size)
            os.fsync(self._segment_fd)
            self._uncertain = False

    def _check_usable(self) -> None:
        """Refuse to write where nobody will read: a closed journal, or a removed file."""
        if self._segment_fd < 0:
            message = f"the journal in {self._directory} is closed"
            raise JournalError(message)
        if any(os.fstat(fd).st_nlink == 0 for fd in (self._segment_fd, self._lock_fd)):
            message = f"the journal in {self._directory} was removed while it was written"
            raise JournalError(message)

    def _rotate(self) -> None:
        """Begin the next segment; a crash between any two steps leaves a sound journal."""
        _remove_oldest(self._directory, keep=self._settings.segments - 1)
        fresh = _open_segment(self._directory, self._number + 1)
        os.close(self._segment_fd)
        self._segment_fd, self._number = fresh, self._number + 1
        self._size = os.fstat(fresh).st_size

    def _open_newest(self) -> tuple[int, int, Recovery]:
        """Continue the newest segment, or begin the first."""
        segments = _segments(self._directory)
        number = _number(segments[-1]) if segments else 1
        fd = _open_segment(self._directory, number)
        try:
            recovery = _cut_torn_tail(fd, _segment_path(self._directory, number))
            self._size = os.fstat(fd).st_size
        except BaseException:
            os.close(fd)
            raise
        return fd, number, recovery


@contextmanager
def _as_journal_error(what: str, directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"{what} the journal in {directory}: {error.strerror or error}"
        raise JournalError(message) from error


def _segment_path(directory: Path, number: int) -> Path:
    return directory / f"journal-{number:08d}.jsonl"


def _number(path: Path) -> int:
    match = _SEGMENT.fullmatch(path.name)
    return int(match[1]) if match else 0


def _segments(directory: Path) -> list[Path]:
    """The segments in the order in which they were written."""
    with _as_journal_error("cannot read", directory):
        found = [path for path in directory.iterdir() if _SEGMENT.fullmatch(path.name)]
    return sorted(found, key=_number)


def _read_bytes(path: Path) -> bytes:
    """The whole segment; nothing when rotation has just removed it."""
    with _as_journal_error("cannot read", path.parent):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return b""


def _make_directory(directory: Path) -> None:
    """Make it, and the folders above it, each durable before the next."""
    if not directory.is_dir():
        _make_directory(directory.parent)
        directory.mkdir(mode=_DIRECTORY_MODE)
        _sync_directory(directory.parent)


def _take_lock(path: Path) -> int:
    """Lock for as long as this process lives, and write its pid for whoever comes second."""
    fd = os.open(path, os.O_RDWR | _OPEN_FLAGS, _FILE_MODE)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(fd, 32, 0).decode(errors="replace").strip() or "unknown"
        os.close(fd)
        message = f"another keeper (pid {holder}) writes the journal in {path.parent}"
        raise JournalError(message) from error
    with suppress(OSError):  # on a full disk the lock still holds; only its owner stays unnamed
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
    return fd


def _open_segment(directory: Path, number: int) -> int:
    """Open for appending; a new file survives a power cut before anything is written to it."""
    path = _segment_path(directory, number)
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | _OPEN_FLAGS, _FILE_MODE)
    try:
        _sync_directory(directory)
    except OSError:
        os.close(fd)
        raise
    return fd


def _sync_directory(directory: Path) -> None:
    """Make names durable. Source: fsync(2): syncing a file does not sync its directory entry."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _cut_torn_tail(fd: int, path: Path) -> Recovery:
    """Cut what follows the last record, and keep it aside as far as the disk allows.

    The sync also confirms a whole record whose writer was killed before its own sync: from now on
    it is read, so it must stay.
    """
    data = path.read_bytes()
    end = intact_end(data)
    kept = end == len(data) or _keep_aside(path.with_suffix(".torn"), data[end:])
    os.ftruncate(fd, end)
    os.fsync(fd)
    return Recovery(torn_bytes=len(data) - end, kept=kept)


def _keep_aside(path: Path, tail: bytes) -> bool:
    try:
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | _OPEN_FLAGS, _FILE_MODE)
        try:
            _write_all(fd, tail)
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError:
        return False
    return True


def _remove_oldest(directory: Path, keep: int) -> None:
    segments = _segments(directory)
    for path in segments[: max(len(segments) - keep, 0)]:
        path.with_suffix(".torn").unlink(missing_ok=True)
        path.unlink(missing_ok=True)


def _write_all(fd: int, data: bytes) -> None:
    """Write every byte; a disk that fills up half-way raises at the second write."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]
