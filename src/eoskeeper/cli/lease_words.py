"""Lease words: the lease and the guard in a line each, for a terminal."""

from __future__ import annotations

from eoskeeper.domain.guard_samples import GuardPhase
from eoskeeper.domain.lease_figures import GuardFigures, LeaseFigures

__all__ = ["guard_words", "lease_words"]


def lease_words(lease: LeaseFigures) -> str:
    """Who holds it, since when that is known, and why nothing newer is."""
    trouble = f"; etcd failed: {lease.failure}" if lease.failure else ""
    return f"lease: {_holding(lease)}{trouble}"


def _holding(lease: LeaseFigures) -> str:
    if lease.held_here:
        since = "" if lease.confirmed_s is None else f", confirmed {lease.confirmed_s:.1f} s ago"
        return f"held here, term {lease.term}{since}"
    if lease.holder is None:
        return "not known: etcd has not answered yet"
    if not lease.holder:
        return "nobody has ever held it"
    seen = "" if lease.seen_s is None else f", seen {lease.seen_s:.1f} s ago"
    deed = "given back by" if lease.released else "held by"
    return f"{deed} {lease.holder}, term {lease.term}{seen}"


def guard_words(guard: GuardFigures) -> str:
    """What it does, and what keeps it from doing its duty."""
    unclear = "" if guard.can_hold else f"; it could not stop nodeos: {guard.unclear}"
    answered = f", answered {guard.asked_s:.1f} s ago"
    return f"guard: {_doing(guard)}{answered}{unclear}"


def _doing(guard: GuardFigures) -> str:
    match guard.phase:
        case GuardPhase.ARMED:
            return f"armed for term {guard.term}, {guard.left_s:.1f} s to its deadline"
        case GuardPhase.FENCED:
            return f"has stopped production here ({guard.reason})"
        case GuardPhase.LOOKING:
            return "looks whether the chain hears this host"
        case GuardPhase.IDLE:
            return "stands by"
