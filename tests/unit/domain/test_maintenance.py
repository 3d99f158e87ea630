"""Maintenance: nothing moves that the operator could be in the middle of; what is unsafe stops."""

from __future__ import annotations

from collections.abc import Callable

from eoskeeper.domain.actions import FenceCause
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.events import MaintenanceSet
from eoskeeper.domain.memory import restore
from eoskeeper.domain.samples import CommandKind, FailureReason, OperatorCommand, Sample
from eoskeeper.domain.standing import State
from tests.unit.domain.leased_site import leased_holder, leased_standby
from tests.unit.domain.scene import Site, brink, settled_holder


def works(for_s: float) -> Callable[[Moment], Sample]:
    """Maintenance for so long; 0 ends it."""
    return lambda now: OperatorCommand(now, "m1", CommandKind.MAINTENANCE, "anna", for_s=for_s)


def changes(site: Site) -> list[MaintenanceSet]:
    """Every begin and end of maintenance that was journalled."""
    return [event for event in site.events if isinstance(event, MaintenanceSet)]


def test_no_standby_takes_over_during_maintenance_and_one_does_after_it() -> None:
    """It runs out by itself: nobody has to remember."""
    site = brink()
    site.tick(works(100))
    site.run(90)
    assert site.resumes == []
    site.run_until(lambda one: bool(one.resumes), 300)
    assert [event.by for event in changes(site)] == ["anna", ""]


def test_a_holder_whose_node_is_restarted_in_maintenance_keeps_its_lease() -> None:
    """It goes on beating, and nobody else claims."""
    site = leased_holder()
    site.tick(works(300))
    site.api = FailureReason.REFUSED
    site.run(30)
    assert site.pauses == []
    assert site.state() is State.HOLDER
    assert site.record is not None
    assert not site.record.released
    site.tick(works(0))
    site.run(3)
    assert len(site.pauses) == 1


def test_a_lease_that_lapses_stops_a_holder_in_maintenance_too() -> None:
    """Another host may take it: that is no decision to be put off."""
    site = leased_holder()
    site.tick(works(300))
    site.etcd_answers = False
    site.run_until(lambda one: bool(one.pauses), 10)
    assert site.pauses[0].cause is FenceCause.LEASE_LAPSED


def test_a_node_that_is_resumed_behind_the_back_is_paused_in_maintenance_too() -> None:
    """With another host holding, two would produce."""
    site = leased_standby()
    site.beat()
    site.tick(works(300))
    site.paused = False
    site.run(3)
    assert FenceCause.NOT_ENTITLED in {pause.cause for pause in site.pauses}


def test_a_keeper_that_is_restarted_is_still_in_maintenance() -> None:
    """The journal tells until when."""
    site = settled_holder()
    site.tick(works(300))
    memory = restore(site.events, site.now, site.policy)
    assert memory.maintained_until == site.memory.maintained_until
    site.tick(works(0))
    assert restore(site.events, site.now, site.policy).maintained_until is None
