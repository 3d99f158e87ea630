"""Lease values: what a keeper knows of the lease in a register, and what it asks there."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.register import (
    CasApplied,
    CasRefused,
    CasUnknown,
    LeaseRecord,
    RegisterFailed,
    RegisterRead,
    Version,
)

__all__ = [
    "Answer",
    "Doubtful",
    "Lease",
    "ReadRecord",
    "Request",
    "Sighting",
    "Tenure",
    "Wish",
    "WriteRecord",
]


class Wish(StrEnum):
    """What failover wants of the lease."""

    WATCH = "watch"
    """Know who holds it."""
    CLAIM = "claim"
    """Win it, as soon as that is allowed."""
    HOLD = "hold"
    """Keep it: while this host may produce, others are to stay away."""
    RELEASE = "release"
    """Give it back: production here is proven to have stopped."""


class ReadRecord(msgspec.Struct, frozen=True, tag="read_record"):
    """Ask the register for the record."""


class WriteRecord(msgspec.Struct, frozen=True, tag="write_record"):
    """Put ``record`` in place of the one that has version ``expected``."""

    expected: Version
    record: LeaseRecord


Request = ReadRecord | WriteRecord
Answer = RegisterRead | RegisterFailed | CasApplied | CasRefused | CasUnknown


class Sighting(msgspec.Struct, frozen=True):
    """The record as it was last read, and since when it has been that one.

    Attributes:
        since: when the answer came that showed it first, without a gap in the looking since.
        latest: when the answer came that showed it last.
        followed: we saw its holder hold, without a gap in the looking, and then give it back. A
            record of a backup that was put back, or that we slept through, may name one who gave
            back long ago while another holds.
    """

    read: RegisterRead
    since: Moment
    latest: Moment
    followed: bool = False


class Tenure(msgspec.Struct, frozen=True):
    """This host holds the lease, as far as its newest confirmed write can tell.

    Attributes:
        record: as it was written then.
        version: that it has got.
        won: when the answer came that made this term ours.
        confirmed: when the newest write that was confirmed was sent.
    """

    record: LeaseRecord
    version: Version
    won: Moment
    confirmed: Moment


class Doubtful(msgspec.Struct, frozen=True):
    """A write without an answer, and when it was first sent."""

    write: WriteRecord
    sent: Moment


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """What is carried from cycle to cycle.

    Attributes:
        host: this host.
        run: of this keeper process; no two are equal.
        run_before: of the keeper whose journal this one goes on with; None without one.
        started: when this keeper began.
        sighting: None before the first answer.
        tenure: None while another holds, nobody does, or it is not known.
        asked: the request under way.
        asked_at: when the newest request was decided.
        doubtful: writes whose answers did not come; each may still be done while the record has
            the version that they are to replace, and never after that.
        highest_term: ever seen.
        went_back_at: when an answer last showed that the store had forgotten what it said before.
        failure: why the newest request failed; None when it did not.
    """

    host: str
    run: str
    run_before: str | None
    started: Moment
    sighting: Sighting | None = None
    tenure: Tenure | None = None
    asked: Request | None = None
    asked_at: Moment | None = None
    doubtful: tuple[Doubtful, ...] = ()
    highest_term: int = 0
    went_back_at: Moment | None = None
    failure: RegisterFailed | CasUnknown | None = None
