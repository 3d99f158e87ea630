"""The asking side of the control socket has one clear error for each way to get no answer."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from eoskeeper.runtime.control_client import ControlError, ControlProblem, call
from eoskeeper.runtime.control_messages import (
    MAX_REQUEST_BYTES,
    MAX_RESPONSE_BYTES,
    PauseRequest,
    PingRequest,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_asking_where_no_keeper_runs_says_so(tmp_path: Path) -> None:
    """No socket, a dead one, and a file that is none."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead"))
    (tmp_path / "file").write_text("")

    for name in ("nothing", "dead", "file", "file/s"):
        with pytest.raises(ControlError, match="no keeper runs here") as raised:
            call(tmp_path / name, PingRequest(), 1)
        assert raised.value.problem is ControlProblem.NO_KEEPER


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (b"", ControlProblem.NO_ANSWER),
        (b'{"version"', ControlProblem.NO_ANSWER),
        (b"hello\n", ControlProblem.NOT_UNDERSTOOD),
        (b'{"version":1,"response":{"type":"new"}}\n', ControlProblem.NOT_UNDERSTOOD),
        (b"x" * (MAX_RESPONSE_BYTES + 1), ControlProblem.TOO_LARGE),
    ],
)
def test_an_answer_that_is_none_is_a_clear_error(
    tmp_path: Path, said: bytes, problem: ControlProblem
) -> None:
    """Whoever listens there is no keeper, or died."""

    async def main() -> None:
        async def stranger(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError):
                writer.write(said)
                await writer.drain()
            writer.close()

        async with await asyncio.start_unix_server(stranger, tmp_path / "s"):
            with pytest.raises(ControlError) as raised:
                await asyncio.to_thread(call, tmp_path / "s", PingRequest(), 5)
            assert raised.value.problem is problem

    asyncio.run(main())


def test_the_client_waits_no_longer_than_it_was_told(tmp_path: Path) -> None:
    """A keeper that is stopped takes the connection and says nothing."""
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "s"))
        mute.listen()
        with pytest.raises(ControlError, match="did not answer in time") as raised:
            call(tmp_path / "s", PingRequest(), 0.2)
    assert raised.value.problem is ControlProblem.NO_ANSWER


def test_an_answer_that_dribbles_does_not_stretch_the_time(tmp_path: Path) -> None:
    """The limit is for the whole answer, not for each byte of it."""

    async def main() -> None:
        async def dribble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError):
                for _number in range(40):
                    writer.write(b" ")
                    await writer.drain()
                    await asyncio.sleep(0.05)
            writer.close()

        async with await asyncio.start_unix_server(dribble, tmp_path / "s"):
            with pytest.raises(ControlError, match="did not answer in time"):
                await asyncio.to_thread(call, tmp_path / "s", PingRequest(), 0.3)
            await asyncio.sleep(0.1)

    asyncio.run(main())


def test_a_request_too_large_is_not_even_sent(tmp_path: Path) -> None:
    """The client knows the limit."""
    with pytest.raises(ControlError) as raised:
        call(tmp_path / "s", PauseRequest(by="x" * MAX_REQUEST_BYTES), 1)
    assert raised.value.problem is ControlProblem.TOO_LARGE
