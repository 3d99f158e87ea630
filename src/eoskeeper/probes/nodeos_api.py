"""Reads nodeos through its HTTP API: head, blocks, schedule, pause, links, finalizers, sizes.

One kept connection; every answer is bounded in time and size; every failure is a value.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, NamedTuple, Self, TypeVar

import msgspec
from msgspec import Meta

from eoskeeper.domain.samples import (
    Block,
    ConnectionsRead,
    DatabaseSizeRead,
    FailureReason,
    FinalizersRead,
    HeadRead,
    PausedRead,
    ProbeFailed,
    ProbeName,
    ScheduleRead,
)
from eoskeeper.probes import nodeos_wire as wire
from eoskeeper.probes.http_line import HttpLine, Unconnected, Unread, request_head

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from eoskeeper.domain.chain_time import Moment

__all__ = ["NodeosApi", "NodeosSettings"]

NodeosUrl = Annotated[str, Meta(pattern=r"^(http://[^/@?#\s]+|unix:///[^\s]+)$")]


class NodeosSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where and how to ask nodeos; the table ``[nodeos]``.

    Attributes:
        url: ``http://127.0.0.1:8888`` or ``unix:///path/of/socket``; no user, path or slash at
            the end. Use the IP, not a name: nodeos checks the Host header (``http-validate-host``)
            and refuses names that are not in its ``http-alias``.
        timeout_s: seconds from asking to the whole answer. A main thread that builds a block may
            keep a question waiting for half a second.
        answer_limit_bytes: longest answer taken; a block of ``get_block`` can be megabytes.
        head_limit_bytes: the same for ``get_info``, which is below 2 KiB.
    """

    url: NodeosUrl = "http://127.0.0.1:8888"
    timeout_s: Annotated[float, Meta(ge=0.1, le=60)] = 2.0
    answer_limit_bytes: Annotated[int, Meta(ge=1024, le=2**28)] = 8 * 2**20
    head_limit_bytes: Annotated[int, Meta(ge=1024, le=2**28)] = 64 * 2**10


class _Answer(NamedTuple):
    """A whole 2xx answer; ``asked`` is when the request that was answered was sent."""

    body: bytes
    asked: Moment
    at: Moment


_Reading = TypeVar(
    "_Reading",
    HeadRead,
    ScheduleRead,
    PausedRead,
    ConnectionsRead,
    DatabaseSizeRead,
    FinalizersRead,
    Block,
)


class _Failure(NamedTuple):
    reason: FailureReason
    detail: str
    status: int = 0


_BUSY = frozenset({429, 503})
"""Both mean overload, by version. Source: Leap v4.0.6, spring v1.2.2 http_plugin.cpp:548-602."""

_NOT_FOUND = 404
_SUCCESS = range(200, 300)

_INFO = "/v1/chain/get_info"
_BLOCK_INFO = "/v1/chain/get_block_info"
_BLOCK = "/v1/chain/get_block"
_SCHEDULE = "/v1/chain/get_producer_schedule"
_PAUSED = "/v1/producer/paused"
_CONNECTIONS = "/v1/net/connections"
_DATABASE_SIZE = "/v1/db_size/get"
_FINALIZERS = "/v1/chain/get_finalizer_info"


class NodeosApi:
    """Client of one nodeos; an async context manager, bound to the loop that entered it.

    Calls that overlap wait for each other (one connection); the time limit of a call starts
    when the connection is its own.
    """

    def __init__(self, settings: NodeosSettings, clock: Callable[[], Moment]) -> None:
        """Nothing is opened before ``async with``."""
        self._settings = settings
        self._clock = clock
        self._line = HttpLine(settings.url)
        self._turn = asyncio.Lock()
        self._block_path = _BLOCK_INFO

    async def __aenter__(self) -> Self:
        """Open nothing: the connection is made by the first call."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._line.close()

    async def read_head(self) -> HeadRead | ProbeFailed:
        """Where the chain stands (``get_info``)."""
        answer = await self._ask(_INFO, limit=self._settings.head_limit_bytes)

        def decode(got: _Answer) -> HeadRead:
            return wire.decode_head(got.body, got.at, got.at.mono_s - got.asked.mono_s)

        return self._told(ProbeName.GET_INFO, answer, decode)

    async def read_schedule(self) -> ScheduleRead | ProbeFailed:
        """Who produces, in slot order; EOSIO 1.1 and later."""
        answer = await self._ask(_SCHEDULE)
        return self._told(
            ProbeName.SCHEDULE, answer, lambda got: wire.decode_schedule(got.body, got.at)
        )

    async def read_paused(self) -> PausedRead | ProbeFailed:
        """Is production paused; answered by the main thread, so it proves that one alive."""
        answer = await self._ask(_PAUSED)

        def decode(got: _Answer) -> PausedRead:
            return PausedRead(at=got.at, asked=got.asked, paused=wire.decode_paused(got.body))

        return self._told(ProbeName.PAUSED, answer, decode)

    async def read_connections(self) -> ConnectionsRead | ProbeFailed:
        """The node's p2p links."""
        answer = await self._ask(_CONNECTIONS)
        return self._told(
            ProbeName.CONNECTIONS, answer, lambda got: wire.decode_connections(got.body, got.at)
        )

    async def read_database_size(self) -> DatabaseSizeRead | ProbeFailed:
        """How full the state database is."""
        answer = await self._ask(_DATABASE_SIZE)
        return self._told(
            ProbeName.DATABASE_SIZE, answer, lambda got: wire.decode_database_size(got.body, got.at)
        )

    async def read_finalizers(self) -> FinalizersRead | ProbeFailed:
        """Who finalizes and has voted for what; Spring only, unsupported elsewhere."""
        answer = await self._ask(_FINALIZERS)
        if isinstance(answer, _Failure) and answer.status == _NOT_FOUND:
            answer = answer._replace(reason=FailureReason.UNSUPPORTED)
        return self._told(
            ProbeName.FINALIZERS, answer, lambda got: wire.decode_finalizers(got.body, got.at)
        )

    async def block(self, number: int) -> Block | ProbeFailed:
        """Header of the canonical block at a height.

        ``get_block_info`` came with EOSIO 2.1; where it is not found ``get_block`` is asked, and
        from its first answer on only that one, until it is not found itself.
        """
        answer = await self._ask_block(self._block_path, number)
        if isinstance(answer, _Failure) and answer.status == _NOT_FOUND:
            other = _BLOCK if self._block_path == _BLOCK_INFO else _BLOCK_INFO
            second = await self._ask_block(other, number)
            if isinstance(second, _Answer) or second.reason is FailureReason.UNKNOWN_BLOCK:
                self._block_path = other
            answer = second
        return self._told(ProbeName.BLOCKS, answer, lambda got: wire.decode_block(got.body, number))

    async def _ask_block(self, path: str, number: int) -> _Answer | _Failure:
        body = (
            b'{"block_num":%d}' % number
            if path == _BLOCK_INFO
            else b'{"block_num_or_id":"%d"}' % number
        )
        return await self._ask(path, body)

    def _told(
        self,
        probe: ProbeName,
        answer: _Answer | _Failure,
        decode: Callable[[_Answer], _Reading],
    ) -> _Reading | ProbeFailed:
        """Decode an answer; what cannot be decoded is a failure like the others."""
        if isinstance(answer, _Answer):
            decoded = _decoded(answer, decode)
            if not isinstance(decoded, _Failure):
                return decoded
            answer = decoded
        return ProbeFailed(
            at=self._clock(), probe=probe, reason=answer.reason, detail=answer.detail
        )

    async def _ask(
        self, path: str, body: bytes = b"{}", limit: int | None = None
    ) -> _Answer | _Failure:
        """One question, alone on the connection, within the time limit.

        A body of ``{}`` is what calls without parameters accept in every version. A connection
        that broke is replaced once: the kept one may have been closed while idle, and all
        questions here may be repeated.
        """
        async with self._turn:
            try:
                async with asyncio.timeout(self._settings.timeout_s):
                    return await self._ask_twice(path, body, limit)
            except TimeoutError:
                return _Failure(
                    FailureReason.TIMED_OUT, f"no answer in {self._settings.timeout_s:g} s"
                )

    async def _ask_twice(self, path: str, body: bytes, limit: int | None) -> _Answer | _Failure:
        first = await self._ask_once(path, body, limit)
        if isinstance(first, _Failure) and first.reason is FailureReason.DISCONNECTED:
            return await self._ask_once(path, body, limit)
        return first

    async def _ask_once(self, path: str, body: bytes, limit: int | None) -> _Answer | _Failure:
        """Failures are sorted here; time-outs are the caller's, by one clock for the whole call."""
        limit = limit or self._settings.answer_limit_bytes
        asked = self._clock()
        answer = await self._line.ask(self._request(path, body), limit)
        if isinstance(answer, Unconnected):
            return _connect_failure(answer.error)
        if isinstance(answer, Unread):
            return _Failure(answer.reason, answer.detail)
        if answer.status not in _SUCCESS:
            return _status_failure(answer.status, answer.body)
        return _Answer(answer.body, asked, self._clock())

    def _request(self, path: str, body: bytes) -> bytes:
        lines = ("Content-Type: application/json", f"Content-Length: {len(body)}")
        return request_head("POST", self._settings.url, path, *lines).encode() + b"\r\n" + body


def _decoded(answer: _Answer, decode: Callable[[_Answer], _Reading]) -> _Reading | _Failure:
    try:
        return decode(answer)
    except msgspec.ValidationError as error:
        return _Failure(FailureReason.UNEXPECTED_SHAPE, wire.printable(str(error)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _Failure(FailureReason.NOT_JSON, wire.printable(str(error)))
    except ValueError as error:
        return _Failure(FailureReason.UNEXPECTED_SHAPE, wire.printable(str(error)))


def _status_failure(status: int, body: bytes) -> _Failure:
    """Sort an error status; nodeos's own code tells an unknown block (400, or 500 in 1.0)."""
    code, text = wire.decode_error(body)
    detail = f"{status} {text}".strip()
    if code == wire.UNKNOWN_BLOCK_CODE:
        return _Failure(FailureReason.UNKNOWN_BLOCK, detail, status)
    if status in _BUSY:
        return _Failure(FailureReason.OVERLOADED, detail, status)
    return _Failure(FailureReason.HTTP_STATUS, detail, status)


def _connect_failure(error: OSError) -> _Failure:
    """Nobody listens (a socket file that is not there is the same), may not, or another error."""
    detail = f"{type(error).__name__} {error.errno or ''}".strip()
    match error:
        case ConnectionRefusedError() | FileNotFoundError():
            return _Failure(FailureReason.REFUSED, detail)
        case PermissionError():
            return _Failure(FailureReason.NOT_PERMITTED, detail)
        case _:
            return _Failure(FailureReason.DISCONNECTED, detail)
