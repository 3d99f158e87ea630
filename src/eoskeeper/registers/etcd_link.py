"""The link to etcd's members: one HTTP request, bounded in time and size. Failures are values."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping

import aiohttp

from eoskeeper.domain.register import RegisterReason
from eoskeeper.registers.etcd_settings import EtcdSettings
from eoskeeper.registers.etcd_wire import Said, Trouble

__all__ = ["ANSWER_BYTES", "EtcdLink", "tls_context"]

ANSWER_BYTES = 64 * 1024
"""A record is some hundred bytes; whatever is longer is no answer to us."""


def tls_context(settings: EtcdSettings) -> ssl.SSLContext:
    """Whom we trust and what we show. Reads files; needed for https only.

    Raises:
        OSError: a file is missing, or is not what it should be.
    """
    context = ssl.create_default_context(cafile=settings.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.certificate is not None:
        context.load_cert_chain(settings.certificate, settings.key, password=_no_password)
    return context


class EtcdLink:
    """Connections to all members; bound to the loop of its first request."""

    def __init__(self, server_name: str | None, tls: ssl.SSLContext | None) -> None:
        """Nothing is opened yet."""
        self._server_name = server_name
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def get(self, url: str, within_s: float) -> Said | Trouble:
        """Ask for something."""
        return await self._send("GET", url, b"", {}, within_s)

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], within_s: float
    ) -> Said | Trouble:
        """Send JSON. A request without an answer may still take effect."""
        return await self._send("POST", url, body, headers, within_s)

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _send(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], within_s: float
    ) -> Said | Trouble:
        name = self._server_name if url.startswith("https:") else None
        try:
            async with (
                asyncio.timeout(within_s),
                self._opened().request(
                    method,
                    url,
                    data=body or None,
                    headers=headers,
                    allow_redirects=False,
                    ssl=self._tls or True,
                    server_hostname=name,
                ) as response,
            ):
                return await _said(response)
        except TimeoutError:
            return Trouble(RegisterReason.TIMEOUT, f"no answer in {within_s:.2f} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _trouble_of(error)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=16),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Content-Type": "application/json"},
                timeout=aiohttp.ClientTimeout(total=None),
                trust_env=False,
            )
        return self._session


async def _said(response: aiohttp.ClientResponse) -> Said | Trouble:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > ANSWER_BYTES:
            return Trouble(RegisterReason.MALFORMED, f"more than {ANSWER_BYTES} bytes")
    return Said(response.status, bytes(body))


def _trouble_of(error: Exception) -> Trouble:
    """Never the whole message: it may hold what was sent."""
    inner = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    if isinstance(inner, ssl.SSLError) or isinstance(error, aiohttp.ClientSSLError):
        words = getattr(inner, "verify_message", "") or getattr(inner, "reason", "")
        return Trouble(RegisterReason.TLS, f"TLS: {words or type(inner).__name__}")
    if isinstance(error, aiohttp.ClientConnectorError):
        words = error.os_error.strerror or type(error.os_error).__name__
        return Trouble(RegisterReason.UNREACHABLE, words)
    if "SSL" in str(error):
        # With TLS 1.3 a member refuses our certificate only after the connection stands.
        return Trouble(RegisterReason.TLS, "TLS: the member ended the connection")
    return Trouble(RegisterReason.UNREACHABLE, f"connection lost: {type(error).__name__}")


def _no_password() -> str:
    """A key under a password would make OpenSSL ask for it on the terminal, and wait."""
    return ""
