"""Samples that come from ourselves: outcomes of actions, and orders of the operator.

Part of the union in ``samples``, from where everybody imports them.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from eoskeeper.domain.chain_time import Moment, UtcS

__all__ = [
    "ActionOutcome",
    "CommandKind",
    "OperatorCommand",
    "OutcomeResult",
    "RestartPaused",
    "TelemetryFigures",
]


class OutcomeResult(StrEnum):
    """How an action ended."""

    PROVEN = "proven"
    """Pause: acknowledged, one block drained, read back as paused. Resume: acknowledged and read
    back as not paused."""
    UNPROVEN = "unproven"
    """It may or may not have happened, or may still happen: a time-out, a broken connection, a
    read-back that disagrees."""
    NEVER_SENT = "never_sent"
    """Nobody listened: it certainly did not happen."""
    REFUSED = "refused"
    """The node answered with an error: it did not happen."""
    CANCELLED = "cancelled"
    """Advise mode, or a restart watch that was called off."""


class ActionOutcome(msgspec.Struct, frozen=True, tag="outcome"):
    """What became of an action.

    Attributes:
        sent: when the decisive request was sent; None when none was.
    """

    at: Moment
    action_id: int
    result: OutcomeResult
    detail: str
    sent: Moment | None = None


class RestartPaused(msgspec.Struct, frozen=True, tag="restart_paused"):
    """The restart watch got a pause through to a node that had been away, or gave up trying.

    Attributes:
        sent: when the acknowledged request was sent.
        attempts: requests tried since the node went away.
    """

    at: Moment
    sent: Moment
    result: OutcomeResult
    attempts: int
    detail: str


class CommandKind(StrEnum):
    """What an operator may order through the control socket."""

    PAUSE = "pause"
    RESUME = "resume"
    SWITCHOVER = "switchover"
    MAINTENANCE = "maintenance"


class OperatorCommand(msgspec.Struct, frozen=True, tag="command"):
    """An order of the operator; the answer is in the report under the same id.

    Attributes:
        others_paused: the operator says that every other host of the cluster is paused.
        to: the heir of a switchover.
        at_gap: it waits for the gap between two own turns; else it begins at once.
        dry_run: only the readiness list is wanted.
        for_s: seconds of maintenance; 0 ends it.
    """

    at: Moment
    command_id: str
    kind: CommandKind
    by: str
    others_paused: bool = False
    to: str = ""
    at_gap: bool = True
    dry_run: bool = False
    for_s: float = 0.0


class TelemetryFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How the points fare that are sent to a database outside.

    Attributes:
        target: where they go, without any secret.
        accepted: points that the server took, since the keeper started.
        rejected: points that the server refused for good.
        dropped: points given up since the spool was made: it or the queue was full.
        spooled: points that wait on disk.
        spooled_bytes: what they take there.
        oldest_spooled_utc: time of the oldest of them; None when none waits.
        last_success_utc: of the newest answer that took points; None before the first.
        failing_since_utc: since when no answer took points; None while the last one did.
        last_dropped_utc: when points were last given up; None when none were.
        last_rejected_utc: when points were last refused; None when none were.
        last_problem: the newest failure in words; empty when there was none.
    """

    target: str
    accepted: int = 0
    rejected: int = 0
    dropped: int = 0
    spooled: int = 0
    spooled_bytes: int = 0
    oldest_spooled_utc: UtcS | None = None
    last_success_utc: UtcS | None = None
    failing_since_utc: UtcS | None = None
    last_dropped_utc: UtcS | None = None
    last_rejected_utc: UtcS | None = None
    last_problem: str = ""
