"""Lease scenes: worlds with a lease in a register that scenarios and mutants begin in."""

from __future__ import annotations

from random import Random

from eoskeeper.domain.lease.timing import LeaseTiming
from eoskeeper.domain.samples import CommandKind
from eoskeeper.simulation.broken import WHOLE, Broken
from eoskeeper.simulation.story import story_of
from eoskeeper.simulation.world import Setup, World

__all__ = ["cut_after_late_answer", "hand_over_unheard", "holder_of", "leased"]

PROMPT_MS = 50


def leased(seed: int = 1, setup: Setup | None = None) -> World:
    """A world in which one host holds the lease and produces, one second after an own turn."""
    world = World(seed, setup or Setup(lease=LeaseTiming()))
    world.run_rounds(3).run_to_own_turn(7.0)
    assert len(world.unpaused) == 1, "\n".join(story_of(world))
    return world


def holder_of(world: World) -> str:
    """The only host that may produce."""
    (name,) = world.unpaused
    return name


def hand_over_unheard(
    seed: int, timing: LeaseTiming, offset_ms: int, broken: Broken = WHOLE
) -> World:
    """The operator pauses a holder in its own turn while nobody hears its blocks.

    The holder's clock is ahead, those of the others are behind, and all keepers are prompt: so
    the next one may be asked to make a slot that the first has made, and does not know of it.
    """
    chance = Random(seed)  # noqa: S311 - a seed has to replay
    offsets = (offset_ms, -offset_ms, -offset_ms)
    world = leased(seed, Setup(lease=timing, offsets_ms=offsets, broken=broken))
    holder = holder_of(world)
    for host in world.hosts.values():
        host.keeper.period_ms = PROMPT_MS
        if host.lines is not None:
            host.lines.prompt = True
    world.run_to_own_turn(-offset_ms / 1000 - 1.2)
    world.mute(holder)
    world.run_to_own_turn(chance.uniform(-0.4, 2.6))
    world[holder].keeper.order(CommandKind.PAUSE)
    return world.run_s(6.0)


def cut_after_late_answer(seed: int, timing: LeaseTiming, broken: Broken) -> World:
    """A holder hears late that its heartbeat was taken, and is cut from the register then.

    An own turn begins about when the others may claim.
    """
    chance = Random(seed)  # noqa: S311 - a seed has to replay
    world = leased(seed, Setup(lease=timing, broken=broken))
    holder = holder_of(world)
    keeper = world[holder].keeper
    for host in world.hosts.values():
        host.keeper.period_ms = PROMPT_MS
        if host.lines is not None:
            host.lines.prompt = True
    world.register.late_answers_ms[holder] = round(world.register.timeout_ms * 0.93)
    world.run_to_own_turn(chance.uniform(-17.0, -13.0))

    def confirmed() -> float:
        tenure = None if keeper.memory.lease is None else keeper.memory.lease.tenure
        return 0.0 if tenure is None else float(tenure.version.revision)

    before = confirmed()
    world.run_until(lambda: confirmed() > before, within_s=15.0, pass_s=0.005)
    world.tell(f"register cut from {holder}")
    world.register.unreachable.add(holder)
    return world.run_s(timing.lease_s + 8.0)
