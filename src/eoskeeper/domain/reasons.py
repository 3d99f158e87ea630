"""Reasons: each trigger of the failover machine in words, with the figures it was made on.

The same sentence goes to the journal, to people and to the log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from eoskeeper.domain.actions import Met
from eoskeeper.domain.chain_time import Moment, first_slot_of_turn, slot_at, slot_utc
from eoskeeper.domain.failover import Trigger
from eoskeeper.domain.guard_samples import GuardPhase
from eoskeeper.domain.handover import ready_heir
from eoskeeper.domain.lease.chain import alone_for_s, lapse_limit_turns, unstayed_own_turns
from eoskeeper.domain.lease.holding import age_s
from eoskeeper.domain.leaving import stop_proven
from eoskeeper.domain.members import outranking
from eoskeeper.domain.memory import Memory
from eoskeeper.domain.permits import scene_of
from eoskeeper.domain.policy import Policy
from eoskeeper.domain.production import empty_own_turns
from eoskeeper.domain.situation import made_elsewhere

__all__ = ["next_own_turn_in_s", "why"]


def next_own_turn_in_s(memory: Memory, now: Moment) -> float | None:
    """Seconds until the first slot of the next own turn; None without a place in the schedule."""
    turn = memory.node.roster.own_turn_at_or_after(slot_at(now.utc_s) + 1)
    return None if turn is None else slot_utc(first_slot_of_turn(turn)) - now.utc_s


def _why_handover(memory: Memory, _now: Moment, _policy: Policy) -> str:
    handover = memory.handover
    if handover is None:
        return str(Trigger.HANDOVER_DUE)
    return f"{handover.by} ordered production to be handed over to {handover.to}"


def _why_proof(memory: Memory, now: Moment, policy: Policy) -> str:
    stop, soon = stop_proven(scene_of(memory, now, policy)), next_own_turn_in_s(memory, now)
    if stop.met is not Met.YES:
        return str(Trigger.PROOF_HEARD)
    left = f"{stop.figure}, and left production to this host"
    return f"{left}; our next turn begins in {soon or 0:.1f} s"


def _why_elsewhere(memory: Memory, _now: Moment, _policy: Policy) -> str:
    number = made_elsewhere(memory.node, memory.standing)
    return f"block #{number} of ours was made on another host"


def _why_doubled(memory: Memory, now: Moment, policy: Policy) -> str:
    found = outranking(memory, now, policy)
    if found is None:
        return str(Trigger.DOUBLED)
    host, doubled = found
    return f"{host} made a block in slot {doubled.slot}, as this host did, and goes before it"


def _why_alone(memory: Memory, now: Moment, policy: Policy) -> str:
    alone = alone_for_s(memory.node, now, policy) or 0.0
    limit = policy.failover.isolation_s
    return f"no block of any other producer for {alone:.0f} s (limit {limit:g} s)"


def _why_lease(memory: Memory, now: Moment, policy: Policy) -> str:
    lease, timing = memory.lease, policy.lease
    age = None if lease is None else age_s(lease, now)
    limit = 0.0 if timing is None else timing.fence_age_s
    if age is None:
        return "this host does not hold the lease, and may produce"
    return f"the lease was last confirmed by a heartbeat sent {age:.1f} s ago (limit {limit:g} s)"


def _why_unguarded(memory: Memory, now: Moment, policy: Policy) -> str:
    read, armed = memory.guard.read, memory.guard.armed
    if read is not None and read.phase is GuardPhase.FENCED:
        return f"the guard has stopped production here: {read.reason}"
    limit = 0.0 if policy.lease is None else policy.lease.fence_age_s
    tenure = None if memory.lease is None else memory.lease.tenure
    since = armed or (memory.node.started if tenure is None else tenure.won)
    return f"no guard is armed for {now.mono_s - since.mono_s:.0f} s (limit {limit:g} s)"


def _why_hung(memory: Memory, now: Moment, policy: Policy) -> str:
    paused = memory.node.paused
    silent = 0.0 if paused is None else now.mono_s - paused.at.mono_s
    return f"nodeos has not answered for {silent:.1f} s (limit {policy.failover.hang_s:g} s)"


def _why_gone(memory: Memory, now: Moment, policy: Policy) -> str:
    heir = ready_heir(memory, now, policy) or "nobody"
    return f"nodeos has ended, proven; production is left to {heir}"


def _why_lapsed(memory: Memory, now: Moment, policy: Policy) -> str:
    node, held = memory.node, memory.standing.held_from
    if held is None:
        return "our own turns leave no block on the chain while this node is not paused"
    count = unstayed_own_turns(node, held, now)
    limit = lapse_limit_turns(node, held, policy)
    return f"{count} own turns in a row left no block that stayed on the chain (limit {limit})"


def _why_takeover(memory: Memory, now: Moment, _policy: Policy) -> str:
    lease = memory.lease
    if lease is not None and lease.tenure is not None:
        return f"the lease is held by this host, term {lease.tenure.record.term}"
    row = empty_own_turns(memory.node.chain, memory.node.roster)
    soon = next_own_turn_in_s(memory, now)
    return f"{row} own turns in a row are empty; the next one begins in {soon or 0:.1f} s"


def _why_away(memory: Memory, _now: Moment, _policy: Policy) -> str:
    if memory.node.refused:
        return "nodeos does not listen; pause first when it is back, ask later"
    return "nodeos is a new process and remembers no pause; pause first, ask later"


def _why_again(memory: Memory, _now: Moment, _policy: Policy) -> str:
    return f"stop not proven yet ({memory.standing.cause})"


def _why_frozen(memory: Memory, _now: Moment, _policy: Policy) -> str:
    process = memory.node.process
    pid = process.pid if process else 0
    return f"nodeos (pid {pid}) was stopped by somebody, who may continue it: it is killed"


_WORDS: Mapping[Trigger, Callable[[Memory, Moment, Policy], str]] = {
    Trigger.HANDOVER_DUE: _why_handover,
    Trigger.LEAVING_DUE: _why_handover,
    Trigger.PROOF_HEARD: _why_proof,
    Trigger.MADE_ELSEWHERE: _why_elsewhere,
    Trigger.DOUBLED: _why_doubled,
    Trigger.LEASE_LAPSED: _why_lease,
    Trigger.UNGUARDED: _why_unguarded,
    Trigger.HUNG: _why_hung,
    Trigger.HUNG_WITH_HEIR: _why_hung,
    Trigger.GONE_WITH_HEIR: _why_gone,
    Trigger.ALONE: _why_alone,
    Trigger.TURNS_NOT_STAYED: _why_lapsed,
    Trigger.TAKEOVER_DUE: _why_takeover,
    Trigger.NODE_AWAY: _why_away,
    Trigger.PAUSE_DUE: _why_again,
    Trigger.FROZEN: _why_frozen,
}


def why(trigger: Trigger, memory: Memory, now: Moment, policy: Policy) -> str:
    """The reason for a decision, with the figures that it was made on."""
    words = _WORDS.get(trigger)
    return str(trigger) if words is None else words(memory, now, policy)
