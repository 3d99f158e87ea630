"""What the guard is told, and when the want of it stops a host; with the chain as the register."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.actions import FenceCause
from eoskeeper.domain.chain_time import MonoS
from eoskeeper.domain.guard_samples import (
    ArmGuard,
    ExtendGuard,
    GuardMode,
    GuardPhase,
    GuardRead,
    GuardView,
)
from eoskeeper.domain.guarding import GUARD_AHEAD_S, guard_order, is_unguarded
from eoskeeper.domain.policy import Policy
from tests.unit.domain.scene import Site, policy_of, settled_holder, settled_standby

replace = msgspec.structs.replace


def guarded(site: Site) -> Policy:
    """Its policy, with a guard that looks for itself."""
    return replace(site.policy, guard=GuardMode.LOOK)


def read_by(site: Site, phase: GuardPhase, term: int, left_s: float = 5.0) -> GuardRead:
    """What a guard of that phase answered just now."""
    until = MonoS(site.now.mono_s + left_s)
    how = "pause" if phase is GuardPhase.FENCED else ""
    return GuardRead(site.now, site.now, phase, GuardMode.LOOK, term, until, can_hold=True, how=how)


def told(site: Site, phase: GuardPhase, term: int) -> object:
    """The order that such an answer leads to."""
    memory = replace(site.memory, guard=GuardView(read=read_by(site, phase, term)))
    return guard_order(memory, site.now, guarded(site))


def test_a_producing_host_arms_its_guard_for_its_term_and_moves_the_deadline_by_others_blocks() -> (
    None
):
    """Ten seconds after the last block of another producer."""
    site = settled_holder()
    term = site.memory.standing.term
    armed = told(site, GuardPhase.IDLE, -1)
    assert isinstance(armed, ArmGuard)
    assert (armed.term, armed.mode) == (term, GuardMode.LOOK)
    assert 0 < armed.until_s - site.now.mono_s <= GUARD_AHEAD_S
    assert isinstance(told(site, GuardPhase.ARMED, term), ExtendGuard)
    assert isinstance(told(site, GuardPhase.LOOKING, term), ExtendGuard)


def test_a_standby_leads_its_guard_out_of_a_fence_before_it_resumes() -> None:
    """With the term that its next resume will have: else the guard would undo that."""
    site = settled_standby()
    term = site.memory.standing.term
    order = told(site, GuardPhase.FENCED, term)
    assert isinstance(order, ArmGuard)
    assert order.term == term + 1
    assert isinstance(told(site, GuardPhase.ARMED, term + 1), ExtendGuard)


@pytest.mark.parametrize(
    ("phase", "terms_ago", "stops"),
    [
        (GuardPhase.FENCED, 0, True),
        (GuardPhase.FENCED, 1, False),
        (GuardPhase.IDLE, 0, False),
        (GuardPhase.LOOKING, 0, False),
    ],
)
def test_only_a_guard_that_has_fenced_this_term_stops_a_host(
    phase: GuardPhase, terms_ago: int, *, stops: bool
) -> None:
    """One that is silent or idle is no reason: the chain still hears us."""
    site = settled_holder()
    read = read_by(site, phase, site.memory.standing.term - terms_ago)
    memory = replace(site.memory, guard=GuardView(read=read))
    assert is_unguarded(memory, site.now, guarded(site)) is stops
    assert not is_unguarded(site.memory, site.now, guarded(site))


def test_a_host_without_a_guard_is_told_nothing_and_stopped_by_nothing() -> None:
    """As before there were guards."""
    site = settled_holder()
    memory = replace(site.memory, guard=GuardView(read=read_by(site, GuardPhase.FENCED, 99)))
    assert guard_order(memory, site.now, policy_of()) is None
    assert not is_unguarded(memory, site.now, policy_of())
    assert FenceCause.UNGUARDED not in {pause.cause for pause in site.pauses}
