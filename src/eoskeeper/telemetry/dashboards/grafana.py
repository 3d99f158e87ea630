"""Dashboards in Grafana's JSON.

Source: grafana 11.6, kinds/dashboard/dashboard_kind.cue and the panels' panelcfg.cue. Targets of
InfluxDB have no published schema: public/app/plugins/datasource/influxdb/types.ts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from eoskeeper.telemetry.dashboards.panel import Board, Look, Panel, Query, Shade, Store

__all__ = ["DATASOURCE_UIDS", "HOST_QUERIES", "Json", "board_json"]

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]

DATASOURCE_UIDS: Mapping[Store, str] = {
    Store.INFLUXDB: "eoskeeper-influxdb",
    Store.PROMETHEUS: "eoskeeper-prometheus",
}
"""Of the data sources that are provisioned with the dashboards."""

HOST_QUERIES: Mapping[Store, str] = {
    Store.INFLUXDB: 'SHOW TAG VALUES FROM "eoskeeper_node" WITH KEY = "host"',
    Store.PROMETHEUS: "label_values(eoskeeper_failover_term, instance)",
}
"""What fills the choice of hosts."""

SCHEMA_VERSION = 39
"""Understood by Grafana 11.0 and all later ones, which convert it."""

COLUMNS = 24


def board_json(board: Board, store: Store) -> dict[str, Json]:
    """A dashboard for a store."""
    return {
        "uid": board.uid,
        "title": board.title,
        "description": board.about,
        "tags": ["eoskeeper"],
        "timezone": "browser",
        "editable": True,
        "graphTooltip": 1,
        "time": {"from": f"now-{board.span}", "to": "now"},
        "refresh": "30s",
        "schemaVersion": SCHEMA_VERSION,
        "templating": {"list": [_source_choice(store), _host_choice(board, store)]},
        "annotations": {"list": []},
        "links": [_links()],
        "panels": list(_panels(board, store)),
    }


def _links() -> dict[str, Json]:
    return {
        "title": "eoskeeper",
        "type": "dashboards",
        "icon": "external link",
        "tooltip": "The other dashboards of eoskeeper",
        "tags": ["eoskeeper"],
        "asDropdown": False,
        "targetBlank": False,
        "includeVars": True,
        "keepTime": True,
    }


def _source_choice(store: Store) -> dict[str, Json]:
    uid = DATASOURCE_UIDS[store]
    return {
        "name": "datasource",
        "label": "Source",
        "type": "datasource",
        "query": str(store),
        "current": {"text": uid, "value": uid},
        "multi": False,
        "includeAll": False,
    }


def _host_choice(board: Board, store: Store) -> dict[str, Json]:
    choice: dict[str, Json] = {
        "name": "host",
        "label": "Host",
        "type": "query",
        "datasource": _source(store),
        "query": HOST_QUERIES[store],
        "refresh": 2,
        "sort": 1,
        "multi": not board.one_host,
        "includeAll": not board.one_host,
    }
    if not board.one_host:
        choice |= {"allValue": ".*", "current": {"text": "All", "value": "$__all"}}
    return choice


def _source(store: Store) -> dict[str, Json]:
    return {"type": str(store), "uid": "${datasource}"}


def _panels(board: Board, store: Store) -> Iterator[dict[str, Json]]:
    """From left to right, row by row; those that the store cannot draw leave no hole."""
    across = top = row_height = number = 0
    for panel in board.panels:
        if not panel.queries(store):
            continue
        if across + panel.width > COLUMNS:
            across, top, row_height = 0, top + row_height, 0
        number += 1
        place: dict[str, Json] = {"x": across, "y": top, "w": panel.width, "h": panel.height}
        yield _panel(panel, store, number, place)
        across += panel.width
        row_height = max(row_height, panel.height)


def _panel(panel: Panel, store: Store, number: int, place: dict[str, Json]) -> dict[str, Json]:
    shown: dict[str, Json] = {
        "id": number,
        "type": str(panel.look),
        "title": panel.title,
        "description": panel.about,
        "datasource": _source(store),
        "gridPos": place,
        "targets": list(_targets(panel, store)),
        "fieldConfig": {"defaults": _defaults(panel), "overrides": list(_overrides(panel))},
        "options": _OPTIONS[panel.look],
    }
    transformations = list(_transformations(panel, store))
    if transformations:
        shown["transformations"] = transformations
    return shown


# --- queries ------------------------------------------------------------------------------------


def _targets(panel: Panel, store: Store) -> Iterator[dict[str, Json]]:
    for letter, query in zip("ABCDEFGHIJKL", panel.queries(store), strict=False):
        base: dict[str, Json] = {"refId": letter, "datasource": _source(store)}
        if store is Store.INFLUXDB:
            yield base | _influxdb_target(query)
        else:
            yield base | _prometheus_target(query)


def _influxdb_target(query: Query) -> dict[str, Json]:
    target: dict[str, Json] = {
        "rawQuery": True,
        "query": query.text,
        "resultFormat": "table" if query.table else "time_series",
    }
    return target | ({"alias": query.legend} if query.legend else {})


def _prometheus_target(query: Query) -> dict[str, Json]:
    target: dict[str, Json] = {
        "expr": query.text,
        "instant": query.instant,
        "range": not query.instant,
        "format": "table" if query.table else "time_series",
        "editorMode": "code",
    }
    return target | ({"legendFormat": query.legend} if query.legend and not query.table else {})


def _transformations(panel: Panel, store: Store) -> Iterator[dict[str, Json]]:
    """Instant values of Prometheus become the columns of one table."""
    if panel.look is not Look.TABLE or store is Store.INFLUXDB:
        return
    letters = zip("ABCDEFGHIJKL", panel.queries(store), strict=False)
    names = {f"Value #{letter}": query.legend for letter, query in letters}
    if len(names) == 1:
        # One frame alone keeps the plain name.
        names = dict(zip(("Value",), names.values(), strict=True))
    gone = [column for column, name in names.items() if name in panel.hidden]
    shown = {column: name for column, name in names.items() if column not in gone}
    plain = [name for name in panel.hidden if name not in names.values()]
    yield {"id": "merge", "options": {}}
    yield {
        "id": "organize",
        "options": {
            "excludeByName": dict.fromkeys([*gone, *plain], True),
            "indexByName": {},
            "renameByName": shown,
        },
    }


# --- looks --------------------------------------------------------------------------------------


def _defaults(panel: Panel) -> dict[str, Json]:
    defaults: dict[str, Json] = {"unit": panel.unit, "custom": _custom(panel)}
    if panel.shades:
        defaults["mappings"] = [_mapping(panel.shades)]
    if panel.floor is not None:
        defaults["min"] = panel.floor
    if panel.look is Look.FIGURE:
        steps: list[Json] = [{"value": None, "color": "text"}]
        defaults |= {"thresholds": {"mode": "absolute", "steps": steps}}
        del defaults["custom"]
    return defaults


def _mapping(shades: Mapping[str, Shade]) -> dict[str, Json]:
    options: dict[str, Json] = {
        value: {"text": shade.text, "color": shade.colour, "index": index}
        for index, (value, shade) in enumerate(shades.items())
    }
    return {"type": "value", "options": options}


def _custom(panel: Panel) -> dict[str, Json]:
    match panel.look:
        case Look.CURVES if panel.stacked:
            return {
                "drawStyle": "bars",
                "fillOpacity": 80,
                "lineWidth": 0,
                "stacking": {"mode": "normal", "group": "A"},
            }
        case Look.CURVES:
            # A hole in a curve is something that nobody knows, so it is not bridged.
            return {
                "drawStyle": "line",
                "lineWidth": 1,
                "fillOpacity": 8,
                "showPoints": "auto",
                "spanNulls": False,
            }
        case Look.STATES | Look.CELLS:
            return {"fillOpacity": 80, "lineWidth": 0}
        case Look.TABLE | Look.FIGURE:
            return {}


def _overrides(panel: Panel) -> Iterator[dict[str, Json]]:
    """Words and colours for the columns of a table that have them."""
    for column, given in panel.columns.items():
        yield {
            "matcher": {"id": "byName", "options": column},
            "properties": [
                {"id": "custom.cellOptions", "value": {"type": "color-text"}},
                {"id": "mappings", "value": [_mapping(given)]},
            ],
        }


_LEGEND: dict[str, Json] = {
    "showLegend": True,
    "displayMode": "list",
    "placement": "bottom",
    "calcs": [],
}
_NO_LEGEND: dict[str, Json] = _LEGEND | {"showLegend": False}
_TOOLTIP: dict[str, Json] = {"mode": "multi", "sort": "none"}

_OPTIONS: Mapping[Look, dict[str, Json]] = {
    Look.CURVES: {"legend": _LEGEND, "tooltip": _TOOLTIP},
    Look.FIGURE: {
        "reduceOptions": {"values": False, "calcs": ["lastNotNull"], "fields": "/^(?!Time$).*/"},
        "orientation": "auto",
        "textMode": "auto",
        "colorMode": "background",
        "graphMode": "none",
        "justifyMode": "auto",
        "wideLayout": True,
        "showPercentChange": False,
        "percentChangeColorMode": "standard",
    },
    Look.TABLE: {"frameIndex": 0, "showHeader": True, "cellHeight": "sm"},
    Look.STATES: {
        "showValue": "auto",
        "rowHeight": 0.9,
        "mergeValues": True,
        "alignValue": "left",
        "legend": _NO_LEGEND,
        "tooltip": _TOOLTIP,
    },
    Look.CELLS: {
        "showValue": "never",
        "rowHeight": 0.9,
        "colWidth": 0.9,
        "legend": _NO_LEGEND,
        "tooltip": _TOOLTIP,
    },
}
