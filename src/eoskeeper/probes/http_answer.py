"""An HTTP/1 answer out of the bytes of a connection, however they are cut; no I/O.

What a probe needs and no more: status and body. Whatever could be read in two ways is refused,
for an answer that ends at the wrong byte would be the beginning of the next one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from eoskeeper.domain.samples import FailureReason

__all__ = ["Answer", "AnswerReader", "Unread"]

HEAD_LIMIT_BYTES = 16 * 2**10
"""Longest head taken; that of nodeos is some 200 bytes."""

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([2-5]\d\d)(?: [^\r\n]*)?")
_LENGTH = re.compile(rb"\d{1,15}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;[^\r\n]*)?")
_LINE_END = b"\r\n"
_WITHOUT_BODY = frozenset({204, 304})
"""Source: RFC 9112, 6.3."""


class Answer(NamedTuple):
    """A whole answer.

    Attributes:
        kept: another question may follow on the same connection.
    """

    status: int
    body: bytes
    kept: bool


class Unread(NamedTuple):
    """Why there is no whole answer: broken off, not HTTP, or too large."""

    reason: FailureReason
    detail: str


class _Head(NamedTuple):
    """What the head says of the body.

    Attributes:
        length: bytes of the body; None lasts to the end of the connection unless ``chunked``.
    """

    status: int
    length: int | None
    chunked: bool
    kept: bool


class AnswerReader:
    """Takes the bytes of one answer."""

    def __init__(self, limit_bytes: int) -> None:
        """Take the longest body to accept."""
        self._limit_bytes = limit_bytes
        self._received = bytearray()
        self._head: _Head | None = None
        self._chunks = _Chunks(limit_bytes)

    def feed(self, data: bytes) -> Answer | Unread | None:
        """The answer once it is whole or cannot become so; None while more is needed."""
        self._received += data
        if self._head is None:
            head = _split_head(self._received)
            if not isinstance(head, _Head):
                return head
            self._head = head
        return self._read_body(self._head)

    def end(self) -> Answer | Unread:
        """What it is when nothing more comes."""
        head = self._head
        if head is None or head.chunked or head.length is not None:
            return Unread(FailureReason.DISCONNECTED, "closed before the whole answer")
        return Answer(head.status, bytes(self._received), kept=False)

    def _read_body(self, head: _Head) -> Answer | Unread | None:
        if head.chunked:
            return self._read_chunks(head)
        size = len(self._received) if head.length is None else head.length
        if size > self._limit_bytes:
            return _too_large(self._limit_bytes)
        if head.length is None or len(self._received) < head.length:
            return None
        # Bytes that nobody asked for: what they belong to is not known, so the connection goes.
        kept = head.kept and len(self._received) == head.length
        return Answer(head.status, bytes(self._received[: head.length]), kept)

    def _read_chunks(self, head: _Head) -> Answer | Unread | None:
        whole = self._chunks.take(self._received)
        if isinstance(whole, Unread):
            return whole
        if not whole:
            return None
        kept = head.kept and not self._received
        return Answer(head.status, bytes(self._chunks.body), kept)


class _Chunks:
    """A body in chunks, as proxies may send it. Source: RFC 9112, 7.1."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._is_last = False
        self.body = bytearray()

    def take(self, received: bytearray) -> bool | Unread:
        """Move whole chunks out of ``received``; true at the end of the body."""
        while not self._is_last:
            found = self._take_one(received)
            if found is not True:
                return found
        return self._take_trailers(received)

    def _take_one(self, received: bytearray) -> bool | Unread:
        end = received.find(_LINE_END, 0, HEAD_LIMIT_BYTES)
        if end < 0:
            return _not_http("size of a chunk") if len(received) >= HEAD_LIMIT_BYTES else False
        match = _CHUNK_SIZE.fullmatch(received, 0, end)
        if match is None:
            return _not_http("size of a chunk")
        size, begin = int(match[1], 16), end + len(_LINE_END)
        if len(self.body) + size > self._limit_bytes:
            return _too_large(self._limit_bytes)
        if size == 0:
            self._is_last = True
            del received[:begin]
            return True
        after = begin + size
        if len(received) < after + len(_LINE_END):
            return False
        if received[after : after + len(_LINE_END)] != _LINE_END:
            return _not_http("end of a chunk")
        self.body += received[begin:after]
        del received[: after + len(_LINE_END)]
        return True

    def _take_trailers(self, received: bytearray) -> bool | Unread:
        while (end := received.find(_LINE_END)) > 0:
            del received[: end + len(_LINE_END)]
        if end == 0:
            del received[: len(_LINE_END)]
            return True
        return _not_http("trailer") if len(received) > HEAD_LIMIT_BYTES else False


def _split_head(received: bytearray) -> _Head | Unread | None:
    """Take the head away from what was received, once it is whole."""
    if not received.startswith(b"HTTP/1."[: len(received)]):
        return _not_http("begin")
    end = received.find(b"\r\n\r\n", 0, HEAD_LIMIT_BYTES)
    if end < 0:
        return _not_http("head") if len(received) >= HEAD_LIMIT_BYTES else None
    lines = bytes(received[:end]).split(_LINE_END)
    del received[: end + 4]
    match = _STATUS_LINE.fullmatch(lines[0])
    if match is None:
        return _not_http("status line")
    return _parse_head(int(match[2]), lines[1:], is_kept=match[1] == b"1")


def _parse_head(status: int, lines: list[bytes], *, is_kept: bool) -> _Head | Unread:
    lengths: set[bytes] = set()
    codings: list[bytes] = []
    for line in lines:
        name, _, value = line.partition(b":")
        match name.lower():
            case b"content-length":
                lengths.add(value.strip())
            case b"transfer-encoding":
                codings.append(value.strip().lower())
            case b"connection":
                tokens = {token.strip() for token in value.lower().split(b",")}
                is_kept = b"close" not in tokens and (is_kept or b"keep-alive" in tokens)
            case _:
                pass
    if codings:
        # A length beside it is how answers are smuggled past a proxy.
        plain = codings == [b"chunked"] and not lengths
        return _Head(status, None, chunked=True, kept=is_kept) if plain else _not_http("coding")
    if status in _WITHOUT_BODY:
        return _Head(status, 0, chunked=False, kept=is_kept)
    if not lengths:
        return _Head(status, None, chunked=False, kept=False)
    length = lengths.pop()
    if lengths or _LENGTH.fullmatch(length) is None:
        return _not_http("length")
    return _Head(status, int(length), chunked=False, kept=is_kept)


def _not_http(what: str) -> Unread:
    return Unread(FailureReason.NOT_JSON, f"not even HTTP: {what}")


def _too_large(limit_bytes: int) -> Unread:
    return Unread(FailureReason.TOO_LARGE, f"more than {limit_bytes} bytes")
