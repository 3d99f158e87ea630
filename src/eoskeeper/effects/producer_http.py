"""One request to nodeos's producer API on a connection of its own, told apart by how far it got.

Raw HTTP/1.1, because what matters here is when the request was written and whether it can have
arrived, which a client library does not tell.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import re
import socket
from contextlib import closing
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from collections.abc import Callable

    from eoskeeper.domain.chain_time import Moment

__all__ = [
    "Address",
    "ApiUrl",
    "Call",
    "Exchange",
    "Progress",
    "acknowledged",
    "ask",
    "connect",
    "exchange",
    "parse_address",
    "read_as",
]

ApiUrl = Annotated[str, Meta(pattern=r"^(http://[^/@?#\s]+|unix:///[^\s]+)$")]

ANSWER_LIMIT_BYTES = 64 * 2**10
"""An answer of the producer API is some 200 bytes; an error with its details below 8 KiB."""

Call = Literal["pause", "resume", "paused"]


class Progress(StrEnum):
    """How far one request came."""

    NOBODY_LISTENS = "nobody_listens"
    """The connection was refused: nothing was sent."""
    NOT_CONNECTED = "not_connected"
    """No connection for another reason: nothing was sent, but somebody may listen."""
    VOID = "void"
    """Connected, but the caller's last check said no: nothing was sent."""
    NO_ANSWER = "no_answer"
    """Sent, at least in part, and no whole answer came: it may have happened or may yet."""
    ANSWERED = "answered"


class Exchange(msgspec.Struct, frozen=True):
    """What became of one request.

    Attributes:
        sent: when its first byte was written; None when none was.
        status: HTTP status of the answer; 0 without one.
    """

    progress: Progress
    sent: Moment | None = None
    status: int = 0
    body: bytes = b""
    detail: str = ""


class Address(msgspec.Struct, frozen=True):
    """Where the API listens: a host and port, or the path of a socket.

    Attributes:
        host_header: what nodeos compares with its own address (``http-validate-host``).
        family: of the socket; None for a name, which is looked up each time.
    """

    host: str
    port: int
    path: str
    host_header: str
    family: socket.AddressFamily | None = None


def parse_address(url: str) -> Address:
    """Read ``http://127.0.0.1:8888``, ``http://[::1]:8888`` or ``unix:///run/nodeos.sock``.

    Raises:
        ValueError: neither.
    """
    if url.startswith("unix:///"):
        return Address("", 0, url.removeprefix("unix://"), "localhost", socket.AF_UNIX)
    match = re.fullmatch(r"http://(\[[0-9A-Fa-f:.]+\]|[^\s/:@?#\[\]]+)(?::(\d{1,5}))?", url)
    if match is None:
        message = "not of the form http://IP:PORT or unix:///PATH"
        raise ValueError(message)
    host = match[1].strip("[]")
    header = url.removeprefix("http://")
    return Address(host, int(match[2] or 80), "", header, _family(host))


async def ask(
    address: Address,
    call: Call,
    *,
    timeout_s: float,
    clock: Callable[[], Moment],
    allowed: Callable[[], bool] = lambda: True,
) -> Exchange:
    """One call from connecting to the whole answer within ``timeout_s``; never raises.

    Args:
        allowed: asked when the connection stands, just before the request is written.
    """
    progress = Exchange(Progress.NOT_CONNECTED, detail=f"no connection in {timeout_s:g} s")
    try:
        async with asyncio.timeout(timeout_s):
            with closing(await connect(address)) as connection:
                if not allowed():
                    return Exchange(Progress.VOID)
                sent = clock()
                progress = Exchange(
                    Progress.NO_ANSWER, sent=sent, detail=f"no answer in {timeout_s:g} s"
                )
                return await exchange(connection, address, call, sent)
    except TimeoutError:
        return progress
    except (ConnectionRefusedError, FileNotFoundError):
        return Exchange(Progress.NOBODY_LISTENS, detail="nobody listens")
    except OSError as error:
        return Exchange(Progress.NOT_CONNECTED, detail=type(error).__name__)


async def connect(address: Address) -> socket.socket:
    """A connected socket.

    Raises:
        ConnectionRefusedError: nobody listens.
        OSError: any other reason.
    """
    family, target = await _target(address)
    connection = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        await _finish_connecting(connection, target)
        _refuse_self_connection(connection, family)
    except BaseException:
        connection.close()
        raise
    return connection


async def exchange(
    connection: socket.socket, address: Address, call: Call, sent: Moment
) -> Exchange:
    """Write a request and read its answer; the caller bounds the time.

    A broken connection and an answer that is not HTTP are both no answer.
    """
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_sendall(connection, _request(address, call))
        received = bytearray()
        while len(received) <= ANSWER_LIMIT_BYTES:
            chunk = await loop.sock_recv(connection, 4096)
            received += chunk
            answer = _parse(bytes(received), at_end=not chunk)
            if answer is not None:
                status, body = answer
                return Exchange(Progress.ANSWERED, sent=sent, status=status, body=body)
            if not chunk:
                break
    except OSError as error:
        return Exchange(Progress.NO_ANSWER, sent=sent, detail=type(error).__name__)
    except ValueError:
        return Exchange(Progress.NO_ANSWER, sent=sent, detail="answer is not HTTP")
    return Exchange(Progress.NO_ANSWER, sent=sent, detail="connection closed without an answer")


def acknowledged(exchanged: Exchange) -> bool:
    """Nodeos says that it has done it: 201 (some builds 200) ``{"result":"ok"}``.

    Source: EOSIO v1.0.0 producer_api_plugin.cpp:68 to spring v1.2.2 :96; recorded.
    """
    if exchanged.progress is not Progress.ANSWERED or exchanged.status not in range(200, 300):
        return False
    try:
        return msgspec.json.decode(exchanged.body, type=_Acknowledgement).result == "ok"
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def read_as(exchanged: Exchange) -> bool | None:
    """What ``paused`` read; None when it read nothing."""
    if exchanged.progress is not Progress.ANSWERED or exchanged.status not in range(200, 300):
        return None
    try:
        return msgspec.json.decode(exchanged.body, type=bool)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


class _Acknowledgement(msgspec.Struct):
    result: str


def _request(address: Address, call: Call) -> bytes:
    return (
        f"POST /v1/producer/{call} HTTP/1.1\r\nHost: {address.host_header}\r\n"
        "User-Agent: eoskeeper\r\nContent-Type: application/json\r\n"
        "Content-Length: 2\r\nConnection: close\r\n\r\n{}"
    ).encode()


def _parse(received: bytes, *, at_end: bool) -> tuple[int, bytes] | None:
    """Status and body of a whole answer; None while some of it is missing.

    Raises:
        ValueError: not HTTP/1, or a body in chunks, which nodeos never sends.
    """
    head, blank, body = received.partition(b"\r\n\r\n")
    if not blank:
        if received and not received.startswith(b"HTTP/1."[: len(received)]):
            message = "not HTTP"
            raise ValueError(message)
        return None
    lines = head.split(b"\r\n")
    if re.match(rb"HTTP/1\.\d \d{3}", lines[0]) is None:
        message = "not HTTP"
        raise ValueError(message)
    status = int(lines[0][9:12])
    length = _content_length(lines[1:])
    if length is None:
        return (status, body) if at_end else None
    return (status, body[:length]) if len(body) >= length else None


def _content_length(lines: list[bytes]) -> int | None:
    """Length of the body; None means up to the end of the connection."""
    for line in lines:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
        if name.strip().lower() == b"transfer-encoding":
            message = "a body in chunks"
            raise ValueError(message)
    return None


async def _target(address: Address) -> tuple[socket.AddressFamily, str | tuple[str, int]]:
    """Family and socket address; a name is resolved, an IP is taken as it stands."""
    if address.family is None:
        found = await asyncio.get_running_loop().getaddrinfo(
            address.host, address.port, family=socket.AF_INET, type=socket.SOCK_STREAM
        )
        return socket.AF_INET, (str(found[0][4][0]), address.port)
    return address.family, address.path or (address.host, address.port)


def _family(host: str) -> socket.AddressFamily | None:
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return None
    return socket.AF_INET if version == 4 else socket.AF_INET6  # noqa: PLR2004 (IP version)


async def _finish_connecting(connection: socket.socket, target: str | tuple[str, int]) -> None:
    """Connect; on one host it is done or refused at once, which spares the event loop a turn.

    A watch does this ten times a second for hours.
    """
    code = connection.connect_ex(target)
    if code in {errno.EINPROGRESS, errno.EAGAIN}:
        code = connection.connect_ex(target)
    if code in {errno.EALREADY, errno.EINPROGRESS, errno.EAGAIN}:
        await asyncio.get_running_loop().sock_connect(connection, target)
    elif code not in {0, errno.EISCONN}:
        raise OSError(code, os.strerror(code))


def _refuse_self_connection(connection: socket.socket, family: socket.AddressFamily) -> None:
    """A port in the ephemeral range to which nobody listens can be connected to by itself.

    Source: TCP simultaneous open, RFC 9293 3.5; Linux picks the source port from the same range.
    """
    if family is not socket.AF_UNIX and connection.getsockname() == connection.getpeername():
        raise ConnectionRefusedError
