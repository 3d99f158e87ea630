"""Hooking: which of the operator's commands are to be run now, from what was just decided.

Invariant: a fence is decided before its hook is even looked for, and none of them is waited for but
the one before holding, which stands between this host and the lease.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from eoskeeper.domain.actions import Met
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.events import HookEnded
from eoskeeper.domain.hooks import (
    HookCall,
    HookContext,
    HookName,
    HookRan,
    HookView,
    call_of,
    longest_s,
    permits_holding,
    time_to_begin_s,
)
from eoskeeper.domain.lease.chain import takeover_row
from eoskeeper.domain.lease.holding import claimable_in_s
from eoskeeper.domain.lease.register import Wish
from eoskeeper.domain.lease_wish import ORDER_HOLDS_S, claim_delay_s, wish_without_hook
from eoskeeper.domain.leaving import has_left
from eoskeeper.domain.memory import Memory
from eoskeeper.domain.policy import FailoverMode, Policy
from eoskeeper.domain.samples import Sample
from eoskeeper.domain.standing import State

__all__ = ["ask_hooks", "fold_hooks"]

AGAIN_S = 10.0
"""Seconds after a no, of whatever kind, until it is asked again while this host is to hold."""

OUTPUT_TOLD = 300
"""Characters of what a hook printed that go into the journal."""

_MAY_BEGIN = frozenset({State.STANDBY, State.LAPSED, State.HELD, State.ISOLATED, State.RESTARTED})
_CANDIDATES = frozenset({State.STANDBY, State.LAPSED})


def fold_hooks(memory: Memory, samples: Sequence[Sample]) -> tuple[Memory, tuple[HookEnded, ...]]:
    """Take in how hooks ended; every end is journalled."""
    told = []
    for sample in samples:
        if isinstance(sample, HookRan):
            memory, ended = _fold_hook(memory, sample)
            told.append(ended)
    return memory, tuple(told)


def _fold_hook(memory: Memory, ran: HookRan) -> tuple[Memory, HookEnded]:
    view = memory.hooks
    if ran.name is HookName.BEFORE_HOLDING:
        view = msgspec.structs.replace(view, asked=None, asked_at=None, answer=ran)
    told = HookEnded(
        at=ran.at,
        name=ran.name,
        result=ran.result,
        term=ran.term,
        detail=ran.detail,
        output=ran.output.strip()[-OUTPUT_TOLD:],
        took_s=round(ran.took_s, 3),
    )
    return msgspec.structs.replace(memory, hooks=view), told


def ask_hooks(memory: Memory, now: Moment, policy: Policy) -> tuple[Memory, tuple[HookCall, ...]]:
    """The hooks that are to be started now."""
    view, calls = _after_a_change(memory, policy)
    question = _question(memory, now, policy)
    if question is not None:
        view = msgspec.structs.replace(view, asked=question, asked_at=now)
        calls = (*calls, question)
    if view is memory.hooks:
        return memory, calls  # nearly always, and every second
    return msgspec.structs.replace(memory, hooks=view), calls


# --- beside what happens ------------------------------------------------------------------------


def _after_a_change(memory: Memory, policy: Policy) -> tuple[HookView, tuple[HookCall, ...]]:
    """What belongs to the change of state that was just decided; at most one a cycle."""
    view, state = memory.hooks, memory.standing.state
    if view.state is state:
        return view, ()
    name = _hook_of(view, state)
    holds = state is State.HOLDER or (view.holds and name is not HookName.AFTER_CEASING)
    changed = msgspec.structs.replace(view, state=state, holds=holds)
    if name is None:
        return changed, ()
    call = call_of(policy.hooks, name, _context(memory, policy, memory.standing.term))
    return changed, () if call is None else (call,)


def _hook_of(view: HookView, state: State) -> HookName | None:
    """The hook of a change from ``view.state`` to this state."""
    if state is State.HOLDER:
        # Found producing by a keeper that looked around: nothing began.
        return None if view.state is State.LEARNING else HookName.AFTER_HOLDING
    if not view.holds:
        return None
    if state is State.FENCING:
        return HookName.BEFORE_CEASING
    return HookName.AFTER_CEASING if view.state is State.FENCING else None


def _context(memory: Memory, policy: Policy, term: int, reason: str = "") -> HookContext:
    standing = memory.standing
    return HookContext(
        host=policy.host,
        producer=policy.producer or "",
        role=str(policy.role),
        term=term,
        reason=reason or str(standing.cause or standing.state),
    )


# --- before holding -----------------------------------------------------------------------------


def _question(memory: Memory, now: Moment, policy: Policy) -> HookCall | None:
    """``before_holding``, as soon as this host is to hold, and again some time after a no."""
    settings, view, term = policy.hooks, memory.hooks, memory.standing.term + 1
    if settings.before_holding is None or _is_under_way(view, settings.timeout_s, now):
        return None
    if permits_holding(settings, view.answer, term, now) is None:
        return None
    answer = view.answer
    if answer is not None and answer.term == term and now.mono_s - answer.at.mono_s < AGAIN_S:
        return None
    reason = _wants_to_hold(memory, now, policy)
    if not reason:
        return None
    context = _context(memory, policy, term, reason)
    return call_of(settings, HookName.BEFORE_HOLDING, context)


def _is_under_way(view: HookView, timeout_s: float, now: Moment) -> bool:
    asked = view.asked_at
    return asked is not None and now.mono_s - asked.mono_s <= longest_s(timeout_s)


def _wants_to_hold(memory: Memory, now: Moment, policy: Policy) -> str:
    """Why this host is about to begin a holdership; empty when it is not."""
    state, ordered = memory.standing.state, memory.resume_ordered
    if state not in _MAY_BEGIN:
        return ""
    if ordered is not None and now.mono_s - ordered.mono_s <= ORDER_HOLDS_S:
        return "the operator orders a resume"
    if state not in _CANDIDATES or policy.failover.mode is FailoverMode.OFF:
        return ""
    lease, timing = memory.lease, policy.lease
    if lease is None or timing is None:
        if has_left(memory.node, policy):
            return "a member has stopped for this host"
        row = takeover_row(memory.node, policy, lapsed=state is State.LAPSED)
        return f"own turns empty: {row.figure}" if row.met is Met.YES else ""
    if wish_without_hook(memory, now, policy) is not Wish.CLAIM:
        return ""
    left_s = claimable_in_s(lease, now, timing, claim_delay_s(memory, policy))
    soon = left_s is not None and left_s <= time_to_begin_s(policy.hooks)
    return "the lease is free, or about to be" if soon else ""
