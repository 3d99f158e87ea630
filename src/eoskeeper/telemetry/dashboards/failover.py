"""Failover: who held production when, what was decided and why."""

from __future__ import annotations

from eoskeeper.telemetry.dashboards.asking import (
    HERE,
    STATE_SHADES,
    YES_SHADES,
    curve,
    promql,
    rows,
    state_number,
)
from eoskeeper.telemetry.dashboards.panel import Board, Look, Panel, Query

__all__ = ["FAILOVER"]

_STATES = Panel(
    title="Timeline",
    about="State of each host. Green holds production; blue stands by.",
    look=Look.STATES,
    width=24,
    influxdb=(curve("eoskeeper_node", 'last("state")'),),
    prometheus=(promql(state_number(HERE)),),
    shades=STATE_SHADES,
)

_MAY = Panel(
    title="Who may produce",
    about="Of whom it is not ruled out. During a change nobody may, or one.",
    look=Look.STATES,
    width=24,
    height=6,
    influxdb=(curve("eoskeeper_node", 'last("may_produce")'),),
    prometheus=(promql(f"eoskeeper_may_produce{{{HERE}}}"),),
    shades=YES_SHADES,
)

_CHANGES = Panel(
    title="Changes of standing",
    about="Each with its reason and the figures that it was decided on.",
    look=Look.TABLE,
    width=24,
    unit="none",
    influxdb=(
        rows(
            "eoskeeper_failover",
            '"host", "before", "state", "event", "reason", "term"',
            where="\"kind\" = 'standing_changed'",
            tail="ORDER BY time DESC LIMIT 200",
        ),
    ),
    prometheus=(
        Query(
            f"sum by (instance) (changes(eoskeeper_failover_state_entered_timestamp_seconds"
            f"{{{HERE}}}[$__range]))",
            "changes of state",
            table=True,
            instant=True,
        ),
        Query(
            f"sum by (instance) (eoskeeper_failover_term{{{HERE}}})",
            "term",
            table=True,
            instant=True,
        ),
    ),
    hidden=("Time",),
)

_ACTIONS = Panel(
    title="Actions and orders",
    about="What was done, for which reason, and what became of it.",
    look=Look.TABLE,
    width=24,
    unit="none",
    influxdb=(
        rows(
            "eoskeeper_failover",
            '"host", "kind", "action", "action_id", "reason", "result", "detail", "by"',
            where="\"kind\" != 'standing_changed'",
            tail="ORDER BY time DESC LIMIT 200",
        ),
    ),
    prometheus=(),
)

_EMPTY = Panel(
    title="Empty own turns in a row",
    about="What the standbys count.",
    look=Look.CURVES,
    floor=0,
    influxdb=(curve("eoskeeper_node", 'max("empty_own_turns")'),),
    prometheus=(promql(f"eoskeeper_empty_own_turns{{{HERE}}}"),),
)

_TERM = Panel(
    title="Term",
    about="Counted by each host for itself: it grows when the host takes over.",
    look=Look.CURVES,
    floor=0,
    influxdb=(curve("eoskeeper_node", 'max("term")'),),
    prometheus=(promql(f"eoskeeper_failover_term{{{HERE}}}"),),
)

FAILOVER = Board(
    uid="eoskeeper-failover",
    title="eoskeeper: failover",
    about="Who held production when, what was decided, and why.",
    panels=(_STATES, _MAY, _CHANGES, _ACTIONS, _EMPTY, _TERM),
    span="24h",
)
