"""The restart watch gets a pause through to a node that comes back, and else keeps quiet."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

from eoskeeper.domain.samples import OutcomeResult, RestartPaused
from eoskeeper.effects.restart_watch import RestartWatch, RestartWatchSettings
from eoskeeper.effects.turn_gate import TurnGate
from tests.fakes.fake_nodeos import FakeChain, FakeNodeos, Misbehaviour
from tests.fakes.loop_clock import clock_from
from tests.fakes.standin_nodeos import is_stopped, standin

PAUSE_PATH = "/v1/producer/pause"

Check = Callable[[RestartWatch, list[RestartPaused], int], Awaitable[None]]


def open_gate() -> TurnGate:
    """A gate that never has anything to do."""
    return TurnGate(lambda _: 0.0, clock_from())


def with_watch(check: Check, gate: TurnGate | None = None) -> None:
    """Run a check with a watch over a free port that it may fill with a node."""

    async def run() -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        told: list[RestartPaused] = []
        settings = RestartWatchSettings(url=f"http://127.0.0.1:{port}", timeout_s=0.3, drain_s=0.5)
        watch = RestartWatch(settings, clock_from(), told.append, gate or open_gate())
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(watch.run())
            await check(watch, told, port)
            running.cancel()

    asyncio.run(run())


def node_at(port: int) -> FakeNodeos:
    """A fake node for that port."""
    return FakeNodeos(FakeChain(["alice"]), port=port)


async def until(condition: Callable[[], bool]) -> None:
    """Wait, at most three seconds."""
    async with asyncio.timeout(3):
        while not condition():  # noqa: ASYNC110 (polls plain state, there is no event)
            await asyncio.sleep(0.01)


def test_the_first_request_of_a_node_that_comes_back_is_the_pause() -> None:
    """Armed while the node is away, it pauses it as soon as it listens, and proves it."""

    async def check(watch: RestartWatch, told: list[RestartPaused], port: int) -> None:
        watch.arm()
        await asyncio.sleep(0.25)
        async with node_at(port) as node:
            await until(lambda: bool(told))
            assert node.requests[0] == PAUSE_PATH
            assert node.paused
        assert told[0].result is OutcomeResult.PROVEN
        assert told[0].attempts == 1
        assert told[0].sent.mono_s < told[0].at.mono_s

    with_watch(check)


def test_a_node_that_is_there_when_armed_is_left_alone() -> None:
    """Whoever arms the watch has paused the node: it only holds a connection."""

    async def check(watch: RestartWatch, told: list[RestartPaused], port: int) -> None:
        async with node_at(port) as node:
            watch.arm()
            await asyncio.sleep(0.4)
            assert node.requests == []
        assert told == []

    with_watch(check)


def test_a_restart_is_noticed_by_the_lost_connection() -> None:
    """The node that was held goes away and comes back: it is paused, each time anew."""

    async def check(watch: RestartWatch, told: list[RestartPaused], port: int) -> None:
        async with node_at(port):
            watch.arm()
            await asyncio.sleep(0.2)
        for restarts in (1, 2):
            await asyncio.sleep(0.3)
            async with node_at(port) as node:
                await until(lambda count=restarts: len(told) == count)  # type: ignore[misc]  # the default
                assert node.paused

    with_watch(check)


def test_a_frozen_node_has_one_request_at_a_time() -> None:
    """A node that accepts and hangs is asked again after the time limit, not ten times a second."""

    async def check(watch: RestartWatch, told: list[RestartPaused], port: int) -> None:
        watch.arm()
        await asyncio.sleep(0.2)
        async with node_at(port) as node:
            node.misbehave(Misbehaviour.HANG)
            await asyncio.sleep(1.0)
            assert 2 <= len(node.requests) <= 5
            assert told == []
            node.release()
            await until(lambda: bool(told))
            assert told[0].attempts >= 3

    with_watch(check)


def test_disarmed_it_does_nothing_and_holds_nothing() -> None:
    """No request and no connection before it is armed, and none after it is disarmed."""

    async def check(watch: RestartWatch, told: list[RestartPaused], port: int) -> None:
        async with node_at(port) as node:
            await asyncio.sleep(0.3)
            watch.arm()
            await asyncio.sleep(0.1)
            watch.disarm()
            await asyncio.sleep(0.1)
        async with node_at(port) as node:
            await asyncio.sleep(0.3)
            assert node.requests == []
        assert told == []

    with_watch(check)


def test_a_race_that_is_called_off_is_told_as_cancelled() -> None:
    """A pause that was sent may still take effect: whoever disarms has to know."""

    async def check(watch: RestartWatch, told: list[RestartPaused], port: int) -> None:
        watch.arm()
        await asyncio.sleep(0.15)
        async with node_at(port) as node:
            node.misbehave(Misbehaviour.HANG)
            await until(lambda: bool(node.requests))
            await asyncio.sleep(0.4)
            watch.disarm()
            await until(lambda: bool(told))
        assert told[0].result is OutcomeResult.CANCELLED

    with_watch(check)


def test_arming_again_and_again_changes_nothing() -> None:
    """Armed and disarmed are levels, repeated every cycle."""

    async def check(watch: RestartWatch, told: list[RestartPaused], port: int) -> None:
        async with node_at(port) as node:
            for _ in range(10):
                watch.arm()
                await asyncio.sleep(0.02)
            assert node.requests == []
            for _ in range(3):
                watch.disarm()
        assert told == []

    with_watch(check)


def test_a_node_that_closes_idle_connections_is_paused_quietly_and_without_spinning() -> None:
    """Some versions close what idles: the pause is harmless, told once, and not a flood."""

    async def run() -> None:
        calls = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal calls
            try:
                async with asyncio.timeout(0.05):
                    request = await reader.readuntil(b"{}")
            except TimeoutError:
                writer.close()
                return
            calls += b"/pause " in request
            body = b"true" if b"/paused " in request else b'{"result":"ok"}'
            writer.write(b"HTTP/1.1 201 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            writer.close()

        told: list[RestartPaused] = []
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        settings = RestartWatchSettings(url=f"http://127.0.0.1:{port}", drain_s=0.5)
        watch = RestartWatch(settings, clock_from(), told.append, open_gate())
        async with server, asyncio.TaskGroup() as tasks:
            running = tasks.create_task(watch.run())
            watch.arm()
            await asyncio.sleep(2.0)
            running.cancel()
        assert len(told) == 1
        assert 2 <= calls <= 5

    asyncio.run(run())


def test_a_node_that_hangs_up_on_every_request_is_tried_ten_times_a_second() -> None:
    """Failing at once must not become a flood."""

    async def run() -> None:
        connections = 0

        async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        told: list[RestartPaused] = []
        settings = RestartWatchSettings(url=f"http://127.0.0.1:{port}")
        watch = RestartWatch(settings, clock_from(), told.append, open_gate())
        async with server, asyncio.TaskGroup() as tasks:
            running = tasks.create_task(watch.run())
            watch.arm()
            await asyncio.sleep(0.55)
            running.cancel()
        assert 3 <= connections <= 8
        assert told == []

    asyncio.run(run())


class OwnTurn:
    """An own turn that the test begins and ends."""

    def __init__(self) -> None:
        self.left_s = 5.0
        self.gate = TurnGate(lambda _: self.left_s, clock_from())


def test_a_node_that_comes_back_in_our_turn_is_held_until_its_end_and_then_paused(
    tmp_path: Path,
) -> None:
    """While it is held nothing is told; the proof comes after the turn."""
    turn = OwnTurn()
    folder = ("--data-dir", str(tmp_path))

    async def check(watch: RestartWatch, told: list[RestartPaused], port: int) -> None:
        with standin(*folder) as seen:
            turn.gate.remember(seen.pid)
        watch.arm()
        with standin(*folder) as nodeos:
            await until(lambda: is_stopped(nodeos.pid))
            await asyncio.sleep(0.3)
            assert is_stopped(nodeos.pid)
            assert told == []
            turn.left_s = 0.0
            await until(lambda: not is_stopped(nodeos.pid))
            async with node_at(port):
                await until(lambda: bool(told))
        assert told[0].result is OutcomeResult.PROVEN

    with_watch(check, turn.gate)


def test_a_node_that_was_proven_paused_is_not_held_when_it_only_closes_a_connection(
    tmp_path: Path,
) -> None:
    """A standby would else be stopped in each own turn by a version that closes what idles."""
    turn = OwnTurn()
    turn.left_s = 0.0
    folder = ("--data-dir", str(tmp_path))

    async def check(watch: RestartWatch, told: list[RestartPaused], port: int) -> None:
        with standin(*folder) as nodeos:
            turn.gate.remember(nodeos.pid)
            watch.arm()
            await asyncio.sleep(0.15)
            async with node_at(port):
                await until(lambda: bool(told))
            turn.left_s = 5.0
            await asyncio.sleep(0.3)
            assert not is_stopped(nodeos.pid)
            with standin(*folder) as successor:
                await until(lambda: is_stopped(successor.pid))
            assert not is_stopped(nodeos.pid)

    with_watch(check, turn.gate)


def test_disarming_continues_a_held_node(tmp_path: Path) -> None:
    """The operator may let this host produce; and the keeper may end."""
    turn = OwnTurn()

    async def check(watch: RestartWatch, _: list[RestartPaused], __: int) -> None:
        with standin("--data-dir", str(tmp_path)) as nodeos:
            turn.gate.remember(nodeos.pid)
            watch.arm()
            await until(lambda: is_stopped(nodeos.pid))
            watch.disarm()
            await until(lambda: not is_stopped(nodeos.pid))
            assert not turn.gate.held

    with_watch(check, turn.gate)
