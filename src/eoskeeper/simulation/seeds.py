"""Seeds: a random world with random faults, judged for safety always and for liveness at its end.

The faults keep to what the chain register promises; ``Limits`` says what is left out and why.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import msgspec

from eoskeeper.domain.chain_time import TURN_SLOTS
from eoskeeper.domain.policy import Policy
from eoskeeper.domain.samples import CommandKind
from eoskeeper.domain.standing import State
from eoskeeper.simulation.faults import SHORT_S, FaultKind, begin_fault, end_held, switch_over
from eoskeeper.simulation.story import story_of
from eoskeeper.simulation.world import Setup, World

__all__ = ["LIVE_WITHIN_ROUNDS", "Verdict", "run_seed"]

LIVE_WITHIN_ROUNDS = 28
"""After everything is well again one host produces whole turns within so many rounds.

One round to look around, seven for finality to have moved throughout (as C needs), ten until the
counts come round to a candidate's window again, ten more for one that had lost its lease.
"""

_WHOLE_MAIN_THREAD = frozenset(
    {FaultKind.NODEOS_FROZEN, FaultKind.MAIN_THREAD_HUNG, FaultKind.API_HANGS}
)
"""What waits meanwhile is done at its end, in order; within an own turn of another host nodeos's
own timer comes first. That is a limit of every register without a kill: so they end outside."""

_KEEPER_AWAY = frozenset({FaultKind.KEEPER_KILLED, FaultKind.KEEPER_FROZEN})
"""A host without a keeper is not fenced: a second fault of the same host is left out."""

_OF_KEEPER = _KEEPER_AWAY | {
    FaultKind.KEEPER_KILLED_IN_A_STEP,
    FaultKind.KEEPER_FROZEN_IN_A_STEP,
}
"""Without pause-on-startup these and a start of nodeos on the same host are not paired."""

_OF_NETWORK = frozenset(
    {
        FaultKind.HOST_CUT,
        FaultKind.HOST_MUTE,
        FaultKind.HOST_DEAF,
        FaultKind.OTHERS_OFF,
        FaultKind.DROPPED_FROM_SCHEDULE,
    }
)
"""One of these at a time: they share the network."""


_OF_API = frozenset(
    {
        FaultKind.NODEOS_FROZEN,
        FaultKind.MAIN_THREAD_HUNG,
        FaultKind.API_HANGS,
        FaultKind.API_GARBAGE,
        FaultKind.API_SHUT,
        FaultKind.API_SLOW,
    }
)
"""Without pause-on-startup these and a start of nodeos on the same host are not paired."""


_TAKES_NO_PAUSE = frozenset({FaultKind.API_HANGS, FaultKind.API_GARBAGE, FaultKind.API_SHUT})
_LOSES_TURNS = frozenset(
    {
        FaultKind.HOST_CUT,
        FaultKind.HOST_MUTE,
        FaultKind.HOST_DEAF,
        FaultKind.NODEOS_FROZEN,
        FaultKind.MAIN_THREAD_HUNG,
        FaultKind.NODEOS_KILLED,
    }
)
"""A host of these must be able to pause its nodeos: this register has nothing stronger."""

APART_ROUNDS = 3
"""Two faults of one host that must not meet are so many rounds apart: longer than a lease."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one seed.

    Attributes:
        safe: no slot signed by two hosts, no resume without a journalled permit.
        live_after_rounds: rounds from the end of the faults until one host produced; None never.
        story: the whole of it, told in lines.
    """

    seed: int
    safe: bool
    live_after_rounds: int | None
    simulated_s: float
    resumes: int
    story: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Safe and live."""
        return self.safe and self.live_after_rounds is not None


class _Running(msgspec.Struct):
    """A fault that goes on."""

    kind: FaultKind
    host: str
    until_s: float
    end: Callable[[], None]


def run_seed(seed: int, minutes: float = 20.0, policy_type: type[Policy] = Policy) -> Verdict:
    """Make a world of this seed, let faults rain on it for so many minutes, then heal and judge."""
    chance = Random(seed * 7919 + 1)  # noqa: S311 - a seed has to replay
    setup = _setup(chance, policy_type)
    members, ladder = seed % MEMBERS_EVERY == 0, seed % LADDER_EVERY == 0
    paused = setup.pause_on_startup or ladder
    setup = msgspec.structs.replace(setup, members=members, ladder=ladder, pause_on_startup=paused)
    world = World(seed, setup)
    world.run_rounds(3).run_s(chance.uniform(0, world.round_s))
    _rain(world, chance, world.elapsed_s + minutes * 60)
    live = _recover(world)
    return Verdict(
        seed=seed,
        safe=world.oracle.safe,
        live_after_rounds=live,
        simulated_s=world.elapsed_s,
        resumes=sum(hasattr(sent.action, "permit") for sent in world.oracle.sent),
        story=tuple(story_of(world)),
    )


def _setup(chance: Random, policy_type: type[Policy]) -> Setup:
    # Further ahead than some 400 ms a restarted nodeos finds every head too old to produce on.
    spread_ms = chance.choice((0, 50, 50, 350))
    offsets = tuple(chance.randint(-spread_ms, spread_ms) for _ in range(3))
    return Setup(
        producers=chance.choice((4, 4, 4, 21)),
        pause_on_startup=chance.random() < 0.5,  # noqa: PLR2004 - half of them
        policy_type=policy_type,
        offsets_ms=offsets,
    )


MEMBERS_EVERY = 3
"""In one world of so many the keepers give each other their words, and production moves by them."""

LADDER_EVERY = 5
"""In one world of so many each keeper has a fence ladder, as with a guard beside it. What it ends
starts again whatever its API is like then, so these worlds have pause-on-startup."""

SWITCHOVERS = 0.05
"""Chance of an order at each look, in such a world."""


def _rain(world: World, chance: Random, end_s: float) -> None:
    """At most two faults at once, for a moment or for many rounds."""
    running: list[_Running] = []
    past: list[_Running] = []
    while world.elapsed_s < end_s and world.oracle.safe:
        running = _end_due(world, running)
        if len(running) < 2 and chance.random() < 0.2:  # noqa: PLR2004 - pairs; one in five
            since_s = world.elapsed_s - APART_ROUNDS * world.round_s
            past = [fault for fault in past if fault.until_s > since_s]
            fault = _pick(world, chance, running, past)
            if fault is not None:
                running.append(fault)
                past.append(fault)
        if world.setup.members and chance.random() < SWITCHOVERS:
            world.tell("the operator orders a switchover")
            switch_over(world)
        end_held(world)
        world.run_s(chance.uniform(0.05, world.round_s / 4))
    for fault in running:
        _go_outside_own_turn(world, fault)
        fault.end()


def _end_due(world: World, running: list[_Running]) -> list[_Running]:
    due = [fault for fault in running if fault.until_s <= world.elapsed_s]
    for fault in due:
        _go_outside_own_turn(world, fault)
        fault.end()
    return [fault for fault in running if fault not in due]


def _go_outside_own_turn(world: World, fault: _Running) -> None:
    if fault.kind in _WHOLE_MAIN_THREAD:
        while any(world.calendar.is_ours(world.now_slot + ahead) for ahead in range(-4, 6)):
            world.run_s(0.5)


def _pick(
    world: World, chance: Random, running: list[_Running], past: list[_Running]
) -> _Running | None:
    kind = chance.choice(tuple(FaultKind))
    host = chance.choice(tuple(world.hosts))
    rounds = chance.choice((0.05, 0.3, 1.0, 2.5, 4.0, 9.0))
    for_s = max(0.5, rounds * world.round_s * chance.uniform(0.5, 1.5))
    if kind in _OF_NETWORK and any(fault.kind in _OF_NETWORK for fault in running):
        return None
    if _leaves_host_alone(world, kind, host, for_s, running):
        return None
    if _cannot_fence(kind, host, running + past) or _cannot_pause_a_start(
        world, kind, host, running
    ):
        return None
    if kind is FaultKind.OPERATOR_PAUSES and _is_last_free(world, host):
        return None
    if kind is FaultKind.OPERATOR_RESUMES and not _is_asked_for(world, host):
        return None
    return _Running(kind, host, world.elapsed_s + for_s, begin_fault(kind, world, host, for_s))


def _leaves_host_alone(
    world: World, kind: FaultKind, host: str, for_s: float, running: list[_Running]
) -> bool:
    """A second fault of a host whose keeper is away for long, or the other way round."""
    away = {f.host for f in running if f.kind in _KEEPER_AWAY}
    if host in away:
        return True
    if kind in _OF_KEEPER and not (world.setup.pause_on_startup or world[host].nodeos.synced):
        return True
    if kind is FaultKind.NODEOS_KILLED and not world.setup.pause_on_startup:
        return any(f.host == host and f.kind in _OF_KEEPER for f in running)
    if kind not in _KEEPER_AWAY or for_s <= SHORT_S:
        return False
    nodeos, well = world[host].nodeos, world[host].keeper.state in {State.HOLDER, State.STANDBY}
    return not (well and nodeos.synced) or any(f.host == host for f in running)


def _cannot_fence(kind: FaultKind, host: str, faults: list[_Running]) -> bool:
    """A host whose turns go lost, and whose API takes no pause at about the same time."""
    mine = {fault.kind for fault in faults if fault.host == host}
    return (kind in _LOSES_TURNS and bool(mine & _TAKES_NO_PAUSE)) or (
        kind in _TAKES_NO_PAUSE and bool(mine & _LOSES_TURNS)
    )


def _cannot_pause_a_start(
    world: World, kind: FaultKind, host: str, running: list[_Running]
) -> bool:
    """A nodeos that starts unpaused while its API does not take the pause."""
    if world.setup.pause_on_startup:
        return False
    if kind in _OF_API:
        settled = world[host].keeper.state in {State.HOLDER, State.STANDBY}
        starting = not (settled and world[host].nodeos.synced)
        return starting or any(
            f.host == host and f.kind is FaultKind.NODEOS_KILLED for f in running
        )
    return kind is FaultKind.NODEOS_KILLED and any(
        f.host == host and f.kind in _OF_API for f in running
    )


_TIED = frozenset({State.HELD, State.LEARNING})


def _is_last_free(world: World, host: str) -> bool:
    """No operator holds every host at once: nobody is left then, and that is no fault."""
    return all(o.keeper.state in _TIED for o in world.hosts.values() if o.name != host)


def _is_asked_for(world: World, host: str) -> bool:
    """An operator who resumes by hand has looked that every other host is paused and waits.

    The domain does not see to that below the first standby's count, nor to an own turn that has
    just ended: see ``test_holes``.
    """
    if any(world.calendar.is_ours(world.now_slot - behind) for behind in range(8)):
        return False
    return all(
        other.nodeos.paused and other.nodeos.runs and other.keeper.state in _WAITS
        for other in world.hosts.values()
        if other.name != host
    )


_WAITS = frozenset({State.STANDBY, State.HELD, State.LAPSED})


def _recover(world: World) -> int | None:
    """Everything is well again; rounds until one host makes whole turns, and only one can."""
    world.heal()
    world.switch_on()
    if not world.calendar.includes_us(world.now_slot + 30):
        world.calendar.restore(world.now_slot + 24)
    for host in world.hosts.values():
        host.nodeos.api_delay_ms = 0
        if host.nodeos.doomed:
            host.nodeos.kill_for_good()
        host.nodeos.start()
        host.keeper.kill_in = host.keeper.freeze_in = None
        host.keeper.start()
        host.keeper.thaw()
    for rounds in range(1, LIVE_WITHIN_ROUNDS + 1):
        for _ in range(4):
            _resume_held(world)
            world.run_rounds(0.25)
        if one_produces(world):
            return rounds
    return None


def _resume_held(world: World) -> None:
    """The operator who had paused a host tries to undo it, until it is no longer refused."""
    for host in world.hosts.values():
        if host.keeper.state is State.HELD and _is_asked_for(world, host.name):
            others = [o.keeper.state for o in world.hosts.values() if o is not host]
            held = all(state is State.HELD for state in others)
            host.keeper.order(CommandKind.RESUME, others_paused=held)
            return


def one_produces(world: World) -> bool:
    """The newest two own turns are whole and of one host, and only that one is not paused."""
    turns = world.own_turns(world.elapsed_s - 2.6 * world.round_s)[-2:]
    makers = {maker for _, made in turns for maker in made}
    whole = all(len(made) >= TURN_SLOTS - 2 for _, made in turns)
    return len(turns) == 2 and whole and makers == set(world.unpaused)  # noqa: PLR2004 - turns
