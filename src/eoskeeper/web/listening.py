"""Listening: takes connections on one address, encrypted or not, within the same bounds."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from typing import Protocol

from eoskeeper.web.connections import LIFETIME_S, MAX_CONNECTIONS, Connections

__all__ = ["Listener", "listen"]

ACCEPT_PAUSE_S = 1.0
"""After a connection could not be taken, mostly for want of file descriptors."""


class Listener(Protocol):
    """An address that is listened on."""

    def name(self) -> tuple[str, int]:
        """IP and port."""

    async def serve(self) -> None:
        """Take connections until cancelled."""

    def close(self) -> None:
        """Give the address back."""


async def listen(
    host: str, port: int, context: ssl.SSLContext | None, connections: Connections
) -> Listener:
    """Begin to listen.

    Raises:
        OSError: the address cannot be had.
    """
    loop = asyncio.get_running_loop()
    if context is None:
        return _Plain(await loop.create_server(connections, host, port))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.create_server((host, port), family=family, backlog=MAX_CONNECTIONS)
    taken.settimeout(0)
    return _Encrypted(taken, context, connections)


class _Plain:
    def __init__(self, server: asyncio.Server) -> None:
        self._server = server

    def name(self) -> tuple[str, int]:
        host, port, *_ = self._server.sockets[0].getsockname()
        return host, port

    async def serve(self) -> None:
        await asyncio.get_running_loop().create_future()

    def close(self) -> None:
        self._server.close()


class _Encrypted:
    """asyncio's own server counts a connection only after its handshake, which may take long.

    So whoever just connects and says nothing would use up the file descriptors; here handshakes
    have a bound of their own.
    """

    def __init__(
        self, taken: socket.socket, context: ssl.SSLContext, connections: Connections
    ) -> None:
        self._socket = taken
        self._context = context
        self._connections = connections
        self._handshakes = 0

    def name(self) -> tuple[str, int]:
        host, port, *_ = self._socket.getsockname()
        return host, port

    def close(self) -> None:
        self._socket.close()

    async def serve(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                client = await self._accepted()
                if self._handshakes >= MAX_CONNECTIONS or self._connections.is_full:
                    client.close()
                    continue
                self._handshakes += 1
                group.create_task(self._shake_hands(client))

    async def _accepted(self) -> socket.socket:
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, _ = await loop.sock_accept(self._socket)
            except OSError:
                await asyncio.sleep(ACCEPT_PAUSE_S)
            else:
                return client

    async def _shake_hands(self, client: socket.socket) -> None:
        """A stranger who speaks no TLS is no event: nothing is logged."""
        loop = asyncio.get_running_loop()
        try:
            with suppress(OSError, TimeoutError):
                await loop.connect_accepted_socket(
                    self._connections,
                    client,
                    ssl=self._context,
                    ssl_handshake_timeout=LIFETIME_S,
                )
        finally:
            self._handshakes -= 1
