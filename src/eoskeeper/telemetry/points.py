"""Our own measurements for InfluxDB: a report's figures, and what one cycle has to tell once.

The same thing told twice has the same series and the same time, so that the database keeps it once.
"""

from __future__ import annotations

from collections.abc import Iterator

from eoskeeper.domain.findings import Severity
from eoskeeper.domain.known import known
from eoskeeper.domain.publication import Publication
from eoskeeper.domain.report import Report
from eoskeeper.telemetry.line_protocol import Point
from eoskeeper.telemetry.points_events import alarm_points, failover_points
from eoskeeper.telemetry.points_table import Value, nanoseconds, point_of
from eoskeeper.telemetry.points_turns import producer_points, turn_points

__all__ = ["event_points", "sample_points"]

CHAIN_LETTERS = 8
"""Enough of a chain id to tell one chain from another."""


def sample_points(report: Report) -> tuple[Point, ...]:
    """The figures of one cycle; what is not known is left out."""
    return tuple(_sampled(known(report)))


def event_points(publication: Publication) -> tuple[Point, ...]:
    """What happened in one cycle: turns, changes of alarms, decisions."""
    return (
        *turn_points(publication),
        *producer_points(publication),
        *alarm_points(publication),
        *failover_points(publication),
    )


def _sampled(report: Report) -> Iterator[Point]:
    at_utc_ns, host = nanoseconds(report.at_utc), {"host": report.host}
    tags = {
        **host,
        "role": str(report.role),
        "producer": report.producer,
        "chain": (report.chain_id or "")[:CHAIN_LETTERS],
    }
    yield from point_of("eoskeeper_node", tags, _node(report), at_utc_ns)
    yield from point_of("eoskeeper_host", host, _machine(report), at_utc_ns)
    for folder in report.machine.folders if report.machine else ():
        use: dict[str, Value | None] = {
            "total_bytes": folder.total_bytes,
            "free_bytes": folder.free_bytes,
            "used_percent": folder.used_percent,
        }
        yield from point_of("eoskeeper_folder", {**host, "folder": folder.path}, use, at_utc_ns)
    yield from point_of("eoskeeper_alarms_open", host, _open_alarms(report), at_utc_ns)
    yield from point_of("eoskeeper_keeper", host, _keeper(report), at_utc_ns)


def _node(report: Report) -> dict[str, Value | None]:
    nodeos, made_utc = report.nodeos, report.last_made_utc
    return {
        "head_number": report.head_number,
        "head_age_s": report.head_age_s,
        "head_producer": report.head_producer,
        "irreversible_number": report.irreversible_number,
        "irreversible_lag_blocks": report.irreversible_lag_blocks,
        "links": report.links,
        "paused": report.paused,
        "produces": report.produces,
        "may_produce": report.may_produce,
        "in_schedule": report.in_schedule,
        "producers": len(report.schedule) or None,
        "state": str(report.state),
        "term": report.term,
        "mode": str(report.mode),
        "cause": None if report.cause is None else str(report.cause),
        "empty_own_turns": report.empty_own_turns,
        "unstayed_own_turns": report.unstayed_own_turns,
        "last_made_age_s": None if made_utc is None else report.at_utc - made_utc,
        "next_own_turn_in_s": report.next_own_turn_in_s,
        "server_version": report.server_version,
        "pid": nodeos.pid if nodeos else None,
        "started_utc": nodeos.started_utc if nodeos else None,
        "cpu_s": nodeos.cpu_s if nodeos else None,
        "resident_bytes": nodeos.resident_bytes if nodeos else None,
        "free_database_bytes": report.free_database_bytes,
        "failing_probes": len(report.failures),
    }


def _machine(report: Report) -> dict[str, Value | None]:
    machine = report.machine
    if machine is None:
        return {}
    return {
        "memory_total_bytes": machine.memory_total_bytes,
        "memory_available_bytes": machine.memory_available_bytes,
        "swap_total_bytes": machine.swap_total_bytes,
        "swap_used_bytes": machine.swap_used_bytes,
        "load_1m": machine.load_1m,
        "load_5m": machine.load_5m,
        "load_15m": machine.load_15m,
        "cpus": machine.cpus,
        "clock_offset_s": machine.clock_offset_s,
    }


def _open_alarms(report: Report) -> dict[str, Value | None]:
    severities = [line.severity for line in report.alarms if line.fired_utc is not None]
    return {str(severity): severities.count(severity) for severity in Severity}


def _keeper(report: Report) -> dict[str, Value | None]:
    keeper, telemetry = report.keeper, report.telemetry
    values: dict[str, Value | None] = {}
    if keeper is not None:
        values |= {
            "version": keeper.version,
            "started_utc": keeper.started_utc,
            "late_s": keeper.late_s,
            "took_s": keeper.took_s,
            "queued": keeper.queued,
            "dropped": keeper.dropped,
            "resident_bytes": keeper.resident_bytes or None,
            "cpu_s": keeper.cpu_s,
        }
    if telemetry is not None:
        values |= {
            "points_accepted": telemetry.accepted,
            "points_rejected": telemetry.rejected,
            "points_dropped": telemetry.dropped,
            "points_spooled": telemetry.spooled,
            "spooled_bytes": telemetry.spooled_bytes,
        }
    return values
