"""Named scenarios: one fault, or one pair of faults, and what must come of it."""

from __future__ import annotations

import pytest

from eoskeeper.domain.actions import FenceCause, Pause, PermitKind, Resume
from eoskeeper.domain.chain_time import TURN_SLOTS
from eoskeeper.domain.events import CommandAnswered
from eoskeeper.domain.policy import FailoverMode, FailoverSettings
from eoskeeper.domain.samples import CommandKind
from eoskeeper.domain.standing import State
from eoskeeper.simulation.nodeos import Api, Stall
from eoskeeper.simulation.story import story_of
from eoskeeper.simulation.world import Setup, World

UNPAUSED_START = Setup(pause_on_startup=False)


def settled(setup: Setup | None = None, seed: int = 1) -> World:
    """A world in which A produces and the others stand by, one second after an own turn."""
    world = World(seed, setup)
    world.run_rounds(4).run_to_own_turn(7.0)
    assert world.unpaused == ("a",), world.states()
    assert world["a"].keeper.state is State.HOLDER
    return world


def check_safe(world: World) -> None:
    """Nothing forbidden has happened; else the whole story is told."""
    assert world.oracle.safe, "\n".join(story_of(world))


def pauses_of(world: World, host: str, since_ms: int = 0) -> list[FenceCause]:
    """Why a host was paused by its keeper, in order."""
    return [
        sent.action.cause
        for sent in world.oracle.sent
        if sent.host == host and isinstance(sent.action, Pause) and sent.at_ms >= since_ms
    ]


def resumes_of(world: World, host: str) -> list[PermitKind]:
    """On what ground a host was resumed, in order."""
    return [
        sent.action.permit.kind
        for sent in world.oracle.sent
        if sent.host == host and isinstance(sent.action, Resume)
    ]


def turns_until(world: World, host: str, since_slot: int) -> int:
    """Whole own turns of the schedule between a slot and the first block of a host."""
    first = world.first_slot_of(host, since_slot)
    assert first is not None, "\n".join(story_of(world))
    slots = range(since_slot // TURN_SLOTS + 1, first // TURN_SLOTS)
    return sum(world.calendar.is_ours(turn * TURN_SLOTS) for turn in slots)


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
def test_a_primary_that_comes_back_never_makes_two(back_after_s: int, paused_start: bool) -> None:  # noqa: FBT001
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
        world["a"].nodeos.start(world.chance.randrange(1_500, 6_000), world.chance.randrange(300, 900))
        world.run_s(world.chance.uniform(0.5, 20))
    world.run_rounds(25)
    check_safe(world)
    assert len(world.unpaused) == 1


# --- the network ----------------------------------------------------------------------------------


@pytest.mark.xfail(reason="others_heard looks only at when they began to be heard", strict=True)
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
    assert world.unpaused == ("a", "b")
    world["a"].nodeos.go_on()
    world.run_rounds(6)
    check_safe(world)
    assert world.unpaused == ("b",)


def test_known_limit_a_primary_that_goes_on_within_an_own_turn_of_b_signs_one_slot_twice() -> None:
    """The timer of nodeos's own main thread comes before any request: only a kill could stop it."""
    world = settled()
    world["a"].nodeos.stop_main(Stall.FROZEN)
    world.run_rounds(3.1)
    world.run_to_own_turn(2.2)
    world["a"].nodeos.go_on()
    world.run_rounds(6)
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


# --- keepers --------------------------------------------------------------------------------------


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
    world.run_s(3)
    assert world.unpaused == ()
    accepted = False
    for _ in range(30):
        world["a"].keeper.order(CommandKind.RESUME)
        world.run_s(5)
        if _answers(world, "a")[-1]:
            accepted = True
            break
    assert accepted, "\n".join(story_of(world))
    world.run_rounds(5)
    check_safe(world)
    assert world.unpaused == ("a",)
    assert world["b"].keeper.state is State.HELD


def _answers(world: World, host: str) -> list[bool]:
    return [e.accepted for e in world[host].keeper.journal if isinstance(e, CommandAnswered)]


def test_known_limit_without_a_keeper_a_primary_that_starts_unpaused_meets_b() -> None:
    """Nobody is there to pause it: pause-on-startup is what guards against this pair."""
    world = settled(UNPAUSED_START)
    world["a"].keeper.kill()
    world["a"].nodeos.kill()
    world.run_rounds(4)
    assert world.unpaused == ("b",)
    world["a"].nodeos.start()
    world.run_rounds(4)
    assert world.oracle.doubles
    assert world.unpaused == ("a",)


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


# --- holes in the domain, found here --------------------------------------------------------------


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
