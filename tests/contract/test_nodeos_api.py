"""What NodeosApi and the production effects expect of a nodeos, asked of three of them.

The recordings of Spring v1.3.0-dev, the fake, and a real one where there is one, so that the fake
is held to the real thing.
"""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from eoskeeper.devnet.nodeos_binary import find_nodeos
from eoskeeper.domain.actions import FenceCause, Pause, Permit, PermitKind, Resume
from eoskeeper.domain.chain_time import Moment, MonoS, Slot, UtcS
from eoskeeper.domain.samples import (
    Block,
    ConnectionsRead,
    DatabaseSizeRead,
    FailureReason,
    FinalizersRead,
    HeadRead,
    OutcomeResult,
    PausedRead,
    ProbeFailed,
    ScheduleRead,
)
from eoskeeper.effects.production import ProductionSettings, pause, resume
from eoskeeper.probes import nodeos_wire as wire
from eoskeeper.probes.nodeos_api import NodeosApi, NodeosSettings
from tests.fakes.fake_nodeos import FakeChain, FakeNodeos
from tests.fakes.loop_clock import clock_from

RECORDINGS = Path(__file__).parent / "recordings" / "spring" / "http"
NOW = Moment(mono_s=MonoS(1.0), utc_s=UtcS(1.0))


def recorded(name: str) -> tuple[int, bytes]:
    """Status and body of one recorded exchange."""
    text = (RECORDINGS / f"{name}.txt").read_text()
    status = re.search(r"^HTTP/1\.1 (\d{3})", text, re.MULTILINE)
    assert status is not None
    return int(status[1]), text.split("\n\n")[-1].strip().encode()


# --- recordings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["get_info-GET-producer", "00-get_info-before-savanna"])
def test_recorded_heads_are_read(name: str) -> None:
    """get_info of Spring, before and on Savanna."""
    head = wire.decode_head(recorded(name)[1], NOW, 0.1)
    assert int(head.head_id[:8], 16) == head.head_number
    assert head.server_version == "v1.3.0-dev"
    assert head.fork_head_number == head.head_number


def test_the_recorded_block_is_the_same_from_both_calls() -> None:
    """get_block carries the same header fields as get_block_info."""
    info = wire.decode_block(recorded("get_block_info")[1], 238)
    assert info == wire.decode_block(recorded("get_block")[1], 238)
    assert info.producer == "producerd"


def test_the_recorded_schedule_is_read() -> None:
    """Four producers in slot order, one key each."""
    schedule = wire.decode_schedule(recorded("get_producer_schedule")[1], NOW)
    assert [one.account for one in schedule.active.producers] == [
        "producera",
        "producerb",
        "producerc",
        "producerd",
    ]
    assert all(len(one.keys) == 1 for one in schedule.active.producers)
    assert (schedule.pending, schedule.proposed) == (None, None)


@pytest.mark.parametrize(
    "name",
    [
        "get_block_info-unknown",
        "get_block-unknown",
        "get_block-before-snapshot",
    ],
)
def test_recorded_unknown_blocks_are_known_as_such(name: str) -> None:
    """A block above the head or below a snapshot has nodeos's own code 3100002."""
    status, body = recorded(name)
    assert (status, wire.decode_error(body)[0]) == (400, wire.UNKNOWN_BLOCK_CODE)


@pytest.mark.parametrize(
    ("name", "links", "established"),
    [
        ("net-connections-standby-paused", 5, 5),
        ("net-connections-one-peer-down", 7, 5),
        ("net-connections-relay", 10, 6),
    ],
)
def test_recorded_links_are_read(name: str, links: int, established: int) -> None:
    """Every connection is told; those that stand are told apart."""
    read = wire.decode_connections(recorded(name)[1], NOW)
    assert (len(read.links), sum(one.established for one in read.links)) == (links, established)
    assert all(one.agent for one in read.links if one.established)


def test_the_recorded_database_size_is_read() -> None:
    """db_size of Spring has one field more."""
    size = wire.decode_database_size(recorded("db_size-producer")[1], NOW)
    assert size.free_bytes + size.used_bytes == size.size_bytes


@pytest.mark.parametrize(
    ("name", "producers", "generation", "pending"),
    [
        ("00-get_finalizer_info-before-savanna", "", 0, None),
        ("get_finalizer_info-producer", "abcd", 1, None),
        ("get_finalizer_info-pending-policy", "abcd", 1, 2),
    ],
)
def test_recorded_finalizers_are_read(
    name: str, producers: str, generation: int, pending: int | None
) -> None:
    """Nobody before Savanna; then the active policy, and the one that waits."""
    read = wire.decode_finalizers(recorded(name)[1], NOW)
    assert [one.description for one in read.active] == [f"producer{one}" for one in producers]
    assert (read.generation, read.pending_generation) == (generation, pending)
    assert len({one.voted_for_number for one in read.active}) <= 1
    assert all(one.strong for one in read.active)


def test_a_recorded_finalizer_that_stopped_is_left_behind() -> None:
    """Its newest vote stays where it was: 58 blocks below those of the others."""
    read = wire.decode_finalizers(recorded("get_finalizer_info-one-stopped")[1], NOW)
    assert [one.voted_for_number for one in read.active] == [632, 632, 632, 574]


def test_recorded_pauses_are_read() -> None:
    """``paused`` is a bare boolean with status 201; pause and resume answer ok."""
    assert recorded("producer-paused-POST-standby-paused") == (201, b"true")
    assert recorded("producer-paused-POST-producer") == (201, b"false")
    assert recorded("producer-pause") == recorded("producer-resume") == (201, b'{"result":"ok"}')


# --- the fake and a real one --------------------------------------------------------------------


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def start_real(command: list[str], folder: str, port: int) -> subprocess.Popen[bytes]:
    """A nodeos of its own that produces alone."""
    plugins = ["chain_api", "producer_api", "net_api", "db_size_api"]
    return subprocess.Popen(
        [
            *command,
            *("--enable-stale-production", "--producer-name", "eosio"),
            *(f"--plugin=eosio::{one}_plugin" for one in plugins),
            *("--http-server-address", f"127.0.0.1:{port}"),
            *("--p2p-listen-endpoint", f"127.0.0.1:{free_port()}"),
            *("--data-dir", f"{folder}/data", "--config-dir", f"{folder}/config"),
        ],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def real_url() -> Iterator[str]:
    """Address of a real nodeos that runs for this file."""
    command = [str(word) for word in find_nodeos().nodeos]
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="eoskeeper-nodeos-") as folder:
        process = start_real(command, folder, port)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


Check = Callable[[NodeosApi, str], Awaitable[None]]


async def ready(api: NodeosApi) -> None:
    """Wait until the node has blocks."""
    async with asyncio.timeout(30):
        while True:
            head = await api.read_head()
            if isinstance(head, HeadRead) and head.head_number >= 4:
                return
            await asyncio.sleep(0.1)


async def checked(url: str, check: Check) -> None:
    """Run a check once the node has blocks."""
    async with NodeosApi(NodeosSettings(url=url), clock_from()) as api:
        await ready(api)
        await check(api, url)


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.real)])
def run(request: pytest.FixtureRequest) -> Callable[[Check], None]:
    """Run a check against the fake, then against a real nodeos."""
    if request.param == "real":
        url = request.getfixturevalue("real_url")
        return lambda check: asyncio.run(checked(url, check))

    async def with_fake(check: Check) -> None:
        chain = FakeChain(["eosio"])
        chain.grow(9)
        async with FakeNodeos(chain) as node:
            await checked(node.url, check)

    return lambda check: asyncio.run(with_fake(check))


def test_the_head_is_a_block_that_can_be_asked_for(run: Callable[[Check], None]) -> None:
    """Head and blocks agree, link, and lie on the slot grid."""

    async def check(api: NodeosApi, _: str) -> None:
        head = await api.read_head()
        assert isinstance(head, HeadRead)
        block = await api.block(head.head_number)
        below = await api.block(head.head_number - 1)
        assert isinstance(block, Block)
        assert isinstance(below, Block)
        assert (block.block_id, block.slot, block.producer) == (
            head.head_id,
            head.head_slot,
            head.head_producer,
        )
        assert block.previous == below.block_id
        assert below.slot < block.slot

    run(check)


def test_a_block_above_the_head_is_unknown(run: Callable[[Check], None]) -> None:
    """Not an error of the connection, nor of the shape."""

    async def check(api: NodeosApi, _: str) -> None:
        failed = await api.block(900_000)
        assert isinstance(failed, ProbeFailed)
        assert failed.reason is FailureReason.UNKNOWN_BLOCK

    run(check)


def test_the_schedule_names_the_producer(run: Callable[[Check], None]) -> None:
    """One producer, with a key."""

    async def check(api: NodeosApi, _: str) -> None:
        schedule = await api.read_schedule()
        assert isinstance(schedule, ScheduleRead)
        assert [one.account for one in schedule.active.producers] == ["eosio"]
        assert schedule.active.producers[0].keys[0].startswith(("EOS", "PUB_K1_"))

    run(check)


def test_links_and_sizes_are_read(run: Callable[[Check], None]) -> None:
    """The net and db_size calls answer in their shapes."""

    async def check(api: NodeosApi, _: str) -> None:
        assert isinstance(await api.read_connections(), ConnectionsRead)
        size = await api.read_database_size()
        assert isinstance(size, DatabaseSizeRead)
        assert 0 < size.free_bytes < size.size_bytes

    run(check)


def test_finalizers_are_read_or_unsupported(run: Callable[[Check], None]) -> None:
    """A nodeos before Spring has no such call; a chain before Savanna has no finalizers."""

    async def check(api: NodeosApi, _: str) -> None:
        read = await api.read_finalizers()
        if isinstance(read, FinalizersRead):
            assert read.active == ()
        else:
            assert read.reason is FailureReason.UNSUPPORTED

    run(check)


def test_pause_and_resume_are_proven(run: Callable[[Check], None]) -> None:
    """Paused and resumed with proof; each reads back in ``paused``; both may be repeated."""

    async def check(api: NodeosApi, url: str) -> None:
        settings, clock = ProductionSettings(url=url), clock_from()
        for _ in range(2):
            action = Pause(action_id=1, cause=FenceCause.OPERATOR, reason="test")
            assert (await pause(action, settings, clock)).result is OutcomeResult.PROVEN
        read = await api.read_paused()
        assert isinstance(read, PausedRead)
        assert read.paused
        for _ in range(2):
            outcome = await resume(Resume(2, permit(), "test"), settings, clock)
            assert outcome.result is OutcomeResult.PROVEN
        read = await api.read_paused()
        assert isinstance(read, PausedRead)
        assert not read.paused

    run(check)


def test_a_call_that_is_not_there_is_a_404(run: Callable[[Check], None]) -> None:
    """A plugin that is off looks like any wrong path."""

    async def check(_: NodeosApi, url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        request = f"POST /v1/nope HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n"
        writer.write(f"{request}Content-Length: 2\r\n\r\n{{}}".encode())
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 404")
        assert b"Unknown Endpoint" in answer

    run(check)


def permit() -> Permit:
    """A permit that does not run out during a test."""
    return Permit(
        kind=PermitKind.OPERATOR,
        term=1,
        at=NOW,
        empty_own_turns=0,
        not_before_slot=Slot(0),
        not_after_slot=Slot(2_000_000_000),
        conditions=(),
    )
