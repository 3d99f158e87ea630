"""Alarms: those that are open, those that came and went, and whether people heard of them."""

from __future__ import annotations

from eoskeeper.domain.findings import Severity
from eoskeeper.telemetry.dashboards.asking import (
    HERE,
    SEVERITY_SHADES,
    curve,
    over,
    promql,
    rows,
    select,
)
from eoskeeper.telemetry.dashboards.panel import Board, Look, Panel, Query

__all__ = ["ALARMS"]

_OPEN = tuple(
    Panel(
        title=f"Open: {severity}",
        about="Now, on all hosts that are chosen.",
        look=Look.FIGURE,
        width=8,
        height=4,
        unit="none",
        influxdb=(
            over(
                select(
                    "eoskeeper_alarms_open",
                    f'last("{severity}") AS "open"',
                    tail='GROUP BY "host"',
                ),
                'sum("open")',
            ),
        ),
        prometheus=(
            Query(
                f'sum(eoskeeper_alarm_open{{severity="{severity}", {HERE}}})',
                str(severity),
                instant=True,
            ),
        ),
    )
    for severity in reversed(Severity)
)

_OVER_TIME = Panel(
    title="Open alarms",
    about="By severity and host.",
    look=Look.CURVES,
    width=24,
    floor=0,
    stacked=True,
    influxdb=tuple(
        curve("eoskeeper_alarms_open", f'max("{severity}")', legend=f"$tag_host {severity}")
        for severity in reversed(Severity)
    ),
    prometheus=(
        promql(
            f"sum by (instance, severity) (eoskeeper_alarm_open{{{HERE}}})",
            "{{instance}} {{severity}}",
        ),
    ),
)

_CHANGES = Panel(
    title="Alarms in this span",
    about="With the evidence of the moment.",
    look=Look.TABLE,
    width=24,
    unit="none",
    influxdb=(
        rows(
            "eoskeeper_alarm",
            '"host", "rule", "subject", "change", "severity", "sentence", "ending"',
            tail="ORDER BY time DESC LIMIT 500",
        ),
    ),
    prometheus=(
        Query(
            "max by (instance, rule, severity) "
            f"(max_over_time(eoskeeper_alarm_open{{{HERE}}}[$__range])) > 0",
            "at most open at once",
            table=True,
            instant=True,
        ),
    ),
    columns={"severity": SEVERITY_SHADES},
    hidden=("Time",),
    needs="an alarm in the span",
)

_RULES = Panel(
    title="Alarms by rule",
    about="Fired in each step, by rule.",
    look=Look.CURVES,
    width=24,
    floor=0,
    stacked=True,
    influxdb=(
        curve(
            "eoskeeper_alarm",
            'count("severity")',
            by="rule",
            where="\"change\" = 'fired'",
        ),
    ),
    prometheus=(
        promql(
            f"sum by (rule) (max_over_time(eoskeeper_alarm_open{{{HERE}}}[$__interval]))",
            "{{rule}}",
        ),
    ),
    needs="an alarm in the span",
)

_GRADES = Panel(
    title="What the rules say",
    about="Rules by grade: degraded and failed ones become alarms when they stay so.",
    look=Look.CURVES,
    width=12,
    floor=0,
    stacked=True,
    influxdb=(),
    prometheus=(promql(f"sum by (grade) (eoskeeper_rule_grade{{{HERE}}})", "{{grade}}"),),
)

_DELIVERIES = Panel(
    title="Deliveries",
    about="Messages handed to each channel in this span, by how that ended.",
    look=Look.TABLE,
    width=12,
    influxdb=(),
    prometheus=(
        Query(
            f"sum by (channel, result) (increase(eoskeeper_deliveries_total{{{HERE}}}[$__range]))",
            "messages",
            table=True,
            instant=True,
        ),
    ),
    hidden=("Time",),
    needs="a channel that was used",
)

ALARMS = Board(
    uid="eoskeeper-alarms",
    title="eoskeeper: alarms",
    about="Open ones, those that came and went, and whether people heard of them.",
    panels=(*_OPEN, _OVER_TIME, _CHANGES, _RULES, _GRADES, _DELIVERIES),
    span="24h",
)
