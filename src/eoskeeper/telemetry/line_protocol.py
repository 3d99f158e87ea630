"""A point for InfluxDB, and its form on the wire."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

__all__ = ["Point"]


class Point(msgspec.Struct, frozen=True):
    """One row: what InfluxDB knows it by is the measurement, the tags and the time.

    Attributes:
        at_utc_ns: since 1970 UTC.
    """

    measurement: str
    tags: Mapping[str, str]
    fields: Mapping[str, bool | int | float | str]
    at_utc_ns: int
