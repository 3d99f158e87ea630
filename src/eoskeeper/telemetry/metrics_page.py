"""The page docs/metrics.md: every measurement and every metric, told from the tables themselves."""

from __future__ import annotations

from collections.abc import Iterator

from eoskeeper.telemetry.points_2018 import BP_TABLE, CHINESE_FIELDS, FULL_NODE_TABLE
from eoskeeper.telemetry.points_table import MEASUREMENTS, Measurement
from eoskeeper.telemetry.prometheus import METRICS
from eoskeeper.telemetry.prometheus_metric import Metric

__all__ = ["metrics_page"]

_HEAD = """\
# Metrics

Made by `scripts/metrics-page` from the program's own tables; do not edit.

What is not known is left out: a field that is missing, a sample that is not there. It is never 0,
and a slot of which nothing is known is never a missed one. While nodeos does not answer, nothing
that only nodeos could tell is told.
"""

_OF_2018 = f"""\
## The two tables of 2018

For dashboards that are there already. Hosts with the roles A, B and C write `{BP_TABLE}`, full
nodes (role F) write `{FULL_NODE_TABLE}`; the only tag is `host`.

| field | with its Chinese half | type | tables | meaning |
| --- | --- | --- | --- | --- |
"""

_ROWS_2018 = {
    "hbn": ("integer", "both", "number of the head block"),
    "lib": ("integer", "both", "number of the last irreversible block"),
    "linkn": ("integer", "both", "connections with other nodes that stand"),
    "lpbt": (
        "string",
        f"`{BP_TABLE}`",
        "since this host last made a block, by its log: `10s ago`, `10秒前`; later in min, h, d",
    ),
    "paused": ("string", f"`{BP_TABLE}`", "`yes` or `no`; `是` or `否`"),
    "info": (
        "string",
        "both",
        "the most urgent open alarm in at most 60 characters; empty when there is none",
    ),
}

_NOTES_2018 = """\

Where the program of 2018 wrote `~` for something that it did not know, the field is left out; an
age above one hour, which it did not tell, is told. It wrote whole numbers without the mark that
makes them integers, so that InfluxDB kept them as floats: a database that holds such a table
refuses integers for the same fields. Then give eoskeeper a database of its own, or drop the old
measurement.
"""

_OWN = """\

## Measurements of our own

Times are in nanoseconds since 1970 UTC. Records of one moment are some nanoseconds apart, in their
order. Whatever is told twice has the same series and the same time, so InfluxDB keeps it once.
"""

_PROMETHEUS = """\

## Prometheus

`GET /metrics`, text format 0.0.4. Ages are told as the time stamp that they count from. Before the
first cycle, and when the last one is older than 30 s, only the build (and the time of that cycle)
is told. Counters begin anew with the keeper.

| metric | type | labels | meaning |
| --- | --- | --- | --- |
"""


def metrics_page() -> str:
    """The whole page."""
    return "".join(
        (
            _HEAD,
            "\n",
            _OF_2018,
            *(
                f"| `{name}` | `{CHINESE_FIELDS[name]}` | {kind} | {tables} | {meaning} |\n"
                for name, (kind, tables, meaning) in _ROWS_2018.items()
            ),
            _NOTES_2018,
            _OWN,
            *(line for one in MEASUREMENTS.values() for line in _measurement(one)),
            _PROMETHEUS,
            *(_metric(one) for one in METRICS),
        )
    )


def _measurement(one: Measurement) -> Iterator[str]:
    yield f"\n### {one.name}\n\nA point for {one.when}.\n\n"
    yield "| tag or field | type | meaning |\n| --- | --- | --- |\n"
    for name, meaning in one.tags:
        yield f"| `{name}` | tag | {meaning} |\n"
    for column in one.fields:
        yield f"| `{column.name}` | {column.kind} | {column.meaning} |\n"


def _metric(one: Metric) -> str:
    labels = ", ".join(
        f"`{label}` ({one.values[label]})" if label in one.values else f"`{label}`"
        for label in one.labels
    )
    return f"| `{one.name}` | {one.kind} | {labels} | {one.text} |\n"
