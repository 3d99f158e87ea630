"""Promises: a holder whom the register does not answer goes on only while all others stay away."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.lease.failsafe import (
    give_promise,
    promise_of,
    take_promises,
    wanted_promise,
)
from eoskeeper.domain.lease.holding import claimable_in_s, has_lapsed, is_settled
from eoskeeper.domain.lease.register import (
    Lease,
    Wish,
    WriteRecord,
    begin_lease,
    fold_lease,
    next_request,
)
from eoskeeper.domain.lease.timing import candidate_wait_s
from eoskeeper.domain.lease.values import Promise, PromiseWanted
from eoskeeper.domain.register import (
    CasApplied,
    CasUnknown,
    LeaseRecord,
    RegisterReason,
    Seat,
    Version,
)
from tests.unit.domain.lease.failsafe_world import BrokenPromises, FailsafeWorld
from tests.unit.domain.lease.looks import STORE, TIMING, at, looked, shown

A, B, C = Seat("a", "ka"), Seat("b", "kb"), Seat("c", "kc")
ROSTER = (A, B, C)
HELD = LeaseRecord("a", 4, 10, run="a1", roster=ROSTER)
BEAT = msgspec.structs.replace(HELD, beat=11)
WANTED = PromiseWanted("a1", 4, 30.0)
WAIT_S = candidate_wait_s(TIMING)


def member(*looks: tuple[float, LeaseRecord | None, int], seat: Seat = B) -> Lease:
    """Somebody who looked so."""
    lease = begin_lease(seat.host, f"{seat.host}1", None, at(0.0), seat.keeper_id)
    for second, record, version in looks:
        lease = looked(lease, second, record, version)
    return lease


def watcher() -> Lease:
    """Saw a heartbeat come, the newest at 20 s."""
    return member((18.0, HELD, 7), (20.0, BEAT, 8))


def looking_on(lease: Lease, first: int, end: int) -> Lease:
    """The record stays what it was at 20 s."""
    for second in range(first, end, 2):
        lease = looked(lease, second, BEAT, 8)
    return lease


def holder(roster: tuple[Seat, ...] = ROSTER) -> Lease:
    """Won its term at 20 s, and had no answer since."""
    lease = begin_lease("a", "a1", None, at(0.0), "ka")
    lease = msgspec.structs.replace(lease, roster=roster)
    free = msgspec.structs.replace(HELD, host="c", term=3, released=True)
    lease = looked(lease, 20.0, free, 7)
    lease, claim = next_request(lease, Wish.CLAIM, at(20.0), TIMING)
    assert isinstance(claim, WriteRecord)
    assert claim.record.roster == roster
    return fold_lease(lease, CasApplied(at(20.0), at(20.0), Version(8), STORE), TIMING)


def promised(asked_s: float, holder_: str = "a", run: str = "a1", term: int = 4) -> Promise:
    """As a member says it."""
    return Promise(holder_, PromiseWanted(run, term, asked_s))


# --- the whole ------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [("a", "b", "c"), ("a", "b")], ids=["all", "two of three"])
@pytest.mark.parametrize("twin", [False, True], ids=["", "two of one name"])
@pytest.mark.parametrize("seed", range(4))
def test_two_never_produce_whatever_is_away_and_whoever_is_deaf(
    seed: int, asked: tuple[str, ...], *, twin: bool
) -> None:
    """Register away from one or all, words that are lost, late and old, keepers that begin anew."""
    world = FailsafeWorld(seed, asked=asked, twin=twin)
    world.run(1200)
    assert world.doubles == []


def test_promises_carry_a_holder_through_an_outage() -> None:
    """Of the register alone, everything else well."""
    world = FailsafeWorld(3, faults=0.0)
    world.run(1200)
    assert world.doubles == []
    assert world.by_promises_s > 60


WORLDS = {"outsiders": ("a", "b"), "alike": ("a", "b")}


@pytest.mark.parametrize("rule", BrokenPromises._fields)
def test_the_world_notices_when_a_rule_of_promises_is_missing(rule: str) -> None:
    """Each of them keeps two apart."""
    asked, broken = WORLDS.get(rule, ("a", "b", "c")), BrokenPromises(**{rule: True})
    for seed in range(20):
        world = FailsafeWorld(seed, broken, asked=asked, twin=rule == "alike")
        world.run(1200)
        if world.doubles:
            return
    pytest.fail(f"nothing was found without {rule}")


# --- the holder -----------------------------------------------------------------------------------


def test_a_holder_asks_only_once_a_heartbeat_is_late() -> None:
    """Whoever promised begins later when the holder dies after all."""
    late_s = TIMING.heartbeat_s + TIMING.timeout_s / 2
    assert wanted_promise(holder(), at(20.0 + late_s - 0.1), TIMING) is None
    assert wanted_promise(holder(), at(20.0 + late_s), TIMING) == PromiseWanted(
        "a1", 4, 20.0 + late_s
    )


def test_without_a_roster_nobody_asks_and_no_promise_counts() -> None:
    """Somebody who was not asked could claim."""
    lease = holder(())
    assert wanted_promise(lease, at(30.0), TIMING) is None
    assert take_promises(lease, {B: promised(24.0), C: promised(24.0)}, at(25.0)) == lease


def test_who_holds_nothing_asks_for_nothing() -> None:
    """Nor takes what comes."""
    assert wanted_promise(watcher(), at(30.0), TIMING) is None
    assert take_promises(watcher(), {A: promised(24.0), C: promised(24.0)}, at(25.0)) == watcher()


def test_promises_of_all_count_from_when_the_first_of_them_was_asked_for() -> None:
    """Not from when they came, and not from the newest question."""
    lease = take_promises(holder(), {B: promised(24.0), C: promised(25.0)}, at(27.0))
    assert lease.tenure is not None
    assert lease.tenure.vouched_s == 24.0
    fence_at = 24.0 + TIMING.fence_age_s
    assert not has_lapsed(lease, at(fence_at - 0.01), TIMING)
    assert has_lapsed(lease, at(fence_at), TIMING)


@pytest.mark.parametrize(
    "other",
    [
        None,
        promised(24.0, holder_="c"),
        promised(24.0, run="a0"),
        promised(24.0, term=3),
        promised(28.0),
    ],
    ids=["silent", "to another", "of a keeper before", "of a term before", "of the future"],
)
def test_one_promise_that_is_missing_is_all_of_them(other: Promise | None) -> None:
    """The host that did not give it may begin."""
    promises = {B: promised(28.0), C: other}
    assert take_promises(holder(), promises, at(27.0)) == holder()


def test_an_older_promise_takes_nothing_back() -> None:
    """Words come in any order."""
    lease = take_promises(holder(), {B: promised(25.0), C: promised(25.0)}, at(26.0))
    assert take_promises(lease, {B: promised(24.0), C: promised(25.0)}, at(27.0)) == lease


def test_whoever_any_record_of_ours_names_has_to_promise() -> None:
    """A write without an answer may be the one that lies there, with a roster of its own."""
    lease = msgspec.structs.replace(holder((A, B)), roster=ROSTER)
    lease, write = next_request(lease, Wish.HOLD, at(22.0), TIMING)
    assert isinstance(write, WriteRecord)
    lost = CasUnknown(at(22.0), at(24.0), RegisterReason.TIMEOUT, "lost")
    for asked in (lease, fold_lease(lease, lost, TIMING)):
        assert take_promises(asked, {B: promised(24.0)}, at(25.0)) == asked
        both = take_promises(asked, {B: promised(24.0), C: promised(24.0)}, at(25.0))
        assert both != asked


def test_one_record_without_a_roster_may_be_anybodys() -> None:
    """So no promises are enough while it may lie there."""
    lease = msgspec.structs.replace(holder(), roster=())
    lease, _ = next_request(lease, Wish.HOLD, at(22.0), TIMING)
    assert wanted_promise(lease, at(30.0), TIMING) is None
    assert take_promises(lease, {B: promised(24.0), C: promised(24.0)}, at(25.0)) == lease


def test_promises_alone_begin_nothing() -> None:
    """A term begins by confirmed writes: only who holds goes on by them."""
    lease = take_promises(holder(), {B: promised(27.0), C: promised(27.0)}, at(28.0))
    assert not is_settled(lease, at(28.0), TIMING)


# --- everybody else -------------------------------------------------------------------------------


def test_a_member_promises_and_stays_away_for_one_lease_from_then() -> None:
    """By its own clock, although the record has not changed for longer."""
    lease = give_promise(looking_on(watcher(), 22, 32), "a", WANTED, at(31.0))
    assert promise_of(lease) == Promise("a", WANTED)
    lease = looking_on(lease, 32, 46)
    assert claimable_in_s(lease, at(44.0), TIMING) == pytest.approx(31.0 + WAIT_S - 44.0)
    free = msgspec.structs.replace(lease, given=None)
    assert claimable_in_s(free, at(44.0), TIMING) == 0


def test_who_has_won_since_promises_nothing_any_more() -> None:
    """It waits, as promised, but another host cannot go by it."""
    lease = give_promise(watcher(), "a", WANTED, at(31.0))
    assert promise_of(msgspec.structs.replace(lease, tenure=holder().tenure)) is None


def test_the_same_question_heard_again_binds_no_longer() -> None:
    """A word stays there to be read; a promise counts from when it was given."""
    lease = give_promise(watcher(), "a", WANTED, at(31.0))
    assert give_promise(lease, "a", WANTED, at(35.0)) == lease
    newer = give_promise(lease, "a", msgspec.structs.replace(WANTED, asked_s=34.0), at(35.0))
    assert newer.given is not None
    assert newer.given.at == at(35.0)


def test_a_holder_that_gives_back_gives_the_promise_back() -> None:
    """That very one: the record of another says nothing of it."""
    lease = give_promise(watcher(), "a", WANTED, at(31.0))
    back = msgspec.structs.replace(HELD, beat=12, released=True)
    for record, wait_s in (
        (back, 0.0),
        (msgspec.structs.replace(back, run="a0"), 31.0 + WAIT_S - 33.0),
        (msgspec.structs.replace(back, term=5), 31.0 + WAIT_S - 33.0),
        (msgspec.structs.replace(back, host="c"), 31.0 + WAIT_S - 33.0),
    ):
        looking, _ = next_request(lease, Wish.WATCH, at(33.0), TIMING)
        seen = fold_lease(looking, shown(33.0, record, 9), TIMING)
        assert claimable_in_s(seen, at(33.0), TIMING) == pytest.approx(wait_s)


def test_who_is_not_in_the_roster_claims_nothing_that_is_held() -> None:
    """The holder does not ask it. What was given back is anybody's."""
    looks = [(second, HELD, 7) for second in range(0, 40, 2)]
    assert claimable_in_s(member(*looks), at(38.0), TIMING) == 0
    free = msgspec.structs.replace(HELD, released=True)
    for other in (Seat("d", "kd"), Seat("b", "another that was named b")):
        assert claimable_in_s(member(*looks, seat=other), at(38.0), TIMING) is None
        assert claimable_in_s(member((0.0, free, 7), seat=other), at(1.0), TIMING) == 0


def shown_then(**changes: object) -> Lease:
    """Somebody before whom the record became another one."""
    return member((18.0, HELD, 7), (20.0, msgspec.structs.replace(HELD, **changes), 8))


REFUSED = {
    "it holds itself": msgspec.structs.replace(watcher(), tenure=holder().tenure),
    "it knows of a later term": msgspec.structs.replace(watcher(), highest_term=9),
    "it has not looked": member(),
    "what it saw first may change yet by a write of the keeper before it": member((20.0, HELD, 7)),
    "nobody holds": shown_then(released=True),
    "another host holds": shown_then(host="c"),
    "another keeper of that host holds": shown_then(run="a2"),
    "it is another term": shown_then(term=5),
    "the holder does not ask it": shown_then(roster=(A, C)),
    "the holder asks another of its name": shown_then(roster=(A, Seat("b", "other"), C)),
}


@pytest.mark.parametrize("why", REFUSED)
def test_nothing_is_promised_where(why: str) -> None:
    """Silence is no promise, and the holder stops."""
    lease = give_promise(REFUSED[why], "a", WANTED, at(31.0))
    assert lease.given is None
    assert promise_of(lease) is None


def test_nothing_is_promised_while_a_claim_of_its_own_may_win() -> None:
    """On its way, or without an answer."""
    looks = [(second, HELD, 8) for second in range(20, 44, 2)]
    lease = member((18.0, HELD, 7), *looks)
    lease, claim = next_request(lease, Wish.CLAIM, at(42.0), TIMING)
    assert isinstance(claim, WriteRecord)
    assert give_promise(lease, "a", WANTED, at(42.0)) == lease
    lost = CasUnknown(at(42.0), at(44.0), RegisterReason.TIMEOUT, "lost")
    doubtful = fold_lease(lease, lost, TIMING)
    assert give_promise(doubtful, "a", WANTED, at(45.0)) == doubtful


def test_a_claim_that_wins_against_the_own_promise_does_not_begin() -> None:
    """It was under way without our knowing: the promise is kept all the same."""
    lease = give_promise(watcher(), "a", WANTED, at(31.0))
    won = holder()
    assert won.tenure is not None
    tenure = msgspec.structs.replace(won.tenure, won=at(29.0), confirmed=at(33.0))
    lease = msgspec.structs.replace(won, given=lease.given, tenure=tenure)
    assert not is_settled(lease, at(34.0), TIMING)
    assert is_settled(msgspec.structs.replace(lease, given=None), at(34.0), TIMING)
