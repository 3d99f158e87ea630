"""Vitals: what the health rules need to know beyond the state that failover decides on.

Folded from the same samples, beside ``NodeState`` and never read by failover: an alarm that is
wrong must not be able to move production.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.hooks import HookName
from eoskeeper.domain.node_state import SAME_START_S
from eoskeeper.domain.samples import (
    BlocksRead,
    CasApplied,
    CasRefused,
    CasUnknown,
    ClockOffsetRead,
    ConnectionsRead,
    DatabaseSizeRead,
    FailureReason,
    FinalizersRead,
    FoldersRead,
    GuardRead,
    HeadRead,
    HookRan,
    HostRead,
    KeeperRead,
    LogFollowed,
    LoggedNote,
    NodeNote,
    NotProducingLogged,
    PausedRead,
    PeerRead,
    ProbeFailed,
    ProbeName,
    ProcessRead,
    RegisterFailed,
    RegisterRead,
    Sample,
    ScheduleRead,
    UnitRead,
)

__all__ = ["FailureRow", "Vitals", "fold_vitals"]

MOMENTS_KEPT = 100
"""Fork switches and restarts that are remembered one by one."""


class FailureRow(msgspec.Struct, frozen=True):
    """An unbroken row of failures of one probe.

    Attributes:
        since: of the first one.
        count: how many.
    """

    since: Moment
    count: int
    reason: FailureReason
    detail: str


class Vitals(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of the node's health; every ``None`` means *not seen yet*.

    Attributes:
        started: when this keeper began to watch.
        failing: the row of failures of each probe that has not succeeded since.
        peer_failing: the same for each peer keeper.
        head_moved: when the head was last seen at a height above the one before, and that height.
        fork_switches: when the node was seen to replace blocks that it had told before.
        notes: newest log note of each kind that was printed while this keeper watched.
        doubled: newest note that a producer doubled a block, by producer.
        not_producing: newest "Not producing block because" line printed while it watched.
        process_seen: whether a nodeos process was ever seen.
        process_gone: since when none is; None while there is one.
        restarts: when nodeos was seen to be another process than before.
        away_s: how long no process was seen before the newest of them; 0 when none was missed.
        pending_finalizers: generation that waits to become active, and since when.
        cycles_late: newest cycle that began late, by its own look at itself.
        register_answered: when the register last said what lies there.
        register_failing: when the first failure came that no such answer has followed.
        register_why: the newest of those failures, in words.
        guard: its newest answer.
        hooks: the newest end of each hook.
        dropped: readings lost because the queue was full, in total; and when last.
    """

    started: Moment
    failing: Mapping[ProbeName, FailureRow] = {}
    peer_failing: Mapping[str, FailureRow] = {}
    head_moved: Moment | None = None
    head_number: int | None = None
    fork_switches: tuple[Moment, ...] = ()
    tip_number: int | None = None
    notes: Mapping[NodeNote, LoggedNote] = {}
    doubled: Mapping[str, LoggedNote] = {}
    not_producing: NotProducingLogged | None = None
    process_seen: bool = False
    process_gone: Moment | None = None
    process: ProcessRead | None = None
    restarts: tuple[Moment, ...] = ()
    away_s: float = 0.0
    host: HostRead | None = None
    folders: FoldersRead | None = None
    clock_offset: ClockOffsetRead | None = None
    finalizers: FinalizersRead | None = None
    pending_finalizers: int | None = None
    pending_since: Moment | None = None
    unit: UnitRead | None = None
    keeper: KeeperRead | None = None
    register_answered: Moment | None = None
    register_failing: Moment | None = None
    register_why: str = ""
    guard: GuardRead | None = None
    hooks: Mapping[HookName, HookRan] = {}
    dropped: int = 0
    last_dropped: Moment | None = None


def fold_vitals(vitals: Vitals, sample: Sample) -> Vitals:
    """Take one sample in."""
    changes: dict[str, Any] = {}
    if isinstance(sample, ProbeFailed):
        changes |= _failed(vitals, sample)
    else:
        probe = _PROBE_OF.get(type(sample))
        if probe is not None and probe in vitals.failing:
            changes["failing"] = {n: r for n, r in vitals.failing.items() if n is not probe}
    folder = _FOLDERS.get(type(sample))
    if folder is not None:
        changes |= folder(vitals, sample)
    return msgspec.structs.replace(vitals, **changes) if changes else vitals


def _failed(vitals: Vitals, failure: ProbeFailed) -> dict[str, Any]:
    if failure.probe is ProbeName.PEER and failure.subject:
        row = _longer(vitals.peer_failing.get(failure.subject), failure)
        return {"peer_failing": {**vitals.peer_failing, failure.subject: row}}
    row = _longer(vitals.failing.get(failure.probe), failure)
    changes: dict[str, Any] = {"failing": {**vitals.failing, failure.probe: row}}
    gone = failure.probe is ProbeName.PROCESS and failure.reason is FailureReason.MISSING
    if gone and vitals.process_gone is None:
        changes["process_gone"] = failure.at
    return changes


def _longer(row: FailureRow | None, failure: ProbeFailed) -> FailureRow:
    if row is None:
        return FailureRow(failure.at, 1, failure.reason, failure.detail)
    return FailureRow(row.since, row.count + 1, failure.reason, failure.detail)


def _fold_head(vitals: Vitals, head: HeadRead) -> dict[str, Any]:
    if vitals.head_number is not None and head.head_number <= vitals.head_number:
        # A lower head is a fork switch on its way up again: the old mark has to be passed.
        return {}
    return {"head_moved": head.at, "head_number": head.head_number}


def _fold_blocks(vitals: Vitals, read: BlocksRead) -> dict[str, Any]:
    """Blocks told again at a known height are a fork switch, as the chain API shows it."""
    changes: dict[str, Any] = {"tip_number": read.blocks[-1].number}
    known = vitals.tip_number
    if known is not None and not read.gap_before and read.blocks[0].number <= known:
        changes["fork_switches"] = (*vitals.fork_switches[-MOMENTS_KEPT + 1 :], read.at)
    return changes


def _fold_note(vitals: Vitals, note: LoggedNote) -> dict[str, Any]:
    if not _is_news(vitals, note):
        return {}
    changes: dict[str, Any] = {"notes": {**vitals.notes, note.note: note}}
    if note.note is NodeNote.DOUBLE_PRODUCED:
        # "ACCOUNT double produced block N": another account's must not hide ours.
        changes["doubled"] = {**vitals.doubled, note.text.partition(" ")[0]: note}
    return changes


def _fold_not_producing(vitals: Vitals, line: NotProducingLogged) -> dict[str, Any]:
    return {"not_producing": line} if _is_news(vitals, line) else {}


def _is_news(vitals: Vitals, line: LoggedNote | NotProducingLogged) -> bool:
    """Printed since this keeper watches; a line without a date counts by when it was read."""
    return line.logged_utc is None or line.logged_utc > vitals.started.utc_s


def _fold_process(vitals: Vitals, read: ProcessRead) -> dict[str, Any]:
    before = vitals.process
    changes: dict[str, Any] = {"process": read, "process_seen": True, "process_gone": None}
    if before is not None and (
        before.pid != read.pid or abs(before.started_utc - read.started_utc) >= SAME_START_S
    ):
        gone = vitals.process_gone
        changes["restarts"] = (*vitals.restarts[-MOMENTS_KEPT + 1 :], read.at)
        changes["away_s"] = 0.0 if gone is None else read.at.mono_s - gone.mono_s
    return changes


def _fold_peer(vitals: Vitals, read: PeerRead) -> dict[str, Any]:
    if read.host not in vitals.peer_failing:
        return {}
    rows = {host: row for host, row in vitals.peer_failing.items() if host != read.host}
    return {"peer_failing": rows}


def _fold_finalizers(vitals: Vitals, read: FinalizersRead) -> dict[str, Any]:
    changes: dict[str, Any] = {"finalizers": read}
    if read.pending_generation != vitals.pending_finalizers:
        changes["pending_finalizers"] = read.pending_generation
        changes["pending_since"] = None if read.pending_generation is None else read.at
    return changes


def _fold_keeper(vitals: Vitals, read: KeeperRead) -> dict[str, Any]:
    changes: dict[str, Any] = {"keeper": read}
    if read.dropped:
        changes |= {"dropped": vitals.dropped + read.dropped, "last_dropped": read.at}
    return changes


def _register_answered(_: Vitals, answer: RegisterRead | CasApplied | CasRefused) -> dict[str, Any]:
    return {"register_answered": answer.at, "register_failing": None, "register_why": ""}


def _register_failed(vitals: Vitals, failure: RegisterFailed | CasUnknown) -> dict[str, Any]:
    since = failure.at if vitals.register_failing is None else vitals.register_failing
    return {"register_failing": since, "register_why": f"{failure.reason}: {failure.detail}"}


_FOLDERS: dict[type, Callable[[Vitals, Any], dict[str, Any]]] = {
    HeadRead: _fold_head,
    BlocksRead: _fold_blocks,
    LoggedNote: _fold_note,
    NotProducingLogged: _fold_not_producing,
    ProcessRead: _fold_process,
    PeerRead: _fold_peer,
    FinalizersRead: _fold_finalizers,
    KeeperRead: _fold_keeper,
    HostRead: lambda _, read: {"host": read},
    FoldersRead: lambda _, read: {"folders": read},
    ClockOffsetRead: lambda _, read: {"clock_offset": read},
    UnitRead: lambda _, read: {"unit": read},
    RegisterRead: _register_answered,
    CasApplied: _register_answered,
    CasRefused: _register_answered,
    RegisterFailed: _register_failed,
    CasUnknown: _register_failed,
    GuardRead: lambda _, read: {"guard": read},
    HookRan: lambda vitals, ran: {"hooks": {**vitals.hooks, ran.name: ran}},
}

_PROBE_OF: dict[type, ProbeName] = {
    HeadRead: ProbeName.GET_INFO,
    BlocksRead: ProbeName.BLOCKS,
    ScheduleRead: ProbeName.SCHEDULE,
    PausedRead: ProbeName.PAUSED,
    ConnectionsRead: ProbeName.CONNECTIONS,
    DatabaseSizeRead: ProbeName.DATABASE_SIZE,
    LogFollowed: ProbeName.LOG,
    ProcessRead: ProbeName.PROCESS,
    HostRead: ProbeName.HOST,
    FoldersRead: ProbeName.FOLDERS,
    ClockOffsetRead: ProbeName.CLOCK_OFFSET,
    FinalizersRead: ProbeName.FINALIZERS,
    UnitRead: ProbeName.UNIT,
}
