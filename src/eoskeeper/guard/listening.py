"""The guard's Unix socket: lines of JSON from the same user or root, and nothing that blocks.

A client that does not read is dropped: it cannot hold up a fence.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct

__all__ = ["Lines"]

LINE_LIMIT_BYTES = 4096
CLIENTS_LIMIT = 8


class Lines:
    """A listening socket and its clients; each is known by its descriptor."""

    def __init__(self, path: str) -> None:
        """Listen; a socket file that is left over is replaced.

        Raises:
            OSError: the path cannot be listened on, or somebody else listens there.
        """
        _remove_left_over(path)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        before = os.umask(0o077)
        try:
            self._listener.bind(path)
        finally:
            os.umask(before)
        self._listener.listen(CLIENTS_LIMIT)
        self._listener.setblocking(False)  # noqa: FBT003 - the socket API's own signature
        self._clients: dict[int, socket.socket] = {}
        self._rests: dict[int, bytes] = {}

    def wait(self, for_s: float) -> list[tuple[int, bytes]]:
        """Wait for lines; each with the client that sent it."""
        watched = [self._listener, *self._clients.values()]
        ready, _, _ = select.select(watched, [], [], max(0.0, for_s))
        lines: list[tuple[int, bytes]] = []
        for one in ready:
            if one is self._listener:
                self._accept()
            else:
                lines += [(one.fileno(), line) for line in self._read(one)]
        return lines

    def send(self, client: int, line: bytes) -> None:
        """Answer; a client that has gone or does not read is dropped."""
        line_to = self._clients.get(client)
        if line_to is None:
            return
        try:
            sent = line_to.send(line + b"\n")
        except OSError:
            sent = -1
        if sent != len(line) + 1:
            self._drop(client)

    def tell_all(self, line: bytes) -> None:
        """Send to everybody who is connected."""
        for client in list(self._clients):
            self.send(client, line)

    def close(self) -> None:
        """Drop everybody; the file of the socket goes, too."""
        for client in list(self._clients):
            self._drop(client)
        with contextlib.suppress(OSError):
            os.unlink(self._listener.getsockname())  # noqa: PTH108 - pathlib is memory
        self._listener.close()

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:
            return
        if len(self._clients) >= CLIENTS_LIMIT or not _may_speak(client):
            client.close()
            return
        client.setblocking(False)  # noqa: FBT003 - the socket API's own signature
        self._clients[client.fileno()] = client
        self._rests[client.fileno()] = b""

    def _read(self, client: socket.socket) -> list[bytes]:
        number = client.fileno()
        try:
            received = client.recv(LINE_LIMIT_BYTES)
        except BlockingIOError:
            return []
        except OSError:
            received = b""
        *lines, rest = (self._rests[number] + received).split(b"\n")
        self._rests[number] = rest
        if not received or len(rest) > LINE_LIMIT_BYTES:
            self._drop(number)
        return lines

    def _drop(self, client: int) -> None:
        del self._rests[client]
        self._clients.pop(client).close()


def _may_speak(client: socket.socket) -> bool:
    """The same user or root. Source: unix(7), SO_PEERCRED: pid, uid, gid."""
    told = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", told)[1] in {0, os.geteuid()}


def _remove_left_over(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as trial:
        trial.settimeout(1.0)
        try:
            trial.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)  # noqa: PTH108 - pathlib is memory
        except FileNotFoundError:
            pass
        else:
            message = f"{path}: another guard listens there"
            raise OSError(message)
