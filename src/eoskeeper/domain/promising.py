"""Promising: what the members promise each other while the register does not answer the holder."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.events import Event, FailsafeTurned
from eoskeeper.domain.lease.failsafe import (
    give_promise,
    promise_of,
    take_promises,
    wanted_promise,
)
from eoskeeper.domain.lease.holding import age_s, has_lapsed, own_seat
from eoskeeper.domain.lease.values import Lease, Promise
from eoskeeper.domain.member_words import MemberWord
from eoskeeper.domain.members import heard, word_of
from eoskeeper.domain.memory import Memory
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.policy import FailoverMode, Policy, Role
from eoskeeper.domain.register import Seat
from eoskeeper.domain.standing import State

__all__ = ["fold_promises", "said_word"]


def fold_promises(memory: Memory, now: Moment, policy: Policy) -> tuple[Memory, tuple[Event, ...]]:
    """Give what is asked for, take what was given, ask for what is needed."""
    lease = memory.lease
    if lease is None or policy.lease is None:
        return memory, ()
    words = heard(memory.node, policy)
    lease = _with_roster(lease, words, policy)
    if policy.failover.failsafe:
        lease = _exchanged(lease, words, now)
    holds = memory.standing.state is State.HOLDER
    wants = wanted_promise(lease, now, policy.lease) if holds else None
    lease = msgspec.structs.replace(lease, wants=wants)
    memory = msgspec.structs.replace(memory, lease=lease)
    return _turned(memory, lease, now, policy)


def _with_roster(lease: Lease, words: Mapping[str, MemberWord], policy: Policy) -> Lease:
    """Who is to promise: all members that are configured now, or nobody until all were heard of."""
    hosts = policy.roster
    known = {seat.host: seat for seat in lease.seats if seat.host in hosts}
    known |= {host: Seat(host, word.keeper_id) for host, word in words.items() if word.keeper_id}
    known[lease.host] = own_seat(lease)
    seats = tuple(sorted(known[host] for host in hosts if host in known))
    roster = seats if len(seats) == len(hosts) else ()
    if (seats, roster) == (lease.seats, lease.roster):
        return lease
    return msgspec.structs.replace(lease, seats=seats, roster=roster)


def _exchanged(lease: Lease, words: Mapping[str, MemberWord], now: Moment) -> Lease:
    for host, word in words.items():
        if word.wants is not None:
            lease = give_promise(lease, host, word.wants, now)
    promises = {Seat(host, word.keeper_id): word.promise for host, word in words.items()}
    return take_promises(lease, promises, now)


def _turned(
    memory: Memory, lease: Lease, now: Moment, policy: Policy
) -> tuple[Memory, tuple[Event, ...]]:
    """Journalled when a holder begins to go on by promises alone, and when it no longer does."""
    assert policy.lease is not None, "asked only where a register keeps the lease"
    age, tenure = age_s(lease, now), lease.tenure
    by_promises = (
        age is not None
        and age >= policy.lease.fence_age_s
        and not has_lapsed(lease, now, policy.lease)
    )
    if by_promises == memory.by_promises:
        return memory, ()
    roster = () if tenure is None else tenure.record.roster
    term = memory.standing.term if tenure is None else tenure.record.term
    others = tuple(seat.host for seat in roster if seat.host != policy.host)
    event = FailsafeTurned(now, term, by_promises, others)
    return msgspec.structs.replace(memory, by_promises=by_promises), (event,)


def said_word(memory: Memory, policy: Policy, *, maintained: bool) -> MemberWord:
    """What this host says of itself, and promises."""
    word = word_of(memory.node, memory.standing, policy, memory.lease, maintained=maintained)
    promise = _promise_said(memory.node, memory.lease, policy)
    return msgspec.structs.replace(word, keeper_id=memory.keeper_id, promise=promise)


def _promise_said(node: NodeState, lease: Lease | None, policy: Policy) -> Promise | None:
    """Who never acts can promise it to anybody; who acts without a lease goes by the chain."""
    if lease is not None:
        return promise_of(lease)
    acts = policy.role is not Role.OBSERVER and policy.failover.mode is FailoverMode.AUTO
    if acts or not policy.failover.failsafe:
        return None
    asked = [
        (node.peers[host].at.mono_s, Promise(host, word.wants))
        for host, word in heard(node, policy).items()
        if word.wants is not None
    ]
    newest = max(asked, key=lambda one: one[0], default=None)
    return None if newest is None else newest[1]
