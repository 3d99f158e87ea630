"""All dashboards: the files that Grafana reads, and every query that is in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from eoskeeper.telemetry.dashboards.alarms import ALARMS
from eoskeeper.telemetry.dashboards.failover import FAILOVER
from eoskeeper.telemetry.dashboards.fleet import FLEET
from eoskeeper.telemetry.dashboards.grafana import board_json
from eoskeeper.telemetry.dashboards.host import HOST
from eoskeeper.telemetry.dashboards.own_turns import OWN_TURNS
from eoskeeper.telemetry.dashboards.panel import Board, Query, Store
from eoskeeper.telemetry.dashboards.provisioning import DATASOURCES, PROVIDER

__all__ = ["BOARDS", "PanelQuery", "export", "queries", "runnable"]

BOARDS: tuple[Board, ...] = (FLEET, HOST, OWN_TURNS, FAILOVER, ALARMS)
"""In the order in which they are told of."""


class PanelQuery(NamedTuple):
    """A query and where it stands.

    Attributes:
        needs: what must be set up for it to have data; empty for what every host tells.
    """

    board: str
    panel: str
    query: Query
    needs: str


def export(store: Store) -> Mapping[str, str]:
    """Every file by its name, for Grafana's folder of provisioning and for the dashboards."""
    files = {
        f"dashboards/{board.uid}.json": _text(msgspec.json.encode(board_json(board, store)))
        for board in BOARDS
    }
    return {
        **files,
        "provisioning/datasources/eoskeeper.yaml": DATASOURCES[store],
        "provisioning/dashboards/eoskeeper.yaml": PROVIDER,
    }


def queries(store: Store) -> tuple[PanelQuery, ...]:
    """Every query of every panel."""
    return tuple(
        PanelQuery(board.uid, panel.title, query, panel.needs)
        for board in BOARDS
        for panel in board.panels
        for query in panel.queries(store)
    )


def runnable(
    query: Query, begin_utc: float, end_utc: float, *, step_s: int = 15, hosts: str = ".*"
) -> str:
    """The query with Grafana's variables filled in, as Grafana would.

    Args:
        query: of either store.
        begin_utc: of the span that is shown.
        end_utc: of it.
        step_s: of a curve.
        hosts: those that are chosen, as a regular expression.
    """
    span = f"time >= {round(begin_utc * 1000)}ms AND time <= {round(end_utc * 1000)}ms"
    filled = {
        "$timeFilter": span,
        "$__rate_interval": f"{4 * step_s}s",
        "$__interval": f"{step_s}s",
        "$__range": f"{round(end_utc - begin_utc)}s",
        "$host": hosts,
    }
    text = query.text
    for variable, value in filled.items():
        text = text.replace(variable, value)
    return text


def _text(encoded: bytes) -> str:
    return msgspec.json.format(encoded, indent=2).decode() + "\n"
