"""Readings: what the probes of one keeper's life see of their nodeos, as samples."""

from __future__ import annotations

from eoskeeper.domain.chain_time import Moment, Slot, UtcS
from eoskeeper.domain.samples import (
    Block,
    BlockLogged,
    BlocksRead,
    FailureReason,
    HeadRead,
    LogFollowed,
    LoggedNote,
    NodeNote,
    PausedRead,
    ProbeFailed,
    ProbeName,
    ProcessRead,
    ProcessState,
    Sample,
    ScheduleRead,
)
from eoskeeper.simulation.chain import OURS, Calendar, TreeBlock
from eoskeeper.simulation.nodeos import Api, LogEntry, Nodeos, Stall

__all__ = ["Probes"]

CHAIN_ID = "ab" * 32
SCHEDULE_EVERY = 5
"""Passes from one reading of the schedule to the next."""

LOG_BACKLOG = 1_000
"""Lines that are read back when a keeper starts."""

MAX_WALK = 2_000
"""Blocks that a reorganisation, or falling behind, is followed; more is told as a gap."""

BACKFILL_ROUNDS = 40
"""Rounds that a starting keeper reads back in search of our newest block. With fewer, a keeper that
starts in a long outage does not know where the row of empty turns began, and never takes over."""

API_PROBES = (ProbeName.GET_INFO, ProbeName.BLOCKS, ProbeName.SCHEDULE, ProbeName.PAUSED)


class Probes:
    """Reads once a pass; remembers what it has told, as the real probes do."""

    def __init__(self, nodeos: Nodeos, calendar: Calendar) -> None:
        self._nodeos = nodeos
        self._calendar = calendar
        self._told: TreeBlock | None = None
        self._passes = 0
        self._line = max(nodeos.log_dropped, nodeos.log_dropped + len(nodeos.log) - LOG_BACKLOG)
        self._logged_ms: int | None = None

    def read(self, now: Moment) -> list[Sample]:
        """Everything that one pass over nodeos, its log and its process tells."""
        told = self._read_log(now)
        told += self._read_api(now)
        told.append(self._read_process(now))
        self._passes += 1
        return told

    # --- the API --------------------------------------------------------------------------------

    def _read_api(self, now: Moment) -> list[Sample]:
        nodeos = self._nodeos
        if not nodeos.listening or nodeos.api is Api.SHUT:
            return _failures(now, FailureReason.REFUSED)
        if nodeos.api is Api.GARBAGE:
            return _failures(now, FailureReason.UNEXPECTED_SHAPE)
        if nodeos.api is Api.HANGS or nodeos.stall is Stall.FROZEN:
            return _failures(now, FailureReason.TIMED_OUT)
        if nodeos.stall is Stall.MAIN_HUNG:
            return [self._head(now), ProbeFailed(now, ProbeName.PAUSED, *_TIMED_OUT)]
        told: list[Sample] = [self._head(now)]
        if self._passes % SCHEDULE_EVERY == 0:
            active = self._calendar.schedule_at(nodeos.head.slot)
            told.append(ScheduleRead(now, active, None, None))
        blocks = self._blocks(now)
        if blocks is not None:
            told.append(blocks)
        told.append(PausedRead(now, now, nodeos.paused))
        return told

    def _head(self, now: Moment) -> HeadRead:
        head = self._nodeos.head
        block = head.block
        return HeadRead(
            at=now,
            chain_id=CHAIN_ID,
            server_version="v5.0.3",
            head_number=block.number,
            head_id=block.block_id,
            head_slot=block.slot,
            head_producer=block.producer,
            last_irreversible_number=head.irreversible,
            last_irreversible_id="",
            fork_head_number=block.number,
            took_s=0.002,
        )

    def _blocks(self, now: Moment) -> BlocksRead | None:
        head, told = self._nodeos.head, self._told
        if told is head:
            return None
        new = None if told is None else _above(told, head)
        gap = new is None
        if new is None:
            new = self._backfill(head)
        self._told = head
        if not new:
            return None
        new.reverse()
        return BlocksRead(now, tuple(new), gap)

    def _backfill(self, head: TreeBlock) -> list[Block]:
        """Back to our newest block that another builds on, or so many rounds."""
        limit = BACKFILL_ROUNDS * 12 * self._calendar.size
        found: list[Block] = []
        foreign = False
        node: TreeBlock | None = head
        while node is not None and len(found) < limit:
            found.append(node.block)
            foreign = foreign or node.block.producer != OURS
            if foreign and node.block.producer == OURS:
                break
            node = node.parent
        return found

    # --- the log and the process ----------------------------------------------------------------

    def _read_log(self, now: Moment) -> list[Sample]:
        nodeos = self._nodeos
        begin = max(self._line - nodeos.log_dropped, 0)
        lines = nodeos.log[begin:]
        self._line = nodeos.log_dropped + len(nodeos.log)
        if lines:
            self._logged_ms = lines[-1].local_ms
        told: list[Sample] = [_line(entry, now) for entry in lines]
        latest = None if self._logged_ms is None else UtcS(self._logged_ms / 1000)
        told.append(
            LogFollowed(
                now, at_end=True, lines=len(lines), skipped_bytes=0, latest_logged_utc=latest
            )
        )
        return told

    def _read_process(self, now: Moment) -> Sample:
        nodeos = self._nodeos
        if not nodeos.alive:
            return ProbeFailed(now, ProbeName.PROCESS, FailureReason.MISSING, "no such process")
        frozen = nodeos.stall is Stall.FROZEN
        state = ProcessState.STOPPED if frozen else ProcessState.RUNNING
        started = UtcS(nodeos.started_local_ms / 1000)
        return ProcessRead(now, nodeos.pid, state, started, 0.0, 0, 5)


_TIMED_OUT = (FailureReason.TIMED_OUT, "no answer in time")


def _failures(now: Moment, reason: FailureReason) -> list[Sample]:
    return [ProbeFailed(now, probe, reason, str(reason)) for probe in API_PROBES]


def _line(entry: LogEntry, now: Moment) -> Sample:
    logged = UtcS(entry.local_ms / 1000)
    if entry.block is None or entry.kind is None:
        return LoggedNote(now, NodeNote.STARTED, "started", logged)
    block = entry.block.block
    return BlockLogged(
        now,
        entry.kind,
        block.number,
        block.block_id[8:24],
        Slot(block.slot),
        block.producer,
        logged,
        None,
        entry.block.irreversible,
    )


def _above(told: TreeBlock, head: TreeBlock) -> list[Block] | None:
    """Blocks of the branch of ``head`` that ``told`` does not build on, newest first."""
    new: list[Block] = []
    old: TreeBlock | None = told
    node: TreeBlock | None = head
    while node is not None and len(new) <= MAX_WALK:
        while old is not None and old.number > node.number:
            old = old.parent
        if old is node:
            return new
        new.append(node.block)
        node = node.parent
    return None
