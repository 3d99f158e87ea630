"""Every store, the page and Grafana's panels tell what really happened on a real network.

One story: a database that is away for a while, a keeper that is killed, a primary that dies. Then
all that was kept is held against the chain and the nodes' logs, read by other means.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from eoskeeper.domain.standing import State
from eoskeeper.history.settings import HISTORY_FILE
from eoskeeper.runtime import clock
from eoskeeper.telemetry.dashboards.catalogue import PanelQuery, queries, runnable
from eoskeeper.telemetry.dashboards.panel import Store
from tests.contract.history.synthetic import fill
from tests.contract.page.browser import Watched
from tests.contract.telemetry.filled_influxdb import DATABASE, FilledInfluxdb, running_influxdb
from tests.contract.telemetry.prometheus_server import PrometheusServer, running_prometheus
from tests.integration.cluster import Cluster
from tests.integration.truth import Truth, begin_utc_of

StartCluster = Callable[..., Cluster]

pytestmark = [pytest.mark.devnet, pytest.mark.slow]

KEEPERS = ("a", "b", "c", "f")
MONTH_DAYS = 31
SCREENSHOTS = os.environ.get("EOSKEEPER_SCREENSHOTS")
"""A folder that pictures for the documentation are kept in; none are taken without it."""


@pytest.mark.timeout(900)
def test_every_store_and_the_page_tell_what_happened(
    start_cluster: StartCluster, tmp_path: Path
) -> None:
    """The same numbers everywhere, each once; and nothing that was not so."""
    with running_influxdb(tmp_path / "influxdb") as influxdb:
        url = f"{influxdb.server.url}/write?db={DATABASE}"
        cluster = start_cluster(
            {"*": {"influxdb": {"url": url}}}, keepers=False, pages=True, namespaces=False
        )
        start_keepers(cluster)
        with ExitStack() as stack:
            scraping = running_prometheus(tmp_path / "prometheus", targets_of(cluster))
            prometheus = stack.enter_context(scraping)
            cluster.wait_ready()
            page = stack.enter_context(page_of(cluster, "b"))
            begin_utc = clock.read().utc_s - 20  # a keeper reads back what it has not seen
            check_first_look(page, cluster)
            influxdb.kill()
            for seconds in (3.0, 7.5):
                # In our own turn, and after it, when it is not told yet.
                cluster.sleep_into_own_turn(seconds)
                restart_keeper(cluster, "c", away_s=5.0)
            killed_utc = follow_takeover(page, cluster)
            influxdb.start()
            cluster.sleep_rounds(2)
            check_month(page)
            time.sleep(60)  # until the newest turns are irreversible
            end_utc = clock.read().utc_s
            truth = Truth(cluster.devnet)
            turns = truth.turns(begin_utc, end_utc - 50)
            assert len(turns) > 20, "a story of some rounds"
            seen_by_a = [turn for turn in turns if begin_utc_of(turn) < killed_utc - 15]
            assert len(seen_by_a) > 3, "a has seen some of it"
            for host in KEEPERS:
                # A keeper whose nodeos is dead knows no more of the chain.
                seen = seen_by_a if host == "a" else turns
                check_history(cluster, host, truth, seen)
                check_influxdb(influxdb.server, host, truth, seen)
            check_heads(influxdb.server, truth, begin_utc, end_utc - 50)
            check_counters(cluster, prometheus, truth)
            check_panels_of_influxdb(influxdb.server, begin_utc, end_utc)
            check_panels_of_prometheus(prometheus, begin_utc, end_utc)


# --- the story ----------------------------------------------------------------------------------


def start_keepers(cluster: Cluster) -> None:
    """All of them; b has watched another chain for a month already."""
    state = cluster.devnet.host("b").keeper_state
    state.mkdir(parents=True, exist_ok=True)
    ended_utc = (int(clock.read().utc_s) - 3600) // 60 * 60
    fill(state / HISTORY_FILE, MONTH_DAYS, end_utc=ended_utc, host=1)
    for host in KEEPERS:
        cluster.devnet.start_keeper(host)


def restart_keeper(cluster: Cluster, host: str, away_s: float) -> None:
    """Kill -9, and start again after a while."""
    cluster.devnet.kill_keeper(host)
    time.sleep(away_s)
    cluster.devnet.start_keeper(host)


def targets_of(cluster: Cluster) -> dict[str, str]:
    """Where each keeper's metrics are."""
    hosts = cluster.devnet.hosts
    return {name: f"127.0.0.1:{hosts[name].plan.page_port}" for name in KEEPERS}


@contextmanager
def page_of(cluster: Cluster, host: str) -> Iterator[Page]:
    """The status page of a keeper in a real browser; at the end it must have been without fault."""
    path = shutil.which("chromium")
    if path is None and os.environ.get("CI") != "true":
        pytest.skip("NOT TESTED: chromium is missing (apt-get install chromium)")
    assert path is not None, "CI has a chromium"
    url = cluster.devnet.page_url(host)
    with sync_playwright() as driver:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = driver.chromium.launch(executable_path=path, args=sandbox)
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-GB")
        watched = Watched(page, url, ())
        page.set_default_timeout(20_000)
        page.goto(url)
        yield page
        browser.close()
    assert watched.problems == []


def check_first_look(page: Page, cluster: Cluster) -> None:
    """Every host, and who produces."""
    producer = cluster.devnet.our_producer
    expect(page.locator("#cluster-rows tr")).to_have_count(len(KEEPERS))
    expect(page.locator("#verdict-text")).to_have_text(f"{producer} is produced by a")
    expect(page.locator("#turns-list li").first).to_be_visible(timeout=60_000)
    keep(page, "status-page")
    page.evaluate("window.unloaded = false")


def follow_takeover(page: Page, cluster: Cluster) -> float:
    """The row, the strip and the timeline change by themselves; when the primary was killed."""
    producer = cluster.devnet.our_producer
    killed_utc = clock.read().utc_s
    cluster.devnet.kill("a")
    row = page.locator("#cluster-rows tr", has_text="Primary")
    expect(row).not_to_contain_text("produces", timeout=60_000)
    expect(page.locator("#verdict-text")).to_have_text(
        f"{producer} is produced by b", timeout=150_000
    )
    cluster.wait_state("b", State.HOLDER, 30)
    assert page.locator("#turns-list li.turn-empty").count() >= 2
    expect(page.locator("#events")).to_contain_text("2 own turns in a row are empty")
    expect(page.locator("#turns-makers .run").last).to_have_text("b")
    assert page.evaluate("window.unloaded") is False
    keep(page, "failover")
    return killed_utc


def check_month(page: Page) -> None:
    """A month of history is drawn within a second of the click."""
    page.locator("label", has=page.locator("#span-month")).click()
    expect(page.locator("#plots-list")).to_have_attribute("data-span", "month")
    spent_ms = page.evaluate("performance.getEntriesByName('plots-month')[0].duration")
    print(f"a month is plotted in {spent_ms:.0f} ms")  # noqa: T201 - a figure
    assert spent_ms < 1000
    keep(page, "month")
    if SCREENSHOTS:
        page.locator("input[name=theme][value=dark]").check(force=True)
        keep(page, "month-dark")
        page.locator("input[name=theme][value=auto]").check(force=True)
        page.locator("label", has=page.locator("#span-hour")).click()
        page.set_viewport_size({"width": 390, "height": 844})
        keep(page, "phone", whole=False)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.locator("input[name=language][value=zh]").check(force=True)
        keep(page, "chinese")


def keep(page: Page, name: str, *, whole: bool = True) -> None:
    """A picture for the documentation."""
    if SCREENSHOTS:
        page.wait_for_timeout(1500)
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=whole)


# --- what was kept ------------------------------------------------------------------------------


def asked(cluster: Cluster, host: str, path: str) -> Any:  # noqa: ANN401 - JSON of our API
    """The answer of a keeper's API."""
    url = f"{cluster.devnet.page_url(host)}{path}"
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - our own server
        return json.load(answer)


def check_history(cluster: Cluster, host: str, truth: Truth, turns: list[int]) -> None:
    """Every turn is there, slot by slot, with the host that made it."""
    begin, end = begin_utc_of(turns[0]), begin_utc_of(turns[-1] + 1)
    kept = asked(cluster, host, f"api/turns?producer=all&from={begin}&to={end}&limit=2000")["turns"]
    found = {one["turn"]: one for one in kept if one["turn"] in set(turns)}
    assert sorted(found) == turns, host
    for turn, one in found.items():
        assert (one["producer"], one["cells"].replace("l", "m")) == (
            truth.producer(turn),
            truth.cells(turn),
        ), (host, turn)
        if one["made_by"]:
            assert one["made_by"] in truth.makers(turn), (host, turn)
    own = [one for one in found.values() if one["ours"] and "p" in one["cells"]]
    signed = [one for one in own if one["made_by"]]
    assert len(signed) >= len(own) - 1, (host, own)


def check_influxdb(server: FilledInfluxdb, host: str, truth: Truth, turns: list[int]) -> None:
    """Every turn once, with its figures, though the database was away and a keeper was killed."""
    (series,) = server.query(
        f"SELECT turn, produced, missed, lost, unknown FROM eoskeeper_turn WHERE host = '{host}'"  # noqa: S608 - our own
    )
    rows = [dict(zip(series["columns"], row, strict=True)) for row in series["values"]]
    times = Counter(row["turn"] for row in rows)
    assert {turn: times[turn] for turn in turns} == dict.fromkeys(turns, 1), host
    for row in rows:
        if row["turn"] in set(turns):
            cells = truth.cells(row["turn"])
            told = (row["produced"], row["missed"] + row["lost"], row["unknown"])
            assert told == (cells.count("p"), cells.count("m"), 0), (host, row)


def check_heads(server: FilledInfluxdb, truth: Truth, begin_utc: float, end_utc: float) -> None:
    """The table of 2018: a point each three seconds, with the height that the chain had."""
    for host in ("a", "b"):
        span = f"time >= {round(begin_utc * 1000)}ms AND time <= {round(end_utc * 1000)}ms"
        (series,) = server.query(f"SELECT hbn FROM eosbpinfo WHERE host = '{host}' AND {span}")  # noqa: S608 - our own
        rows = [(_utc(at), number) for at, number in series["values"] if number is not None]
        if host == "b":
            wanted = (end_utc - begin_utc) / 3
            assert wanted - 3 <= len(rows) <= wanted + 3, (host, len(rows), wanted)
        for at_utc, number in rows:
            low, high = truth.head_number(at_utc - 2.5), truth.head_number(at_utc + 1.0)
            assert low <= number <= high, (host, at_utc, number, low, high)


def _utc(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()


def check_counters(cluster: Cluster, prometheus: PrometheusServer, truth: Truth) -> None:
    """The counters of a keeper that was never killed are the sums of its turns."""
    now_utc = clock.read().utc_s
    kept = asked(cluster, "f", f"api/turns?producer=all&from=0&to={now_utc}&limit=2000")["turns"]
    found = {
        (one.labels["producer"], one.labels["outcome"]): one.values[0]
        for one in prometheus.query('eoskeeper_slots_total{instance="f"}')
    }
    sums: Counter[tuple[str, str]] = Counter()
    prefixes = []
    for one in kept:
        for letter, outcome in (
            ("p", "produced"),
            ("m", "missed"),
            ("l", "lost"),
            ("u", "unknown"),
        ):
            sums[one["producer"], outcome] += one["cells"].count(letter)
        prefixes.append({key: value for key, value in sums.items() if value})
    told = {key: int(value) for key, value in found.items() if value}
    # Which turn was the newest when it was scraped is not known to the second.
    assert told in prefixes[-4:], (told, prefixes[-1])
    assert told[truth.ours, "missed"] >= 24


# --- what is shown ------------------------------------------------------------------------------


def check_panels_of_influxdb(server: FilledInfluxdb, begin_utc: float, end_utc: float) -> None:
    """Every panel's query has data."""
    empty = []
    for one in _asked(Store.INFLUXDB):
        found = server.query(runnable(one.query, begin_utc, end_utc))
        if not any(
            cell is not None for series in found for row in series["values"] for cell in row[1:]
        ):
            empty.append((one.board, one.panel, one.query.text))
    assert empty == []


def check_panels_of_prometheus(
    prometheus: PrometheusServer, begin_utc: float, end_utc: float
) -> None:
    """Likewise."""
    empty = []
    for one in _asked(Store.PROMETHEUS):
        text = runnable(one.query, begin_utc, end_utc)
        if one.query.instant:
            found = prometheus.query(text)
        else:
            found = prometheus.query_range(text, begin_utc, end_utc, 15)
        if not found:
            empty.append((one.board, one.panel, text))
    assert empty == []


def _asked(store: Store) -> Iterator[PanelQuery]:
    missing = {"a channel that was used", "a time server"}
    for one in queries(store):
        if one.needs not in missing:
            yield one
