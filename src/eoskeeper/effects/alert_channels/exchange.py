"""One bounded HTTP exchange with a message service, told as an answer or as a failed attempt.

Addresses and bodies carry keys, and what a library says of an error may quote the address; so
details are made here of known words, and foreign text goes through ``printable``.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Literal, Self
from urllib.parse import quote, quote_plus, urlsplit

import aiohttp
import msgspec

from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import STARS, Secret, telling_parts
from eoskeeper.effects.alert_channels.channel import Attempt

__all__ = ["ANSWER_LIMIT_BYTES", "DETAIL_LIMIT", "Answer", "Client", "Request", "printable"]

ANSWER_LIMIT_BYTES = 64 * 2**10
"""The services answer with some hundred bytes."""

DETAIL_LIMIT = 300
"""Characters of an attempt's detail."""

RETRY_AFTER_LIMIT_S = 86_400.0
"""Nobody waits longer than a day, whatever a service asks for."""

_OK, _REDIRECT, _CLIENT_ERROR, _SERVER_ERROR = 200, 300, 400, 500
_REQUEST_TIMEOUT, _TOO_MANY_REQUESTS = 408, 429


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked; its ``repr`` shows nothing, because every part may hold a key.

    Attributes:
        url: whole, with its query already encoded.
        body: sent as it is; name its kind in ``headers``.
    """

    method: Literal["GET", "POST"]
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"Request({self.method} {STARS})"

    __str__ = __repr__

    @classmethod
    def of_json(cls, url: str, content: object, headers: Mapping[str, str] | None = None) -> Self:
        """A POST of a JSON value."""
        kind = {"Content-Type": "application/json; charset=utf-8"}
        body = msgspec.json.encode(content)
        return cls(method="POST", url=url, headers={**kind, **(headers or {})}, body=body)


class Answer(msgspec.Struct, frozen=True):
    """A whole answer, whatever its status.

    Attributes:
        retry_after_s: what the headers ask for; None when they do not.
    """

    status: int
    body: bytes
    retry_after_s: float | None = None

    def failure(self, said: str = "") -> Attempt | None:
        """The attempt that this status means; None when it is 200 and the body must be judged.

        Args:
            said: printable words of the service to tell with the status.
        """
        if self.status == _OK:
            return None
        detail = printable(f"HTTP {self.status} {said}".rstrip())
        return Attempt(_result_of(self.status), detail, self.retry_after_s)


class Client:
    """An HTTP client that adds nothing: no cookies, no proxy of the environment, no redirects.

    The session is kept so that a name is resolved by one thread at a time, however often a dead
    name server lets an attempt time out; connections are not, because a stale one loses a message.
    """

    def __init__(self) -> None:
        """Nothing is opened before the first exchange."""
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Let the session go; a later exchange makes another."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def exchange(self, request: Request, timeout_s: float) -> Answer | Attempt:
        """Ask once.

        Args:
            timeout_s: seconds from the connection to the whole answer.

        Returns:
            The answer whatever its status, or the failed attempt when there is no whole one.
        """
        if not _is_http(request.url):
            return Attempt(DeliveryResult.REFUSED, "the configured address is not of HTTP")
        try:
            async with asyncio.timeout(timeout_s):
                return await self._ask(request)
        except TimeoutError:
            return Attempt(DeliveryResult.TIMED_OUT, f"no whole answer in {timeout_s:g} s")
        except aiohttp.InvalidURL:
            return Attempt(DeliveryResult.REFUSED, "the configured address is not of HTTP")
        except aiohttp.ClientConnectorError as error:
            return Attempt(DeliveryResult.UNAVAILABLE, _connect_failure(error))
        except aiohttp.ClientResponseError as error:
            return Attempt(DeliveryResult.UNINTELLIGIBLE, f"not HTTP: {type(error).__name__}")
        except (aiohttp.ClientError, OSError) as error:
            return Attempt(DeliveryResult.UNAVAILABLE, f"connection lost: {type(error).__name__}")
        except ValueError as error:
            # A host name that cannot be one, or a header with a line end: known while asking only.
            return Attempt(DeliveryResult.REFUSED, f"cannot be asked: {type(error).__name__}")

    async def _ask(self, request: Request) -> Answer | Attempt:
        session = self._session = self._session or _session()
        async with session.request(
            request.method,
            request.url,
            headers=request.headers,
            data=request.body,
            allow_redirects=False,  # one would carry the key elsewhere
        ) as response:
            body = await _body(response)
            if body is None:
                detail = f"an answer of more than {ANSWER_LIMIT_BYTES} bytes"
                return Attempt(DeliveryResult.UNINTELLIGIBLE, detail)
            return Answer(response.status, body, _retry_after_s(response.headers))


def printable(text: str, secrets: Iterable[Secret | str] = ()) -> str:
    """Foreign text for a detail: one line of at most 300 characters without these secrets.

    A service may quote what it was sent, or a part of it. Secrets are starred in plain and in URL
    form, before the text is cut, so that no part of one is left at the end.
    """
    for secret in secrets:
        plain = secret.reveal() if isinstance(secret, Secret) else secret
        for part in telling_parts(plain):
            for form in (part, quote(part, safe=""), quote_plus(part), quote(part)):
                text = text.replace(form, STARS) if form else text
    line = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(line.split())[:DETAIL_LIMIT]


def _is_http(url: str) -> bool:
    """Checked here because aiohttp fails an assertion of its own on some that are not."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _session() -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=4, force_close=True),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept-Encoding": "identity", "User-Agent": "eoskeeper"},
        auto_decompress=False,
        trust_env=False,
    )
    # A GET whose connection broke would be asked again; at a gateway it may be a message sent.
    session._retry_connection = False  # noqa: SLF001 - aiohttp has no other switch; a test holds it
    return session


def _result_of(status: int) -> DeliveryResult:
    if status == _TOO_MANY_REQUESTS:
        return DeliveryResult.THROTTLED
    if status >= _SERVER_ERROR or status == _REQUEST_TIMEOUT:
        return DeliveryResult.UNAVAILABLE
    if status >= _CLIENT_ERROR:
        return DeliveryResult.REFUSED
    return DeliveryResult.UNINTELLIGIBLE


async def _body(response: aiohttp.ClientResponse) -> bytes | None:
    """None when it is larger than the limit."""
    taken = bytearray()
    async for chunk in response.content.iter_any():
        taken += chunk
        if len(taken) > ANSWER_LIMIT_BYTES:
            response.close()
            return None
    return bytes(taken)


def _connect_failure(error: aiohttp.ClientConnectorError) -> str:
    """The host is named: an address's key is in its path or query, never there."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return printable(f"no address for {error.host}")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        reason = error.certificate_error
        why = reason.verify_message if isinstance(reason, ssl.SSLCertVerificationError) else ""
        return printable(f"certificate not trusted: {why}")
    if isinstance(error, aiohttp.ClientSSLError):
        return f"no TLS: {type(error.os_error).__name__}"
    cause = error.os_error
    return f"no connection: {type(cause).__name__} {cause.errno or ''}".rstrip()


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds, or a date that is compared with the answer's own date.

    Source: RFC 9110 section 10.2.3; "Rate limits",
    open.feishu.cn/document/server-docs/api-call-guide/frequency-control.
    """
    asked = (headers.get("Retry-After") or headers.get("x-ogw-ratelimit-reset") or "").strip()
    if asked.isascii() and asked.isdigit():
        return min(float(asked[:12]), RETRY_AFTER_LIMIT_S)
    then, now = _date(asked), _date(headers.get("Date", ""))
    if then is None or now is None:
        return None
    return min(max((then - now).total_seconds(), 0.0), RETRY_AFTER_LIMIT_S)


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo is not None else None
