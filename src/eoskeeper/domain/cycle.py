"""The cycle: the whole keeper on one page.

Samples are folded into what is known, the table of ``failover`` is asked once, and out come the
new memory, the events to journal and the actions to take after that. Pure: same input, same output.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from eoskeeper.domain.actions import (
    Action,
    Condition,
    FenceCause,
    Pause,
    Permit,
    Resume,
    Terminate,
)
from eoskeeper.domain.answering import answer_commands
from eoskeeper.domain.asking import Asked, ask, due_in_s
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.conditions import newest_own_maker
from eoskeeper.domain.doubling import fold_doubled
from eoskeeper.domain.events import ActionDecided, Advised, Event, OutcomeSeen, StandingChanged
from eoskeeper.domain.failover import TABLE, Deed, Row, Trigger
from eoskeeper.domain.guarding import fold_guard
from eoskeeper.domain.handover import LEAVES, fold_orders, heir_now
from eoskeeper.domain.hooking import fold_hooks
from eoskeeper.domain.lease.register import Answer, fold_lease
from eoskeeper.domain.lease_situation import is_forced
from eoskeeper.domain.maintenance import fold_maintenance, is_frozen
from eoskeeper.domain.memory import Inbox, Memory, Settled
from eoskeeper.domain.node_state import fold
from eoskeeper.domain.permits import new_holdership, old_holdership, permit_for
from eoskeeper.domain.policy import FailoverMode, Policy
from eoskeeper.domain.promising import fold_promises
from eoskeeper.domain.reasons import why
from eoskeeper.domain.report import Report, report_of
from eoskeeper.domain.samples import (
    ActionOutcome,
    CasApplied,
    CasRefused,
    CasUnknown,
    CommandKind,
    GuardLost,
    GuardRead,
    GuardRefused,
    OperatorCommand,
    OutcomeResult,
    RegisterFailed,
    RegisterRead,
    RestartPaused,
    Sample,
)
from eoskeeper.domain.situation import holds
from eoskeeper.domain.standing import Standing, State

__all__ = ["Cycle", "Step", "cycle", "step"]

RESTART_WATCH_ID = 0
"""Action id under which the restart watch's own pauses are journalled."""

_ROWS: dict[State, tuple[Row, ...]] = {
    state: tuple(row for row in TABLE if row.state is state) for state in State
}
_OPERATOR = frozenset(
    {
        Trigger.OPERATOR_PAUSES,
        Trigger.OPERATOR_RESUMES,
        Trigger.HANDOVER_DUE,
        Trigger.LEAVING_DUE,
    }
)
_FOLLOWS = frozenset({State.STANDBY, State.LAPSED, State.ISOLATED, State.RESTARTED, State.HELD})


class Cycle(msgspec.Struct, frozen=True):
    """What one cycle yields.

    Attributes:
        memory: to be handed to the next cycle.
        events: to be journalled, in order, before any action is taken.
        actions: to be taken then.
        requests: to be sent to the register and to the guard then; each is answered by a sample.
        due_in_s: seconds until the next cycle is wanted for its own sake; None: any time will do.
        report: what everybody else may know.
    """

    memory: Memory
    events: tuple[Event, ...]
    actions: tuple[Action, ...]
    requests: tuple[Asked, ...]
    due_in_s: float | None
    report: Report


class Step(msgspec.Struct, frozen=True):
    """A cycle without its report."""

    memory: Memory
    events: tuple[Event, ...]
    actions: tuple[Action, ...]
    requests: tuple[Asked, ...] = ()


def cycle(memory: Memory, samples: Sequence[Sample], now: Moment, policy: Policy) -> Cycle:
    """Take in what was seen, decide, and report.

    Args:
        memory: of the cycle before.
        samples: everything seen since, in order of arrival.
        now: read once for the whole cycle.
        policy: who this host is and its limits.
    """
    done = step(memory, samples, now, policy)
    report = report_of(done.memory, now, policy)
    due = due_in_s(done.memory, now, policy)
    return Cycle(done.memory, done.events, done.actions, done.requests, due, report)


def step(memory: Memory, samples: Sequence[Sample], now: Moment, policy: Policy) -> Step:
    """The cycle without the report, for those who replay days."""
    memory, ended = fold_hooks(memory, samples)
    memory, seen = _take_in(memory, samples, policy)
    memory, doubled = fold_doubled(memory, now, policy)
    memory, maintained = fold_maintenance(memory, now)
    memory, promised = fold_promises(memory, now, policy)
    memory = fold_orders(memory, now, policy)
    memory, decided, actions = _decide(memory, now, policy)
    memory, written, requests = ask(memory, now, policy)
    memory, answered = answer_commands(memory, now, policy)
    memory = msgspec.structs.replace(memory, inbox=Inbox())
    told = (*ended, *seen, *doubled, *maintained, *promised, *decided, *written, *answered)
    return Step(memory, told, actions, requests)


# --- fold ---------------------------------------------------------------------------------------


def _take_in(
    memory: Memory, samples: Sequence[Sample], policy: Policy
) -> tuple[Memory, tuple[Event, ...]]:
    node, inbox, events = memory.node, Inbox(), []
    for sample in samples:
        match sample:
            case ActionOutcome():
                if _is_news(memory, sample):
                    events.append(_outcome_event(sample.at, sample.action_id, sample))
                inbox = _settle(inbox, memory, sample)
            case RestartPaused():
                events.append(_outcome_event(sample.at, RESTART_WATCH_ID, sample))
                told = (*inbox.restart_paused, sample)
                inbox = msgspec.structs.replace(inbox, restart_paused=told)
            case OperatorCommand():
                commands = (*inbox.commands, sample)
                inbox = msgspec.structs.replace(inbox, commands=commands)
                if sample.kind is CommandKind.RESUME:
                    memory = msgspec.structs.replace(memory, resume_ordered=sample.at)
            case RegisterRead() | RegisterFailed() | CasApplied() | CasRefused() | CasUnknown():
                memory = _heard_of_register(memory, sample, policy)
            case GuardRead() | GuardRefused() | GuardLost():
                guard = fold_guard(memory.guard, sample)
                memory = msgspec.structs.replace(memory, guard=guard)
                if isinstance(sample, GuardRead) and sample.is_fenced:
                    inbox = msgspec.structs.replace(inbox, guard_fenced=sample.asked)
            case _:
                node = fold(node, sample, policy)
    memory = msgspec.structs.replace(memory, node=node, inbox=inbox)
    return _confirm(memory), tuple(events)


def _heard_of_register(memory: Memory, answer: Answer, policy: Policy) -> Memory:
    if memory.lease is None or policy.lease is None:
        return memory
    return msgspec.structs.replace(memory, lease=fold_lease(memory.lease, answer, policy.lease))


def _outcome_event(at: Moment, action_id: int, told: ActionOutcome | RestartPaused) -> OutcomeSeen:
    return OutcomeSeen(at, action_id, told.result, told.detail)


def _is_news(memory: Memory, outcome: ActionOutcome) -> bool:
    """A pause is tried until it is proven: only the first failure of a kind is worth a line."""
    awaited, standing = memory.outstanding, memory.standing
    if not isinstance(awaited, Pause) or awaited.action_id != outcome.action_id:
        return True
    return standing.state is not State.FENCING or outcome.result is not memory.last_result


def _settle(inbox: Inbox, memory: Memory, outcome: ActionOutcome) -> Inbox:
    awaited = memory.outstanding
    if awaited is None or awaited.action_id != outcome.action_id:
        return inbox
    return msgspec.structs.replace(inbox, settled=Settled(awaited, outcome))


def _confirm(memory: Memory) -> Memory:
    """Close the awaited action, and remember since when a pause is proven."""
    settled, standing = memory.inbox.settled, memory.standing
    proofs = [r.sent for r in memory.inbox.restart_paused if r.result is OutcomeResult.PROVEN]
    if settled is not None:
        memory = msgspec.structs.replace(
            memory,
            outstanding=None,
            outstanding_since=None,
            last_result=settled.outcome.result,
        )
        standing = _close_resume(standing, settled)
        proven = settled.outcome.result is OutcomeResult.PROVEN
        if isinstance(settled.action, Terminate) and not proven:
            memory = msgspec.structs.replace(memory, terminated=None)
        if proven and isinstance(settled.action, Pause) and settled.outcome.sent is not None:
            proofs.append(settled.outcome.sent)
    if memory.inbox.guard_fenced is not None:
        proofs.append(memory.inbox.guard_fenced)
    if proofs:
        standing = msgspec.structs.replace(standing, confirmed=proofs[-1])
    return msgspec.structs.replace(memory, standing=standing)


def _close_resume(standing: Standing, settled: Settled) -> Standing:
    """A clear answer is that of its own request; of earlier ones it says nothing."""
    unclear = settled.outcome.result is OutcomeResult.UNPROVEN
    if unclear or not isinstance(settled.action, Resume):
        return standing
    return msgspec.structs.replace(standing, open_resumes=max(0, standing.open_resumes - 1))


# --- decide -------------------------------------------------------------------------------------


def _decide(
    memory: Memory, now: Moment, policy: Policy
) -> tuple[Memory, tuple[Event, ...], tuple[Action, ...]]:
    """Take the first row that holds."""
    for row in _rows(memory, policy):
        if holds(row.trigger, memory, now, policy):
            if is_frozen(row, memory, now):
                continue
            if row.deed is Deed.NONE or _may_do(row, policy):
                return _take(row, memory, now, policy)
            passive = _already_so(row, memory)
            if passive is not None:
                return _take(passive, memory, now, policy)
            if not _is_idle_pause(row):
                return _advise(row, memory, now, policy)
    return memory, (), ()


def _rows(memory: Memory, policy: Policy) -> tuple[Row, ...]:
    """The rows of the state; outside ``auto`` also one that follows the operator's own hands."""
    state = memory.standing.state
    if policy.failover.mode is FailoverMode.AUTO or state not in _FOLLOWS:
        return _ROWS[state]
    return (Row(state, Trigger.MADE_HERE, State.HOLDER), *_ROWS[state])


def _may_do(row: Row, policy: Policy) -> bool:
    """Outside ``auto`` only the operator's orders, and what finishes them, are carried out."""
    if policy.failover.mode is FailoverMode.AUTO or row.trigger in _OPERATOR:
        return True
    return row.state is State.FENCING or row.trigger is Trigger.RESUME_UNSENT


def _already_so(row: Row, memory: Memory) -> Row | None:
    """A pause that may not be ordered, of a node that is paused already: nothing to do."""
    paused = memory.node.paused
    if row.deed is not Deed.PAUSE or paused is None or not paused.paused:
        return None
    return (
        None if row.then is row.state else msgspec.structs.replace(row, to=row.then, deed=Deed.NONE)
    )


def _is_idle_pause(row: Row) -> bool:
    return row.deed is Deed.PAUSE and row.trigger is Trigger.PAUSE_UNCONFIRMED


def _take(
    row: Row, memory: Memory, now: Moment, policy: Policy
) -> tuple[Memory, tuple[Event, ...], tuple[Action, ...]]:
    before = memory.standing
    action = _action(row, memory, now, policy)
    standing = _next_standing(row, action, memory, now, policy)
    changes: dict[str, object] = {"standing": standing, "advised": ""}
    if action is not None:
        changes |= {
            "outstanding": action,
            "outstanding_since": now,
            "next_action_id": action.action_id + 1,
        }
    if isinstance(action, Terminate):
        changes["terminated"] = action.pid
    if isinstance(action, Pause):
        changes["last_pause"] = now
        if row.trigger is not Trigger.PAUSE_DUE:
            changes["last_result"] = None
    events: list[Event] = []
    if standing.state is not before.state or standing.then is not before.then:
        reason = why(row.trigger, memory, now, policy)
        evidence = action.permit.conditions if isinstance(action, Resume) else ()
        events.append(
            StandingChanged(now, before.state, standing, str(row.trigger), reason, evidence)
        )
    if action is not None and row.trigger is not Trigger.PAUSE_DUE:
        # The decision to pause until it is proven is journalled once, not at each try.
        events.append(ActionDecided(now, action))
    actions = () if action is None else (action,)
    return msgspec.structs.replace(memory, **changes), tuple(events), actions


def _action(row: Row, memory: Memory, now: Moment, policy: Policy) -> Action | None:
    number = memory.next_action_id
    reason = why(row.trigger, memory, now, policy)
    match row.deed:
        case Deed.NONE:
            return None
        case Deed.PAUSE:
            cause = row.cause or memory.standing.cause or FenceCause.NOT_ENTITLED
            then = row.then or memory.standing.then
            forced = is_forced(memory, cause, then, now, policy)
            may_come = memory.standing.resume_may_come(now)
            return Pause(number, cause, reason, to_the_end=forced, resume_may_come=may_come)
        case Deed.TERMINATE:
            process = memory.node.process
            assert process is not None, "a frozen process that is not known"
            return Terminate(number, process.pid, process.started_utc, reason)
        case Deed.RESUME:
            return Resume(number, _permit(row, memory, now, policy), reason)


def _permit(row: Row, memory: Memory, now: Moment, policy: Policy) -> Permit:
    """The permit of a resuming row; its trigger held, so all its conditions are met."""
    if row.permit is None:
        permit: Permit | object = memory.standing.permit
    else:
        permit = permit_for(row.permit, memory, now, policy)
    assert isinstance(permit, Permit), f"{row.trigger} held without a permit: {permit}"
    return permit


def _next_standing(
    row: Row, action: Action | None, memory: Memory, now: Moment, policy: Policy
) -> Standing:
    before = memory.standing
    to = row.to or before.then
    entered = to is not before.state
    begins = entered or isinstance(action, Resume)
    changes: dict[str, object] = {"state": to, "since": now if begins else before.since}
    if row.then is not None:
        changes["then"] = row.then
    if row.cause is not None:
        changes["cause"] = row.cause
    if isinstance(action, Resume):
        open_before = before.open_resumes if before.resume_may_come(now) else 0
        changes |= {"open_resumes": open_before + 1, "resumed_at": now}
    if isinstance(action, Resume) and row.permit is not None:
        changes |= new_holdership(before, action.permit)
    if row.trigger in LEAVES:
        changes["heir"] = heir_now(row.trigger, memory, now, policy)
    if row.trigger is Trigger.MADE_ELSEWHERE:
        changes["heir"] = ""
    if row.trigger is Trigger.RESUME_FAILED:
        changes |= old_holdership(before)
    if row.trigger is Trigger.MADE_HERE:
        newest = newest_own_maker(memory.node)
        held_from = newest[0].slot if newest else None
        changes |= {"held_from": held_from, "term": before.term + 1, "heir": ""}
    return msgspec.structs.replace(before, **changes)


def _advise(
    row: Row, memory: Memory, now: Moment, policy: Policy
) -> tuple[Memory, tuple[Event, ...], tuple[Action, ...]]:
    """Tell once what would have been done; ``off`` says nothing."""
    told = f"{row.deed} because {row.trigger}"
    if policy.failover.mode is FailoverMode.OFF or memory.advised == told:
        return memory, (), ()
    evidence: tuple[Condition, ...] = ()
    if row.permit is not None:
        permit = permit_for(row.permit, memory, now, policy)
        evidence = permit.conditions if isinstance(permit, Permit) else permit
    reason = why(row.trigger, memory, now, policy)
    event = Advised(now, str(row.deed), str(row.trigger), reason, evidence)
    return msgspec.structs.replace(memory, advised=told), (event,), ()
