"""Known: a report without the readings that are no longer true.

A report keeps the newest reading of everything, for people who see its age beside it. A store or a
curve has no such place: there, what its probe does not answer at this moment is left out.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from eoskeeper.domain.report import Report
from eoskeeper.domain.samples import ProbeName

__all__ = ["known", "nodeos_answers"]


def nodeos_answers(report: Report) -> bool | None:
    """Whether the HTTP API answered the newest request; None before the first outcome."""
    if any(one.probe is ProbeName.GET_INFO for one in report.failures):
        return False
    return None if report.head_number is None else True


def known(report: Report) -> Report:
    """The report with ``None`` for what nodeos cannot be asked just now.

    Nothing that the keeper knows by itself is touched: standing, turns, alarms, machine.
    """
    failing = frozenset(one.probe for one in report.failures)
    gone = {name for name, probes in _NEEDED.items() if failing & probes}
    if failing >= _LINK_SOURCES:
        gone.add("links")
    return _without(report, gone) if gone else report


_API = frozenset({ProbeName.GET_INFO})

_NEEDED = {
    "head_number": _API,
    "head_age_s": _API,
    "head_producer": _API,
    "irreversible_number": _API,
    "irreversible_lag_blocks": _API,
    "server_version": _API,
    "links": _API,
    "paused": _API | {ProbeName.PAUSED},
    "produces": _API | {ProbeName.PAUSED, ProbeName.BLOCKS},
    "free_database_bytes": _API | {ProbeName.DATABASE_SIZE},
}
"""Readings by the probes without which they are old news."""

_LINK_SOURCES = frozenset({ProbeName.CONNECTIONS, ProbeName.PROCESS})
"""Links are counted by the one or the other."""


def _without(report: Report, names: Collection[str]) -> Report:
    nothing: dict[str, Any] = dict.fromkeys(names)
    return msgspec.structs.replace(report, **nothing)
