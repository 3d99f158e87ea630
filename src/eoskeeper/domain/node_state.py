"""Node state: everything known of this host's nodeos, folded from samples.

Folding never judges. A reading that failed leaves the old value with its old age, and the failure
beside it: an absent value, a failing probe and a bug are three different things.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from eoskeeper.domain.chain_time import SLOT_S, Moment, UtcS
from eoskeeper.domain.logbook import Logbook, fold_log_pass, fold_logged_block
from eoskeeper.domain.policy import Policy
from eoskeeper.domain.production import Chain, Roster, fold_blocks, refold_schedule
from eoskeeper.domain.samples import (
    BlockLogged,
    BlocksRead,
    ConnectionsRead,
    DatabaseSizeRead,
    FailureReason,
    HeadRead,
    LogFollowed,
    LoggedNote,
    NodeNote,
    NotProducingLogged,
    PausedRead,
    PeerRead,
    ProbeFailed,
    ProbeName,
    ProcessRead,
    Sample,
    ScheduleRead,
)

__all__ = [
    "CAUGHT_UP_BLOCKS",
    "HEALTH_ONLY",
    "SAME_START_S",
    "NodeState",
    "finality_stalled",
    "fold",
]

CAUGHT_UP_BLOCKS = 6
"""Blocks that the newest one told may be behind the head read before."""

BLIND_STALL = 3.0
"""So many times ``finality_stall_s`` without a move is a stall, whatever the blocks say."""

HEALTH_ONLY = frozenset(
    {
        ProbeName.HOST,
        ProbeName.FOLDERS,
        ProbeName.CLOCK_OFFSET,
        ProbeName.FINALIZERS,
        ProbeName.UNIT,
    }
)
"""Probes that only the health rules read (``vitals``): nothing here would ever cure a failure of
theirs, and a Leap node, which has no finalizers, would look ill for ever."""

SAME_START_S = 2.0
"""Two readings of a creation time that differ by less are of one process."""


class NodeState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the node, each part with the moment of its reading.

    Attributes:
        started: when this keeper began to watch.
        first_head: when the first head was read since then.
        chain_id: the one configured, else the first one seen.
        irreversible_moved: when the last irreversible block was last seen to move.
        irreversible_moved_head: height of the head at that time.
        stall_ended: wall time of the end of the last finality stall seen, or of the last time
            that we could not see; None when there was none.
        foreign_heard: when a new block of another producer was last seen.
        foreign_since: since when such blocks have come without a silence of ``isolation_s``.
        paused_since: send time of the first of an unbroken row of readings "paused".
        caught_up: when every block up to the head was first known.
        new_since: when nodeos was last noticed to be away or another process.
        failures: newest failure of each probe that has not succeeded since.
    """

    started: Moment
    first_head: Moment | None = None
    chain_id: str | None = None
    head: HeadRead | None = None
    chain: Chain = Chain()
    caught_up: Moment | None = None
    roster: Roster = Roster()
    schedule: ScheduleRead | None = None
    irreversible_moved: Moment | None = None
    irreversible_moved_head: int = 0
    stall_ended: UtcS | None = None
    foreign_heard: Moment | None = None
    foreign_since: Moment | None = None
    paused: PausedRead | None = None
    paused_since: Moment | None = None
    process: ProcessRead | None = None
    new_since: Moment | None = None
    logbook: Logbook = Logbook()
    log_pass: LogFollowed | None = None
    not_producing: NotProducingLogged | None = None
    last_note: LoggedNote | None = None
    connections: ConnectionsRead | None = None
    database: DatabaseSizeRead | None = None
    peers: Mapping[str, PeerRead] = {}
    failures: Mapping[ProbeName, ProbeFailed] = {}

    @property
    def refused(self) -> bool:
        """The newest word of the API is that nobody listens."""
        failure = self.failures.get(ProbeName.GET_INFO)
        return failure is not None and failure.reason is FailureReason.REFUSED


def fold(node: NodeState, sample: Sample, policy: Policy) -> NodeState:
    """Take one sample in; samples that say nothing of the node leave it as it is."""
    folder = _FOLDERS.get(type(sample))
    return node if folder is None else folder(node, sample, policy)


def _fold_head(node: NodeState, head: HeadRead, policy: Policy) -> NodeState:
    changes: dict[str, Any] = {"head": head, "failures": _cured(node, ProbeName.GET_INFO)}
    if node.first_head is None:
        changes["first_head"] = head.at
    if node.chain_id is None:
        changes["chain_id"] = policy.chain_id or head.chain_id
    if node.head is None or head.last_irreversible_number > node.head.last_irreversible_number:
        changes["irreversible_moved"] = head.at
        changes["irreversible_moved_head"] = head.head_number
        if finality_stalled(node, head, head.at, policy):
            changes["stall_ended"] = head.at.utc_s
    return msgspec.structs.replace(node, **changes)


def finality_stalled(node: NodeState, head: HeadRead, now: Moment, policy: Policy) -> bool:
    """Whether the last irreversible block stood still for too long, up to ``head``.

    Time without blocks, while neighbours in the schedule are missing, is no stall: nothing could
    have moved. So it is measured in blocks; and, for a node that cannot be seen, in time.
    """
    moved, limit_s = node.irreversible_moved, policy.failover.finality_stall_s
    if moved is None:
        return False
    if now.mono_s - moved.mono_s > limit_s * BLIND_STALL:
        return True
    return (head.head_number - node.irreversible_moved_head) * SLOT_S > limit_s


def _fold_blocks(node: NodeState, read: BlocksRead, policy: Policy) -> NodeState:
    chain = fold_blocks(node.chain, read, node.roster, policy.producer)
    changes: dict[str, Any] = {"chain": chain, "failures": _cured(node, ProbeName.BLOCKS)}
    if chain.foreign_slot is not None and chain.foreign_slot != node.chain.foreign_slot:
        changes["foreign_heard"] = read.at
        heard = node.foreign_heard
        if heard is None or read.at.mono_s - heard.mono_s > policy.failover.isolation_s:
            changes["foreign_since"] = read.at
    if node.caught_up is None and node.head is not None:
        behind = node.head.head_number - read.blocks[-1].number
        changes["caught_up"] = read.at if behind <= CAUGHT_UP_BLOCKS else None
    return msgspec.structs.replace(node, **changes)


def _fold_schedule(node: NodeState, read: ScheduleRead, policy: Policy) -> NodeState:
    failures = _cured(node, ProbeName.SCHEDULE)
    if node.schedule is not None and node.schedule.active == read.active:
        return msgspec.structs.replace(node, schedule=read, failures=failures)
    roster = Roster.of(read.active, policy.producer)
    chain = refold_schedule(node.chain, roster, policy.producer)
    return msgspec.structs.replace(
        node, schedule=read, roster=roster, chain=chain, failures=failures
    )


def _fold_paused(node: NodeState, read: PausedRead, _: Policy) -> NodeState:
    since = (node.paused_since or read.asked) if read.paused else None
    failures = _cured(node, ProbeName.PAUSED)
    return msgspec.structs.replace(node, paused=read, paused_since=since, failures=failures)


def _fold_process(node: NodeState, read: ProcessRead, _: Policy) -> NodeState:
    before = node.process
    folded = msgspec.structs.replace(node, process=read, failures=_cured(node, ProbeName.PROCESS))
    return folded if before is None or _is_same(before, read) else _renewed(folded, read.at)


def _is_same(before: ProcessRead, after: ProcessRead) -> bool:
    """Creation times move by a second when the wall clock is corrected."""
    return before.pid == after.pid and abs(before.started_utc - after.started_utc) < SAME_START_S


def _renewed(node: NodeState, at: Moment) -> NodeState:
    """A new process remembers no pause; what the old one said of it is void."""
    return msgspec.structs.replace(node, new_since=at, paused=None, paused_since=None)


def _fold_note(node: NodeState, note: LoggedNote, _: Policy) -> NodeState:
    node = msgspec.structs.replace(node, last_note=note)
    if note.note is NodeNote.STARTED and _is_news(node, note):
        return _renewed(node, note.at)
    return node


def _is_news(node: NodeState, note: LoggedNote) -> bool:
    """Printed since this keeper watches: the backlog of the log tells of older starts."""
    return note.logged_utc is not None and note.logged_utc > node.started.utc_s


def _fold_logged_block(node: NodeState, line: BlockLogged, policy: Policy) -> NodeState:
    book = fold_logged_block(node.logbook, line, policy.producer)
    return msgspec.structs.replace(node, logbook=book)


def _fold_not_producing(node: NodeState, line: NotProducingLogged, _: Policy) -> NodeState:
    return msgspec.structs.replace(node, not_producing=line)


def _fold_log_pass(node: NodeState, log_pass: LogFollowed, _: Policy) -> NodeState:
    book = fold_log_pass(node.logbook, log_pass)
    return msgspec.structs.replace(
        node, logbook=book, log_pass=log_pass, failures=_cured(node, ProbeName.LOG)
    )


def _fold_connections(node: NodeState, read: ConnectionsRead, _: Policy) -> NodeState:
    failures = _cured(node, ProbeName.CONNECTIONS)
    return msgspec.structs.replace(node, connections=read, failures=failures)


def _fold_database(node: NodeState, read: DatabaseSizeRead, _: Policy) -> NodeState:
    failures = _cured(node, ProbeName.DATABASE_SIZE)
    return msgspec.structs.replace(node, database=read, failures=failures)


def _fold_peer(node: NodeState, read: PeerRead, _: Policy) -> NodeState:
    failures = _cured(node, ProbeName.PEER)
    return msgspec.structs.replace(node, peers={**node.peers, read.host: read}, failures=failures)


def _fold_failure(node: NodeState, failure: ProbeFailed, _: Policy) -> NodeState:
    if failure.probe in HEALTH_ONLY:
        return node
    failures = {**node.failures, failure.probe: failure}
    if failure.probe is ProbeName.GET_INFO and failure.reason is FailureReason.REFUSED:
        # Whoever answers next may be a new process: its pause has to be read anew.
        return _renewed(msgspec.structs.replace(node, failures=failures), failure.at)
    return msgspec.structs.replace(node, failures=failures)


def _cured(node: NodeState, probe: ProbeName) -> Mapping[ProbeName, ProbeFailed]:
    if probe not in node.failures:
        return node.failures
    return {name: failure for name, failure in node.failures.items() if name is not probe}


_FOLDERS: dict[type, Callable[[NodeState, Any, Policy], NodeState]] = {
    HeadRead: _fold_head,
    BlocksRead: _fold_blocks,
    ScheduleRead: _fold_schedule,
    PausedRead: _fold_paused,
    ProcessRead: _fold_process,
    LoggedNote: _fold_note,
    BlockLogged: _fold_logged_block,
    NotProducingLogged: _fold_not_producing,
    LogFollowed: _fold_log_pass,
    ConnectionsRead: _fold_connections,
    DatabaseSizeRead: _fold_database,
    PeerRead: _fold_peer,
    ProbeFailed: _fold_failure,
}
