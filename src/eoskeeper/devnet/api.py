"""Calls of a host's nodeos API from outside the host's network."""

import http.client
import json
import socket
from collections.abc import Callable
from typing import Any

from eoskeeper.devnet.errors import DevnetError

OK = range(200, 300)


class ApiError(DevnetError):
    """The API did not answer, or answered with an error; `status` is None in the first case."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class _Connection(http.client.HTTPConnection):
    """An HTTP connection over a socket that someone else makes, in whichever network."""

    def __init__(
        self, port: int, make_socket: Callable[[], socket.socket], timeout_s: float
    ) -> None:
        super().__init__("127.0.0.1", port, timeout=timeout_s)
        self._make_socket = make_socket

    def connect(self) -> None:
        """Connect within the timeout."""
        self.sock = self._make_socket()
        self.sock.settimeout(self.timeout)
        self.sock.connect((self.host, self.port))


def call(
    port: int,
    path: str,
    body: Any = None,  # noqa: ANN401  any JSON value
    *,
    timeout_s: float = 5.0,
    make_socket: Callable[[], socket.socket] = socket.socket,
) -> Any:  # noqa: ANN401  any JSON value
    """POST to 127.0.0.1:port and return the parsed answer; `body` None sends none.

    Raises:
        ApiError: no answer, no JSON, or a status other than 2xx.
    """
    connection = _Connection(port, make_socket, timeout_s)
    try:
        connection.request("POST", path, None if body is None else json.dumps(body))
        response = connection.getresponse()
        status, data = response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        message = f"{path}: {type(error).__name__}: {error}"
        raise ApiError(message) from error
    finally:
        connection.close()
    return _parsed(path, status, data)


def _parsed(path: str, status: int, data: bytes) -> Any:  # noqa: ANN401  any JSON value
    if status not in OK:
        message = f"{path}: {status} {_detail(data)}"
        raise ApiError(message, status)
    try:
        return json.loads(data)
    except ValueError as error:
        message = f"{path}: not JSON: {data[:200]!r}"
        raise ApiError(message, status) from error


def _detail(data: bytes) -> str:
    """Return the most telling part of nodeos's error answer."""
    try:
        error = json.loads(data)["error"]
        details = "; ".join(detail["message"] for detail in error["details"])
        return f"{error['what']}: {details}"
    except (ValueError, KeyError, TypeError):
        return data[:300].decode(errors="replace")
