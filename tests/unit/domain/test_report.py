"""The report says what is known, and *unknown* where nothing is."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from eoskeeper.domain.actions import FenceCause, Met
from eoskeeper.domain.chain_time import TURN_SLOTS
from eoskeeper.domain.failover import Trigger
from eoskeeper.domain.logbook import Maker
from eoskeeper.domain.policy import FailoverMode, Role
from eoskeeper.domain.production import SlotOutcome
from eoskeeper.domain.reasons import why
from eoskeeper.domain.report import Report, report_of
from eoskeeper.domain.samples import (
    ConnectionsRead,
    DatabaseSizeRead,
    FailureReason,
    Link,
    PeerRead,
    ProbeName,
)
from eoskeeper.domain.standing import State
from tests.unit.domain.scene import (
    CHAIN_ID,
    Site,
    brink,
    policy_of,
    settled_holder,
    settled_standby,
)


def report(site: Site) -> Report:
    """The report of the newest second."""
    return report_of(site.memory, site.now, site.policy)


def _link(*, established: bool) -> Link:
    return Link("a:1", established, "", "", "")


def test_unknown_stays_none() -> None:
    """A keeper that has seen nothing guesses nothing."""
    told = report(Site())
    unknown = {name for name in told.__struct_fields__ if getattr(told, name) is None}
    assert unknown == {
        "cause",
        "chain_id",
        "server_version",
        "head_number",
        "head_age_s",
        "head_producer",
        "irreversible_number",
        "irreversible_lag_blocks",
        "paused",
        "links",
        "pid",
        "free_database_bytes",
        "in_schedule",
        "empty_own_turns",
        "unstayed_own_turns",
        "alone_s",
        "next_own_turn_in_s",
        "newest_own_maker",
        "last_made_utc",
        "produces",
        "nodeos",
        "lease",
        "guard",
        "machine",
        "keeper",
        "telemetry",
    }
    assert told.own_turns == ()
    assert told.summary == "B learning: no answer from nodeos yet"
    assert told.may_produce


def test_what_is_known_of_a_healthy_holder_is_told() -> None:
    """Each figure from its own reading."""
    told = report(settled_holder())
    assert (told.state, told.role, told.mode) == (State.HOLDER, Role.PRIMARY, FailoverMode.AUTO)
    assert (told.host, told.producer, told.term) == ("here", "ours", 1)
    assert (told.chain_id, told.server_version) == (CHAIN_ID, "abc")
    assert told.head_number is not None
    assert told.irreversible_number == told.head_number - 2
    assert (told.irreversible_lag_blocks, told.producers) == (2, 4)
    assert told.head_age_s == pytest.approx(0.1)
    assert (told.head_producer, told.paused, told.links, told.pid) == ("carol", False, 3, 100)
    assert (told.in_schedule, told.empty_own_turns, told.unstayed_own_turns) == (True, 0, 0)
    assert told.alone_s == pytest.approx(0.0)
    # The first slot of our turn is at second 6 of the next round; now it is 14.1.
    assert told.next_own_turn_in_s == pytest.approx(15.9)
    assert told.newest_own_maker is Maker.HERE
    assert told.conditions == ()
    assert told.may_produce
    assert told.summary == f"A holder; head #{told.head_number} 0.1 s old"


def test_the_newest_own_turns_are_told_slot_by_slot() -> None:
    """At most eight, oldest first; the one that runs is pending where it is not yet there."""
    site = settled_holder().run(24 * 10)
    turns = report(site).own_turns
    assert len(turns) == 8
    assert [turn.turn for turn in turns] == sorted(turn.turn for turn in turns)
    assert {later.turn - sooner.turn for sooner, later in pairwise(turns)} == {4}
    assert all(turn.produced == TURN_SLOTS and turn.complete for turn in turns)
    site.run_to(8)
    running = report(site).own_turns[-1]
    assert running.slots[:5] == (SlotOutcome.PRODUCED,) * 5
    assert running.slots[5:] == (SlotOutcome.PENDING,) * 7
    assert turns[-1] in report(site).own_turns


def test_empty_own_turns_are_missed() -> None:
    """And counted in the summary."""
    site = brink()
    told = report(site)
    assert [turn.produced for turn in told.own_turns[-3:]] == [12, 0, 0]
    assert told.own_turns[-1].slots == (SlotOutcome.MISSED,) * 12
    assert told.empty_own_turns == 2
    assert "2 own turns empty" in told.summary


def test_the_conditions_are_those_of_the_next_resume() -> None:
    """Each state has its own kind; a holder needs none."""
    site = brink()
    assert [c.name for c in report(site).conditions if c.met is not Met.YES] == ["moment"]
    names = set[frozenset[str]]()
    for state in (State.STANDBY, State.ISOLATED, State.RESTARTED, State.HELD):
        standing = msgspec.structs.replace(site.memory.standing, state=state)
        site.memory = msgspec.structs.replace(site.memory, standing=standing)
        names.add(frozenset(c.name for c in report(site).conditions))
    assert len(names) == 4
    for state in (State.HOLDER, State.FENCING, State.RESUMING, State.OBSERVER):
        standing = msgspec.structs.replace(site.memory.standing, state=state)
        site.memory = msgspec.structs.replace(site.memory, standing=standing)
        assert report(site).conditions == ()


def test_failures_are_named() -> None:
    """The old values stay, with their age."""
    site = settled_standby()
    site.api = FailureReason.TIMED_OUT
    site.run(6)
    told = report(site)
    assert {failure.probe for failure in told.failures} == {
        ProbeName.GET_INFO,
        ProbeName.BLOCKS,
        ProbeName.SCHEDULE,
        ProbeName.PAUSED,
    }
    assert told.summary.endswith("no reading: blocks, get_info, paused, schedule")
    assert told.head_age_s == pytest.approx(6.1)
    assert told.alone_s is None


def test_nodeoss_own_list_of_links_comes_first() -> None:
    """Only established ones count; else the sockets of the process."""
    site = settled_standby()
    assert report(site).links == 3
    links = (_link(established=True), _link(established=False))
    site.tick(
        lambda now: ConnectionsRead(now, links),
        lambda now: DatabaseSizeRead(now, 5, 6, 11),
        lambda now: PeerRead(
            now, "b", "B", "standby", may_produce=False, head_number=5, summary=""
        ),
    )
    site.run(2)
    told = report(site)
    assert (told.links, told.free_database_bytes) == (1, 5)
    assert [(peer.host, round(peer.age_s, 3)) for peer in told.peers] == [("b", 2.0)]


def test_an_observer_may_not_produce() -> None:
    """Whatever it sees."""
    told = report(Site(policy_of(Role.OBSERVER)).run(40))
    assert not told.may_produce
    assert told.conditions == ()
    assert told.summary.startswith("F observer; head #")


def test_a_fenced_host_tells_its_cause() -> None:
    """Until it is resumed."""
    site = settled_holder()
    site.others = False
    site.run(38)
    assert report(site).state is State.ISOLATED
    assert report(site).cause is FenceCause.ALONE
    assert not report(site).may_produce


@pytest.mark.parametrize("trigger", Trigger)
def test_every_trigger_has_words_even_when_nothing_is_known(trigger: Trigger) -> None:
    """A reason that cannot be worded would end the keeper in the wrong moment."""
    site = Site()
    assert why(trigger, site.memory, site.now, site.policy)


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        (Trigger.TAKEOVER_DUE, "2 own turns in a row are empty; the next one begins in 3.9 s"),
        (Trigger.ALONE, "no block of any other producer for 0 s (limit 30 s)"),
        (Trigger.NODE_AWAY, "nodeos is a new process and remembers no pause"),
        (Trigger.FROZEN, "nodeos (pid 100) was stopped"),
        (Trigger.PAUSE_DUE, "stop not proven yet (produced_elsewhere)"),
        (Trigger.OPERATOR_PAUSES, "operator pauses"),
    ],
)
def test_a_reason_tells_its_figures(trigger: Trigger, words: str) -> None:
    """The figures that the decision was made on."""
    site = brink()
    assert words in why(trigger, site.memory, site.now, site.policy)


def test_a_turn_of_which_the_begin_is_not_known_is_not_told() -> None:
    """The oldest block known lies in it."""
    site = settled_holder()
    chain = site.memory.node.chain
    cut = msgspec.structs.replace(chain, blocks=chain.blocks[len(chain.blocks) - 10 :])
    oldest = cut.blocks[0].slot // TURN_SLOTS
    node = msgspec.structs.replace(site.memory.node, chain=cut)
    site.memory = msgspec.structs.replace(site.memory, node=node)
    assert oldest in {
        turn.turn for turn in report_of(settled_holder().memory, site.now, site.policy).own_turns
    }
    assert oldest not in {turn.turn for turn in report(site).own_turns}
