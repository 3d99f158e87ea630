"""Faults: everything that a seed may do to a world, each with its own end.

A fault is *begun* on a world and gives back the call that ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from eoskeeper.domain.samples import CommandKind
from eoskeeper.domain.standing import State
from eoskeeper.simulation.nodeos import Api, Stall
from eoskeeper.simulation.world import World

__all__ = ["FAULTS", "SHORT_S", "End", "FaultKind", "begin_fault", "end_held", "switch_over"]

SHORT_S = 6.0
"""A keeper that is away no longer than this may meet any other fault of its host."""

End = Callable[[], None]


class FaultKind(StrEnum):
    """What can happen to a host, or to the network around it."""

    NODEOS_KILLED = "nodeos_killed"
    NODEOS_FROZEN = "nodeos_frozen"
    MAIN_THREAD_HUNG = "main_thread_hung"
    API_HANGS = "api_hangs"
    API_GARBAGE = "api_garbage"
    API_SHUT = "api_shut"
    API_SLOW = "api_slow"
    READINGS_LATE = "readings_late"
    HOST_CUT = "host_cut"
    HOST_MUTE = "host_mute"
    HOST_DEAF = "host_deaf"
    KEEPER_KILLED = "keeper_killed"
    KEEPER_KILLED_IN_A_STEP = "keeper_killed_in_a_step"
    KEEPER_FROZEN = "keeper_frozen"
    KEEPER_FROZEN_IN_A_STEP = "keeper_frozen_in_a_step"
    OTHERS_OFF = "others_off"
    DROPPED_FROM_SCHEDULE = "dropped_from_schedule"
    OPERATOR_PAUSES = "operator_pauses"
    OPERATOR_RESUMES = "operator_resumes"


def begin_fault(kind: FaultKind, world: World, host: str, for_s: float) -> End:
    """Begin it; call what is given back to end it."""
    world.tell(f"{kind} {host} for {for_s:.1f} s")
    end = FAULTS[kind](world, host, for_s)

    def tell_and_end() -> None:
        world.tell(f"end of {kind} {host}")
        end()

    return tell_and_end


def _kill_nodeos(world: World, host: str, _for_s: float) -> End:
    nodeos, chance = world[host].nodeos, world.chance
    nodeos.kill()
    boot_ms, sync_ms = chance.randrange(1_200, 20_000), chance.randrange(300, 30_000)
    return lambda: nodeos.start(boot_ms, sync_ms)


def _stop_main(stall: Stall) -> Callable[[World, str, float], End]:
    def begin(world: World, host: str, _for_s: float) -> End:
        nodeos = world[host].nodeos
        nodeos.stop_main(stall)
        return nodeos.go_on

    return begin


def _set_api(api: Api) -> Callable[[World, str, float], End]:
    def begin(world: World, host: str, _for_s: float) -> End:
        nodeos = world[host].nodeos
        nodeos.set_api(api)
        return lambda: nodeos.set_api(Api.WELL)

    return begin


def _slow_api(world: World, host: str, _for_s: float) -> End:
    nodeos, usual_ms = world[host].nodeos, world[host].nodeos.api_delay_ms
    nodeos.api_delay_ms = world.chance.randrange(200, 2_500)

    def end() -> None:
        nodeos.api_delay_ms = usual_ms

    return end


def _late_readings(world: World, host: str, _for_s: float) -> End:
    keeper = world[host].keeper
    keeper.readings_late_ms = world.chance.randrange(300, 1_900)

    def end() -> None:
        keeper.readings_late_ms = 0

    return end


def _cut(world: World, host: str, _for_s: float) -> End:
    world.cut(host)
    return world.heal


def _mute(world: World, host: str, _for_s: float) -> End:
    world.mute(host)
    return world.heal


def _deafen(world: World, host: str, _for_s: float) -> End:
    world.deafen(host)
    return world.heal


def _kill_keeper(world: World, host: str, for_s: float) -> End:
    keeper = world[host].keeper
    keeper.kill_and_restart(round(for_s * 1000))
    return keeper.start


def _kill_keeper_in_step(world: World, host: str, for_s: float) -> End:
    keeper = world[host].keeper
    keeper.restart_after_ms = round(min(for_s, SHORT_S) * 1000)
    keeper.kill_in = world.chance.randrange(1, 8)

    def end() -> None:
        keeper.kill_in = None
        keeper.start()

    return end


def _freeze_keeper(world: World, host: str, _for_s: float) -> End:
    keeper = world[host].keeper
    keeper.freeze()
    return keeper.thaw


def _freeze_keeper_in_step(world: World, host: str, for_s: float) -> End:
    keeper = world[host].keeper
    keeper.restart_after_ms = round(min(for_s, SHORT_S) * 1000)
    keeper.freeze_in = world.chance.randrange(1, 8)

    def end() -> None:
        keeper.freeze_in = None
        keeper.thaw()

    return end


def _others_off(world: World, _host: str, _for_s: float) -> End:
    places = world.other_places()
    world.switch_off(*places[: world.chance.randrange(1, len(places) // 2 + 1)])
    return world.switch_on


def _drop(world: World, _host: str, _for_s: float) -> End:
    world.calendar.drop(world.now_slot + 24)
    return lambda: world.calendar.restore(world.now_slot + 24)


def _order(kind: CommandKind) -> Callable[[World, str, float], End]:
    def begin(world: World, host: str, _for_s: float) -> End:
        world[host].keeper.order(kind)
        return lambda: None

    return begin


def switch_over(world: World) -> None:
    """Each host that takes itself for the holder is told to hand over to some other."""
    holders = [one for one in world.hosts.values() if one.keeper.state is State.HOLDER]
    for holder in holders:
        to = world.chance.choice([name for name in world.hosts if name != holder.name])
        at_gap = world.chance.random() < HALF
        holder.keeper.order(CommandKind.SWITCHOVER, to=to, at_gap=at_gap)


HALF = 0.5


def end_held(world: World) -> None:
    """The operator ends what was stopped by force, and it starts again."""
    for host in world.hosts.values():
        nodeos = host.nodeos
        if nodeos.doomed and world.chance.random() < END_SHARE:
            world.tell(f"the operator ends nodeos of {host.name}")
            nodeos.kill_for_good()


END_SHARE = 0.1

FAULTS: Mapping[FaultKind, Callable[[World, str, float], End]] = {
    FaultKind.NODEOS_KILLED: _kill_nodeos,
    FaultKind.NODEOS_FROZEN: _stop_main(Stall.FROZEN),
    FaultKind.MAIN_THREAD_HUNG: _stop_main(Stall.MAIN_HUNG),
    FaultKind.API_HANGS: _set_api(Api.HANGS),
    FaultKind.API_GARBAGE: _set_api(Api.GARBAGE),
    FaultKind.API_SHUT: _set_api(Api.SHUT),
    FaultKind.API_SLOW: _slow_api,
    FaultKind.READINGS_LATE: _late_readings,
    FaultKind.HOST_CUT: _cut,
    FaultKind.HOST_MUTE: _mute,
    FaultKind.HOST_DEAF: _deafen,
    FaultKind.KEEPER_KILLED: _kill_keeper,
    FaultKind.KEEPER_KILLED_IN_A_STEP: _kill_keeper_in_step,
    FaultKind.KEEPER_FROZEN: _freeze_keeper,
    FaultKind.KEEPER_FROZEN_IN_A_STEP: _freeze_keeper_in_step,
    FaultKind.OTHERS_OFF: _others_off,
    FaultKind.DROPPED_FROM_SCHEDULE: _drop,
    FaultKind.OPERATOR_PAUSES: _order(CommandKind.PAUSE),
    FaultKind.OPERATOR_RESUMES: _order(CommandKind.RESUME),
}
