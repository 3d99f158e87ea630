"""Permits: the only way to a resume, given when every condition of its kind is met."""

from __future__ import annotations

from eoskeeper.domain.actions import Condition, Met, Permit, PermitKind
from eoskeeper.domain.chain_time import Moment, Slot, slot_at
from eoskeeper.domain.conditions import conditions_for
from eoskeeper.domain.handover import heir_of_release
from eoskeeper.domain.lease.chain import takeover_moment
from eoskeeper.domain.memory import Memory
from eoskeeper.domain.policy import Policy
from eoskeeper.domain.production import empty_own_turns
from eoskeeper.domain.scene import Scene
from eoskeeper.domain.standing import Standing

__all__ = ["TERM_GOES_ON", "new_holdership", "old_holdership", "permit_for", "scene_of"]

TERM_GOES_ON = frozenset({PermitKind.OWN_RESTART, PermitKind.AFTER_ISOLATION})
"""Kinds of permit that continue a holdership instead of beginning one."""

PERMIT_SLOTS = 10
"""Slots for which a permit without an own turn of its own is good: 5 s."""

_WITH_A_TURN = frozenset({PermitKind.TAKEOVER, PermitKind.PROVEN})
"""Kinds of permit that end, over the chain, with the own turn that the new holder begins with."""


def permit_for(
    kind: PermitKind, memory: Memory, now: Moment, policy: Policy
) -> Permit | tuple[Condition, ...]:
    """A permit, or the conditions that are not met."""
    conditions = conditions_for(kind, scene_of(memory, now, policy))
    missing = tuple(c for c in conditions if c.met is not Met.YES)
    if missing:
        return missing
    first, last = _permit_slots(kind, memory, now, policy)
    return Permit(
        kind=kind,
        term=memory.standing.term + (kind not in TERM_GOES_ON),
        at=now,
        empty_own_turns=empty_own_turns(memory.node.chain, memory.node.roster) or 0,
        not_before_slot=first,
        not_after_slot=last,
        conditions=conditions,
    )


def scene_of(memory: Memory, now: Moment, policy: Policy) -> Scene:
    """What conditions look at."""
    others_paused = _others_paused(memory)
    node, lease, guard = memory.node, memory.lease, memory.guard.read
    heir = heir_of_release(memory)
    hooks = memory.hooks
    return Scene(node, memory.standing, now, policy, others_paused, lease, guard, heir, hooks)


def _others_paused(memory: Memory) -> bool:
    return any(command.others_paused for command in memory.inbox.commands)


def _permit_slots(
    kind: PermitKind, memory: Memory, now: Moment, policy: Policy
) -> tuple[Slot, Slot]:
    moment = takeover_moment(memory.node, now, policy) if policy.lease is None else None
    if kind in _WITH_A_TURN and moment is not None:
        return moment.not_before_slot, moment.not_after_slot
    current = slot_at(now.utc_s)
    return Slot(current + 1), Slot(current + PERMIT_SLOTS)


def new_holdership(before: Standing, permit: Permit) -> dict[str, object]:
    """What a resume under this permit changes of the standing."""
    changes: dict[str, object] = {"permit": permit, "cause": None, "heir": ""}
    if permit.kind in TERM_GOES_ON:
        return changes
    return changes | {
        "held_from": permit.not_before_slot,
        "held_before": before.held_from,
        "term": permit.term,
    }


def old_holdership(before: Standing) -> dict[str, object]:
    """A resume that certainly did not happen begins nothing."""
    if before.permit is None or before.permit.kind in TERM_GOES_ON:
        return {}
    return {"held_from": before.held_before, "term": before.permit.term - 1}
