"""Scenarios of keepers and operators: killed, stopped, late, ordered."""

from __future__ import annotations

import pytest

from eoskeeper.domain.chain_time import TURN_SLOTS
from eoskeeper.domain.events import CommandAnswered
from eoskeeper.domain.policy import FailoverMode, FailoverSettings
from eoskeeper.domain.samples import CommandKind
from eoskeeper.domain.standing import State
from eoskeeper.simulation.nodeos import Api
from eoskeeper.simulation.scenes import UNPAUSED_START, check_safe, settled
from eoskeeper.simulation.story import story_of
from eoskeeper.simulation.world import Setup, World

# --- keepers --------------------------------------------------------------------------------------


def test_a_keeper_that_starts_within_an_own_turn_does_not_stop_a_well_holder() -> None:
    """What it reads back ends at our newest block: nobody has built on that yet."""
    world = settled().run_rounds(4)
    world["a"].keeper.kill()
    world.run_to_own_turn(3.0)
    before = len(world.oracle.sent)
    world["a"].keeper.start()
    world.run_rounds(3)
    assert len(world.oracle.sent) == before


@pytest.mark.parametrize("away_s", [1, 30, 100, 3600])
@pytest.mark.parametrize("producers", [4, 21])
def test_a_restarted_keeper_does_not_stop_a_well_holder(away_s: float, producers: int) -> None:
    """What it has not seen it does not hold against its node."""
    world = settled(Setup(producers=producers))
    before = len(world.oracle.sent)
    world["a"].keeper.kill_and_restart(round(away_s * 1000))
    world.run_s(away_s).run_rounds(4)
    check_safe(world)
    assert len(world.oracle.sent) == before, "\n".join(story_of(world))
    assert world["a"].keeper.state is State.HOLDER
    assert all(len(made) == TURN_SLOTS for _, made in world.own_turns(world.elapsed_s - 80))


@pytest.mark.parametrize("producers", [4, 21])
def test_a_keeper_killed_at_any_step_of_a_takeover_makes_no_double(producers: int) -> None:
    """B's keeper dies at each step and at many moments around it; in the end one host produces."""
    for step in range(1, 9):
        _killed_in_takeover(producers, seed=step, steps=step, restart_ms=3_000)
    for seed in range(40 if producers == 4 else 10):
        _killed_in_takeover(producers, seed=seed, steps=None, restart_ms=1_000 + 1_700 * seed)


def _killed_in_takeover(producers: int, seed: int, steps: int | None, restart_ms: int) -> None:
    world = settled(Setup(producers=producers), seed)
    world["a"].nodeos.kill()
    keeper = world["b"].keeper
    keeper.restart_after_ms = restart_ms
    keeper.kill_in = steps
    world.run_to_own_turn().run_to_own_turn()
    world.run_to_own_turn(-5.0)
    if steps is None:
        world.run_s(world.chance.uniform(0, 20))
        keeper.kill_and_restart(restart_ms)
    world.run_rounds(8)
    world["a"].nodeos.start()
    assert world.run_until(lambda: _one_produces(world), 25 * world.round_s, world.round_s)
    check_safe(world)


def _one_produces(world: World) -> bool:
    turns = world.own_turns(world.elapsed_s - 1.6 * world.round_s)
    return bool(turns) and len(turns[-1][1]) == TURN_SLOTS and len(set(turns[-1][1])) == 1


def test_b_that_was_stopped_until_the_turn_of_c_does_not_meet_it() -> None:
    """Each count of empty own turns belongs to one host, so a late B lets C go first."""
    for late_s in range(-4, 30):
        world = settled(seed=late_s + 10)
        world["a"].nodeos.kill()
        world["b"].keeper.freeze()
        for _ in range(7):
            world.run_to_own_turn()
        world.run_to_own_turn(-6.0)
        world.run_s(late_s / 2)
        world["b"].keeper.thaw()
        world.run_rounds(6)
        check_safe(world)
        assert world.unpaused == ("c",), "\n".join(story_of(world))


@pytest.mark.parametrize("started_after_s", range(96, 168, 3))
def test_b_whose_keeper_starts_late_does_not_meet_c(started_after_s: int) -> None:
    """It has watched its round while the counts of C run: B waits until its own come again."""
    world = settled()
    world["b"].keeper.kill()
    world["a"].nodeos.kill()
    world.run_s(started_after_s)
    world["b"].keeper.start()
    world.run_rounds(8)
    check_safe(world)
    assert world.unpaused in {("b",), ("c",)}


@pytest.mark.parametrize("mode", [FailoverMode.ADVISE, FailoverMode.OFF])
def test_outside_auto_nothing_is_done(mode: FailoverMode) -> None:
    """Not to a dead primary, not to a cut one, not to one that comes back unpaused."""
    settings = FailoverSettings(mode=mode)
    world = World(1, Setup(settings=settings, pause_on_startup=False))
    world.run_rounds(4)
    world.cut("a")
    world.run_rounds(4)
    world.heal()
    world["a"].nodeos.kill()
    world.run_rounds(4)
    world["a"].nodeos.start()
    world.run_rounds(4)
    assert world.oracle.sent == []


# --- operators ------------------------------------------------------------------------------------


def test_an_operator_gives_production_back_by_hand_without_a_double() -> None:
    """Pause on B is obeyed; resume on A is refused while unsafe and obeyed when it is safe."""
    world = settled()
    world["a"].nodeos.kill()
    world.run_rounds(4)
    world["a"].nodeos.start()
    world.run_rounds(2)
    assert world.unpaused == ("b",)
    world["a"].keeper.order(CommandKind.RESUME)
    world.run_s(3)
    assert world.unpaused == ("b",)
    assert _answers(world, "a") == [False]
    world["b"].keeper.order(CommandKind.PAUSE)
    world["c"].keeper.order(CommandKind.PAUSE)
    world.run_s(3)
    assert world["b"].nodeos.paused
    world.run_until(lambda: _resumed(world, "a"), 60, 5)
    world.run_rounds(5)
    check_safe(world)
    assert world.unpaused == ("a",)
    assert world["b"].keeper.state is State.HELD


def _resumed(world: World, host: str) -> bool:
    world[host].keeper.order(CommandKind.RESUME, others_paused=True)
    world.run_s(1)
    return _answers(world, host)[-1]


def _answers(world: World, host: str) -> list[bool]:
    return [e.accepted for e in world[host].keeper.journal if isinstance(e, CommandAnswered)]


def test_known_limit_without_a_keeper_a_primary_that_starts_unpaused_meets_b() -> None:
    """Nobody is there to pause it: pause-on-startup is what guards against this pair."""
    world = settled(UNPAUSED_START)
    world["a"].keeper.kill()
    world["a"].nodeos.kill()
    world.run_rounds(4)
    assert world["b"].nodeos.paused is False
    world["a"].nodeos.start()
    world.run_rounds(4)
    assert world.oracle.doubles
    assert world["b"].nodeos.paused


def test_pause_on_startup_guards_a_primary_without_a_keeper() -> None:
    """The same pair of faults with the option on."""
    world = settled()
    world["a"].keeper.kill()
    world["a"].nodeos.kill()
    world.run_rounds(4)
    world["a"].nodeos.start()
    world.run_rounds(4)
    check_safe(world)
    assert world.unpaused == ("b",)


def test_known_limit_two_forks_that_both_hold_others_can_each_have_a_producer_of_ours() -> None:
    """A minority partition with other producers in it is outside what this register promises."""
    world = settled(Setup(producers=21, minority=(4, 8, 12, 16, 20)))
    world.tell("partition: a with a minority of the others")
    minority, majority = ("a", "others1"), ("b", "c", "others0")
    world.network.block(minority, majority)
    world.network.block(majority, minority)
    world.run_rounds(6)
    assert world.oracle.doubles


def test_known_limit_a_mute_host_whose_api_hangs_cannot_fence_itself() -> None:
    """Pause is the only means of this register, and it hangs exactly when nodeos is sick."""
    world = settled()
    world.mute("a")
    world["a"].nodeos.set_api(Api.HANGS)
    world.run_rounds(6)
    assert world.oracle.doubles


@pytest.mark.parametrize("api", [Api.HANGS, Api.GARBAGE])
def test_a_holder_whose_api_is_silent_goes_on_while_its_log_tells_that_its_turns_stay(
    api: Api,
) -> None:
    """Unknown is not dead: eight rounds without an API, and nobody stops or takes over."""
    world = settled()
    before = len(world.oracle.sent)
    world["a"].nodeos.set_api(api)
    world.run_rounds(8)
    assert len(world.oracle.sent) == before
    assert world["a"].keeper.state is State.HOLDER
    world["a"].nodeos.set_api(Api.WELL)
    world.run_rounds(4)
    check_safe(world)
    assert world.unpaused == ("a",)
