"""A lease in a register, second by second through the cycle: who claims, holds, gives back."""

from __future__ import annotations

import pytest

from eoskeeper.domain.actions import FenceCause, Pause, PermitKind, Resume
from eoskeeper.domain.guard_samples import ArmGuard, GuardMode, GuardPhase
from eoskeeper.domain.policy import Role
from eoskeeper.domain.samples import CommandKind, FailureReason, OutcomeResult, PausedRead
from eoskeeper.domain.standing import State
from tests.unit.domain.leased_site import LeasedSite, leased_holder, leased_standby
from tests.unit.domain.scene import command

PROVEN, UNPROVEN = OutcomeResult.PROVEN, OutcomeResult.UNPROVEN


def fences(site: LeasedSite) -> list[FenceCause]:
    """Why this host was stopped, each time."""
    return [pause.cause for pause in site.pauses]


def hang(site: LeasedSite) -> LeasedSite:
    """Its main thread does nothing any more: no answer, and no line in the log."""
    site.api, site.logs = FailureReason.TIMED_OUT, False
    return site


def test_the_host_that_produces_takes_the_first_lease_ever() -> None:
    """Without a pause, and its guard is armed for that term."""
    site = leased_holder()
    assert site.state() is State.HOLDER
    assert site.record is not None
    assert (site.record.host, site.record.term) == ("here", 1)
    assert fences(site) == []
    assert site.guard_term == 1
    assert [event.reason for event in site.written] == ["nobody has ever held it: claimed"]


def test_a_standby_stays_while_the_record_changes() -> None:
    """Even when our own turns are empty: with a register the record alone counts."""
    site = leased_standby()
    site.elsewhere = False
    for second in range(150):
        if second % 2:
            site.beat()
        site.tick()
    assert site.state() is State.STANDBY
    assert site.resumes == []
    assert not site.holds


def test_a_standby_claims_after_the_whole_lease_and_resumes_when_it_is_settled() -> None:
    """L without a change, then W, then a guard that is armed; and only then the resume."""
    site = leased_standby()
    unchanged_s = 0
    while not site.holds:
        site.tick()
        unchanged_s += 1
        assert unchanged_s < 40
    assert unchanged_s >= 20
    assert site.resumes == []
    site.run_until(lambda one: bool(one.resumes), 10)
    permit = site.resumes[0].permit
    assert permit.kind is PermitKind.TAKEOVER
    assert {one.name for one in permit.conditions} >= {"lease_held", "guard_armed", "others_heard"}
    assert site.guard_phase is GuardPhase.ARMED
    assert "not confirmed by there" in site.written[-1].reason


def test_a_lease_that_was_given_back_is_taken_at_once() -> None:
    """By the first in line; the second waits two seconds for it."""
    taken = {}
    for role in (Role.FIRST_STANDBY, Role.SECOND_STANDBY):
        site = leased_standby(role)
        site.put("there", released=True)
        seconds = 0
        while not site.holds:
            site.tick()
            seconds += 1
            assert seconds < 15
        taken[role] = seconds
    assert taken[Role.FIRST_STANDBY] <= 4
    assert taken[Role.FIRST_STANDBY] < taken[Role.SECOND_STANDBY]


def test_without_a_guard_nobody_claims() -> None:
    """A host that nothing would stop must not begin."""
    site = leased_standby()
    site.guard_answers = False
    site.put("there", released=True)
    site.run(60)
    assert not site.holds
    assert site.resumes == []


def test_a_holder_whose_register_is_silent_stops_at_the_fence_age_and_comes_back() -> None:
    """Counted from the send of its last confirmed heartbeat; its term goes on if nobody came."""
    site = leased_holder()
    site.etcd_answers = False
    site.run_until(lambda one: bool(one.pauses), 10)
    assert fences(site) == [FenceCause.LEASE_LAPSED]
    assert isinstance(site.pauses[0], Pause)
    assert site.pauses[0].to_the_end
    site.run_until(lambda one: one.state() is State.STANDBY, 10)
    site.etcd_answers = True
    site.run_until(lambda one: one.state() is State.HOLDER, 60)
    assert site.record is not None
    assert (site.record.host, site.record.term) == ("here", 1), "nobody took it meanwhile"


def test_a_holder_that_finds_another_in_the_record_stops_at_once() -> None:
    """Its own write is refused by a record that is not its own."""
    site = leased_holder()
    site.put("there")
    site.run_until(lambda one: bool(one.pauses), 6)
    assert fences(site) == [FenceCause.LEASE_LAPSED]
    site.run(10)
    assert site.state() is State.STANDBY
    assert site.record is not None
    assert site.record.host == "there"


@pytest.mark.parametrize("answers", [True, False], ids=["fenced", "gone"])
def test_a_holder_without_its_guard_stops(*, answers: bool) -> None:
    """Whether the guard has fenced by itself or is not there any more."""
    site = leased_holder()
    site.guard_answers = answers
    site.guard_phase = GuardPhase.FENCED if answers else site.guard_phase
    site.run_until(lambda one: bool(one.pauses), 10)
    assert fences(site) == [FenceCause.UNGUARDED]


def test_the_guards_own_proof_ends_the_fence() -> None:
    """Where the keeper's pause is never proven: what the guard has frozen answers nobody."""
    site = leased_holder()
    site.answers = lambda _: OutcomeResult.UNPROVEN
    site.guard_phase = GuardPhase.FENCED
    site.run_until(lambda one: one.state() is State.STANDBY, 10)
    assert site.memory.last_result is not OutcomeResult.PROVEN


def test_a_nodeos_that_hangs_is_stopped_by_force_and_the_lease_given_back() -> None:
    """Three seconds without an answer; the proof releases."""
    site = hang(leased_holder())
    site.run_until(lambda one: bool(one.pauses), 6)
    assert fences(site) == [FenceCause.HUNG]
    assert site.pauses[0].to_the_end
    site.run(4)
    assert site.record is not None
    assert site.record.released
    assert not site.holds


def test_where_a_resume_may_still_come_no_pause_is_a_stop() -> None:
    """The ladder goes on past the pause, also for a node that reads as paused."""
    site = leased_standby()
    site.answers = lambda action: UNPROVEN if isinstance(action, Resume) else PROVEN
    site.put("there", released=True)
    site.run_until(lambda one: bool(one.resumes), 30)
    site.etcd_answers, before = False, len(site.pauses)
    site.run_until(lambda one: len(one.pauses) > before, 12)
    assert site.paused
    assert site.pauses[-1].to_the_end
    assert site.pauses[-1].resume_may_come


def test_a_pause_after_an_answered_resume_is_a_stop() -> None:
    """Nothing is on its way any more."""
    site = leased_standby()
    site.put("there", released=True)
    site.run_until(lambda one: one.state() is State.HOLDER, 30)
    site.paused = False
    site.etcd_answers, before = False, len(site.pauses)
    site.run_until(lambda one: len(one.pauses) > before, 12)
    assert not site.pauses[-1].resume_may_come


def test_the_guard_takes_no_pause_for_a_stop_until_the_resume_is_answered() -> None:
    """From the claim on: a keeper may be stopped right after it has sent the resume."""
    site = leased_standby()
    site.put("there", released=True)
    site.run_until(lambda one: one.state() is State.HOLDER, 30)
    site.paused = False
    site.run(3)
    armed = [order.mode for order in site.orders if isinstance(order, ArmGuard)]
    assert armed == [GuardMode.FREEZE, GuardMode.DEADLINE]


def test_a_guard_whose_lease_could_not_be_given_back_takes_a_pause_for_a_stop() -> None:
    """Nobody is about to resume there: its nodeos stays a standby's."""
    site = leased_holder()
    site.etcd_answers = False
    site.run(30)
    assert site.state() is not State.HOLDER
    modes = {order.mode for order in site.orders if isinstance(order, ArmGuard)}
    assert modes == {GuardMode.DEADLINE}


def test_a_keeper_that_has_not_asked_takes_no_nodeos_for_hung() -> None:
    """It was busy or stopped itself: nothing failed, so nothing is known."""
    site = leased_holder()
    site.silent |= {PausedRead}
    site.run(20)
    assert site.pauses == []
    assert site.state() is State.HOLDER


def test_a_node_whose_api_alone_is_silent_is_not_stopped() -> None:
    """Its log goes on: it produces, and unknown is not dead."""
    site = leased_holder()
    site.api = FailureReason.TIMED_OUT
    site.run(20)
    assert site.pauses == []
    assert site.state() is State.HOLDER


def test_a_stop_that_is_not_proven_releases_nothing() -> None:
    """However long it takes: the others wait for L."""
    site = leased_holder()
    site.answers = lambda _: OutcomeResult.UNPROVEN
    hang(site).run(60)
    assert site.state() is State.FENCING
    assert site.record is not None
    assert not site.record.released


def test_an_operators_pause_gives_the_lease_back_and_is_not_forced() -> None:
    """Nothing is wrong with nodeos then; and held stays held."""
    site = leased_holder()
    site.tick(command(CommandKind.PAUSE))
    assert not site.pauses[0].to_the_end
    site.run(8)
    assert site.state() is State.HELD
    assert site.record is not None
    assert site.record.released
    site.run(60)
    assert site.state() is State.HELD
    assert not site.holds


def test_a_reading_from_before_the_stop_does_not_stop_it_again() -> None:
    """A node that is frozen tells nothing newer than that it was not paused."""
    site = hang(leased_holder())
    site.run(40)
    assert len(site.pauses) == 1
