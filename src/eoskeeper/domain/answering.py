"""Answering: what an operator's order led to, as a sentence for them."""

from __future__ import annotations

import msgspec

from eoskeeper.domain.actions import FenceCause, Met, PermitKind
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.events import CommandAnswered, Event
from eoskeeper.domain.handover import heir_conditions
from eoskeeper.domain.memory import CommandAnswer, Memory
from eoskeeper.domain.permits import permit_for
from eoskeeper.domain.policy import Policy
from eoskeeper.domain.samples import CommandKind, OperatorCommand
from eoskeeper.domain.standing import State

__all__ = ["answer_commands"]

ANSWERS_KEPT = 16


def answer_commands(
    memory: Memory, now: Moment, policy: Policy
) -> tuple[Memory, tuple[Event, ...]]:
    """An answer to each order of this cycle, and the events that tell of it."""
    events: list[Event] = []
    for command in memory.inbox.commands:
        answer = _judge_command(command, memory, now, policy)
        answers = (*memory.answers[-ANSWERS_KEPT + 1 :], answer)
        memory = msgspec.structs.replace(memory, answers=answers)
        if command.dry_run:
            continue  # a question, not an order
        events.append(
            CommandAnswered(now, command.kind, command.by, answer.accepted, answer.reason)
        )
    return memory, tuple(events)


def _judge_command(
    command: OperatorCommand, memory: Memory, now: Moment, policy: Policy
) -> CommandAnswer:
    state = memory.standing.state
    if state is State.OBSERVER:
        return _refused(command, "no producer on this host (role F)")
    if command.kind is CommandKind.MAINTENANCE:
        return _accepted(command, _maintenance_text(memory, now))
    if command.kind is CommandKind.SWITCHOVER:
        return _judge_switchover(command, memory, now, policy)
    if command.kind is CommandKind.PAUSE:
        accepted = memory.standing.then is State.HELD or state is State.HELD
        reason = "pausing; production here stays off until `eoskeeper resume`"
        return CommandAnswer(command.command_id, accepted=accepted, reason=reason)
    if state is State.HOLDER:
        return _accepted(command, "this host is the holder already")
    if state is State.RESUMING:
        return _accepted(command, "resuming")
    missing = permit_for(PermitKind.OPERATOR, memory, now, policy)
    return _refused(command, _refusal(missing, state))


def _judge_switchover(
    command: OperatorCommand, memory: Memory, now: Moment, policy: Policy
) -> CommandAnswer:
    conditions = heir_conditions(memory, command.to, now, policy)
    taken, handover = False, memory.handover
    missing = "; ".join(
        f"{one.name}: {one.figure}, needs {one.needed}"
        for one in conditions
        if one.met is not Met.YES
    )
    if handover is not None:
        taken = handover.command_id == command.command_id
        reason = f"production goes to {handover.to}, ordered by {handover.by}"
    elif command.dry_run:
        taken, reason = not missing, missing or f"{command.to} is ready"
    elif memory.standing.cause is FenceCause.HANDOVER and not missing:
        taken, reason = True, f"production goes to {command.to}"
    else:
        reason = f"not safe now: {missing}" if missing else "not possible now"
    return CommandAnswer(command.command_id, taken, reason, conditions)


def _maintenance_text(memory: Memory, now: Moment) -> str:
    until = memory.maintained_until
    if until is None:
        return "maintenance is over; the keeper decides again"
    return (
        f"maintenance for {until - now.utc_s:.0f} s: no takeover, no hand-over and no fence for a "
        "node that is away; what keeps two hosts apart, and the guard, go on"
    )


def _accepted(command: OperatorCommand, reason: str) -> CommandAnswer:
    return CommandAnswer(command.command_id, accepted=True, reason=reason)


def _refused(command: OperatorCommand, reason: str) -> CommandAnswer:
    return CommandAnswer(command.command_id, accepted=False, reason=reason)


def _refusal(missing: object, state: State) -> str:
    if isinstance(missing, tuple):
        listed = "; ".join(f"{c.name}: {c.figure}, needs {c.needed}" for c in missing)
        return f"not safe now: {listed}"
    return f"not possible while this host is {state}"
