"""The lease over a register: who holds it, from what this keeper has seen itself.

Invariant: this host holds only by a compare-and-swap of its own that was confirmed, and its time
counts from when that was *sent*; a record that was merely read never entitles. A candidate counts
from when an answer *came*. So every unknown delay makes the holder's time shorter and the
candidate's longer.
"""

from __future__ import annotations

import math

import msgspec

from eoskeeper.domain.chain_time import Moment, UtcS, slot_at, slot_utc
from eoskeeper.domain.lease.timing import LeaseTiming, candidate_wait_s
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
    "age_s",
    "begin_lease",
    "claimable_in_s",
    "fold_lease",
    "has_lapsed",
    "holds_record",
    "is_settled",
    "look_in_s",
    "next_request",
    "settles_in_s",
]


def begin_lease(host: str, run: str, run_before: str | None, now: Moment) -> Lease:
    """Lease of a keeper that starts; nothing is known of the register."""
    return Lease(host=host, run=run, run_before=run_before, started=now)


# --- what holds ---------------------------------------------------------------------------------


def age_s(lease: Lease, now: Moment) -> float | None:
    """Seconds since the newest confirmed write was sent; None without a tenure."""
    return None if lease.tenure is None else now.mono_s - lease.tenure.confirmed.mono_s


def has_lapsed(lease: Lease, now: Moment, timing: LeaseTiming) -> bool:
    """Whether a holder must stop.

    A keeper that has just started has the fence age to confirm what the keeper before it held,
    or to be the first ever; meanwhile the guard's deadline stands.
    """
    age = age_s(lease, now)
    if age is not None:
        return age >= timing.fence_age_s
    sighting = lease.sighting
    if sighting is None:
        return now.mono_s - lease.started.mono_s >= timing.fence_age_s
    if sighting.read.record is None:
        # Nobody holds by a record; the chain has to say who produces, until one is written.
        return now.mono_s - sighting.latest.mono_s >= timing.fence_age_s
    if not _is_continued(lease, sighting.read.record):
        return True
    return now.mono_s - lease.started.mono_s >= timing.fence_age_s


def is_settled(lease: Lease, now: Moment, timing: LeaseTiming) -> bool:
    """Whether a new holder may resume: no slot that it can still fill is one of the old holder.

    Either the old holder gave the slot from which on it makes none, and that has come by our own
    clock; then whose clock is right does not matter. Or we have waited for as much as clocks may be
    apart, and the term was confirmed again since: a confirmed write of the own term is a read of it
    that cannot be out of date.
    """
    tenure, age = lease.tenure, age_s(lease, now)
    if tenure is None or age is None or age >= timing.fence_age_s:
        return False
    if tenure.confirmed.mono_s - tenure.won.mono_s >= timing.settle_s:
        return True
    return _follows_in_s(tenure, now) <= 0


def _follows_in_s(tenure: Tenure, now: Moment) -> float:
    """Seconds until, by our own clock, every slot to come is one that the old holder has left.

    Infinite where it did not say: nodeos fills the slots after the one that is now.
    """
    left_from = tenure.record.stopped_from
    return math.inf if left_from is None else slot_utc(left_from - 1) - now.utc_s


def settles_in_s(lease: Lease, now: Moment, timing: LeaseTiming) -> float | None:
    """Seconds until a new holder may resume or has to confirm its term; None when it has."""
    tenure = lease.tenure
    if tenure is None:
        return None
    waits_s = tenure.won.mono_s + timing.settle_s - now.mono_s
    if waits_s <= 0:
        return None
    follows_s = _follows_in_s(tenure, now)
    return min(waits_s, follows_s) if follows_s > 0 else waits_s


def _stopped_from(now: Moment, timing: LeaseTiming) -> int:
    """The first slot that nodeos, which is proven to have stopped, cannot have signed.

    A block is signed up to one slot ahead of its time. That the clock was set back since, from one
    end of what it may be off to the other, is reckoned with.
    """
    return slot_at(UtcS(now.utc_s + 2 * timing.clock_error_s)) + 2


def claimable_in_s(
    lease: Lease, now: Moment, timing: LeaseTiming, delay_s: float = 0.0
) -> float | None:
    """Seconds until this host may claim; 0 when it may now, None when that is not known.

    Args:
        lease: what is known.
        now: when it is asked.
        timing: limits.
        delay_s: how much later than the first in line this host claims.

    Nothing is known while the newest look is older than two heartbeats and a time-out: what
    was there before may have changed and changed back. A store that went back has forgotten
    holders: whatever it says now, nothing is claimed before a lease of theirs is over.
    """
    sighting = lease.sighting
    if sighting is None or now.mono_s - sighting.latest.mono_s > _gap_s(timing):
        return None
    forgotten_s = 0.0
    if lease.went_back_at is not None:
        forgotten_s = candidate_wait_s(timing) - (now.mono_s - lease.went_back_at.mono_s)
    record = sighting.read.record
    if record is not None and not record.released and _is_own(lease, record):
        return max(0.0, forgotten_s)  # it was to be given back, and was not: taken from nobody
    is_free = record is None or record.released
    wait_s = delay_s + (0.0 if is_free else candidate_wait_s(timing))
    return max(0.0, forgotten_s, wait_s - (now.mono_s - sighting.since.mono_s))


def _gap_s(timing: LeaseTiming) -> float:
    return 2 * timing.heartbeat_s + timing.timeout_s


def _is_own(lease: Lease, record: LeaseRecord | None) -> bool:
    return record is not None and (record.host, record.run) == (lease.host, lease.run)


def _is_continued(lease: Lease, record: LeaseRecord | None) -> bool:
    """The record is that of the keeper before this one: the host holds, and this goes on."""
    if record is None or record.released or lease.run_before is None:
        return False
    return (record.host, record.run) == (lease.host, lease.run_before)


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
            request.record, heir=heir, stopped_from=_stopped_from(now, timing)
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
    if wish is Wish.HOLD and shown.record is not None and _is_continued(lease, shown.record):
        return WriteRecord(shown.version, _next_beat(lease, shown.record, released=False))
    if claims:
        return WriteRecord(shown.version, _claim(lease, lease.sighting))
    return ReadRecord()


def _claim(lease: Lease, sighting: Sighting) -> LeaseRecord:
    """What a holder says of its last slot is taken from one whom we saw hold until then."""
    shown, term = sighting.read.record, lease.highest_term + 1
    told = shown.stopped_from if shown is not None and sighting.followed else None
    return LeaseRecord(lease.host, term, 1, run=lease.run, stopped_from=told)


_KEEPS = frozenset({Wish.CLAIM, Wish.HOLD})


def _held(lease: Lease) -> tuple[Version, LeaseRecord] | None:
    """The record that says that this host holds, if it is the newest."""
    if lease.tenure is not None:
        return lease.tenure.version, lease.tenure.record
    shown = None if lease.sighting is None else lease.sighting.read
    if shown is None or shown.record is None or shown.record.released:
        return None
    is_ours = _is_own(lease, shown.record) or _is_continued(lease, shown.record)
    return (shown.version, shown.record) if is_ours else None


def holds_record(lease: Lease) -> bool:
    """Whether the newest record seen says that this host holds, and has not given back."""
    return _held(lease) is not None


def _next_beat(lease: Lease, record: LeaseRecord, *, released: bool) -> LeaseRecord:
    return msgspec.structs.replace(record, beat=record.beat + 1, released=released, run=lease.run)


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
    won = before.won if before is not None and goes_on else at
    return Tenure(record, version, won, sent)


def _seen(lease: Lease, read: RegisterRead, timing: LeaseTiming) -> Lease:
    """What a read shows; a write whose answer was lost is found done, or never will be."""
    highest = 0 if read.record is None else read.record.term
    before = lease.sighting
    went_back = before is not None and store_went_back(before.read.store, read.store)
    return msgspec.structs.replace(
        lease,
        went_back_at=read.at if went_back else lease.went_back_at,
        sighting=_sighting(before, read, timing, went_back=went_back),
        tenure=_tenure_seen(lease, read),
        doubtful=tuple(one for one in lease.doubtful if one.write.expected == read.version),
        highest_term=max(lease.highest_term, highest),
        failure=None,
    )


def _sighting(
    before: Sighting | None, read: RegisterRead, timing: LeaseTiming, *, went_back: bool
) -> Sighting:
    if before is None or went_back or read.at.mono_s - before.latest.mono_s > _gap_s(timing):
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
