"""Holes in the domain that the simulation found; one that is still open is marked so."""

from __future__ import annotations

from eoskeeper.domain.actions import FenceCause
from eoskeeper.domain.samples import CommandKind
from eoskeeper.simulation.scenes import check_safe, pauses_of, settled
from eoskeeper.simulation.world import Setup, World


def test_an_operator_resume_is_refused_while_the_lease_of_a_silent_holder_holds() -> None:
    """One own turn of A was lost to a short mute; its lease holds, and it goes on."""
    world = settled()
    world.mute("a")
    world.run_to_own_turn(14.0)
    world.heal()
    world["c"].keeper.order(CommandKind.RESUME)
    world.run_rounds(3)
    check_safe(world)


def test_two_operators_who_resume_two_hosts_at_once_do_not_make_two() -> None:
    """Both hosts were paused by hand, one own turn is empty, and both are ordered to resume."""
    world = settled()
    world["a"].keeper.order(CommandKind.PAUSE)
    world.run_to_own_turn(8.0)
    world["a"].keeper.order(CommandKind.RESUME)
    world["c"].keeper.order(CommandKind.RESUME)
    world.run_rounds(3)
    check_safe(world)


def test_an_operator_resume_just_after_the_second_empty_turn_does_not_meet_b() -> None:
    """C still counts one empty turn, B will count two before it acts in the same gap."""
    world = settled()
    world["a"].keeper.kill()
    world["a"].nodeos.kill()
    world.run_to_own_turn()
    world.run_to_own_turn(6.02)
    world["c"].keeper.order(CommandKind.RESUME)
    world.run_rounds(2)
    check_safe(world)


def test_a_holder_goes_on_while_a_few_neighbours_in_the_schedule_are_missing() -> None:
    """21 producers, the four after us are off: finality moves, all the others are heard."""
    world = settled(Setup(producers=21))
    world.switch_off(2, 3, 4, 5)
    world.run_rounds(6)
    check_safe(world)
    assert FenceCause.ALONE not in pauses_of(world, "a")


def test_a_producer_that_has_never_produced_is_started_by_one_host() -> None:
    """Every host starts paused, as recommended, and there is no block of ours on the chain."""
    world = World(1)
    world["a"].nodeos.paused = True
    world.run_rounds(12)
    check_safe(world)
    assert len(world.unpaused) == 1


def test_b_takes_over_from_a_dead_primary_beside_three_missing_neighbours() -> None:
    """21 producers, three after us are off: 17 others finalize, but with a gap of 24 s a round."""
    world = settled(Setup(producers=21))
    world.switch_off(2, 3, 4)
    world["a"].nodeos.kill()
    world.run_rounds(8)
    assert world.unpaused == ("b",)


def test_a_held_host_that_reboots_unpaused_is_paused_when_its_keeper_is_back() -> None:
    """Its journal says that it must not produce; the keeper comes back ten seconds after nodeos."""
    world = settled(Setup(pause_on_startup=False))
    world["a"].keeper.order(CommandKind.PAUSE)
    world.run_rounds(5)
    world.run_to_own_turn(7.0)
    world["a"].keeper.kill()
    world["a"].nodeos.kill()
    world["a"].nodeos.start(boot_ms=1_000, sync_ms=500)
    world.run_s(5)
    world["a"].keeper.start()
    world.run_rounds(2)
    check_safe(world)


def test_an_operator_and_a_candidate_count_the_same_turns_after_an_absence() -> None:
    """Out of the schedule for some rounds, then dead: A's count and C's must be one count."""
    world = settled()
    world["a"].keeper.order(CommandKind.PAUSE)
    world["b"].keeper.order(CommandKind.PAUSE)
    world.calendar.drop(world.now_slot + 24)
    world.run_rounds(3)
    world.calendar.restore(world.now_slot + 24)
    for _ in range(200):
        world["a"].keeper.order(CommandKind.RESUME)
        world.run_s(2)
    check_safe(world)
