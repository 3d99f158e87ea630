"""NodeosApi turns every failure of a node into a value, in bounded time."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from eoskeeper.domain.samples import (
    Block,
    DatabaseSizeRead,
    FailureReason,
    Finalizer,
    FinalizersRead,
    HeadRead,
    PausedRead,
    ProbeFailed,
    ProbeName,
    ScheduleRead,
)
from eoskeeper.probes.nodeos_api import NodeosApi, NodeosSettings
from tests.fakes.fake_nodeos import CHAIN_ID, FakeChain, FakeNodeos, Misbehaviour
from tests.fakes.loop_clock import clock_from


def against_fake(
    check: Callable[[FakeNodeos, NodeosApi], Awaitable[None]], *, has_block_info: bool = True
) -> None:
    """Run a check with a fake node of 20 blocks and a client with a time limit of 0.3 s."""

    async def run() -> None:
        chain = FakeChain(["alice", "bob", "carol", "dave"])
        chain.grow(19)
        async with (
            FakeNodeos(chain, has_block_info=has_block_info) as node,
            NodeosApi(NodeosSettings(url=node.url, timeout_s=0.3), clock_from()) as api,
        ):
            await check(node, api)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (Misbehaviour.WRONG_JSON, FailureReason.NOT_JSON),
        (Misbehaviour.HTML, FailureReason.NOT_JSON),
        (Misbehaviour.WRONG_SHAPE, FailureReason.UNEXPECTED_SHAPE),
        (Misbehaviour.STATUS_500, FailureReason.HTTP_STATUS),
        (Misbehaviour.STATUS_404, FailureReason.HTTP_STATUS),
        (Misbehaviour.STATUS_429, FailureReason.OVERLOADED),
        (Misbehaviour.STATUS_503, FailureReason.OVERLOADED),
        (Misbehaviour.HANG, FailureReason.TIMED_OUT),
        (Misbehaviour.DRIP, FailureReason.TIMED_OUT),
        (Misbehaviour.HUGE, FailureReason.TOO_LARGE),
        (Misbehaviour.RESET, FailureReason.DISCONNECTED),
        (Misbehaviour.TRUNCATED, FailureReason.DISCONNECTED),
    ],
)
def test_each_misbehaviour_is_a_failure_of_its_own_kind(
    how: Misbehaviour, reason: FailureReason
) -> None:
    """No misbehaviour raises; each has its reason; the next good answer is read again."""

    async def check(node: FakeNodeos, api: NodeosApi) -> None:
        node.misbehave(how)
        for read in (
            api.read_head,
            api.read_schedule,
            api.read_connections,
            api.read_database_size,
        ):
            failed = await read()
            assert isinstance(failed, ProbeFailed)
            assert failed.reason is reason
            assert len(failed.detail) < 150
        block = await api.block(7)
        assert isinstance(block, ProbeFailed)
        assert (block.probe, block.reason) == (ProbeName.BLOCKS, reason)
        node.misbehave(None)
        assert isinstance(await api.read_head(), HeadRead)

    against_fake(check)


def test_nobody_listening_is_refused() -> None:
    """A port without a listener is told as refused, at once."""

    async def run() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}"
            async with NodeosApi(NodeosSettings(url=url), clock_from()) as api:
                failed = await api.read_head()
        assert isinstance(failed, ProbeFailed)
        assert failed.reason is FailureReason.REFUSED

    asyncio.run(run())


def test_a_socket_file_that_is_not_there_is_refused() -> None:
    """A unix socket without a file means that nobody listens."""

    async def run() -> None:
        settings = NodeosSettings(url="unix:///nowhere/nodeos.sock")
        async with NodeosApi(settings, clock_from()) as api:
            failed = await api.read_paused()
        assert isinstance(failed, ProbeFailed)
        assert failed.reason is FailureReason.REFUSED

    asyncio.run(run())


def test_what_is_not_even_http_is_not_json() -> None:
    """Garbage instead of an answer."""

    async def run() -> None:
        async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"{}")
            writer.write(b"\x16\x03\x01 nonsense\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(garbage, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, NodeosApi(NodeosSettings(url=url), clock_from()) as api:
            failed = await api.read_head()
        assert isinstance(failed, ProbeFailed)
        assert failed.reason is FailureReason.NOT_JSON

    asyncio.run(run())


def test_the_kept_connection_may_break_between_two_polls() -> None:
    """A connection that was closed while idle costs no reading."""

    async def check(node: FakeNodeos, api: NodeosApi) -> None:
        await api.read_head()
        node.misbehave(Misbehaviour.RESET_ONCE)
        assert isinstance(await api.read_head(), HeadRead)

    against_fake(check)


def test_an_unknown_block_has_its_own_reason() -> None:
    """A height above the head, or pruned."""

    async def check(_: FakeNodeos, api: NodeosApi) -> None:
        failed = await api.block(4711)
        assert isinstance(failed, ProbeFailed)
        assert failed.reason is FailureReason.UNKNOWN_BLOCK

    against_fake(check)


def test_falls_back_to_get_block_and_remembers_it() -> None:
    """EOSIO before 2.1 has no get_block_info; it is asked for once only."""

    async def check(node: FakeNodeos, api: NodeosApi) -> None:
        for number in (5, 6):
            block = await api.block(number)
            assert isinstance(block, Block)
            assert block == node.chain.blocks[number]
        assert node.requests.count("/v1/chain/get_block_info") == 1

    against_fake(check, has_block_info=False)


def test_a_block_of_another_number_is_not_taken() -> None:
    """An answer for another height is of an unexpected shape."""

    async def check(node: FakeNodeos, api: NodeosApi) -> None:
        node.chain.blocks[5] = msgspec.structs.replace(node.chain.blocks[6], number=6)
        failed = await api.block(5)
        assert isinstance(failed, ProbeFailed)
        assert failed.reason is FailureReason.UNEXPECTED_SHAPE

    against_fake(check)


def test_reads_what_the_node_says() -> None:
    """Head, schedule, links and sizes come over, large numbers as strings too."""

    async def check(node: FakeNodeos, api: NodeosApi) -> None:
        head = await api.read_head()
        assert isinstance(head, HeadRead)
        assert (head.chain_id, head.head_number, head.head_id) == (
            CHAIN_ID,
            20,
            node.chain.head.block_id,
        )
        assert head.head_slot == node.chain.head.slot
        schedule = await api.read_schedule()
        assert isinstance(schedule, ScheduleRead)
        assert [one.account for one in schedule.active.producers] == node.chain.producers
        size = await api.read_database_size()
        assert isinstance(size, DatabaseSizeRead)
        assert size.free_bytes == 5_000_000_000

    against_fake(check)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (None, FailureReason.UNSUPPORTED),
        (Misbehaviour.STATUS_503, FailureReason.OVERLOADED),
        (Misbehaviour.WRONG_SHAPE, FailureReason.UNEXPECTED_SHAPE),
        (Misbehaviour.HANG, FailureReason.TIMED_OUT),
    ],
)
def test_only_a_missing_call_is_unsupported(
    how: Misbehaviour | None, reason: FailureReason
) -> None:
    """A nodeos before Spring answers 404; every other failure is its own."""

    async def check(node: FakeNodeos, api: NodeosApi) -> None:
        node.misbehave(how)
        failed = await api.read_finalizers()
        assert isinstance(failed, ProbeFailed)
        assert (failed.probe, failed.reason) == (ProbeName.FINALIZERS, reason)

    against_fake(check)


def test_finalizers_are_read_as_the_node_says() -> None:
    """The active policy with the newest vote of each."""

    async def check(node: FakeNodeos, api: NodeosApi) -> None:
        node.finalizer_info = {
            "active_finalizer_policy": {
                "generation": 4,
                "threshold": 1,
                "finalizers": [{"description": "alice", "weight": 1, "public_key": "PUB_BLS_a-_"}],
            },
            "pending_finalizer_policy": None,
            "last_tracked_votes": [
                {"public_key": "PUB_BLS_a-_", "is_vote_strong": False, "voted_for_block_num": 7}
            ],
        }
        read = await api.read_finalizers()
        assert isinstance(read, FinalizersRead)
        assert read.active == (Finalizer("alice", "PUB_BLS_a-_", 7, strong=False),)
        assert (read.generation, read.pending_generation) == (4, None)

    against_fake(check)


def test_paused_says_when_it_was_asked() -> None:
    """The reading holds for some moment between ``asked`` and ``at``."""

    async def check(node: FakeNodeos, api: NodeosApi) -> None:
        node.paused = True
        read = await api.read_paused()
        assert isinstance(read, PausedRead)
        assert read.paused
        assert read.asked.mono_s <= read.at.mono_s

    against_fake(check)


def test_a_hung_question_does_not_eat_the_next_ones_time() -> None:
    """Overlapping questions wait their turn; the time limit counts from there."""

    async def check(node: FakeNodeos, api: NodeosApi) -> None:
        node.misbehave(Misbehaviour.HANG, "/v1/producer/paused")
        paused, head = await asyncio.gather(api.read_paused(), api.read_head())
        assert isinstance(paused, ProbeFailed)
        assert isinstance(head, HeadRead)
        assert head.took_s < 0.3

    against_fake(check)


@pytest.mark.parametrize(
    "url", ["http://user:secret@127.0.0.1:8888", "http://127.0.0.1:8888/", "127.0.0.1:8888", ""]
)
def test_an_address_with_a_password_or_a_path_is_no_setting(url: str) -> None:
    """Such an address is refused before anything is asked."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"url": url}, NodeosSettings)
