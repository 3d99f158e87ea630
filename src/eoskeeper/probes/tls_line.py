"""An encrypted line to one HTTP server: a connection for each question, both sides with papers."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from eoskeeper.domain.samples import FailureReason
from eoskeeper.probes.http_answer import Answer, AnswerReader, Unread
from eoskeeper.probes.http_line import Unconnected

__all__ = ["Papers", "TlsLine", "client_context"]

_HTTPS_PORT = 443
_CHUNK_BYTES = 64 * 2**10
_HUNG_UP = "closed without a word: perhaps it does not take our certificate"


class Papers(msgspec.Struct, frozen=True, kw_only=True):
    """Whom we trust, and what we show.

    Attributes:
        ca: who signed the server's certificate; None takes the authorities of the machine.
        certificate: ours, in PEM form; None shows none.
        key: of the certificate; None when it stands in the same file.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def client_context(papers: Papers) -> ssl.SSLContext:
    """What a connection begins with. Reads files.

    Raises:
        OSError: a file is missing, or is not what it should be.
    """
    context = ssl.create_default_context(cafile=papers.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if papers.certificate is not None:
        context.load_cert_chain(papers.certificate, papers.key, password=_no_password)
    return context


class TlsLine:
    """Asks one server; bound to one event loop. Time limits are the caller's."""

    def __init__(self, url: str, papers: Papers) -> None:
        """Nothing is opened, and no file read, before the first question.

        Args:
            url: ``https://HOST:PORT``.
            papers: for both sides.
        """
        parts = urlsplit(url)
        assert parts.scheme == "https", "not an encrypted address"
        self._host = parts.hostname or ""
        self._port = parts.port or _HTTPS_PORT
        self._papers = papers
        self._context: ssl.SSLContext | None = None
        self._looking_up: asyncio.Future[list[str]] | None = None

    async def ask(self, request: bytes, limit_bytes: int) -> Answer | Unread | Unconnected:
        """Ask once.

        Args:
            request: head and body as they go over the wire.
            limit_bytes: longest body taken.
        """
        try:
            if self._context is None:
                self._context = await asyncio.to_thread(client_context, self._papers)
            reader, writer = await self._connect(self._context)
        except OSError as error:
            self._forget_papers(error)
            return Unconnected(error)
        try:
            writer.write(request)
            return await self._read(reader, limit_bytes)
        except ssl.SSLError as error:
            # Who takes no certificate like ours says so after the handshake. Source: RFC 8446, 4.4.
            self._forget_papers(error)
            return Unread(
                FailureReason.NOT_PERMITTED, f"it refuses our certificate: {error.reason}"
            )
        except OSError as error:
            return Unread(FailureReason.DISCONNECTED, type(error).__name__)
        finally:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    def close(self) -> None:
        """Nothing is kept open."""

    async def _read(self, reader: asyncio.StreamReader, limit_bytes: int) -> Answer | Unread:
        answer = AnswerReader(limit_bytes)
        is_mute = True
        while data := await reader.read(_CHUNK_BYTES):
            is_mute = False
            whole = answer.feed(data)
            if whole is not None:
                return whole
        if is_mute and self._papers.certificate is not None:
            # Many servers, ours too, just hang up on a certificate that they do not take.
            self._context = None
            return Unread(FailureReason.DISCONNECTED, _HUNG_UP)
        return answer.end()

    def _forget_papers(self, error: OSError) -> None:
        """They are read anew the next time: perhaps they have been renewed."""
        if isinstance(error, ssl.SSLError):
            self._context = None

    async def _connect(
        self, context: ssl.SSLContext
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        problem: OSError = socket.gaierror(socket.EAI_NONAME, "no address")
        for address in await self._addresses():
            try:
                return await asyncio.open_connection(
                    address, self._port, ssl=context, server_hostname=self._host
                )
            except ssl.SSLError:
                raise
            except OSError as error:
                problem = error
        raise problem

    async def _addresses(self) -> list[str]:
        """One look-up at a time: one that hangs keeps a thread, and others need them."""
        if self._looking_up is None:
            loop = asyncio.get_running_loop()
            self._looking_up = loop.run_in_executor(None, _look_up, self._host, self._port)
        found = await asyncio.shield(self._looking_up)
        self._looking_up = None
        return found


def _look_up(host: str, port: int) -> list[str]:
    """No address is an empty list: nobody may be left to take an error."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in found]


def _no_password() -> str:
    """A key under a password would make OpenSSL ask for it on the terminal, and wait."""
    return ""
