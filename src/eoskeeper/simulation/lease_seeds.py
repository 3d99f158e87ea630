"""Lease seeds: a random world with its lease in a register, guards, and dense faults.

Nearly everything may meet everything here; ``_must_not_meet`` says what is left out and why.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import msgspec

from eoskeeper.domain.chain_time import TURN_SLOTS
from eoskeeper.domain.lease.timing import LeaseTiming
from eoskeeper.domain.policy import FailoverSettings, Policy
from eoskeeper.domain.samples import CommandKind
from eoskeeper.domain.standing import RESUME_LATEST_S, State
from eoskeeper.simulation.broken import WHOLE, Broken
from eoskeeper.simulation.faults import end_held
from eoskeeper.simulation.lease_faults import NOT_COVERED, LeaseFaultKind, begin_lease_fault
from eoskeeper.simulation.seeds import Verdict
from eoskeeper.simulation.story import story_of
from eoskeeper.simulation.world import Host, Setup, World

__all__ = ["LEASE_MINUTES", "ROLLED_BACK", "LeaseRun", "live_within_s", "run_lease_seed"]

LEASE_MINUTES = 2.0
"""Of faults, for each seed: many short worlds find more than a few long ones."""

START_S = 50.0
"""Until the first host holds: a round watched, two own turns empty, the wait after the claim."""

THAW_AFTER_S = 15.0
"""So long after a freeze the operator continues nodeos, which makes it end and start again."""

NODEOS_START_S = 60.0
"""The operator's thaw, the end, and the slowest start of a nodeos: its service waits, it boots, it
reads its state, and it is paused for certain."""

LAST_IN_LINE_S = 60.0
"""So much later claims a host whose own turns did not stay; perhaps all three are such hosts."""

KINDS = tuple(kind for kind in LeaseFaultKind if kind not in NOT_COVERED)

ROLLED_BACK = tuple(
    LeaseFaultKind.REGISTER_ROLLED_BACK if kind is LeaseFaultKind.REGISTER_RESTORED else kind
    for kind in KINDS
)
"""The same, but a backup is put back without the time that it takes: more than is covered."""

_KIND = LeaseFaultKind
_OF_NETWORK = frozenset(
    {
        _KIND.HOST_CUT,
        _KIND.HOST_MUTE,
        _KIND.HOST_DEAF,
        _KIND.HOST_ISOLATED,
        _KIND.OTHERS_OFF,
        _KIND.DROPPED_FROM_SCHEDULE,
    }
)
"""One of these at a time: their ends heal the whole network."""

_KEEPER_AWAY = frozenset(
    {
        _KIND.KEEPER_KILLED,
        _KIND.KEEPER_KILLED_IN_A_STEP,
        _KIND.KEEPER_FROZEN,
        _KIND.KEEPER_FROZEN_IN_A_STEP,
        _KIND.BOTH_KILLED,
        _KIND.BOTH_FROZEN,
    }
)
_API = frozenset(
    {
        _KIND.API_HANGS,
        _KIND.API_GARBAGE,
        _KIND.API_SHUT,
        _KIND.API_SLOW,
        _KIND.MAIN_THREAD_HUNG,
        _KIND.NODEOS_FROZEN,
        _KIND.RESUME_LATE,
        _KIND.NODEOS_KILLED,
    }
)


MEMBERS_EVERY = 5
"""In one world of so many the keepers give each other their words, and promises while the register
does not answer, which costs time. Not four: of both registers together every fourth seed is a world
of the other one."""


class LeaseRun(msgspec.Struct, frozen=True, kw_only=True):
    """How seeds are made; a mutant takes other limits, leaves a rule out, or keeps to a menu.

    Attributes:
        timing: limits of the lease.
        broken: what is left out.
        kinds: faults to choose from.
        minutes: of faults.
        offset_ms: largest offset of a host's wall clock; None: up to the error of ``timing``.
        density: chance of one more fault at each look.
        period_ms: from one cycle of a keeper to the next.
        policy_type: what the keepers' policies are made of.
        told: whether the story is wanted of a world that is safe and live, too.
        members_every: in one world of so many the keepers give each other words and promises.
        words_apart: nothing cuts the lines of these words.
    """

    timing: LeaseTiming = LeaseTiming()
    broken: Broken = WHOLE
    kinds: tuple[LeaseFaultKind, ...] = KINDS
    minutes: float = LEASE_MINUTES
    offset_ms: int | None = None
    density: float = 0.6
    period_ms: int = 1_000
    policy_type: type[Policy] = Policy
    told: bool = False
    members_every: int = MEMBERS_EVERY
    words_apart: bool = False


class _Running(msgspec.Struct):
    kind: LeaseFaultKind
    host: str
    until_s: float
    end: Callable[[], None]


def run_lease_seed(seed: int, run: LeaseRun | None = None) -> Verdict:
    """Make a world of this seed, let faults rain on it, then heal and judge."""
    run = run or LeaseRun()
    chance = Random(seed * 6007 + 3)  # noqa: S311 - a seed has to replay
    world = World(seed, _setup(seed, chance, run))
    world.run_s(START_S + chance.uniform(0, world.round_s))
    _rain(world, chance, run, world.elapsed_s + run.minutes * 60)
    live_s = _recover(world, run.timing) if world.oracle.safe else None
    passed = world.oracle.safe and live_s is not None
    return Verdict(
        seed=seed,
        safe=world.oracle.safe,
        live_after_rounds=None if live_s is None else -int(-live_s // world.round_s),
        simulated_s=world.elapsed_s,
        resumes=sum(hasattr(sent.action, "permit") for sent in world.oracle.sent),
        story=() if passed and not run.told else tuple(story_of(world)),
    )


def live_within_s(world: World, timing: LeaseTiming) -> float:
    """From the end of all faults until one host has made a whole own turn, at the latest.

    A node that was stopped by force starts again, a keeper watches a round, the lease runs out,
    claims wait their turn, the winner settles, and an own turn comes round.
    """
    claims_s = 2 * (timing.heartbeat_s + timing.timeout_s) + LAST_IN_LINE_S
    lease_s = timing.lease_s + timing.settle_s + 2 * timing.heartbeat_s
    return NODEOS_START_S + lease_s + claims_s + 3 * world.round_s


def _setup(seed: int, chance: Random, run: LeaseRun) -> Setup:
    rho = run.timing.clock_rate
    most_ms = round(run.timing.clock_error_s * 1000)
    # Further ahead than some 400 ms a restarted nodeos finds every head too old to produce on.
    spread_ms = chance.choice((0, 50, 350, most_ms)) if run.offset_ms is None else run.offset_ms
    return Setup(
        producers=4,
        pause_on_startup=chance.random() < PAUSED_SHARE,
        offsets_ms=tuple(chance.randint(-spread_ms, spread_ms) for _ in range(3)),
        rates=tuple(1 + chance.choice((-1, 0, 1)) * rho / 2 for _ in range(3)),
        lease=run.timing,
        broken=run.broken,
        period_ms=run.period_ms,
        policy_type=run.policy_type,
        words_apart=run.words_apart,
        members=seed % run.members_every == 0,
        settings=FailoverSettings(failsafe=seed % run.members_every == 0),
    )


PAUSED_SHARE = 0.8
"""Most worlds have pause-on-startup, as every host of ours should."""


def _rain(world: World, chance: Random, run: LeaseRun, end_s: float) -> None:
    """At most three faults at once, for a moment or for a few rounds."""
    running: list[_Running] = []
    while world.elapsed_s < end_s and world.oracle.safe:
        for fault in [fault for fault in running if fault.until_s <= world.elapsed_s]:
            running.remove(fault)
            fault.end()
        if len(running) < MOST_AT_ONCE and chance.random() < run.density:
            picked = _pick(world, chance, run, running)
            running.extend(() if picked is None else (picked,))
        end_held(world)
        world.run_s(chance.uniform(0.05, 5.0))
    for fault in running:
        fault.end()


MOST_AT_ONCE = 3


def _pick(world: World, chance: Random, run: LeaseRun, running: list[_Running]) -> _Running | None:
    kind = chance.choice(run.kinds)
    # Half of all faults befall the host that may produce: that is where it matters.
    holders = [name for name, host in world.hosts.items() if not host.nodeos.paused]
    names = holders if holders and chance.random() < HOLDER_SHARE else list(world.hosts)
    host = chance.choice(names)
    for_s = chance.choice((0.5, 2.0, 5.0, 12.0, 25.0, 45.0)) * chance.uniform(0.5, 1.5)
    if _must_not_meet(world, kind, host, running):
        return None
    end = begin_lease_fault(kind, world, host, for_s)
    return _Running(kind, host, world.elapsed_s + for_s, end)


HOLDER_SHARE = 0.5


def _must_not_meet(world: World, kind: LeaseFaultKind, host: str, running: list[_Running]) -> bool:
    mine = {fault.kind for fault in running if fault.host == host}
    if kind in mine:
        return True
    if kind in _OF_NETWORK and any(fault.kind in _OF_NETWORK for fault in running):
        return True
    # Keeper and guard both gone for good: nobody is left to fence. Its service manager would
    # have to start the guard again, and does so in every other fault.
    if kind is _KIND.GUARD_GONE and mine & _KEEPER_AWAY:
        return True
    if kind in _KEEPER_AWAY and _KIND.GUARD_GONE in mine:
        return True
    if kind is _KIND.OPERATOR_PAUSES and _is_last_free(world, host):
        return True
    # Without pause-on-startup a nodeos that comes back while its keeper is away, or takes no
    # pause then, is stopped by nobody: an idle guard guards nothing.
    return not world.setup.pause_on_startup and kind in _KEEPER_AWAY | _API


_TIED = frozenset({State.HELD, State.LEARNING})


def _is_last_free(world: World, host: str) -> bool:
    """No operator holds every host at once: nobody is left then, and that is no fault."""
    return all(o.keeper.state in _TIED for o in world.hosts.values() if o.name != host)


def _recover(world: World, timing: LeaseTiming) -> float | None:
    """Everything is well again; seconds until one host makes a whole turn, and only one can."""
    _heal(world)
    begin_s = free_s = world.elapsed_s
    limit_s = live_within_s(world, timing)
    while world.elapsed_s - free_s < limit_s and world.oracle.safe:
        if all(_awaits_a_resume(host) for host in world.hosts.values()):
            free_s = min(world.elapsed_s, begin_s + RESUME_LATEST_S)
        _resume_held(world)
        for host in world.hosts.values():
            if host.nodeos.doomed:
                host.nodeos.kill_for_good()
        world.run_s(3.0)
        if _produces_alone(world, begin_s):
            return world.elapsed_s - begin_s
    return None


def _awaits_a_resume(host: Host) -> bool:
    """A resume of this host has no answer yet: a nodeos that starts here may be frozen again.

    While that is so of every host nobody has to produce; the rule takes ``RESUME_LATEST_S`` at the
    longest, which is longer than all else that a takeover waits for.
    """
    keeper = host.keeper
    return keeper.memory.standing.resume_may_come(keeper.moment())


def _heal(world: World) -> None:
    world.tell("everything is well again")
    world.heal()
    world.switch_on()
    register = world.register
    register.unreachable.clear()
    register.unheard.clear()
    register.late_answers_ms.clear()
    register.trouble, register.slow_ms = 0.0, 0
    if not world.calendar.includes_us(world.now_slot + 30):
        world.calendar.restore(world.now_slot + 24)
    for host in world.hosts.values():
        nodeos, keeper = host.nodeos, host.keeper
        nodeos.api_delay_ms, nodeos.unstoppable = 5, False
        nodeos.resume_hangs_ms = nodeos.resume_on_its_way_ms = 0
        nodeos.start()
        keeper.kill_in = keeper.freeze_in = None
        keeper.readings_late_ms = 0
        keeper.start()
        keeper.thaw()
        host.guard.start()
        host.guard.thaw()


def _resume_held(world: World) -> None:
    """The operator who had paused a host undoes it."""
    for host in world.hosts.values():
        if host.keeper.state is State.HELD:
            host.keeper.order(CommandKind.RESUME)


def _produces_alone(world: World, begin_s: float) -> bool:
    """The newest own turn since then is whole, of one host, and only that one is not paused."""
    turns = world.own_turns(max(begin_s, world.elapsed_s - 1.6 * world.round_s))
    if not turns:
        return False
    made = turns[-1][1]
    return len(made) >= TURN_SLOTS - 2 and set(made) == set(world.unpaused)
