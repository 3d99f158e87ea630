"""What a dashboard is made of: panels, each with its queries for both stores."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

__all__ = ["Board", "Look", "Panel", "Query", "Shade", "Store", "shades"]


class Store(StrEnum):
    """Where the figures lie."""

    INFLUXDB = "influxdb"
    PROMETHEUS = "prometheus"


class Look(StrEnum):
    """How a panel draws; Grafana's names."""

    CURVES = "timeseries"
    FIGURE = "stat"
    TABLE = "table"
    STATES = "state-timeline"
    CELLS = "status-history"


class Query(msgspec.Struct, frozen=True):
    """A question to the store.

    Attributes:
        text: InfluxQL or PromQL, with Grafana's variables.
        legend: name of each series; of a table in Prometheus, the heading of its column.
        table: rows instead of curves.
        instant: PromQL only: the newest value instead of a span.
    """

    text: str
    legend: str = ""
    table: bool = False
    instant: bool = False


class Shade(msgspec.Struct, frozen=True):
    """What stands for a value.

    Attributes:
        colour: a name of Grafana's.
    """

    text: str
    colour: str


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """A picture.

    Attributes:
        about: what it shows and how to read it; the help of the panel.
        unit: Grafana's name of it.
        width: of 24 columns.
        height: in rows of 30 pixels.
        shades: of values that have a name.
        floor: least value of the axis; None lets Grafana choose.
        stacked: bars on top of each other instead of lines.
        columns: of a table: what stands for the values of a column.
        hidden: columns of a table that are not shown.
        needs: what must be set up for it to have data; empty for what every host tells.
    """

    title: str
    about: str
    look: Look
    influxdb: tuple[Query, ...]
    prometheus: tuple[Query, ...]
    unit: str = "short"
    width: int = 12
    height: int = 8
    shades: Mapping[str, Shade] = {}
    floor: float | None = None
    stacked: bool = False
    columns: Mapping[str, Mapping[str, Shade]] = {}
    hidden: tuple[str, ...] = ()
    needs: str = ""

    def queries(self, store: Store) -> tuple[Query, ...]:
        """Those for a store; empty where it cannot draw this."""
        return self.influxdb if store is Store.INFLUXDB else self.prometheus


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """A dashboard.

    Attributes:
        uid: in its address.
        one_host: it shows the host that is chosen; else all, or those that are chosen.
        span: how far it looks back when it is opened.
    """

    uid: str
    title: str
    about: str
    panels: tuple[Panel, ...]
    one_host: bool = False
    span: str = "6h"


def shades(**given: str) -> Mapping[str, Shade]:
    """Values that stand for themselves, with their colours."""
    return {value: Shade(value, colour) for value, colour in given.items()}
