"""Scenes: the worlds that scenarios begin in, and what they ask about them."""

from __future__ import annotations

from eoskeeper.domain.actions import FenceCause, Pause, PermitKind, Resume
from eoskeeper.domain.chain_time import TURN_SLOTS
from eoskeeper.domain.standing import State
from eoskeeper.simulation.story import story_of
from eoskeeper.simulation.world import Setup, World

__all__ = [
    "UNPAUSED_START",
    "check_safe",
    "pauses_of",
    "resumes_of",
    "settled",
    "turns_until",
]

UNPAUSED_START = Setup(pause_on_startup=False)


def settled(setup: Setup | None = None, seed: int = 1) -> World:
    """A world in which A produces and the others stand by, one second after an own turn."""
    world = World(seed, setup)
    world.run_rounds(4).run_to_own_turn(7.0)
    assert world.unpaused == ("a",), world.states()
    assert world["a"].keeper.state is State.HOLDER
    return world


def check_safe(world: World) -> None:
    """Nothing forbidden has happened; else the whole story is told."""
    assert world.oracle.safe, "\n".join(story_of(world))


def pauses_of(world: World, host: str, since_ms: int = 0) -> list[FenceCause]:
    """Why a host was paused by its keeper, in order."""
    return [
        sent.action.cause
        for sent in world.oracle.sent
        if sent.host == host and isinstance(sent.action, Pause) and sent.at_ms >= since_ms
    ]


def resumes_of(world: World, host: str) -> list[PermitKind]:
    """On what ground a host was resumed, in order."""
    return [
        sent.action.permit.kind
        for sent in world.oracle.sent
        if sent.host == host and isinstance(sent.action, Resume)
    ]


def turns_until(world: World, host: str, since_slot: int) -> int:
    """Whole own turns of the schedule between a slot and the first block of a host."""
    first = world.first_slot_of(host, since_slot)
    assert first is not None, "\n".join(story_of(world))
    slots = range(since_slot // TURN_SLOTS + 1, first // TURN_SLOTS)
    return sum(world.calendar.is_ours(turn * TURN_SLOTS) for turn in slots)
