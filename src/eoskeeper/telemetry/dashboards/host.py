"""One host: its node, its machine and its keeper."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from eoskeeper.telemetry.dashboards.asking import (
    HERE,
    STATE_SHADES,
    YES_SHADES,
    curve,
    newest,
    promql,
    state_number,
)
from eoskeeper.telemetry.dashboards.panel import Board, Look, Panel, Query, Shade

__all__ = ["HOST"]


def _figure(
    title: str,
    about: str,
    column: str,
    expression: str,
    shades: Mapping[str, Shade] | None = None,
) -> Panel:
    return Panel(
        title=title,
        about=about,
        look=Look.FIGURE,
        width=4,
        height=4,
        unit="none",
        influxdb=(newest("eoskeeper_node", column),),
        prometheus=(Query(expression, instant=True),),
        shades=shades or {},
    )


def _curves(
    title: str,
    about: str,
    influxdb: tuple[Query, ...],
    prometheus: tuple[Query, ...],
    unit: str = "short",
) -> Panel:
    return Panel(
        title=title,
        about=about,
        look=Look.CURVES,
        width=8,
        height=7,
        unit=unit,
        floor=0,
        influxdb=influxdb,
        prometheus=prometheus,
    )


def _metric(name: str, legend: str) -> Query:
    return promql(f"{name}{{{HERE}}}", legend)


def _rate(name: str, legend: str) -> Query:
    return promql(f"rate({name}{{{HERE}}}[$__rate_interval])", legend)


def _per_second(measurement: str, column: str, legend: str) -> Query:
    return curve(measurement, f'non_negative_derivative(last("{column}"), 1s)', legend=legend)


def _node(value: str, legend: str) -> Query:
    return curve("eoskeeper_node", value, legend=legend)


def _machine(value: str, legend: str) -> Query:
    return curve("eoskeeper_host", value, legend=legend)


def _keeper(value: str, legend: str) -> Query:
    return curve("eoskeeper_keeper", value, legend=legend)


_FIGURES = (
    _figure("State", "In the succession.", "state", state_number(HERE), STATE_SHADES),
    _figure("Head", "Number.", "head_number", f"eoskeeper_head_block_number{{{HERE}}}"),
    _figure(
        "Produces",
        "It made the newest block of ours.",
        "produces",
        f"eoskeeper_produces{{{HERE}}}",
        YES_SHADES,
    ),
    _figure("Paused", "In nodeos.", "paused", f"eoskeeper_paused{{{HERE}}}", YES_SHADES),
    _figure("Links", "That stand.", "links", f"eoskeeper_links{{{HERE}}}"),
    _figure("Term", "Times that it took over.", "term", f"eoskeeper_failover_term{{{HERE}}}"),
)

_OF_NODE = (
    _curves(
        "Age of the head block",
        "By this host's clock.",
        (_node('max("head_age_s")', "age"),),
        (
            promql(
                f"eoskeeper_cycle_timestamp_seconds{{{HERE}}} "
                f"- eoskeeper_head_timestamp_seconds{{{HERE}}}",
                "age",
            ),
        ),
        "s",
    ),
    _curves(
        "Blocks not yet irreversible",
        "Head minus last irreversible block.",
        (_node('max("irreversible_lag_blocks")', "lag"),),
        (_metric("eoskeeper_irreversible_lag_blocks", "lag"),),
    ),
    _curves(
        "Links",
        "Connections with other nodes that stand.",
        (_node('min("links")', "links"),),
        (_metric("eoskeeper_links", "links"),),
    ),
    _curves(
        "Processor of nodeos",
        "1 is one processor.",
        (_per_second("eoskeeper_node", "cpu_s", "nodeos"),),
        (_rate("eoskeeper_nodeos_cpu_seconds_total", "nodeos"),),
        "percentunit",
    ),
    _curves(
        "Memory of nodeos",
        "What it occupies, and what is free in its state database.",
        (
            _node('last("resident_bytes")', "occupied"),
            _node('last("free_database_bytes")', "free in the state database"),
        ),
        (
            _metric("eoskeeper_nodeos_resident_memory_bytes", "occupied"),
            _metric("eoskeeper_nodeos_state_free_bytes", "free in the state database"),
        ),
        "bytes",
    ),
    _curves(
        "Probes without a reading",
        "Of nodeos, its log, its peers and the machine.",
        (_node('max("failing_probes")', "failing"),),
        # Nothing fails on a healthy host; the first operand is what makes that a zero.
        (
            promql(
                f"count by (instance) (eoskeeper_probe_failing{{{HERE}}}) or "
                f"0 * eoskeeper_cycle_timestamp_seconds{{{HERE}}}",
                "failing",
            ),
        ),
    ),
)

_OF_MACHINE = (
    _curves(
        "Load",
        "Processes that ran or waited.",
        (
            _machine('mean("load_1m")', "1 min"),
            _machine('mean("load_5m")', "5 min"),
            _machine('last("cpus")', "processors"),
        ),
        (
            _metric("eoskeeper_machine_load1", "1 min"),
            _metric("eoskeeper_machine_load5", "5 min"),
            _metric("eoskeeper_machine_cpus", "processors"),
        ),
    ),
    _curves(
        "Memory of the machine",
        "What can be given out without swapping, of all there is.",
        (
            _machine('min("memory_available_bytes")', "available"),
            _machine('last("memory_total_bytes")', "all"),
        ),
        (
            _metric("eoskeeper_machine_memory_available_bytes", "available"),
            _metric("eoskeeper_machine_memory_bytes", "all"),
        ),
        "bytes",
    ),
    _curves(
        "Disks",
        "Free on the file system of each folder that is written to.",
        (curve("eoskeeper_folder", 'min("free_bytes")', by="folder", legend="$tag_folder"),),
        (_metric("eoskeeper_folder_free_bytes", "{{folder}}"),),
        "bytes",
    ),
)

_CLOCK = Panel(
    title="Clock",
    about="Ours minus the time server's.",
    look=Look.CURVES,
    width=8,
    height=7,
    unit="s",
    influxdb=(_machine('mean("clock_offset_s")', "offset"),),
    prometheus=(_metric("eoskeeper_clock_offset_seconds", "offset"),),
    needs="a time server",
)

_POINTS = msgspec.structs.replace(
    _curves(
        "Points sent to the database",
        "Taken by it per second, and those that wait on disk.",
        (
            _per_second("eoskeeper_keeper", "points_accepted", "taken"),
            _keeper('max("points_spooled")', "waiting"),
        ),
        (
            promql(
                "rate(eoskeeper_telemetry_points_total"
                f'{{result="accepted", {HERE}}}[$__rate_interval])',
                "taken",
            ),
            _metric("eoskeeper_telemetry_spooled_points", "waiting"),
        ),
    ),
    needs="points for a database",
)

_OF_KEEPER = (
    _curves(
        "Cycles of the keeper",
        "How much too late they begin, and how long they take.",
        (_keeper('max("late_s")', "late"), _keeper('max("took_s")', "took")),
        (
            _metric("eoskeeper_cycle_late_seconds", "late"),
            _metric("eoskeeper_cycle_duration_seconds", "took"),
        ),
        "s",
    ),
    _curves(
        "Processor of the keeper",
        "1 is one processor.",
        (_per_second("eoskeeper_keeper", "cpu_s", "keeper"),),
        (_rate("process_cpu_seconds_total", "keeper"),),
        "percentunit",
    ),
    _curves(
        "Memory of the keeper",
        "What it occupies.",
        (_keeper('last("resident_bytes")', "keeper"),),
        (_metric("process_resident_memory_bytes", "keeper"),),
        "bytes",
    ),
    _POINTS,
    _curves(
        "Readings lost",
        "The queue to the cycle was full.",
        (_keeper('max("dropped")', "lost"),),
        (_metric("eoskeeper_readings_dropped_total", "lost"),),
    ),
)

HOST = Board(
    uid="eoskeeper-host",
    title="eoskeeper: one host",
    about="Node, machine and keeper of the chosen host.",
    panels=(*_FIGURES, *_OF_NODE, *_OF_MACHINE, _CLOCK, *_OF_KEEPER),
    one_host=True,
)
