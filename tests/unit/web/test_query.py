"""A query is what its type says, or is told which part of it is not, and what it may be."""

from __future__ import annotations

import msgspec
import pytest
from multidict import MultiDict

from eoskeeper.domain.records import Quantity
from eoskeeper.web.answers import Problem
from eoskeeper.web.query import (
    EventsQuery,
    HistoryQuery,
    NoQuery,
    Span,
    TurnsQuery,
    WhichEvents,
    decoded,
)

Pairs = tuple[tuple[str, str], ...]


def of(query: type[msgspec.Struct], *pairs: tuple[str, str]) -> object:
    """What a query becomes."""
    return decoded(query, MultiDict(pairs))


def test_what_is_not_said_has_its_default() -> None:
    """Only a quantity has none."""
    assert of(TurnsQuery) == TurnsQuery(producer="ours", begin=None, end=None, limit=100)
    assert of(EventsQuery) == EventsQuery(source=WhichEvents.ALL, limit=100)
    assert of(HistoryQuery, ("quantity", "links")) == HistoryQuery(quantity=(Quantity.LINKS,))


def test_a_query_is_taken_as_its_types_say() -> None:
    """Names are those of the address, not those of the fields."""
    asked = of(
        HistoryQuery,
        ("quantity", "links"),
        ("from", "1.5"),
        ("quantity", "head_age_s"),
        ("to", "1700000000"),
        ("points", "10"),
    )
    assert asked == HistoryQuery(
        quantity=(Quantity.LINKS, Quantity.HEAD_AGE_S), begin=1.5, end=1_700_000_000.0, points=10
    )
    assert of(HistoryQuery, ("quantity", "links"), ("span", "week")) == HistoryQuery(
        quantity=(Quantity.LINKS,), span=Span.WEEK
    )


@pytest.mark.parametrize(
    ("query", "pairs", "problem"),
    [
        (
            TurnsQuery,
            (("limit", "2001"),),
            Problem(
                problem="parameter limit: not allowed",
                parameter="limit",
                value="2001",
                allowed="a whole number from 1 to 2000",
            ),
        ),
        (
            HistoryQuery,
            (),
            Problem(
                problem="parameter quantity: missing",
                parameter="quantity",
                allowed="once or more: " + ", ".join(sorted(Quantity)),
            ),
        ),
        (
            HistoryQuery,
            (("quantity", "links"), ("span", "year")),
            Problem(
                problem="parameter span: not allowed",
                parameter="span",
                value="year",
                allowed="one of day, hour, month, quarter, week",
            ),
        ),
        (
            NoQuery,
            (("a", "b"),),
            Problem(
                problem="parameter a: no such parameter",
                parameter="a",
                value="b",
                allowed="there may be nothing",
            ),
        ),
        (
            EventsQuery,
            (("befor", "5"),),
            Problem(
                problem="parameter befor: no such parameter",
                parameter="befor",
                value="5",
                allowed="there may be source, limit, before, after",
            ),
        ),
    ],
)
def test_a_bad_part_is_told_with_what_it_may_be(
    query: type[msgspec.Struct], pairs: Pairs, problem: Problem
) -> None:
    """Name, value and what is allowed."""
    assert of(query, *pairs) == problem


@pytest.mark.parametrize(
    "pair",
    [
        *(
            ("limit", value)
            for value in ("0", "-1", "1e2", "1.5", "", " 5", "5 ", "null", "9" * 40)
        ),
        *(
            ("from", value)
            for value in ("-0.1", "nan", "inf", "-inf", "1e3", "null", "", "4102444801")
        ),
        *(("producer", value) for value in ("", "UPPER", "a" * 14, "six6", "a\n", "../etc", "a b")),
    ],
)
def test_what_only_looks_like_a_value_is_none(pair: tuple[str, str]) -> None:
    """Numbers are plain, names are account names."""
    problem = of(TurnsQuery, pair)
    assert isinstance(problem, Problem)
    assert (problem.parameter, problem.value) == pair


def test_a_single_value_is_given_once() -> None:
    """Which of two would count is nobody's guess."""
    problem = of(TurnsQuery, ("limit", "5"), ("limit", "6"))
    assert isinstance(problem, Problem)
    assert problem.value == "5, 6"


def test_a_long_value_is_cut_and_a_broken_one_mended() -> None:
    """The answer stays small and readable, whatever was asked."""
    problem = of(TurnsQuery, ("producer", "x" * 5000))
    assert isinstance(problem, Problem)
    assert problem.value == "x" * 100
    broken = of(TurnsQuery, ("\udcff", "\udcff"))
    assert isinstance(broken, Problem)
    assert msgspec.json.encode(broken)
