"""The fleet: every host at a glance, and the schedule that it produces in."""

from __future__ import annotations

from eoskeeper.telemetry.dashboards.asking import (
    HERE,
    STATE_SHADES,
    YES_SHADES,
    curve,
    over,
    promql,
    rows,
    select,
    state_number,
)
from eoskeeper.telemetry.dashboards.panel import Board, Look, Panel, Query

__all__ = ["FLEET"]


def _newest(expression: str, heading: str) -> Query:
    return Query(f"sum by (instance) ({expression})", heading, table=True, instant=True)


_HOSTS = Panel(
    title="Hosts",
    about="The newest figures of each host; what is not known is empty.",
    look=Look.TABLE,
    width=24,
    height=7,
    influxdb=(
        rows(
            "eoskeeper_node",
            ", ".join(
                f'last("{column}") AS "{heading}"'
                for column, heading in (
                    ("state", "state"),
                    ("head_number", "head"),
                    ("irreversible_number", "irreversible"),
                    ("links", "links"),
                    ("paused", "paused"),
                    ("produces", "produces"),
                    ("term", "term"),
                    ("server_version", "nodeos"),
                )
            ),
            tail='GROUP BY "host", "role"',
        ),
    ),
    prometheus=(
        Query(
            f"sum by (instance, role) (eoskeeper_host_info{{{HERE}}})",
            "hidden",
            table=True,
            instant=True,
        ),
        Query(state_number(HERE), "state", table=True, instant=True),
        _newest(f"eoskeeper_head_block_number{{{HERE}}}", "head"),
        _newest(f"eoskeeper_irreversible_block_number{{{HERE}}}", "irreversible"),
        _newest(f"eoskeeper_links{{{HERE}}}", "links"),
        _newest(f"eoskeeper_paused{{{HERE}}}", "paused"),
        _newest(f"eoskeeper_produces{{{HERE}}}", "produces"),
        _newest(f"eoskeeper_failover_term{{{HERE}}}", "term"),
    ),
    unit="none",
    columns={"state": STATE_SHADES, "paused": YES_SHADES, "produces": YES_SHADES},
    hidden=("Time", "hidden"),
)

_PRODUCES = Panel(
    title="Who produces",
    about="Green: the host made the newest block of ours. At most one row is green at a time.",
    look=Look.STATES,
    width=24,
    height=6,
    influxdb=(curve("eoskeeper_node", 'last("produces")'),),
    prometheus=(promql(f"eoskeeper_produces{{{HERE}}}"),),
    shades=YES_SHADES,
)

_STATES = Panel(
    title="States",
    about="Where each host stands in the succession.",
    look=Look.STATES,
    width=24,
    height=6,
    influxdb=(curve("eoskeeper_node", 'last("state")'),),
    prometheus=(promql(state_number(HERE)),),
    shades=STATE_SHADES,
)

_AGE = Panel(
    title="Age of the head block",
    about="By each host's own clock. Half a second is the rule; ten seconds are an alarm.",
    look=Look.CURVES,
    unit="s",
    floor=0,
    influxdb=(curve("eoskeeper_node", 'max("head_age_s")'),),
    prometheus=(
        promql(
            f"eoskeeper_cycle_timestamp_seconds{{{HERE}}} "
            f"- eoskeeper_head_timestamp_seconds{{{HERE}}}"
        ),
    ),
)

_LAG = Panel(
    title="Blocks not yet irreversible",
    about="Head minus last irreversible block; it grows when finality stalls.",
    look=Look.CURVES,
    floor=0,
    influxdb=(curve("eoskeeper_node", 'max("irreversible_lag_blocks")'),),
    prometheus=(promql(f"eoskeeper_irreversible_lag_blocks{{{HERE}}}"),),
)

_LINKS = Panel(
    title="Links",
    about="Connections with other nodes that stand.",
    look=Look.CURVES,
    floor=0,
    influxdb=(curve("eoskeeper_node", 'min("links")'),),
    prometheus=(promql(f"eoskeeper_links{{{HERE}}}"),),
)

_OPEN = Panel(
    title="Open alarms",
    about="Of every severity.",
    look=Look.CURVES,
    floor=0,
    influxdb=(
        curve("eoskeeper_alarms_open", 'max("critical")', legend="$tag_host critical"),
        curve("eoskeeper_alarms_open", 'max("warning")', legend="$tag_host warning"),
    ),
    prometheus=(
        promql(
            f"sum by (instance, severity) (eoskeeper_alarm_open{{{HERE}}})",
            "{{instance}} {{severity}}",
        ),
    ),
)

_MISSED = Panel(
    title="Own blocks missed",
    about="Slots of ours that certainly stayed empty or were lost in a fork.",
    look=Look.CURVES,
    floor=0,
    stacked=True,
    influxdb=(
        curve(
            "eoskeeper_turn", 'sum("missed")', where="\"ours\" = 'yes'", legend="$tag_host missed"
        ),
        curve("eoskeeper_turn", 'sum("lost")', where="\"ours\" = 'yes'", legend="$tag_host lost"),
    ),
    prometheus=(
        promql(
            "increase(eoskeeper_slots_total"
            f'{{ours="yes", outcome=~"missed|lost", {HERE}}}[$__rate_interval])',
            "{{instance}} {{outcome}}",
        ),
    ),
)

_PRODUCERS = Panel(
    title="Missed by producer",
    about="Of the whole schedule, in the span that is shown, as the host that saw most of it saw.",
    look=Look.TABLE,
    influxdb=(
        over(
            select(
                "eoskeeper_turn",
                'sum("missed") AS "missed", sum("produced") AS "produced"',
                tail='GROUP BY "host", "producer"',
            ),
            'max("missed") AS "missed", max("produced") AS "produced"',
            tail='GROUP BY "producer"',
            table=True,
        ),
    ),
    prometheus=tuple(
        Query(
            "max by (producer) (increase(eoskeeper_slots_total"
            f'{{outcome="{outcome}", {HERE}}}[$__range]))',
            outcome,
            table=True,
            instant=True,
        )
        for outcome in ("missed", "produced")
    ),
    hidden=("Time",),
)

FLEET = Board(
    uid="eoskeeper-fleet",
    title="eoskeeper: fleet",
    about="Every host of the cluster, side by side.",
    panels=(_HOSTS, _PRODUCES, _STATES, _AGE, _LAG, _LINKS, _OPEN, _MISSED, _PRODUCERS),
)
