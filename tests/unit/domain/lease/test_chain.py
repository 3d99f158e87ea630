"""The lease: in doubt a holder counts a turn as lost and a candidate does not count it as empty."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.actions import Met
from eoskeeper.domain.chain_time import Moment, MonoS, Slot, UtcS
from eoskeeper.domain.lease.chain import (
    alone_for_s,
    lapse_limit_turns,
    settle_s,
    takeover_moment,
    takeover_row,
    unstayed_own_turns,
)
from eoskeeper.domain.logbook import Logbook
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.policy import FailoverSettings
from eoskeeper.domain.production import Chain, Roster
from eoskeeper.domain.samples import Block
from tests.unit.domain.scene import OURS, ROSTER, START_SLOT, Site, block, moment_at, policy_of

POLICY = policy_of()
HELD_FROM = Slot(START_SLOT + 12)
"""Our turns begin 12, 60, 108, 156 slots after the start; each is over 12 slots later."""


def node_of(
    *, stayed: int | None = None, off: int | None = None, caught_up: bool = True, **fields: object
) -> NodeState:
    """A node of which these things are known; slots count from the start."""
    chain = Chain(
        stayed=None if stayed is None else block(5, START_SLOT + stayed, OURS),
        off_schedule=None if off is None else Slot(START_SLOT + off),
    )
    at = moment_at(START_SLOT)
    node = NodeState(started=at, roster=ROSTER, chain=chain, caught_up=at if caught_up else None)
    return msgspec.structs.replace(node, **fields)


# --- own turns that did not stay ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "count"),
    [
        # The turn ends with its last slot, 11.5 s after the start; half the gap, 9 s, settles it.
        (0.0, 0),
        (20.4, 0),
        (20.5, 1),
        (44.4, 1),
        (44.5, 2),
        (68.4, 2),
        (68.5, 3),
    ],
)
def test_a_turn_is_judged_half_a_gap_after_its_end(second: float, count: int) -> None:
    """Neither before, for its blocks may still win, nor later, for the fence needs the rest."""
    at = moment_at(START_SLOT)
    now = Moment(MonoS(at.mono_s + second), UtcS(at.utc_s - 0.1 + second))
    assert unstayed_own_turns(node_of(), HELD_FROM, now) == count


@pytest.mark.parametrize(("size", "seconds"), [(1, 0.0), (2, 3.0), (4, 9.0), (7, 18.0), (21, 20.0)])
def test_the_settle_time_is_half_a_gap_and_at_most_twenty_seconds(
    size: int, seconds: float
) -> None:
    """On a short round less, so that the fence keeps its half."""
    roster = Roster(tuple(f"p{number}" for number in range(size)), 0)
    assert settle_s(NodeState(started=moment_at(0), roster=roster)) == seconds


@pytest.mark.parametrize(
    ("stayed", "off", "held_from", "count"),
    [
        (None, None, 12, 4),
        (12, None, 12, 3),
        (23, None, 12, 3),
        (60, None, 12, 2),
        (156, None, 12, 0),
        (None, 60, 12, 2),
        (None, 70, 12, 2),
        (12, 110, 12, 1),
        (108, 30, 12, 1),
        (12, None, 108, 2),
        (12, None, 115, 2),
        (60, None, 108, 2),
        (None, None, 120, 1),
    ],
)
def test_turns_are_counted_from_the_newest_that_stayed(
    stayed: int | None, off: int | None, held_from: int, count: int
) -> None:
    """Or from the newest block off schedule, or from the begin of the holdership."""
    node = node_of(stayed=stayed, off=off)
    held = Slot(START_SLOT + held_from)
    assert unstayed_own_turns(node, held, moment_at(START_SLOT + 156 + 12 + 30)) == count


def test_a_keeper_that_has_just_started_counts_from_its_start() -> None:
    """It has not read yet what was there before; once it has, everything counts."""
    now = moment_at(START_SLOT + 100)
    long_ago = Slot(START_SLOT - 4800)
    assert unstayed_own_turns(node_of(caught_up=False), long_ago, now) == 2
    assert unstayed_own_turns(node_of(), long_ago, now) == 102


def test_a_turn_that_cannot_be_seen_did_not_stay() -> None:
    """A line cut one way, blocks that nobody hears, a silent API: the clock decides."""
    node = Site(paused=False).run(48).memory.node
    assert node.chain.stayed is not None
    assert unstayed_own_turns(node, HELD_FROM, moment_at(START_SLOT + 96)) == 0
    # Nothing was read since; three own turns are over and settled by the clock.
    assert unstayed_own_turns(node, HELD_FROM, moment_at(START_SLOT + 96 + 138)) == 3


def test_a_turn_kept_late_is_no_lost_turn() -> None:
    """As soon as another producer has built on one of its blocks the count begins anew."""
    now = moment_at(START_SLOT + 100)
    assert unstayed_own_turns(node_of(stayed=12), HELD_FROM, now) == 1
    assert unstayed_own_turns(node_of(stayed=71), HELD_FROM, now) == 0


def test_a_turn_that_the_log_shows_to_have_stayed_is_not_lost() -> None:
    """While the API is silent the log is what we see; it ends the probation too."""
    node = node_of(stayed=12, logbook=Logbook(stayed_slot=Slot(START_SLOT + 60)))
    now = moment_at(START_SLOT + 156 + 12 + 30)
    assert unstayed_own_turns(node, HELD_FROM, now) == 2
    node = node_of(logbook=Logbook(stayed_slot=HELD_FROM))
    assert lapse_limit_turns(node, HELD_FROM, POLICY) == 2
    node = node_of(logbook=Logbook(stayed_slot=Slot(HELD_FROM - 1)))
    assert lapse_limit_turns(node, HELD_FROM, POLICY) == 1


def test_who_is_not_in_the_schedule_has_no_turns_to_lose() -> None:
    """Nothing is expected of it."""
    node = node_of(roster=Roster(ROSTER.accounts, None))
    assert unstayed_own_turns(node, HELD_FROM, moment_at(START_SLOT + 900)) == 0


@pytest.mark.parametrize(
    ("stayed", "limit"), [(None, 1), (11, 1), (12, 3), (60, 3)], ids=["none", "old", "first", "new"]
)
def test_a_new_holder_is_on_probation(stayed: int | None, limit: int) -> None:
    """Until a block of this holdership has stayed one lost turn ends it."""
    policy = policy_of(settings=FailoverSettings(first_standby_turns=3))
    assert lapse_limit_turns(node_of(stayed=stayed), HELD_FROM, policy) == limit


# --- alone ----------------------------------------------------------------------------------------


def heard(seconds_after: float) -> Moment:
    """Seconds after the start."""
    return moment_at(START_SLOT + seconds_after * 2)


def test_a_host_is_alone_since_the_last_foreign_block() -> None:
    """Its own blocks do not keep it company."""
    site = Site(paused=False).run(30)
    assert alone_for_s(site.memory.node, site.now, POLICY) == 0.0
    site.others = False
    site.run(25)
    # Our own turn, seconds 6 to 12 of the round, is not counted; a second one would be.
    assert alone_for_s(site.memory.node, site.now, POLICY) == pytest.approx(19.0)
    site.run(24)
    assert alone_for_s(site.memory.node, site.now, POLICY) == pytest.approx(43.0)


def test_being_blind_is_not_being_alone() -> None:
    """A silent API says nothing of the network; a reading older than 5 s is no reading."""
    node = Site().run(14).memory.node
    assert alone_for_s(node, heard(19), POLICY) == pytest.approx(5.0)
    assert alone_for_s(node, heard(19.5), POLICY) is None
    assert alone_for_s(node_of(), heard(1), POLICY) is None


def test_a_host_that_never_heard_anybody_counts_from_its_first_look() -> None:
    """Not from the start of the keeper, when nodeos may have been away."""
    site = Site(paused=False)
    site.others = False
    site.silent = {Block}
    site.run(12)
    node = msgspec.structs.replace(site.memory.node, foreign_heard=None)
    assert alone_for_s(node, site.now, POLICY) == pytest.approx(5.0)


@pytest.mark.parametrize("size", [0, 1])
def test_a_lonely_producer_has_nobody_to_hear(size: int) -> None:
    """With one producer, or no schedule, being alone cannot be told."""
    node = msgspec.structs.replace(Site().run(10).memory.node, roster=Roster(("a",) * size))
    assert alone_for_s(node, heard(10), POLICY) is None


# --- the moment of a takeover ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slot", "turn", "not_before", "opens_in_s"),
    [
        # In a gap: the next own turn, 3 s and one block interval before its first time stamp.
        (24, 5, 60, 14.4),
        (51, 5, 60, 0.9),
        (53, 5, 60, -0.1),
        (59, 5, 60, -3.1),
        # Inside an own turn: at once, from the next slot on.
        (60, 5, 61, -3.6),
        (69, 5, 70, -8.1),
        # With less than two slots to go it is not worth the request.
        (70, 9, 108, 15.4),
        (71, 9, 108, 14.9),
    ],
)
def test_a_candidate_resumes_shortly_before_its_next_own_turn(
    slot: int, turn: int, not_before: int, opens_in_s: float
) -> None:
    """Earlier takes time from the old holder's fence, later leaves none for the request."""
    moment = takeover_moment(node_of(), moment_at(START_SLOT + slot), POLICY)
    assert moment is not None
    assert moment.turn == START_SLOT // 12 + turn
    assert moment.not_before_slot == START_SLOT + not_before
    assert moment.not_after_slot == START_SLOT + turn * 12 + 10
    assert moment.opens_in_s == pytest.approx(opens_in_s, abs=0.001)


def test_the_permit_of_a_moment_is_good_when_it_opens() -> None:
    """There is never a moment whose request would be void at once."""
    for slot in range(START_SLOT, START_SLOT + 96):
        moment = takeover_moment(node_of(), moment_at(slot), POLICY)
        assert moment is not None
        assert slot < moment.not_after_slot
        assert slot < moment.not_before_slot <= moment.not_after_slot


def test_the_lead_is_the_operators() -> None:
    """``resume_lead_s`` moves the opening."""
    policy = policy_of(settings=FailoverSettings(resume_lead_s=1.0))
    moment = takeover_moment(node_of(), moment_at(START_SLOT + 24), policy)
    assert moment is not None
    assert moment.opens_in_s == pytest.approx(16.4, abs=0.001)


def test_without_a_place_in_the_schedule_there_is_no_moment() -> None:
    """There is no own turn to begin with."""
    node = node_of(roster=Roster(ROSTER.accounts, None))
    assert takeover_moment(node, moment_at(START_SLOT), POLICY) is None


# --- the row of a candidate -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "lapsed", "met"),
    [
        (0, False, Met.NO),
        (1, False, Met.NO),
        (2, False, Met.YES),
        (6, False, Met.YES),
        (7, False, Met.NO),
        (2, True, Met.NO),
        (12, True, Met.YES),
    ],
)
def test_a_candidate_acts_at_its_own_counts_only(row: int, *, lapsed: bool, met: Met) -> None:
    """The condition tells the count that it was graded on."""
    own, tip = block(1, START_SLOT + 12, OURS), block(2, START_SLOT + 24 + row * 48, "carol")
    node = node_of(chain=Chain(blocks=(own, tip), own=(own,)))
    condition = takeover_row(node, POLICY, lapsed=lapsed)
    assert (condition.name, condition.met) == ("own_turns_empty", met)
    assert condition.figure == f"{row} in a row"
    assert ("ten later" in condition.needed) is lapsed


def test_a_candidate_that_knows_no_begin_of_the_row_waits() -> None:
    """Unknown is not met."""
    assert takeover_row(node_of(), POLICY, lapsed=False).met is Met.UNKNOWN
