"""What a metric is made of: name, kind, help, labels, and how to get it from a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

import msgspec

from eoskeeper.domain.report import Report

__all__ = ["Kind", "Labelled", "Metric", "Number", "counters", "gauge", "gauges", "state_set"]

Number = bool | int | float

Labelled = tuple[tuple[str, ...], Number | None]
"""Values of the labels in the metric's order, and the sample; None is *unknown* and left out."""


class Kind(StrEnum):
    """Types of the text format that are used here."""

    GAUGE = "gauge"
    COUNTER = "counter"


class Metric(msgspec.Struct, frozen=True):
    """A metric family.

    Attributes:
        text: the HELP line; a sentence without its full stop.
        samples: of a report in which everything that is not known is ``None``.
        labels: names, in the order of the samples' values.
        values: of labels with a closed set of values, for the documentation.
    """

    name: str
    kind: Kind
    text: str
    samples: Callable[[Report], Iterable[Labelled]]
    labels: tuple[str, ...] = ()
    values: Mapping[str, str] = {}


def gauge(name: str, text: str, of: Callable[[Report], Number | None]) -> Metric:
    """A gauge without labels."""
    return Metric(name, Kind.GAUGE, text, lambda report: (((), of(report)),))


def gauges(
    name: str,
    text: str,
    of: Callable[[Report], Iterable[Labelled]],
    *labels: str,
    **values: str,
) -> Metric:
    """A gauge with labels."""
    return Metric(name, Kind.GAUGE, text, of, labels, values)


def counters(
    name: str,
    text: str,
    of: Callable[[Report], Iterable[Labelled]],
    *labels: str,
    **values: str,
) -> Metric:
    """A counter; it begins anew with the keeper, or with what it counts."""
    return Metric(name, Kind.COUNTER, text, of, labels, values)


def state_set(
    states: Iterable[str], current: str | None, before: tuple[str, ...] = ()
) -> Iterable[Labelled]:
    """0 or 1 for each state; nothing while the current one is not known."""
    if current is not None:
        for state in states:
            yield (*before, state), state == current
