"""A point for InfluxDB, and its form on the wire.

Source: docs.influxdata.com, "InfluxDB line protocol reference", and influxdb v1.6 models/points.go,
which says what becomes of a backslash.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import msgspec

__all__ = ["Point", "encode", "lines_of"]

Value = bool | int | float | str

INT64 = range(-(2**63), 2**63)

TIMES = range(-(2**63) + 2, 2**63 - 1)
"""Nanoseconds that InfluxDB can hold. Source: influxdb v1.6 models/time.go."""

RESERVED = "time"
"""No tag and no field may have this name: InfluxDB refuses the whole point."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})
_MEASUREMENT = str.maketrans({",": r"\,", " ": r"\ "})
_TEXT = str.maketrans({'"': r"\"", "\\": r"\\"})
_FIELD = rb'(?:[^\\=]|\\.)+=(?:"(?:[^"\\]|\\.)*"|[^",\s]+)'
_LINE = re.compile(rb"(?:[^\\ ]|\\.)+ %b(?:,%b)* -?\d+\n" % (_FIELD, _FIELD), re.DOTALL)


class Point(msgspec.Struct, frozen=True):
    """One row: what InfluxDB knows it by is the measurement, the tags and the time.

    Attributes:
        at_utc_ns: since 1970 UTC.
    """

    measurement: str
    tags: Mapping[str, str]
    fields: Mapping[str, Value]
    at_utc_ns: int


def encode(point: Point) -> bytes | None:
    """The point's line, without its end; None when there is nothing in it that can be written.

    Left out are tags without a text, numbers that are none (nan, infinite), integers of more than
    64 bits, and what has no name or the name ``time``. In names and tags a control character
    becomes a space, and a backslash, which before a separator would swallow it, a slash. Left out
    is a measurement's leading ``#``, which would make the line a comment.
    """
    fields = ",".join(
        f"{key}={text}"
        for name, value in point.fields.items()
        if (key := _name(name)) and (text := _written(value)) is not None
    )
    measurement = _plain(point.measurement).lstrip("#").translate(_MEASUREMENT)
    if not fields or not measurement or point.at_utc_ns not in TIMES:
        return None
    tags = "".join(
        f",{key}={plain.translate(_NAME)}"
        for name, value in sorted(point.tags.items())
        if (key := _name(name)) and (plain := _plain(value))
    )
    line = f"{measurement}{tags} {fields} {point.at_utc_ns}"
    return line.encode("utf-8", "replace")


def lines_of(body: bytes) -> list[bytes]:
    """The lines that were joined, each with its end; a text in them may hold a line's end."""
    return _LINE.findall(body)


def _name(text: str) -> str:
    plain = _plain(text)
    return "" if plain == RESERVED else plain.translate(_NAME)


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", text).replace("\\", "/")


def _written(value: Value) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value}i" if value in INT64 else None
        case float():
            return repr(float(value)) if math.isfinite(value) else None
        case str():
            return f'"{value.translate(_TEXT)}"'
