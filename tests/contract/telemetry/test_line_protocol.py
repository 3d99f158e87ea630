"""Our encoder against a real InfluxDB and an independent parser: what goes in comes out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from line_protocol_parser import parse_line  # type: ignore[import-untyped]  # it has none

from eoskeeper.telemetry.line_protocol import Point, encode
from tests.contract.telemetry.filled_influxdb import DATABASE, FilledInfluxdb, running_influxdb

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAME = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\"), min_size=1, max_size=12
).filter(lambda name: name.strip() and name != "time")
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
NORMAL_NUMBER = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
"""The independent parser takes no smaller ones; InfluxDB does."""

VALUE = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), NUMBER, TEXT)
AT_NS = st.integers(1, 2**62)


@pytest.fixture(scope="module")
def influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledInfluxdb]:
    """One for all examples."""
    with running_influxdb(tmp_path_factory.mktemp("influxdb")) as running:
        running.server.query(f'CREATE DATABASE "{DATABASE}"')
        yield running.server


def is_same(found: Any, value: Any) -> bool:  # noqa: ANN401 - whatever a field holds
    """Of the same kind, too; a float may have lost nothing."""
    if isinstance(value, float):
        return isinstance(found, int | float) and math.isclose(found, value, rel_tol=1e-15)
    return type(found) is type(value) and found == value


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    measurement=NAME.filter(lambda name: not name.startswith("#")),
    tags=st.dictionaries(NAME, NAME, max_size=3),
    fields=st.dictionaries(NAME, VALUE, min_size=1, max_size=4),
    at_ns=AT_NS,
)
def test_a_real_influxdb_gives_back_what_was_written(
    influxdb: FilledInfluxdb,
    measurement: str,
    tags: dict[str, str],
    fields: dict[str, Any],
    at_ns: int,
) -> None:
    """Every name, value, kind and nanosecond."""
    fields = {name: value for name, value in fields.items() if name not in tags}
    line = encode(Point(measurement, tags, fields, at_ns))
    if line is None:
        assert not fields
        return
    influxdb.query(f'DROP DATABASE "{DATABASE}"')
    influxdb.query(f'CREATE DATABASE "{DATABASE}"')
    influxdb.write_lines(line)
    (series,) = influxdb.query(f"SELECT * FROM {quoted(measurement)}", "ns")  # noqa: S608 - our own
    ((*row,),) = series["values"]
    found = dict(zip(series["columns"], row, strict=True))
    assert found.pop("time") == at_ns
    assert found.keys() == tags.keys() | fields.keys()
    assert {name: found[name] for name in tags} == tags
    for name, value in fields.items():
        assert is_same(found[name], value), (line, found)


def quoted(name: str) -> str:
    """As an identifier of InfluxQL."""
    text = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


@settings(max_examples=300, deadline=None)
@given(
    tags=st.dictionaries(NAME, NAME, max_size=3),
    fields=st.dictionaries(
        NAME,
        st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), NORMAL_NUMBER, TEXT),
        min_size=1,
        max_size=4,
    ),
    at_ns=AT_NS,
)
def test_an_independent_parser_reads_what_was_written(
    tags: dict[str, str], fields: dict[str, Any], at_ns: int
) -> None:
    """Not ours, and not the server's."""
    # It ends a text at a NUL, as C does.
    fields = {
        name: value.replace("\x00", "") if isinstance(value, str) else value
        for name, value in fields.items()
    }
    line = encode(Point("m", tags, fields, at_ns))
    assert line is not None
    read = parse_line(line.decode())
    assert (read["measurement"], read["time"]) == ("m", at_ns)
    assert read["tags"] == tags
    assert read["fields"].keys() == fields.keys()
    for name, value in fields.items():
        assert is_same(read["fields"][name], value), (line, read)
