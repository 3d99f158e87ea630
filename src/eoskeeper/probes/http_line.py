"""A line to one HTTP server: a kept connection on which one question is asked at a time.

Questions come each second and most of what a client library does for one of them is of no use
here; with aiohttp a question took three times the processor time of this.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from eoskeeper.domain.samples import FailureReason
from eoskeeper.probes.http_answer import Answer, AnswerReader, Unread

__all__ = ["Answer", "HttpLine", "Unconnected", "Unread", "request_head"]

_HTTP_PORT = 80


class Unconnected(NamedTuple):
    """No connection, and nothing was asked.

    Attributes:
        error: of the connection refused or broken; ``socket.gaierror`` for a name without an
            address.
    """

    error: OSError


class _Target(NamedTuple):
    """A socket's address."""

    family: socket.AddressFamily
    address: tuple[str | int | bytes, ...]


_Found = list[_Target] | OSError | UnicodeError


class HttpLine:
    """Asks one server; bound to one event loop.

    Time limits are the caller's. A question that was called off takes its connection with it: its
    answer, which may still come, must never be taken for the next one's.
    """

    def __init__(self, url: str) -> None:
        """Nothing is opened before the first question.

        Args:
            url: ``http://HOST:PORT`` or ``unix:///PATH``.

        Raises:
            ValueError: another form.
        """
        self._path, self._host, self._port = _split(url)
        self._reception: _Reception | None = None
        self._looking_up: asyncio.Future[_Found] | None = None

    async def ask(self, request: bytes, limit_bytes: int) -> Answer | Unread | Unconnected:
        """Ask, over the kept connection or a new one.

        Args:
            request: head and body as they go over the wire.
            limit_bytes: longest body taken.
        """
        reception = self._reception
        if reception is None or not reception.is_idle:
            self.close()
            try:
                reception = await self._connect()
            except OSError as error:
                return Unconnected(error)
        self._reception = None
        answer = await reception.ask(request, limit_bytes)
        if isinstance(answer, Answer) and answer.kept and reception.is_idle:
            self._reception = reception
        else:
            reception.close()
        return answer

    def close(self) -> None:
        """Give the connection back; a later question opens a new one."""
        if self._reception is not None:
            self._reception.close()
            self._reception = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _connect(self) -> _Reception:
        loop = asyncio.get_running_loop()
        if self._path:
            _, reception = await loop.create_unix_connection(_Reception, self._path)
            return reception
        connected = await _connected(await self._targets())
        try:
            _, reception = await loop.create_connection(_Reception, sock=connected)
        except BaseException:
            connected.close()
            raise
        return reception

    async def _targets(self) -> list[_Target]:
        """Where to connect; a literal address is taken as it stands.

        A look-up that hangs keeps a thread, whoever stops waiting for it: a later question waits
        for the same one, for the threads are few and others need them.

        Raises:
            socket.gaierror: the name has no address.
            UnicodeError: it cannot be a name.
        """
        try:
            version = ip_address(self._host).version
        except ValueError:
            pass
        else:
            family = socket.AF_INET if version == 4 else socket.AF_INET6  # noqa: PLR2004 - IP version
            return [_Target(family, (self._host, self._port))]
        if self._looking_up is None:
            self._looking_up = asyncio.get_running_loop().run_in_executor(
                None, _look_up, self._host, self._port
            )
        found = await asyncio.shield(self._looking_up)
        self._looking_up = None
        if isinstance(found, Exception):
            raise found
        return found


class _Reception(asyncio.Protocol):
    """One connection; takes the bytes of the answer that is waited for."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._reader: AnswerReader | None = None
        self._whole: asyncio.Future[Answer | Unread] | None = None

    @property
    def is_idle(self) -> bool:
        """Open, and nothing is waited for."""
        return self._transport is not None and self._whole is None

    async def ask(self, request: bytes, limit_bytes: int) -> Answer | Unread:
        """Write a question and wait for its answer."""
        assert self._transport is not None, "asked on a connection that is closed"
        self._reader = AnswerReader(limit_bytes)
        self._whole = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            answer = await self._whole
        except asyncio.CancelledError:
            self.close()
            raise
        self._whole = None
        return answer

    def close(self) -> None:
        """End the connection at once; what was not received is not wanted."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Read on; bytes that nobody waits for spoil the connection."""
        if self._whole is None or self._whole.done() or self._reader is None:
            self.close()
        else:
            self._settle(self._reader.feed(data))

    def eof_received(self) -> None:
        """The other side says no more: perhaps that is the end of the answer."""
        if self._reader is not None:
            self._settle(self._reader.end())
        self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._transport = None
        detail = "closed" if exc is None else type(exc).__name__
        self._settle(Unread(FailureReason.DISCONNECTED, detail))

    def _settle(self, answer: Answer | Unread | None) -> None:
        if answer is not None and self._whole is not None and not self._whole.done():
            self._whole.set_result(answer)


def request_head(method: str, url: str, path: str, *lines: str) -> str:
    """The head of a request, up to its blank line, without what tells of a body.

    Args:
        url: of the server; the host that it is to read there.
        lines: further ones.

    Raises:
        ValueError: a line that would be two.
    """
    host = "localhost" if url.startswith("unix://") else url.removeprefix("http://")
    head = (f"{method} {path} HTTP/1.1", f"Host: {host}", "User-Agent: eoskeeper", *lines)
    if any("\r" in line or "\n" in line for line in head):
        message = "a line of a request holds a line end"
        raise ValueError(message)
    return "\r\n".join(head) + "\r\n"


def _split(url: str) -> tuple[str, str, int]:
    if url.startswith("unix:///"):
        return url.removeprefix("unix://"), "", 0
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        message = "url must begin with http:// or unix://"
        raise ValueError(message)
    return "", parts.hostname, parts.port or _HTTP_PORT


def _look_up(host: str, port: int) -> _Found:
    """Errors are values here: nobody may be left to take them."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return error
    return [_Target(family, address) for family, _, _, _, address in found]


async def _connected(targets: list[_Target]) -> socket.socket:
    """A connection to the first target that takes one.

    Raises:
        OSError: that of the last target.
    """
    problem: OSError = socket.gaierror(socket.EAI_NONAME, "no address")
    for family, address in targets:
        connection = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            await asyncio.get_running_loop().sock_connect(connection, address)
        except OSError as error:
            connection.close()
            problem = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise problem
