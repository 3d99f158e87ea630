"""Situation: when each trigger of the failover table holds, as small pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from eoskeeper.domain.actions import Met, Pause, Permit, PermitKind, Resume
from eoskeeper.domain.chain_time import Moment, Slot, slot_at
from eoskeeper.domain.conditions import (
    WATCHED_A_ROUND,
    conditions_for,
    newest_own_maker,
    watched_a_round,
)
from eoskeeper.domain.failover import Trigger
from eoskeeper.domain.handover import gap_is_open, heir_conditions, ready_heir
from eoskeeper.domain.lease.chain import (
    alone_for_s,
    lapse_limit_turns,
    unstayed_own_turns,
)
from eoskeeper.domain.lease_situation import (
    hangs,
    is_forced,
    lapses,
    learns_unharmed,
    stands_unguarded,
)
from eoskeeper.domain.leaving import has_left
from eoskeeper.domain.logbook import Maker, maker_of
from eoskeeper.domain.members import is_outranked
from eoskeeper.domain.memory import Memory
from eoskeeper.domain.node_state import SAME_START_S, NodeState
from eoskeeper.domain.permits import permit_for, scene_of
from eoskeeper.domain.policy import FailoverMode, Policy
from eoskeeper.domain.production import empty_own_turns
from eoskeeper.domain.samples import CommandKind, OutcomeResult, ProcessState
from eoskeeper.domain.standing import Standing, State

__all__ = [
    "PAUSE_RETRY_S",
    "holds",
    "made_elsewhere",
]

PAUSE_RETRY_S = 1.0
"""Seconds between two tries of a pause that is not proven."""

OWN_BLOCKS_CHECKED = 12
"""Newest own blocks whose maker is looked at: one turn."""

OUTCOME_OVERDUE_S = 15.0
"""An action without an outcome for so long counts as unproven; the effect's own limits are less."""


def holds(trigger: Trigger, memory: Memory, now: Moment, policy: Policy) -> bool:
    """Whether ``trigger`` holds now."""
    return _TRIGGERS[trigger](memory, now, policy)


def made_elsewhere(node: NodeState, standing: Standing) -> int | None:
    """Height of the newest block of ours of this holdership that was proven made elsewhere.

    A host that may just have been resumed does not trust its last reading "paused": the block
    may be newer than that.
    """
    from_slot = standing.held_from or 0
    paused_since = None if standing.state in _JUST_RESUMED else node.paused_since
    for block in reversed(node.chain.own[-OWN_BLOCKS_CHECKED:]):
        if block.slot < from_slot:
            return None
        if maker_of(block, node.logbook, paused_since) is Maker.ELSEWHERE:
            return block.number
    return None


_JUST_RESUMED = frozenset({State.RESUMING, State.HOLDER})


# --- one function a trigger -------------------------------------------------------------------


def _ordered(kind: CommandKind, memory: Memory) -> bool:
    return any(command.kind is kind for command in memory.inbox.commands)


def _operator_pauses(memory: Memory, _now: Moment, _policy: Policy) -> bool:
    return _ordered(CommandKind.PAUSE, memory)


def _operator_resumes(memory: Memory, now: Moment, policy: Policy) -> bool:
    ordered = _ordered(CommandKind.RESUME, memory)
    return ordered and _permitted(PermitKind.OPERATOR, memory, now, policy)


def _handover_due(memory: Memory, now: Moment, policy: Policy) -> bool:
    return policy.lease is not None and _may_hand_over(memory, now, policy)


def _leaving_due(memory: Memory, now: Moment, policy: Policy) -> bool:
    return policy.lease is None and _may_hand_over(memory, now, policy)


def _may_hand_over(memory: Memory, now: Moment, policy: Policy) -> bool:
    """Looked at once more in the very cycle: the heir may have fallen since the order."""
    handover = memory.handover
    if handover is None or (handover.at_gap and not gap_is_open(memory, now)):
        return False
    conditions = heir_conditions(memory, handover.to, now, policy)
    return all(one.met is Met.YES for one in conditions)


def _permitted(kind: PermitKind, memory: Memory, now: Moment, policy: Policy) -> bool:
    return isinstance(permit_for(kind, memory, now, policy), Permit)


def _unpaused(memory: Memory) -> bool:
    paused = memory.node.paused
    return paused is not None and not paused.paused


def _made_here(memory: Memory, now: Moment, _policy: Policy) -> bool:
    newest = newest_own_maker(memory.node)
    if newest is None or newest[1] is not Maker.HERE or not _unpaused(memory):
        return False
    rounds_ago = slot_at(now.utc_s) - newest[0].slot
    return rounds_ago <= memory.node.roster.round_slots * 2


def _made_elsewhere(memory: Memory, _now: Moment, _policy: Policy) -> bool:
    return made_elsewhere(memory.node, memory.standing) is not None


def _alone(memory: Memory, now: Moment, policy: Policy) -> bool:
    if learns_unharmed(memory):
        return False
    alone_s = alone_for_s(memory.node, now, policy)
    return alone_s is not None and alone_s >= policy.failover.isolation_s


def _turns_not_stayed(memory: Memory, now: Moment, policy: Policy) -> bool:
    standing, node = memory.standing, memory.node
    if standing.state is State.LEARNING:
        if not _unpaused(memory):
            return False
        count = unstayed_own_turns(node, Slot(0), now)
        return count >= policy.failover.first_standby_turns
    if standing.held_from is None:
        return False
    limit = lapse_limit_turns(node, standing.held_from, policy)
    return unstayed_own_turns(node, standing.held_from, now) >= limit


def _node_away(memory: Memory, _now: Moment, _policy: Policy) -> bool:
    return memory.node.refused or _is_new(memory)


def _is_new(memory: Memory) -> bool:
    """nodeos was started after this host entered its state, in this keeper's life or before."""
    node, since = memory.node, memory.standing.since
    if node.new_since is not None and node.new_since.mono_s > since.mono_s:
        return True
    process = node.process
    return process is not None and process.started_utc > since.utc_s + SAME_START_S


def _new_process(memory: Memory, _now: Moment, _policy: Policy) -> bool:
    """Once the chain has been read and does not tell that this host made our newest block."""
    return memory.node.caught_up is not None and _unpaused(memory) and _is_new(memory)


def _looked_around(memory: Memory, now: Moment, policy: Policy) -> bool:
    """This keeper has put the host into its state itself, or has watched a whole round."""
    if memory.standing.since.mono_s > memory.node.started.mono_s:
        return True
    return watched_a_round(scene_of(memory, now, policy))


def _not_entitled(memory: Memory, now: Moment, policy: Policy) -> bool:
    paused, confirmed = memory.node.paused, memory.standing.confirmed
    if paused is None or paused.paused:
        return False
    if confirmed is not None and paused.asked.mono_s <= confirmed.mono_s:
        return False  # it was so before the stop was proven; a frozen node tells nothing newer
    return _is_new(memory) or _looked_around(memory, now, policy)


def _pause_unconfirmed(memory: Memory, now: Moment, policy: Policy) -> bool:
    """Spring's ``paused`` is also true under a vote pause that ends by itself."""
    node, confirmed = memory.node, memory.standing.confirmed
    if node.paused is None or not _looked_around(memory, now, policy):
        return False
    if confirmed is None:
        return True
    return node.new_since is not None and node.new_since.mono_s > confirmed.mono_s


def _watched(memory: Memory, now: Moment, policy: Policy) -> bool:
    scene = scene_of(memory, now, policy)
    return memory.node.paused is not None and watched_a_round(scene)


def _watched_paused(memory: Memory, now: Moment, policy: Policy) -> bool:
    return _watched(memory, now, policy) and not _unpaused(memory)


def _watched_unpaused(memory: Memory, now: Moment, policy: Policy) -> bool:
    """Unpaused, and a whole round with an own turn in it brought no block of ours."""
    if not (_watched(memory, now, policy) and _unpaused(memory)):
        return False
    if not policy.role.is_standby:
        return False
    row = empty_own_turns(memory.node.chain, memory.node.roster)
    return memory.node.roster.ours is None or (row is not None and row > 0)


def _pause_proven(memory: Memory, _now: Moment, _policy: Policy) -> bool:
    proven, fenced = OutcomeResult.PROVEN, memory.inbox.guard_fenced
    if fenced is not None and fenced.mono_s >= memory.standing.since.mono_s:
        return True
    if any(told.result is proven for told in memory.inbox.restart_paused):
        return True
    return _result_of(memory, Pause) is proven


def _result_of(memory: Memory, kind: type[Pause | Resume]) -> OutcomeResult | None:
    """Outcome of the action that was awaited, when it was of that kind and came now."""
    settled = memory.inbox.settled
    if settled is None or not isinstance(settled.action, kind):
        return None
    return settled.outcome.result


def _pause_due(memory: Memory, now: Moment, policy: Policy) -> bool:
    """While nobody listens the restart watch does it, ten times a second."""
    standing = memory.standing
    cause, then = standing.cause, standing.then
    forced = cause is not None and is_forced(memory, cause, then, now, policy)
    if (memory.node.refused and not forced) or _awaiting(memory, now):
        return False
    last = memory.last_pause
    return last is None or now.mono_s - last.mono_s >= PAUSE_RETRY_S


def _frozen(memory: Memory, now: Moment, policy: Policy) -> bool:
    """Only in ``auto``, only after a pause that was not answered, and once for each process."""
    process = memory.node.process
    if process is None or process.state is not ProcessState.STOPPED:
        return False
    if policy.failover.mode is not FailoverMode.AUTO or _awaiting(memory, now):
        return False
    if now.mono_s - process.at.mono_s > policy.failover.reading_age_limit_s:
        return False
    return memory.last_result is OutcomeResult.UNPROVEN and memory.terminated != process.pid


def _awaiting(memory: Memory, now: Moment) -> bool:
    since = memory.outstanding_since
    return since is not None and now.mono_s - since.mono_s < OUTCOME_OVERDUE_S


def _takeover_due(memory: Memory, now: Moment, policy: Policy) -> bool:
    if memory.lease is not None:
        return memory.lease.tenure is not None and _permitted(
            PermitKind.TAKEOVER, memory, now, policy
        )
    row = empty_own_turns(memory.node.chain, memory.node.roster)
    lapsed = memory.standing.state is State.LAPSED
    # Asked first because it is cheap and nearly always says no.
    if row is None or not policy.may_act_at(row, lapsed=lapsed):
        return False
    return _permitted(PermitKind.TAKEOVER, memory, now, policy)


def _hung(memory: Memory, now: Moment, policy: Policy) -> bool:
    return policy.lease is not None and hangs(memory, now, policy)


def _hung_with_heir(memory: Memory, now: Moment, policy: Policy) -> bool:
    if policy.lease is not None or not policy.members or not hangs(memory, now, policy):
        return False
    return ready_heir(memory, now, policy) != ""


def _gone_with_heir(memory: Memory, now: Moment, policy: Policy) -> bool:
    """Proven to have ended in this keeper's life; what comes back is paused before it produces."""
    if not memory.node.refused or memory.standing.confirmed is None:
        return False
    return ready_heir(memory, now, policy) != ""


def _proof_heard(memory: Memory, now: Moment, policy: Policy) -> bool:
    # Asked first because it is cheap and nearly always says no.
    if policy.lease is not None or not has_left(memory.node, policy):
        return False
    return _permitted(PermitKind.PROVEN, memory, now, policy)


def _lease_holds(memory: Memory, now: Moment, policy: Policy) -> bool:
    return _permitted(PermitKind.OWN_RESTART, memory, now, policy)


def _isolation_over(memory: Memory, now: Moment, policy: Policy) -> bool:
    return _permitted(PermitKind.AFTER_ISOLATION, memory, now, policy)


def _resume_proven(memory: Memory, _now: Moment, _policy: Policy) -> bool:
    if _result_of(memory, Resume) is OutcomeResult.PROVEN:
        return True
    paused = memory.node.paused
    since = memory.standing.since
    return _unpaused(memory) and paused is not None and paused.asked.mono_s > since.mono_s


_CERTAINLY_NOT = frozenset(
    {OutcomeResult.NEVER_SENT, OutcomeResult.REFUSED, OutcomeResult.CANCELLED}
)


def _resume_failed(memory: Memory, _now: Moment, _policy: Policy) -> bool:
    """None of those that were sent under this permit may still come."""
    return _result_of(memory, Resume) in _CERTAINLY_NOT and memory.standing.open_resumes == 0


def _reads_paused_since(memory: Memory, now: Moment) -> bool:
    """Nothing is under way, and a reading asked for since then says paused."""
    paused = memory.node.paused
    if _awaiting(memory, now) or paused is None or not paused.paused:
        return False
    return paused.asked.mono_s > memory.standing.since.mono_s


def _permit_good(memory: Memory, now: Moment) -> bool:
    permit = memory.standing.permit
    return permit is not None and slot_at(now.utc_s) < permit.not_after_slot


def _resume_unsent(memory: Memory, now: Moment, policy: Policy) -> bool:
    """The same permit serves again while all that it was given for still holds."""
    permit = memory.standing.permit
    if permit is None or not (_reads_paused_since(memory, now) and _permit_good(memory, now)):
        return False
    scene = scene_of(memory, now, policy)
    graded = conditions_for(permit.kind, scene)
    return all(c.met is Met.YES for c in graded if c.name != WATCHED_A_ROUND)


def _permit_void(memory: Memory, now: Moment, _policy: Policy) -> bool:
    return _reads_paused_since(memory, now) and not _permit_good(memory, now)


_TRIGGERS: Mapping[Trigger, Callable[[Memory, Moment, Policy], bool]] = {
    Trigger.OPERATOR_PAUSES: _operator_pauses,
    Trigger.OPERATOR_RESUMES: _operator_resumes,
    Trigger.HANDOVER_DUE: _handover_due,
    Trigger.LEAVING_DUE: _leaving_due,
    Trigger.MADE_HERE: _made_here,
    Trigger.MADE_ELSEWHERE: _made_elsewhere,
    Trigger.DOUBLED: is_outranked,
    Trigger.LEASE_LAPSED: lapses,
    Trigger.UNGUARDED: stands_unguarded,
    Trigger.HUNG: _hung,
    Trigger.HUNG_WITH_HEIR: _hung_with_heir,
    Trigger.ALONE: _alone,
    Trigger.TURNS_NOT_STAYED: _turns_not_stayed,
    Trigger.NODE_AWAY: _node_away,
    Trigger.NOT_ENTITLED: _not_entitled,
    Trigger.NEW_PROCESS: _new_process,
    Trigger.PAUSE_UNCONFIRMED: _pause_unconfirmed,
    Trigger.WATCHED_PAUSED: _watched_paused,
    Trigger.WATCHED_UNPAUSED: _watched_unpaused,
    Trigger.PAUSE_PROVEN: _pause_proven,
    Trigger.PAUSE_DUE: _pause_due,
    Trigger.FROZEN: _frozen,
    Trigger.PROOF_HEARD: _proof_heard,
    Trigger.TAKEOVER_DUE: _takeover_due,
    Trigger.LEASE_HOLDS: _lease_holds,
    Trigger.GONE_WITH_HEIR: _gone_with_heir,
    Trigger.ISOLATION_OVER: _isolation_over,
    Trigger.RESUME_PROVEN: _resume_proven,
    Trigger.RESUME_FAILED: _resume_failed,
    Trigger.RESUME_UNSENT: _resume_unsent,
    Trigger.PERMIT_VOID: _permit_void,
}
