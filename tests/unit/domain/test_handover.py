"""A planned switchover, second by second: the holder's part and the heir's."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from eoskeeper.domain.actions import FenceCause
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.policy import Role
from eoskeeper.domain.samples import (
    CommandKind,
    OperatorCommand,
    OutcomeResult,
    PeerRead,
    Sample,
)
from eoskeeper.domain.standing import State
from tests.unit.domain.leased_site import LeasedSite, leased_holder, leased_standby

TO = "there"


def order(*, dry_run: bool = False, at_gap: bool = True) -> Callable[[Moment], Sample]:
    """Hand over to the other host."""
    return lambda now: OperatorCommand(
        now, "c1", CommandKind.SWITCHOVER, "anna", to=TO, at_gap=at_gap, dry_run=dry_run
    )


def heir(**changes: object) -> Callable[[Moment], Sample]:
    """What the other host's keeper says."""

    def said(now: Moment) -> PeerRead:
        peer = PeerRead(
            now,
            TO,
            "B",
            "standby",
            may_produce=False,
            head_number=None,
            summary="",
            server_version="abc",
            paused=True,
        )
        return msgspec.structs.replace(peer, **changes)

    return said


def with_head(site: LeasedSite, **changes: object) -> Callable[[Moment], Sample]:
    """The same, at the height of this host."""
    head = site.memory.node.head
    return heir(**{"head_number": None if head is None else head.head_number} | changes)


def run_with_heir(site: LeasedSite, seconds: int, **changes: object) -> LeasedSite:
    """Let time go by while the heir goes on telling."""
    for _ in range(seconds):
        site.tick(with_head(site, **changes))
    return site


def test_the_holder_stops_in_the_gap_and_gives_back_to_the_heir() -> None:
    """Between its own turns; the record names the heir, and the old holder does not claim it."""
    site = leased_holder()
    while site.second_of_round != 20:
        site.tick(with_head(site))
    site.tick(with_head(site), order())
    assert site.memory.answers[-1].accepted
    assert site.pauses == [], "the next own turn is too near"
    while not site.pauses:
        site.tick(with_head(site))
    assert 12 <= site.second_of_round <= 14, "our own turn is from 6 to 12"
    assert site.pauses[-1].cause is FenceCause.HANDOVER
    assert not site.pauses[-1].to_the_end
    run_with_heir(site, 4)
    assert site.state() is State.STANDBY
    assert site.record is not None
    assert (site.record.released, site.record.heir) == (True, TO)
    run_with_heir(site, 8)
    assert site.record.host == "here", "left to the heir"
    assert not site.holds


def test_an_heir_that_does_not_come_loses_its_privilege() -> None:
    """After ten seconds the record is anybody's; one holder or none, never two."""
    site = leased_holder()
    site.tick(with_head(site), order(at_gap=False))
    run_with_heir(site, 4)
    assert site.record is not None
    assert site.record.released
    run_with_heir(site, 25)
    claimed = site.record
    assert claimed is not None
    assert (claimed.host, claimed.term, claimed.released) == ("here", 2, False)


def test_the_heir_claims_at_once_and_resumes_when_it_is_settled() -> None:
    """Whatever its rank is."""
    site = leased_standby(Role.SECOND_STANDBY)
    shown = site.record
    assert shown is not None
    site.give_to("here")
    site.run_until(lambda _: site.holds, 4)
    site.run_until(lambda one: bool(one.resumes), 6)
    assert "handed over by there" in site.written[-1].reason


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"state": "fencing"}, "heir_stands_by"),
        ({"paused": False}, "heir_paused"),
        ({"paused": None}, "heir_paused"),
        ({"head_number": 3}, "heir_synced"),
        ({"server_version": "other"}, "heir_version"),
    ],
)
def test_an_heir_that_is_not_ready_is_refused_with_the_figure(
    changes: dict[str, object], missing: str
) -> None:
    """Nothing is stopped for it."""
    site = run_with_heir(leased_holder(), 2)
    site.tick(with_head(site, **changes), order())
    answer = site.memory.answers[-1]
    assert not answer.accepted
    assert missing in answer.reason
    run_with_heir(site, 40)
    assert site.pauses == []


def test_an_heir_that_nobody_heard_is_refused() -> None:
    """Unknown is not ready."""
    site = leased_holder()
    site.tick(order())
    assert not site.memory.answers[-1].accepted
    assert "heir_answers" in site.memory.answers[-1].reason


def test_an_heir_that_falls_before_the_gap_stops_nothing() -> None:
    """The list is looked at once more in the cycle of the stop; the order runs out."""
    site = run_with_heir(leased_holder(), 6)
    site.tick(with_head(site), order())
    assert site.memory.handover is not None
    run_with_heir(site, 80, state="fencing")
    assert site.pauses == []
    assert site.memory.handover is None


def test_a_dry_run_changes_nothing() -> None:
    """It answers with the whole list."""
    site = leased_holder()
    site.tick(with_head(site), order(dry_run=True))
    assert site.memory.answers[-1].accepted
    assert len(site.memory.answers[-1].conditions) == 7
    run_with_heir(site, 40)
    assert site.pauses == []


def test_a_stop_that_is_not_proven_hands_nothing_over() -> None:
    """It is forced after a while; without proof the record stays this host's."""
    site = leased_holder()
    site.answers = lambda _: OutcomeResult.UNPROVEN
    site.tick(with_head(site), order(at_gap=False))
    run_with_heir(site, 20)
    assert site.state() is State.FENCING
    assert site.record is not None
    assert not site.record.released
    assert not site.pauses[0].to_the_end
    assert site.pauses[-1].to_the_end


def test_production_is_given_back_by_itself_only_to_a_host_that_was_ready_all_the_time() -> None:
    """One break begins the time anew; without the setting nothing is given back."""
    site = leased_holder()
    limits = msgspec.structs.replace(site.policy.failover, give_back_to=TO, give_back_after_s=100.0)
    site.policy = msgspec.structs.replace(site.policy, failover=limits)
    run_with_heir(site, 90)
    run_with_heir(site, 2, paused=None)
    run_with_heir(site, 90)
    assert site.pauses == []
    run_with_heir(site, 50)
    assert [pause.cause for pause in site.pauses] == [FenceCause.HANDOVER]
    assert [event.record.heir for event in site.written if event.record.heir] == [TO]
    assert run_with_heir(leased_holder(), 200).pauses == []
