"""A keeper that was killed at any moment goes on from its journal, and from nothing else."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.events import (
    ActionDecided,
    Event,
    KeeperStarted,
    LeaseWritten,
    OutcomeSeen,
    StandingChanged,
)
from eoskeeper.domain.lease.timing import LeaseTiming
from eoskeeper.domain.memory import begin, restore
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.policy import Role
from eoskeeper.domain.register import LeaseRecord
from eoskeeper.domain.samples import CommandKind, FailureReason, OutcomeResult
from eoskeeper.domain.standing import Standing, State
from tests.unit.domain.scene import Site, brink, command, moment_at, policy_of, standing_of

NOW = Moment(MonoS(3.0), UtcS(2_000_000_000.0))
"""Start of the new keeper, after a reboot: the boot-time clock begins anew."""


def story() -> list[Event]:
    """A takeover, a fence, a stay in hold and a return: every kind of event that counts."""
    site = brink()
    site.run(30)
    site.api = FailureReason.REFUSED
    site.run(4)
    site.api = None
    site.run(10)
    site.tick(command(CommandKind.PAUSE))
    site.run(4)
    site.tick(command(CommandKind.RESUME, 2))
    site.run(4)
    started = KeeperStarted(moment_at(0), "1", "here", "B", "auto")
    return [started, *site.events]


STORY = story()


def test_the_story_visits_the_states_that_it_is_for() -> None:
    """Else the cuts below say little."""
    states = {event.standing.state for event in STORY if isinstance(event, StandingChanged)}
    assert states == {
        State.STANDBY,
        State.RESUMING,
        State.HOLDER,
        State.FENCING,
        State.RESTARTED,
        State.HELD,
    }


@pytest.mark.parametrize("cut", range(len(STORY) + 1))
def test_a_journal_cut_after_any_event_keeps_every_duty(cut: int) -> None:
    """A standby looks around first; who may produce still may; the numbers go on."""
    events = STORY[:cut]
    restored = restore(events, NOW, policy_of())
    changes = [event.standing for event in events if isinstance(event, StandingChanged)]
    last = changes[-1] if changes else None
    if last is None or last.state is State.STANDBY:
        assert restored.standing.state is State.LEARNING
    else:
        assert restored.standing.state is last.state
        assert restored.standing.permit == last.permit
        assert restored.standing.then is last.then
    if last is not None:
        assert restored.standing.may_produce >= last.may_produce
        assert (restored.standing.term, restored.standing.held_from) == (last.term, last.held_from)
        assert restored.standing.since == Moment(NOW.mono_s, last.since.utc_s)
    assert restored.standing.confirmed is None
    used = [event.action.action_id for event in events if isinstance(event, ActionDecided)]
    assert restored.next_action_id == max(used, default=0) + 1
    assert restored.node == NodeState(started=NOW)
    assert restored.outstanding is None
    assert restored.answers == ()


def test_a_journal_survives_as_json() -> None:
    """What is restored from the file is what is restored from the events."""
    text = [msgspec.json.encode(event) for event in STORY]
    again = [msgspec.json.decode(line, type=Event) for line in text]
    assert restore(again, NOW, policy_of()) == restore(STORY, NOW, policy_of())


def test_without_a_journal_a_host_learns() -> None:
    """An observer observes."""
    assert begin(NOW, policy_of()).standing == Standing(state=State.LEARNING, since=NOW)
    assert begin(NOW, policy_of(Role.OBSERVER)).standing.state is State.OBSERVER
    assert restore([], NOW, policy_of()) == begin(NOW, policy_of())


@pytest.mark.parametrize("state", State)
def test_each_state_comes_back_as_documented(state: State) -> None:
    """Only a standby looks around anew, and an observer of yesterday."""
    events = [StandingChanged(NOW, State.LEARNING, standing_of(state), "", "")]
    restored = restore(events, NOW, policy_of()).standing.state
    again = {State.STANDBY: State.LEARNING, State.OBSERVER: State.LEARNING}
    assert restored is again.get(state, state)


def test_an_observer_forgets_all_standing() -> None:
    """Who is made an observer is no holder any more; the numbers go on."""
    restored = restore(STORY, NOW, policy_of(Role.OBSERVER))
    assert restored.standing == Standing(state=State.OBSERVER, since=NOW)
    assert restored.next_action_id > 1


def test_the_number_of_an_outcome_counts_too() -> None:
    """A try that was not journalled by itself left its outcome there."""
    events = [OutcomeSeen(NOW, 41, OutcomeResult.UNPROVEN, "")]
    assert restore(events, NOW, policy_of()).next_action_id == 42
    events = [OutcomeSeen(NOW, 0, OutcomeResult.PROVEN, "")]
    assert restore(events, NOW, policy_of()).next_action_id == 1


def test_a_keeper_that_starts_goes_on_with_the_lease_that_was_written_last() -> None:
    """However many keepers came and went since without a write; and with none that was left."""
    policy = msgspec.structs.replace(policy_of(), lease=LeaseTiming())
    claim = LeaseRecord("here", 3, 1, run="run-1")
    began = [KeeperStarted(NOW, "1", "here", "A", "auto", run) for run in ("run-1", "run-2")]
    claimed = LeaseWritten(NOW, claim, "")
    left = LeaseWritten(NOW, msgspec.structs.replace(claim, beat=2, released=True), "")

    def held(*events: Event) -> LeaseRecord | None:
        lease = restore(events, NOW, policy, "run-3").lease
        assert lease is not None
        return lease.held_before

    assert held(began[0]) is None
    assert held(began[0], claimed) == held(began[0], claimed, began[1]) == claim
    assert held(began[0], claimed, left) is None
    assert held(began[0], claimed, left, claimed) == claim


def test_a_restored_fence_goes_on_at_once() -> None:
    """The stop is not proven, so it is tried again in the first second."""
    fencing = standing_of(State.FENCING, then=State.LAPSED)
    events = [StandingChanged(NOW, State.HOLDER, fencing, "", "")]
    site = Site(paused=False)
    site.memory = restore(events, site.now, site.policy)
    site.tick()
    assert len(site.pauses) == 1
    site.tick()
    assert site.state() is State.LAPSED


@pytest.mark.parametrize("cut", range(1, 4))
def test_a_keeper_killed_while_it_resumes_ends_up_sure(cut: int) -> None:
    """Whether the request went out or not: a holder that produces, or a fence with proof."""
    for happened in (True, False):
        site = brink()
        site.answers = lambda _: None
        site.tick()
        site.paused = not happened
        events = [event for done in site.steps for event in done.events]
        last = next(i for i, e in enumerate(events) if e is site.steps[-1].events[0])
        site.memory = restore(events[: last + min(cut, 2)], site.now, site.policy)
        site._told = 0
        assert site.memory.standing.may_produce
        site.answers = lambda _: OutcomeResult.PROVEN
        site.run(6)
        assert site.state() is State.HOLDER
        assert not site.paused
