"""HttpLine against real sockets: one connection is kept, and none that could mix up answers."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from eoskeeper.domain.samples import FailureReason
from eoskeeper.probes.http_line import Answer, HttpLine, Unconnected, Unread, request_head

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"
QUESTION = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
LIMIT = 1000


class Server:
    """Answers question ``/N`` with ``N``, as its parts say."""

    def __init__(self, before: bytes = b"", after: bytes = b"", *, closes: bool = False) -> None:
        self.connections = 0
        self.hang = asyncio.Event()
        self.hang.set()
        self._before, self._after, self._closes = before, after, closes

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        writer.write(self._before)
        with suppress(ConnectionError, asyncio.IncompleteReadError), closing(writer):
            while True:
                number = (await reader.readuntil(b"\r\n\r\n")).split()[1].strip(b"/")
                await self.hang.wait()
                writer.write(ANSWER % (len(number), number) + self._after)
                if self._closes:
                    break


def against(
    make: Callable[[], Server], check: Callable[[Server, HttpLine], Awaitable[None]]
) -> None:
    """Run a check with a server on a free port."""

    async def run() -> None:
        server = make()
        async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            with HttpLine(f"http://127.0.0.1:{port}") as line:
                async with asyncio.timeout(5):
                    await check(server, line)
            await let_go()

    asyncio.run(run())


async def let_go() -> None:
    """Time for a server to see that its connections are closed."""
    await asyncio.sleep(0.02)


async def ask(line: HttpLine, number: int) -> Answer | Unread | Unconnected:
    """Ask for a number."""
    return await line.ask(QUESTION % number, LIMIT)


def test_questions_share_a_connection() -> None:
    """It is made once."""

    async def check(server: Server, line: HttpLine) -> None:
        for number in range(3):
            answer = await ask(line, number)
            assert isinstance(answer, Answer)
            assert answer.body == b"%d" % number
        assert server.connections == 1

    against(Server, check)


def test_a_question_that_was_called_off_takes_its_connection_with_it() -> None:
    """Its late answer is never told as that to the next question."""

    async def check(server: Server, line: HttpLine) -> None:
        await ask(line, 1)
        server.hang.clear()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await ask(line, 2)
        server.hang.set()
        answer = await ask(line, 3)
        assert isinstance(answer, Answer)
        assert (answer.body, server.connections) == (b"3", 2)

    against(Server, check)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Server(closes=True),
        lambda: Server(after=b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
    ],
)
def test_a_connection_that_is_over_or_says_too_much_is_not_used_again(
    make: Callable[[], Server],
) -> None:
    """Each question has its own answer, over a new connection."""

    async def check(server: Server, line: HttpLine) -> None:
        for number in range(3):
            answer = await ask(line, number)
            assert isinstance(answer, Answer)
            assert answer.body == b"%d" % number
            await asyncio.sleep(0.02)
        assert server.connections == 3

    against(make, check)


def test_what_was_said_before_the_question_is_no_answer() -> None:
    """A server that speaks first is none that may be asked."""

    async def check(_: Server, line: HttpLine) -> None:
        answer = await ask(line, 5)
        assert not isinstance(answer, Answer) or answer.body == b"5"

    against(lambda: Server(before=b"hello\r\n"), check)


def test_a_socket_file_is_asked_too(tmp_path: Path) -> None:
    """As nodeos may listen there."""

    async def run() -> None:
        path = tmp_path / "nodeos.sock"
        async with await asyncio.start_unix_server(Server().serve, path):
            with HttpLine(f"unix://{path}") as line:
                answer = await ask(line, 4)
            await let_go()
        assert isinstance(answer, Answer)
        assert answer.body == b"4"

    asyncio.run(run())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_nobody_listening_is_refused_under_an_address_and_under_a_name(host: str) -> None:
    """A name with several addresses is refused when the last of them is."""

    async def run() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            answer = await ask(HttpLine(f"http://{host}:{unused.getsockname()[1]}"), 1)
        assert isinstance(answer, Unconnected)
        assert isinstance(answer.error, ConnectionRefusedError)

    asyncio.run(run())


def test_a_server_that_breaks_off_is_told_as_that() -> None:
    """Closed, and reset."""

    async def run() -> None:
        async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nh")
            writer.close()

        async with await asyncio.start_server(rude, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            answer = await ask(HttpLine(f"http://127.0.0.1:{port}"), 1)
            await let_go()
        assert isinstance(answer, Unread)
        assert answer.reason is FailureReason.DISCONNECTED

    asyncio.run(run())


def test_the_head_of_a_request_names_the_host_and_holds_one_line_each() -> None:
    """nodeos compares the name with its own; a token with a line end would be another header."""
    assert request_head("GET", "http://127.0.0.1:8888", "/x", "A: b") == (
        "GET /x HTTP/1.1\r\nHost: 127.0.0.1:8888\r\nUser-Agent: eoskeeper\r\nA: b\r\n"
    )
    assert "\r\nHost: localhost\r\n" in request_head("GET", "unix:///run/x", "/x")
    with pytest.raises(ValueError, match="line end"):
        request_head("GET", "http://h:1", "/x", "A: b\r\nC: d")


def test_a_look_up_that_hangs_keeps_one_thread_and_no_more() -> None:
    """The threads are few, and the disk is read by them, too."""

    async def run() -> None:
        line, released = HttpLine("http://localhost:1"), threading.Event()
        with ThreadPoolExecutor(1) as threads:
            asyncio.get_running_loop().set_default_executor(threads)
            hung = threads.submit(released.wait)
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.02):
                        await ask(line, 1)
            assert threads._work_queue.qsize() == 1
            released.set()
            assert hung.result(5)
            assert isinstance(await ask(line, 1), Unconnected)

    asyncio.run(run())
