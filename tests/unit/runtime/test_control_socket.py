"""The control socket, over real sockets: answers the owner, and nobody can hold it up."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import msgspec
import pytest

from eoskeeper.domain.chain_time import UtcS
from eoskeeper.runtime.control_client import ControlError, ControlProblem, call
from eoskeeper.runtime.control_messages import (
    MAX_REQUEST_BYTES,
    MAX_RESPONSE_BYTES,
    VERSION,
    Answer,
    ExplainRequest,
    Failure,
    FailureCode,
    HistoryRequest,
    PauseRequest,
    PingRequest,
    Request,
    Response,
    ResponseLine,
    ResumeRequest,
    StatusRequest,
    answer,
)
from eoskeeper.runtime.control_socket import (
    CLIENT_REFUSED,
    HANDLER_FAILED,
    ORDER_RECEIVED,
    ControlSettings,
    Handler,
    serve,
)
from tests.unit.runtime.recording_log import RecordingLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

PING = b'{"version":1,"request":{"type":"ping"}}\n'
QUICK = ControlSettings(clients=4, request_s=0.3, handler_s=0.3, write_s=0.3)


async def echo(request: Request) -> Response:
    """Answers with what it was asked."""
    return answer(repr(request))


@asynccontextmanager
async def keeper(
    path: Path, handler: Handler = echo, settings: ControlSettings = QUICK
) -> AsyncIterator[RecordingLog]:
    """A keeper that listens."""
    log, ready = RecordingLog(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(serve(path, handler, log, settings, listening=ready.set))
        await ready.wait()
        try:
            yield log
        finally:
            serving.cancel()


async def ask(path: Path, request: Request, timeout_s: float = 5.0) -> Response:
    """The synchronous client, in a thread."""
    return await asyncio.to_thread(call, path, request, timeout_s)


async def say(path: Path, sent: bytes) -> Response | None:
    """Send bytes as they are and read one answer; None when the keeper hangs up."""
    reader, writer = await asyncio.open_unix_connection(path, limit=MAX_RESPONSE_BYTES)
    with suppress(ConnectionError):
        writer.write(sent)
        await writer.drain()
    line = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    return msgspec.json.decode(line, type=ResponseLine).response if line else None


def code_of(response: Response | None) -> FailureCode:
    """The code of a failure."""
    assert isinstance(response, Failure)
    return response.code


def with_keeper(
    path: Path,
    talk: Callable[[RecordingLog], Awaitable[None]],
    handler: Handler = echo,
    settings: ControlSettings = QUICK,
) -> RecordingLog:
    """Run a conversation against a keeper, which must still answer at the end of it."""

    async def main() -> RecordingLog:
        async with keeper(path, handler, settings) as log:
            await talk(log)
            return log

    return asyncio.run(main())


@pytest.mark.parametrize(
    "request_",
    [
        PingRequest(),
        StatusRequest(),
        ExplainRequest(),
        HistoryRequest(limit=5, since=UtcS(1.5)),
        PauseRequest(by="alice"),
        ResumeRequest(by="\u738b"),
    ],
)
def test_every_request_reaches_the_keeper_as_it_was_made(tmp_path: Path, request_: Request) -> None:
    """And the answer reaches the asker."""

    async def talk(_: RecordingLog) -> None:
        response = await ask(tmp_path / "s", request_)
        assert isinstance(response, Answer)
        assert msgspec.json.decode(response.payload, type=str) == repr(request_)

    with_keeper(tmp_path / "s", talk)


def test_an_order_is_logged_with_the_process_that_gave_it(tmp_path: Path) -> None:
    """As the kernel tells it, not as the client does; questions are not logged."""

    async def talk(_: RecordingLog) -> None:
        await ask(tmp_path / "s", StatusRequest())
        await ask(tmp_path / "s", PauseRequest(by="bob"))

    log = with_keeper(tmp_path / "s", talk)
    assert log.events() == [ORDER_RECEIVED]
    assert f"pid={os.getpid()}, uid={os.geteuid()}" in repr(log.entries[0].details["peer"])


def test_one_connection_may_ask_several_times(tmp_path: Path) -> None:
    """Also when both questions come in one piece."""

    async def talk(_: RecordingLog) -> None:
        reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
        writer.write(PING + PING)
        assert b"PingRequest" in await reader.readline()
        assert b"PingRequest" in await reader.readline()
        writer.close()

    with_keeper(tmp_path / "s", talk)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\n",
        b"hello\n",
        b"\xff\xfe\x00\n",
        b"null\n",
        b'{"version":1}\n',
        b'{"version":1,"request":{}}\n',
        b'{"version":1,"request":{"type":"explode"}}\n',
        b'{"version":1,"request":{"type":"pause"}}\n',
        b'{"version":1,"request":{"type":"pause","by":""}}\n',
        b'{"version":1,"request":{"type":"pause","by":"\xff"}}\n',
        b'{"version":1,"request":{"type":"history","limit":0}}\n',
        b'{"version":1,"request":{"type":"history","limit":"all"}}\n',
        b'{"version":"1","request":{"type":"ping"}}\n',
        b'{"version":1,"request":' + b"[" * 50_000 + b"]}\n",
    ],
)
def test_garbage_is_told_from_a_request_and_hurts_nobody(tmp_path: Path, garbage: bytes) -> None:
    """The asker hears why, and the next one is served."""

    async def talk(_: RecordingLog) -> None:
        assert code_of(await say(tmp_path / "s", garbage)) is FailureCode.BAD_REQUEST
        assert isinstance(await ask(tmp_path / "s", PingRequest()), Answer)

    with_keeper(tmp_path / "s", talk)


def test_another_version_is_told_so_whatever_it_asks(tmp_path: Path) -> None:
    """Its requests need not be known here."""

    async def talk(_: RecordingLog) -> None:
        line = b'{"version":%d,"request":{"new":true}}\n' % (VERSION + 1)
        assert code_of(await say(tmp_path / "s", line)) is FailureCode.VERSION

    with_keeper(tmp_path / "s", talk)


def test_a_client_that_leaves_in_the_middle_of_a_line_is_forgotten(tmp_path: Path) -> None:
    """Nothing is carried out and nothing is logged."""

    async def talk(_: RecordingLog) -> None:
        for end in range(len(PING)):
            writer = (await asyncio.open_unix_connection(tmp_path / "s"))[1]
            writer.write(PING[:end])
            writer.close()
            await writer.wait_closed()
        assert isinstance(await ask(tmp_path / "s", PingRequest()), Answer)

    generous = msgspec.structs.replace(QUICK, clients=100)
    assert with_keeper(tmp_path / "s", talk, settings=generous).entries == []


def test_a_client_that_dribbles_is_cut_off_in_time(tmp_path: Path) -> None:
    """The limit is for the whole line: a byte now and then does not extend it."""

    async def talk(_: RecordingLog) -> None:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "s"))
            client.settimeout(5)
            started = loop.time()
            with suppress(ConnectionError):
                while loop.time() - started < QUICK.request_s * 2:
                    client.send(b" ")
                    await asyncio.sleep(0.02)
            line = msgspec.json.decode(client.recv(1000), type=ResponseLine)
        assert code_of(line.response) is FailureCode.TIMED_OUT
        assert loop.time() - started < QUICK.request_s * 2

    with_keeper(tmp_path / "s", talk)


def test_a_client_that_does_not_take_its_answer_holds_up_nobody(tmp_path: Path) -> None:
    """It is dropped after a while; its place is free again."""

    async def large(_: Request) -> Response:
        return answer("x" * 3_000_000)

    async def talk(_: RecordingLog) -> None:
        deaf = []
        for _number in range(QUICK.clients):
            client = socket.socket(socket.AF_UNIX)
            client.connect(str(tmp_path / "s"))
            client.sendall(PING)
            deaf.append(client)
        await asyncio.sleep(QUICK.write_s * 2)
        assert isinstance(await ask(tmp_path / "s", PingRequest()), Answer)
        for client in deaf:
            client.close()

    with_keeper(tmp_path / "s", talk, large)


@pytest.mark.parametrize("end", [b"", b'"}}\n'])
def test_a_request_that_is_too_large_is_refused_before_it_is_whole(
    tmp_path: Path, end: bytes
) -> None:
    """One byte above the limit is enough, with or without its newline."""
    start = b'{"version":1,"request":{"type":"pause","by":"'

    async def talk(_: RecordingLog) -> None:
        line = start + b"x" * (MAX_REQUEST_BYTES + 1 - len(start) - len(end)) + end
        assert code_of(await say(tmp_path / "s", line)) is FailureCode.TOO_LARGE

    with_keeper(tmp_path / "s", talk)


def test_the_limit_holds_for_a_second_request_too(tmp_path: Path) -> None:
    """Bytes that came along with the first do not stretch it."""

    async def talk(_: RecordingLog) -> None:
        reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
        writer.write(PING + PING[:-1].ljust(MAX_REQUEST_BYTES) + b"\n")
        assert b"PingRequest" in await reader.readline()
        line = msgspec.json.decode(await reader.readline(), type=ResponseLine)
        assert code_of(line.response) is FailureCode.TOO_LARGE
        writer.close()

    with_keeper(tmp_path / "s", talk)


def test_a_request_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    """White space pads it."""

    async def talk(_: RecordingLog) -> None:
        line = PING[:-1].ljust(MAX_REQUEST_BYTES - 1) + b"\n"
        assert isinstance(await say(tmp_path / "s", line), Answer)

    with_keeper(tmp_path / "s", talk)


def test_an_answer_that_is_too_large_is_told_as_a_failure(tmp_path: Path) -> None:
    """The asker can ask for less."""

    async def large(_: Request) -> Response:
        return answer("x" * MAX_RESPONSE_BYTES)

    async def talk(_: RecordingLog) -> None:
        assert code_of(await ask(tmp_path / "s", PingRequest())) is FailureCode.TOO_LARGE

    with_keeper(tmp_path / "s", talk, large)


def test_an_answer_of_megabytes_arrives_whole(tmp_path: Path) -> None:
    """In many pieces."""

    async def large(_: Request) -> Response:
        return answer("x" * 3_000_000)

    async def talk(_: RecordingLog) -> None:
        response = await ask(tmp_path / "s", PingRequest())
        assert isinstance(response, Answer)
        assert len(bytes(response.payload)) == 3_000_002

    with_keeper(tmp_path / "s", talk, large, ControlSettings())


def test_too_many_clients_are_told_that_the_keeper_is_busy(tmp_path: Path) -> None:
    """Those inside are still served, and their places are given again."""

    async def talk(log: RecordingLog) -> None:
        inside = [await asyncio.open_unix_connection(tmp_path / "s") for _ in range(4)]
        await asyncio.sleep(0.05)
        assert code_of(await say(tmp_path / "s", PING)) is FailureCode.BUSY
        for reader, writer in inside:
            writer.write(PING)
            assert b"PingRequest" in await reader.readline()
            writer.close()
        await asyncio.sleep(0.05)
        assert isinstance(await ask(tmp_path / "s", PingRequest()), Answer)
        assert log.events() == [CLIENT_REFUSED]

    with_keeper(tmp_path / "s", talk)


def test_a_keeper_that_thinks_too_long_says_so(tmp_path: Path) -> None:
    """The order may still happen, and the answer says that."""

    async def thinks(_: Request) -> Response:
        await asyncio.sleep(60)
        return answer()

    async def talk(_: RecordingLog) -> None:
        response = await ask(tmp_path / "s", PingRequest(), timeout_s=2)
        assert code_of(response) is FailureCode.TIMED_OUT
        assert "may still happen" in repr(response)

    with_keeper(tmp_path / "s", talk, thinks)


def test_a_bug_in_an_answer_is_logged_and_stops_nothing(tmp_path: Path) -> None:
    """With its exception; the asker hears that it was no fault of theirs."""

    async def fails(_: Request) -> Response:
        raise ZeroDivisionError

    async def talk(_: RecordingLog) -> None:
        for _number in range(2):
            assert code_of(await ask(tmp_path / "s", PingRequest())) is FailureCode.INTERNAL

    log = with_keeper(tmp_path / "s", talk, fails)
    assert log.events() == [HANDLER_FAILED] * 2
    assert isinstance(log.entries[0].raised, ZeroDivisionError)


def test_the_socket_is_for_its_owner_only_and_goes_with_the_keeper(tmp_path: Path) -> None:
    """Mode 0600 whatever the umask, which is as before afterwards."""
    path = tmp_path / "run" / "s"

    async def talk(_: RecordingLog) -> None:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    previous = os.umask(0)
    try:
        with_keeper(path, talk)
        assert os.umask(0) == 0
    finally:
        os.umask(previous)
    assert not path.exists()


def test_what_a_dead_keeper_left_is_replaced(tmp_path: Path) -> None:
    """A bound socket that nobody listens on any more."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "s"))

    async def talk(_: RecordingLog) -> None:
        assert isinstance(await ask(tmp_path / "s", PingRequest()), Answer)

    with_keeper(tmp_path / "s", talk)


def test_a_living_keeper_is_not_replaced(tmp_path: Path) -> None:
    """The second gets a clear error; the first goes on."""

    async def talk(_: RecordingLog) -> None:
        with pytest.raises(ControlError, match="another keeper listens") as raised:
            await serve(tmp_path / "s", echo, RecordingLog())
        assert raised.value.problem is ControlProblem.IN_USE
        assert isinstance(await ask(tmp_path / "s", PingRequest()), Answer)

    with_keeper(tmp_path / "s", talk)


def test_the_socket_of_a_successor_is_not_removed(tmp_path: Path) -> None:
    """Whoever took the path over keeps it."""
    path = tmp_path / "s"

    async def talk(_: RecordingLog) -> None:
        path.unlink()
        path.write_text("successor")

    with_keeper(path, talk)
    assert path.read_text() == "successor"


@pytest.mark.parametrize("name", ["file", "x" * 120, "file/s"])
def test_a_path_that_cannot_be_used_is_a_clear_error(tmp_path: Path, name: str) -> None:
    """A file in the way, a name too long for a socket, a folder that is none."""
    (tmp_path / "file").write_text("precious")

    with pytest.raises(ControlError) as raised:
        asyncio.run(serve(tmp_path / name, echo, RecordingLog()))
    assert raised.value.problem is ControlProblem.UNUSABLE_PATH
    assert (tmp_path / "file").read_text() == "precious"


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
@pytest.mark.parametrize("mode", [0o600, 0o666])
def test_another_user_is_not_heard(tmp_path: Path, mode: int) -> None:
    """Neither by the file's mode nor, should that be opened up, by the keeper itself."""
    path = tmp_path / "s"
    program = (
        "import os, sys; from pathlib import Path\n"
        "from eoskeeper.runtime.control_client import ControlError, call\n"
        "from eoskeeper.runtime.control_messages import PauseRequest\n"
        "os.chdir(sys.argv[1]); os.setgid(65534); os.setuid(65534)\n"
        "try: call(Path('s'), PauseRequest(by='root'), 5)\n"
        "except ControlError as error: print(error.problem)\n"
    )
    tmp_path.chmod(0o755)

    async def talk(_: RecordingLog) -> None:
        path.chmod(mode)
        said = await asyncio.to_thread(
            subprocess.check_output, [sys.executable, "-c", program, str(tmp_path)]
        )
        assert said.strip() == b"not_permitted"

    log = with_keeper(path, talk)
    assert ORDER_RECEIVED not in log.events()
