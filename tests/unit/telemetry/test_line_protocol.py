"""The form of a point on the wire, corner by corner."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoskeeper.telemetry.line_protocol import Point, encode, lines_of


def line(
    fields: dict[str, bool | int | float | str],
    tags: dict[str, str] | None = None,
    measurement: str = "m",
) -> str | None:
    """The line of a point at the third nanosecond."""
    encoded = encode(Point(measurement, tags or {}, fields, 3))
    return None if encoded is None else encoded.decode()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (False, "false"),
        (0, "0i"),
        (-(2**63), "-9223372036854775808i"),
        (2**63 - 1, "9223372036854775807i"),
        (0.0, "0.0"),
        (1e22, "1e+22"),
        (0.1, "0.1"),
        ("", '""'),
        ("10秒前", '"10秒前"'),
        ('say "no"', r'"say \"no\""'),
        ("C:\\", r'"C:\\"'),
        ("two\nlines", '"two\nlines"'),
    ],
)
def test_each_kind_of_value_keeps_its_kind(value: bool | float | str, written: str) -> None:  # noqa: FBT001 - a column of the table
    """Integers are integers, and a text may hold anything."""
    assert line({"x": value}) == f"m x={written} 3"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**63, -(2**63) - 1])
def test_what_is_no_number_there_is_left_out(value: float) -> None:
    """The rest of the point is written; without a rest there is no point."""
    assert line({"x": value, "y": 1}) == "m y=1i 3"
    assert line({"x": value}) is None
    assert line({}) is None


def test_tags_are_sorted_and_empty_ones_left_out() -> None:
    """InfluxDB advises the order, and refuses a tag without a value."""
    assert line({"x": 1}, {"role": "B", "host": "bp-1", "producer": ""}) == (
        "m,host=bp-1,role=B x=1i 3"
    )


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("a b", r"a\ b"),
        ("a,b=c", r"a\,b\=c"),
        ("a\\", "a/"),
        ("C:\\b", "C:/b"),
        ("a\nb", r"a\ b"),
        ("a\x00b", r"a\ b"),
        ('a"b', 'a"b'),
    ],
)
def test_names_cannot_break_out_of_their_place(tag: str, written: str) -> None:
    """Whatever a folder or a host is called."""
    tags = f",t={written}" if written else ""
    assert line({"x": 1}, {"t": tag}) == f"m{tags} x=1i 3"
    if written:
        assert line({tag: 1}) == f"m {written}=1i 3"


def test_a_measurement_may_hold_an_equals_sign() -> None:
    """It alone."""
    assert line({"x": 1}, measurement="a=b c,d") == r"a=b\ c\,d x=1i 3"


def test_what_has_no_name_or_a_reserved_one_is_left_out() -> None:
    """InfluxDB refuses the point for the sake of one such name; a line with # it takes as told."""
    assert line({"": 1, "time": 2, "x": 3}, {"": "a", "time": "b"}) == "m x=3i 3"
    assert line({"x": 1}, measurement="") is None
    assert line({"x": 1}, measurement="#m") == "m x=1i 3"


@pytest.mark.parametrize("at_utc_ns", [2**63 - 1, -(2**63), -(2**63) + 1, 2**70])
def test_a_time_that_no_database_holds_makes_no_point(at_utc_ns: int) -> None:
    """One such line would be refused."""
    assert encode(Point("m", {}, {"x": 1}, at_utc_ns)) is None


NASTY = st.text(st.sampled_from("ab1\\,= \"\n\r\t#'\x00é秒"), max_size=8)
POINTS = st.builds(
    Point,
    measurement=NASTY,
    tags=st.dictionaries(NASTY, NASTY, max_size=3),
    fields=st.dictionaries(
        NASTY, st.one_of(st.booleans(), st.integers(), st.floats(), NASTY), max_size=3
    ),
    at_utc_ns=st.integers(-(2**62), 2**62),
)


@given(st.lists(POINTS, max_size=6))
def test_joined_lines_come_apart_where_they_were_joined(points: list[Point]) -> None:
    """Also where a text holds the end of a line, a quote or a backslash."""
    lines = [line + b"\n" for one in points if (line := encode(one)) is not None]
    assert lines_of(b"".join(lines)) == lines
