"""Metrics of the lease in a register and of the guard; none where neither is configured."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from eoskeeper.domain.guard_samples import GuardPhase
from eoskeeper.domain.lease_figures import GuardFigures, LeaseFigures
from eoskeeper.domain.report import Report
from eoskeeper.telemetry.prometheus_metric import (
    Labelled,
    Metric,
    Number,
    gauge,
    gauges,
    state_set,
)

__all__ = ["LEASE_METRICS"]


def _lease(value: Callable[[LeaseFigures], Number | None]) -> Callable[[Report], Number | None]:
    return lambda report: None if report.lease is None else value(report.lease)


def _guard(value: Callable[[GuardFigures], Number | None]) -> Callable[[Report], Number | None]:
    return lambda report: None if report.guard is None else value(report.guard)


def _ago(age: Callable[[Report], Number | None]) -> Callable[[Report], Number | None]:
    """The time that an age counts from, which stays true between two scrapes."""

    def read(report: Report) -> Number | None:
        seconds = age(report)
        return None if seconds is None else report.at_utc - seconds

    return read


def _passed_s(guard: GuardFigures) -> float | None:
    """Since its deadline, so less than 0; an idle guard has none."""
    return -guard.left_s if guard.phase is GuardPhase.ARMED else None


def _phases(report: Report) -> Iterable[Labelled]:
    return state_set(GuardPhase, None if report.guard is None else report.guard.phase)


LEASE_METRICS: tuple[Metric, ...] = (
    gauge(
        "eoskeeper_lease_held",
        "1 while this host holds the lease in the register by a confirmed heartbeat",
        _lease(lambda lease: lease.held_here),
    ),
    gauge(
        "eoskeeper_lease_released",
        "1 while the newest record says that its holder has given the lease back",
        _lease(lambda lease: lease.released if lease.holder else None),
    ),
    gauge(
        "eoskeeper_lease_term",
        "Number of the holdership in the register, counted by all hosts together",
        _lease(lambda lease: lease.term if lease.holder else None),
    ),
    gauge(
        "eoskeeper_lease_confirmed_timestamp_seconds",
        "When the newest confirmed heartbeat of this host was sent",
        _ago(_lease(lambda lease: lease.confirmed_s)),
    ),
    gauge(
        "eoskeeper_register_answer_timestamp_seconds",
        "When the register last told what lies there",
        _ago(_lease(lambda lease: lease.seen_s)),
    ),
    gauges(
        "eoskeeper_guard_phase",
        "1 for what the guard is doing",
        _phases,
        "phase",
        phase=", ".join(f"`{phase}`" for phase in GuardPhase),
    ),
    gauge(
        "eoskeeper_guard_can_hold",
        "1 while the guard has nodeos in hand and could stop it",
        _guard(lambda guard: guard.can_hold),
    ),
    gauge(
        "eoskeeper_guard_deadline_timestamp_seconds",
        "When the armed guard stops production, unless it is told of a new heartbeat",
        _ago(_guard(_passed_s)),
    ),
    gauge(
        "eoskeeper_guard_answer_timestamp_seconds",
        "When the guard was asked for its newest answer",
        _ago(_guard(lambda guard: guard.asked_s)),
    ),
)
"""In the order of the page."""
