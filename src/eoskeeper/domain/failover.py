"""The failover machine, as one literal table that checks itself and draws its own diagram.

Invariant: the only rows that resume lead to RESUMING and need a permit; every state in which this
host may produce has a row for each reason to stop; a fence ends only with proof.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from eoskeeper.domain.actions import FenceCause, PermitKind
from eoskeeper.domain.standing import State

__all__ = ["TABLE", "Deed", "Row", "Trigger", "diagram", "table_problems"]


class Trigger(StrEnum):
    """What a row waits for; ``situation`` says when each holds."""

    OPERATOR_PAUSES = "operator pauses"
    HANDOVER_DUE = "handover ordered, and the gap is open"
    LEAVING_DUE = "handover by proof ordered, and the gap is open"
    OPERATOR_RESUMES = "operator resumes, and nobody else may"
    MADE_HERE = "our newest block was made here, unpaused"
    MADE_ELSEWHERE = "a block of ours was made elsewhere"
    DOUBLED = "a host that goes before this one made a block beside ours"
    LEASE_LAPSED = "lease not confirmed in time"
    UNGUARDED = "no guard stands by, or it has fenced"
    HUNG = "nodeos does not answer, and others wait for the lease"
    HUNG_WITH_HEIR = "nodeos does not answer, and a member stands ready"
    ALONE = "no block of any other producer heard"
    TURNS_NOT_STAYED = "own turns in a row did not stay"
    NODE_AWAY = "nodeos away, or a new process"
    NOT_ENTITLED = "node not paused"
    NEW_PROCESS = "node not paused, and a new process"
    PAUSE_UNCONFIRMED = "pause not proven for this nodeos"
    WATCHED_PAUSED = "watched a round, node paused"
    WATCHED_UNPAUSED = "watched a round, node not paused, none of ours made"
    PAUSE_PROVEN = "pause proven"
    PAUSE_DUE = "a second since the last try"
    FROZEN = "pause not proven, process stopped"
    PROOF_HEARD = "a member has stopped for this host, all conditions met"
    TAKEOVER_DUE = "own turns empty, all conditions met, next own turn near"
    LEASE_HOLDS = "lease still holds"
    GONE_WITH_HEIR = "nodeos has ended, and a member stands ready"
    ISOLATION_OVER = "others heard for a round, lease still holds"
    RESUME_PROVEN = "resume proven"
    RESUME_FAILED = "resume certainly not done"
    RESUME_UNSENT = "resume may not have been sent, permit still good"
    PERMIT_VOID = "resume had no effect, permit over"


class Deed(StrEnum):
    """What a row does."""

    NONE = "none"
    PAUSE = "pause"
    RESUME = "resume"
    TERMINATE = "terminate"


class Row(msgspec.Struct, frozen=True):
    """In ``state``, when ``trigger`` holds, go to ``to`` and do ``deed``.

    Rows of a state are tried in order; the first that holds is taken.

    Attributes:
        to: next state; None means the one kept in ``Standing.then``.
        then: where a proven fence or a failed resume leads.
        cause: why it pauses.
        permit: what ground it resumes on.
    """

    state: State
    trigger: Trigger
    to: State | None
    deed: Deed = Deed.NONE
    then: State | None = None
    cause: FenceCause | None = None
    permit: PermitKind | None = None


def _fence(state: State, trigger: Trigger, cause: FenceCause, then: State) -> Row:
    return Row(state, trigger, State.FENCING, Deed.PAUSE, then, cause)


def _resume(state: State, trigger: Trigger, permit: PermitKind) -> Row:
    return Row(state, trigger, State.RESUMING, Deed.RESUME, state, None, permit)


def _idle(state: State, row: Row | None = None) -> tuple[Row, ...]:
    """What every host that is paused and not entitled keeps to."""
    own = () if row is None else (row,)
    return (
        _fence(state, _T.OPERATOR_PAUSES, _C.OPERATOR, _S.HELD),
        _fence(state, _T.NOT_ENTITLED, _C.NOT_ENTITLED, state),
        _fence(state, _T.PAUSE_UNCONFIRMED, _C.RESTARTED, state),
        *own,
    )


_S, _T, _C, _P = State, Trigger, FenceCause, PermitKind

TABLE: tuple[Row, ...] = (
    # Just started: look for a whole round, or until it is known who makes our blocks.
    _fence(_S.LEARNING, _T.OPERATOR_PAUSES, _C.OPERATOR, _S.HELD),
    _fence(_S.LEARNING, _T.MADE_ELSEWHERE, _C.PRODUCED_ELSEWHERE, _S.STANDBY),
    _fence(_S.LEARNING, _T.DOUBLED, _C.PRODUCED_ELSEWHERE, _S.STANDBY),
    _fence(_S.LEARNING, _T.LEASE_LAPSED, _C.LEASE_LAPSED, _S.STANDBY),
    _fence(_S.LEARNING, _T.UNGUARDED, _C.UNGUARDED, _S.STANDBY),
    Row(_S.LEARNING, _T.MADE_HERE, _S.HOLDER),
    _fence(_S.LEARNING, _T.NEW_PROCESS, _C.RESTARTED, _S.STANDBY),
    _fence(_S.LEARNING, _T.ALONE, _C.ALONE, _S.STANDBY),
    _fence(_S.LEARNING, _T.TURNS_NOT_STAYED, _C.TURNS_NOT_STAYED, _S.LAPSED),
    Row(_S.LEARNING, _T.WATCHED_PAUSED, _S.STANDBY),
    _fence(_S.LEARNING, _T.WATCHED_UNPAUSED, _C.NOT_ENTITLED, _S.STANDBY),
    # Paused and ready.
    *_idle(_S.STANDBY),
    _resume(_S.STANDBY, _T.OPERATOR_RESUMES, _P.OPERATOR),
    _resume(_S.STANDBY, _T.PROOF_HEARD, _P.PROVEN),
    _resume(_S.STANDBY, _T.TAKEOVER_DUE, _P.TAKEOVER),
    # Lost its lease by turns, or left it: last in the line, until somebody else produces.
    *_idle(_S.LAPSED, Row(_S.LAPSED, _T.MADE_ELSEWHERE, _S.STANDBY)),
    _resume(_S.LAPSED, _T.OPERATOR_RESUMES, _P.OPERATOR),
    _resume(_S.LAPSED, _T.TAKEOVER_DUE, _P.TAKEOVER),
    # Fenced because it was alone: a short cut of the line must not cost a standby's delay.
    *_idle(_S.ISOLATED, Row(_S.ISOLATED, _T.MADE_ELSEWHERE, _S.STANDBY)),
    Row(_S.ISOLATED, _T.TURNS_NOT_STAYED, _S.LAPSED),
    _resume(_S.ISOLATED, _T.OPERATOR_RESUMES, _P.OPERATOR),
    _resume(_S.ISOLATED, _T.ISOLATION_OVER, _P.AFTER_ISOLATION),
    # The holder's nodeos came back: paused first, asked now.
    *_idle(_S.RESTARTED, Row(_S.RESTARTED, _T.MADE_ELSEWHERE, _S.STANDBY)),
    Row(_S.RESTARTED, _T.TURNS_NOT_STAYED, _S.LAPSED),
    _resume(_S.RESTARTED, _T.OPERATOR_RESUMES, _P.OPERATOR),
    _resume(_S.RESTARTED, _T.LEASE_HOLDS, _P.OWN_RESTART),
    Row(_S.RESTARTED, _T.GONE_WITH_HEIR, _S.LAPSED),
    # Paused by the operator: the operator's to resume.
    *_idle(_S.HELD),
    _resume(_S.HELD, _T.OPERATOR_RESUMES, _P.OPERATOR),
    # A resume under way: may produce until its answer is known.
    _fence(_S.RESUMING, _T.OPERATOR_PAUSES, _C.OPERATOR, _S.HELD),
    _fence(_S.RESUMING, _T.MADE_ELSEWHERE, _C.PRODUCED_ELSEWHERE, _S.STANDBY),
    _fence(_S.RESUMING, _T.DOUBLED, _C.PRODUCED_ELSEWHERE, _S.STANDBY),
    _fence(_S.RESUMING, _T.LEASE_LAPSED, _C.LEASE_LAPSED, _S.STANDBY),
    _fence(_S.RESUMING, _T.UNGUARDED, _C.UNGUARDED, _S.STANDBY),
    _fence(_S.RESUMING, _T.ALONE, _C.ALONE, _S.ISOLATED),
    _fence(_S.RESUMING, _T.TURNS_NOT_STAYED, _C.TURNS_NOT_STAYED, _S.LAPSED),
    _fence(_S.RESUMING, _T.NODE_AWAY, _C.RESTARTED, _S.RESTARTED),
    _fence(_S.RESUMING, _T.HUNG, _C.HUNG, _S.STANDBY),
    Row(_S.RESUMING, _T.RESUME_PROVEN, _S.HOLDER),
    Row(_S.RESUMING, _T.RESUME_FAILED, None),
    Row(_S.RESUMING, _T.RESUME_UNSENT, _S.RESUMING, Deed.RESUME),
    _fence(_S.RESUMING, _T.PERMIT_VOID, _C.NOT_ENTITLED, _S.STANDBY),
    # Entitled.
    _fence(_S.HOLDER, _T.OPERATOR_PAUSES, _C.OPERATOR, _S.HELD),
    _fence(_S.HOLDER, _T.HANDOVER_DUE, _C.HANDOVER, _S.STANDBY),
    _fence(_S.HOLDER, _T.LEAVING_DUE, _C.HANDOVER, _S.LAPSED),
    _fence(_S.HOLDER, _T.MADE_ELSEWHERE, _C.PRODUCED_ELSEWHERE, _S.STANDBY),
    _fence(_S.HOLDER, _T.DOUBLED, _C.PRODUCED_ELSEWHERE, _S.STANDBY),
    _fence(_S.HOLDER, _T.LEASE_LAPSED, _C.LEASE_LAPSED, _S.STANDBY),
    _fence(_S.HOLDER, _T.UNGUARDED, _C.UNGUARDED, _S.STANDBY),
    _fence(_S.HOLDER, _T.ALONE, _C.ALONE, _S.ISOLATED),
    _fence(_S.HOLDER, _T.TURNS_NOT_STAYED, _C.TURNS_NOT_STAYED, _S.LAPSED),
    _fence(_S.HOLDER, _T.NODE_AWAY, _C.RESTARTED, _S.RESTARTED),
    _fence(_S.HOLDER, _T.HUNG, _C.HUNG, _S.STANDBY),
    _fence(_S.HOLDER, _T.HUNG_WITH_HEIR, _C.HUNG, _S.LAPSED),
    # Must stop: tried until it is proven.
    _fence(_S.FENCING, _T.OPERATOR_PAUSES, _C.OPERATOR, _S.HELD),
    Row(_S.FENCING, _T.PAUSE_PROVEN, None),
    Row(_S.FENCING, _T.FROZEN, _S.FENCING, Deed.TERMINATE),
    Row(_S.FENCING, _T.PAUSE_DUE, _S.FENCING, Deed.PAUSE),
)

_STOPS = frozenset(
    {
        _T.OPERATOR_PAUSES,
        _T.MADE_ELSEWHERE,
        _T.DOUBLED,
        _T.LEASE_LAPSED,
        _T.UNGUARDED,
        _T.ALONE,
        _T.TURNS_NOT_STAYED,
    }
)


def table_problems(table: tuple[Row, ...] = TABLE) -> list[str]:
    """Everything that is wrong with the table; empty when it keeps the invariant."""
    problems = [
        f"{row.state}: {row.trigger}: {text}" for row in table for text in _row_problems(row)
    ]
    seen: set[tuple[State, Trigger]] = set()
    for row in table:
        if (row.state, row.trigger) in seen:
            problems.append(f"{row.state}: {row.trigger}: twice")
        seen.add((row.state, row.trigger))
    for state in (_S.LEARNING, _S.RESUMING, _S.HOLDER):
        missing = _STOPS - {trigger for owner, trigger in seen if owner is state}
        problems += [f"{state}: no row for {trigger}" for trigger in sorted(missing)]
    reached = {target for row in table for target in (row.to, row.then) if target}
    problems += [f"{s}: never reached" for s in State if s not in reached | _BEGINNINGS]
    problems += [f"{t}: never used" for t in Trigger if t not in {r.trigger for r in table}]
    return problems


_BEGINNINGS = frozenset({State.LEARNING, State.OBSERVER})


def _row_problems(row: Row) -> list[str]:
    problems = []
    if row.deed is Deed.RESUME and row.to is not State.RESUMING:
        problems.append("resumes without going to resuming")
    if row.deed is Deed.RESUME and row.permit is None and row.state is not State.RESUMING:
        problems.append("resumes without a ground for a permit")
    if row.to is State.FENCING and row.deed not in {Deed.PAUSE, Deed.TERMINATE}:
        problems.append("fences without a pause")
    if row.deed is Deed.TERMINATE and row.state is not State.FENCING:
        problems.append("terminates before it fences")
    if row.deed is Deed.PAUSE and row.to is not State.FENCING:
        problems.append("pauses without going to fencing")
    if row.to is State.FENCING and row.state is not State.FENCING and row.cause is None:
        problems.append("fences without a cause")
    if row.to is State.HOLDER and row.trigger not in {_T.MADE_HERE, _T.RESUME_PROVEN}:
        problems.append("becomes holder without proof")
    return problems


def diagram(table: tuple[Row, ...] = TABLE) -> str:
    """The table as a Mermaid state diagram, for ``docs/failover.md``."""
    lines = ["stateDiagram-v2", "    [*] --> learning", "    [*] --> observer"]
    lines += [f"    {row.state} --> {_target(row)}: {_label(row)}" for row in table]
    thens = sorted({row.then for row in table if row.to is State.FENCING and row.then})
    lines += [f"    fencing --> {state}: {_T.PAUSE_PROVEN}" for state in thens]
    return "\n".join(line for line in lines if "--> None" not in line) + "\n"


def _target(row: Row) -> str:
    if row.to is not None:
        return str(row.to)
    return "None" if row.state is State.FENCING else "standby"


def _label(row: Row) -> str:
    deed = "" if row.deed is Deed.NONE else f" / {row.deed}"
    return f"{row.trigger}{deed}"
