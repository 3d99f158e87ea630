"""The writer before an InfluxDB that answers in every bad way: no point is lost or told twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web

from eoskeeper.domain.secret import Secret
from eoskeeper.runtime import clock
from eoskeeper.telemetry.influx_settings import InfluxVersion
from eoskeeper.telemetry.influx_writer import (
    TELEMETRY_ARRIVES_AGAIN,
    TELEMETRY_NOT_TAKEN,
    TELEMETRY_REJECTED,
    TELEMETRY_SPOOL_DAMAGED,
    TELEMETRY_SPOOL_FAILED,
)
from eoskeeper.telemetry.spool import Kind, Spool
from tests.contract.history.limits import smallest_files
from tests.contract.telemetry.fake_influxdb import (
    TAKES,
    FakeInfluxdb,
    Request,
    fake_influxdb,
    says,
)
from tests.contract.telemetry.writing import (
    ListLog,
    SkippingClock,
    line_of,
    point,
    put_each,
    until,
    writer_of,
    writing,
)

Scene = Callable[[FakeInfluxdb, Path], Awaitable[None]]
NOBODY = "http://127.0.0.1:9/write?db=eosdb"


def play(scene: Scene, path: Path) -> None:
    """Run a scene before a fake of its own."""

    async def run() -> None:
        async with fake_influxdb() as fake:
            await scene(fake, path)

    asyncio.run(run())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the spool will be."""
    return tmp_path / "state" / "spool.sqlite"


def fill(path: Path, numbers: range, of: int) -> None:
    """What an outage left: records of so many points each."""
    spool = Spool(path, 2**30, print)
    rows = [
        (Kind.SAMPLE, of, b"".join(line_of(number) for number in range(begin, begin + of)))
        for begin in range(numbers.start, numbers.stop, of)
    ]
    spool.append(rows, 1.0)
    spool.close()


def lines_of_numbers(numbers: range) -> list[bytes]:
    """In their order."""
    return [line_of(number) for number in numbers]


def test_a_point_arrives_and_is_off_the_disk(path: Path) -> None:
    """Packed, at the address, with nanoseconds."""

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        async with writing(writer_of(path, fake.url)) as writer:
            writer.put([point(number) for number in range(1, 101)], Kind.SAMPLE)
            await until(lambda: writer.figures.accepted == 100 and writer.figures.spooled == 0)
        (request,) = fake.asked
        assert request.query == {"db": "eosdb", "precision": "ns"}
        assert request.headers["Content-Encoding"] == "gzip"
        assert list(request.lines) == lines_of_numbers(range(1, 101))
        figures = writer.figures
        assert figures.last_success_utc is not None
        assert (figures.rejected, figures.dropped, figures.failing_since_utc) == (0, 0, None)

    play(scene, path)


@pytest.mark.parametrize("reply", [says(500, "sick"), says(503), says(302), lambda _: None])
def test_after_an_outage_every_point_is_there_in_its_order(
    path: Path, reply: Callable[[Request], web.Response | None]
) -> None:
    """What waited comes oldest first."""

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        fake.reply = reply
        async with writing(writer_of(path, fake.url)) as writer:
            put_each(writer, range(1, 51))
            await until(lambda: writer.figures.failing_since_utc is not None)
            put_each(writer, range(51, 101))
            await until(lambda: writer.figures.spooled == 100)
            assert writer.figures.oldest_spooled_utc is not None
            assert writer.figures.last_problem
            fake.reply = TAKES
            await until(lambda: writer.figures.accepted == 100)
        assert list(fake.kept) == lines_of_numbers(range(1, 101))
        assert writer.figures.failing_since_utc is None

    play(scene, path)


def test_live_points_do_not_wait_for_what_waits(path: Path) -> None:
    """A backlog delays them by one batch at most, on top of the time between two writings."""

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        fake.delay_s = 0.15
        fill(path, range(1, 40_001), of=100)
        delays: list[float] = []
        async with writing(writer_of(path, fake.url)) as writer:
            for number in range(200_001, 200_005):
                began_s = clock.read().mono_s
                writer.put([point(number)], Kind.SAMPLE)
                await until(partial(fake.has, line_of(number)))
                delays.append(clock.read().mono_s - began_s)
            assert writer.figures.spooled > 0, "there was a backlog all the while"
            await until(lambda: writer.figures.accepted == 40_004, within_s=20)
        assert max(delays) < 0.2 + 2 * 0.15 + 0.5, delays
        assert len(fake.kept) == 40_004
        backlog = [line for line in fake.kept if len(line) < len(line_of(200_001))]
        assert backlog == sorted(backlog, key=lambda line: int(line.rpartition(b" ")[2]))
        assert max(len(one.lines) for one in fake.asked) <= 5_000

    play(scene, path)


def test_a_server_that_is_busy_says_when_to_come_back(path: Path) -> None:
    """Until then it is not asked."""
    times: list[float] = []

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        def reply(_: Request) -> web.Response:
            times.append(clock.read().mono_s)
            late = len(times) > 1
            return web.Response(status=204 if late else 429, headers={"Retry-After": "1"})

        fake.reply = reply
        async with writing(writer_of(path, fake.url)) as writer:
            put_each(writer, range(1, 4))
            await until(lambda: writer.figures.accepted == 3)

    play(scene, path)
    assert times[1] - times[0] >= 0.99


def test_without_a_word_the_pauses_grow(path: Path) -> None:
    """A server that is down is not asked five times a second."""
    times: list[float] = []

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        def reply(_: Request) -> web.Response:
            times.append(clock.read().mono_s)
            return web.Response(status=500)

        fake.reply = reply
        async with writing(writer_of(path, fake.url)) as writer:
            put_each(writer, range(1, 4))
            await until(lambda: len(times) == 3)

    play(scene, path)
    assert times[1] - times[0] >= 0.5
    assert times[2] - times[1] >= 1.0


def test_one_bad_line_does_not_take_the_others_with_it(path: Path) -> None:
    """A server that takes all or nothing is asked by halves, down to the line; it is told."""

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        bad = {line_of(7), line_of(90)}

        def reply(request: Request) -> web.Response:
            is_bad = not bad.isdisjoint(request.lines)
            return web.Response(status=400 if is_bad else 204, text="no such thing")

        fake.reply = reply
        log = ListLog()
        async with writing(writer_of(path, fake.url, log)) as writer:
            writer.put([point(number) for number in range(1, 101)], Kind.SAMPLE)
            await until(lambda: writer.figures.accepted == 98 and writer.figures.spooled == 0)
        assert set(fake.kept) == set(lines_of_numbers(range(1, 101))) - bad
        assert writer.figures.rejected == 2
        assert writer.figures.last_rejected_utc is not None
        assert writer.figures.last_problem == "400 no such thing"
        assert log.events == [TELEMETRY_REJECTED]

    play(scene, path)


def test_a_partial_write_is_not_sent_again(path: Path) -> None:
    """The rest was written; what was dropped there is counted."""

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        fake.reply = says(400, '{"error":"partial write: field type conflict dropped=3"}')
        async with writing(writer_of(path, fake.url)) as writer:
            writer.put([point(number) for number in range(1, 11)], Kind.SAMPLE)
            await until(lambda: writer.figures.rejected == 3 and writer.figures.spooled == 0)
            assert writer.figures.accepted == 7
        assert len(fake.asked) == 1

    play(scene, path)


def test_what_is_too_large_is_sent_in_parts(path: Path) -> None:
    """As small as the server, or a proxy before it, wants them."""

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        fake.reply = lambda one: web.Response(status=413 if len(one.lines) > 9 else 204)
        async with writing(writer_of(path, fake.url)) as writer:
            writer.put([point(number) for number in range(1, 101)], Kind.SAMPLE)
            await until(lambda: writer.figures.accepted == 100)
        assert list(fake.kept) == lines_of_numbers(range(1, 101))
        assert writer.figures.rejected == 0

    play(scene, path)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_answer_about_us_costs_no_point(path: Path, status: int) -> None:
    """With the wrong token points wait on disk, and the server is asked again each minute."""

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        fake.reply = says(status, "go away")
        skipping = SkippingClock()
        async with writing(writer_of(path, fake.url, clock_=skipping)) as writer:
            put_each(writer, range(1, 11))
            await until(lambda: writer.figures.spooled == 10 and bool(fake.asked))
            skipping.skip(50)
            await asyncio.sleep(0.5)
            assert len(fake.asked) == 1
            assert writer.figures.last_problem == f"{status} go away"
            fake.reply = TAKES
            skipping.skip(15)
            await until(lambda: writer.figures.accepted == 10)
        assert len(fake.kept) == 10
        assert (writer.figures.rejected, writer.figures.dropped) == (0, 0)

    play(scene, path)


def test_a_database_that_is_missing_is_made(path: Path) -> None:
    """Of version 1, which says so; the points are sent again at once."""

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        missing = says(404, '{"error":"database not found: \\"eosdb\\""}')

        def reply(one: Request) -> web.Response | None:
            return (TAKES if fake.commands else missing)(one)

        fake.reply = reply
        async with writing(writer_of(path, fake.url)) as writer:
            put_each(writer, range(1, 3))
            await until(lambda: writer.figures.accepted == 2)
        assert fake.commands == ['CREATE DATABASE "eosdb"']
        assert writer.figures.failing_since_utc is None

    play(scene, path)


@pytest.mark.parametrize(
    ("version", "path_", "query", "authorization"),
    [
        (
            InfluxVersion.V2,
            "/api/v2/write",
            {"bucket": "eos", "org": "bp", "precision": "ns"},
            "Token the-token",
        ),
        (
            InfluxVersion.V3,
            "/api/v3/write_lp",
            {"db": "eos", "precision": "nanosecond"},
            "Bearer the-token",
        ),
    ],
)
def test_each_version_is_asked_in_its_own_way(
    path: Path, version: InfluxVersion, path_: str, query: dict[str, str], authorization: str
) -> None:
    """By its path, its parameters and its token."""

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        writer = writer_of(
            path,
            fake.url.partition("/write")[0],
            version=version,
            database="eos",
            organization="bp",
            token=Secret("the-token"),
        )
        async with writing(writer):
            put_each(writer, range(1, 2))
            await until(lambda: writer.figures.accepted == 1)
        (request,) = fake.asked
        assert (request.path, request.query) == (path_, query)
        assert request.headers["Authorization"] == authorization

    play(scene, path)


def test_a_password_arrives_as_it_is_and_is_told_to_nobody(path: Path) -> None:
    """Also not where the server, or a proxy, quotes what it was asked."""
    password = "a&b+c d/%é"  # noqa: S105 - planted

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        def reply(one: Request) -> web.Response:
            quoted = f"bad: {one.query} {one.headers}"
            return web.Response(status=500, text=quoted)

        fake.reply = reply
        log = ListLog()
        url = f"{fake.url}&u=me&p=a%26b%2Bc+d%2F%25%C3%A9"
        async with writing(writer_of(path, url, log, token=Secret("swordfish"))) as writer:
            put_each(writer, range(1, 2))
            await until(lambda: writer.figures.failing_since_utc is not None)
        assert fake.asked[0].query["p"] == password
        assert fake.asked[0].headers["Authorization"] == "Token swordfish"
        told = f"{log.told} {writer.figures}"
        assert "bad: " in told
        assert password not in told
        assert "swordfish" not in told

    play(scene, path)


def test_the_log_tells_each_change_once(path: Path) -> None:
    """Not each failure."""

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        fake.reply = says(500, "sick")
        log = ListLog()
        async with writing(writer_of(path, fake.url, log)) as writer:
            put_each(writer, range(1, 6))
            await until(lambda: len(fake.asked) == 2)
            fake.reply = TAKES
            await until(lambda: writer.figures.accepted == 5)
            put_each(writer, range(6, 9))
            await until(lambda: writer.figures.accepted == 8)
        assert log.events == [TELEMETRY_NOT_TAKEN, TELEMETRY_ARRIVES_AGAIN]

    play(scene, path)


def test_what_is_in_memory_goes_to_the_disk_at_the_end(path: Path) -> None:
    """The next keeper sends it."""

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        async with writing(writer_of(path, NOBODY)) as writer:
            await asyncio.sleep(0.1)
            put_each(writer, range(1, 11))
        async with writing(writer_of(path, fake.url)) as writer:
            await until(lambda: len(fake.kept) == 10 and writer.figures.spooled == 0)
        assert list(fake.kept) == lines_of_numbers(range(1, 11))

    play(scene, path)


def test_a_full_disk_keeps_no_point_from_a_server_that_answers(path: Path) -> None:
    """They wait in memory, are sent from there, and the log says why."""

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        log = ListLog()
        async with writing(writer_of(path, fake.url, log)) as writer:
            put_each(writer, range(1, 3))
            await until(lambda: writer.figures.accepted == 2)
            with smallest_files(path):
                put_each(writer, range(3, 2003))
                await until(lambda: writer.figures.accepted == 2002)
            put_each(writer, range(2003, 2005))
            await until(lambda: writer.figures.accepted == 2004)
        assert set(fake.kept) == set(lines_of_numbers(range(1, 2005)))
        assert log.events == [TELEMETRY_SPOOL_FAILED]

    play(scene, path)


def test_a_full_disk_and_a_dead_server_are_counted(path: Path) -> None:
    """Memory is bounded; the oldest samples go first, and what happened goes last."""
    path.mkdir(parents=True)  # no file can be made there

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        fake.reply = says(500)
        async with writing(writer_of(path, fake.url)) as writer:
            put_each(writer, range(1, 101), Kind.EVENT)
            for begin in range(101, 20_301, 100):
                writer.put([point(number) for number in range(begin, begin + 100)], Kind.SAMPLE)
            await until(lambda: writer.figures.dropped == 300)
            assert writer.figures.spooled == 20_000
            assert writer.figures.last_dropped_utc is not None
            await asyncio.to_thread(path.rmdir)
            fake.reply = TAKES
            await until(lambda: writer.figures.accepted == 20_000)
        kept = [*range(1, 101), *range(401, 20_301)]
        assert set(fake.kept) == {line_of(number) for number in kept}

    play(scene, path)


def test_a_damaged_spool_is_put_aside(path: Path) -> None:
    """The log says where it is, and points go on."""
    path.parent.mkdir()
    path.write_bytes(b"no database" * 1000)
    log = ListLog()

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        async with writing(writer_of(path, fake.url, log)) as writer:
            put_each(writer, range(1, 3))
            await until(lambda: writer.figures.accepted == 2)

    play(scene, path)
    ((event, details),) = log.told
    assert event == TELEMETRY_SPOOL_DAMAGED
    assert Path(str(details["kept_as"])).read_bytes().startswith(b"no database")


def test_what_an_earlier_keeper_gave_up_is_no_news(path: Path) -> None:
    """It stays in the count; the alarm tells new losses only."""
    fill(path, range(1, 2), of=1)
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO dropped VALUES (0, 7)")

    async def scene(fake: FakeInfluxdb, path: Path) -> None:
        async with writing(writer_of(path, fake.url)) as writer:
            await until(lambda: writer.figures.accepted == 1)
        assert writer.figures.dropped == 7
        assert writer.figures.last_dropped_utc is None

    play(scene, path)
