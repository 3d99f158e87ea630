"""Dashboards: Grafana's schema takes them, and each of their queries finds something."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from eoskeeper.domain.publication import Publication
from eoskeeper.telemetry.dashboards.catalogue import BOARDS, PanelQuery, export, queries, runnable
from eoskeeper.telemetry.dashboards.grafana import HOST_QUERIES
from eoskeeper.telemetry.dashboards.panel import Store
from eoskeeper.telemetry.points import event_points, sample_points
from eoskeeper.telemetry.prometheus import render
from tests.contract.telemetry.filled_influxdb import FilledInfluxdb, filled_influxdb
from tests.contract.telemetry.grafana_schema import complaints
from tests.contract.telemetry.prometheus_server import (
    PrometheusServer,
    backfilled,
    running_prometheus,
)
from tests.unit.telemetry.telling import AT_UTC, story

INFLUXDB, PROMETHEUS = Store.INFLUXDB, Store.PROMETHEUS

SPAN_S = 900
STEP_S = 15
END_UTC = float(AT_UTC)
BEGIN_UTC = END_UTC - SPAN_S

EVERY_QUERY = {
    store: [pytest.param(one, id=f"{one.board}: {one.panel}") for one in queries(store)]
    for store in Store
}


@pytest.fixture(scope="module")
def told() -> list[Publication]:
    """A quarter of an hour of three hosts, with a takeover in its middle."""
    return list(story(END_UTC, SPAN_S, STEP_S))


@pytest.fixture(scope="module")
def influxdb(
    told: list[Publication], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FilledInfluxdb]:
    """A store that holds all of it."""
    points = [point for one in told for point in (*sample_points(one.report), *event_points(one))]
    with filled_influxdb(tmp_path_factory.mktemp("influxdb"), points) as server:
        yield server


@pytest.fixture(scope="module")
def prometheus(
    told: list[Publication], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PrometheusServer]:
    """The same, as if it had been scraped every 15 s."""
    scrapes = ((one.now.utc_s, one.report.host, render(one.report, one.now)) for one in told)
    folder = backfilled(tmp_path_factory.mktemp("prometheus"), scrapes)
    with running_prometheus(folder) as server:
        yield server


def filled(one: PanelQuery) -> str:
    """The query as Grafana would send it."""
    return runnable(one.query, BEGIN_UTC, END_UTC, step_s=STEP_S)


@pytest.mark.parametrize("one", EVERY_QUERY[INFLUXDB])
def test_each_query_to_influxdb_finds_something(influxdb: FilledInfluxdb, one: PanelQuery) -> None:
    """Rows, and in each row that is not a hole a value."""
    series = influxdb.query(filled(one))
    values = [value for each in series for row in each["values"] for value in row[1:]]
    assert any(value is not None for value in values), filled(one)


@pytest.mark.parametrize("one", EVERY_QUERY[PROMETHEUS])
def test_each_query_to_prometheus_finds_something(
    prometheus: PrometheusServer, one: PanelQuery
) -> None:
    """At the end of the span, or over it, as the panel asks."""
    if one.query.instant:
        found = prometheus.query(filled(one), END_UTC)
    else:
        found = prometheus.query_range(filled(one), BEGIN_UTC + 60, END_UTC, STEP_S)
    assert any(one.values for one in found), filled(one)


def test_the_hosts_to_choose_from_are_found(
    influxdb: FilledInfluxdb, prometheus: PrometheusServer
) -> None:
    """By the queries of the variables."""
    (series,) = influxdb.query(HOST_QUERIES[INFLUXDB])
    assert [row[1] for row in series["values"]] == ["bp-a", "bp-b", "bp-c"]
    metric, _, label = HOST_QUERIES[PROMETHEUS].partition("(")[2].rstrip(")").partition(", ")
    hosts = {one.labels[label] for one in prometheus.query(metric, END_UTC)}
    assert hosts == {"bp-a", "bp-b", "bp-c"}


def test_both_stores_hold_the_head_of_the_report(
    told: list[Publication], influxdb: FilledInfluxdb, prometheus: PrometheusServer
) -> None:
    """The same number at the same moment, without a digit lost."""
    (series,) = influxdb.query(
        "SELECT head_number FROM eoskeeper_node WHERE host = 'bp-a' ORDER BY time DESC LIMIT 1"
    )
    (one,) = prometheus.query('eoskeeper_head_block_number{instance="bp-a"}', END_UTC)
    expected = [each.report.head_number for each in told if each.report.host == "bp-a"]
    assert [series["values"][0][1]] == expected[-1:] == [int(one.values[0])]


def test_a_query_that_finds_nothing_is_noticed(
    influxdb: FilledInfluxdb, prometheus: PrometheusServer
) -> None:
    """Of a host that is not there every panel is empty."""
    asked = [runnable(one.query, BEGIN_UTC, END_UTC, hosts="nobody") for one in queries(INFLUXDB)]
    assert [text for text in asked if influxdb.query(text)] == []
    asked = [runnable(one.query, BEGIN_UTC, END_UTC, hosts="nobody") for one in queries(PROMETHEUS)]
    assert [text for text in asked if prometheus.query(text, END_UTC)] == []


@pytest.mark.parametrize("store", Store)
@pytest.mark.parametrize("board", [board.uid for board in BOARDS])
def test_grafana_knows_everything_that_is_in_a_dashboard(store: Store, board: str) -> None:
    """Held against Grafana's own schema, keys and types."""
    dashboard = json.loads(export(store)[f"dashboards/{board}.json"])
    assert complaints(dashboard) == []


def test_the_judge_finds_what_is_wrong() -> None:
    """A schema that takes everything would prove nothing."""
    dashboard = json.loads(export(PROMETHEUS)["dashboards/eoskeeper-fleet.json"])
    dashboard["titel"] = "misspelt"
    dashboard["panels"][0]["gridPos"]["w"] = "24"
    dashboard["panels"][1]["options"]["showValue"] = "sometimes"
    dashboard["panels"][3]["targets"][0]["expression"] = "unknown"
    found = " ".join(complaints(dashboard))
    assert all(word in found for word in ("titel", "'24'", "sometimes", "expression"))
