"""A web server on a free port of loopback, and a client that hides nothing of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

import msgspec

from eoskeeper.config import Secret
from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.policy import FailoverMode, Role
from eoskeeper.domain.report import Report
from eoskeeper.domain.samples import FailureReason, ProbeFailed, ProbeName
from eoskeeper.domain.standing import State
from eoskeeper.runtime.periods import every
from eoskeeper.web.ports import Offers
from eoskeeper.web.server import WEB_LISTENING, WebSettings, serve
from tests.unit.runtime.recording_log import RecordingLog

TOKEN = "planted-0123456789abcdef"  # noqa: S105 - planted for the tests
NOW = Moment(mono_s=MonoS(100.0), utc_s=UtcS(1_700_000_000.0))
FAILURE = ProbeFailed(NOW, ProbeName.LOG, FailureReason.MISSING, "/var/log/nodeos.log")


def a_report(
    host: str = "bp-1", age_s: float = 0.0, failures: tuple[ProbeFailed, ...] = ()
) -> Report:
    """A report of a standby."""
    return Report(
        at_utc=UtcS(NOW.utc_s - age_s),
        host=host,
        role=Role.FIRST_STANDBY,
        mode=FailoverMode.AUTO,
        producer="eosstorebest",
        state=State.STANDBY,
        since_utc=NOW.utc_s,
        may_produce=False,
        term=3,
        cause=None,
        summary="B standby; head #7 0.4 s old",
        head_number=7,
        failures=failures,
    )


class Answer(NamedTuple):
    """A whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    head: bytes = b""

    def json(self) -> object:
        """The body."""
        return msgspec.json.decode(self.body)


class Served(NamedTuple):
    """A running server."""

    port: int
    log: RecordingLog

    async def ask(self, path: str, *headers: str, method: str = "GET", body: str = "") -> Answer:
        """One request."""
        host = () if has_host(headers) else (f"Host: 127.0.0.1:{self.port}",)
        lines = (f"{method} {path} HTTP/1.1", *host, *headers, "", body)
        return parsed(await self.say("\r\n".join(lines).encode()))

    async def say(self, data: bytes) -> bytes:
        """Everything that is answered to some bytes, to the end of the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        try:
            return await reader.read()
        finally:
            await closed(writer)


def has_host(headers: tuple[str, ...]) -> bool:
    """Whether a test gives its own."""
    return any(header.lower().startswith("host:") for header in headers)


async def closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection, whatever became of it."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


def parsed(raw: bytes) -> Answer:
    """Status, headers, body; header names in small letters."""
    if not raw:
        raise ConnectionResetError
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    return Answer(
        int(first.split()[1]), {name.lower(): value for name, _, value in pairs}, body, head
    )


@asynccontextmanager
async def serving(
    report: Report | None,
    *,
    token: str | None = None,
    port: int = 0,
    offers: Offers | None = None,
    **settings: Any,  # noqa: ANN401 - whatever the settings take
) -> AsyncIterator[Served]:
    """Serve one report for ever; the clock stands at ``NOW``."""
    log = RecordingLog()
    secret = Secret(token) if token else None
    chosen = WebSettings(host="127.0.0.1", port=port, token=secret, retry_s=0.05, **settings)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(serve(chosen, lambda: report, lambda: NOW, log, offers))
        try:
            yield Served(await port_of(log), log)
        finally:
            task.cancel()


def against_server(
    check: Callable[[Served], Awaitable[None]],
    report: Report | None = None,
    **how: Any,  # noqa: ANN401 - whatever ``serving`` takes
) -> None:
    """Run a check against a server."""

    async def run() -> None:
        async with serving(report, **how) as served:
            await check(served)

    asyncio.run(run())


def answers(
    *requests: tuple[str, ...],
    report: Report | None = None,
    **how: Any,  # noqa: ANN401 - whatever ``serving`` takes
) -> list[Answer]:
    """Answers to requests, each a path and header lines."""
    got: list[Answer] = []

    async def check(served: Served) -> None:
        for path, *headers in requests:
            got.append(await served.ask(path, *headers))

    against_server(check, report, **how)
    return got


async def port_of(log: RecordingLog) -> int:
    """The port as logged, once it listens."""
    await until_logged(log, WEB_LISTENING)
    address = next(entry for entry in log.entries if entry.event == WEB_LISTENING)
    return int(str(address.details["address"]).rpartition(":")[2])


async def until_logged(log: RecordingLog, event: str) -> None:
    """Wait for an event."""
    async with asyncio.timeout(5):
        async for _ in every(0.01):
            if event in log.events():
                return
