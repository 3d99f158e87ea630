"""Samples that come from nodeos's log: block lines, reasons for empty slots, other notes.

Part of the union in ``samples``, from where everybody imports them.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from eoskeeper.domain.chain_time import Moment, Slot, UtcS

__all__ = [
    "BlockLogged",
    "LogFollowed",
    "LoggedBlockKind",
    "LoggedNote",
    "NodeNote",
    "NotProducingLogged",
    "NotProducingReason",
]


class LoggedBlockKind(StrEnum):
    """Which of the three block lines it was."""

    PRODUCED = "produced"
    RECEIVED = "received"
    NOT_APPLIED = "not_applied"


class BlockLogged(msgspec.Struct, frozen=True, tag="block_logged", gc=False):
    """A Produced, Received or Not-applied line of the nodeos log.

    Attributes:
        at: when the keeper read it.
        logged_utc: when nodeos says it printed it; None where the line has no date.
        id_part: the 16 hex digits printed: characters 0..16 of the id up to EOSIO 1.8.14,
            8..24 later and in every Received line.
        latency_ms: nodeos's own figure, may be negative; None for Produced lines without one.
        last_irreversible_number: as printed; None where the line has none.
    """

    at: Moment
    kind: LoggedBlockKind
    number: int
    id_part: str
    slot: Slot
    producer: str
    logged_utc: UtcS | None
    latency_ms: int | None
    last_irreversible_number: int | None


class NotProducingReason(StrEnum):
    """Why nodeos says it leaves an own slot empty."""

    PAUSED = "paused"
    NO_KEY = "no_key"
    IRREVERSIBLE_TOO_OLD = "irreversible_too_old"
    WATERMARK = "watermark"
    VOTES_OF_OURS = "votes_of_ours"
    VOTES_OF_OTHERS = "votes_of_others"
    VOTES = "votes"
    MAX_REVERSIBLE_BLOCKS = "max_reversible_blocks"
    STALE_PRODUCTION_OFF = "stale_production_off"
    BLOCK_VAULT = "block_vault"
    OTHER = "other"


class NotProducingLogged(msgspec.Struct, frozen=True, tag="not_producing_logged"):
    """A "Not producing block because" line; ``text`` is the reason as printed."""

    at: Moment
    reason: NotProducingReason
    text: str
    slot: Slot | None
    logged_utc: UtcS | None


class NodeNote(StrEnum):
    """Other lines of the log that change what we know of the node."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    STOPPED = "stopped"
    FORK_SWITCHED = "fork_switched"
    DOUBLE_PRODUCED = "double_produced"
    DROPPED_BLOCK = "dropped_block"
    DATABASE_DIRTY = "database_dirty"
    DATABASE_FULL = "database_full"
    DISK_FULL = "disk_full"
    DISK_LOW = "disk_low"
    """nodeos's resource monitor warns; at its threshold it ends the node (``disk_full``)."""
    OUT_OF_MEMORY = "out_of_memory"
    VOTE_MISSED = "vote_missed"
    """A block's certificate lacks the vote of a finalizer whose key this node holds."""
    SAFETY_FILE_CORRUPT = "safety_file_corrupt"
    ENDED_BY_ERROR = "ended_by_error"
    """nodeos gave up with an error that no other note names: a wrong option, a port in use."""


class LoggedNote(msgspec.Struct, frozen=True, tag="logged_note"):
    """One such line; ``text`` is the message, at most 300 characters."""

    at: Moment
    note: NodeNote
    text: str
    logged_utc: UtcS | None


class LogFollowed(msgspec.Struct, frozen=True, tag="log_followed", gc=False):
    """The follower's own state, once per pass over the log.

    Attributes:
        at: when the end of what was there was reached (or the pass ended).
        at_end: everything written before ``at`` has been told.
        lines: lines read in this pass, recognised or not.
        skipped_bytes: bytes jumped over since the last pass (backlog beyond the limit, rotated
            away unread); above zero what was in them is unknown.
        latest_logged_utc: newest time stamp seen in any line so far; None when none.
    """

    at: Moment
    at_end: bool
    lines: int
    skipped_bytes: int
    latest_logged_utc: UtcS | None
