"""Own turns: a strip of twelve cells for each, and who made them."""

from __future__ import annotations

from eoskeeper.telemetry.dashboards.asking import CELL_SHADES, HERE, curve, promql, rows, select
from eoskeeper.telemetry.dashboards.panel import Board, Look, Panel, Query
from eoskeeper.telemetry.points_table import SLOT_FIELDS

__all__ = ["OWN_TURNS"]

_OURS = "\"ours\" = 'yes'"
_OUTCOMES = ("produced", "missed", "lost", "unknown")

_STRIP = Panel(
    title="Own turns, slot by slot",
    about=(
        "A column for each own turn, its twelve slots from top to bottom: green is on the chain, "
        "red stayed empty, orange was lost in a fork, grey is not known."
    ),
    look=Look.CELLS,
    width=24,
    height=10,
    influxdb=(
        rows(
            "eoskeeper_turn",
            ", ".join(
                f'"{name}" AS "slot {number:02d}"'
                for number, name in enumerate(SLOT_FIELDS, start=1)
            ),
            where=_OURS,
        ),
    ),
    prometheus=(promql(f"eoskeeper_own_turn_slot_produced{{{HERE}}}", "slot {{slot}}"),),
    shades=CELL_SHADES,
)

_BARS = Panel(
    title="Blocks of own turns",
    about="Twelve slots a turn, by what became of them.",
    look=Look.CURVES,
    width=24,
    floor=0,
    stacked=True,
    influxdb=tuple(
        curve("eoskeeper_turn", f'sum("{name}")', where=_OURS, legend=name) for name in _OUTCOMES
    ),
    prometheus=(promql(f"eoskeeper_own_turn_slots{{{HERE}}}", "{{outcome}}"),),
)

_TOTALS = Panel(
    title="In this span",
    about="Own slots by what became of them.",
    look=Look.FIGURE,
    height=6,
    influxdb=(
        Query(
            select(
                "eoskeeper_turn",
                ", ".join(f'sum("{name}") AS "{name}"' for name in _OUTCOMES),
                where=_OURS,
            )
        ),
    ),
    prometheus=(
        Query(
            f'sum by (outcome) (increase(eoskeeper_slots_total{{ours="yes", {HERE}}}[$__range]))',
            "{{outcome}}",
            instant=True,
        ),
    ),
)

_LATE = Panel(
    title="Lateness of the latest block",
    about="How long after its time stamp the latest block of a turn was here.",
    look=Look.CURVES,
    height=6,
    unit="ms",
    influxdb=(curve("eoskeeper_turn", 'max("latest_ms")', where=_OURS, legend="latest"),),
    prometheus=(),
)

_LIST = Panel(
    title="Turns",
    about="Newest own turns: p made, m missed, l lost in a fork, u unknown.",
    look=Look.TABLE,
    width=24,
    height=9,
    unit="none",
    influxdb=(
        rows(
            "eoskeeper_turn",
            '"turn", "cells", "produced", "missed", "lost", "unknown", "maker", "made_by"',
            where=_OURS,
            tail="ORDER BY time DESC LIMIT 200",
        ),
    ),
    prometheus=tuple(
        Query(
            f'sum by (instance) (eoskeeper_own_turn_slots{{outcome="{name}", {HERE}}})',
            name,
            table=True,
            instant=True,
        )
        for name in _OUTCOMES
    ),
    hidden=("Time",),
)

_NEXT = Panel(
    title="Empty own turns in a row",
    about="Without a block of ours on the chain; standbys count them before they take over.",
    look=Look.CURVES,
    height=6,
    floor=0,
    influxdb=(curve("eoskeeper_node", 'max("empty_own_turns")'),),
    prometheus=(promql(f"eoskeeper_empty_own_turns{{{HERE}}}"),),
)

OWN_TURNS = Board(
    uid="eoskeeper-own-turns",
    title="eoskeeper: own turns",
    about="What became of every slot of ours, as the chosen host saw it.",
    panels=(_STRIP, _BARS, _TOTALS, _LATE, _NEXT, _LIST),
    one_host=True,
    span="1h",
)
