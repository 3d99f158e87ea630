"""A quiet day: it must cost nothing, to the chain and to the one who simulates it."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from eoskeeper.domain.chain_time import TURN_SLOTS
from eoskeeper.domain.events import StandingChanged
from eoskeeper.simulation.world import World

START_UP_S = 60


@pytest.mark.slow
def test_a_day_of_three_hosts_brings_no_action_no_change_and_every_block() -> None:
    """86,400 s at 1 Hz; within a minute of one core."""
    began = time.perf_counter()
    world = World(1).run_s(START_UP_S)
    acted, first_slot = len(world.oracle.sent), world.now_slot
    changes = _changes(world)
    turns: Counter[int] = Counter()
    for _ in range(24):
        hour_began = world.elapsed_s
        world.run_s(3600)
        turns.update(len(made) for _, made in world.own_turns(hour_began))
    took_s = time.perf_counter() - began
    print(f"\na day of three hosts in {took_s:.1f} s")  # noqa: T201 - a figure to watch
    assert took_s < 60
    assert world.oracle.safe
    assert len(world.oracle.sent) == acted
    assert _changes(world) == changes
    assert set(turns) == {TURN_SLOTS}
    assert turns[TURN_SLOTS] >= 24 * 149
    assert set(world.oracle.makers.values()) == {"a"}
    assert sum(slot > first_slot for slot in world.oracle.makers) == 3600 * TURN_SLOTS


def _changes(world: World) -> int:
    return sum(
        isinstance(event, StandingChanged)
        for host in world.hosts.values()
        for event in host.keeper.journal
    )
