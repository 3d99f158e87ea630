"""Connections: aiohttp's HTTP with bounds on what clients can take of the keeper.

One request for each connection, ten seconds at most, thirty-two at once; one more is dropped. A
stream may last; its own bound is the feed's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import cast

from aiohttp import web

from eoskeeper.web.answers import problem

__all__ = ["Answer", "Connections", "prolong"]

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

MAX_CONNECTIONS = 32
LIFETIME_S = 10.0
"""From the connection to the end of the answer, however slowly a client asks or reads."""

LINGERING_S = 1.0
"""A body that nobody wants is read for so long, so that its sender gets to see the answer."""


class Connections(web.Server):
    """Factory of the protocols that asyncio makes for each connection; bound to one loop."""

    def __init__(self, answer: Answer, *, lifetime_s: float = LIFETIME_S) -> None:
        """Take who answers; needs a running loop."""
        # A client that is gone is not worked for any more, and its place in the stream is free.
        super().__init__(answer, handler_cancellation=True)
        self._lifetime_s = lifetime_s
        self._open: dict[asyncio.Transport, asyncio.TimerHandle] = {}
        self._streams: set[asyncio.Transport] = set()

    def __call__(self) -> web.RequestHandler:
        """Called by asyncio for each connection taken."""
        return _Connection(self, asyncio.get_running_loop())

    @property
    def is_full(self) -> bool:
        """No room for one more."""
        return len(self._open) >= MAX_CONNECTIONS

    def admit(self, transport: asyncio.Transport) -> None:
        """Count a connection and limit its time, or drop it when there are too many."""
        if self.is_full:
            transport.abort()
            return
        loop = asyncio.get_running_loop()
        self._open[transport] = loop.call_later(self._lifetime_s, transport.abort)

    def prolong(self, transport: asyncio.Transport) -> None:
        """Let a stream last; it does not count as a connection any more."""
        deadline = self._open.pop(transport, None)
        if deadline is not None:
            deadline.cancel()
            self._streams.add(transport)

    def leave(self, transport: asyncio.Transport) -> None:
        """Stop counting it."""
        deadline = self._open.pop(transport, None)
        if deadline is not None:
            deadline.cancel()
        self._streams.discard(transport)

    def abort(self) -> None:
        """End every connection at once."""
        for transport in (*self._open, *self._streams):
            transport.abort()


class _Connection(web.RequestHandler):
    """One connection."""

    __slots__ = ("_limits", "_taken")

    def __init__(self, limits: Connections, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            limits,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # None is how AppRunner turns it off, too
            lingering_time=LINGERING_S,
        )
        self._limits = limits
        self._taken: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or drop the connection when there are too many."""
        super().connection_made(transport)
        self._taken = cast("asyncio.Transport", transport)
        self._limits.admit(self._taken)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End."""
        if self._taken is not None:
            self._limits.leave(self._taken)
        super().connection_lost(exc)

    def prolong(self) -> None:
        """Let it last beyond its time."""
        if self._taken is not None:
            self._limits.prolong(self._taken)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - the signature is aiohttp's
    ) -> web.StreamResponse:
        """What is no HTTP is told so and not logged: a stranger must not fill the log."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log_exception("Error answering %s", request.path, exc_info=exc)
        return problem(HTTPStatus(status), HTTPStatus(status).phrase)


def prolong(request: web.BaseRequest) -> None:
    """Let the connection of a request last beyond its time."""
    connection = request.protocol
    assert isinstance(connection, _Connection), "not one of our connections"
    connection.prolong()
