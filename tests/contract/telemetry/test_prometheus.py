"""The page for Prometheus before a real one: what it scraped is what was rendered."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eoskeeper.domain.report import Report
from eoskeeper.domain.samples import ProbeName
from eoskeeper.telemetry.prometheus import METRICS, render
from tests.contract.telemetry.prometheus_server import (
    PrometheusServer,
    required,
    running_prometheus,
)
from tests.integration.local_server import LocalServer, say
from tests.unit.telemetry.telling import failure, full_report, moment

PACKAGING = Path(__file__).parents[3] / "packaging" / "prometheus"
RULES = PACKAGING / "eoskeeper.rules.yml"
RULES_TEST = Path(__file__).with_name("eoskeeper.rules.test.yml")


def promtool(*arguments: str, told: bytes = b"") -> str:
    """What it says; it must be content."""
    argv = [required("promtool"), *arguments]
    done = subprocess.run(argv, input=told, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    return said


def page_of(report: Report) -> bytes:
    """The page at the time of the report."""
    return render(report, moment(report.at_utc))


@pytest.fixture(scope="module")
def scraping(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[PrometheusServer, LocalServer]]:
    """A Prometheus with all alert rules, and the one host that it scrapes."""
    host = LocalServer(say(page_of(full_report()).decode()))
    host.open()
    folder = tmp_path_factory.mktemp("prometheus")
    targets = {"bp-a": host.url.removeprefix("http://")}
    try:
        with running_prometheus(folder, targets, rules=[RULES]) as server:
            until(server, 'up{job="eoskeeper"} == 1')
            yield server, host
    finally:
        host.close()


def until(server: PrometheusServer, expression: str) -> None:
    """Wait until a query finds something."""
    for _ in range(100):
        if server.query(expression):
            return
        time.sleep(0.1)
    raise AssertionError(expression)


def test_the_page_is_good_style() -> None:
    """Names, units and help as promtool wants them, with every metric there is."""
    held_back = full_report(failures=(failure(ProbeName.LOG),))
    assert promtool("check", "metrics", told=page_of(full_report())) == ""
    assert promtool("check", "metrics", told=page_of(held_back)) == ""


def test_the_alert_rules_and_the_example_are_good() -> None:
    """An operator copies both."""
    assert "SUCCESS" in promtool("check", "rules", str(RULES))
    assert "SUCCESS" in promtool("check", "config", str(PACKAGING / "prometheus.example.yml"))


def test_each_alert_fires_when_it_should_and_not_before() -> None:
    """The stories stand beside this file."""
    assert "SUCCESS" in promtool("test", "rules", str(RULES_TEST))
    told = RULES_TEST.read_text(encoding="utf-8")
    names = [
        line.split(": ")[1]
        for line in RULES.read_text(encoding="utf-8").splitlines()
        if "- alert: " in line
    ]
    assert len(names) > 20
    assert [name for name in names if f'alertname="{name}"' not in told] == []


def test_alerts_ask_for_metrics_that_are_told() -> None:
    """A misspelt name would never fire."""
    told = {metric.name for metric in METRICS} | {"up"}
    text = RULES.read_text(encoding="utf-8")
    asked = {word for word in text.replace("`", " ").replace("(", " ").split() if "_" in word}
    metrics = {
        word.split("{")[0].split("[")[0].rstrip(")") for word in asked if "eoskeeper_" in word
    }
    assert len(metrics) > 15
    assert metrics - told == set()


def test_what_was_scraped_is_what_was_rendered(
    scraping: tuple[PrometheusServer, LocalServer],
) -> None:
    """Every sample with its labels, from a real Prometheus."""
    server, host = scraping
    rendered = page_of(full_report()).decode()
    expected = [line for line in rendered.splitlines() if not line.startswith("#")]
    found = server.query('{job="eoskeeper", __name__=~"eoskeeper_.+|process_.+"}')
    assert len(found) == len(expected)
    for line in expected:
        series, _, value = line.rpartition(" ")
        (one,) = server.query(series)
        assert one.values == (float(value),)
        assert one.labels["instance"] == "bp-a"
    assert host.asked[0].target == "/metrics"


def test_a_dead_nodeos_leaves_a_hole_and_no_zero(
    scraping: tuple[PrometheusServer, LocalServer],
) -> None:
    """The next scrape ends the series, so that no query sees an old head."""
    server, host = scraping
    host.reply = say(page_of(full_report(failures=(failure(),))).decode())
    until(server, "eoskeeper_nodeos_up == 0")
    assert server.query("eoskeeper_head_block_number") == []
    assert server.query("eoskeeper_links") == []
    assert server.query("eoskeeper_failover_term") != []
    until(server, 'ALERTS{alertname="EoskeeperNodeosDown"}')
