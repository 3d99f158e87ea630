"""One request to nodeos, with one deadline for all of it and a limit to what is read.

Raw HTTP/1.1: ``http.client`` counts its time-out anew for each byte that drips in, and costs
four MiB of memory that would have to be locked.
"""

from __future__ import annotations

import json
import socket
from typing import NamedTuple

from eoskeeper.guard.clock import Clock

__all__ = ["Answer", "Head", "ask", "parse_head"]

ANSWER_LIMIT_BYTES = 64 * 2**10
"""``get_info`` is below 2 KiB."""

_RECEIVE_BYTES = 4096


class Answer(NamedTuple):
    """What came back.

    Attributes:
        status: HTTP status; 0 when no whole answer came, which says nothing of what happened.
        detail: why there is none.
    """

    status: int
    body: bytes = b""
    detail: str = ""


class Head(NamedTuple):
    """Head of the chain as the node tells it."""

    number: int
    block_id: str
    producer: str


def ask(address: str, path: str, until_s: float, clock: Clock) -> Answer:
    """Send ``POST path`` without a body to ``HOST:PORT`` or to the path of a socket.

    Source: nodeos ignores the method and takes an empty body (spring v1.2.2 http_plugin).
    """
    try:
        with _connect(address, until_s, clock) as line:
            host = "localhost" if address.startswith("/") else address
            request = (
                f"POST {path} HTTP/1.1\r\nHost: {host}\r\n"
                "Content-Length: 0\r\nConnection: close\r\n\r\n"
            )
            _give_time(line, until_s, clock)
            line.sendall(request.encode())
            return _receive(line, until_s, clock)
    except (OSError, ValueError) as error:
        return Answer(0, detail=str(error) or type(error).__name__)


def parse_head(answer: Answer) -> Head | None:
    """Read the head of an answer to ``get_info``; None when it does not tell."""
    if answer.status != 200:  # noqa: PLR2004 - the status of HTTP
        return None
    try:
        told = json.loads(answer.body)
        number, block_id = told["head_block_num"], told["head_block_id"]
        producer = told["head_block_producer"]
    except (ValueError, KeyError, TypeError):
        return None
    if type(number) is not int or type(block_id) is not str or type(producer) is not str:
        return None
    return Head(number, block_id, producer)


def _connect(address: str, until_s: float, clock: Clock) -> socket.socket:
    if address.startswith("/"):
        line, target = socket.socket(socket.AF_UNIX), address
        _give_time(line, until_s, clock)
        try:
            line.connect(target)
        except OSError:
            line.close()
            raise
        return line
    host, _, port = address.rpartition(":")
    left_s = _left_s(until_s, clock)
    return socket.create_connection((host.strip("[]"), int(port)), left_s)


def _receive(line: socket.socket, until_s: float, clock: Clock) -> Answer:
    """Read until the length that was told has come, or the other side has closed."""
    received = b""
    while len(received) <= ANSWER_LIMIT_BYTES:
        _give_time(line, until_s, clock)
        more = line.recv(_RECEIVE_BYTES)
        received += more
        head, ended, body = received.partition(b"\r\n\r\n")
        length = _length(head) if ended else None
        if length is not None and len(body) >= length:
            return Answer(_status(head), body[:length])
        if not more:
            if ended and length is None:
                return Answer(_status(head), body)
            return Answer(0, detail="closed before the answer was whole")
    return Answer(0, detail="the answer is too long")


def _status(head: bytes) -> int:
    """Raises ValueError for what is no HTTP."""
    if not head.startswith(b"HTTP/1."):
        message = "no HTTP"
        raise ValueError(message)
    return int(head.split()[1])


def _length(head: bytes) -> int | None:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return None


def _give_time(line: socket.socket, until_s: float, clock: Clock) -> None:
    line.settimeout(_left_s(until_s, clock))


def _left_s(until_s: float, clock: Clock) -> float:
    left_s = until_s - clock()
    if left_s <= 0:
        message = "no time left"
        raise TimeoutError(message)
    return left_s
