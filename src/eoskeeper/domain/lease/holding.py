"""Holding: whether what is known entitles this host, and whether anybody may claim it.

Invariant: the holder's time counts from when it sent or asked, a candidate's from when an answer
came. So every unknown delay makes the holder's time shorter and the candidate's longer.
"""

from __future__ import annotations

import math

from eoskeeper.domain.chain_time import Moment, UtcS, slot_at, slot_utc
from eoskeeper.domain.lease.timing import LeaseTiming, candidate_wait_s
from eoskeeper.domain.lease.values import Lease, Tenure
from eoskeeper.domain.register import LeaseRecord, Seat

__all__ = [
    "age_s",
    "bound_for_s",
    "claimable_in_s",
    "evidence_age_s",
    "gap_s",
    "has_lapsed",
    "is_continued",
    "is_own",
    "is_settled",
    "may_claim",
    "own_seat",
    "settles_in_s",
    "stopped_from",
]


def age_s(lease: Lease, now: Moment) -> float | None:
    """Seconds since the newest confirmed write was sent; None without a tenure."""
    return None if lease.tenure is None else now.mono_s - lease.tenure.confirmed.mono_s


def evidence_age_s(tenure: Tenure, now: Moment) -> float:
    """Seconds since the newest evidence that nobody else may begin: a heartbeat, or promises."""
    newest_s = tenure.confirmed.mono_s
    return now.mono_s - max(newest_s, newest_s if tenure.vouched_s is None else tenure.vouched_s)


def has_lapsed(lease: Lease, now: Moment, timing: LeaseTiming) -> bool:
    """Whether a holder must stop.

    A keeper that has just started has the fence age to confirm what the keeper before it held,
    or to be the first ever; meanwhile the guard's deadline stands.
    """
    if lease.tenure is not None:
        return evidence_age_s(lease.tenure, now) >= timing.fence_age_s
    sighting = lease.sighting
    if sighting is None:
        return now.mono_s - lease.started.mono_s >= timing.fence_age_s
    if sighting.read.record is None:
        # Nobody holds by a record; the chain has to say who produces, until one is written.
        return now.mono_s - sighting.latest.mono_s >= timing.fence_age_s
    if not is_continued(lease, sighting.read.record):
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
    if bound_for_s(lease, now, timing) > 0:
        return False  # a claim of ours that was late has won against our own promise
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


def stopped_from(now: Moment, timing: LeaseTiming) -> int:
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
    if sighting is None or now.mono_s - sighting.latest.mono_s > gap_s(timing):
        return None
    forgotten_s = 0.0
    if lease.went_back_at is not None:
        forgotten_s = candidate_wait_s(timing) - (now.mono_s - lease.went_back_at.mono_s)
    record = sighting.read.record
    if record is not None and not record.released and is_own(lease, record):
        return max(0.0, forgotten_s)  # it was to be given back, and was not: taken from nobody
    is_free = record is None or record.released
    if record is not None and not is_free and not may_claim(lease, record):
        return None
    wait_s = delay_s + (0.0 if is_free else candidate_wait_s(timing))
    bound_s = bound_for_s(lease, now, timing)
    return max(0.0, forgotten_s, bound_s, wait_s - (now.mono_s - sighting.since.mono_s))


def bound_for_s(lease: Lease, now: Moment, timing: LeaseTiming) -> float:
    """Seconds for which a promise of ours still holds; 0 once its holder has given back."""
    given, sighting = lease.given, lease.sighting
    if given is None:
        return 0.0
    record = None if sighting is None else sighting.read.record
    if record is not None and record.released:
        holder, wanted = given.promise.holder, given.promise.wanted
        if (record.host, record.run, record.term) == (holder, wanted.run, wanted.term):
            return 0.0
    return max(0.0, candidate_wait_s(timing) - (now.mono_s - given.at.mono_s))


def own_seat(lease: Lease) -> Seat:
    """What names this host in a roster."""
    return Seat(lease.host, lease.keeper_id)


def may_claim(lease: Lease, record: LeaseRecord) -> bool:
    """Whether this host is one of those that the holder asks, where it may go on by promises."""
    return not record.roster or own_seat(lease) in record.roster


def gap_s(timing: LeaseTiming) -> float:
    """A look that is older leaves open what was there since."""
    return 2 * timing.heartbeat_s + timing.timeout_s


def is_own(lease: Lease, record: LeaseRecord | None) -> bool:
    """This very keeper wrote it."""
    return record is not None and (record.host, record.run) == (lease.host, lease.run)


def is_continued(lease: Lease, record: LeaseRecord | None) -> bool:
    """The record is that of the keeper before this one: the host holds, and this goes on.

    Only in the term that it wrote last: an older one comes from a backup of the register.
    """
    before = lease.held_before
    if record is None or record.released or before is None:
        return False
    return (record.host, record.run, record.term) == (lease.host, before.run, before.term)
