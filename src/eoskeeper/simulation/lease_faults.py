"""Lease faults: what a seed may do to a world whose lease is kept in a register.

Those of the chain register, and those of the register, of the guard and of both at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from eoskeeper.domain.samples import CommandKind
from eoskeeper.simulation.faults import FAULTS, End, FaultKind, switch_over
from eoskeeper.simulation.world import World

__all__ = ["LEASE_FAULTS", "NOT_COVERED", "LeaseFaultKind", "begin_lease_fault"]


class LeaseFaultKind(StrEnum):
    """What can happen; of its own, so that seeds of the chain register stay what they are."""

    NODEOS_KILLED = "nodeos_killed"
    NODEOS_FROZEN = "nodeos_frozen"
    MAIN_THREAD_HUNG = "main_thread_hung"
    API_HANGS = "api_hangs"
    API_GARBAGE = "api_garbage"
    API_SHUT = "api_shut"
    API_SLOW = "api_slow"
    RESUME_LATE = "resume_late"
    RESUME_ON_ITS_WAY = "resume_on_its_way"
    STOP_UNPROVEN = "stop_unproven"
    READINGS_LATE = "readings_late"
    HOST_CUT = "host_cut"
    HOST_MUTE = "host_mute"
    HOST_DEAF = "host_deaf"
    HOST_ISOLATED = "host_isolated"
    KEEPER_KILLED = "keeper_killed"
    KEEPER_KILLED_IN_A_STEP = "keeper_killed_in_a_step"
    KEEPER_FROZEN = "keeper_frozen"
    KEEPER_FROZEN_IN_A_STEP = "keeper_frozen_in_a_step"
    GUARD_KILLED = "guard_killed"
    GUARD_GONE = "guard_gone"
    GUARD_FROZEN = "guard_frozen"
    BOTH_KILLED = "both_killed"
    BOTH_FROZEN = "both_frozen"
    REGISTER_CUT = "register_cut"
    REGISTER_DEAF = "register_deaf"
    REGISTER_DOWN = "register_down"
    REGISTER_ROUGH = "register_rough"
    REGISTER_SLOW = "register_slow"
    ANSWERS_LATE = "answers_late"
    OTHERS_OFF = "others_off"
    DROPPED_FROM_SCHEDULE = "dropped_from_schedule"
    OPERATOR_PAUSES = "operator_pauses"
    OPERATOR_RESUMES = "operator_resumes"
    SWITCHOVER = "switchover"
    MAINTENANCE = "maintenance"
    HOST_SUSPENDED = "host_suspended"
    REGISTER_RESTORED = "register_restored"
    REGISTER_ROLLED_BACK = "register_rolled_back"


NOT_COVERED = frozenset({LeaseFaultKind.HOST_SUSPENDED, LeaseFaultKind.REGISTER_ROLLED_BACK})
"""A host that is suspended wakes with its nodeos before anybody can stop it. A store that forgets
from one moment to the next what it has confirmed, which no restore of etcd does, leaves a holder
its time while nobody else may have seen it hold. Judged apart, by scenarios."""

RESTORE_TAKES_S = 2.0
"""So much longer than a guard's time is a store down for which a backup is put back."""


def begin_lease_fault(kind: LeaseFaultKind, world: World, host: str, for_s: float) -> End:
    """Begin it; call what is given back to end it."""
    world.tell(f"{kind} {host} for {for_s:.1f} s")
    end = LEASE_FAULTS[kind](world, host, for_s)

    def tell_and_end() -> None:
        world.tell(f"end of {kind} {host}")
        end()

    return tell_and_end


def _nothing() -> None:
    """It ends by itself."""


def _late_resume(world: World, host: str, _for_s: float) -> End:
    nodeos = world[host].nodeos
    nodeos.resume_hangs_ms = world.chance.randrange(500, 60_000)

    def end() -> None:
        nodeos.resume_hangs_ms = 0

    return end


def _resume_on_its_way(world: World, host: str, _for_s: float) -> End:
    nodeos = world[host].nodeos
    nodeos.resume_on_its_way_ms = world.chance.randrange(500, 60_000)

    def end() -> None:
        nodeos.resume_on_its_way_ms = 0

    return end


def _unproven_stop(world: World, host: str, _for_s: float) -> End:
    nodeos = world[host].nodeos
    nodeos.unstoppable = True

    def end() -> None:
        nodeos.unstoppable = False

    return end


def _isolate(world: World, host: str, _for_s: float) -> End:
    world.cut(host)
    world.register.unreachable.add(host)

    def end() -> None:
        world.heal()
        world.register.unreachable.discard(host)

    return end


def _kill_guard(world: World, host: str, _for_s: float) -> End:
    world[host].guard.kill(world.chance.randrange(200, 3_000))
    return _nothing


def _lose_guard(world: World, host: str, _for_s: float) -> End:
    guard = world[host].guard
    guard.kill(None)
    return guard.start


def _freeze_guard(world: World, host: str, _for_s: float) -> End:
    guard = world[host].guard
    guard.freeze()
    return guard.thaw


def _kill_both(world: World, host: str, for_s: float) -> End:
    _kill_guard(world, host, for_s)
    return FAULTS[FaultKind.KEEPER_KILLED](world, host, for_s)


def _freeze_both(world: World, host: str, for_s: float) -> End:
    end_guard = _freeze_guard(world, host, for_s)
    end_keeper = FAULTS[FaultKind.KEEPER_FROZEN](world, host, for_s)

    def end() -> None:
        # Who is scheduled first is chance.
        ends = [end_guard, end_keeper]
        world.chance.shuffle(ends)
        for each in ends:
            each()

    return end


def _cut_register(world: World, host: str, _for_s: float) -> End:
    world.register.unreachable.add(host)
    return lambda: world.register.unreachable.discard(host)


def _deafen_to_register(world: World, host: str, _for_s: float) -> End:
    world.register.unheard.add(host)
    return lambda: world.register.unheard.discard(host)


def _register_down(world: World, _host: str, _for_s: float) -> End:
    world.register.unreachable |= set(world.hosts)

    def end() -> None:
        world.register.unreachable -= set(world.hosts)
        world.register.model.elect()

    return end


def _rough_register(world: World, _host: str, _for_s: float) -> End:
    world.register.trouble = world.chance.choice((0.1, 0.3, 0.6))

    def end() -> None:
        world.register.trouble = 0.0

    return end


def _slow_register(world: World, _host: str, _for_s: float) -> End:
    world.register.slow_ms = world.chance.choice((300, 900, 2_500))

    def end() -> None:
        world.register.slow_ms = 0

    return end


def _late_answers(world: World, host: str, _for_s: float) -> End:
    late_ms = world.register.late_answers_ms
    late_ms[host] = world.chance.randrange(300, round(world.register.timeout_ms * 0.95))

    def end() -> None:
        late_ms.pop(host, None)

    return end


def _switch_over(world: World, _host: str, _for_s: float) -> End:
    switch_over(world)
    return _nothing


def _maintain(world: World, host: str, for_s: float) -> End:
    world[host].keeper.order(CommandKind.MAINTENANCE, for_s=for_s)
    return lambda: world[host].keeper.order(CommandKind.MAINTENANCE, for_s=0.0)


def _suspend(world: World, host: str, for_s: float) -> End:
    end_nodeos = FAULTS[FaultKind.NODEOS_FROZEN](world, host, for_s)
    end_keeper = FAULTS[FaultKind.KEEPER_FROZEN](world, host, for_s)
    guard = world[host].guard
    guard.freeze(watched=False)

    def end() -> None:
        end_nodeos()
        end_keeper()
        guard.thaw()

    return end


def _roll_register_back(world: World, _host: str, _for_s: float) -> End:
    world.register.model.restore(world.chance.randrange(1, 20))
    return _nothing


def _restore_register(world: World, _host: str, _for_s: float) -> End:
    """All members are stopped for it, so that every holder loses its time meanwhile."""
    timing = world.setup.lease
    assert timing is not None, "a world with a register"
    down_ms = round((timing.guard_s + RESTORE_TAKES_S) * 1000)
    world.register.restore_after(down_ms, world.chance.randrange(1, 20))
    return _nothing


_OWN: Mapping[LeaseFaultKind, Callable[[World, str, float], End]] = {
    LeaseFaultKind.RESUME_LATE: _late_resume,
    LeaseFaultKind.RESUME_ON_ITS_WAY: _resume_on_its_way,
    LeaseFaultKind.STOP_UNPROVEN: _unproven_stop,
    LeaseFaultKind.HOST_ISOLATED: _isolate,
    LeaseFaultKind.GUARD_KILLED: _kill_guard,
    LeaseFaultKind.GUARD_GONE: _lose_guard,
    LeaseFaultKind.GUARD_FROZEN: _freeze_guard,
    LeaseFaultKind.BOTH_KILLED: _kill_both,
    LeaseFaultKind.BOTH_FROZEN: _freeze_both,
    LeaseFaultKind.REGISTER_CUT: _cut_register,
    LeaseFaultKind.REGISTER_DEAF: _deafen_to_register,
    LeaseFaultKind.REGISTER_DOWN: _register_down,
    LeaseFaultKind.REGISTER_ROUGH: _rough_register,
    LeaseFaultKind.REGISTER_SLOW: _slow_register,
    LeaseFaultKind.ANSWERS_LATE: _late_answers,
    LeaseFaultKind.SWITCHOVER: _switch_over,
    LeaseFaultKind.MAINTENANCE: _maintain,
    LeaseFaultKind.HOST_SUSPENDED: _suspend,
    LeaseFaultKind.REGISTER_RESTORED: _restore_register,
    LeaseFaultKind.REGISTER_ROLLED_BACK: _roll_register_back,
}

LEASE_FAULTS: Mapping[LeaseFaultKind, Callable[[World, str, float], End]] = {
    kind: _OWN[kind] if kind in _OWN else FAULTS[FaultKind(kind.value)] for kind in LeaseFaultKind
}
