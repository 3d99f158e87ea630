"""Lease situation: when the triggers hold that only a lease in a register, or a guard, brings."""

from __future__ import annotations

from eoskeeper.domain.actions import FenceCause
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.guarding import is_unguarded
from eoskeeper.domain.lease.holding import has_lapsed
from eoskeeper.domain.memory import Memory
from eoskeeper.domain.policy import FailoverMode, Policy
from eoskeeper.domain.samples import ProbeName
from eoskeeper.domain.standing import State

__all__ = ["hangs", "is_forced", "lapses", "learns_unharmed", "stands_unguarded"]


_TELL_OF_HANGING = (ProbeName.GET_INFO, ProbeName.PAUSED)
"""The first is asked before all others: where it fails nothing else is asked."""

HANDOVER_GENTLE_S = 4.0
"""A planned stop is not forced before: nothing was wrong with nodeos when it was ordered."""

PAUSED_FRESH_S = 2.0
"""For so long a node that read as paused is taken to be."""


def learns_unharmed(memory: Memory) -> bool:
    """A host that has just started and is not known to be unpaused has nothing to stop."""
    paused = memory.node.paused
    is_unpaused = paused is not None and not paused.paused
    return memory.standing.state is State.LEARNING and not is_unpaused


def is_forced(memory: Memory, cause: FenceCause, then: State, now: Moment, policy: Policy) -> bool:
    """Whether a stop goes to the end of the fence ladder where the pause is not proven.

    Others wait for it. Not that of a node which reads as paused; nor an operator's pause, for
    nothing is wrong with nodeos then; nor that of a node which came back while this host held
    nothing. But where a resume may still come, no pause lasts, whoever wants the stop.
    """
    if policy.guard is None or policy.failover.mode is not FailoverMode.AUTO:
        return False
    if memory.standing.resume_may_come(now):
        return True
    paused = memory.node.paused
    if paused is not None and paused.paused and now.mono_s - paused.at.mono_s < PAUSED_FRESH_S:
        return False
    if cause is FenceCause.HANDOVER:
        return now.mono_s - memory.standing.since.mono_s >= HANDOVER_GENTLE_S and (
            memory.standing.state is State.FENCING
        )
    if cause is FenceCause.RESTARTED:
        return then is State.RESTARTED
    return cause is not FenceCause.OPERATOR


def lapses(memory: Memory, now: Moment, policy: Policy) -> bool:
    """The lease was not confirmed in time, or is another host's."""
    if memory.lease is None or policy.lease is None:
        return False
    if learns_unharmed(memory):
        return False
    return has_lapsed(memory.lease, now, policy.lease)


def stands_unguarded(memory: Memory, now: Moment, policy: Policy) -> bool:
    """No guard would stop this host, or it has."""
    if learns_unharmed(memory):
        return False
    return is_unguarded(memory, now, policy)


def hangs(memory: Memory, now: Moment, policy: Policy) -> bool:
    """It was asked, and did not answer; a keeper that has not asked knows nothing.

    A node that goes on logging blocks does not hang, whatever is wrong with its API. Where the
    chain is the register nobody waits, but for a member that could be told: its turns are counted.
    """
    paused = memory.node.paused
    if paused is None:
        return False
    logged, latest_s = memory.node.logbook.last_at, paused.at.mono_s
    latest_s = max(latest_s, memory.standing.since.mono_s)
    if logged is not None and now.mono_s - logged.mono_s < policy.failover.hang_s:
        return False
    if now.mono_s - latest_s < policy.failover.hang_s:
        return False
    failed = (memory.node.failures.get(probe) for probe in _TELL_OF_HANGING)
    return any(one is not None and one.at.mono_s > latest_s for one in failed)
