"""A holder stops, with proof, for each reason that there is; a fence ends only with proof."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.actions import FenceCause, Pause, Terminate
from eoskeeper.domain.events import ActionDecided, OutcomeSeen
from eoskeeper.domain.samples import (
    BlocksRead,
    CommandKind,
    FailureReason,
    OutcomeResult,
    ProcessState,
    RestartPaused,
)
from eoskeeper.domain.standing import State
from tests.unit.domain.scene import Site, command, settled_holder, settled_standby

PROVEN, UNPROVEN = OutcomeResult.PROVEN, OutcomeResult.UNPROVEN


def test_a_healthy_holder_does_nothing() -> None:
    """For ten rounds not a single action."""
    site = settled_holder().run(240)
    assert site.actions == []
    assert site.state() is State.HOLDER


def test_a_holder_that_is_alone_stops_after_thirty_seconds() -> None:
    """Not counting the six of its own turn, in which nobody else speaks."""
    site = settled_holder()
    site.others = False
    site.run(35)
    assert site.pauses == []
    site.tick()
    assert [pause.cause for pause in site.pauses] == [FenceCause.ALONE]
    assert site.memory.standing.then is State.ISOLATED
    assert "30 s" in site.pauses[0].reason


def test_a_holder_whose_turns_do_not_stay_stops_after_two() -> None:
    """Neither chain nor log shows them: the clock decides, half a gap after the second turn."""
    site = settled_holder()
    site.silent = {BlocksRead}
    site.logs = False
    node = site.memory.node
    for _ in range(120):
        node = msgspec.structs.replace(site.memory.node, foreign_heard=site.now)
        site.memory = msgspec.structs.replace(site.memory, node=node)
        if site.tick().actions:
            break
    assert [pause.cause for pause in site.pauses] == [FenceCause.TURNS_NOT_STAYED]
    assert site.second_of_round == 21
    assert site.memory.standing.then is State.LAPSED
    assert len(site.steps) == 62 + 55


def test_a_holder_that_is_blind_stops_when_its_turns_are_over() -> None:
    """Blind is not alone, but a turn that cannot be seen, in the log neither, did not stay."""
    site = settled_holder()
    site.api = FailureReason.TIMED_OUT
    assert site.run(100).pauses == []
    site.logs = False
    site.run_until(lambda s: bool(s.pauses), limit_s=60)
    assert site.pauses[0].cause is FenceCause.TURNS_NOT_STAYED


def test_a_new_holder_is_fenced_after_its_first_turn_without_a_block() -> None:
    """Before the next candidate in line may act."""
    site = settled_standby()
    site.elsewhere = False
    site.run_until(lambda s: s.state() is State.HOLDER)
    site.paused = True
    held = site.slot
    site.run_until(lambda s: bool(s.pauses[1:]), limit_s=48)
    assert site.pauses[-1].cause is FenceCause.TURNS_NOT_STAYED
    assert site.slot - held <= 48


def test_a_holder_beside_another_producer_stops_at_once() -> None:
    """Within a second of the first block of ours that was made elsewhere."""
    site = settled_holder()
    site.run_to(5)
    site.elsewhere = True
    site.paused = True
    site.tick()
    site.tick()
    assert [pause.cause for pause in site.pauses] == [FenceCause.PRODUCED_ELSEWHERE]
    assert site.memory.standing.then is State.STANDBY


def test_the_operator_stops_a_holder() -> None:
    """And production stays off until the operator resumes it."""
    site = settled_holder()
    site.tick(command(CommandKind.PAUSE))
    assert [pause.cause for pause in site.pauses] == [FenceCause.OPERATOR]
    site.tick()
    assert site.state() is State.HELD
    assert site.run(500).resumes == []


@pytest.mark.parametrize("away", ["refused", "process", "old"])
def test_a_holder_whose_node_went_away_pauses_first(away: str) -> None:
    """Nobody listens, another pid, or a process that is younger than the standing."""
    site = settled_holder()
    if away == "refused":
        site.api = FailureReason.REFUSED
    elif away == "process":
        site.pid += 1
    else:
        site.restart_node()
    site.tick()
    assert [pause.cause for pause in site.pauses] == [FenceCause.RESTARTED]
    assert site.memory.standing.then is State.RESTARTED


@pytest.mark.parametrize("reason", [r for r in FailureReason if r is not FailureReason.REFUSED])
def test_a_silent_node_alone_is_no_reason_to_stop(reason: FailureReason) -> None:
    """Nothing is known of it; the clock of its own turns decides later."""
    site = settled_holder()
    site.api = reason
    assert site.run(10).actions == []


def test_a_creation_time_that_is_corrected_is_the_same_process() -> None:
    """The kernel's figure moves with the wall clock."""
    site = settled_holder()
    site.started_utc = type(site.started_utc)(site.started_utc + 1.5)
    assert site.run(5).actions == []


# --- until it is proven ---------------------------------------------------------------------------


def test_a_pause_is_tried_each_second_until_it_is_proven() -> None:
    """The journal tells the decision and the first failure, not each try."""
    site = settled_holder()
    site.answers = lambda _: UNPROVEN
    before = len(site.events)
    site.tick(command(CommandKind.PAUSE))
    site.run(60)
    assert len(site.pauses) == 61
    assert {pause.cause for pause in site.pauses} == {FenceCause.OPERATOR}
    assert [pause.action_id for pause in site.pauses] == list(range(1, 62))
    kinds = [type(event).__name__ for event in site.events[before:]]
    assert kinds == ["StandingChanged", "ActionDecided", "CommandAnswered", "OutcomeSeen"]
    assert site.state() is State.FENCING
    site.answers = lambda _: PROVEN
    site.run(2)
    assert site.state() is State.HELD
    assert isinstance(site.events[-2], OutcomeSeen)


def test_each_kind_of_failure_is_told_once() -> None:
    """A failure of another kind is news."""
    site = settled_holder()
    site.answers = lambda _: UNPROVEN
    site.tick(command(CommandKind.PAUSE))
    site.run(5)
    site.answers = lambda _: OutcomeResult.REFUSED
    site.run(5)
    told = [event.result for event in site.events if isinstance(event, OutcomeSeen)]
    assert told == [UNPROVEN, OutcomeResult.REFUSED]


def test_a_pause_under_way_is_not_sent_twice() -> None:
    """Not before its outcome, or fifteen seconds."""
    site = settled_holder()
    site.answers = lambda _: None
    site.tick(command(CommandKind.PAUSE))
    site.run(14)
    assert len(site.pauses) == 1
    site.tick()
    assert len(site.pauses) == 2


def test_a_reading_paused_is_no_proof_of_a_fence() -> None:
    """One more block may follow: only the drained pause proves it."""
    site = settled_holder()
    site.answers = lambda _: UNPROVEN
    site.tick(command(CommandKind.PAUSE))
    site.paused = True
    assert site.run(30).state() is State.FENCING


@pytest.mark.parametrize(
    ("result", "state"), [(PROVEN, State.RESTARTED), (UNPROVEN, State.FENCING)]
)
def test_the_restart_watch_proves_a_fence_too(result: OutcomeResult, state: State) -> None:
    """Its pause is journalled under the number 0."""
    site = settled_holder()
    site.api = FailureReason.REFUSED
    site.answers = lambda _: OutcomeResult.NEVER_SENT
    site.run(5)
    site.tick(lambda now: RestartPaused(now, now, result, 3, "told"))
    assert site.state() is state
    told = [event for event in site.events if isinstance(event, OutcomeSeen)]
    assert (told[-1].action_id, told[-1].result) == (0, result)
    assert (site.memory.standing.confirmed is None) == (result is UNPROVEN)


def test_a_standby_that_somebody_resumed_is_fenced_and_a_standby_again() -> None:
    """Behind our back, without a permit."""
    site = settled_standby()
    site.paused = False
    site.elsewhere = False
    site.tick()
    assert site.pauses[-1].cause is FenceCause.NOT_ENTITLED
    site.tick()
    assert site.state() is State.STANDBY
    assert site.paused


def test_a_standby_makes_sure_of_the_pause_of_a_new_process() -> None:
    """The old one's pause is forgotten with it."""
    site = settled_standby()
    assert len(site.pauses) == 1
    site.restart_node().run(3)
    assert site.pauses[-1].cause is FenceCause.RESTARTED
    assert site.state() is State.STANDBY
    assert len(site.run(48).pauses) == 2


# --- frozen ---------------------------------------------------------------------------------------


def frozen_holder() -> Site:
    """A holder that is to stop and whose process is stopped."""
    site = settled_holder()
    site.process = ProcessState.STOPPED
    site.answers = lambda action: UNPROVEN if isinstance(action, Pause) else PROVEN
    site.tick(command(CommandKind.PAUSE))
    return site


def test_a_frozen_process_gets_sigterm_once() -> None:
    """After a pause that was not answered; the pauses go on, and nothing is proven by it."""
    site = frozen_holder()
    assert site.run(30).state() is State.FENCING
    ends = [action for action in site.actions if isinstance(action, Terminate)]
    assert [(end.pid, end.started_utc) for end in ends] == [(site.pid, site.started_utc)]
    assert len(site.pauses) > 20
    decided = [event.action for event in site.events if isinstance(event, ActionDecided)]
    assert ends[0] in decided


def test_another_frozen_process_gets_its_own() -> None:
    """Once for each pid."""
    site = frozen_holder().run(10)
    site.pid += 1
    site.run(10)
    assert [a.pid for a in site.actions if isinstance(a, Terminate)] == [100, 101]


def test_a_sigterm_that_did_not_get_there_is_sent_again() -> None:
    """Only a proven one is not repeated."""
    site = settled_holder()
    site.process = ProcessState.STOPPED
    site.answers = lambda _: UNPROVEN
    site.tick(command(CommandKind.PAUSE))
    site.run(10)
    assert sum(isinstance(action, Terminate) for action in site.actions) > 1


def test_a_running_process_is_never_terminated() -> None:
    """However long its pause is not proven."""
    site = settled_holder()
    site.answers = lambda _: UNPROVEN
    site.tick(command(CommandKind.PAUSE))
    site.run(60)
    assert not any(isinstance(action, Terminate) for action in site.actions)


def test_a_frozen_process_seen_long_ago_is_left_alone() -> None:
    """A reading older than five seconds is no reading."""
    site = frozen_holder()
    process = site.memory.node.process
    assert process is not None
    old = msgspec.structs.replace(process, at=site.inputs[0][2])
    node = msgspec.structs.replace(site.memory.node, process=old)
    site.memory = msgspec.structs.replace(site.memory, node=node)
    site.silent = {type(process)}
    site.run(20)
    assert not any(isinstance(action, Terminate) for action in site.actions)
