"""Rule process: whether nodeos is there and may run; the root of most that can go wrong.

What it died of is in ``process_words``: nodeos says it in its log, systemd in the exit status.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity
from eoskeeper.domain.rules.process_words import REMEDIES, REMEDY, TEXTS, TITLE
from eoskeeper.domain.rules.rule import Declaration, HoldSeconds, Limits, View, severities
from eoskeeper.domain.samples import NodeNote, ProcessRead, ProcessState, UnitRead

__all__ = ["PROCESS", "Process"]

STALE_S = 10.0
"""Ten looks at the process."""

LAST_WORDS_S = 300.0
"""So long before its end a line may be that tells why: a clean stop may write its state for
minutes (``database-map-mode`` heap and locked)."""


class Process(Limits, frozen=True, kw_only=True):
    """nodeos is known by its listening port, looked at once a second.

    Attributes:
        grace_s: seconds for which a keeper that has never seen nodeos says nothing: it may have
            been started first, and nodeos listens only after it has loaded its state.
        restarted_s: seconds for which a restart is told that was too short to be told as gone.
            Whatever depends on the process keeps silent for as long, so this covers catching up
            and no more.
        blocked_s: seconds without an answer of a process that waits for a disk.
        hold_s: an ordinary restart is shorter and is told as such.
    """

    hold_s: HoldSeconds = 3.0
    grace_s: Annotated[float, Meta(ge=0, le=86400)] = 60.0
    restarted_s: Annotated[float, Meta(ge=0, le=3600)] = 60.0
    blocked_s: Annotated[float, Meta(ge=1, le=3600)] = 10.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Gone, or in a state in which it cannot work, or young."""
        gone, read = view.vitals.process_gone, view.vitals.process
        if gone is not None:
            return (self._gone(view, gone, now),)
        if read is None:
            return (Finding("process", Grade.UNKNOWN, "not_visible"),)
        if now.mono_s - read.at.mono_s > STALE_S:
            figures = {"age_s": now.mono_s - read.at.mono_s}
            return (Finding("process", Grade.UNKNOWN, "stale", figures),)
        return (self._present(view, read, now),)

    def _gone(self, view: View, gone: Moment, now: Moment) -> Finding:
        figures: dict[str, Figure] = {"gone_s": now.mono_s - gone.mono_s}
        if not view.vitals.process_seen:
            if now.mono_s - gone.mono_s <= self.grace_s:
                return Finding("process", Grade.UNKNOWN, "awaited", figures)
            # Its last life was before our time; only failed starts since then can tell why.
            noted = _last_words(view, gone.mono_s)
            return Finding("process", Grade.FAILED, noted or "never_seen", figures)
        code = _last_words(view, gone.mono_s - LAST_WORDS_S)
        unit = view.vitals.unit
        if code is None and unit is not None and unit.at.mono_s > gone.mono_s:
            if unit.exit_status is not None:
                figures["exit_status"] = unit.exit_status
            code = _exit_code(unit)
        return Finding("process", Grade.FAILED, code or "gone", figures)

    def _present(self, view: View, read: ProcessRead, now: Moment) -> Finding:
        figures: dict[str, Figure] = {"pid": read.pid}
        if read.state is ProcessState.STOPPED:
            return Finding("process", Grade.FAILED, "frozen", figures)
        if read.state is ProcessState.ZOMBIE:
            return Finding("process", Grade.FAILED, "zombie", figures)
        silent_s = _silent_s(view, now)
        if read.state is ProcessState.UNINTERRUPTIBLE and silent_s > self.blocked_s:
            figures["silent_s"] = silent_s
            return Finding("process", Grade.DEGRADED, "blocked", figures)
        newest = view.vitals.restarts[-1] if view.vitals.restarts else None
        unnoticed = view.vitals.away_s < self.hold_s
        if newest is not None and unnoticed and now.mono_s - newest.mono_s < self.restarted_s:
            figures["restarted_s"] = now.mono_s - newest.mono_s
            return Finding("process", Grade.DEGRADED, "restarted", figures)
        return Finding("process", Grade.OK, "running", figures)


def _silent_s(view: View, now: Moment) -> float:
    """Since its main thread last answered; 0 where it was never heard.

    One look in this state proves nothing: every disk access passes through it.
    """
    heard = view.node.paused or view.node.head
    return 0.0 if heard is None else now.mono_s - heard.at.mono_s


def _last_words(view: View, since_mono_s: float) -> str | None:
    """Code of the newest line since then that says why nodeos ended.

    The line of a clean stop follows many of them, so it counts only where it stands alone.
    """
    told = [
        (note.at.mono_s, code)
        for kind, code in _NOTE_CODES.items()
        if (note := view.vitals.notes.get(kind)) is not None and note.at.mono_s >= since_mono_s
    ]
    if told:
        return max(told)[1]
    stopped = view.vitals.notes.get(NodeNote.STOPPED)
    return "ended_clean" if stopped is not None and stopped.at.mono_s >= since_mono_s else None


def _exit_code(unit: UnitRead) -> str | None:
    """What systemd knows of the end.

    Source: ``return_codes`` in programs/nodeos/main.cpp, EOSIO v1.0.0 to spring v1.2.2.
    """
    if unit.active or unit.exit_status is None:
        return None
    if unit.by_signal:
        return "ended_killed" if unit.exit_status == _SIGKILL else "ended_by_signal"
    return _STATUS_CODES.get(unit.exit_status, "ended_status")


_SIGKILL = 9
_STATUS_CODES = {
    0: "ended_clean",
    1: "ended_memory",
    2: "ended_dirty",
    254: "ended_error",
    255: "ended_error",
}

_NOTE_CODES = {
    NodeNote.DATABASE_DIRTY: "ended_dirty",
    NodeNote.DATABASE_FULL: "ended_database_full",
    NodeNote.DISK_FULL: "ended_disk_full",
    NodeNote.OUT_OF_MEMORY: "ended_memory",
    NodeNote.SAFETY_FILE_CORRUPT: "ended_safety_file",
    NodeNote.ENDED_BY_ERROR: "ended_error",
}

PROCESS = Declaration(
    name="process",
    title=TITLE,
    texts=TEXTS,
    remedy=REMEDY,
    remedies=REMEDIES,
    failed=severities(
        primary=Severity.CRITICAL, standby=Severity.CRITICAL, observer=Severity.CRITICAL
    ),
    degraded=severities(primary=Severity.WARNING, standby=Severity.WARNING, observer=Severity.INFO),
)
