"""Whatever happens, in whatever order: what must hold after every second of it."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from eoskeeper.domain.actions import Action, Met, Pause, Resume
from eoskeeper.domain.cycle import Step, step
from eoskeeper.domain.events import ActionDecided, StandingChanged
from eoskeeper.domain.failover import Trigger
from eoskeeper.domain.memory import Memory, restore
from eoskeeper.domain.policy import FailoverMode, Role
from eoskeeper.domain.samples import (
    BlocksRead,
    CommandKind,
    FailureReason,
    HeadRead,
    OutcomeResult,
    PausedRead,
    ProcessState,
    RestartPaused,
    ScheduleRead,
)
from eoskeeper.domain.standing import State
from tests.unit.domain.scene import Site, command, policy_of


def _set(**plights: object) -> Callable[[Site], None]:
    def change(site: Site) -> None:
        for name, value in plights.items():
            setattr(site, name, value)

    return change


def _answers(result: OutcomeResult | None) -> Callable[[Site], None]:
    def change(site: Site) -> None:
        site.answers = lambda _: result

    return change


def _order(kind: CommandKind) -> Callable[[Site], None]:
    return lambda site: check(site.tick(command(kind)), site)


def _watch(result: OutcomeResult) -> Callable[[Site], None]:
    return lambda site: check(site.tick(lambda now: RestartPaused(now, now, result, 1, "")), site)


def _restart_keeper(site: Site) -> None:
    """A new keeper with the old one's journal."""
    site.memory = restore(site.events, site.now, site.policy)
    site._told = 0


def _restart_node(site: Site) -> None:
    site.restart_node()


PLIGHTS: dict[str, Callable[[Site], None]] = {
    "the other host stops": _set(elsewhere=False),
    "the other host produces": _set(elsewhere=True),
    "somebody pauses": _set(paused=True),
    "somebody resumes": _set(paused=False),
    "alone": _set(others=False),
    "together": _set(others=True, finality=True),
    "stall": _set(finality=False),
    "refused": _set(api=FailureReason.REFUSED),
    "timed out": _set(api=FailureReason.TIMED_OUT),
    "answers": _set(api=None, silent=set()),
    "frozen": _set(process=ProcessState.STOPPED),
    "running": _set(process=ProcessState.RUNNING),
    "no log": _set(logs=False),
    "log": _set(logs=True),
    "no pause readings": _set(silent={PausedRead}),
    "no blocks": _set(silent={BlocksRead}),
    "no head": _set(silent={HeadRead, ScheduleRead}),
    "new node": _restart_node,
    "new keeper": _restart_keeper,
    "orders a pause": _order(CommandKind.PAUSE),
    "orders a resume": _order(CommandKind.RESUME),
    "the watch pauses": _watch(OutcomeResult.PROVEN),
    "the watch fails": _watch(OutcomeResult.UNPROVEN),
    "no outcomes": _answers(None),
    **{f"actions are {result}": _answers(result) for result in OutcomeResult},
}


def check(done: Step, site: Site) -> None:
    """Everything that must hold of one second."""
    memory, _, now = site.inputs[-1]
    for action in done.actions:
        _check_action(action, done, memory, site)
    for event in done.events:
        if isinstance(event, StandingChanged):
            assert event.before is memory.standing.state
            assert event.standing.state is done.memory.standing.state
            given_back = event.event == str(Trigger.RESUME_FAILED)
            assert event.standing.term >= memory.standing.term - given_back
    standing = done.memory.standing
    if memory.standing.state is State.FENCING and standing.state is not State.FENCING:
        assert standing.confirmed is not None
    entered = standing.state is not memory.standing.state
    resumed = any(isinstance(action, Resume) for action in done.actions)
    assert standing.since == (now if entered or resumed else memory.standing.since)
    if standing.state is State.HOLDER:
        assert standing.held_from is not None
    assert done.memory.next_action_id >= memory.next_action_id
    assert done.memory.inbox == type(done.memory.inbox)()
    assert len(done.actions) <= 1
    assert step(*site.inputs[-1], site.policy) == done
    assert now == site.now


def _check_action(action: Action, done: Step, memory: Memory, site: Site) -> None:
    mode = site.policy.failover.mode
    assert action.action_id == memory.next_action_id
    assert done.memory.outstanding == action
    decided = [event.action for event in done.events if isinstance(event, ActionDecided)]
    if isinstance(action, Resume):
        permit = action.permit
        assert {condition.met for condition in permit.conditions} == {Met.YES}
        assert site.slot < permit.not_after_slot
        assert decided == [action]
        assert done.memory.standing.state is State.RESUMING
        assert done.memory.standing.permit == permit
        assert memory.node.roster.ours is not None
    elif isinstance(action, Pause):
        assert done.memory.standing.state is State.FENCING
        assert decided == [action] or memory.standing.state is State.FENCING
    else:
        assert mode is FailoverMode.AUTO
        assert memory.standing.state is State.FENCING
        assert decided == [action]
    assert done.memory.standing.may_produce


@settings(max_examples=80, deadline=None)
@given(
    role=st.sampled_from([role for role in Role if role is not Role.OBSERVER]),
    mode=st.sampled_from([FailoverMode.AUTO, FailoverMode.AUTO, FailoverMode.ADVISE]),
    paused=st.booleans(),
    story=st.lists(st.tuples(st.sampled_from(sorted(PLIGHTS)), st.integers(0, 60)), max_size=14),
)
def test_every_action_in_every_plight_has_its_ground(
    role: Role, mode: FailoverMode, *, paused: bool, story: list[tuple[str, int]]
) -> None:
    """Resumes carry a permit with all conditions met; events come first; the same input repeats."""
    site = Site(policy_of(role, mode), paused=paused)
    site.run(30)
    for plight, seconds in story:
        PLIGHTS[plight](site)
        for _ in range(seconds):
            check(site.tick(), site)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(PLIGHTS)), st.integers(0, 40)), max_size=12))
def test_an_observer_does_nothing_in_any_plight(story: list[tuple[str, int]]) -> None:
    """Not one action, not one change of its standing."""
    site = Site(policy_of(Role.OBSERVER), paused=False)
    for plight, seconds in story:
        PLIGHTS[plight](site)
        site.run(seconds)
    assert site.actions == []
    assert site.state() is State.OBSERVER


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(PLIGHTS)), st.integers(0, 40)), max_size=12))
def test_off_only_watches_unless_it_is_ordered(story: list[tuple[str, int]]) -> None:
    """Without an order there is no action at all."""
    site = Site(policy_of(mode=FailoverMode.OFF), paused=False)
    for plight, seconds in story:
        if not plight.startswith("orders"):
            PLIGHTS[plight](site)
        site.run(seconds)
    assert site.actions == []
