"""Dashboards ask for nothing that is not told, and every panel has its place and its words."""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import Any

import pytest

from eoskeeper.domain.standing import State
from eoskeeper.telemetry.dashboards.asking import STATE_SHADES
from eoskeeper.telemetry.dashboards.catalogue import BOARDS, export, queries, runnable
from eoskeeper.telemetry.dashboards.grafana import DATASOURCE_UIDS, HOST_QUERIES
from eoskeeper.telemetry.dashboards.panel import Query, Store
from eoskeeper.telemetry.points_table import MEASUREMENTS
from eoskeeper.telemetry.prometheus import METRICS

INFLUXDB, PROMETHEUS = Store.INFLUXDB, Store.PROMETHEUS


def dashboards(store: Store) -> list[dict[str, Any]]:
    """As Grafana reads them."""
    return [
        json.loads(text) for name, text in export(store).items() if name.startswith("dashboards/")
    ]


def test_there_is_a_dashboard_of_each_kind_for_both_stores() -> None:
    """With provisioning for the store and for the folder."""
    names = ["fleet", "host", "own-turns", "failover", "alarms"]
    expected = {f"dashboards/eoskeeper-{name}.json" for name in names} | {
        "provisioning/datasources/eoskeeper.yaml",
        "provisioning/dashboards/eoskeeper.yaml",
    }
    assert set(export(INFLUXDB)) == set(export(PROMETHEUS)) == expected
    for store in Store:
        assert DATASOURCE_UIDS[store] in export(store)["provisioning/datasources/eoskeeper.yaml"]


@pytest.mark.parametrize("store", Store)
def test_panels_do_not_lie_on_each_other(store: Store) -> None:
    """Nor beyond the right edge."""
    for dashboard in dashboards(store):
        places = [panel["gridPos"] for panel in dashboard["panels"]]
        assert all(one["x"] + one["w"] <= 24 for one in places)
        for one, other in combinations(places, 2):
            beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
            assert beside or below, (dashboard["uid"], one, other)


@pytest.mark.parametrize("store", Store)
def test_every_panel_has_a_query_and_says_what_it_shows(store: Store) -> None:
    """And all ask the source that was chosen."""
    for dashboard in dashboards(store):
        assert dashboard["panels"]
        numbers = [panel["id"] for panel in dashboard["panels"]]
        assert len(set(numbers)) == len(numbers)
        for panel in dashboard["panels"]:
            assert panel["targets"]
            assert panel["description"].endswith(".")
            sources = [panel["datasource"], *(one["datasource"] for one in panel["targets"])]
            assert {one["uid"] for one in sources} == {"${datasource}"}
            assert {one["type"] for one in sources} == {str(store)}


def test_influxql_asks_for_measurements_tags_and_fields_of_the_table() -> None:
    """A misspelt name would draw an empty panel."""
    for one in queries(INFLUXDB):
        text = one.query.text
        (measurement,) = set(re.findall(r'FROM "(\w+)"', text))
        declared = MEASUREMENTS[measurement]
        names = {column.name for column in declared.fields} | dict(declared.tags).keys()
        ours = set(re.findall(r'AS "([^"]+)"', text))
        asked = set(re.findall(r'"([^"]+)"', text)) - {measurement} - ours
        assert asked - names == set(), text


def test_promql_asks_for_metrics_and_labels_of_the_table() -> None:
    """Likewise."""
    told = {metric.name: {*metric.labels, "instance"} for metric in METRICS}
    for one in queries(PROMETHEUS):
        asked = re.findall(r"\b((?:eoskeeper|process)_\w+)(?:\{(.*?)\})?", one.query.text)
        assert asked
        for name, matchers in asked:
            assert name in told, one.query.text
            assert set(re.findall(r"(\w+)=~?", matchers)) <= told[name], one.query.text


def test_every_query_looks_at_the_chosen_hosts_only() -> None:
    """And at the span that is shown, where the store does not know it."""
    for store in Store:
        assert [one.panel for one in queries(store) if "$host" not in one.query.text] == []
    assert [one.panel for one in queries(INFLUXDB) if "$timeFilter" not in one.query.text] == []
    assert all("eoskeeper_" in text for text in HOST_QUERIES.values())


def test_holes_stay_holes() -> None:
    """What nobody knows is not drawn as a line, and not as zero."""
    grouped = [one.query.text for one in queries(INFLUXDB) if "time($__interval)" in one.query.text]
    assert len(grouped) > 20
    assert [text for text in grouped if not text.endswith("fill(null)")] == []
    spans = [
        panel["fieldConfig"]["defaults"]["custom"].get("spanNulls", False)
        for store in Store
        for dashboard in dashboards(store)
        for panel in dashboard["panels"]
        if panel["type"] == "timeseries"
    ]
    assert set(spans) == {False}


def test_every_state_has_its_colour() -> None:
    """By name and by number; both for the same state."""
    assert {str(state) for state in State} <= set(STATE_SHADES)
    for number, state in enumerate(State, start=1):
        assert STATE_SHADES[str(number)] == STATE_SHADES[str(state)]


def test_variables_are_filled_in_as_grafana_does() -> None:
    """For tests against the real stores."""
    influxql = Query("WHERE host =~ /^$host$/ AND $timeFilter GROUP BY time($__interval)")
    filled = runnable(influxql, 1.0, 2.5, step_s=3, hosts="a|b")
    expected = "WHERE host =~ /^a|b$/ AND time >= 1000ms AND time <= 2500ms GROUP BY time(3s)"
    assert filled == expected
    promql = Query('rate(x{instance=~"$host"}[$__rate_interval]) + y[$__range]')
    filled = runnable(promql, 0.0, 900.0, step_s=15)
    assert filled == 'rate(x{instance=~".*"}[60s]) + y[900s]'


def test_each_dashboard_has_an_address_of_its_own() -> None:
    """Grafana keeps the last of two with one."""
    uids = [board.uid for board in BOARDS]
    assert len(set(uids)) == len(uids) == 5
    assert all(len(uid) <= 40 for uid in uids)
