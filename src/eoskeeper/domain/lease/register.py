"""The lease over a register: who holds it, from what this keeper has seen itself.

Invariant: this host holds only by a compare-and-swap of its own that was confirmed, and its time
counts from when that was *sent*; a record that was merely read never entitles. A candidate counts
from when an answer *came*. So every unknown delay makes the holder's time shorter and the
candidate's longer.
"""

from __future__ import annotations

import math

import msgspec

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.lease.holding import (
    claimable_in_s,
    gap_s,
    is_continued,
    is_own,
    stopped_from,
)
from eoskeeper.domain.lease.timing import LeaseTiming
from eoskeeper.domain.lease.values import (
    Answer,
    Doubtful,
    Lease,
    ReadRecord,
    Request,
    Sighting,
    Tenure,
    Wish,
    WriteRecord,
)
from eoskeeper.domain.register import (
    CasApplied,
    CasRefused,
    CasUnknown,
    LeaseRecord,
    RegisterFailed,
    RegisterRead,
    Version,
    store_went_back,
)

__all__ = [
    "Answer",
    "Lease",
    "ReadRecord",
    "Request",
    "Sighting",
    "Tenure",
    "Wish",
    "WriteRecord",
    "begin_lease",
    "fold_lease",
    "holds_record",
    "look_in_s",
    "next_request",
]


def begin_lease(
    host: str, run: str, held_before: LeaseRecord | None, now: Moment, keeper_id: str = ""
) -> Lease:
    """Lease of a keeper that starts; nothing is known of the register."""
    return Lease(host=host, run=run, held_before=held_before, started=now, keeper_id=keeper_id)


# --- what to ask --------------------------------------------------------------------------------


def next_request(  # noqa: PLR0913 - what is known, what is wanted, and when
    lease: Lease,
    wish: Wish,
    now: Moment,
    timing: LeaseTiming,
    delay_s: float = 0.0,
    *,
    heir: str = "",
) -> tuple[Lease, Request | None]:
    """The next question to the register, when one is due; at most one is under way.

    The answer, which always comes, goes into ``fold_lease``.

    Args:
        lease: what is known.
        wish: what failover wants of it now.
        now: when it is asked.
        timing: limits.
        delay_s: see ``claimable_in_s``.
        heir: who is to claim first what is given back.
    """
    claims = wish is Wish.CLAIM and claimable_in_s(lease, now, timing, delay_s) == 0
    if lease.asked is not None or not _is_due(lease, wish, now, timing, claims=claims):
        return lease, None
    request = _request(lease, wish, claims=claims)
    if isinstance(request, WriteRecord) and request.record.released:
        given = msgspec.structs.replace(
            request.record, heir=heir, stopped_from=stopped_from(now, timing)
        )
        request = msgspec.structs.replace(request, record=given)
        # From here on somebody else may take it, whatever becomes of the answer.
        lease = msgspec.structs.replace(lease, tenure=None)
    return msgspec.structs.replace(lease, asked=request, asked_at=now), request


def _is_due(lease: Lease, wish: Wish, now: Moment, timing: LeaseTiming, *, claims: bool) -> bool:
    if lease.asked_at is None:
        return True
    since_s = now.mono_s - lease.asked_at.mono_s
    if since_s >= timing.heartbeat_s or _settles_now(lease, now, timing):
        return True
    if wish is Wish.CLAIM and lease.tenure is None and look_in_s(lease, now, timing) == 0:
        return True
    if lease.failure is not None:
        return False
    # To give back, and to take what is free, nobody has to wait for the beat.
    if wish is Wish.RELEASE:
        return lease.tenure is not None or _held(lease) is not None
    return claims and lease.tenure is None


def look_in_s(lease: Lease, now: Moment, timing: LeaseTiming) -> float:
    """Seconds until who waits for it looks again: twice as often as the holder writes."""
    since_s = math.inf if lease.asked_at is None else now.mono_s - lease.asked_at.mono_s
    return max(0.0, timing.heartbeat_s / 2 - since_s)


def _settles_now(lease: Lease, now: Moment, timing: LeaseTiming) -> bool:
    """The wait is over: the confirmation that a resume needs is not left to the next beat."""
    tenure = lease.tenure
    if tenure is None:
        return False
    settled_s = tenure.won.mono_s + timing.settle_s
    return now.mono_s >= settled_s > tenure.confirmed.mono_s


def _request(lease: Lease, wish: Wish, *, claims: bool) -> Request:
    held = _held(lease)
    if held is not None and wish is Wish.RELEASE:
        version, record = held
        return WriteRecord(version, _next_beat(lease, record, released=True))
    if lease.tenure is not None and wish in _KEEPS:
        record = _next_beat(lease, lease.tenure.record, released=False)
        return WriteRecord(lease.tenure.version, record)
    if lease.sighting is None:
        return ReadRecord()
    shown = lease.sighting.read
    if wish is Wish.HOLD and shown.record is not None and is_continued(lease, shown.record):
        return WriteRecord(shown.version, _next_beat(lease, shown.record, released=False))
    if claims:
        return WriteRecord(shown.version, _claim(lease, lease.sighting))
    return ReadRecord()


def _claim(lease: Lease, sighting: Sighting) -> LeaseRecord:
    """What a holder says of its last slot is taken from one whom we saw hold until then."""
    shown, term = sighting.read.record, lease.highest_term + 1
    told = shown.stopped_from if shown is not None and sighting.followed else None
    return LeaseRecord(lease.host, term, 1, run=lease.run, stopped_from=told, roster=lease.roster)


_KEEPS = frozenset({Wish.CLAIM, Wish.HOLD})


def _held(lease: Lease) -> tuple[Version, LeaseRecord] | None:
    """The record that says that this host holds, if it is the newest."""
    if lease.tenure is not None:
        return lease.tenure.version, lease.tenure.record
    shown = None if lease.sighting is None else lease.sighting.read
    if shown is None or shown.record is None or shown.record.released:
        return None
    is_ours = is_own(lease, shown.record) or is_continued(lease, shown.record)
    return (shown.version, shown.record) if is_ours else None


def holds_record(lease: Lease) -> bool:
    """Whether the newest record seen says that this host holds, and has not given back."""
    return _held(lease) is not None


def _next_beat(lease: Lease, record: LeaseRecord, *, released: bool) -> LeaseRecord:
    return msgspec.structs.replace(
        record, beat=record.beat + 1, released=released, run=lease.run, roster=lease.roster
    )


# --- what came back -----------------------------------------------------------------------------


def fold_lease(lease: Lease, answer: Answer, timing: LeaseTiming) -> Lease:
    """Take in the answer to the request under way."""
    asked = lease.asked
    lease = msgspec.structs.replace(lease, asked=None)
    match answer:
        case RegisterFailed():
            return msgspec.structs.replace(lease, failure=answer)
        case RegisterRead():
            return _seen(lease, answer, timing)
        case CasRefused():
            return _seen(lease, answer.read, timing)
        case CasApplied():
            return _written(lease, _write_of(asked), answer)
        case CasUnknown():
            return _doubted(lease, _write_of(asked), answer)


def _write_of(asked: Request | None) -> WriteRecord:
    assert isinstance(asked, WriteRecord), "a write was answered that nobody asked for"
    return asked


def _doubted(lease: Lease, write: WriteRecord, answer: CasUnknown) -> Lease:
    """The same write sent twice counts from its first sending: it may have been that one."""
    again = any(one.write == write for one in lease.doubtful)
    doubtful = lease.doubtful if again else (*lease.doubtful, Doubtful(write, answer.sent))
    return msgspec.structs.replace(lease, failure=answer, doubtful=doubtful)


def _written(lease: Lease, write: WriteRecord, answer: CasApplied) -> Lease:
    record = write.record
    shown = RegisterRead(answer.sent, answer.at, record, answer.version, answer.store)
    return msgspec.structs.replace(
        lease,
        sighting=Sighting(shown, answer.at, answer.at),
        tenure=_tenure(lease, record, answer.version, answer.sent, answer.at),
        highest_term=max(lease.highest_term, record.term),
        doubtful=(),
        failure=None,
    )


def _tenure(
    lease: Lease, record: LeaseRecord, version: Version, sent: Moment, at: Moment
) -> Tenure | None:
    if record.released:
        return None
    before = lease.tenure
    goes_on = before is not None and before.record.term == record.term
    if before is None or not goes_on:
        return Tenure(record, version, at, sent)
    return Tenure(record, version, before.won, sent, before.vouched_s)


def _seen(lease: Lease, read: RegisterRead, timing: LeaseTiming) -> Lease:
    """What a read shows; a write whose answer was lost is found done, or never will be."""
    highest = 0 if read.record is None else read.record.term
    before = lease.sighting
    went_back = before is not None and store_went_back(before.read.store, read.store)
    return msgspec.structs.replace(
        lease,
        went_back_at=read.at if went_back else lease.went_back_at,
        sighting=_sighting(before, read, timing, went_back=went_back),
        first=read.version if lease.first is None else lease.first,
        tenure=_tenure_seen(lease, read),
        doubtful=tuple(one for one in lease.doubtful if one.write.expected == read.version),
        highest_term=max(lease.highest_term, highest),
        failure=None,
    )


def _sighting(
    before: Sighting | None, read: RegisterRead, timing: LeaseTiming, *, went_back: bool
) -> Sighting:
    if before is None or went_back or read.at.mono_s - before.latest.mono_s > gap_s(timing):
        return Sighting(read, read.at, read.at)
    if before.read.version != read.version:
        followed = _gives_back(before.read.record, read.record)
        return Sighting(read, read.at, read.at, followed=followed)
    return Sighting(read, before.since, read.at, followed=before.followed)


def _gives_back(before: LeaseRecord | None, after: LeaseRecord | None) -> bool:
    """The same holder, in the same term, held before and does not after."""
    if before is None or after is None or before.released or not after.released:
        return False
    return (before.host, before.run, before.term) == (after.host, after.run, after.term)


def _tenure_seen(lease: Lease, read: RegisterRead) -> Tenure | None:
    done = next((one for one in lease.doubtful if one.write.record == read.record), None)
    if done is not None and done.write.expected != read.version:
        return _tenure(lease, done.write.record, read.version, done.sent, read.at)
    tenure = lease.tenure
    return tenure if tenure is not None and tenure.version == read.version else None
