"""What the operator orders, and how far the keeper goes in each mode."""

from __future__ import annotations

import pytest

from eoskeeper.domain.actions import FenceCause, PermitKind
from eoskeeper.domain.events import Advised, CommandAnswered
from eoskeeper.domain.memory import CommandAnswer
from eoskeeper.domain.policy import FailoverMode, Role
from eoskeeper.domain.samples import CommandKind
from eoskeeper.domain.standing import State
from tests.unit.domain.scene import (
    Site,
    brink,
    command,
    policy_of,
    settled_holder,
    settled_standby,
)

PAUSE, RESUME = CommandKind.PAUSE, CommandKind.RESUME
PASSIVE = [FailoverMode.ADVISE, FailoverMode.OFF]


def answer_of(site: Site) -> CommandAnswer:
    """The newest answer."""
    return site.memory.answers[-1]


# --- orders ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", FailoverMode)
def test_a_pause_is_accepted_in_every_mode(mode: FailoverMode) -> None:
    """And journalled with who ordered it."""
    site = settled_holder(mode=mode)
    done = site.tick(command(PAUSE, 7))
    answer = answer_of(site)
    assert (answer.command_id, answer.accepted) == ("c7", True)
    told = done.events[-1]
    assert isinstance(told, CommandAnswered)
    assert (told.kind, told.by, told.accepted) == (PAUSE, "operator", True)
    assert [pause.cause for pause in site.pauses] == [FenceCause.OPERATOR]
    site.tick()
    assert site.state() is State.HELD
    assert site.paused


@pytest.mark.parametrize("mode", FailoverMode)
def test_a_held_host_is_resumed_by_the_operator(mode: FailoverMode) -> None:
    """It made the last turn itself, so nobody else may."""
    site = settled_holder(mode=mode)
    site.tick(command(PAUSE))
    site.run(3)
    site.tick(command(RESUME, 2))
    assert answer_of(site) == CommandAnswer("c2", accepted=True, reason="resuming")
    assert site.resumes[0].permit.kind is PermitKind.OPERATOR
    site.tick()
    assert site.state() is State.HOLDER
    assert not site.paused
    assert site.memory.standing.term == 2


def test_a_resume_beside_another_producer_is_refused_with_the_reason() -> None:
    """The answer names the condition that is not met."""
    site = settled_standby()
    site.tick(command(RESUME))
    assert not answer_of(site).accepted
    assert "nobody_else: 0 own turns empty" in answer_of(site).reason
    assert site.resumes == []


def test_a_resume_of_the_holder_is_accepted_and_does_nothing() -> None:
    """It produces already."""
    site = settled_holder()
    assert site.tick(command(RESUME)).actions == ()
    assert answer_of(site).accepted
    assert "already" in answer_of(site).reason


def test_a_host_that_looks_around_is_not_resumed() -> None:
    """Nothing is known yet."""
    site = Site(elsewhere=False)
    site.tick(command(RESUME))
    assert not answer_of(site).accepted
    assert site.actions == []


@pytest.mark.parametrize("kind", CommandKind)
def test_an_observer_refuses_every_order(kind: CommandKind) -> None:
    """There is no producer to stop or start."""
    site = Site(policy_of(Role.OBSERVER)).run(3)
    site.tick(command(kind))
    assert not answer_of(site).accepted
    assert "role F" in answer_of(site).reason
    assert site.actions == []


@pytest.mark.parametrize("state", ["standby", "learning", "held", "resuming"])
def test_a_pause_holds_in_every_state(state: str) -> None:
    """Production stays off until the operator resumes it, whatever the chain does."""
    site = Site() if state == "learning" else brink() if state == "resuming" else settled_standby()
    if state == "resuming":
        site.answers = lambda _: None
        site.tick()
        assert site.state() is State.RESUMING
    site.tick(command(PAUSE))
    if state == "held":
        site.run(3)
        site.tick(command(PAUSE, 2))
    site.answers = Site().answers
    site.elsewhere = False
    resumed = len(site.resumes)
    site.run(24 * 8)
    assert answer_of(site).accepted
    assert site.state() is State.HELD
    assert len(site.resumes) == resumed


def test_a_pause_and_a_resume_at_once_are_a_pause() -> None:
    """The reason to stop is asked first; each order is answered."""
    site = settled_holder()
    site.tick(command(RESUME, 1), command(PAUSE, 2))
    assert site.state() is State.FENCING
    assert [answer.command_id for answer in site.memory.answers] == ["c1", "c2"]
    assert site.resumes == []


def test_only_the_newest_answers_are_kept() -> None:
    """Old ones are in the journal."""
    site = settled_holder()
    for number in range(40):
        site.tick(command(RESUME, number))
    assert 16 <= len(site.memory.answers) <= 17
    assert answer_of(site).command_id == "c39"


# --- modes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", PASSIVE)
def test_a_takeover_is_told_and_not_done(mode: FailoverMode) -> None:
    """Once; ``off`` says nothing."""
    site = brink(mode=mode)
    site.run(24 * 3)
    assert site.actions == []
    assert site.state() is State.STANDBY
    told = [event for event in site.events if isinstance(event, Advised)]
    if mode is FailoverMode.OFF:
        assert told == []
    else:
        assert [(one.action, one.event) for one in told] == [
            ("resume", "own turns empty, all conditions met, next own turn near")
        ]
        assert told[0].reason.startswith("2 own turns in a row are empty")
        assert {condition.name for condition in told[0].evidence} >= {"moment", "paused_here"}


@pytest.mark.parametrize("mode", PASSIVE)
def test_a_holder_that_is_alone_is_told_and_not_fenced(mode: FailoverMode) -> None:
    """Decided like in ``auto``, told once, nothing done."""
    site = settled_holder(mode=mode)
    site.others = False
    site.run(50)
    assert site.actions == []
    assert site.state() is State.HOLDER
    told = [event.event for event in site.events if isinstance(event, Advised)]
    expected = ["no block of any other producer heard"]
    assert told == ([] if mode is FailoverMode.OFF else expected)


@pytest.mark.parametrize("mode", PASSIVE)
def test_the_operators_own_hands_are_followed(mode: FailoverMode) -> None:
    """Whoever pauses one host and resumes the other by hand sees the keeper follow."""
    site = settled_holder(mode=mode)
    site.paused = True
    site.elsewhere = True
    site.run(24)
    assert site.state() is State.STANDBY
    site.paused = False
    site.run(24)
    assert site.state() is State.HOLDER
    assert site.actions == []


@pytest.mark.parametrize("mode", PASSIVE)
def test_a_paused_standby_is_not_advised_to_pause(mode: FailoverMode) -> None:
    """That its pause is not proven is no news outside ``auto``."""
    site = settled_standby(mode=mode)
    site.restart_node().run(60)
    assert site.actions == []
    assert not any(isinstance(event, Advised) for event in site.events)


def test_advice_is_given_again_after_something_changed() -> None:
    """The operator followed it by hand and went back; the next time it is news again."""
    site = settled_standby(mode=FailoverMode.ADVISE)
    site.elsewhere = False
    site.run(24 * 3)
    site.paused = False
    site.run(24)
    assert site.state() is State.HOLDER
    site.paused = site.elsewhere = True
    site.run(24)
    site.elsewhere = False
    site.run(24 * 4)
    told = [event.action for event in site.events if isinstance(event, Advised)]
    assert told == ["resume", "pause", "resume"]
