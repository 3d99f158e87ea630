"""An InfluxDB that answers as a test wants, in the loop of the test.

It keeps what it took as a database does: a line that comes twice is there once.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiohttp import web

from eoskeeper.telemetry.line_protocol import lines_of

__all__ = ["FakeInfluxdb", "Request", "fake_influxdb", "says"]


class Request(NamedTuple):
    """One that arrived."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    lines: tuple[bytes, ...]


Reply = Callable[[Request], web.Response | None]
"""None never answers."""


def says(status: int, text: str = "", **headers: str) -> Reply:
    """The same answer to everything; ``retry_after`` becomes ``Retry-After``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: web.Response(status=status, text=text or None, headers=named)


TAKES = says(204)


class FakeInfluxdb:
    """What came, and what is answered.

    Attributes:
        url: with the path of version 1.
        asked: every request to write, oldest first.
        commands: what came to ``/query``.
        kept: lines of those that were answered with 204, each once, in the order of coming.
        reply: may be changed at any time.
        delay_s: how long each answer takes.
    """

    def __init__(self) -> None:
        self.url = ""
        self.delay_s = 0.0
        self.asked: list[Request] = []
        self.commands: list[str] = []
        self.kept: dict[bytes, None] = {}
        self.reply: Reply = TAKES

    def has(self, line: bytes) -> bool:
        """It was taken."""
        return line in self.kept

    async def write(self, request: web.Request) -> web.Response:
        """A batch."""
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip" and body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        one = Request(
            request.path, dict(request.query), dict(request.headers), tuple(lines_of(body))
        )
        self.asked.append(one)
        await asyncio.sleep(self.delay_s)
        answer = self.reply(one)
        if answer is None:
            await asyncio.sleep(3600)
            raise AssertionError
        if answer.status == 204:
            self.kept |= dict.fromkeys(one.lines)
        return answer

    async def command(self, request: web.Request) -> web.Response:
        """A database is made."""
        self.commands.append(str((await request.post())["q"]))
        return web.json_response({"results": [{"statement_id": 0}]})


@asynccontextmanager
async def fake_influxdb() -> AsyncIterator[FakeInfluxdb]:
    """Serve on a free port until the end of the block."""
    fake = FakeInfluxdb()
    app = web.Application(client_max_size=2**26)
    for path in ("/write", "/api/v2/write", "/api/v3/write_lp"):
        app.router.add_post(path, fake.write)
    app.router.add_post("/query", fake.command)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}/write?db=eosdb"
    try:
        yield fake
    finally:
        await runner.cleanup()
