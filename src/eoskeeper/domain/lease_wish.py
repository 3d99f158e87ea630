"""Lease wish: what this host's standing wants of the lease in the register, cycle by cycle."""

from __future__ import annotations

from eoskeeper.domain.actions import Met
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.conditions import able_to_hold, newest_own_maker
from eoskeeper.domain.handover import HEIR_FIRST_S
from eoskeeper.domain.hook_condition import hook_allows
from eoskeeper.domain.lease.chain import takeover_row
from eoskeeper.domain.lease.register import Lease, Wish, WriteRecord, holds_record
from eoskeeper.domain.logbook import Maker
from eoskeeper.domain.maintenance import is_maintained
from eoskeeper.domain.memory import Memory
from eoskeeper.domain.permits import scene_of
from eoskeeper.domain.policy import Policy
from eoskeeper.domain.register import LeaseRecord
from eoskeeper.domain.standing import State

__all__ = ["ORDER_HOLDS_S", "claim_delay_s", "told_of", "wish_of", "wish_without_hook"]

ORDER_HOLDS_S = 5.0
"""Seconds for which an order to resume asks for the lease; it is given again meanwhile."""

LAST_IN_LINE_S = 60.0
"""A host whose own turns did not stay claims so much later than its role would."""

_BEGINS = frozenset({State.STANDBY, State.LAPSED, State.HELD})
"""What they claim begins a holdership; the other states go on with one."""

_MAY_PRODUCE = frozenset({State.RESUMING, State.FENCING})


def wish_of(memory: Memory, now: Moment, policy: Policy) -> Wish:
    """What to do about the lease now: nothing is claimed that the operator's hook forbids."""
    wish = wish_without_hook(memory, now, policy)
    if wish is Wish.CLAIM and memory.standing.state in _BEGINS:
        allowed = hook_allows(memory.hooks, memory.standing, now, policy)
        return wish if allowed else Wish.RELEASE
    return wish


def wish_without_hook(memory: Memory, now: Moment, policy: Policy) -> Wish:
    """What to do about the lease, were there no hook.

    A host that may produce holds on to it, whatever else it does: that is what keeps the others
    away. One that is proven to have stopped, and could not produce, gives it back at once.
    """
    state = memory.standing.state
    if state is State.OBSERVER:
        return Wish.WATCH
    if state in {State.LEARNING, State.HOLDER}:
        return _while_producing(memory)
    if state in _MAY_PRODUCE:
        return Wish.HOLD
    is_ordered = memory.resume_ordered is not None and (
        now.mono_s - memory.resume_ordered.mono_s <= ORDER_HOLDS_S
    )
    if is_maintained(memory, now) and not is_ordered:
        return Wish.WATCH
    if state is State.HELD and not is_ordered:
        return Wish.RELEASE
    if state is State.LAPSED and _kept_from_before(memory):
        return Wish.RELEASE
    if memory.handover is not None and memory.lease is not None and holds_record(memory.lease):
        return Wish.RELEASE
    if not able_to_hold(scene_of(memory, now, policy)):
        return Wish.RELEASE
    if _was_never_held(memory.lease) and not is_ordered:
        # The first holder is found as it was before there was a lease: by the chain.
        row = takeover_row(memory.node, policy, lapsed=state is State.LAPSED)
        return Wish.CLAIM if row.met is Met.YES else Wish.WATCH
    return Wish.CLAIM


def _kept_from_before(memory: Memory) -> bool:
    """What it held when its own turns did not stay is for the others to take."""
    lease, since = memory.lease, memory.standing.since
    if lease is None or not holds_record(lease):
        return False
    return lease.tenure is None or lease.tenure.won.mono_s < since.mono_s


def claim_delay_s(memory: Memory, policy: Policy) -> float:
    """How much later than the first in line this host claims a lease that is free."""
    if memory.standing.state in {State.LEARNING, State.HOLDER}:
        return 0.0  # it produces already: the first lease ever is its own
    record = _shown(memory.lease)
    if record is not None and record.released and record.heir:
        others_s = HEIR_FIRST_S + policy.claim_delay_s
        return 0.0 if record.heir == policy.host else others_s
    last = LAST_IN_LINE_S if memory.standing.state is State.LAPSED else 0.0
    return policy.claim_delay_s + last


def _while_producing(memory: Memory) -> Wish:
    """The first lease ever is taken by the host that produces already, and keeps doing so."""
    paused = memory.node.paused
    if paused is None or paused.paused:
        return Wish.WATCH if memory.standing.state is State.LEARNING else Wish.HOLD
    newest = newest_own_maker(memory.node)
    makes = newest is not None and newest[1] is Maker.HERE
    return Wish.CLAIM if makes and _was_never_held(memory.lease) else Wish.HOLD


def _shown(lease: Lease | None) -> LeaseRecord | None:
    """The record as it was last seen."""
    return None if lease is None or lease.sighting is None else lease.sighting.read.record


def _was_never_held(lease: Lease | None) -> bool:
    return lease is not None and lease.sighting is not None and lease.sighting.read.record is None


def told_of(lease: Lease, write: WriteRecord) -> str:
    """Why a record is written, for the journal; empty for a mere heartbeat."""
    record, tenure = write.record, lease.tenure
    if record.released:
        if record.heir:
            return f"production here is proven to have stopped: handed over to {record.heir}"
        return "production here is proven to have stopped: given back"
    if tenure is not None and tenure.record.term == record.term and tenure.record.run == record.run:
        return ""
    shown = None if lease.sighting is None else lease.sighting.read.record
    if shown is not None and shown.term == record.term:
        return "held by this host before its keeper was started again: goes on"
    if shown is None:
        return "nobody has ever held it: claimed"
    if shown.released:
        if shown.heir == record.host:
            return f"handed over by {shown.host}: claimed"
        return f"given back by {shown.host}: claimed"
    return f"not confirmed by {shown.host} for the whole of its time: claimed"
