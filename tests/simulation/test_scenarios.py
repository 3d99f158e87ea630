"""Scenarios of nodeos, the network and the chain: one fault each, and what must come of it."""

from __future__ import annotations

import pytest

from eoskeeper.domain.actions import FenceCause, PermitKind, Resume
from eoskeeper.domain.chain_time import TURN_SLOTS
from eoskeeper.simulation.nodeos import Api, Stall
from eoskeeper.simulation.scenes import (
    UNPAUSED_START,
    check_safe,
    pauses_of,
    resumes_of,
    settled,
    turns_until,
)
from eoskeeper.simulation.story import story_of
from eoskeeper.simulation.world import Setup, World

# --- the death of nodeos --------------------------------------------------------------------------


@pytest.mark.parametrize("producers", [4, 21])
def test_b_begins_with_the_third_own_turn_after_the_death_of_the_primary(producers: int) -> None:
    """Two own turns stay empty, the third is B's from its first slot; C stays paused."""
    world = settled(Setup(producers=producers))
    died = world.now_slot
    world["a"].nodeos.kill()
    world.run_rounds(5)
    check_safe(world)
    assert turns_until(world, "b", died) == 2
    first = world.first_slot_of("b", died)
    assert first is not None
    assert first % TURN_SLOTS == 0
    assert world.unpaused == ("b",)
    assert world.states() == {"a": "fencing", "b": "holder", "c": "standby"}
    assert resumes_of(world, "c") == []


def test_c_takes_over_when_b_is_dead_too() -> None:
    """C's own count is seven."""
    world = settled()
    died = world.now_slot
    world["a"].nodeos.kill()
    world["b"].nodeos.kill()
    world.run_rounds(10)
    check_safe(world)
    assert turns_until(world, "c", died) == 7
    assert world.unpaused == ("c",)


@pytest.mark.parametrize("back_after_s", [4, 15, 30, 44, 48, 52, 58, 66, 70, 74, 80, 100, 200])
@pytest.mark.parametrize("paused_start", [True, False])
def test_a_primary_that_comes_back_never_makes_two(back_after_s: int, paused_start: bool) -> None:  # noqa: FBT001 - a table
    """With and without pause-on-startup, at moments all through the takeover of B."""
    world = settled(Setup(pause_on_startup=paused_start))
    world["a"].nodeos.kill()
    world.run_s(back_after_s)
    world["a"].nodeos.start(boot_ms=2_500, sync_ms=500)
    world.run_rounds(8)
    check_safe(world)
    assert len(world.unpaused) == 1
    assert len(world.own_turns()[-1][1]) == TURN_SLOTS


def test_a_primary_that_comes_back_again_and_again_never_makes_two() -> None:
    """Killed and started unpaused every few seconds for an hour."""
    world = settled(UNPAUSED_START)
    for _ in range(200):
        world["a"].nodeos.kill()
        world.run_s(world.chance.uniform(0.2, 8))
        world["a"].nodeos.start(
            world.chance.randrange(1_500, 6_000), world.chance.randrange(300, 900)
        )
        world.run_s(world.chance.uniform(0.5, 20))
    world.run_rounds(25)
    check_safe(world)
    assert len(world.unpaused) == 1


# --- the network ----------------------------------------------------------------------------------


def test_a_primary_that_is_cut_off_fences_before_b_begins() -> None:
    """It is alone for 30 s, pauses once, and B begins with the third own turn; healed, B stays."""
    world = settled()
    died = world.now_slot
    world.cut("a")
    assert world.run_until(lambda: world.first_slot_of("b", died) is not None, 120)
    assert world["a"].nodeos.paused
    assert pauses_of(world, "a") == [FenceCause.ALONE]
    assert turns_until(world, "b", died) == 2
    world.heal()
    world.run_rounds(6)
    check_safe(world)
    assert world.unpaused == ("b",)


def test_a_primary_that_is_cut_off_in_time_is_paused_long_before_its_turns_are_counted() -> None:
    """21 producers: alone after 30 s, where two lost turns would take four minutes."""
    world = settled(Setup(producers=21))
    world.cut("a")
    world.run_s(45)
    assert world["a"].nodeos.paused


def test_b_whom_nobody_hears_is_fenced_before_c_begins() -> None:
    """Until its first block stays one lost turn ends its lease; C counts on from the death of A."""
    world = settled()
    world["a"].nodeos.kill()
    world.mute("b")
    world.run_rounds(12)
    check_safe(world)
    assert FenceCause.TURNS_NOT_STAYED in pauses_of(world, "b")
    assert world.unpaused == ("c",), world.states()


def test_a_holder_judges_a_turn_only_when_a_fork_would_show() -> None:
    """A well holder beside a missing neighbour: its turn stays, though late, and it goes on."""
    world = settled()
    world.switch_off(2)
    world.run_rounds(6)
    check_safe(world)
    assert FenceCause.TURNS_NOT_STAYED not in pauses_of(world, "a")
    assert world.unpaused == ("a",)


def test_a_primary_that_nobody_hears_fences_before_the_third_own_turn() -> None:
    """It hears all the others, but its own turns do not stay."""
    world = settled()
    since = world.now_slot
    world.mute("a")
    world.run_to_own_turn().run_to_own_turn().run_s(15)
    assert world["a"].nodeos.paused, "\n".join(story_of(world))
    world.run_to_own_turn(0.6)
    assert world.first_slot_of("b", since) is not None
    world.run_rounds(4)
    world.heal()
    world.run_rounds(4)
    check_safe(world)
    assert world.unpaused == ("b",)
    assert FenceCause.TURNS_NOT_STAYED in pauses_of(world, "a")


def test_a_primary_that_hears_nobody_stops_and_b_takes_over() -> None:
    """Its blocks would build on an old head; it is alone as far as it can tell."""
    world = settled()
    world.deafen("a")
    world.run_rounds(6)
    check_safe(world)
    assert world.unpaused == ("b",)
    world.heal()
    world.run_rounds(6)
    check_safe(world)
    assert world.unpaused == ("b",)


def test_a_short_cut_of_the_line_does_not_cost_the_delay_of_a_standby() -> None:
    """21 producers, 40 s: the primary fences, hears others for a round and goes on by itself."""
    world = settled(Setup(producers=21))
    world.cut("a")
    world.run_s(40)
    world.heal()
    world.run_rounds(5)
    check_safe(world)
    assert world.unpaused == ("a",), world.states()
    assert resumes_of(world, "a") == [PermitKind.AFTER_ISOLATION]
    assert resumes_of(world, "b") == []


# --- stops that pass ------------------------------------------------------------------------------


@pytest.mark.parametrize("stall", [Stall.FROZEN, Stall.MAIN_HUNG])
@pytest.mark.parametrize("producers", [4, 21])
def test_a_primary_that_goes_on_after_three_rounds_outside_its_turn_finds_its_pause(
    stall: Stall, producers: int
) -> None:
    """The pauses that its keeper asked for in vain are the first thing that it does."""
    world = settled(Setup(producers=producers))
    world["a"].nodeos.stop_main(stall)
    world.run_rounds(3.1)
    world.run_to_own_turn(8.0)
    assert not world["b"].nodeos.paused
    world["a"].nodeos.go_on()
    world.run_rounds(6)
    check_safe(world)
    assert world.unpaused == ("b",)


def _goes_on_in_a_turn_of_b(stall: Stall) -> World:
    world = settled()
    world["a"].nodeos.stop_main(stall)
    world.run_rounds(3.1)
    world.run_to_own_turn(2.2)
    world["a"].nodeos.go_on()
    return world.run_rounds(6)


def test_a_frozen_primary_that_wakes_within_an_own_turn_of_b_ends_before_it_makes_a_block() -> None:
    """SIGTERM was left for it; it comes back paused."""
    world = _goes_on_in_a_turn_of_b(Stall.FROZEN)
    check_safe(world)
    assert world.unpaused == ("b",)


def test_known_limit_a_main_thread_that_goes_on_within_an_own_turn_of_b_signs_one_slot() -> None:
    """The timer of nodeos's own main thread comes before any request, and it was not frozen."""
    world = _goes_on_in_a_turn_of_b(Stall.MAIN_HUNG)
    assert len(world.oracle.doubles) == 1
    assert world.unpaused == ("b",)


@pytest.mark.parametrize("api", [Api.HANGS, Api.GARBAGE, Api.SHUT])
@pytest.mark.parametrize("host", ["b", "c"])
def test_a_standby_that_cannot_ask_its_node_does_not_move(api: Api, host: str) -> None:
    """Unknown is not dead."""
    world = settled()
    world[host].nodeos.set_api(api)
    world.run_rounds(12)
    world[host].nodeos.set_api(Api.WELL)
    world.run_rounds(3)
    check_safe(world)
    assert world.unpaused == ("a",)
    assert resumes_of(world, host) == []
    assert all(len(made) == TURN_SLOTS for _, made in world.own_turns(world.elapsed_s - 300))


@pytest.mark.parametrize("api", [Api.HANGS, Api.GARBAGE, Api.SHUT])
def test_a_holder_that_cannot_ask_its_node_gives_way_without_a_double(api: Api) -> None:
    """It cannot prove that its turns stay, so it stops as soon as it can."""
    world = settled()
    world["a"].nodeos.set_api(api)
    world.run_rounds(6)
    world["a"].nodeos.set_api(Api.WELL)
    world.run_rounds(25)
    check_safe(world)
    assert len(world.unpaused) == 1
    assert len(world.own_turns()[-1][1]) == TURN_SLOTS


# --- the chain ------------------------------------------------------------------------------------


def test_nobody_moves_while_our_producer_is_out_of_the_schedule() -> None:
    """Empty turns of somebody else are not ours."""
    world = settled()
    world.calendar.drop(world.now_slot + 30)
    world.run_rounds(12)
    assert [s for s in world.oracle.sent if isinstance(s.action, Resume)] == []
    world.calendar.restore(world.now_slot + 40)
    world.run_rounds(5)
    check_safe(world)
    assert world.unpaused == ("a",), "\n".join(story_of(world))
    assert len(world.own_turns()[-1][1]) == TURN_SLOTS


def test_nobody_moves_and_nobody_fences_while_the_whole_network_stalls() -> None:
    """Others are heard, but nothing becomes irreversible: everyone must go on."""
    world = settled(Setup(producers=21))
    before = len(world.oracle.sent)
    world.switch_off(*world.other_places()[:9])
    world.run_rounds(8)
    world.switch_on()
    world.run_rounds(4)
    check_safe(world)
    assert len(world.oracle.sent) == before
    assert world.unpaused == ("a",)


def test_nobody_takes_over_from_a_dead_primary_while_the_whole_network_stalls() -> None:
    """The empty turns count only when finality moved throughout; afterwards B moves."""
    world = settled(Setup(producers=21))
    world.switch_off(*world.other_places()[:9])
    world["a"].nodeos.kill()
    world.run_rounds(5)
    assert resumes_of(world, "b") == []
    world.switch_on()
    world.run_rounds(25)
    check_safe(world)
    assert len(world.unpaused) == 1
