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
    Seat,
    Version,
)

__all__ = [
    "Answer",
    "Doubtful",
    "Given",
    "Lease",
    "Promise",
    "PromiseWanted",
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


class PromiseWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The holder asks all others to stay away for one lease: the register does not answer it.

    Attributes:
        run: of the holder's keeper.
        term: that it holds.
        asked_s: when it asks, on its own CLOCK_BOOTTIME; told back with the promise.
    """

    run: str
    term: int
    asked_s: float


class Promise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member claims nothing for one lease, by its own clock, from when it says so first.

    Attributes:
        holder: to whom.
        wanted: the newest question that it was given to.
    """

    holder: str
    wanted: PromiseWanted


class Given(msgspec.Struct, frozen=True):
    """The promise of this host, and when it was given."""

    promise: Promise
    at: Moment


class Tenure(msgspec.Struct, frozen=True):
    """This host holds the lease, as far as its newest confirmed write can tell.

    Attributes:
        record: as it was written then.
        version: that it has got.
        won: when the answer came that made this term ours.
        confirmed: when the newest write that was confirmed was sent.
        vouched_s: when all others were asked, by our CLOCK_BOOTTIME, who have promised since to
            claim nothing for one lease; None: not all have.
    """

    record: LeaseRecord
    version: Version
    won: Moment
    confirmed: Moment
    vouched_s: float | None = None


class Doubtful(msgspec.Struct, frozen=True):
    """A write without an answer, and when it was first sent."""

    write: WriteRecord
    sent: Moment


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """What is carried from cycle to cycle.

    Attributes:
        host: this host.
        run: of this keeper process; no two are equal.
        held_before: what the journal says that this host wrote last, if that is that it holds.
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
        keeper_id: of this keeper and those of its journal; no two hosts have the same.
        seats: members that were heard of, and which keeper of theirs.
        roster: all members, if each was heard of: who has to promise what this host asks for as the
            holder. Empty without the failsafe.
        first: version that this keeper saw first; what keepers of this host before it had under
            way can only take effect while the record has that one.
        given: the newest promise of this host.
        wants: what this host, as a holder whose heartbeat is late, asks all others for.
    """

    host: str
    run: str
    held_before: LeaseRecord | None
    started: Moment
    sighting: Sighting | None = None
    tenure: Tenure | None = None
    asked: Request | None = None
    asked_at: Moment | None = None
    doubtful: tuple[Doubtful, ...] = ()
    highest_term: int = 0
    went_back_at: Moment | None = None
    failure: RegisterFailed | CasUnknown | None = None
    keeper_id: str = ""
    seats: tuple[Seat, ...] = ()
    roster: tuple[Seat, ...] = ()
    first: Version | None = None
    given: Given | None = None
    wants: PromiseWanted | None = None
