"""The description and the server go by one table; the document says what operators need to know."""

from __future__ import annotations

from typing import Any

import msgspec

from eoskeeper.domain.records import Quantity
from eoskeeper.web.openapi import document
from eoskeeper.web.routes import ROUTES, found_route
from tests.unit.web.serving import a_report, answers


def described() -> dict[str, Any]:
    """The document as a client gets it."""
    (answer,) = answers(("/api/openapi.json",))
    assert answer.status == 200
    told = answer.json()
    assert isinstance(told, dict)
    return told


def test_every_page_is_described_and_found() -> None:
    """One table; paths are unique, and one with a name in it is found by any name."""
    told = described()
    assert told == msgspec.json.decode(msgspec.json.encode(document(ROUTES)))
    assert list(told["paths"]) == [route.path for route in ROUTES]
    assert len(set(told["paths"])) == len(ROUTES)
    for route in ROUTES:
        found = found_route(route.path.replace("{name}", "main.js"))
        assert found is not None
        assert found[0] is route


def test_every_reference_leads_somewhere() -> None:
    """No part is described by a name that is not there."""
    told = described()
    names: set[str] = set()

    def walk(part: object) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                names.add(part["$ref"].removeprefix("#/components/schemas/"))
            for one in part.values():
                walk(one)
        elif isinstance(part, list):
            for one in part:
                walk(one)

    walk(told)
    assert names <= set(told["components"]["schemas"])
    assert "Report" in names


def test_parameters_are_described_with_their_limits() -> None:
    """The same that requests are checked by."""
    told = described()["paths"]["/api/history"]["get"]["parameters"]
    by_name = {one["name"]: one for one in told}
    assert list(by_name) == ["quantity", "span", "from", "to", "points"]
    assert by_name["points"]["schema"] == {
        "type": "integer",
        "minimum": 10,
        "maximum": 2000,
        "default": 600,
    }
    assert by_name["quantity"]["required"]
    assert set(by_name["quantity"]["schema"]["items"]["enum"]) == set(Quantity)
    assert not by_name["span"]["required"]


def test_a_no_of_a_monitor_has_the_form_of_its_yes() -> None:
    """So that a client can read why."""
    answered = described()["paths"]["/producer"]["get"]["responses"]
    schema = {"$ref": "#/components/schemas/MonitorAnswer"}
    assert answered["200"]["content"]["application/json"]["schema"] == schema
    assert answered["503"]["content"]["application/json"]["schema"] == schema


def test_nobody_can_write() -> None:
    """Every path is there to be read."""
    assert {tuple(path) for path in described()["paths"].values()} == {("get",)}
    (answer,) = answers(("/api/status",), report=a_report())
    assert answer.status == 200
