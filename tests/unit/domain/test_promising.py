"""A keeper whose register does not answer, and members that promise, or do not."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.event_words import event_text
from eoskeeper.domain.events import FailsafeTurned, KeeperStarted
from eoskeeper.domain.lease.values import Promise, PromiseWanted
from eoskeeper.domain.member_words import MemberWord
from eoskeeper.domain.memory import begin, restore
from eoskeeper.domain.policy import FailoverMode, FailoverSettings, Role
from eoskeeper.domain.promising import said_word
from eoskeeper.domain.register import Seat
from eoskeeper.domain.standing import State
from tests.unit.domain.leased_site import LeasedSite, leased_holder, leased_standby
from tests.unit.domain.other_member import THERE, said
from tests.unit.domain.scene import START_SLOT, Site, moment_at, policy_of

SILENT = MemberWord(role="B", holds=False, acts=True, keeper_id="kt")
ASKED = PromiseWanted("other", 1, 77.0)
ASKING = MemberWord(role="A", holds=True, acts=True, wants=ASKED)


def in_a_pair(site: LeasedSite, *, failsafe: bool = True) -> LeasedSite:
    """With another member, from now on: the configuration was read anew."""
    failover = FailoverSettings(failsafe=failsafe)
    site.policy = msgspec.structs.replace(
        site.policy, members=frozenset({THERE}), failover=failover
    )
    site.tick(said(site, SILENT))
    site.run(4)
    return site


def own_word(site: Site) -> MemberWord:
    """What this host says."""
    return said_word(site.memory, site.policy, maintained=False)


def run_promised(site: LeasedSite, seconds: int) -> None:
    """The other member promises whatever it is asked for, a second later."""
    for _ in range(seconds):
        wants = own_word(site).wants
        promise = None if wants is None else Promise(site.policy.host, wants)
        site.tick(said(site, msgspec.structs.replace(SILENT, promise=promise)))


def turns(site: Site) -> list[bool]:
    """What was journalled of it."""
    return [event.on for event in site.events if isinstance(event, FailsafeTurned)]


def test_a_holder_goes_on_by_promises_while_the_register_is_away() -> None:
    """For as long as they come, with its guard; then it stops as without them."""
    site = in_a_pair(leased_holder())
    site.etcd_answers = False
    run_promised(site, 60)
    assert site.state() is State.HOLDER
    assert site.pauses == []
    assert site.guard_until > site.now.mono_s
    assert turns(site) == [True]
    site.run(8)
    assert site.pauses
    assert site.state() is not State.HOLDER


def test_a_register_that_is_back_takes_over_from_the_promises() -> None:
    """In the same term, and nothing is asked for any more."""
    site = in_a_pair(leased_holder())
    term = site.memory.standing.term
    site.etcd_answers = False
    run_promised(site, 30)
    site.etcd_answers = True
    run_promised(site, 10)
    assert turns(site) == [True, False]
    assert own_word(site).wants is None
    assert (site.state(), site.memory.standing.term) == (State.HOLDER, term)


def test_until_each_member_was_heard_of_the_record_names_none() -> None:
    """Then anybody may claim, as without the failsafe; who was heard of once stays known."""
    site = leased_holder()
    policy = msgspec.structs.replace(site.policy, failover=FailoverSettings(failsafe=True))
    site.policy = msgspec.structs.replace(policy, members=frozenset({THERE, "third"}))
    site.tick(said(site, SILENT))
    site.run(4)
    assert site.record is not None
    assert site.record.roster == ()
    site.policy = msgspec.structs.replace(policy, members=frozenset({THERE}))
    site.tick(said(site, None))
    site.run(4)
    roster: tuple[Seat, ...] = site.record.roster
    assert [seat.host for seat in roster] == sorted((site.policy.host, THERE))


def test_a_keeper_that_goes_on_with_a_journal_is_the_same_one() -> None:
    """The journal of another host's keeper begins with another name."""
    policy = policy_of(Role.PRIMARY, FailoverMode.AUTO)
    first = begin(moment_at(START_SLOT), policy, "run-1")
    started = KeeperStarted(moment_at(START_SLOT), "0.1", "a", "A", "auto", "run-1", "")
    old = restore((started,), moment_at(START_SLOT), policy, "run-2")
    again = msgspec.structs.replace(started, run="run-2", keeper_id=old.keeper_id)
    assert restore((again,), moment_at(START_SLOT), policy, "run-3").keeper_id == "run-1"
    assert (first.keeper_id, old.keeper_id) == ("run-1", "run-1")
    assert restore((), moment_at(START_SLOT), policy, "run-9").keeper_id == "run-9"


def test_without_the_setting_promises_carry_nobody() -> None:
    """Nor are they asked for."""
    site = in_a_pair(leased_holder(), failsafe=False)
    site.etcd_answers = False
    run_promised(site, 12)
    assert site.pauses
    assert turns(site) == []


def test_a_setting_that_is_taken_away_asks_for_nothing_more() -> None:
    """And the roster leaves the record with the next heartbeat."""
    site = in_a_pair(leased_holder())
    assert site.record is not None
    seats = (Seat(site.policy.host, site.memory.keeper_id), Seat(THERE, "kt"))
    assert site.record.roster == tuple(sorted(seats))
    site.etcd_answers = False
    run_promised(site, 5)
    assert own_word(site).wants is not None
    in_a_pair(site, failsafe=False)
    assert own_word(site).wants is None
    site.run(4)
    assert site.pauses


@pytest.mark.parametrize("failsafe", [True, False])
def test_a_standby_promises_only_where_it_is_set(*, failsafe: bool) -> None:
    """Its word says so as soon as it was asked."""
    site = in_a_pair(leased_standby(), failsafe=failsafe)
    record = site.record
    assert record is not None
    roster = (Seat(site.policy.host, site.memory.keeper_id), Seat(THERE, "kt"))
    site.rewrite(msgspec.structs.replace(record, beat=record.beat + 1, roster=roster))
    site.run(3)
    asked = msgspec.structs.replace(ASKED, term=record.term, run=record.run)
    site.tick(said(site, msgspec.structs.replace(ASKING, wants=asked)))
    assert own_word(site).promise == (Promise(THERE, asked) if failsafe else None)


@pytest.mark.parametrize(
    ("role", "mode", "failsafe", "promises"),
    [
        (Role.OBSERVER, FailoverMode.AUTO, True, True),
        (Role.OBSERVER, FailoverMode.AUTO, False, False),
        (Role.FIRST_STANDBY, FailoverMode.ADVISE, True, True),
        (Role.FIRST_STANDBY, FailoverMode.AUTO, True, False),
    ],
)
def test_who_has_no_lease_promises_it_only_if_it_never_acts(
    role: Role, mode: FailoverMode, *, failsafe: bool, promises: bool
) -> None:
    """One that acts without a lease goes by the chain, and nothing binds it."""
    policy = policy_of(role, mode, FailoverSettings(failsafe=failsafe))
    policy = msgspec.structs.replace(policy, members=frozenset({THERE}))
    site = Site(policy, paused=True, elsewhere=True).run(10)
    site.tick(said(site, ASKING))
    assert own_word(site).promise == (Promise(THERE, ASKED) if promises else None)


def test_the_journal_says_who_has_promised() -> None:
    """And what would have happened without."""
    site = in_a_pair(leased_holder())
    site.etcd_answers = False
    run_promised(site, 20)
    told = next(event for event in site.events if isinstance(event, FailsafeTurned))
    assert told.others == (THERE,)
    assert THERE in event_text(told).en
