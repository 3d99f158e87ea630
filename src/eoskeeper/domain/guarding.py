"""Guarding: what is known of the guard, and what it is to be told.

Invariant: its deadline is moved by evidence alone. Under a lease that is a heartbeat that was
confirmed, counted from when it was sent; where the chain is the register, a block of another
producer, counted from when it was heard.
"""

from __future__ import annotations

import msgspec

from eoskeeper.domain.chain_time import Moment, MonoS
from eoskeeper.domain.guard_samples import (
    ArmGuard,
    DisarmGuard,
    ExtendGuard,
    GuardAnswer,
    GuardLost,
    GuardMode,
    GuardOrder,
    GuardPhase,
    GuardRead,
    GuardRefused,
    GuardView,
)
from eoskeeper.domain.lease.holding import evidence_age_s
from eoskeeper.domain.memory import Memory
from eoskeeper.domain.policy import Policy
from eoskeeper.domain.standing import State

__all__ = ["GUARD_AHEAD_S", "fold_guard", "guard_order", "is_unguarded"]

GUARD_AHEAD_S = 10.0
"""Where the chain is the register: the guard looks for itself so long after the last evidence."""

ORDER_AGAIN_S = 1.0
"""The same order is not given twice within this time: its answer may be under way."""

LEAST_STEP_S = 0.1
"""A deadline is not moved by less."""

_PRODUCES = frozenset({State.LEARNING, State.RESUMING, State.HOLDER})
_SETTLED = frozenset({State.LEARNING, State.HOLDER})
_MUST_STOP = frozenset({State.FENCING})


def fold_guard(view: GuardView, answer: GuardAnswer) -> GuardView:
    """Take in an answer; no answer leaves what was known to grow old."""
    if isinstance(answer, GuardLost):
        return view
    read = answer.read if isinstance(answer, GuardRefused) else answer
    armed = read.asked if read.phase is GuardPhase.ARMED else view.armed
    return msgspec.structs.replace(view, read=read, armed=armed)


def is_unguarded(memory: Memory, now: Moment, policy: Policy) -> bool:
    """Whether a host that may produce must stop for want of its guard.

    Under a lease it must be armed, with a grace of the fence age for a guard that is started
    again. Where the chain is the register only a guard that has fenced counts: a silent one is no
    reason to stop a producer that the chain still hears.
    """
    read = memory.guard.read
    if policy.guard is None:
        return False
    if read is not None and read.phase is GuardPhase.FENCED:
        return _is_of_now(read, memory)
    tenure = None if memory.lease is None else memory.lease.tenure
    if policy.lease is None or tenure is None:
        return False  # without the lease it stops for that
    won, armed = tenure.won.mono_s, memory.guard.armed
    since_s = won if armed is None else max(won, armed.mono_s)
    return now.mono_s - since_s >= policy.lease.fence_age_s


def _is_of_now(read: GuardRead, memory: Memory) -> bool:
    """A fence of an earlier term is over as soon as this one is armed."""
    tenure = None if memory.lease is None else memory.lease.tenure
    return read.term >= (memory.standing.term if tenure is None else tenure.record.term)


def guard_order(memory: Memory, now: Moment, policy: Policy) -> GuardOrder | None:
    """What the guard is to be told now; None when it knows all."""
    read = memory.guard.read
    if policy.guard is None or read is None:
        return None
    wanted = _wanted(memory, now, policy)
    mode = _mode(memory, now, policy.guard)
    order = _disarming(memory, read) if wanted is None else _arming(read, *wanted, mode)
    if order is None or not _is_new(memory.guard, order, now):
        return None
    return order


def _mode(memory: Memory, now: Moment, mode: GuardMode) -> GuardMode:
    """Until the resume that begins a holdership is answered the guard takes no pause for a stop.

    From before it is decided on: a keeper may be stopped right after it has sent it.
    """
    standing, tenure = memory.standing, None if memory.lease is None else memory.lease.tenure
    if tenure is None or mode is not GuardMode.DEADLINE:
        return mode
    begins = standing.state not in _SETTLED and tenure.won.mono_s >= standing.since.mono_s
    under_way = standing.state is State.RESUMING or standing.resume_may_come(now)
    return GuardMode.FREEZE if begins or under_way else mode


def _is_new(view: GuardView, order: GuardOrder, now: Moment) -> bool:
    if view.ordered_at is None or now.mono_s - view.ordered_at.mono_s >= ORDER_AGAIN_S:
        return True
    return view.ordered != order


def _wanted(memory: Memory, now: Moment, policy: Policy) -> tuple[int, MonoS, str] | None:
    """Term, deadline and its evidence; None when no term is to be guarded."""
    state = memory.standing.state
    if state in _MUST_STOP or state is State.OBSERVER:
        return None
    if policy.lease is not None:
        tenure = None if memory.lease is None else memory.lease.tenure
        if tenure is None:
            return None
        until = MonoS(now.mono_s - evidence_age_s(tenure, now) + policy.lease.guard_s)
        evidence = f"heartbeat {tenure.record.beat} of term {tenure.record.term}"
        if tenure.vouched_s is not None and tenure.vouched_s > tenure.confirmed.mono_s:
            evidence = f"promises of all others, after {evidence}"
        return (tenure.record.term, until, evidence) if until > now.mono_s else None
    heard = memory.node.foreign_heard
    if heard is None:
        return None
    until = MonoS(heard.mono_s + GUARD_AHEAD_S)
    evidence = f"a block of another producer heard {now.mono_s - heard.mono_s:.0f} s ago"
    # The next term is armed before it begins: a guard that has fenced undoes every resume.
    term = memory.standing.term + (state not in _PRODUCES)
    return (term, until, evidence) if until > now.mono_s else None


def _arming(
    read: GuardRead, term: int, until: MonoS, evidence: str, mode: GuardMode
) -> GuardOrder | None:
    if read.phase in {GuardPhase.IDLE, GuardPhase.FENCED} or read.term != term:
        spent = read.phase is GuardPhase.FENCED and term <= read.term
        return None if spent or not read.can_hold else ArmGuard(term, until, mode)
    if read.mode is not mode and read.can_hold:
        return ArmGuard(term, MonoS(max(until, read.until_s)), mode)
    if until < read.until_s + LEAST_STEP_S:
        return None
    return ExtendGuard(term, until, evidence)


def _disarming(memory: Memory, read: GuardRead) -> GuardOrder | None:
    """Only for the proof that nothing is made here; until then its deadline stands."""
    standing = memory.standing
    if standing.may_produce or standing.confirmed is None:
        return None
    if read.phase not in {GuardPhase.ARMED, GuardPhase.LOOKING}:
        return None
    return DisarmGuard(read.term, f"stopped for certain: {standing.cause or standing.state}")
