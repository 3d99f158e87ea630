"""The keeper's line to a real guard: no answer is a value, and a guard that died is started."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eoskeeper.domain.guard_samples import (
    Fence,
    GuardAnswer,
    GuardLost,
    GuardMode,
    GuardPhase,
    GuardRead,
    GuardRefused,
    RungResult,
)
from eoskeeper.effects.fence_ladder import FenceLadder
from eoskeeper.effects.guard_link import GuardLink, GuardLinkSettings
from eoskeeper.guard.clock import boot_s
from eoskeeper.runtime import clock
from tests.contract.guard.bench import Bench, bench, soon


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Bench]:
    """A folder in which nodes and guards are started."""
    with bench(tmp_path) as started:
        yield started


def link_to(place: Bench, *, start: bool = False) -> GuardLink:
    """A line to the guard of that folder."""
    config = place.write_settings()
    settings = GuardLinkSettings(
        socket=str(place.socket), start=start, config=str(config), period_s=0.1
    )
    return GuardLink(settings, clock.read)


def test_orders_are_answered_as_values(place: Bench) -> None:
    """Armed, extended, refused, disarmed; and the keeper may hold meanwhile."""
    place.node()
    place.guard()
    link = link_to(place)

    async def talk() -> list[GuardAnswer]:
        return [
            await link.arm(3, boot_s() + 5, GuardMode.DEADLINE),
            await link.extend(3, boot_s() + 6, "a block that stayed"),
            await link.extend(3, boot_s() + 999, "too far"),
            await link.disarm(3, "paused"),
        ]

    armed, extended, refused, disarmed = asyncio.run(talk())
    assert isinstance(armed, GuardRead)
    assert armed.phase is GuardPhase.ARMED
    assert isinstance(extended, GuardRead)
    assert extended.until_s > armed.until_s
    assert isinstance(refused, GuardRefused)
    assert isinstance(disarmed, GuardRead)
    assert disarmed.phase is GuardPhase.IDLE
    assert link.can_hold()


def test_a_guard_that_does_not_answer_is_lost_and_nobody_holds(place: Bench) -> None:
    """Stopped or gone: neither idle nor fenced."""
    place.node()
    guard = place.guard()
    link = link_to(place)
    assert not link.can_hold()
    asyncio.run(link.status())
    assert link.can_hold()
    guard.send_signal(signal.SIGSTOP)
    assert isinstance(asyncio.run(link.status()), GuardLost)
    assert not link.can_hold()
    guard.kill()
    assert isinstance(asyncio.run(link.status()), GuardLost)


def test_a_fence_is_told_with_its_rungs(place: Bench) -> None:
    """The keeper reads what the guard did when it comes back."""
    place.node("hangs")
    place.guard()
    link = link_to(place)
    asyncio.run(link.arm(1, boot_s() + 0.8, GuardMode.DEADLINE))
    place.result()
    read = asyncio.run(link.status())
    assert isinstance(read, GuardRead)
    assert read.is_fenced
    assert read.last is not None
    assert [rung.result for rung in read.last.rungs][1:] == [
        RungResult.UNPROVEN,
        RungResult.SKIPPED,
        RungResult.PROVEN,
    ]


def test_a_guard_that_died_is_started_again(place: Bench) -> None:
    """Until it is back nobody holds; it outlives the keeper's line."""
    place.node()
    link = link_to(place, start=True)
    told: list[GuardAnswer] = []

    async def keep(until: Callable[[], bool]) -> None:
        keeping = asyncio.ensure_future(link.keep(told.append))  # noqa: TID251 - cancelled below
        async with asyncio.timeout(15):
            while not until():  # noqa: ASYNC110 - a real process
                await asyncio.sleep(0.05)
        keeping.cancel()

    try:
        asyncio.run(keep(link.can_hold))
        assert isinstance(told[0], GuardLost)
        first = link._child
        assert first is not None
        assert os.getsid(first) == first
        os.kill(first, signal.SIGKILL)
        told.clear()
        asyncio.run(keep(lambda: bool(told) and isinstance(told[0], GuardLost) and link.can_hold()))
        assert link._child not in {None, first}
    finally:
        if link._child is not None:
            os.kill(link._child, signal.SIGKILL)
            os.waitpid(link._child, 0)


@pytest.mark.parametrize(("behaviour", "how"), [("paused", "pause"), ("hangs", "freeze")])
def test_the_keeper_climbs_the_same_ladder(place: Bench, behaviour: str, how: str) -> None:
    """Within K, and what it froze stays frozen when it forgets it."""
    place.node(behaviour)
    ladder = FenceLadder(place.settings())

    async def climb() -> Fence:
        assert await ladder.remember() == ""
        return await ladder.climb()

    fence = asyncio.run(climb())
    assert (fence.proven, fence.how) == (True, how)
    assert fence.ended_s - fence.began_s < ladder.worst_s
    ladder.forget()


def test_a_node_that_is_gone_is_proven_by_nobody_listening(place: Bench) -> None:
    """And one that was never there cannot be remembered."""
    node = place.node()
    ladder = FenceLadder(place.settings())
    assert asyncio.run(ladder.remember()) == ""
    node.kill()
    node.wait()
    assert asyncio.run(ladder.climb()).how == "ended"
    assert asyncio.run(ladder.remember()) == "nodeos is not there"
    soon(lambda: node.poll() is not None)


@pytest.mark.parametrize(
    ("gate", "how"), [("/bin/true", "gate"), ("/bin/false", "freeze"), ("/nowhere", "freeze")]
)
def test_a_gate_that_is_not_shut_is_followed_by_the_freeze(
    place: Bench, gate: str, how: str
) -> None:
    """Only status 0 is a proof."""
    place.node("hangs")
    ladder = FenceLadder(place.settings(gate=(gate,), worst_s=3.0))
    assert asyncio.run(ladder.climb()).how == how
    ladder.forget()
