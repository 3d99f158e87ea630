"""Memory: the one value that the keeper carries from cycle to cycle, and how it is restored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from eoskeeper.domain.actions import Action, Condition
from eoskeeper.domain.chain_time import Moment, Slot, UtcS
from eoskeeper.domain.events import (
    ActionDecided,
    Event,
    KeeperStarted,
    LeaseWritten,
    MaintenanceSet,
    OutcomeSeen,
    SlotDoubled,
    StandingChanged,
)
from eoskeeper.domain.guard_samples import GuardView
from eoskeeper.domain.hooks import HookView
from eoskeeper.domain.lease.register import Lease, begin_lease
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.policy import Policy, Role
from eoskeeper.domain.register import LeaseRecord
from eoskeeper.domain.samples import (
    ActionOutcome,
    OperatorCommand,
    OutcomeResult,
    RestartPaused,
)
from eoskeeper.domain.standing import Standing, State

__all__ = ["CommandAnswer", "Handover", "Inbox", "Memory", "Settled", "begin", "restore"]


class CommandAnswer(msgspec.Struct, frozen=True):
    """What an operator's order led to; ``reason`` is a sentence for them.

    Attributes:
        conditions: what it was judged by, where there is a list.
    """

    command_id: str
    accepted: bool
    reason: str
    conditions: tuple[Condition, ...] = ()


class Handover(msgspec.Struct, frozen=True):
    """A planned switchover that was ordered here and is not over.

    Attributes:
        command_id: of the order.
        to: the heir.
        at_gap: it waits for the gap between two own turns.
    """

    command_id: str
    to: str
    by: str
    ordered: Moment
    at_gap: bool = True


class Settled(msgspec.Struct, frozen=True):
    """The action that was awaited, and its outcome."""

    action: Action
    outcome: ActionOutcome


class Inbox(msgspec.Struct, frozen=True):
    """What arrived in this cycle and is forgotten after it.

    Attributes:
        guard_fenced: when the guard was asked that answered that it has fenced, with proof.
    """

    settled: Settled | None = None
    restart_paused: tuple[RestartPaused, ...] = ()
    commands: tuple[OperatorCommand, ...] = ()
    guard_fenced: Moment | None = None


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decisions are made from.

    Attributes:
        node: what is known of nodeos.
        standing: this host's place in the succession.
        outstanding: the action whose outcome is awaited.
        outstanding_since: when it was issued.
        last_pause: when the last pause was issued.
        last_result: how the newest action ended; None when the present one has not.
        terminated: pid of the frozen nodeos that SIGTERM was left for.
        next_action_id: counts on across restarts.
        answers: answers to recent orders, newest last.
        advised: the advice given last, so that it is told once.
        lease: in a register; None where the chain is the register.
        guard: what is known of the guard.
        hooks: which of the operator's commands were run, and what the newest question brought.
        handover: a planned switchover under way.
        heir_ready_since: since when the host that is to hold whenever it can has been ready.
        maintained_until: wall time of the end of maintenance; None while there is none.
        keeper_id: of this keeper and of those whose journal it goes on with.
        by_promises: this holder goes on by promises alone: the register does not answer.
        doubled_to: newest slot that was told to be doubled.
        resume_ordered: when the operator last ordered a resume: the lease is claimed for it.
    """

    node: NodeState
    standing: Standing
    outstanding: Action | None = None
    outstanding_since: Moment | None = None
    last_pause: Moment | None = None
    last_result: OutcomeResult | None = None
    terminated: int | None = None
    next_action_id: int = 1
    answers: tuple[CommandAnswer, ...] = ()
    advised: str = ""
    lease: Lease | None = None
    guard: GuardView = GuardView()
    hooks: HookView = HookView()
    doubled_to: Slot = Slot(0)
    resume_ordered: Moment | None = None
    handover: Handover | None = None
    heir_ready_since: Moment | None = None
    maintained_until: UtcS | None = None
    keeper_id: str = ""
    by_promises: bool = False
    inbox: Inbox = Inbox()


def begin(
    now: Moment,
    policy: Policy,
    run: str = "",
    held_before: LeaseRecord | None = None,
    keeper_id: str = "",
) -> Memory:
    """Memory of a keeper without a journal.

    Args:
        now: its start.
        policy: who it is.
        run: of this keeper process; no two are equal.
        held_before: the lease record that the journal it goes on with says this host holds by.
        keeper_id: of that journal; without one this keeper begins it.
    """
    state = State.OBSERVER if policy.role is Role.OBSERVER else State.LEARNING
    keeper_id, lease = keeper_id or run, None
    if policy.lease is not None:
        lease = begin_lease(policy.host, run, held_before, now, keeper_id)
    standing = Standing(state=state, since=now)
    node = NodeState(started=now)
    return Memory(node=node, standing=standing, lease=lease, keeper_id=keeper_id)


_RESTORED_AS: Mapping[State, State] = {
    # While no keeper ran, the operator may have moved production by hand: a standby looks around
    # first. A host that may produce keeps every duty it had.
    State.STANDBY: State.LEARNING,
}


_HELD_BEFORE = frozenset({State.HOLDER, State.FENCING})


def restore(events: Iterable[Event], now: Moment, policy: Policy, run: str = "") -> Memory:
    """Memory of a keeper that was stopped or killed at any moment.

    An action that was decided but has no outcome may or may not have been sent: a ``Resume``
    leaves the host *resuming*, which counts as *may produce*.

    Args:
        events: the journal, oldest first.
        now: start of the new keeper; times of the old one are on another clock.
        policy: role F forgets all standing.
        run: of this keeper process.
    """
    standing, next_id, held_before = begin(now, policy).standing, 1, None
    maintained_until, doubled_to, keeper_id = None, Slot(0), ""
    for event in events:
        if isinstance(event, KeeperStarted):
            keeper_id = event.keeper_id or event.run
        if isinstance(event, LeaseWritten):
            held_before = None if event.record.released else event.record
        if isinstance(event, MaintenanceSet):
            maintained_until = event.until_utc
        if isinstance(event, SlotDoubled):
            doubled_to = event.newest.slot
        if isinstance(event, StandingChanged):
            standing = event.standing
        elif isinstance(event, ActionDecided):
            next_id = event.action.action_id + 1
        elif isinstance(event, OutcomeSeen):
            next_id = max(next_id, event.action_id + 1)
    memory = begin(now, policy, run, held_before, keeper_id)
    memory = msgspec.structs.replace(
        memory, maintained_until=maintained_until, doubled_to=doubled_to
    )
    if memory.standing.state is State.OBSERVER or standing.state is State.OBSERVER:
        return msgspec.structs.replace(memory, next_action_id=next_id)
    state = _RESTORED_AS.get(standing.state, standing.state)
    # The wall time stays: a nodeos that started after it is one that this host never paused.
    since = Moment(now.mono_s, standing.since.utc_s)
    restored = msgspec.structs.replace(standing, state=state, since=since, confirmed=None)
    # Production went on while no keeper ran: the hooks of what began have run.
    hooks = HookView(state=state, holds=state in _HELD_BEFORE)
    return msgspec.structs.replace(memory, standing=restored, next_action_id=next_id, hooks=hooks)
