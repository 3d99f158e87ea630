"""Monitors: the answers that load balancers and watchers go by; each says why.

Whatever is not known counts against: 200 is only told of what was seen.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from eoskeeper.domain.production import SlotOutcome
from eoskeeper.domain.report import Report
from eoskeeper.domain.samples import ProbeName
from eoskeeper.domain.standing import State

__all__ = ["Health", "MonitorAnswer", "age_problems", "health_problems", "producer_problems"]
__all__ += ["readiness_problems", "standby_problems"]

REPORT_AGE_LIMIT_S = 5.0
"""A keeper that reports each second and has not for so long is not well."""

HEAD_AGE_LIMIT_S = 10.0
"""A head older than this is not in sync; the same as the default of ``failover``."""


class MonitorAnswer(msgspec.Struct, frozen=True):
    """Yes or no, and why not.

    Attributes:
        problems: in words; empty for yes.
    """

    ok: bool
    problems: tuple[str, ...]
    host: str = ""
    state: str = ""


class Health(msgspec.Struct, frozen=True):
    """Whether the keeper is well."""

    healthy: bool
    problems: tuple[str, ...]


def age_problems(report: Report, now_utc: float) -> Iterator[str]:
    """An age below zero is a clock that was set back: as bad as an old report."""
    age_s = now_utc - report.at_utc
    if abs(age_s) >= REPORT_AGE_LIMIT_S:
        yield f"last report {age_s:.1f} s old (limit {REPORT_AGE_LIMIT_S:g})"


def health_problems(report: Report, now_utc: float) -> Iterator[str]:
    """The keeper reads everything that it is set up to read, now."""
    for one in report.failures:
        if one.probe is not ProbeName.PEER:  # a silent peer is its own host's trouble
            yield f"no reading: {one.probe}: {one.reason}"
    yield from age_problems(report, now_utc)


def producer_problems(report: Report, now_utc: float) -> Iterator[str]:
    """This host is the one that produces."""
    if report.state is not State.HOLDER:
        yield f"state {report.state}, not {State.HOLDER}"
    if not report.may_produce:
        yield "this host may not produce"
    if report.paused is not False:
        yield "production is paused" if report.paused else "not known whether production is paused"
    yield from age_problems(report, now_utc)


def standby_problems(report: Report, now_utc: float) -> Iterator[str]:
    """This host could take over."""
    if report.state is not State.STANDBY:
        yield f"state {report.state}, not {State.STANDBY}"
    if report.paused is not True:
        known = report.paused is not None
        yield "production is not paused" if known else "not known whether production is paused"
    yield from health_problems(report, now_utc)


def readiness_problems(report: Report, now_utc: float) -> Iterator[str]:
    """The keeper knows a whole round, and its node is in sync."""
    slots = [slot for turn in report.last_round for slot in turn.slots]
    if not slots:
        yield "no whole round seen yet"
    elif SlotOutcome.UNKNOWN in slots:
        yield f"{slots.count(SlotOutcome.UNKNOWN)} of {len(slots)} slots of the last round unknown"
    if report.head_age_s is None:
        yield "no head known"
    elif abs(report.head_age_s) >= HEAD_AGE_LIMIT_S:
        yield f"head {report.head_age_s:.1f} s old (limit {HEAD_AGE_LIMIT_S:g})"
    yield from age_problems(report, now_utc)
