"""The stream over a real socket: it lasts, it is bounded, and nobody holds up anybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec

from eoskeeper.domain.publication import Publication
from eoskeeper.runtime.periods import every
from eoskeeper.web.asking import Office
from eoskeeper.web.connections import MAX_CONNECTIONS, Connections
from eoskeeper.web.desk import Desk
from eoskeeper.web.feed import MAX_CLIENTS, MAX_QUEUE, Feed
from eoskeeper.web.guard import Guard
from eoskeeper.web.ports import Offers
from eoskeeper.web.settings import WebSettings
from tests.unit.runtime.recording_log import RecordingLog
from tests.unit.web.serving import NOW, Served, a_report, closed, serving

REPORT = a_report()


def publication(host: str = "bp-1", summary: str = "") -> Publication:
    """A quiet cycle."""
    report = msgspec.structs.replace(REPORT, host=host, summary=summary)
    return Publication(now=NOW, report=report)


def with_feed(check: Callable[[Served, Feed], Awaitable[None]]) -> None:
    """Run a check against a server with a stream."""

    async def run() -> None:
        feed = Feed()
        async with asyncio.timeout(30), serving(REPORT, offers=Offers(feed=feed)) as served:
            await check(served, feed)

    asyncio.run(run())


@asynccontextmanager
async def listener(served: Served) -> AsyncIterator[asyncio.StreamReader]:
    """A client that has got the head of its answer and the newest report."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=2**20)
    writer.write(b"GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head
    assert b"\r\nContent-Type: text/event-stream\r\n" in head
    await reader.readuntil(b"event: report\n")
    try:
        yield reader
    finally:
        await closed(writer)


def test_the_newest_report_comes_at_once_and_then_every_one() -> None:
    """A page has something to show before the next cycle."""

    async def check(served: Served, feed: Feed) -> None:
        async with listener(served) as reader:
            assert b'"host":"bp-1"' in await reader.readuntil(b"\n\n")
            feed.put(publication("bp-7"))
            feed.put(publication("bp-8"))
            assert b'"host":"bp-7"' in await reader.readuntil(b"\n\n")
            assert b'"host":"bp-8"' in await reader.readuntil(b"\n\n")

    with_feed(check)


def test_streams_take_no_places_of_others_and_have_a_bound_of_their_own() -> None:
    """One too many is told to come again later; a place is free when its client is gone."""

    async def check(served: Served, feed: Feed) -> None:
        clients = [listener(served) for _ in range(MAX_CLIENTS)]
        for client in clients:
            await client.__aenter__()
        late = await served.ask("/api/stream")
        assert (late.status, late.headers["retry-after"]) == (503, "10")
        idle = [
            await asyncio.open_connection("127.0.0.1", served.port)
            for _ in range(MAX_CONNECTIONS - 1)
        ]
        assert (await served.ask("/liveness")).status == 200
        for _, writer in idle:
            await closed(writer)
        for client in clients:
            await client.__aexit__(None, None, None)
        await until_free(feed)

    with_feed(check)


async def until_free(feed: Feed) -> None:
    """Wait until a place is free, though nothing is published meanwhile."""
    async with asyncio.timeout(5):
        async for _ in every(0.01):
            place = feed.join(lambda: None)
            if place is not None:
                place.leave()
                return


def test_a_client_that_does_not_read_is_dropped_and_others_miss_nothing() -> None:
    """However much is published; the feed itself never waits."""
    big = "x" * 2**18

    async def check(served: Served, feed: Feed) -> None:
        async with listener(served) as lazy, listener(served) as quick:
            await quick.readuntil(b"\n\n")
            count = MAX_QUEUE * 4
            for number in range(count):
                feed.put(publication(f"bp-{number}", big))
                got = await quick.readuntil(b"\n\n")
                assert f'"host":"bp-{number}"'.encode() in got
            with_rest = await lazy.read()
            assert f'"host":"bp-{count - 1}"'.encode() not in with_rest

    with_feed(check)


def test_a_stream_lasts_longer_than_other_connections_may() -> None:
    """Theirs is a bound on slow clients; a stream is there to last."""

    async def run() -> None:
        feed = Feed()
        office = Office(
            report=lambda: REPORT, clock=lambda: NOW, offers=Offers(feed=feed), shelf=None
        )
        guard = Guard(WebSettings(host="127.0.0.1", port=0))
        connections = Connections(Desk(guard, office).answer, lifetime_s=0.2)
        server = await asyncio.get_running_loop().create_server(connections, "127.0.0.1", 0)
        async with server, asyncio.timeout(5):
            port = server.sockets[0].getsockname()[1]
            async with listener(Served(port, RecordingLog())) as reader:
                await reader.readuntil(b"\n\n")
                await asyncio.sleep(0.5)
                feed.put(publication("bp-7"))
                assert b'"host":"bp-7"' in await reader.readuntil(b"\n\n")

    asyncio.run(run())


def test_a_server_that_ends_ends_its_streams() -> None:
    """At once, so that the next keeper gets the address."""

    async def run() -> None:
        async with asyncio.timeout(5):
            async with serving(REPORT, offers=Offers(feed=Feed())) as served:
                client = listener(served)
                reader = await client.__aenter__()
            rest = await reader.read()
            assert b'"host":"bp-1"' in rest
            await client.__aexit__(None, None, None)

    asyncio.run(run())


def test_without_a_feed_there_is_no_stream() -> None:
    """404, and the page asks for the status instead."""

    async def run() -> None:
        async with serving(REPORT) as served:
            assert (await served.ask("/api/stream")).status == 404

    asyncio.run(run())
