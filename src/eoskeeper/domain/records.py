"""Records: what the history keeps of a host, and how it is asked for.

A quantity is a number that a plot can show. Readings are one a second; older ones are known by the
minute with mean, low and high. ``None`` is *unknown* and stays a hole in the curve.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from eoskeeper.domain.chain_time import UtcS
from eoskeeper.domain.known import known
from eoskeeper.domain.report import Report
from eoskeeper.domain.turns import TurnClosed

__all__ = [
    "QUANTITIES",
    "Curve",
    "Curves",
    "EventRecord",
    "EventSource",
    "Quantity",
    "Reading",
    "TurnRecord",
    "reading_of",
    "turn_record",
]


class Quantity(StrEnum):
    """What is kept; also the names in the API. The unit comes last."""

    HEAD_NUMBER = "head_number"
    HEAD_AGE_S = "head_age_s"
    IRREVERSIBLE_LAG_BLOCKS = "irreversible_lag_blocks"
    LINKS = "links"
    PRODUCES = "produces"
    """1 while this host makes our blocks, else 0."""
    OPEN_ALARMS = "open_alarms"
    NODEOS_CPU_PERCENT = "nodeos_cpu_percent"
    """Of one processor, since the reading before; a restart leaves a hole."""
    NODEOS_RESIDENT_BYTES = "nodeos_resident_bytes"
    MEMORY_AVAILABLE_BYTES = "memory_available_bytes"
    LOAD_1M = "load_1m"
    DISK_FREE_BYTES = "disk_free_bytes"
    """Of the file system that is fullest in per cent."""
    DISK_USED_PERCENT = "disk_used_percent"
    """Of the same one."""
    STATE_FREE_BYTES = "state_free_bytes"
    """What is left of nodeos's state database."""


QUANTITIES = tuple(Quantity)
"""In the order of a reading's values."""


class Reading(msgspec.Struct, frozen=True):
    """One second of a host.

    Attributes:
        values: one for each of ``QUANTITIES``, in their order.
    """

    at_utc: UtcS
    values: tuple[float | None, ...]


class Curve(msgspec.Struct, frozen=True):
    """A quantity over a span, one entry for each step of it.

    Attributes:
        mean: of the step; None where nothing is known.
    """

    quantity: Quantity
    mean: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


class Curves(msgspec.Struct, frozen=True):
    """Some quantities over one span.

    Attributes:
        begin_utc: begin of the first step.
        step_s: length of each; a multiple of 1 s.
    """

    begin_utc: UtcS
    step_s: int
    curves: tuple[Curve, ...]


class TurnRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A closed turn as it is kept.

    Attributes:
        begin_utc: time stamp of its first slot.
        cells: a letter for each slot: ``p`` produced, ``m`` missed, ``l`` lost, ``u`` unknown.
        latest_ms: how late its latest block was; None when not known.
        made_by: name of the host of ours that made it; empty when not ours or not known.
    """

    turn: int
    begin_utc: UtcS
    producer: str
    ours: bool
    cells: str
    latest_ms: int | None = None
    made_by: str = ""


class EventSource(StrEnum):
    """Which journal an event is from."""

    DECISION = "decision"
    ALARM = "alarm"


class EventRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a journal as it is kept.

    Attributes:
        number: counts up; a page asks for those before or after one it has.
        kind: the event's tag, like ``standing_changed``.
        event: the event itself in its JSON form.
    """

    number: int
    at_utc: UtcS
    source: EventSource
    kind: str
    event: msgspec.Raw


def reading_of(report: Report, before: Report | None) -> Reading:
    """The numbers of a report.

    Args:
        report: of this cycle.
        before: of the reading before, for what is told per second; None for the first.
    """
    values = _values(known(report), before)
    return Reading(report.at_utc, tuple(values.get(quantity) for quantity in QUANTITIES))


def turn_record(closed: TurnClosed, report: Report) -> TurnRecord:
    """A closed turn with the host that made it, as far as the report knows."""
    made_by = {one.turn: one.made_by for one in report.own_turns} if closed.ours else {}
    return TurnRecord(
        turn=closed.turn,
        begin_utc=closed.begin_utc,
        producer=closed.producer,
        ours=closed.ours,
        cells=closed.cells,
        latest_ms=closed.latest_ms,
        made_by=made_by.get(closed.turn, ""),
    )


def _values(report: Report, before: Report | None) -> Mapping[Quantity, float | None]:
    nodeos, machine = report.nodeos, report.machine
    values: dict[Quantity, float | None] = {
        Quantity.HEAD_NUMBER: report.head_number,
        Quantity.HEAD_AGE_S: report.head_age_s,
        Quantity.IRREVERSIBLE_LAG_BLOCKS: report.irreversible_lag_blocks,
        Quantity.LINKS: report.links,
        Quantity.PRODUCES: None if report.produces is None else float(report.produces),
        Quantity.OPEN_ALARMS: sum(one.fired_utc is not None for one in report.alarms),
        Quantity.STATE_FREE_BYTES: report.free_database_bytes,
        Quantity.NODEOS_CPU_PERCENT: _nodeos_cpu_percent(report, before),
    }
    if nodeos is not None:
        values[Quantity.NODEOS_RESIDENT_BYTES] = nodeos.resident_bytes
    if machine is not None:
        values[Quantity.MEMORY_AVAILABLE_BYTES] = machine.memory_available_bytes
        values[Quantity.LOAD_1M] = machine.load_1m
        if machine.folders:
            fullest = max(machine.folders, key=lambda one: one.used_percent)
            values[Quantity.DISK_FREE_BYTES] = fullest.free_bytes
            values[Quantity.DISK_USED_PERCENT] = fullest.used_percent
    return values


def _nodeos_cpu_percent(report: Report, before: Report | None) -> float | None:
    now, then = report.nodeos, before.nodeos if before else None
    if before is None or now is None or then is None:
        return None
    passed_s = report.at_utc - before.at_utc
    used_s = now.cpu_s - then.cpu_s
    if passed_s <= 0 or used_s < 0 or (now.pid, now.started_utc) != (then.pid, then.started_utc):
        return None
    return 100.0 * used_s / passed_s
