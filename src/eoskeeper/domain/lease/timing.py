"""Lease timing: the limits of a lease in a register, and the arithmetic that makes them safe.

A bad combination is refused with its sum in words and numbers, never adjusted: who sets a limit has
to see what it costs.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ["LeaseSum", "LeaseTiming", "candidate_wait_s", "lease_problems", "lease_sums"]

HAIR_S = 1e-9

Seconds = Annotated[float, Meta(ge=0.1, le=600)]


class LeaseTiming(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Limits of a lease that is kept as a record in a register; all in seconds.

    Attributes:
        lease_s: L: a candidate moves once the record has not changed for so long.
        fence_age_s: F: a holder stops once its newest confirmed heartbeat was sent so long ago.
        stop_s: K: the longest that a stop may take until it is proven: the rungs of the fence.
        guard_s: V: the guard stops production so long after the newest confirmed heartbeat
            was sent.
        heartbeat_s: between two heartbeats.
        timeout_s: until a request of the register counts as unanswered.
        settle_s: W: a candidate that has won waits so long before it resumes.
        clock_rate: rho: how much faster or slower than another the clock of a host may run.
            Source: adjtimex(2): the kernel slews by 500 ppm at most; twice that.
        clock_error_s: how far the clock of a host may be from UTC.
    """

    lease_s: Seconds = 20.0
    fence_age_s: Seconds = 6.0
    stop_s: Seconds = 2.5
    guard_s: Seconds = 9.0
    heartbeat_s: Seconds = 2.0
    timeout_s: Seconds = 1.5
    settle_s: Seconds = 2.0
    clock_rate: Annotated[float, Meta(ge=0.0, le=0.1)] = 0.001
    clock_error_s: Annotated[float, Meta(ge=0.0, le=60)] = 0.5


class LeaseSum(msgspec.Struct, frozen=True):
    """One rule with its figures.

    Attributes:
        name: of the rule; S1 to S5 keep two hosts apart, the L rules keep one at work.
        holds: whether the figures keep it.
        left: the sum that must be small enough, in seconds.
        limit: what it must not exceed, in seconds.
        arithmetic: both with their numbers.
        otherwise: what would happen if it did not hold.
    """

    name: str
    holds: bool
    left: float
    limit: float
    arithmetic: str
    otherwise: str


def candidate_wait_s(timing: LeaseTiming) -> float:
    """S3: seconds, on its own clock, for which a candidate must have seen the same record."""
    return timing.lease_s * (1 + timing.clock_rate)


def lease_sums(timing: LeaseTiming) -> tuple[LeaseSum, ...]:
    """Every rule, kept or not."""
    t, least_s = timing, timing.lease_s * (1 - timing.clock_rate)
    lease = (least_s, f"L (1 - rho) = {t.lease_s:g} x (1 - {t.clock_rate:g})")
    stopped = (t.fence_age_s + t.stop_s, f"F + K = {t.fence_age_s:g} + {t.stop_s:g}")
    guarded = (2 * t.guard_s, f"2 V = 2 x {t.guard_s:g}")
    clocks = (1 + 2 * t.clock_error_s, f"1 + 2 x clock error = 1 + 2 x {t.clock_error_s:g}")
    retried = (
        2 * t.heartbeat_s + t.timeout_s,
        f"2 heartbeats + timeout = 2 x {t.heartbeat_s:g} + {t.timeout_s:g}",
    )
    return (
        _sum("S1", stopped, "<=", lease, "a candidate could begin before the stop is proven"),
        _sum("S2", guarded, "<=", lease, "a guard that was held up could stop it too late"),
        _sum("S4", clocks, "<=", (t.settle_s, "W"), "both could fill one slot"),
        _sum("S5", stopped, "<", (t.guard_s, "V"), "the guard would forestall a gentle stop"),
        _sum("L1", retried, "<=", (t.fence_age_s, "F"), "one lost heartbeat would stop the holder"),
        _sum(
            "L2",
            (t.timeout_s, "timeout"),
            "<=",
            (t.heartbeat_s, "heartbeat"),
            "a heartbeat could be under way when the next is due",
        ),
    )


def lease_problems(timing: LeaseTiming) -> tuple[LeaseSum, ...]:
    """The rules that these limits break; empty when they are good."""
    return tuple(one for one in lease_sums(timing) if not one.holds)


def _sum(
    name: str,
    left: tuple[float, str],
    relation: Literal["<=", "<"],
    limit: tuple[float, str],
    otherwise: str,
) -> LeaseSum:
    # A sum of decimal fractions may miss equality by a hair, which is neither below nor above.
    holds = left[0] <= limit[0] + HAIR_S if relation == "<=" else left[0] < limit[0] - HAIR_S
    arithmetic = f"{left[1]} = {left[0]:g} s {relation} {limit[1]} = {limit[0]:g} s"
    return LeaseSum(name, holds, left[0], limit[0], arithmetic, otherwise)
