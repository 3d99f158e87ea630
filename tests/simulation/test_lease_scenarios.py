"""Scenes of a lease in a register: takeovers, switchovers interrupted anywhere, known limits."""

from __future__ import annotations

import pytest

from eoskeeper.domain.actions import Pause
from eoskeeper.domain.chain_time import TURN_SLOTS
from eoskeeper.domain.events import LeaseWritten
from eoskeeper.domain.register import LeaseRecord
from eoskeeper.domain.register_model import Fault, FaultKind
from eoskeeper.domain.samples import CommandKind
from eoskeeper.domain.standing import RESUME_LATEST_S, State
from eoskeeper.simulation.lease_faults import LeaseFaultKind, begin_lease_fault
from eoskeeper.simulation.lease_scenes import holder_of, leased
from eoskeeper.simulation.lease_seeds import ROLLED_BACK, LeaseRun, run_lease_seed
from eoskeeper.simulation.nodeos import Stall
from eoskeeper.simulation.story import story_of
from eoskeeper.simulation.world import World

LEASE_S, SETTLED_S = 20.0, 8.0
"""L, and what a claim, the wait after it and the resume may take."""


def check_safe(world: World) -> None:
    """Nothing was signed twice, nothing resumed without a permit."""
    assert world.oracle.safe, "\n".join(story_of(world))


def unleased(world: World, name: str) -> bool:
    """Some other host holds."""
    return any(
        host.keeper.state is State.HOLDER and not host.nodeos.paused
        for host in world.hosts.values()
        if host.name != name
    )


def seconds_until_taken(world: World, name: str, within_s: float) -> float:
    """Until another host than this one holds."""
    began_s = world.elapsed_s
    taken = world.run_until(lambda: unleased(world, name), within_s, 0.1)
    assert taken, "\n".join(story_of(world))
    return world.elapsed_s - began_s


def shown(world: World, changes_ago: int) -> LeaseRecord:
    """The record as it is, or as it was so many changes ago."""
    fault = Fault(FaultKind.STALE, changes=changes_ago)
    seen = world.register.model.read(world.elapsed_s, fault)
    assert seen is not None
    assert seen.record is not None
    return seen.record


@pytest.mark.parametrize("seed", range(8))
def test_a_dead_nodeos_gives_the_lease_back_at_once(seed: int) -> None:
    """Its end is proof of the stop: nobody waits for L."""
    world = leased(seed)
    name = holder_of(world)
    world.run_s(seed * 2.7)
    world[name].nodeos.kill()
    assert seconds_until_taken(world, name, 30) < SETTLED_S
    check_safe(world)


@pytest.mark.parametrize("seed", range(8))
def test_a_host_that_is_cut_off_is_followed_after_l(seed: int) -> None:
    """It stops by itself meanwhile; before that nobody begins."""
    world = leased(seed)
    name = holder_of(world)
    world.run_s(seed * 2.7)
    begin_lease_fault(LeaseFaultKind.HOST_ISOLATED, world, name, 60.0)
    took_s = seconds_until_taken(world, name, 60)
    assert LEASE_S - 3.0 < took_s < LEASE_S + SETTLED_S
    assert world[name].nodeos.paused
    world.run_rounds(2)
    check_safe(world)


@pytest.mark.parametrize("seed", range(6))
def test_a_switchover_loses_and_doubles_nothing(seed: int) -> None:
    """Each own turn is whole and of one host."""
    world = leased(seed)
    world.run_s(seed * 4.1)
    began_s = world.elapsed_s
    world["a"].keeper.order(CommandKind.SWITCHOVER, to="c" if seed % 2 else "b")
    world.run_rounds(4)
    assert unleased(world, "a"), "\n".join(story_of(world))
    turns = [made for _, made in world.own_turns(began_s)]
    assert len(turns) >= 3
    assert all(len(made) == TURN_SLOTS and len(set(made)) == 1 for made in turns[:-1])
    check_safe(world)


def pauses_of(world: World, name: str) -> int:
    """Stops that a host's keeper has begun."""
    return sum(isinstance(one.action, Pause) and one.host == name for one in world.oracle.sent)


def test_a_switchover_sends_one_pause() -> None:
    """A reading asked in the moment in which the pause was sent says nothing against it."""
    world = leased(1)
    before = pauses_of(world, "a")
    world["a"].keeper.order(CommandKind.SWITCHOVER, to="c")
    world.run_rounds(3)
    assert unleased(world, "a")
    assert pauses_of(world, "a") == before + 1, "\n".join(story_of(world))


def test_a_reading_from_before_the_proof_says_nothing() -> None:
    """A nodeos that is frozen for good has answered last while it was not paused."""
    world = leased(1)
    before = pauses_of(world, "a")
    world["a"].nodeos.stop_main(Stall.MAIN_HUNG)
    world.run_s(60.0)
    assert unleased(world, "a")
    assert pauses_of(world, "a") <= before + 2, "\n".join(story_of(world))
    check_safe(world)


@pytest.mark.parametrize("victim", ["a", "b"])
@pytest.mark.parametrize("step", range(1, 13))
def test_a_switchover_whose_keeper_is_killed_at_any_step_ends_with_one_holder(
    victim: str, step: int
) -> None:
    """The keeper that gives, or the one that takes, dies between any two of its steps."""
    world = leased(step)
    keeper = world[victim].keeper
    keeper.restart_after_ms = 2_000 + 1_500 * step
    world["a"].keeper.order(CommandKind.SWITCHOVER, to="b")
    keeper.kill_in = step
    world.run_rounds(5)
    assert len(world.unpaused) == 1, "\n".join(story_of(world))
    turns = [made for _, made in world.own_turns(world.elapsed_s - 2.5 * world.round_s)]
    assert len(set(turns[-1])) == 1
    assert len(turns[-1]) == TURN_SLOTS
    check_safe(world)


@pytest.mark.parametrize("after_s", [0.0, 0.3, 0.6, 0.9, 1.2, 2.0, 4.0, 8.0])
def test_a_switchover_in_which_the_register_goes_away_ends_with_one_holder_or_none(
    after_s: float,
) -> None:
    """None while it is away for long, one when it is back."""
    world = leased(3)
    world["a"].keeper.order(CommandKind.SWITCHOVER, to="b", at_gap=False)
    world.run_s(after_s)
    end = begin_lease_fault(LeaseFaultKind.REGISTER_DOWN, world, "a", 40.0)
    world.run_s(40.0)
    assert len(world.unpaused) <= 1
    end()
    world.run_rounds(4)
    assert len(world.unpaused) == 1, "\n".join(story_of(world))
    check_safe(world)


def test_maintenance_holds_back_a_takeover_and_not_the_fence() -> None:
    """A dead nodeos moves nothing while it lasts; a host that is cut off stops all the same."""
    world = leased(1)
    for host in world.hosts.values():
        host.keeper.order(CommandKind.MAINTENANCE, for_s=120.0)
    world.run_s(2.0)
    world["a"].nodeos.kill()
    world.run_s(60.0)
    assert not unleased(world, "a")
    world["a"].nodeos.start()
    world.run_rounds(5)
    assert len(world.unpaused) == 1
    check_safe(world)


@pytest.mark.parametrize("seed", range(40))
def test_a_world_of_faults_is_safe_and_live(seed: int) -> None:
    """The first of many: ``scripts/test`` goes on with fresh ones."""
    verdict = run_lease_seed(seed, LeaseRun())
    assert verdict.passed, "\n".join(verdict.story[-60:])


@pytest.mark.parametrize("seed", [7000603, 7000696])
def test_terms_go_on_above_the_guards_when_the_register_has_forgotten_them(seed: int) -> None:
    """These once ended with nobody: a restored register gave out terms that the guards refused."""
    verdict = run_lease_seed(seed, LeaseRun(kinds=ROLLED_BACK))
    assert verdict.passed, "\n".join(verdict.story[-60:])


def test_a_heartbeat_is_taken_only_in_the_place_of_the_very_record_before_it() -> None:
    """This one signed a slot twice: a backup had been put back, and a revision given out again."""
    verdict = run_lease_seed(99700532, LeaseRun(kinds=ROLLED_BACK))
    assert verdict.passed, "\n".join(verdict.story[-60:])


def test_a_keeper_that_starts_goes_on_only_with_the_term_that_it_wrote_last() -> None:
    """This one once ended with nobody: a backup named a holder who had given back since."""
    verdict = run_lease_seed(98502038, LeaseRun(kinds=ROLLED_BACK))
    assert verdict.passed, "\n".join(verdict.story[-60:])


def test_where_every_host_awaits_the_answer_of_a_resume_production_waits_for_five_minutes() -> None:
    """Each nodeos that an operator starts meanwhile may be frozen again, wherever that befalls.

    The seed does it to all three hosts, which is nobody's production for most of that time.
    """
    verdict = run_lease_seed(953314502, LeaseRun())
    assert verdict.passed, "\n".join(verdict.story[-60:])
    assert verdict.simulated_s > UNANSWERED_S + RESUME_LATEST_S, "nobody was free to produce before"


UNANSWERED_S = 139.1
"""When the first of three hosts that await an answer in that seed sent its resume."""


@pytest.mark.parametrize("seed", range(6))
def test_a_backup_that_names_a_host_which_gave_back_is_not_taken_up_by_its_new_keeper(
    seed: int,
) -> None:
    """Nor given back once more, which would let others claim at once beside who holds by now."""
    world = leased(seed)
    name = holder_of(world)
    held = shown(world, 0)
    world[name].nodeos.kill()
    seconds_until_taken(world, name, 30)
    world[name].keeper.kill()
    world[name].nodeos.start()
    world.register.model.restore(next(ago for ago in range(99) if shown(world, ago) == held))
    journalled = len(world[name].keeper.journal)
    world[name].keeper.start()
    world.run_rounds(6)
    since = world[name].keeper.journal[journalled:]
    assert [
        one for one in since if isinstance(one, LeaseWritten) and one.record.term <= held.term
    ] == []
    assert len(world.unpaused) == 1, "\n".join(story_of(world))
    check_safe(world)


def test_a_world_replays_event_for_event() -> None:
    """The same seed tells the same story."""
    run = LeaseRun(told=True)
    assert run_lease_seed(7, run) == run_lease_seed(7, run)


def test_known_limit_a_host_that_is_suspended_may_wake_in_its_own_turn() -> None:
    """Keeper, guard and nodeos stop and wake together: some of these worlds sign a slot twice."""
    doubled = 0
    for seed in range(12):
        world = leased(seed)
        name = holder_of(world)
        end = begin_lease_fault(LeaseFaultKind.HOST_SUSPENDED, world, name, 45.0)
        world.run_s(40.0).run_to_own_turn(1.0 + seed * 0.3)
        end()
        world.run_rounds(2)
        doubled += not world.oracle.safe
    assert doubled, "the limit is gone: say so on the page"


def test_known_limit_a_store_that_forgets_in_a_moment_may_let_two_hold() -> None:
    """The holder has its time, its keeper is stopped, and who claims has seen nothing newer."""
    kinds = (
        LeaseFaultKind.REGISTER_ROLLED_BACK,
        LeaseFaultKind.KEEPER_FROZEN,
        LeaseFaultKind.NODEOS_KILLED,
    )
    assert not run_lease_seed(6022, LeaseRun(kinds=kinds)).safe, "it is gone: say so on the page"
    slow = (LeaseFaultKind.REGISTER_RESTORED, *kinds[1:])
    assert run_lease_seed(6022, LeaseRun(kinds=slow)).passed
