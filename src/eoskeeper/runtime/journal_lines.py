"""Lines of the journal: a checksum, a space, JSON, a newline.

A line counts only when its newline is there and its checksum agrees: the writer confirms a record
after both are on the disk, so whatever fails this test was damaged or never confirmed.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Line", "encode_line", "intact_end", "split_lines"]

_CHECKSUM_DIGITS = 8
_START = re.compile(rb"[0-9a-f]{8} [{\[]")
_STARTS_TRIED = 16
"""Places in a damaged line where a record may begin; bounds the work on a hostile file."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line of a segment.

    Attributes:
        payload: the JSON; None when nothing in the line agrees with a checksum.
        damaged: bytes of the line agree with none; also true beside a payload when a lost newline
            had joined a damaged record to an intact one.
        end: offset in the segment just after the newline.
    """

    payload: bytes | None
    damaged: bool
    end: int


def encode_line(payload: bytes) -> bytes:
    """Frame JSON as one line; JSON by msgspec holds no raw newline."""
    return b"%08x %b\n" % (zlib.crc32(payload), payload)


def split_lines(data: bytes) -> Iterator[Line]:
    """Every terminated line of a segment; what follows the last newline is left out."""
    start = 0
    while (newline := data.find(b"\n", start)) >= 0:
        yield _line(data[start:newline], newline + 1)
        start = newline + 1


def intact_end(data: bytes) -> int:
    """Offset just after the last line that holds a record; 0 when none does."""
    return max((line.end for line in split_lines(data) if line.payload is not None), default=0)


def _line(text: bytes, end: int) -> Line:
    payload = _checked(text)
    if payload is not None:
        return Line(payload, damaged=False, end=end)
    return Line(_salvaged(text), damaged=True, end=end)


def _checked(text: bytes) -> bytes | None:
    """The payload when the checksum agrees byte for byte; upper-case digits are damage."""
    payload = text[_CHECKSUM_DIGITS + 1 :]
    expected = b"%08x " % zlib.crc32(payload)
    return payload if text[: _CHECKSUM_DIGITS + 1] == expected else None


def _salvaged(text: bytes) -> bytes | None:
    """The intact record at the end of a line whose inner newline was lost."""
    starts = [match.start() for match in _START.finditer(text)][-_STARTS_TRIED:]
    candidates = (_checked(text[start:]) for start in starts)
    return next((payload for payload in candidates if payload is not None), None)
