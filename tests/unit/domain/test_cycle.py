"""Start and takeover: nothing is resumed before everything that it needs is known."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.actions import FenceCause, Met, PermitKind
from eoskeeper.domain.cycle import cycle, step
from eoskeeper.domain.events import ActionDecided, StandingChanged
from eoskeeper.domain.policy import FailoverMode, Role
from eoskeeper.domain.report import report_of
from eoskeeper.domain.samples import (
    ActionOutcome,
    BlocksRead,
    FailureReason,
    OutcomeResult,
    PausedRead,
)
from eoskeeper.domain.standing import State
from tests.unit.domain.scene import (
    START_SLOT,
    Site,
    brink,
    policy_of,
    settled_holder,
    settled_standby,
)

ROUND_S = 24

# --- start ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.PRIMARY, Role.FIRST_STANDBY, Role.SECOND_STANDBY])
def test_a_paused_host_does_nothing_for_a_whole_round(role: Role) -> None:
    """It looks first; then it is a standby, and makes sure of its pause."""
    site = Site(policy_of(role), elsewhere=False).run(ROUND_S)
    assert site.state() is State.LEARNING
    assert site.actions == []
    site.tick()
    assert site.state() is State.STANDBY
    site.tick()
    assert [pause.cause for pause in site.pauses] == [FenceCause.RESTARTED]
    assert site.run(5).state() is State.STANDBY
    assert len(site.actions) == 1
    assert site.memory.standing.confirmed is not None


def test_an_unpaused_standby_is_paused_only_after_a_round() -> None:
    """A whole round with an own turn in it brought no block of ours: it is not the producer."""
    site = Site(paused=False, elsewhere=False)
    site.logs = False
    site.accounts = ("alpha", "carol", "delta", "eagle")
    site.run(ROUND_S)
    assert site.actions == []
    site.run(3)
    assert [pause.cause for pause in site.pauses] == [FenceCause.NOT_ENTITLED]
    assert site.state() is State.STANDBY


def test_an_unpaused_primary_is_left_alone_without_an_own_turn() -> None:
    """Role A that is not in the schedule goes on looking; it hinders nobody."""
    site = Site(policy_of(Role.PRIMARY), paused=False)
    site.accounts = ("alpha", "carol", "delta", "eagle")
    assert site.run(100).state() is State.LEARNING
    assert site.actions == []


def test_a_host_whose_log_shows_our_newest_block_is_the_holder() -> None:
    """The only way to be the holder without a resume; its term begins with that block."""
    site = Site(policy_of(Role.PRIMARY), paused=False, elsewhere=False)
    site.run_until(lambda s: s.state() is State.HOLDER, limit_s=7)
    assert site.actions == []
    assert site.memory.standing.term == 1
    assert site.memory.standing.held_from in {START_SLOT + 12, START_SLOT + 13}


def test_our_newest_block_in_the_log_of_a_paused_host_makes_no_holder() -> None:
    """It was the holder; it is paused now."""
    site = settled_holder()
    site.paused = True
    fresh = Site(site.policy, paused=True, elsewhere=False)
    node = msgspec.structs.replace(site.memory.node, first_head=fresh.now, started=fresh.now)
    fresh.memory = msgspec.structs.replace(fresh.memory, node=node)
    fresh.silent = {BlocksRead}
    assert fresh.run(3).state() is State.LEARNING


def test_an_unpaused_host_beside_another_producer_is_paused_at_once() -> None:
    """Known elsewhere: there is nothing to wait for."""
    site = Site(policy_of(Role.PRIMARY), paused=False)
    site.run(8)
    assert site.state() is State.HOLDER
    site = Site(policy_of(Role.PRIMARY))
    site.run(8)
    assert site.state() is State.STANDBY
    assert [pause.cause for pause in site.pauses] == [FenceCause.PRODUCED_ELSEWHERE]


def test_an_observer_does_nothing() -> None:
    """Whatever it sees."""
    for paused in (True, False):
        site = Site(policy_of(Role.OBSERVER), paused=paused, elsewhere=False).run(400)
        assert (site.actions, site.events, site.state()) == ([], [], State.OBSERVER)


# --- takeover -------------------------------------------------------------------------------------


def test_a_standby_takes_over_after_exactly_two_empty_turns() -> None:
    """With a permit whose conditions are all met, shortly before the third."""
    site = brink()
    assert site.resumes == []
    done = site.tick()
    resume = site.resumes[0]
    assert done.actions == (resume,)
    assert site.second_of_round == 3
    permit = resume.permit
    assert (permit.kind, permit.empty_own_turns, permit.term) == (PermitKind.TAKEOVER, 2, 1)
    assert {condition.met for condition in permit.conditions} == {Met.YES}
    own_turn = START_SLOT + 48 * 4 + 12
    assert (permit.not_before_slot, permit.not_after_slot) == (own_turn, own_turn + 10)
    assert site.state() is State.RESUMING
    assert site.tick().memory.standing.state is State.HOLDER
    assert site.memory.standing.held_from == own_turn


def test_the_second_standby_waits_for_seven() -> None:
    """Nobody has taken over in between."""
    site = brink(Role.SECOND_STANDBY)
    assert site.resumes == []
    while not site.resumes:
        site.tick()
    assert site.resumes[0].permit.empty_own_turns == 7
    assert site.second_of_round == 3


def test_a_standby_stays_where_another_host_produces() -> None:
    """One turn missed now and then is no reason."""
    site = settled_standby()
    for _ in range(5):
        site.elsewhere = False
        site.run(24)
        site.elsewhere = True
        site.run(24)
    assert site.resumes == []
    assert site.state() is State.STANDBY


def test_the_evidence_of_a_takeover_is_in_the_journal_before_the_resume() -> None:
    """First the state that counts as may-produce, then the action, then it is taken."""
    site = brink()
    done = site.tick()
    changed, decided = done.events
    assert isinstance(changed, StandingChanged)
    assert isinstance(decided, ActionDecided)
    assert changed.standing.state is State.RESUMING
    assert changed.standing.may_produce
    assert changed.evidence == site.resumes[0].permit.conditions
    assert decided.action == done.actions[0]


# --- unknown is not dead --------------------------------------------------------------------------


@pytest.mark.parametrize("reason", FailureReason)
@pytest.mark.parametrize("role", [Role.PRIMARY, Role.FIRST_STANDBY, Role.SECOND_STANDBY])
def test_a_node_that_does_not_answer_is_never_resumed(role: Role, reason: FailureReason) -> None:
    """Silent, refused or rubbish: nobody knows what the chain does meanwhile."""
    site = settled_standby(role)
    site.elsewhere = False
    site.api = reason
    site.run(ROUND_S * 22)
    assert site.resumes == []


@pytest.mark.parametrize("silent", [BlocksRead, PausedRead])
def test_one_silent_probe_is_enough_to_wait(silent: type) -> None:
    """``get_info`` alone proves nothing."""
    site = settled_standby()
    site.elsewhere = False
    site.run(30)
    site.silent = {silent}
    assert site.run(ROUND_S * 22).resumes == []


def test_what_happened_while_the_api_was_silent_is_not_counted_as_empty() -> None:
    """The other host produced all the time; when the blocks come, the row is zero."""
    site = settled_standby()
    site.api = FailureReason.TIMED_OUT
    site.run(ROUND_S * 3)
    site.api = None
    assert site.run(ROUND_S * 2).resumes == []


@pytest.mark.parametrize("gap_s", [0, 15, 19])
def test_a_host_alone_takes_nothing_over(gap_s: int) -> None:
    """No head moves on its own side of a cut line."""
    site = settled_standby()
    site.run(gap_s)
    site.elsewhere = False
    site.others = False
    site.finality = False
    assert site.run(ROUND_S * 22).resumes == []


def test_a_network_without_finality_is_no_place_for_a_takeover() -> None:
    """Nor is the time right after it: the empty turns must have passed while blocks were final."""
    site = settled_standby()
    site.elsewhere = False
    site.finality = False
    site.run(ROUND_S * 3)
    assert site.resumes == []
    site.finality = True
    resumed_after = 0
    while not site.resumes:
        site.tick()
        resumed_after += 1
    assert 2 * ROUND_S <= resumed_after <= 3 * ROUND_S


# --- pure -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", FailoverMode)
def test_the_same_input_gives_the_same_output(mode: FailoverMode) -> None:
    """And leaves the input as it was: the whole story of a takeover, told twice."""
    site = brink(mode=mode).run(60)
    before = [msgspec.json.encode(memory.standing) for memory, _, _ in site.inputs]
    for (memory, samples, now), done in zip(site.inputs, site.steps, strict=True):
        assert step(memory, samples, now, site.policy) == done
        whole = cycle(memory, samples, now, site.policy)
        assert (whole.memory, whole.events, whole.actions) == (
            done.memory,
            done.events,
            done.actions,
        )
        assert whole.report == report_of(done.memory, now, site.policy)
    assert before == [msgspec.json.encode(memory.standing) for memory, _, _ in site.inputs]


def test_a_cycle_without_news_changes_nothing() -> None:
    """No sample, no event, no action, the same memory."""
    site = settled_standby()
    done = step(site.memory, (), site.now, site.policy)
    assert done == msgspec.structs.replace(done, memory=site.memory, events=(), actions=())


def test_an_outcome_of_an_action_that_nobody_awaits_decides_nothing() -> None:
    """It is journalled; only the awaited one counts."""
    site = brink()
    site.answers = lambda _: None
    site.tick()
    awaited = site.memory.outstanding
    assert awaited is not None
    site._due = [_outcome(site, awaited.action_id + 7, OutcomeResult.PROVEN)]
    done = site.tick()
    assert site.state() is State.RESUMING
    assert done.memory.outstanding == awaited
    assert [type(event).__name__ for event in done.events] == ["OutcomeSeen"]


def _outcome(site: Site, number: int, result: OutcomeResult) -> ActionOutcome:
    return ActionOutcome(site.now, number, result, "told", site.now)
