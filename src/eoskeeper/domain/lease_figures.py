"""Lease figures: what a report tells of the lease in a register, and of the guard."""

from __future__ import annotations

import msgspec

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.guard_samples import GuardPhase, GuardRead
from eoskeeper.domain.lease.holding import age_s
from eoskeeper.domain.lease.register import Lease

__all__ = ["GuardFigures", "LeaseFigures", "guard_figures", "lease_figures"]


class LeaseFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The lease as this host sees it.

    Attributes:
        holder: of the record that was seen last; empty when nobody has ever held, None: not known.
        released: that holder has given it back.
        held_here: this host has confirmed it.
        confirmed_s: since the newest confirmed heartbeat of this host was sent.
        seen_s: since the register answered last.
        failure: why its newest request failed; empty when it did not.
    """

    holder: str | None
    term: int
    released: bool
    held_here: bool
    confirmed_s: float | None
    seen_s: float | None
    failure: str


class GuardFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The guard as it answered last.

    Attributes:
        asked_s: since it was asked for that.
        left_s: until its deadline; means nothing while it is idle.
        unclear: why it does not have nodeos in hand; empty when it has.
        reason: of its last fence; empty when it never had one.
    """

    phase: GuardPhase
    term: int
    asked_s: float
    left_s: float
    can_hold: bool
    unclear: str
    reason: str


def lease_figures(lease: Lease | None, now: Moment) -> LeaseFigures | None:
    """What is known of the lease; None where the chain is the register."""
    if lease is None:
        return None
    sighting, failure = lease.sighting, lease.failure
    record = None if sighting is None else sighting.read.record
    nobody = None if sighting is None else ""
    return LeaseFigures(
        holder=nobody if record is None else record.host,
        term=0 if record is None else record.term,
        released=record is not None and record.released,
        held_here=lease.tenure is not None,
        confirmed_s=age_s(lease, now),
        seen_s=None if sighting is None else now.mono_s - sighting.latest.mono_s,
        failure="" if failure is None else f"{failure.reason}: {failure.detail}",
    )


def guard_figures(read: GuardRead | None, now: Moment) -> GuardFigures | None:
    """What is known of the guard; None when it never answered."""
    if read is None:
        return None
    return GuardFigures(
        phase=read.phase,
        term=read.term,
        asked_s=now.mono_s - read.asked.mono_s,
        left_s=read.until_s - now.mono_s,
        can_hold=read.can_hold,
        unclear=read.unclear,
        reason=read.reason,
    )
