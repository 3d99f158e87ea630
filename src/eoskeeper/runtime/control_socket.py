"""The answering side of the control socket: how an operator on this host talks to the keeper.

Nobody but the keeper's user and root is heard, and no client, slow, mute or mad, can hold up the
others or the keeper: every line, wait and count here has a limit.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

import msgspec

from eoskeeper.runtime.control_client import ControlError, ControlProblem, call
from eoskeeper.runtime.control_messages import (
    MAX_REQUEST_BYTES,
    MAX_RESPONSE_BYTES,
    VERSION,
    Failure,
    FailureCode,
    PauseRequest,
    Request,
    RequestLine,
    Response,
    ResponseLine,
    ResumeRequest,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "ACCEPT_FAILED",
    "CLIENT_REFUSED",
    "HANDLER_FAILED",
    "ORDER_RECEIVED",
    "ControlError",
    "ControlProblem",
    "ControlSettings",
    "Handler",
    "Log",
    "call",
    "serve",
]

CLIENT_REFUSED = "control_client_refused"
ORDER_RECEIVED = "control_order_received"
HANDLER_FAILED = "control_handler_failed"
ACCEPT_FAILED = "control_accept_failed"

Handler = Callable[[Request], Awaitable[Response]]
"""What the keeper makes of a request; given by the composition root."""

_SOCKET_UMASK = 0o177
_CHUNK_BYTES = 65_536
_BACKLOG = 64
_ACCEPT_PAUSE_S = 0.2
_CREDENTIALS = struct.Struct("3i")
_PASSING = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ECONNABORTED}


class ControlSettings(msgspec.Struct, frozen=True):
    """Limits on clients.

    Attributes:
        clients: served at once; the next is told that the keeper is busy.
        request_s: from connecting, or the answer before, to the end of a request line.
        handler_s: for the keeper to answer; longer than it takes to prove a pause.
        write_s: for the client to take the answer.
    """

    clients: int = 16
    request_s: float = 5.0
    handler_s: float = 15.0
    write_s: float = 5.0


class Log(Protocol):
    """The levels used here; a structlog logger has them."""

    def info(self, event: str, **details: object) -> object:
        """Log an order."""

    def warning(self, event: str, **details: object) -> object:
        """Log a client that is turned away."""

    def critical(self, event: str, **details: object) -> object:
        """Log a bug."""


class _Peer(msgspec.Struct, frozen=True):
    """Who connected, as the kernel says."""

    pid: int
    uid: int


class _Refused(Exception):  # noqa: N818 -- a way out, not an error of ours
    """The conversation ends with this failure."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(code, message)


async def serve(
    path: Path,
    handler: Handler,
    log: Log,
    settings: ControlSettings | None = None,
    *,
    listening: Callable[[], object] = lambda: None,
) -> None:
    """Answer requests at ``path`` until cancelled; then the socket is removed.

    Args:
        path: of the socket; its folder is made if missing.
        handler: a failure of it is logged and told as ``internal``, and stops nothing.
        log: hears of orders, of clients turned away and of bugs.
        settings: limits on clients; None for the defaults.
        listening: called once when clients can connect.

    Raises:
        ControlError: another keeper listens there, or the path cannot be used.
    """
    with _listener(path) as listener:
        listening()
        await _Server(handler, log, settings or ControlSettings()).run(listener)


class _Server:
    def __init__(self, handler: Handler, log: Log, settings: ControlSettings) -> None:
        self._handler = handler
        self._log = log
        self._settings = settings
        self._clients = 0

    async def run(self, listener: socket.socket) -> None:
        async with asyncio.TaskGroup() as clients:
            async for connection in self._accepted(listener):
                if self._admitted(connection):
                    self._clients += 1
                    clients.create_task(self._serve_client(connection))

    async def _accepted(self, listener: socket.socket) -> AsyncIterator[socket.socket]:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError as error:
                if error.errno not in _PASSING:
                    raise
                self._log.warning(ACCEPT_FAILED, error=error.strerror)
                await asyncio.sleep(_ACCEPT_PAUSE_S)
            else:
                yield connection

    def _admitted(self, connection: socket.socket) -> bool:
        """Turn away strangers, and whoever comes when too many are here."""
        peer = _peer_of(connection)
        if peer is not None and peer.uid not in {0, os.geteuid()}:
            message = "only the keeper's own user and root may ask"
            failure = Failure(FailureCode.NOT_PERMITTED, message)
        elif self._clients >= self._settings.clients:
            failure = Failure(FailureCode.BUSY, f"{self._clients} clients are being served")
        else:
            return True
        self._log.warning(CLIENT_REFUSED, code=failure.code, peer=peer)
        _send_and_close(connection, failure)
        return False

    async def _serve_client(self, connection: socket.socket) -> None:
        """Talk until the client leaves or breaks a rule; losing it is nobody's failure."""
        try:
            with connection, suppress(OSError, TimeoutError):
                await self._converse(connection)
        finally:
            self._clients -= 1

    async def _converse(self, connection: socket.socket) -> None:
        peer = _peer_of(connection)
        received = bytearray()
        while True:
            try:
                line = await self._read_line(connection, received)
            except _Refused as refused:
                await self._write(connection, refused.failure)
                return
            if line is None:
                return
            await self._write(connection, await self._respond(line, peer))

    async def _read_line(self, connection: socket.socket, received: bytearray) -> bytes | None:
        """The next line; None when the client has left. What follows it stays in ``received``."""
        try:
            async with asyncio.timeout(self._settings.request_s):
                return await _receive_line(connection, received)
        except TimeoutError:
            message = f"no whole request within {self._settings.request_s:g} s"
            raise _Refused(FailureCode.TIMED_OUT, message) from None

    async def _respond(self, line: bytes, peer: _Peer | None) -> Response:
        try:
            request = _decode(line)
        except _Refused as refused:
            return refused.failure
        if isinstance(request, PauseRequest | ResumeRequest):
            self._log.info(ORDER_RECEIVED, request=request, peer=peer)
        return await self._handled(request)

    async def _handled(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(self._settings.handler_s):
                return await self._handler(request)
        except TimeoutError:
            message = f"no answer within {self._settings.handler_s:g} s; an order may still happen"
            return Failure(FailureCode.TIMED_OUT, message)
        except Exception:  # noqa: BLE001 -- a bug in an answer must not stop the protection
            self._log.critical(HANDLER_FAILED, request=request, exc_info=True)
            return Failure(FailureCode.INTERNAL, "the keeper failed to answer; its log says why")

    async def _write(self, connection: socket.socket, response: Response) -> None:
        async with asyncio.timeout(self._settings.write_s):
            await asyncio.get_running_loop().sock_sendall(connection, _encode(response))


async def _receive_line(connection: socket.socket, received: bytearray) -> bytes | None:
    loop = asyncio.get_running_loop()
    while (end := received.find(b"\n", 0, MAX_REQUEST_BYTES)) < 0:
        if len(received) >= MAX_REQUEST_BYTES:
            message = f"a request of more than {MAX_REQUEST_BYTES} bytes"
            raise _Refused(FailureCode.TOO_LARGE, message)
        chunk = await loop.sock_recv(connection, _CHUNK_BYTES)
        if not chunk:
            return None
        received += chunk
    line = bytes(received[:end])
    del received[: end + 1]
    return line


def _decode(line: bytes) -> Request:
    """Read a request line; the version is judged before the request is looked at."""
    try:
        envelope = msgspec.json.decode(line, type=RequestLine)
        if envelope.version != VERSION:
            message = f"this keeper speaks version {VERSION}, not {envelope.version}"
            raise _Refused(FailureCode.VERSION, message)
        request: Request = msgspec.json.decode(envelope.request, type=Request)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _Refused(FailureCode.BAD_REQUEST, f"not a request: {error}") from None
    return request


def _encode(response: Response) -> bytes:
    line = msgspec.json.encode(ResponseLine(VERSION, response)) + b"\n"
    if len(line) <= MAX_RESPONSE_BYTES:
        return line
    message = f"an answer of {len(line)} bytes; {MAX_RESPONSE_BYTES} is the limit: ask for less"
    return _encode(Failure(FailureCode.TOO_LARGE, message))


def _send_and_close(connection: socket.socket, failure: Failure) -> None:
    """Say so if the client listens right now; never wait for it."""
    with connection, suppress(OSError):
        connection.setblocking(False)  # noqa: FBT003 -- the socket API's own signature
        connection.send(_encode(failure))


def _peer_of(connection: socket.socket) -> _Peer | None:
    """The process at the other end; None where the kernel does not tell.

    Source: unix(7), SO_PEERCRED: the credentials at the time of connect(2).
    """
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(raw)
    return _Peer(pid, uid)


@contextmanager
def _listener(path: Path) -> Iterator[socket.socket]:
    """Listen at ``path``, and remove it at the end unless somebody else has taken it over."""
    with _as_path_error(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_stale(path)
        listener = _bound(path)
    try:
        ours = _identity(path)
        yield listener
    finally:
        listener.close()
        if _identity(path) == ours:
            path.unlink(missing_ok=True)


def _bound(path: Path) -> socket.socket:
    """A listening socket that only its owner could ever open, from its first instant."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    previous = os.umask(_SOCKET_UMASK)
    try:
        listener.bind(str(path))
        listener.listen(_BACKLOG)
        listener.setblocking(False)  # noqa: FBT003 -- the socket API's own signature
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(previous)
    return listener


def _remove_stale(path: Path) -> None:
    """Remove what a dead keeper left.

    Raises:
        ControlError: it is alive, or no socket at all.
    """
    if not os.path.lexists(path):
        return
    if not stat.S_ISSOCK(path.lstat().st_mode):
        message = f"{path} is in the way and no socket"
        raise ControlError(ControlProblem.UNUSABLE_PATH, message)
    if _somebody_listens(path):
        raise ControlError(ControlProblem.IN_USE, f"another keeper listens at {path}")
    path.unlink(missing_ok=True)


def _somebody_listens(path: Path) -> bool:
    """Only a refused connection proves that nobody does; a full backlog, for one, does not."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # noqa: FBT003 -- the socket API's own signature
        return probe.connect_ex(str(path)) != errno.ECONNREFUSED


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def _as_path_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"cannot listen at {path}: {error.strerror or error}"
        raise ControlError(ControlProblem.UNUSABLE_PATH, message) from error
