"""Asking: what is sent to the register and to the guard, from what was just decided."""

from __future__ import annotations

import msgspec

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.events import Event, LeaseWritten
from eoskeeper.domain.guard_samples import GuardOrder, GuardView
from eoskeeper.domain.guarding import guard_order
from eoskeeper.domain.handover import heir_of_release
from eoskeeper.domain.hooking import ask_hooks
from eoskeeper.domain.hooks import HookCall
from eoskeeper.domain.lease.holding import claimable_in_s, settles_in_s
from eoskeeper.domain.lease.register import (
    Lease,
    Request,
    Wish,
    WriteRecord,
    look_in_s,
    next_request,
)
from eoskeeper.domain.lease_wish import claim_delay_s, told_of, wish_of
from eoskeeper.domain.memory import Memory
from eoskeeper.domain.policy import Policy

__all__ = ["Asked", "ask", "due_in_s"]

Asked = Request | GuardOrder | HookCall
"""Each is answered by a sample: of the register, of the guard, or of the hook."""


def ask(
    memory: Memory, now: Moment, policy: Policy
) -> tuple[Memory, tuple[Event, ...], tuple[Asked, ...]]:
    """What is to be sent now; a change of the lease is journalled before."""
    memory, calls = ask_hooks(memory, now, policy)
    memory, events, requests = _ask_register(memory, now, policy)
    requests = (*requests, *calls)
    order = guard_order(memory, now, policy)
    if order is None:
        return memory, events, requests
    guard = msgspec.structs.replace(memory.guard, ordered=order, ordered_at=now)
    return msgspec.structs.replace(memory, guard=guard), events, (*requests, order)


def due_in_s(memory: Memory, now: Moment, policy: Policy) -> float | None:
    """Seconds until the lease has something to ask, besides its heartbeat; None when nothing.

    The moment of a takeover is not left to the next look at nodeos.
    """
    lease, timing = memory.lease, policy.lease
    if lease is None or timing is None or lease.asked is not None:
        return None
    if lease.tenure is not None:
        return settles_in_s(lease, now, timing)
    if wish_of(memory, now, policy) is not Wish.CLAIM:
        return None
    claimable = claimable_in_s(lease, now, timing, claim_delay_s(memory, policy))
    look_s = look_in_s(lease, now, timing)
    return look_s if claimable is None or claimable == 0 else min(claimable, look_s)


def _ask_register(
    memory: Memory, now: Moment, policy: Policy
) -> tuple[Memory, tuple[Event, ...], tuple[Asked, ...]]:
    before, timing = memory.lease, policy.lease
    if before is None or timing is None:
        return memory, (), ()
    before = _above_guard(before, memory.guard)
    wish, delay_s = wish_of(memory, now, policy), claim_delay_s(memory, policy)
    heir = heir_of_release(memory)
    lease, request = next_request(before, wish, now, timing, delay_s, heir=heir)
    if request is None:
        return memory, (), ()
    events: tuple[Event, ...] = ()
    if isinstance(request, WriteRecord) and (told := told_of(before, request)):
        events = (LeaseWritten(now, request.record, told),)
    return msgspec.structs.replace(memory, lease=lease), events, (request,)


def _above_guard(lease: Lease, guard: GuardView) -> Lease:
    """Terms go on above that of the guard, which takes no old one: a store may have forgotten it.

    A register that was restored from a backup counts from there, and so does a keeper that has not
    seen it before.
    """
    if guard.read is None or guard.read.term <= lease.highest_term:
        return lease
    return msgspec.structs.replace(lease, highest_term=guard.read.term)
