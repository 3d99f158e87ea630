"""docs/metrics.md is what the tables of telemetry say."""

from __future__ import annotations

from eoskeeper.telemetry.metrics_page import metrics_page
from eoskeeper.telemetry.points_2018 import CHINESE_FIELDS
from eoskeeper.telemetry.points_table import MEASUREMENTS
from eoskeeper.telemetry.prometheus import METRICS
from tests.house.house import ROOT


def test_the_page_is_what_the_tables_say() -> None:
    """Whoever changes a metric runs scripts/metrics-page."""
    assert (ROOT / "docs/metrics.md").read_text(encoding="utf-8") == metrics_page()


def test_everything_that_is_told_has_its_row() -> None:
    """Tags and fields of each measurement, and each metric."""
    page = metrics_page()
    sections = {part.split("\n", 1)[0]: part for part in page.split("\n### ")[1:]}
    silent = [
        f"{one.name}: {name}"
        for one in MEASUREMENTS.values()
        for name in (*dict(one.tags), *(column.name for column in one.fields))
        if f"\n| `{name}` | " not in sections[one.name]
    ]
    rows = (*CHINESE_FIELDS, *(metric.name for metric in METRICS))
    assert silent + [name for name in rows if f"\n| `{name}` | " not in page] == []
