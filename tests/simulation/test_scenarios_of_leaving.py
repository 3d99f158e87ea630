"""Production left to a member by word, where the chain is the register, in whole worlds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eoskeeper.domain.actions import FenceCause, PermitKind
from eoskeeper.domain.chain_time import TURN_SLOTS
from eoskeeper.domain.samples import CommandKind
from eoskeeper.domain.standing import State
from eoskeeper.simulation.nodeos import Stall
from eoskeeper.simulation.scenes import check_safe, pauses_of, resumes_of, settled
from eoskeeper.simulation.world import Setup, World

MEMBERS = Setup(members=True)


def left(world: World, to: str, by: str = "a") -> World:
    """Ordered in the gap, and carried out as far as the old holder's part goes."""
    world[by].keeper.order(CommandKind.SWITCHOVER, to=to)
    assert world.run_until(lambda: world[by].keeper.state is State.LAPSED, 40, 0.1), world.states()
    return world


def whole_turns(world: World, since_s: float) -> list[str]:
    """Who made each own turn since then; a turn that was not whole, or not one host's, fails."""
    makers = []
    for _, made in world.own_turns(since_s):
        assert len(made) == TURN_SLOTS, made
        assert len(set(made)) == 1, made
        makers.append(made[0])
    return makers


@pytest.mark.parametrize("producers", [4, 21])
def test_production_goes_round_without_a_lost_or_doubled_block(producers: int) -> None:
    """From A to B to C and back to A; each begins with the very next own turn."""
    world = settled(Setup(members=True, producers=producers))
    since_s = world.elapsed_s
    for by, to in (("a", "b"), ("b", "c"), ("c", "a")):
        left(world, to, by).run_rounds(2)
        assert world.unpaused == (to,), world.states()
        assert world[by].keeper.state is State.STANDBY, "it has seen who produces"
    world.run_to_own_turn(9.0)
    check_safe(world)
    assert whole_turns(world, since_s + 1)[-7:] in (
        ["b", "b", "c", "c", "a", "a", "a"],
        ["a", "b", "b", "c", "c", "a", "a"],
    )
    assert [resumes_of(world, host)[-1] for host in "abc"] == [PermitKind.PROVEN] * 3


def test_an_heir_that_dies_is_waited_for_as_long_as_any_host_and_no_shorter() -> None:
    """The old holder stands behind all others; C takes over at its own count."""
    world = settled(MEMBERS)
    world["a"].keeper.order(CommandKind.SWITCHOVER, to="b")
    world.run_until(lambda: FenceCause.HANDOVER in pauses_of(world, "a"), 40, 0.1)
    world["b"].keeper.kill()
    world.run_s(3)
    world["a"].keeper.order(CommandKind.RESUME)
    world.run_rounds(6)
    assert not world.unpaused, "an order does not shorten it"
    world.run_rounds(4)
    check_safe(world)
    assert world.unpaused == ("c",), world.states()


@pytest.mark.parametrize("to_b", ["b heard", "b unheard"])
def test_an_heir_that_comes_late_leaves_it_to_the_candidate_whose_count_it_is(
    to_b: str,
) -> None:
    """C was stopped for two rounds; B has just begun, and the old word is still said.

    B's own word would stop C as well; with the way from C to B broken only the count does.
    """
    world = settled(MEMBERS)
    world["a"].keeper.order(CommandKind.SWITCHOVER, to="c")
    world.run_until(lambda: FenceCause.HANDOVER in pauses_of(world, "a"), 40, 0.1)
    world["c"].keeper.freeze()
    assert world.run_until(lambda: world.unpaused == ("b",), 100, 0.1)
    assert world["a"].keeper.state is State.LAPSED
    if to_b == "b unheard":
        world.network.block(("c",), ("b",))
    world["c"].keeper.thaw()
    world.run_rounds(3)
    check_safe(world)
    assert world.unpaused == ("b",), world.states()
    assert resumes_of(world, "c") == []


def test_a_leaver_whose_keeper_is_killed_still_says_so() -> None:
    """The word is journalled; B begins with the turn after it is spoken again."""
    world = settled(MEMBERS)
    world["a"].keeper.order(CommandKind.SWITCHOVER, to="b")
    world.run_until(lambda: FenceCause.HANDOVER in pauses_of(world, "a"), 40, 0.1)
    world["a"].keeper.kill_and_restart(9_000)
    world.run_rounds(3)
    check_safe(world)
    assert world.unpaused == ("b",), world.states()
    assert resumes_of(world, "b") == [PermitKind.PROVEN]


@pytest.mark.parametrize("back_s", [0.0, 3.0])
def test_a_leaver_whose_nodeos_starts_again_unpaused_meets_no_second_producer(
    back_s: float,
) -> None:
    """Without pause-on-startup, as the heir resumes: it is paused before it makes a block."""
    world = settled(Setup(members=True, pause_on_startup=False))
    left(world, "b")
    world["a"].nodeos.kill()
    world.run_s(back_s)
    world["a"].nodeos.start()
    world.run_rounds(4)
    check_safe(world)
    assert world.unpaused == ("b",), world.states()


CUTS: tuple[Callable[[World], None], ...] = (
    lambda world: world.cut("a"),
    lambda world: world.cut("b"),
    lambda world: world.mute("b"),
    lambda world: world.deafen("b"),
)


@pytest.mark.parametrize("cut", CUTS, ids=["a cut", "b cut", "b mute", "b deaf"])
@pytest.mark.parametrize("after_s", [0.0, 1.5, 4.0])
def test_a_line_that_breaks_in_the_middle_leaves_one_holder_or_none(
    cut: Callable[[World], None], after_s: float
) -> None:
    """Whoever did not hear waits for the counts; whoever is not heard stops after one own turn."""
    world = settled(MEMBERS)
    world["a"].keeper.order(CommandKind.SWITCHOVER, to="b")
    world.run_until(lambda: FenceCause.HANDOVER in pauses_of(world, "a"), 40, 0.1)
    world.run_s(after_s)
    cut(world)
    world.run_rounds(12)
    check_safe(world)
    assert len(world.unpaused) == 1, world.states()


@pytest.mark.parametrize("at_s", [1.0, 8.0, 20.0])
@pytest.mark.parametrize("producers", [4, 21])
def test_a_member_takes_over_within_seconds_from_a_nodeos_that_died(
    at_s: float, producers: int
) -> None:
    """Proven by the ladder to have ended; nobody waits for empty turns."""
    world = settled(Setup(members=True, ladder=True, producers=producers))
    world.run_to_own_turn(at_s)
    died_s = world.elapsed_s
    world["a"].nodeos.kill()
    assert world.run_until(lambda: world.unpaused == ("b",), 8, 0.1), world.states()
    assert world.elapsed_s - died_s < 8
    assert resumes_of(world, "b") == [PermitKind.PROVEN]
    world["a"].nodeos.start()
    world.run_rounds(3)
    check_safe(world)
    assert (world.unpaused, world["a"].keeper.state) == (("b",), State.STANDBY)


def test_a_member_takes_over_from_a_nodeos_that_hangs() -> None:
    """It is stopped by the ladder; what was stopped is never continued."""
    world = settled(Setup(members=True, ladder=True))
    world.run_to_own_turn(14.0)
    world["a"].nodeos.stop_main(Stall.MAIN_HUNG)
    assert world.run_until(lambda: world["b"].keeper.state is State.HOLDER, 15, 0.1), world.states()
    world.run_rounds(3)
    check_safe(world)
    assert resumes_of(world, "b") == [PermitKind.PROVEN]


def test_a_nodeos_that_died_is_waited_for_where_nobody_can_prove_it() -> None:
    """Without a ladder it may as well live and refuse: its own turns are counted."""
    world = settled(MEMBERS)
    world["a"].nodeos.kill()
    world.run_rounds(1)
    assert world.unpaused == ()
    world.run_rounds(3)
    check_safe(world)
    assert resumes_of(world, "b") == [PermitKind.TAKEOVER]


def test_without_members_the_order_is_refused() -> None:
    """There is no way to tell the heir, and nothing is stopped."""
    world = settled()
    world["a"].keeper.order(CommandKind.SWITCHOVER, to="b")
    world.run_rounds(2)
    assert world.unpaused == ("a",)
    assert "lease_in_register" in world["a"].keeper.memory.answers[-1].reason
