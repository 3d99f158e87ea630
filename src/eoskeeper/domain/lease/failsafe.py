"""Failsafe: a holder whom the register does not answer goes on while every other one stays away.

Invariant: it goes on only by promises of all members of the roster that its record names, each
counted from when *it asked*; a member that promised claims nothing for one lease from when it did,
and nobody outside the roster may claim what is held. So whoever is not asked cannot begin, and who
was asked begins later than the holder stops. A refusal, silence and an unknown error are the same.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.lease.holding import own_seat
from eoskeeper.domain.lease.timing import LeaseTiming
from eoskeeper.domain.lease.values import Given, Lease, Promise, PromiseWanted, Tenure, WriteRecord
from eoskeeper.domain.register import Seat

__all__ = ["give_promise", "promise_of", "take_promises", "wanted_promise"]


# --- the holder -----------------------------------------------------------------------------------


def wanted_promise(lease: Lease, now: Moment, timing: LeaseTiming) -> PromiseWanted | None:
    """What the holder asks all others: only once a heartbeat is late, for a promise delays them."""
    tenure = lease.tenure
    if tenure is None or not _roster(lease, tenure):
        return None
    if now.mono_s - tenure.confirmed.mono_s < timing.heartbeat_s + timing.timeout_s / 2:
        return None
    return PromiseWanted(lease.run, tenure.record.term, now.mono_s)


def take_promises(lease: Lease, promises: Mapping[Seat, Promise | None], now: Moment) -> Lease:
    """Take in what the others promise; only the oldest of all questions counts."""
    tenure = lease.tenure
    if tenure is None:
        return lease
    asked_s = []
    for seat in _roster(lease, tenure):
        promise = promises.get(seat)
        if promise is None or promise.holder != lease.host:
            return lease
        wanted = promise.wanted
        if (wanted.run, wanted.term) != (lease.run, tenure.record.term):
            return lease
        asked_s.append(wanted.asked_s)
    if not asked_s or not (tenure.vouched_s or 0.0) < min(asked_s) <= now.mono_s:
        return lease
    vouched = msgspec.structs.replace(tenure, vouched_s=min(asked_s))
    return msgspec.structs.replace(lease, tenure=vouched)


def _roster(lease: Lease, tenure: Tenure) -> frozenset[Seat]:
    """Everybody who may claim, by any record of ours that may be the one in the register."""
    written = [tenure.record, *(one.write.record for one in lease.doubtful)]
    if isinstance(lease.asked, WriteRecord):
        written.append(lease.asked.record)
    if not all(record.roster for record in written):
        return frozenset()  # then everybody may
    return frozenset(seat for record in written for seat in record.roster) - {own_seat(lease)}


# --- everybody else -------------------------------------------------------------------------------


def give_promise(lease: Lease, holder: str, wanted: PromiseWanted, now: Moment) -> Lease:
    """Promise it, if nothing of ours can make this host the holder meanwhile.

    A claim that is under way, or that a keeper of this host before this one may have sent, can
    still win: the latter until the record is another one than the first that we saw.
    """
    sighting = lease.sighting
    if lease.tenure is not None or sighting is None or lease.first is None:
        return lease
    if isinstance(lease.asked, WriteRecord) or lease.doubtful:
        return lease
    record = sighting.read.record
    if record is None or record.released:
        return lease
    if sighting.read.version.revision <= lease.first.revision:
        return lease
    if (record.host, record.run, record.term) != (holder, wanted.run, wanted.term):
        return lease
    if record.term < lease.highest_term or own_seat(lease) not in record.roster:
        return lease
    given = Given(Promise(holder, wanted), now)
    if lease.given is not None and lease.given.promise == given.promise:
        return lease
    return msgspec.structs.replace(lease, given=given)


def promise_of(lease: Lease) -> Promise | None:
    """What this host has promised; worth nothing to a holder that asked for it too long ago."""
    return None if lease.given is None or lease.tenure is not None else lease.given.promise
