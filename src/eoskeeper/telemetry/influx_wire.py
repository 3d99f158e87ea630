"""Wire: one request to InfluxDB, and what its answer means for the points.

Lost are points only when the server says that *they* are wrong. An answer about us (token, user,
database) or about the server keeps them, to be sent again.
Source: docs.influxdata.com, write APIs of 1.x, 2.x and 3 Core; influxdb v1.6
services/httpd/handler.go (serveWrite).
"""

from __future__ import annotations

import asyncio
import gzip
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import parse_qs, quote, quote_plus, urlsplit

import aiohttp

from eoskeeper.domain.secret import STARS
from eoskeeper.telemetry.influx_settings import Endpoint, InfluxVersion

__all__ = ["Accepted", "Answer", "Halve", "InfluxWire", "Later", "Refused"]

WORDS = 300
"""Characters of an answer that are kept for people."""

ANSWER_BYTES = 16 * 1024
LONGEST_WAIT_S = 300.0
GZIP_FROM_BYTES = 512
THREAD_FROM_BYTES = 32 * 1024

_OK = frozenset({200, 204})
_ABOUT_POINTS = frozenset({400, 422})
_TOO_LARGE = 413
_OF_A_MOMENT = frozenset({408, 425, 429})
_ABOUT_US = frozenset(range(400, 500)) - _ABOUT_POINTS - _OF_A_MOMENT - {_TOO_LARGE}
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")
_SECONDS = re.compile(r"[0-9]{1,9}")
_DROPPED = re.compile(r"dropped=(\d+)")


class Accepted(NamedTuple):
    """Taken.

    Attributes:
        rejected: points of them that were refused for good.
        words: of the server, about those.
    """

    rejected: int = 0
    words: str = ""


class Later(NamedTuple):
    """Not taken, and nothing is wrong with the points.

    Attributes:
        wait_s: seconds that the server asks for; None when it asks for none.
    """

    words: str
    wait_s: float | None = None


class Halve(NamedTuple):
    """Too large, or something in it is wrong: the halves may go."""

    words: str


class Refused(NamedTuple):
    """The server will not take it from us: a wrong token, a missing database."""

    words: str


Answer = Accepted | Later | Halve | Refused


class InfluxWire:
    """Client of one database; bound to the loop of its first request."""

    def __init__(self, endpoint: Endpoint, timeout_s: float, *, pack: bool) -> None:
        """Take where and how; nothing is opened yet.

        Args:
            endpoint: where.
            timeout_s: for one request, from the connection to the whole answer.
            pack: send with gzip.
        """
        self._endpoint = endpoint
        self._secrets = _secrets_of(endpoint)
        self._timeout_s = timeout_s
        self._pack = pack
        self._session: aiohttp.ClientSession | None = None

    async def write(self, lines: bytes, now_utc: float) -> Answer:
        """Send lines once; no failure is an exception.

        Args:
            lines: in line protocol.
            now_utc: for an answer that names the time to come back.
        """
        answer = await self._write_once(lines, now_utc)
        if isinstance(answer, Refused) and self._is_missing_database(answer):
            created = await self._create_database()
            if created:
                return await self._write_once(lines, now_utc)
        return answer

    async def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _write_once(self, lines: bytes, now_utc: float) -> Answer:
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        if self._pack and len(lines) >= GZIP_FROM_BYTES:
            headers["Content-Encoding"] = "gzip"
            # A second's points are packed in less time than it takes to ask a thread.
            is_long = len(lines) > THREAD_FROM_BYTES
            packing = asyncio.to_thread(gzip.compress, lines, 1) if is_long else None
            lines = gzip.compress(lines, 1) if packing is None else await packing
        said = await self._post(self._endpoint.url, lines, headers)
        return said if isinstance(said, Later) else meaning(said, now_utc)

    async def _create_database(self) -> bool:
        name = self._endpoint.database.replace("\\", "\\\\").replace('"', '\\"')
        form = f'CREATE DATABASE "{name}"'
        said = await self._post(self._endpoint.query_url, {"q": form}, {})
        return isinstance(said, Said) and said.status in _OK and '"error"' not in said.text

    def _is_missing_database(self, answer: Refused) -> bool:
        is_v1 = self._endpoint.version is InfluxVersion.V1
        return is_v1 and "database not found" in answer.words

    async def _post(
        self, url: str, body: bytes | dict[str, str], headers: dict[str, str]
    ) -> Said | Later:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=1),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                trust_env=False,
            )
        if self._endpoint.authorization is not None:
            headers = headers | {"Authorization": self._endpoint.authorization}
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._session.post(
                    url, data=body, headers=headers, allow_redirects=False
                ) as response,
            ):
                text = (await response.content.read(ANSWER_BYTES)).decode(errors="replace")
                retry_after = response.headers.get("Retry-After", "")
                return Said(response.status, self._without_secrets(text), retry_after)
        except TimeoutError:
            return Later(f"no answer in {self._timeout_s:g} s")
        except aiohttp.ClientConnectorError as error:
            return Later(error.os_error.strerror or type(error.os_error).__name__)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Never the message: it may hold the address with its password.
            return Later(type(error).__name__)

    def _without_secrets(self, text: str) -> str:
        """Some servers and proxies quote what they were asked."""
        for secret in self._secrets:
            text = text.replace(secret, STARS)
        return text


def _secrets_of(endpoint: Endpoint) -> tuple[str, ...]:
    """The password and the token, as they are and as an address has them, longest first."""
    asked = parse_qs(urlsplit(endpoint.url).query)
    plain = [*asked.get("p", []), (endpoint.authorization or "").rpartition(" ")[2]]
    forms = {form for one in plain if one for form in (one, quote(one, safe=""), quote_plus(one))}
    return tuple(sorted(forms, key=len, reverse=True))


class Said(NamedTuple):
    """An answer as it came, but for what is secret."""

    status: int
    text: str
    retry_after: str = ""


def meaning(said: Said, now_utc: float) -> Answer:
    """What an answer means for the points that were sent.

    A partial write is an error that wrote the rest: versions 1 and 3 answer 400, version 2 422.
    """
    if said.status in _OK:
        return Accepted()
    words = f"{said.status} {_BLANKS.sub(' ', said.text)}"[:WORDS].strip()
    if "partial write" in said.text:
        return Accepted(rejected=_rejected(said.text), words=words)
    if said.status in _ABOUT_POINTS or said.status == _TOO_LARGE:
        return Halve(words)
    if said.status in _ABOUT_US:
        return Refused(words)
    return Later(words, _wait_s(said.retry_after, now_utc))


def _rejected(text: str) -> int:
    """What the server says it dropped; lines that it could not even read are not in that figure."""
    counted = sum(int(number) for number in _DROPPED.findall(text))
    return max(counted + text.count("unable to parse '"), text.count('"line_number"'), 1)


def _wait_s(text: str, now_utc: float) -> float | None:
    """Seconds or a date, as RFC 9110, 10.2.3 has it; bounded."""
    if not text:
        return None
    if _SECONDS.fullmatch(text.strip()):
        return min(float(text), LONGEST_WAIT_S)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    ahead_s = (at - datetime.fromtimestamp(now_utc, UTC)).total_seconds()
    return min(max(ahead_s, 0.0), LONGEST_WAIT_S)
