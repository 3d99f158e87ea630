"""The asking side of the control socket: synchronous, for the command line.

Whatever goes wrong is one exception with a closed reason and a sentence for the operator.
"""

from __future__ import annotations

import errno
import socket
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from eoskeeper.runtime import clock
from eoskeeper.runtime.control_messages import (
    MAX_REQUEST_BYTES,
    MAX_RESPONSE_BYTES,
    VERSION,
    Failure,
    FailureCode,
    Request,
    RequestLine,
    Response,
    ResponseLine,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["ControlError", "ControlProblem", "call"]

_CHUNK_BYTES = 65_536


class ControlProblem(StrEnum):
    """What stands between the caller and an answer, or keeps a server from listening."""

    NO_KEEPER = "no_keeper"
    NOT_PERMITTED = "not_permitted"
    NO_ANSWER = "no_answer"
    """The keeper took the connection; an order may have been carried out."""
    NOT_UNDERSTOOD = "not_understood"
    TOO_LARGE = "too_large"
    IN_USE = "in_use"
    """Server only: another keeper listens there."""
    UNUSABLE_PATH = "unusable_path"


class ControlError(Exception):
    """No conversation over the control socket; ``problem`` is closed, the text is for people."""

    def __init__(self, problem: ControlProblem, message: str) -> None:
        """Take the reason and the sentence."""
        super().__init__(message)
        self.problem = problem


def call(path: Path, request: Request, timeout_s: float) -> Response:
    """Ask the keeper that listens at ``path``; its answer, or its own reason for giving none.

    Args:
        path: its control socket.
        request: sent once; never repeated.
        timeout_s: for all of it: connecting, sending and the answer.

    Raises:
        ControlError: nobody listens, the caller may not ask, no answer came, or it makes no sense.
    """
    line = _encode(request)
    deadline_s = clock.read().mono_s + timeout_s
    with _as_control_error(path), _connected(path, deadline_s) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # the keeper may have answered first
            connection.sendall(line)
        text = _receive_line(connection, deadline_s)
    return _decode(text, path)


def _encode(request: Request) -> bytes:
    raw = msgspec.Raw(msgspec.json.encode(request))
    line = msgspec.json.encode(RequestLine(VERSION, raw)) + b"\n"
    if len(line) > MAX_REQUEST_BYTES:
        message = f"request of {len(line)} bytes; {MAX_REQUEST_BYTES} is the limit"
        raise ControlError(ControlProblem.TOO_LARGE, message)
    return line


@contextmanager
def _connected(path: Path, deadline_s: float) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_left_s(deadline_s))
        connection.connect(str(path))
        yield connection


def _receive_line(connection: socket.socket, deadline_s: float) -> bytes:
    received = bytearray()
    while not received.endswith(b"\n"):
        connection.settimeout(_left_s(deadline_s))
        chunk = connection.recv(_CHUNK_BYTES)
        if not chunk:
            message = "the keeper closed the connection without an answer"
            raise ControlError(ControlProblem.NO_ANSWER, message)
        received += chunk
        if len(received) > MAX_RESPONSE_BYTES:
            message = f"an answer of more than {MAX_RESPONSE_BYTES} bytes"
            raise ControlError(ControlProblem.TOO_LARGE, message)
    return bytes(received)


def _left_s(deadline_s: float) -> float:
    left_s = deadline_s - clock.read().mono_s
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _decode(text: bytes, path: Path) -> Response:
    try:
        line = msgspec.json.decode(text, type=ResponseLine)
    except msgspec.DecodeError as error:
        message = f"what answers at {path} is no keeper, or one of another version: {error}"
        raise ControlError(ControlProblem.NOT_UNDERSTOOD, message) from error
    match line.response:
        case Failure(code=FailureCode.NOT_PERMITTED, message=message):
            raise ControlError(ControlProblem.NOT_PERMITTED, message)
        case Failure(code=FailureCode.VERSION, message=message):
            raise ControlError(ControlProblem.NOT_UNDERSTOOD, message)
        case response:
            return response


@contextmanager
def _as_control_error(path: Path) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        message = f"the keeper at {path} did not answer in time"
        raise ControlError(ControlProblem.NO_ANSWER, message) from error
    except OSError as error:
        raise _control_error(error, path) from error


def _control_error(error: OSError, path: Path) -> ControlError:
    match error.errno:
        case errno.ENOENT | errno.ECONNREFUSED | errno.ENOTSOCK | errno.ENOTDIR:
            return ControlError(ControlProblem.NO_KEEPER, f"no keeper runs here: none at {path}")
        case errno.EACCES | errno.EPERM:
            message = f"not permitted to talk to the keeper at {path}; try as its user or as root"
            return ControlError(ControlProblem.NOT_PERMITTED, message)
        case None:
            return ControlError(ControlProblem.UNUSABLE_PATH, f"cannot use {path}: {error}")
        case _:
            message = f"no answer from the keeper at {path}: {error.strerror}"
            return ControlError(ControlProblem.NO_ANSWER, message)
