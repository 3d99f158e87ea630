"""TLS: the server's certificate and whose clients' certificates it takes, read from files."""

from __future__ import annotations

import asyncio
import os
import ssl

from eoskeeper.web.ports import Log
from eoskeeper.web.settings import WebSettings

__all__ = ["WEB_CERTIFICATE_KEPT", "WEB_CERTIFICATE_RENEWED", "server_context", "watch_certificate"]

WEB_CERTIFICATE_RENEWED = "web_certificate_renewed"
WEB_CERTIFICATE_KEPT = "web_certificate_kept"

RENEWAL_PERIOD_S = 300.0
"""How often it is looked whether the certificate was renewed; that happens every few weeks."""


def server_context(settings: WebSettings) -> ssl.SSLContext | None:
    """What connections begin with; None without encryption. Reads files.

    Raises:
        OSError: a file is missing, or is not what it should be.
    """
    if settings.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.certificate, settings.key, password=_no_password)
    if settings.client_ca is not None:
        context.load_verify_locations(cafile=settings.client_ca)
        # Who shows none may still have the token; who shows a wrong one is not let in.
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


async def watch_certificate(
    context: ssl.SSLContext, settings: WebSettings, log: Log, *, period_s: float = RENEWAL_PERIOD_S
) -> None:
    """Take a renewed certificate without a restart; a bad one is told, and the old one kept."""
    seen = await asyncio.to_thread(_changed_ns, settings)
    while True:
        await asyncio.sleep(period_s)
        now = await asyncio.to_thread(_changed_ns, settings)
        if now == seen:
            continue
        seen = now
        try:
            await asyncio.to_thread(_renew, context, settings)
        except OSError as error:
            log.warning(
                WEB_CERTIFICATE_KEPT,
                setting="web.certificate",
                problem=error.strerror or str(error),
            )
        else:
            log.info(WEB_CERTIFICATE_RENEWED, address=settings.address)


def _renew(context: ssl.SSLContext, settings: WebSettings) -> None:
    # Tried first on a context of its own: a pair that does not fit must not break the one in use.
    server_context(settings)
    assert settings.certificate is not None, "renewed without a certificate"
    context.load_cert_chain(settings.certificate, settings.key, password=_no_password)


def _changed_ns(settings: WebSettings) -> tuple[int | None, ...]:
    paths = (settings.certificate, settings.key)
    return tuple(None if path is None else _time_ns(path) for path in paths)


def _time_ns(path: os.PathLike[str]) -> int | None:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - any path-like
    except OSError:
        return None


def _no_password() -> str:
    """A key under a password would make OpenSSL ask for it on the terminal, and wait."""
    return ""
