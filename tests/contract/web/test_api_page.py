"""What operators read about the web server is what it does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eoskeeper.domain.records import Quantity
from eoskeeper.web.connections import LIFETIME_S, MAX_CONNECTIONS
from eoskeeper.web.desk import MAX_URL_CHARACTERS
from eoskeeper.web.feed import MAX_CLIENTS
from eoskeeper.web.query import parameters_of
from eoskeeper.web.routes import ROUTES
from eoskeeper.web.shelf import MAX_ASKED, PATIENCE_S
from eoskeeper.web.stream import HEARTBEAT_S

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_path_is_on_the_page_and_no_other() -> None:
    """In the order of the table of routes."""
    table = PAGE.partition("## Pages")[2].partition("### Queries")[0]
    assert re.findall(r"^\| `(/[^`]*)`", table, re.MULTILINE) == [one.path for one in ROUTES]


def test_every_parameter_is_on_the_page_below_its_path() -> None:
    """In the order of the types that decode them."""
    table = PAGE.partition("### Queries")[2].partition("Quantities:")[0]
    told: dict[str, list[str]] = {}
    path = ""
    for row in re.findall(r"^\|(.+)\|$", table, re.MULTILINE)[2:]:
        first, names, *_ = row.split("|")
        path = first.strip().strip("`") or path
        told.setdefault(path, []).extend(re.findall(r"`(\w+)`", names))
    of_routes = {one.path: [part.name for part in parameters_of(one.query)] for one in ROUTES}
    assert told == {path: names for path, names in of_routes.items() if names and "{" not in path}


@pytest.mark.parametrize("quantity", Quantity)
def test_every_quantity_is_on_the_page(quantity: Quantity) -> None:
    """By its name in the API."""
    assert f"`{quantity}`" in PAGE.partition("Quantities:")[2].partition("\n\n")[0]


def test_the_bounds_on_the_page_are_those_of_the_program() -> None:
    """Connections, time, streams, addresses, questions."""
    bounds = PAGE.partition("## Bounds")[2]
    words = {2: "two", 5.0: "five", 10.0: "ten"}
    assert f"{MAX_CONNECTIONS} connections" in bounds
    assert f"{words[LIFETIME_S]} seconds at most" in bounds
    assert f"{MAX_CLIENTS} streams" in bounds
    assert f"{MAX_URL_CHARACTERS} characters" in bounds
    assert f"{words[MAX_ASKED]} questions" in bounds
    assert f"{words[PATIENCE_S]} seconds each" in bounds
    assert f"nothing for {HEARTBEAT_S:g} s" in PAGE
