"""The web server tells the last report to whoever may know it, and nothing else to anybody."""

from __future__ import annotations

import asyncio
import base64
import socket
from http import HTTPStatus

import pytest
from aiohttp import web

from eoskeeper.config import Secret
from eoskeeper.domain.report import Report
from eoskeeper.runtime.periods import every
from eoskeeper.web.answers import json_response
from eoskeeper.web.connections import MAX_CONNECTIONS, Connections
from eoskeeper.web.server import (
    WEB_ADDRESS_IN_USE,
    WEB_CANNOT_LISTEN,
    WEB_LISTENING,
    WebSettings,
    serve,
)
from tests.unit.runtime.recording_log import RecordingLog
from tests.unit.web.serving import (
    FAILURE,
    NOW,
    TOKEN,
    Answer,
    Served,
    a_report,
    against_server,
    answers,
    closed,
    parsed,
    serving,
    until_logged,
)

PAGES = ("/api/status", "/health", "/liveness")


def test_the_last_report_is_told_as_json() -> None:
    """The same form as ``eoskeeper status --json``."""
    (answer,) = answers(("/api/status",), report=a_report())
    told = answer.json()
    assert isinstance(told, dict)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert (told["host"], told["state"], told["head_number"]) == ("bp-1", "standby", 7)


def test_there_is_no_status_before_the_first_cycle() -> None:
    """503 and not an empty report: what is not known is not told."""
    status, health, liveness = answers(*((page,) for page in PAGES))
    assert [status.status, health.status, liveness.status] == [503, 503, 200]
    assert status.json() == {"problem": "no report yet"}


@pytest.mark.parametrize(
    ("report", "status"),
    [
        (a_report(age_s=4.9), 200),
        (a_report(age_s=5.0), 503),
        (a_report(age_s=-5.0), 503),
        (a_report(failures=(FAILURE,)), 503),
    ],
)
def test_healthy_is_a_young_report_without_failures(report: Report, status: int) -> None:
    """A report from the future is of a clock that was set back, and as bad as an old one."""
    health, liveness = answers(("/health",), ("/liveness",), report=report)
    assert health.status == status
    assert liveness.status == 200
    assert health.json() == {"healthy": status == 200, "problems": problems_of(health)}
    assert bool(problems_of(health)) == (status == 503)


def problems_of(answer: Answer) -> list[str]:
    """What is not well."""
    told = answer.json()
    assert isinstance(told, dict)
    return list(told["problems"])


@pytest.mark.parametrize(
    "path", ["/api", "/api/status/", "/api/../etc/passwd", "/assets", "/Health", "/index.html"]
)
def test_there_are_no_other_pages(path: str) -> None:
    """404, as JSON like everything."""
    (answer,) = answers((path,), report=a_report())
    assert (answer.status, answer.json()) == (404, {"problem": "no such page"})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_but_reading_is_understood(method: str) -> None:
    """The keeper takes orders through its control socket only."""

    async def check(served: Served) -> None:
        answer = await served.ask("/api/status", method=method)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")

    against_server(check, a_report())


def test_a_request_with_a_body_is_refused() -> None:
    """Nobody is to make the keeper hold what it does not want."""

    async def check(served: Served) -> None:
        answer = await served.ask("/api/status", "Content-Length: 5", body="hello")
        assert answer.status == 413

    against_server(check, a_report())


@pytest.mark.parametrize(
    "header",
    [
        "X-Nothing: 1",
        "Authorization: Bearer wrong-0123456789abcdef",
        f"Authorization: Bearer {TOKEN}x",
        f"Authorization: Bearer {TOKEN[:-1]}",
        "Authorization: Bearer",
        f"Authorization: Basic {TOKEN}",
        "Authorization: Basic " + base64.b64encode(b"anna:wrong-0123456789").decode(),
        "Authorization: Basic " + base64.b64encode(TOKEN.encode()).decode(),
        "Authorization: Basic \u00fcber",
        f"Authorization: {TOKEN}",
        "Authorization: Bearer \u00fcber",
    ],
)
def test_without_the_token_nothing_is_told(header: str) -> None:
    """Not even which pages there are."""
    got = answers(
        *((page, header) for page in (*PAGES, "/nowhere")), report=a_report(), token=TOKEN
    )
    assert {answer.status for answer in got} == {401}
    assert {answer.headers["www-authenticate"] for answer in got} == {"Bearer"}
    assert {b"Basic" in answer.head for answer in got} == {True}
    assert not [answer for answer in got if b"bp-1" in answer.body]


def test_a_token_that_is_no_text_is_a_wrong_one() -> None:
    """Bytes that are not UTF-8 must not become a bug."""

    async def check(served: Served) -> None:
        raw = await served.say(
            b"GET / HTTP/1.1\r\nHost: [::1]\r\nAuthorization: Bearer \xff\r\n\r\n"
        )
        assert parsed(raw).status == 401

    against_server(check, token=TOKEN)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_with_the_token_everything_is_as_without(scheme: str) -> None:
    """The name of a scheme has no case. Source: RFC 9110, 11.1."""
    header = f"Authorization: {scheme} {TOKEN}"
    got = answers(
        *((page, header) for page in (*PAGES, "/nowhere")), report=a_report(), token=TOKEN
    )
    assert [answer.status for answer in got] == [200, 200, 200, 404]


def test_an_open_address_without_a_token_is_a_bug() -> None:
    """The configuration refuses it; should that ever fail, this does."""
    settings = WebSettings(host="0.0.0.0", port=0)  # noqa: S104 - what must not be
    with pytest.raises(AssertionError, match="no token"):
        asyncio.run(serve(settings, lambda: None, lambda: NOW, RecordingLog()))


@pytest.mark.parametrize(
    "said",
    [
        b"GET /liveness HTTP/1.1\r\nHost: [::1]\r\n\r\n",
        b"GET /nowhere HTTP/1.1\r\nHost: [::1]\r\n\r\n",
        b"garbage\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
    ],
)
def test_no_answer_tells_what_made_it(said: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Neither Python nor aiohttp, not in errors either; and a stranger fills no log."""

    async def check(served: Served) -> None:
        raw = await served.say(said)
        assert parsed(raw).headers["server"] == "eoskeeper"
        assert b"aiohttp" not in raw
        assert b"Python" not in raw

    against_server(check)
    assert caplog.records == []


def test_each_connection_serves_one_request() -> None:
    """So its time can be limited as a whole."""

    async def check(served: Served) -> None:
        raw = await served.say(b"GET /liveness HTTP/1.1\r\nHost: [::1]\r\n\r\n" * 2)
        assert raw.count(b"HTTP/1.1 200") == 1

    against_server(check)


def test_idle_clients_do_not_take_all_file_descriptors() -> None:
    """Beyond the limit a connection is dropped at once; when some end, there is room again."""

    async def check(served: Served) -> None:
        idle = [
            await asyncio.open_connection("127.0.0.1", served.port) for _ in range(MAX_CONNECTIONS)
        ]
        with pytest.raises(ConnectionError):
            await served.ask("/liveness")
        for _, writer in idle:
            await closed(writer)
        assert (await answered_again(served)).status == 200

    against_server(check)


async def answered_again(served: Served) -> Answer:
    """The first answer after the server has seen the ends of other connections."""
    async with asyncio.timeout(5):
        async for _ in every(0.02):
            try:
                return await served.ask("/liveness")
            except ConnectionError:
                continue
    raise AssertionError


def test_a_client_that_says_nothing_is_left_after_its_time() -> None:
    """However slowly it speaks."""

    async def run() -> None:
        connections = Connections(ok, lifetime_s=0.2)
        server = await asyncio.get_running_loop().create_server(connections, "127.0.0.1", 0)
        async with server, asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"GET /")
            assert await reader.read() == b""
            await closed(writer)

    asyncio.run(run())


async def ok(_: web.BaseRequest) -> web.Response:
    """Whatever is asked."""
    return json_response(HTTPStatus.OK, None)


def test_a_bug_in_an_answer_is_told_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The web never stops the keeper, and does not hide why it did not answer either."""

    async def run() -> bytes:
        async def broken(_: web.BaseRequest) -> web.Response:
            raise LookupError

        server = await asyncio.get_running_loop().create_server(Connections(broken), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await Served(port, RecordingLog()).say(b"GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n")

    assert parsed(asyncio.run(run())).json() == {"problem": "Internal Server Error"}
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_a_port_in_use_is_told_once_and_tried_again() -> None:
    """Failover goes on meanwhile; the server comes when the port is free."""
    log = RecordingLog()

    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            settings = WebSettings(host="127.0.0.1", port=port, retry_s=0.02)
            async with asyncio.TaskGroup() as group:
                task = group.create_task(serve(settings, lambda: None, lambda: NOW, log))
                await until_logged(log, WEB_ADDRESS_IN_USE)
                await asyncio.sleep(0.1)
                other.close()
                await until_logged(log, WEB_LISTENING)
                task.cancel()

    asyncio.run(run())
    assert log.events() == [WEB_ADDRESS_IN_USE, WEB_LISTENING]
    assert log.entries[0].details["setting"] == "web.listen"


def test_an_address_of_another_host_does_not_stop_the_keeper() -> None:
    """An address may come later, with its interface."""
    log = RecordingLog()

    async def run() -> None:
        # 192.0.2.0/24 belongs to nobody. Source: RFC 5737.
        settings = WebSettings(host="192.0.2.1", port=8686, token=Secret(TOKEN), retry_s=0.02)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(serve(settings, lambda: None, lambda: NOW, log))
            await until_logged(log, WEB_CANNOT_LISTEN)
            await asyncio.sleep(0.1)
            task.cancel()

    asyncio.run(run())
    assert log.events() == [WEB_CANNOT_LISTEN]


def test_the_address_is_free_again_after_a_cancelled_server() -> None:
    """Also while a client is connected: the next keeper must get it."""

    async def run() -> None:
        async with serving(a_report()) as served:
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        async with asyncio.timeout(2):
            assert await reader.read() == b""
        await closed(writer)
        async with serving(a_report(), port=served.port) as again:
            assert again.log.events() == [WEB_LISTENING]

    asyncio.run(run())


def test_the_token_shows_itself_nowhere() -> None:
    """Neither in the settings as printed nor in the log."""

    async def check(served: Served) -> None:
        await served.ask("/liveness", "Authorization: Bearer wrong")
        assert TOKEN not in repr(served.log.entries)

    against_server(check, token=TOKEN)
    assert TOKEN not in repr(WebSettings(host="::1", port=1, token=Secret(TOKEN)))
