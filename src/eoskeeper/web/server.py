"""Serves what the keeper knows over HTTP, read only: the pages are in ``routes.ROUTES``.

Invariant: nobody who can reach it can stop the keeper. Connections are few and short-lived, so
that they never use up the file descriptors that a pause needs; a port that is taken is tried again.
"""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections.abc import Callable
from ipaddress import ip_address

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.report import Report
from eoskeeper.web.asking import Office
from eoskeeper.web.connections import Connections
from eoskeeper.web.desk import Desk
from eoskeeper.web.guard import Guard
from eoskeeper.web.listening import Listener, listen
from eoskeeper.web.ports import Log, Offers
from eoskeeper.web.settings import Token, WebSettings, written
from eoskeeper.web.shelf import Shelf
from eoskeeper.web.tls import server_context, watch_certificate

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


async def serve(
    settings: WebSettings,
    report: Callable[[], Report | None],
    clock: Callable[[], Moment],
    log: Log,
    offers: Offers | None = None,
) -> None:
    """Serve until cancelled.

    Args:
        settings: where and to whom.
        report: the last one; None before the first cycle.
        clock: for the age of the report.
        log: told each change: listening, or why not.
        offers: what else is served; None nothing else.
    """
    assert not settings.is_open or ip_address(settings.host).is_loopback, (
        "no token on an open address"
    )
    extra = offers or Offers()
    async with asyncio.TaskGroup() as group:
        shelf = None if extra.history is None else Shelf(extra.history, group)
        office = Office(report=report, clock=clock, offers=extra, shelf=shelf)
        connections = Connections(Desk(Guard(settings), office).answer)
        listener, context = await _listen(settings, connections, log)
        if context is not None:
            group.create_task(watch_certificate(context, settings, log))
        try:
            await listener.serve()
        finally:
            listener.close()
            connections.abort()


async def _listen(
    settings: WebSettings, connections: Connections, log: Log
) -> tuple[Listener, ssl.SSLContext | None]:
    """Try until it works; each new reason why not is logged once."""
    told = ""
    while True:
        setting = "web.certificate"
        try:
            # Files are read, and a disk may hang.
            context = await asyncio.to_thread(server_context, settings)
            setting = "web.listen"
            listener = await listen(settings.host, settings.port, context, connections)
        except OSError as error:
            reason = f"{setting} {type(error).__name__} {error.errno} {error.strerror}"
            if reason != told:
                told = reason
                _tell_failure(settings, setting, error, log)
            await asyncio.sleep(settings.retry_s)
        else:
            log.info(WEB_LISTENING, address=written(*listener.name()))
            return listener, context


def _tell_failure(settings: WebSettings, setting: str, error: OSError, log: Log) -> None:
    taken = error.errno == errno.EADDRINUSE
    log.warning(
        WEB_ADDRESS_IN_USE if taken else WEB_CANNOT_LISTEN,
        setting=setting,
        address=settings.address,
        problem=error.strerror or str(error),
        retry_s=settings.retry_s,
    )
