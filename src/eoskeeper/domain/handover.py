"""Handover: the holder's part of a planned switchover, from the order to the record given back.

Invariant: the lease goes to the heir only by the ordinary way: production here is proven to have
stopped, the record is released with the heir's name, and the heir claims it. Interrupted anywhere
it ends with one holder, or with none and a lease that somebody else claims by the ordinary rules.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from eoskeeper.domain.actions import Condition, Met
from eoskeeper.domain.chain_time import SLOT_S, Moment, first_slot_of_turn, slot_at, slot_utc
from eoskeeper.domain.failover import Trigger
from eoskeeper.domain.lease.holding import is_settled
from eoskeeper.domain.maintenance import is_maintained
from eoskeeper.domain.memory import Handover, Memory
from eoskeeper.domain.policy import FailoverMode, Policy
from eoskeeper.domain.samples import CommandKind, OperatorCommand, PeerRead
from eoskeeper.domain.scene import graded
from eoskeeper.domain.standing import State

__all__ = [
    "GAP_NEEDED_S",
    "HEIR_FIRST_S",
    "LEAVES",
    "fold_orders",
    "gap_is_open",
    "heir_conditions",
    "heir_now",
    "heir_of_release",
    "ready_heir",
]

LEAVES = frozenset({Trigger.LEAVING_DUE, Trigger.HUNG_WITH_HEIR, Trigger.GONE_WITH_HEIR})
"""Rows by which a host leaves production to a member, by word."""

GAP_NEEDED_S = 9.0
"""From the pause to the heir's resume, with room: stop 1 s, release and claim 2 s, settle 2 s, and
as much again for one retry."""

HEIR_FIRST_S = 10.0
"""So long a record that was given back to an heir is left to it."""

ORDER_KEPT_ROUNDS = 2
"""An order that finds no gap within so many rounds is dropped."""

GIVE_BACK = "failover.give_back_to"
"""Who orders a switchover that nobody ordered."""

REPORT_S = 1.0
"""A keeper's report is so old at most when it is asked for."""

HEIR_LAG_BLOCKS = 3
"""An heir whose head is further behind ours would begin on an old block."""


def heir_conditions(memory: Memory, to: str, now: Moment, policy: Policy) -> tuple[Condition, ...]:
    """The readiness list of a switchover, each with its figure."""
    peer = memory.node.peers.get(to)
    return (
        _register(policy, to),
        _holds(memory, now, policy),
        _heir_answers(peer, to, now, policy),
        _heir(peer, "heir_stands_by", lambda one: one.state == "standby", _state_of, "standby"),
        _heir(peer, "heir_paused", lambda one: one.paused is True, _paused_of, "paused"),
        _heir_synced(memory, peer),
        _heir_version(memory, peer),
        *(() if policy.lease is not None else (_heir_acts(peer),)),
    )


def _register(policy: Policy, to: str) -> Condition:
    """Production can be left by the record in etcd, or by a word to a member."""
    needed = "a lease in etcd, or [members] with that host among them"
    if policy.lease is not None:
        return graded("lease_in_register", met=True, figure="etcd", needed=needed)
    member = to in policy.members
    figure = f"the chain; {to} is {'a' if member else 'no'} member"
    return graded("lease_in_register", met=member, figure=figure, needed=needed)


def _holds(memory: Memory, now: Moment, policy: Policy) -> Condition:
    lease, state = memory.lease, memory.standing.state
    settled = policy.lease is None or (lease is not None and is_settled(lease, now, policy.lease))
    met = state is State.HOLDER and settled
    return graded("holds_here", met=met, figure=f"this host is {state}", needed="holder")


def _heir_answers(peer: PeerRead | None, to: str, now: Moment, policy: Policy) -> Condition:
    limit = policy.failover.reading_age_limit_s
    needed = f"a word of its keeper within {limit:g} s"
    if peer is None:
        return Condition("heir_answers", Met.UNKNOWN, f"{to} is no peer that was heard", needed)
    age = now.mono_s - peer.at.mono_s
    met = Met.YES if age <= limit else Met.UNKNOWN
    return Condition("heir_answers", met, f"{age:.1f} s ago", needed)


def _heir(
    peer: PeerRead | None,
    name: str,
    holds: Callable[[PeerRead], bool],
    figure: Callable[[PeerRead], str],
    needed: str,
) -> Condition:
    if peer is None:
        return Condition(name, Met.UNKNOWN, "not known", needed)
    return graded(name, met=holds(peer), figure=figure(peer), needed=needed)


def _state_of(peer: PeerRead) -> str:
    return peer.state


def _paused_of(peer: PeerRead) -> str:
    return {True: "paused", False: "not paused", None: "not known"}[peer.paused]


def _heir_synced(memory: Memory, peer: PeerRead | None) -> Condition:
    head, needed = memory.node.head, f"at most {HEIR_LAG_BLOCKS} blocks behind"
    if peer is None or peer.head_number is None or head is None:
        return Condition("heir_synced", Met.UNKNOWN, "not known", needed)
    # Blocks that came since it told, and since the cycle that it told of, it is not late for.
    since_s = max(0.0, head.at.mono_s - peer.at.mono_s) + REPORT_S
    behind = max(0, head.head_number - peer.head_number - math.ceil(since_s / SLOT_S))
    met = behind <= HEIR_LAG_BLOCKS
    return graded("heir_synced", met=met, figure=f"{behind} behind", needed=needed)


def _heir_acts(peer: PeerRead | None) -> Condition:
    """A word has to be heard on both sides; who answers in sealed words hears them, too."""
    needed = "a sealed word of it, in mode auto and without maintenance"
    if peer is None or peer.word is None:
        return Condition("heir_acts", Met.UNKNOWN, "no word of it", needed)
    figure = "it acts" if peer.word.acts else "it takes nothing over now"
    return graded("heir_acts", met=peer.word.acts, figure=figure, needed=needed)


def _heir_version(memory: Memory, peer: PeerRead | None) -> Condition:
    head = memory.node.head
    if peer is None or peer.server_version is None or head is None:
        return Condition("heir_version", Met.UNKNOWN, "not known", "the same nodeos")
    same = peer.server_version == head.server_version
    figure = "the same" if same else f"{peer.server_version}, here {head.server_version}"
    return graded("heir_version", met=same, figure=figure, needed="the same nodeos")


def heir_now(trigger: Trigger, memory: Memory, now: Moment, policy: Policy) -> str:
    """Whom production is left to by a row of ``LEAVES``."""
    if trigger is Trigger.LEAVING_DUE:
        return "" if memory.handover is None else memory.handover.to
    return ready_heir(memory, now, policy)


def ready_heir(memory: Memory, now: Moment, policy: Policy) -> str:
    """The member that comes first by role and name and could take production by word now.

    Only where this host's stop can be proven whatever is wrong with nodeos: by a fence ladder.
    Empty: nobody could.
    """
    acts = policy.failover.mode is FailoverMode.AUTO and policy.guard is not None
    if policy.lease is not None or not acts:
        return ""
    peers = [memory.node.peers[one] for one in policy.members if one in memory.node.peers]
    for peer in sorted(peers, key=lambda one: (one.role, one.host)):
        listed = heir_conditions(memory, peer.host, now, policy)
        if all(one.met is Met.YES for one in listed if one.name != "holds_here"):
            return peer.host
    return ""


# --- the order ----------------------------------------------------------------------------------


def fold_orders(memory: Memory, now: Moment, policy: Policy) -> Memory:
    """Take a switchover that may be carried out; drop one that is over or was overtaken."""
    for command in memory.inbox.commands:
        if command.kind is CommandKind.SWITCHOVER and not command.dry_run:
            memory = _ordered(memory, command, now, policy)
    memory = _give_back(memory, now, policy)
    handover = memory.handover
    if handover is not None and _is_over(memory, handover, now):
        memory = msgspec.structs.replace(memory, handover=None)
    return memory


def _ordered(memory: Memory, command: OperatorCommand, now: Moment, policy: Policy) -> Memory:
    conditions = heir_conditions(memory, command.to, now, policy)
    if memory.handover is not None or any(one.met is not Met.YES for one in conditions):
        return memory
    handover = Handover(command.command_id, command.to, command.by, now, at_gap=command.at_gap)
    return msgspec.structs.replace(memory, handover=handover)


def _give_back(memory: Memory, now: Moment, policy: Policy) -> Memory:
    """Order a switchover to the preferred host once it has been ready for long enough."""
    to, since = policy.failover.give_back_to, memory.heir_ready_since
    if to is None or to == policy.host:
        return memory
    held = memory.handover is None and not is_maintained(memory, now)
    ready = held and all(one.met is Met.YES for one in heir_conditions(memory, to, now, policy))
    if not ready:
        return msgspec.structs.replace(memory, heir_ready_since=None)
    if since is None:
        return msgspec.structs.replace(memory, heir_ready_since=now)
    if now.mono_s - since.mono_s < policy.failover.give_back_after_s:
        return memory
    handover = Handover("give-back", to, GIVE_BACK, now)
    return msgspec.structs.replace(memory, handover=handover, heir_ready_since=None)


def _is_over(memory: Memory, handover: Handover, now: Moment) -> bool:
    round_s = memory.node.roster.round_slots * SLOT_S
    if now.mono_s - handover.ordered.mono_s > ORDER_KEPT_ROUNDS * round_s + GAP_NEEDED_S:
        return True
    if memory.standing.state in {State.HOLDER, State.FENCING}:
        return False
    if memory.lease is None:
        return True  # left by word, which stays said
    sighting = memory.lease.sighting
    record = None if sighting is None else sighting.read.record
    if record is None:
        return False
    return record.host == handover.to or (record.released and record.heir == handover.to)


def gap_is_open(memory: Memory, now: Moment) -> bool:
    """Whether our own turn is over, and the next one far enough away for all that has to be done.

    A round that is too short for that never has such a gap.
    """
    roster = memory.node.roster
    turn = roster.own_turn_at_or_after(slot_at(now.utc_s) + 1)
    if turn is None:
        return False
    left_s = slot_utc(first_slot_of_turn(turn)) - now.utc_s
    return GAP_NEEDED_S <= left_s <= roster.gap_slots * SLOT_S - SLOT_S


def heir_of_release(memory: Memory) -> str:
    """The heir to be named in a record that this host gives back; empty for anybody."""
    return "" if memory.handover is None else memory.handover.to
