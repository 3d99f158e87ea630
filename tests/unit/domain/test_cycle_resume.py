"""A resume under way, and the holder's nodeos that came back: may produce until it is known."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from eoskeeper.domain.actions import Action, FenceCause, PermitKind, Resume
from eoskeeper.domain.chain_time import Moment, MonoS
from eoskeeper.domain.samples import FailureReason, OutcomeResult, PausedRead
from eoskeeper.domain.situation import OUTCOME_OVERDUE_S
from eoskeeper.domain.standing import RESUME_LATEST_S, State
from tests.unit.domain.scene import Site, brink, settled_holder

PROVEN, UNPROVEN = OutcomeResult.PROVEN, OutcomeResult.UNPROVEN


def resumes_end(result: OutcomeResult | None) -> Callable[[Action], OutcomeResult | None]:
    """Every resume ends so; everything else is proven."""
    return lambda action: result if isinstance(action, Resume) else PROVEN


def resuming(result: OutcomeResult | None) -> Site:
    """A standby that has just sent the resume of its takeover."""
    site = brink()
    site.answers = resumes_end(result)
    site.tick()
    assert site.state() is State.RESUMING
    return site


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (OutcomeResult.PROVEN, State.HOLDER),
        (OutcomeResult.UNPROVEN, State.RESUMING),
        (OutcomeResult.NEVER_SENT, State.STANDBY),
        (OutcomeResult.REFUSED, State.STANDBY),
        (OutcomeResult.CANCELLED, State.STANDBY),
    ],
)
def test_the_outcome_of_a_resume_leads_where_the_table_says(
    result: OutcomeResult, state: State
) -> None:
    """Only what certainly did not happen leads back."""
    site = resuming(result)
    site.silent = {PausedRead}
    site.tick()
    assert site.state() is state


def test_a_resume_that_timed_out_is_not_over() -> None:
    """It may still happen: while its answer is unknown the host counts as may-produce."""
    site = resuming(None)
    site.silent = {PausedRead}
    while site.state() is State.RESUMING:
        site.tick()
        assert site.memory.standing.may_produce
    assert len(site.resumes) == 1
    assert site.pauses[-1].cause is FenceCause.TURNS_NOT_STAYED
    assert site.second_of_round == 21


def test_an_unproven_resume_is_sent_again_while_its_permit_is_good() -> None:
    """The same permit, with everything that it was given for still true."""
    site = resuming(UNPROVEN)
    site.tick()
    assert len(site.resumes) == 2
    assert site.memory.standing.since == site.now
    site.tick()
    assert {resume.permit for resume in site.resumes} == {site.resumes[0].permit}
    assert len({resume.action_id for resume in site.resumes}) == len(site.resumes)


def test_no_resume_is_sent_after_its_permit() -> None:
    """Then the host is fenced until a pause is proven, and is a standby again."""
    site = resuming(UNPROVEN)
    site.run_until(lambda s: s.state() is not State.RESUMING, limit_s=20)
    last = site.resumes[0].permit.not_after_slot
    sent = [now for (_, _, now), done in zip(site.inputs, site.steps, strict=True) if done.actions]
    assert site.state() is State.FENCING
    assert site.pauses[-1].cause is FenceCause.NOT_ENTITLED
    assert site.slot >= last
    assert site.tick().memory.standing.state is State.STANDBY
    assert sent[-2].utc_s < sent[-1].utc_s


def test_a_resume_that_was_void_says_nothing_of_the_one_before_it() -> None:
    """That one was not answered, and may still come: the host is no standby yet."""
    site = resuming(UNPROVEN)
    site.tick()
    site.answers = resumes_end(OutcomeResult.CANCELLED)
    sent = len(site.resumes)
    site.run_until(lambda s: len(s.resumes) > sent or s.state() is not State.RESUMING, limit_s=9)
    site.tick()
    assert site.memory.standing.open_resumes > 0
    assert site.state() in {State.RESUMING, State.FENCING}
    assert site.memory.standing.may_produce


@pytest.mark.parametrize(("ago_s", "left"), [(RESUME_LATEST_S + 1, 1), (RESUME_LATEST_S - 5, 2)])
def test_a_resume_that_can_come_no_more_is_forgotten_by_the_next(ago_s: float, left: int) -> None:
    """Else one answer that was lost years ago would let no pause be a stop after any resume."""
    site = brink()
    before = site.memory.standing
    long_ago = Moment(MonoS(site.now.mono_s - ago_s), site.now.utc_s)
    standing = msgspec.structs.replace(before, open_resumes=1, resumed_at=long_ago)
    site.memory = msgspec.structs.replace(site.memory, standing=standing)
    site.answers = resumes_end(None)
    site.tick()
    assert site.state() is State.RESUMING
    assert site.memory.standing.open_resumes == left


@pytest.mark.parametrize("result", OutcomeResult)
def test_a_resume_may_come_until_it_is_answered_or_five_minutes_are_over(
    result: OutcomeResult,
) -> None:
    """The newest counts; one that is known to have been sent to a clock of before is none."""
    site = resuming(result)
    site.paused = result is not PROVEN
    site.tick()
    standing = site.memory.standing
    sent = standing.resumed_at
    assert sent is not None
    assert standing.resume_may_come(sent) is (result is UNPROVEN)
    later = msgspec.structs.replace(sent, mono_s=MonoS(sent.mono_s + 2 * RESUME_LATEST_S))
    before = msgspec.structs.replace(sent, mono_s=MonoS(sent.mono_s - 1))
    assert not standing.resume_may_come(later)
    assert not standing.resume_may_come(before)


def test_a_resume_that_took_effect_unseen_makes_the_holder() -> None:
    """Read back as not paused, by a request sent after it."""
    site = resuming(UNPROVEN)
    site.paused = False
    assert site.tick().memory.standing.state is State.HOLDER


def test_an_unproven_resume_waits_for_its_outcome_or_fifteen_seconds() -> None:
    """A reading *paused* while the request is under way says nothing yet."""
    site = resuming(None)
    for _ in range(int(OUTCOME_OVERDUE_S) - 1):
        site.tick()
        assert len(site.actions) == 2
    site.tick()
    assert site.state() is State.FENCING


def test_a_resume_again_needs_every_condition_again() -> None:
    """A block of the old holder that came after all ends the takeover."""
    site = resuming(UNPROVEN)
    site.finality = False
    node = msgspec.structs.replace(site.memory.node, irreversible_moved=site.inputs[0][2])
    site.memory = msgspec.structs.replace(site.memory, node=node)
    site.run(3)
    assert len(site.resumes) == 1


def test_another_host_that_produces_ends_a_resume() -> None:
    """The doubt is over: pause, with proof."""
    site = resuming(None)
    site.elsewhere = True
    site.run_until(lambda s: s.state() is State.FENCING, limit_s=6)
    assert site.pauses[-1].cause is FenceCause.PRODUCED_ELSEWHERE


def test_a_node_that_goes_away_while_it_is_resumed_is_fenced() -> None:
    """Whoever answers next may be a new process."""
    site = resuming(None)
    site.api = FailureReason.REFUSED
    site.tick()
    assert site.state() is State.FENCING
    assert site.memory.standing.then is State.RESTARTED


@pytest.mark.parametrize("result", [OutcomeResult.NEVER_SENT, OutcomeResult.REFUSED])
def test_a_resume_that_certainly_failed_begins_no_holdership(result: OutcomeResult) -> None:
    """Term and begin are those of before, so that nothing is counted from a begin that was none."""
    before = brink().memory.standing
    site = resuming(result)
    site.silent = {PausedRead}
    site.tick()
    assert site.state() is State.STANDBY
    assert site.memory.standing.term == before.term
    assert site.memory.standing.held_from == before.held_from


# --- the holder's nodeos came back ----------------------------------------------------------------


def test_a_restarted_holder_goes_on_while_its_lease_holds() -> None:
    """Paused first, resumed then; the term goes on."""
    site = settled_holder()
    before = site.memory.standing
    site.restart_node().run(2)
    assert site.pauses[0].cause is FenceCause.RESTARTED
    site.run_until(lambda s: s.state() is State.HOLDER, limit_s=10)
    assert [resume.permit.kind for resume in site.resumes] == [PermitKind.OWN_RESTART]
    assert site.memory.standing.held_from == before.held_from
    assert site.memory.standing.term == before.term
    assert site.paused is False


def test_a_restarted_holder_whose_lease_is_over_stays_paused() -> None:
    """Away for two own turns: it is last in the line, and the first standby acts."""
    site = settled_holder()
    site.api = FailureReason.REFUSED
    site.answers = lambda _: OutcomeResult.NEVER_SENT
    site.paused = True
    site.run(60)
    assert site.state() is State.FENCING
    site.api = None
    site.answers = lambda _: PROVEN
    site.restart_node().run(4)
    assert site.state() is State.LAPSED
    site.run(24)
    assert site.resumes == []


def test_a_restarted_holder_stays_paused_when_another_host_produced_meanwhile() -> None:
    """It is a standby then."""
    site = settled_holder()
    site.elsewhere = True
    site.api = FailureReason.REFUSED
    site.paused = True
    site.run(40)
    site.api = None
    site.restart_node().run(5)
    assert site.state() is State.STANDBY
    assert site.resumes == []


def test_a_holder_whose_node_is_away_waits_for_the_restart_watch() -> None:
    """While nobody listens no pause is sent by the keeper after the first."""
    site = settled_holder()
    site.answers = lambda _: OutcomeResult.NEVER_SENT
    site.api = FailureReason.REFUSED
    site.run(20)
    assert len(site.pauses) == 1
    assert site.state() is State.FENCING


def test_a_short_cut_of_the_line_does_not_cost_the_delay_of_a_standby() -> None:
    """Alone for 30 s: fenced. Heard others for a round with the lease still good: resumed."""
    site = settled_holder()
    site.others = False
    site.run_until(lambda s: s.state() is State.ISOLATED, limit_s=40)
    assert site.pauses[-1].cause is FenceCause.ALONE
    site.others = True
    back = len(site.steps)
    site.run_until(lambda s: bool(s.resumes), limit_s=40)
    assert len(site.steps) - back >= 24
    assert [resume.permit.kind for resume in site.resumes] == [PermitKind.AFTER_ISOLATION]
    assert site.memory.standing.term == 1


def test_a_proven_resume_confirms_no_pause() -> None:
    """Only a pause does."""
    site = resuming(PROVEN)
    before = site.memory.standing.confirmed
    site.tick()
    assert site.state() is State.HOLDER
    assert site.memory.standing.confirmed == before
