"""Serves the last report over HTTP, read only: ``/api/status``, ``/health`` and ``/liveness``.

Invariant: nobody who can reach it can stop the keeper. Connections are few and short-lived, so
that they never use up the file descriptors that a pause needs; a port that is taken is tried again.
"""

from __future__ import annotations

import asyncio
import errno
import hmac
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_address
from typing import Protocol

import msgspec
from aiohttp import web

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.report import Report
from eoskeeper.domain.samples import ProbeName
from eoskeeper.web.connections import Connections, json_response

__all__ = [
    "WEB_ADDRESS_IN_USE",
    "WEB_CANNOT_LISTEN",
    "WEB_LISTENING",
    "Log",
    "Token",
    "WebSettings",
    "serve",
]

WEB_LISTENING = "web_listening"
WEB_ADDRESS_IN_USE = "web_address_in_use"
WEB_CANNOT_LISTEN = "web_cannot_listen"

REPORT_AGE_LIMIT_S = 5.0
"""A keeper that reports each second and has not for so long is not well."""


class Log(Protocol):
    """The two levels used here."""

    def info(self, event: str, **details: object) -> object:
        """Log where it listens."""

    def warning(self, event: str, **details: object) -> object:
        """Log why it does not."""


class Token(Protocol):
    """A secret that shows itself as stars."""

    def reveal(self) -> str:
        """The text itself."""


class WebSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where to serve, and to whom.

    Attributes:
        host: an IP.
        port: 0 takes any free one, which the log tells.
        token: what every request must carry; None asks for none and is for loopback only.
        retry_s: seconds until an address that could not be had is tried again.
    """

    host: str
    port: int
    token: Token | None = None
    retry_s: float = 10.0

    @property
    def address(self) -> str:
        """As written in ``web.listen``."""
        return _written(self.host, self.port)


async def serve(
    settings: WebSettings,
    report: Callable[[], Report | None],
    clock: Callable[[], Moment],
    log: Log,
) -> None:
    """Serve until cancelled.

    Args:
        settings: where and to whom.
        report: the last one; None before the first cycle.
        clock: for the age of the report.
        log: told each change: listening, or why not.
    """
    open_to_all = settings.token is None
    assert not open_to_all or ip_address(settings.host).is_loopback, "no token on an open address"
    connections = Connections(_Desk(settings.token, report, clock).answer)
    listening = await _listen(settings, connections, log)
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        listening.close()
        connections.abort()


async def _listen(settings: WebSettings, connections: Connections, log: Log) -> asyncio.Server:
    """Try until it works; each new reason why not is logged once."""
    loop, told = asyncio.get_running_loop(), 0
    while True:
        try:
            server = await loop.create_server(connections, settings.host, settings.port)
        except OSError as error:
            if error.errno != told:
                told = error.errno or -1
                _tell_failure(settings, error, log)
            await asyncio.sleep(settings.retry_s)
        else:
            host, port, *_ = server.sockets[0].getsockname()
            log.info(WEB_LISTENING, address=_written(host, port))
            return server


def _tell_failure(settings: WebSettings, error: OSError, log: Log) -> None:
    taken = error.errno == errno.EADDRINUSE
    log.warning(
        WEB_ADDRESS_IN_USE if taken else WEB_CANNOT_LISTEN,
        setting="web.listen",
        address=settings.address,
        problem=error.strerror or str(error),
        retry_s=settings.retry_s,
    )


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class _Desk:
    """What is answered to a request."""

    def __init__(
        self,
        token: Token | None,
        report: Callable[[], Report | None],
        clock: Callable[[], Moment],
    ) -> None:
        self._token = token
        self._report = report
        self._clock = clock
        self._pages: dict[str, Callable[[], web.Response]] = {
            "/api/status": self._status,
            "/health": self._health,
            "/liveness": lambda: json_response(HTTPStatus.OK, {"alive": True}),
        }

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """One request; who may not ask learns nothing, not even which pages there are."""
        if not self._may_ask(request):
            response = json_response(HTTPStatus.UNAUTHORIZED, {"problem": "bearer token needed"})
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        if request.body_exists:
            problem = {"problem": "no request body is taken"}
            return json_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem)
        page = self._pages.get(request.path) if request.method == "GET" else None
        if page is None:
            return json_response(HTTPStatus.NOT_FOUND, {"problem": "no such page"})
        return page()

    def _may_ask(self, request: web.BaseRequest) -> bool:
        if self._token is None:
            return True
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        wanted = self._token.reveal().encode()
        is_equal = hmac.compare_digest(given.strip().encode(errors="surrogateescape"), wanted)
        return is_equal and scheme.lower() == "bearer"

    def _status(self) -> web.Response:
        report = self._report()
        if report is None:
            return json_response(HTTPStatus.SERVICE_UNAVAILABLE, {"problem": "no report yet"})
        return json_response(HTTPStatus.OK, report)

    def _health(self) -> web.Response:
        problems = self._problems()
        status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
        return json_response(status, {"healthy": not problems, "problems": problems})

    def _problems(self) -> list[str]:
        """An age below zero is a clock that was set back: as bad as an old report."""
        report = self._report()
        if report is None:
            return ["no report yet"]
        age_s = self._clock().utc_s - report.at_utc
        problems = [
            f"no reading: {one.probe}: {one.reason}"
            for one in report.failures
            if one.probe is not ProbeName.PEER  # a silent peer is its own host's trouble
        ]
        if abs(age_s) >= REPORT_AGE_LIMIT_S:
            problems.append(f"last report {age_s:.1f} s old (limit {REPORT_AGE_LIMIT_S:g})")
        return problems
