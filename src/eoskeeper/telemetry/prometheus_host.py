"""Metrics of the machine, of nodeos's process, of alarms, of telemetry and of the keeper itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from eoskeeper.domain.figures import KeeperFigures, MachineFigures, NodeosFigures, TelemetryFigures
from eoskeeper.domain.findings import Grade, Severity
from eoskeeper.domain.host_samples import DeliveryResult, FolderUse
from eoskeeper.domain.report import Report
from eoskeeper.telemetry.prometheus_metric import (
    Labelled,
    Metric,
    Number,
    counters,
    gauge,
    gauges,
    state_set,
)

__all__ = ["HOST_METRICS"]

Figures = TypeVar("Figures", KeeperFigures, MachineFigures, NodeosFigures, TelemetryFigures)


def _of(
    figures: Callable[[Report], Figures | None], value: Callable[[Figures], Number | None]
) -> Callable[[Report], Number | None]:
    """A figure of a part of the report that may be missing."""

    def read(report: Report) -> Number | None:
        part = figures(report)
        return None if part is None else value(part)

    return read


def _keeper(value: Callable[[KeeperFigures], Number | None]) -> Callable[[Report], Number | None]:
    return _of(lambda report: report.keeper, value)


def _nodeos(value: Callable[[NodeosFigures], Number | None]) -> Callable[[Report], Number | None]:
    return _of(lambda report: report.nodeos, value)


def _machine(value: Callable[[MachineFigures], Number | None]) -> Callable[[Report], Number | None]:
    return _of(lambda report: report.machine, value)


def _telemetry(
    value: Callable[[TelemetryFigures], Number | None],
) -> Callable[[Report], Number | None]:
    return _of(lambda report: report.telemetry, value)


def _counter(name: str, text: str, of: Callable[[Report], Number | None]) -> Metric:
    return counters(name, text, lambda report: (((), of(report)),))


def _folders(value: Callable[[FolderUse], Number]) -> Callable[[Report], Iterator[Labelled]]:
    def read(report: Report) -> Iterator[Labelled]:
        for folder in report.machine.folders if report.machine else ():
            yield (folder.path,), value(folder)

    return read


def _alarms_open(report: Report) -> Iterator[Labelled]:
    """Every rule that is asked, at every severity: a series that begins with 1 is easily missed."""
    fired = [(one.rule, one.severity) for one in report.alarms if one.fired_utc is not None]
    rules = dict.fromkeys((*(one.rule for one in report.findings), *(rule for rule, _ in fired)))
    for rule in rules:
        for severity in Severity:
            yield (rule, str(severity)), fired.count((rule, severity))


_WORST_FIRST = (Grade.FAILED, Grade.DEGRADED, Grade.UNKNOWN, Grade.OK)


def _grades(report: Report) -> Iterator[Labelled]:
    """Of several things that a rule judges, the worst speaks for it."""
    worst: dict[str, Grade] = {}
    for one in report.findings:
        before = worst.get(one.rule, one.grade)
        worst[one.rule] = min(before, one.grade, key=_WORST_FIRST.index)
    for rule, grade in worst.items():
        yield from state_set(Grade, str(grade), (rule,))


def _failing(report: Report) -> Iterator[Labelled]:
    for probe, reason in dict.fromkeys((one.probe, one.reason) for one in report.failures):
        yield (str(probe), str(reason)), 1


def _deliveries(report: Report) -> Iterator[Labelled]:
    for channel, results in report.deliveries.items():
        for result in DeliveryResult:
            yield (channel, str(result)), results.get(result, 0)


def _points(report: Report) -> Iterator[Labelled]:
    figures = report.telemetry
    if figures is not None:
        yield ("accepted",), figures.accepted
        yield ("rejected",), figures.rejected
        yield ("dropped",), figures.dropped


HOST_METRICS = (
    # nodeos's process
    gauge(
        "eoskeeper_nodeos_start_time_seconds",
        "When the process of nodeos began",
        _nodeos(lambda n: n.started_utc),
    ),
    _counter(
        "eoskeeper_nodeos_cpu_seconds_total",
        "Processor time used by the process of nodeos",
        _nodeos(lambda n: n.cpu_s),
    ),
    gauge(
        "eoskeeper_nodeos_resident_memory_bytes",
        "Memory that the process of nodeos occupies",
        _nodeos(lambda n: n.resident_bytes),
    ),
    gauge(
        "eoskeeper_nodeos_state_free_bytes",
        "Free in the state database of nodeos",
        lambda r: r.free_database_bytes,
    ),
    # The machine
    gauge(
        "eoskeeper_machine_memory_bytes",
        "Memory of the machine",
        _machine(lambda m: m.memory_total_bytes),
    ),
    gauge(
        "eoskeeper_machine_memory_available_bytes",
        "Memory that can be given out without swapping",
        _machine(lambda m: m.memory_available_bytes),
    ),
    gauge("eoskeeper_machine_swap_bytes", "Swap space", _machine(lambda m: m.swap_total_bytes)),
    gauge(
        "eoskeeper_machine_swap_used_bytes",
        "Swap space in use",
        _machine(lambda m: m.swap_used_bytes),
    ),
    gauge(
        "eoskeeper_machine_load1",
        "Processes that ran or waited, mean of one minute",
        _machine(lambda m: m.load_1m),
    ),
    gauge(
        "eoskeeper_machine_load5",
        "Processes that ran or waited, mean of five minutes",
        _machine(lambda m: m.load_5m),
    ),
    gauge(
        "eoskeeper_machine_load15",
        "Processes that ran or waited, mean of fifteen minutes",
        _machine(lambda m: m.load_15m),
    ),
    gauge("eoskeeper_machine_cpus", "Processors that are online", _machine(lambda m: m.cpus)),
    gauge(
        "eoskeeper_clock_offset_seconds",
        "Our clock minus the time server's",
        _machine(lambda m: m.clock_offset_s),
    ),
    gauges(
        "eoskeeper_folder_size_bytes",
        "Size of the file system that holds a folder of nodeos or of the keeper",
        _folders(lambda folder: folder.total_bytes),
        "folder",
    ),
    gauges(
        "eoskeeper_folder_free_bytes",
        "What may still be written there",
        _folders(lambda folder: folder.free_bytes),
        "folder",
    ),
    # Alarms
    gauges(
        "eoskeeper_alarm_open",
        "Open alarms of a rule",
        _alarms_open,
        *("rule", "severity"),
        severity="`info`, `warning`, `critical`",
    ),
    gauges(
        "eoskeeper_rule_grade",
        "What a health rule says, 1 for its worst grade",
        _grades,
        *("rule", "grade"),
        grade=", ".join(f"`{grade}`" for grade in Grade),
    ),
    gauges(
        "eoskeeper_probe_failing",
        "Probes that have no reading now; there is no series for those that have",
        _failing,
        *("probe", "reason"),
    ),
    counters(
        "eoskeeper_deliveries_total",
        "Messages handed to a channel, by how that ended, since the keeper started",
        _deliveries,
        *("channel", "result"),
        result=", ".join(f"`{result}`" for result in DeliveryResult),
    ),
    # Points for the database
    counters(
        "eoskeeper_telemetry_points_total",
        "Points for the database, by what became of them, since the keeper started",
        _points,
        "result",
        result="`accepted`, `rejected`, `dropped`",
    ),
    gauge(
        "eoskeeper_telemetry_spooled_points",
        "Points that wait on disk for the database",
        _telemetry(lambda t: t.spooled),
    ),
    gauge(
        "eoskeeper_telemetry_spooled_bytes",
        "What they take on disk",
        _telemetry(lambda t: t.spooled_bytes),
    ),
    gauge(
        "eoskeeper_telemetry_oldest_spooled_timestamp_seconds",
        "Time of the oldest point that waits on disk",
        _telemetry(lambda t: t.oldest_spooled_utc),
    ),
    gauge(
        "eoskeeper_telemetry_last_success_timestamp_seconds",
        "When the database last took points",
        _telemetry(lambda t: t.last_success_utc),
    ),
    gauge(
        "eoskeeper_telemetry_failing_since_timestamp_seconds",
        "Since when the database takes no points; not there while it does",
        _telemetry(lambda t: t.failing_since_utc),
    ),
    # The keeper
    gauge(
        "eoskeeper_cycle_late_seconds",
        "How much too late the newest cycle began",
        _keeper(lambda k: k.late_s),
    ),
    gauge(
        "eoskeeper_cycle_duration_seconds",
        "How long the cycle before the newest took",
        _keeper(lambda k: k.took_s),
    ),
    gauge(
        "eoskeeper_readings_queued",
        "Readings that waited for the newest cycle",
        _keeper(lambda k: k.queued),
    ),
    _counter(
        "eoskeeper_readings_dropped_total",
        "Readings lost because the queue was full, since the keeper started",
        _keeper(lambda k: k.dropped),
    ),
    gauge(
        "process_start_time_seconds",
        "When the keeper started",
        _keeper(lambda k: k.started_utc),
    ),
    _counter(
        "process_cpu_seconds_total",
        "Processor time used by the keeper",
        _keeper(lambda k: k.cpu_s),
    ),
    gauge(
        "process_resident_memory_bytes",
        "Memory that the keeper occupies",
        _keeper(lambda k: k.resident_bytes or None),
    ),
)
"""In the order in which they are told; documented as they stand here."""
