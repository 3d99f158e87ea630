"""Holes in the domain that the simulation found; each is marked until it is closed."""

from __future__ import annotations

import pytest

from eoskeeper.domain.actions import FenceCause
from eoskeeper.domain.samples import CommandKind
from eoskeeper.simulation.scenes import check_safe, pauses_of, settled
from eoskeeper.simulation.world import Setup, World


@pytest.mark.xfail(reason="one empty own turn is enough for an operator's resume", strict=True)
def test_an_operator_resume_is_refused_while_the_lease_of_a_silent_holder_holds() -> None:
    """One own turn of A was lost to a short mute; its lease holds, and it goes on."""
    world = settled()
    world.mute("a")
    world.run_to_own_turn(14.0)
    world.heal()
    world["c"].keeper.order(CommandKind.RESUME)
    world.run_rounds(3)
    check_safe(world)


@pytest.mark.xfail(reason="one empty own turn is enough for an operator's resume", strict=True)
def test_two_operators_who_resume_two_hosts_at_once_do_not_make_two() -> None:
    """Both hosts were paused by hand, one own turn is empty, and both are ordered to resume."""
    world = settled()
    world["a"].keeper.order(CommandKind.PAUSE)
    world.run_to_own_turn(8.0)
    world["a"].keeper.order(CommandKind.RESUME)
    world["c"].keeper.order(CommandKind.RESUME)
    world.run_rounds(3)
    check_safe(world)


@pytest.mark.xfail(reason="the count is read from a tip that is a second old", strict=True)
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


@pytest.mark.xfail(reason="isolation_s knows nothing of the schedule", strict=True)
def test_a_holder_goes_on_while_a_few_neighbours_in_the_schedule_are_missing() -> None:
    """21 producers, the four after us are off: finality moves, all the others are heard."""
    world = settled(Setup(producers=21))
    world.switch_off(2, 3, 4, 5)
    world.run_rounds(6)
    check_safe(world)
    assert FenceCause.ALONE not in pauses_of(world, "a")


@pytest.mark.xfail(reason="the row of empty turns has no begin on a chain without a block of ours")
def test_a_producer_that_has_never_produced_can_be_started_by_its_operator() -> None:
    """Every host starts paused, as recommended, and there is no block of ours on the chain."""
    world = World(1)
    world["a"].nodeos.paused = True
    world.run_rounds(5)
    world["a"].keeper.order(CommandKind.RESUME)
    world.run_rounds(3)
    assert world.unpaused == ("a",)


@pytest.mark.xfail(reason="a gap of four turns counts as a stall of finality, round by round")
def test_b_takes_over_from_a_dead_primary_beside_three_missing_neighbours() -> None:
    """21 producers, three after us are off: 17 others finalize, but with a gap of 24 s a round."""
    world = settled(Setup(producers=21))
    world.switch_off(2, 3, 4)
    world["a"].nodeos.kill()
    world.run_rounds(8)
    assert world.unpaused == ("b",)
