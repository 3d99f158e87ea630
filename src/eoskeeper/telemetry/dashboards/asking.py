"""The sentences in which the panels ask; the variables in them are Grafana's."""

from __future__ import annotations

from collections.abc import Mapping

from eoskeeper.domain.standing import State
from eoskeeper.telemetry.dashboards.panel import Query, Shade, shades

__all__ = [
    "CELL_SHADES",
    "HERE",
    "NUMBERED_STATES",
    "SEVERITY_SHADES",
    "STATE_SHADES",
    "YES_SHADES",
    "curve",
    "newest",
    "over",
    "promql",
    "rows",
    "select",
    "state_number",
]

HERE = 'instance=~"$host"'
"""Labels of the hosts that are looked at."""

_HOSTS = '"host" =~ /^$host$/ AND $timeFilter'


def curve(
    measurement: str, value: str, *, by: str = "", legend: str = "", where: str = ""
) -> Query:
    """InfluxQL: a value over time, a curve for each host.

    A span without a point stays a hole: nothing is known of it.

    Args:
        measurement: its name.
        value: what is computed of each span.
        by: another tag that tells curves apart.
        legend: of each curve; the host unless it is given.
        where: a condition more.
    """
    tags = '"host"' + (f', "{by}"' if by else "")
    grouped = f"GROUP BY time($__interval), {tags} fill(null)"
    name = "$tag_host" + (f" $tag_{by}" if by else "")
    return Query(select(measurement, value, where=where, tail=grouped), legend or name)


def rows(measurement: str, columns: str, *, where: str = "", tail: str = "") -> Query:
    """InfluxQL: points as rows of a table."""
    return Query(select(measurement, columns, where=where, tail=tail), table=True)


def newest(measurement: str, column: str) -> Query:
    """InfluxQL: the newest value of a field."""
    return Query(select(measurement, f'last("{column}")'))


def over(inner: str, columns: str, *, tail: str = "", table: bool = False) -> Query:
    """InfluxQL: computed of the answer to another query."""
    parts = ("SELECT", columns, "FROM", f"({inner})", "WHERE $timeFilter", tail)
    return Query(" ".join(part for part in parts if part), table=table)


def select(measurement: str, columns: str, *, where: str = "", tail: str = "") -> str:
    """InfluxQL: of the hosts and the span that are shown."""
    condition = f"{_HOSTS} AND {where}" if where else _HOSTS
    parts = ("SELECT", columns, "FROM", f'"{measurement}"', "WHERE", condition, tail)
    return " ".join(part for part in parts if part)


def promql(text: str, legend: str = "{{instance}}") -> Query:
    """PromQL over the span that is shown."""
    return Query(text, legend)


NUMBERED_STATES: Mapping[State, int] = {
    state: number for number, state in enumerate(State, start=1)
}
"""Prometheus holds numbers only: a state is drawn by its place in the list."""


def state_number(labels: str) -> str:
    """PromQL: the number of each host's state."""
    parts = (
        f'{number} * eoskeeper_failover_state{{state="{state}", {labels}}}'
        for state, number in NUMBERED_STATES.items()
    )
    return f"sum by (instance) ({' or '.join(parts)})"


_STATE_COLOURS = {
    State.LEARNING: "light-blue",
    State.STANDBY: "blue",
    State.RESUMING: "yellow",
    State.HOLDER: "green",
    State.FENCING: "red",
    State.RESTARTED: "purple",
    State.ISOLATED: "orange",
    State.LAPSED: "dark-orange",
    State.HELD: "super-light-purple",
    State.OBSERVER: "text",
}

STATE_SHADES: Mapping[str, Shade] = {
    value: Shade(str(state), colour)
    for state, colour in _STATE_COLOURS.items()
    for value in (str(state), str(NUMBERED_STATES[state]))
}
"""By name for InfluxDB, by number for Prometheus."""

YES_SHADES: Mapping[str, Shade] = {
    "true": Shade("yes", "green"),
    "1": Shade("yes", "green"),
    "false": Shade("no", "blue"),
    "0": Shade("no", "blue"),
}

CELL_SHADES: Mapping[str, Shade] = {
    "p": Shade("made", "green"),
    "m": Shade("missed", "red"),
    "l": Shade("lost", "orange"),
    "u": Shade("unknown", "text"),
    "1": Shade("made", "green"),
    "0": Shade("not on the chain", "red"),
}
"""Letters of a turn for InfluxDB; Prometheus tells only whether there is a block."""

SEVERITY_SHADES = shades(info="blue", warning="orange", critical="red")
