"""Connections: aiohttp's HTTP with bounds on what clients can take of the keeper.

One request for each connection, ten seconds at most, thirty-two at once; one more is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import cast

import msgspec
from aiohttp import web

__all__ = ["Answer", "Connections", "json_response"]

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

MAX_CONNECTIONS = 32
LIFETIME_S = 10.0
"""From the connection to the end of the answer, however slowly a client asks or reads."""

LINGERING_S = 1.0
"""A body that nobody wants is read for so long, so that its sender gets to see the answer."""


def json_response(status: HTTPStatus, value: object) -> web.Response:
    """An answer that ends its connection and does not tell what made it."""
    response = web.Response(
        status=status,
        body=msgspec.json.encode(value),
        content_type="application/json",
        headers={"Server": "eoskeeper", "Cache-Control": "no-store"},
    )
    response.force_close()
    return response


class Connections(web.Server):
    """Factory of the protocols that asyncio makes for each connection; bound to one loop."""

    def __init__(self, answer: Answer, *, lifetime_s: float = LIFETIME_S) -> None:
        """Take who answers; needs a running loop."""
        super().__init__(answer)
        self._lifetime_s = lifetime_s
        self._open: set[asyncio.Transport] = set()

    def __call__(self) -> web.RequestHandler:
        """Called by asyncio for each connection taken."""
        return _Connection(self, asyncio.get_running_loop())

    def admit(self, transport: asyncio.Transport) -> asyncio.TimerHandle | None:
        """Count a connection and limit its time; None when there are too many."""
        if len(self._open) >= MAX_CONNECTIONS:
            return None
        self._open.add(transport)
        return asyncio.get_running_loop().call_later(self._lifetime_s, transport.abort)

    def leave(self, transport: asyncio.Transport) -> None:
        """Stop counting it."""
        self._open.discard(transport)

    def abort(self) -> None:
        """End every connection at once."""
        for transport in tuple(self._open):
            transport.abort()


class _Connection(web.RequestHandler):
    """One connection."""

    __slots__ = ("_deadline", "_limits", "_taken")

    def __init__(self, limits: Connections, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            limits,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # None is how AppRunner turns it off, too
            lingering_time=LINGERING_S,
        )
        self._limits = limits
        self._taken: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or drop the connection when there are too many."""
        super().connection_made(transport)
        self._taken = cast("asyncio.Transport", transport)
        self._deadline = self._limits.admit(self._taken)
        if self._deadline is None:
            self._taken.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """End."""
        if self._deadline is not None:
            self._deadline.cancel()
        if self._taken is not None:
            self._limits.leave(self._taken)
        super().connection_lost(exc)

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
        return json_response(HTTPStatus(status), {"problem": HTTPStatus(status).phrase})
