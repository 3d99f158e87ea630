"""A local HTTP server that answers as it is told, and checks the signatures of two clouds.

The signatures are computed here from what arrived on the wire, not with the program's functions.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

from hypothesis import strategies as st

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.findings import Severity
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.effects.alert_channels.channel import Attempt, Message

T = TypeVar("T")

NOW = Moment(MonoS(1000.0), UtcS(1_751_788_800.25))
"""2025-07-06 08:00:00.25 UTC."""

ADDRESS = "172.16.9.41"
MOBILES = ("13800000001", "13900000002")

MESSAGE = Message(
    title=f"bp-1 {ADDRESS}: head age 12.5 s",
    lines=("see http://wiki.example.com/head_age", "磁盘剩余 3.5 GB"),
    severity=Severity.CRITICAL,
    resolved=False,
    host="bp-1.example.com",
    at_utc=UtcS(1_751_788_800.0),
)


class Asked(NamedTuple):
    """One request as it arrived; header names in small letters."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        """Of the target, in UTF-8."""
        return dict(parse_qsl(urlsplit(self.target).query))


Said = bytes | None
"""A whole answer; None never answers."""


class Service(NamedTuple):
    """A running server."""

    url: str
    asked: list[Asked]


def answer(body: bytes | str, status: int = 200, headers: Iterable[str] = ()) -> bytes:
    """A whole HTTP answer."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + content


@asynccontextmanager
async def serving(reply: Callable[[Asked], Said]) -> AsyncIterator[Service]:
    """A server on the loopback for as long as the block lasts."""
    asked: list[Asked] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            request = await _read(reader)
            asked.append(request)
            said = reply(request)
            if said is None:
                await reader.read()
            else:
                writer.write(said)
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield Service(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked)


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    pairs = (line.split(":", 1) for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, body)


def run(main: Coroutine[object, object, T], limit_s: float = 20.0) -> T:
    """``asyncio.run`` with an end."""

    async def bounded() -> T:
        async with asyncio.timeout(limit_s):
            return await main

    return asyncio.run(bounded())


def ask(
    send: Callable[[str], Awaitable[Attempt]], reply: Callable[[Asked], Said] | Said
) -> tuple[Attempt, list[Asked]]:
    """What ``send`` makes of a service that replies so, and what the service was asked."""

    async def main() -> tuple[Attempt, list[Asked]]:
        async with serving(reply if callable(reply) else lambda _: reply) as service:
            return await send(service.url), service.asked

    return run(main())


def ask_nobody(send: Callable[[str], Awaitable[Attempt]]) -> Attempt:
    """What ``send`` makes of a port where nobody listens."""

    async def main() -> Attempt:
        async with serving(lambda _: None) as service:
            url = service.url
        return await send(url)

    return run(main())


def aliyun_signature(asked: Asked, key_secret: str) -> str:
    """Version 3, over the parameters' values and the headers that the request says are signed.

    A client may write a comma as itself or as %2C; what is signed is always the latter.
    """
    granted = asked.headers["authorization"]
    names = granted.split("SignedHeaders=")[1].split(",")[0]
    lines = [f"{name}:{asked.headers[name]}" for name in names.split(";")]
    body = hashlib.sha256(asked.body).hexdigest()
    parts = urlsplit(asked.target)
    query = "&".join(f"{name}={quote(asked.query[name], safe='')}" for name in sorted(asked.query))
    canonical = [asked.method, parts.path, query, *lines, "", names, body]
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    return _hmac(key_secret.encode(), f"ACS3-HMAC-SHA256\n{digest}").hex()


def tencent_signature(asked: Asked, secret_key: str) -> str:
    """TC3-HMAC-SHA256, over the headers that the request says are signed."""
    granted = asked.headers["authorization"]
    names = granted.split("SignedHeaders=")[1].split(",")[0]
    scope = granted.split("Credential=")[1].split(",")[0].split("/", 1)[1]
    lines = [f"{name}:{asked.headers[name]}" for name in names.split(";")]
    body = hashlib.sha256(asked.body).hexdigest()
    canonical = [asked.method, urlsplit(asked.target).path, "", *lines, "", names, body]
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    key = ("TC3" + secret_key).encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    stamp = asked.headers["x-tc-timestamp"]
    return _hmac(key, f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{digest}").hex()


def signature_in(asked: Asked) -> str:
    """The one that the request carries."""
    return asked.headers["authorization"].rsplit("Signature=", 1)[1]


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 300) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Code", "Response", "SendStatusSet", "Error", "code", "Message"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)

ANSWERS = st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode())
"""Bodies without sense, and ones that look like the services' own."""

STATUSES = st.sampled_from([200, 200, 200, 201, 204, 302, 400, 403, 404, 429, 500, 503])

WHOLE_FAILURES = [
    (answer("", 429, ["Retry-After: 7"]), DeliveryResult.THROTTLED),
    (answer("<html>ill</html>", 500), DeliveryResult.UNAVAILABLE),
    (answer("", 403), DeliveryResult.REFUSED),
    (answer("", 302, ["Location: http://127.0.0.1:1/"]), DeliveryResult.UNINTELLIGIBLE),
    (answer(b"\xff\xfe\x00\x80"), DeliveryResult.UNINTELLIGIBLE),
    (answer(""), DeliveryResult.UNINTELLIGIBLE),
    (answer("[" * 50_000), DeliveryResult.UNINTELLIGIBLE),
    (answer("x" * 100_000), DeliveryResult.UNINTELLIGIBLE),
    (answer("<!DOCTYPE html><p>OK success</p>"), DeliveryResult.UNINTELLIGIBLE),
    (b"\x16\x03\x01 no HTTP\r\n\r\n", DeliveryResult.UNINTELLIGIBLE),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", DeliveryResult.UNAVAILABLE),
    (b"", DeliveryResult.UNAVAILABLE),
    (None, DeliveryResult.TIMED_OUT),
]
"""What no service may answer, and what has to be made of it everywhere."""
