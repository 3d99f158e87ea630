"""Lease conditions: what a resume needs where a register keeps the lease, and a guard watches."""

from __future__ import annotations

from eoskeeper.domain.actions import Condition, Met
from eoskeeper.domain.guard_samples import GuardPhase
from eoskeeper.domain.lease.chain import alone_for_s
from eoskeeper.domain.lease.holding import age_s, is_settled
from eoskeeper.domain.lease.register import Lease
from eoskeeper.domain.scene import Scene, age_of, graded

__all__ = ["GUARD_FRESH_S", "guard_armed", "guard_ready", "lease_held", "others_heard"]

GUARD_FRESH_S = 2.5
"""For so long an answer of the guard counts; it is asked twice a second."""


def lease_held(scene: Scene) -> Condition:
    """Won, past every slot of the old holder, and confirmed a short time ago."""
    lease, timing = scene.lease, scene.policy.lease
    assert timing is not None, "graded only where a register keeps the lease"
    needed = (
        f"the lease, held for {timing.settle_s:g} s or past the slots of who gave it back, and "
        f"confirmed less than {timing.fence_age_s:g} s ago"
    )
    age = None if lease is None else age_s(lease, scene.now)
    if lease is None or age is None:
        return Condition("lease_held", Met.NO, _holder_text(lease), needed)
    if scene.heir:
        # Stopped, and about to give it back: it would take up again what it has just handed over.
        return Condition("lease_held", Met.NO, f"it goes to {scene.heir}", needed)
    met = is_settled(lease, scene.now, timing)
    figure = f"term {lease.tenure.record.term if lease.tenure else 0}, confirmed {age:.1f} s ago"
    return graded("lease_held", met=met, figure=figure, needed=needed)


def _holder_text(lease: Lease | None) -> str:
    """Who has it, as it was last read."""
    if lease is None or lease.sighting is None:
        return "the register was not read yet"
    record = lease.sighting.read.record
    if record is None:
        return "nobody has ever held it"
    return f"{'given back by' if record.released else 'held by'} {record.host}, term {record.term}"


def others_heard(scene: Scene) -> Condition:
    """Who hears nobody would produce for nobody."""
    alone, limit = alone_for_s(scene.node, scene.now, scene.policy), scene.policy.lease
    assert limit is not None, "graded only where a register keeps the lease"
    needed = f"a block of another producer within {limit.lease_s:g} s"
    if alone is None:
        return Condition("others_heard", Met.UNKNOWN, "not known", needed)
    met, figure = alone < limit.lease_s, f"{alone:.0f} s ago"
    return graded("others_heard", met=met, figure=figure, needed=needed)


def guard_ready(scene: Scene) -> Condition:
    """It has nodeos in hand, so that a term could begin under it."""
    if scene.policy.guard is None:
        return Condition("guard_ready", Met.NO, "none configured", "a guard")
    needed = f"a guard that answered within {GUARD_FRESH_S:g} s and has nodeos in hand"
    guard, lease = scene.guard, scene.lease
    age = age_of(guard.asked if guard else None, scene.now)
    if guard is None or age is None or age > GUARD_FRESH_S:
        figure = "no answer yet" if age is None else f"silent for {age:.0f} s"
        return Condition("guard_ready", Met.UNKNOWN, figure, needed)
    if not guard.can_hold:
        return Condition("guard_ready", Met.NO, guard.unclear or "nodeos is not there", needed)
    tenure = None if lease is None else lease.tenure
    if tenure is not None and _is_spent(scene, tenure.record.term):
        figure = f"it has fenced term {guard.term}: {guard.reason}"
        return Condition("guard_ready", Met.NO, figure, needed)
    return Condition("guard_ready", Met.YES, f"{guard.phase}, {age:.1f} s ago", needed)


def _is_spent(scene: Scene, term: int) -> bool:
    guard = scene.guard
    return guard is not None and guard.phase is GuardPhase.FENCED and term <= guard.term


def guard_armed(scene: Scene) -> Condition:
    """It stops this very term by itself should the keeper fall silent."""
    ready, lease = guard_ready(scene), scene.lease
    tenure = None if lease is None else lease.tenure
    needed = "a guard that is armed for this term"
    if ready.met is not Met.YES or scene.guard is None:
        return Condition("guard_armed", ready.met, ready.figure, needed)
    term = 0 if tenure is None else tenure.record.term
    left = scene.guard.until_s - scene.now.mono_s
    met = scene.guard.phase is GuardPhase.ARMED and scene.guard.term == term and left > 0
    figure = f"{scene.guard.phase}, term {scene.guard.term}, {left:.1f} s left"
    return graded("guard_armed", met=met, figure=figure, needed=needed)
