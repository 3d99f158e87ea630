"""Production left to a member by word: what the leaver says, and what the heir makes of it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from eoskeeper.domain.actions import Condition, FenceCause, Met, PermitKind
from eoskeeper.domain.chain_time import Moment, Slot, slot_at
from eoskeeper.domain.events import StandingChanged
from eoskeeper.domain.guard_samples import GuardMode
from eoskeeper.domain.handover import heir_conditions
from eoskeeper.domain.leaving import before_others, stop_proven
from eoskeeper.domain.member_words import MemberWord, OwnBlock
from eoskeeper.domain.members import word_of
from eoskeeper.domain.permits import permit_for, scene_of
from eoskeeper.domain.policy import FailoverMode, Role
from eoskeeper.domain.samples import (
    CommandKind,
    FailureReason,
    OperatorCommand,
    Sample,
)
from eoskeeper.domain.standing import State
from tests.unit.domain.leased_site import leased_standby
from tests.unit.domain.other_member import THERE, said
from tests.unit.domain.scene import Site, command, policy_of


def site_of(role: Role, *, paused: bool, mode: FailoverMode = FailoverMode.AUTO) -> Site:
    """A host with one other member, after a round and a half."""
    policy = msgspec.structs.replace(policy_of(role, mode), members=frozenset({THERE}))
    return Site(policy, paused=paused, elsewhere=paused).run(48 + 14)


def order(now: Moment) -> Sample:
    """Hand over to the other host, now."""
    return OperatorCommand(now, "c1", CommandKind.SWITCHOVER, "anna", to=THERE, at_gap=False)


HEIR = MemberWord(role="B", holds=False, acts=True)

# --- the leaver ---------------------------------------------------------------------------------


def test_the_holder_stops_and_says_for_whom_until_another_host_produces() -> None:
    """Not before its stop is proven."""
    site = site_of(Role.PRIMARY, paused=False)
    site.tick(said(site, HEIR))
    site.tick(said(site, HEIR), order)
    assert site.pauses[-1].cause is FenceCause.HANDOVER
    assert site.state() is State.FENCING
    assert word_of(site.memory.node, site.memory.standing, site.policy).stopped_for == ""
    site.run(2)
    assert site.state() is State.LAPSED
    spoken = word_of(site.memory.node, site.memory.standing, site.policy)
    assert spoken.stopped_for == THERE
    assert spoken.stopped_from > spoken.blocks[-1].slot
    assert abs(spoken.stopped_from - slot_at(site.now.utc_s)) <= 4
    site.elsewhere = True
    site.run(24)
    assert site.state() is State.STANDBY
    assert site.memory.standing.heir == ""


def test_a_leaver_takes_nothing_back_by_an_order() -> None:
    """Though it made the newest block, and no own turn is empty yet."""
    site = site_of(Role.PRIMARY, paused=False)
    site.tick(said(site, HEIR))
    site.tick(said(site, HEIR), order)
    site.run(2)
    site.tick(command(CommandKind.RESUME))
    assert site.resumes == []
    assert "nobody_else" in site.memory.answers[-1].reason


@pytest.mark.parametrize(
    ("word", "missing"),
    [
        (None, "heir_acts"),
        (msgspec.structs.replace(HEIR, acts=False), "heir_acts"),
    ],
)
def test_an_heir_that_would_not_act_is_refused(word: MemberWord | None, missing: str) -> None:
    """Production would stay away for two own turns."""
    site = site_of(Role.PRIMARY, paused=False)
    site.tick(said(site, word))
    site.tick(said(site, word), order)
    assert site.state() is State.HOLDER
    found = heir_conditions(site.memory, THERE, site.now, site.policy)
    assert [one.name for one in found if one.met is not Met.YES] == [missing]


def test_a_host_that_is_no_member_is_no_heir() -> None:
    """It could not be told."""
    site = site_of(Role.PRIMARY, paused=False)
    policy = msgspec.structs.replace(site.policy, members=frozenset({"elsewhere"}))
    found = heir_conditions(site.memory, THERE, site.now, policy)[0]
    assert (found.met, found.figure) == (Met.NO, "the chain; there is no member")


def test_a_nodeos_that_is_proven_to_have_ended_is_left_to_the_heir() -> None:
    """At once; the word says since when it made no block, though nobody reads as paused."""
    site = site_of(Role.PRIMARY, paused=False)
    site.policy = msgspec.structs.replace(site.policy, guard=GuardMode.DEADLINE)
    site.tick(said(site, HEIR))
    site.api = FailureReason.REFUSED
    for _ in range(4):
        site.tick(said(site, HEIR))
    assert site.state() is State.LAPSED
    spoken = word_of(site.memory.node, site.memory.standing, site.policy)
    assert (spoken.stopped_for, spoken.paused_from) == (THERE, spoken.stopped_from)
    assert slot_at(site.now.utc_s) - spoken.paused_to <= 2


@pytest.mark.parametrize(
    ("guard", "word"),
    [(None, HEIR), (GuardMode.DEADLINE, None)],
    ids=["no ladder", "no heir"],
)
def test_a_nodeos_that_is_away_is_waited_for_without_a_ladder_or_an_heir(
    guard: GuardMode | None, word: MemberWord | None
) -> None:
    """It may live and only refuse; or there is nobody to leave production to."""
    site = site_of(Role.PRIMARY, paused=False)
    site.policy = msgspec.structs.replace(site.policy, guard=guard)
    site.tick(said(site, word))
    site.api = FailureReason.REFUSED
    for _ in range(4):
        site.tick(said(site, word))
    assert site.state() in {State.FENCING, State.RESTARTED}
    assert site.memory.standing.heir == ""


# --- the heir -----------------------------------------------------------------------------------


def leaver(site: Site, **changes: object) -> MemberWord:
    """The word of whoever made the newest block, and stopped after it for this host."""
    newest = site.memory.node.chain.own[-1]
    now_slot = slot_at(site.now.utc_s)
    plain = MemberWord(
        role="A",
        holds=False,
        acts=True,
        blocks=(OwnBlock(newest.slot, newest.number, newest.block_id[:16]),),
        paused_from=Slot(newest.slot + 1),
        paused_to=Slot(now_slot),
        chain_id=site.memory.node.chain_id,
        stopped_for="here",
        stopped_from=Slot(newest.slot + 1),
    )
    return msgspec.structs.replace(plain, **changes)


def heir_after_a_turn() -> Site:
    """A standby in the gap after a turn that the other host made."""
    site = site_of(Role.SECOND_STANDBY, paused=True)
    site.run_to(14)
    site.elsewhere = False
    return site


def graded(site: Site, word: MemberWord, *, ago_s: float = 0.0) -> Condition:
    """How the heir grades such a word."""
    site.tick(said(site, word, ago_s=ago_s))
    return stop_proven(scene_of(site.memory, site.now, site.policy))


def test_the_heir_resumes_at_once_for_the_next_own_turn() -> None:
    """Whatever its own count is; it says why."""
    site = heir_after_a_turn()
    site.tick(said(site, leaver(site)))
    permit = site.resumes[-1].permit
    assert permit.kind is PermitKind.PROVEN
    turn = site.memory.node.roster.own_turn_at_or_after(slot_at(site.now.utc_s))
    assert turn is not None
    assert permit.not_before_slot // 12 == turn
    change = [e for e in site.events if isinstance(e, StandingChanged)][-1]
    assert change.reason.startswith("there stopped after #")
    site.tick(said(site, leaver(site)))
    assert site.state() is State.HOLDER


@pytest.mark.parametrize(
    ("changes", "met"),
    [
        ({}, Met.YES),
        ({"stopped_for": ""}, Met.NO),
        ({"stopped_for": "elsewhere"}, Met.NO),
        ({"stopped_from": Slot(1)}, Met.NO),
        ({"blocks": ()}, Met.NO),
        ({"paused_from": None}, Met.UNKNOWN),
        ({"paused_to": Slot(1)}, Met.UNKNOWN),
        ({"chain_id": "f" * 64}, Met.NO),
    ],
)
def test_only_a_whole_word_proves_a_stop(changes: dict[str, object], met: Met) -> None:
    """For this host, of the last producer, after its last block, and still paused."""
    site = heir_after_a_turn()
    found = graded(site, leaver(site, **changes))
    assert found.met is met, found
    assert bool(site.resumes) is (met is Met.YES)


def test_a_word_that_is_old_proves_nothing_any_more() -> None:
    """Its nodeos may have been resumed behind its keeper's back."""
    site = heir_after_a_turn()
    assert graded(site, leaver(site), ago_s=6.0).met is Met.UNKNOWN
    assert site.resumes == []


def third(site: Site, word: MemberWord) -> Callable[[Moment], Sample]:
    """What a third host's keeper tells of itself."""
    return lambda now: msgspec.structs.replace(said(site, word)(now), host="third")


@pytest.mark.parametrize(("holds", "met"), [(True, Met.NO), (False, Met.YES)])
def test_an_heir_leaves_it_to_a_member_that_holds_meanwhile(holds: bool, met: Met) -> None:  # noqa: FBT001 - a table
    """An operator has resumed a third host before the heir had heard."""
    site = heir_after_a_turn()
    members = frozenset({THERE, "third"})
    site.policy = msgspec.structs.replace(site.policy, members=members)
    site.tick(third(site, msgspec.structs.replace(HEIR, holds=holds)))
    assert graded(site, leaver(site)).met is met


def test_of_two_that_have_left_the_one_heard_last_counts() -> None:
    """The other is dead since its own switchover, long ago, and comes first by name."""
    site = heir_after_a_turn()
    members = frozenset({THERE, "before"})
    site.policy = msgspec.structs.replace(site.policy, members=members)
    old = leaver(site, blocks=())
    site.tick(lambda now: msgspec.structs.replace(said(site, old, ago_s=9.0)(now), host="before"))
    assert site.resumes == []
    assert graded(site, leaver(site)).met is Met.YES


def test_from_the_first_candidates_count_on_the_heir_waits_like_all_others() -> None:
    """Two own turns are empty: they belong to the first standby."""
    site = heir_after_a_turn()
    site.run(24)
    word = leaver(site)
    scene = scene_of(site.memory, site.now, site.policy)
    assert (before_others(scene).met, before_others(scene).figure) == (Met.YES, "1 in a row")
    site.run(24)
    site.tick(said(site, word))
    scene = scene_of(site.memory, site.now, site.policy)
    assert (before_others(scene).met, before_others(scene).figure) == (Met.NO, "2 in a row")
    assert site.resumes == []


def test_an_heir_that_only_advises_tells_what_it_would_do() -> None:
    """Mode advise."""
    site = site_of(Role.SECOND_STANDBY, paused=True, mode=FailoverMode.ADVISE)
    site.run_to(14)
    site.elsewhere = False
    site.tick(said(site, leaver(site)))
    assert site.resumes == []
    assert "a member has stopped for this host" in site.memory.advised


@pytest.mark.parametrize("kind", PermitKind)
def test_with_a_lease_in_a_register_no_permit_of_any_kind_does_without_it(kind: PermitKind) -> None:
    """Nor without its guard: one of a journal from before etcd was configured is graded anew."""
    site = leased_standby()
    found = permit_for(kind, site.memory, site.now, site.policy)
    assert isinstance(found, tuple)
    assert {"lease_held", "guard_armed"} <= {one.name for one in found}


def test_a_permit_needs_a_proof() -> None:
    """And tells that there is none."""
    site = heir_after_a_turn()
    missing = permit_for(PermitKind.PROVEN, site.memory, site.now, site.policy)
    assert isinstance(missing, tuple)
    assert [one.name for one in missing] == ["stop_proven"]
