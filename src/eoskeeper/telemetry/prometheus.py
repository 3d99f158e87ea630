"""The page ``/metrics``: the last report in Prometheus's text format.

Rendered when it is asked for, from one table. What is not known has no sample: a zero would be a
lie, and a missing series is what every alert of Prometheus can ask for.
Source: prometheus.io, exposition formats (text, 0.0.4), and metric and label naming.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import isfinite

from eoskeeper import __version__
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.known import known
from eoskeeper.domain.report import Report
from eoskeeper.telemetry.prometheus_chain import CHAIN_METRICS
from eoskeeper.telemetry.prometheus_host import HOST_METRICS
from eoskeeper.telemetry.prometheus_lease import LEASE_METRICS
from eoskeeper.telemetry.prometheus_metric import Labelled, Metric, Number, gauge, gauges

__all__ = ["CONTENT_TYPE", "METRICS", "STALE_S", "render"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Of the page."""

STALE_S = 30.0
"""An older report says nothing of now: its keeper is stuck."""

_BUILD = gauges(
    "eoskeeper_build_info",
    "Version of the keeper",
    lambda _: (((__version__,), 1),),
    "version",
)

_CYCLE = gauge(
    "eoskeeper_cycle_timestamp_seconds",
    "When the newest cycle of the keeper ran",
    lambda report: report.at_utc,
)

METRICS: tuple[Metric, ...] = (_BUILD, _CYCLE, *CHAIN_METRICS, *LEASE_METRICS, *HOST_METRICS)
"""All there are, in the order of the page."""


def render(report: Report | None, now: Moment) -> bytes:
    """The page.

    Args:
        report: the newest; None before the first cycle: then the build is all there is to say.
        now: of a report older than ``STALE_S`` only the build and its time are told.
    """
    parts: list[str] = []
    if report is None:
        _write(parts, _BUILD, (((__version__,), 1),))
    else:
        shown = METRICS if now.utc_s - report.at_utc <= STALE_S else (_BUILD, _CYCLE)
        report = known(report)
        for metric in shown:
            _write(parts, metric, metric.samples(report))
    return "".join(parts).encode()


def _write(parts: list[str], metric: Metric, samples: Iterable[Labelled]) -> None:
    """A family with its head; nothing of a family that has no sample."""
    lines = [
        f"{metric.name}{_labels(metric.labels, values)} {_number(value)}\n"
        for values, value in samples
        if value is not None and isfinite(value)
    ]
    if lines:
        parts.append(_head(metric))
        parts.extend(lines)


def _head(metric: Metric) -> str:
    return f"# HELP {metric.name} {metric.text}.\n# TYPE {metric.name} {metric.kind}\n"


@lru_cache(maxsize=4096)
def _labels(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    """The same few hundred sets come again each time."""
    if not names:
        return ""
    pairs = zip(names, values, strict=True)
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: Number) -> str:
    """Whole numbers as such: block numbers lose nothing."""
    return str(int(value)) if isinstance(value, int) else repr(value)
