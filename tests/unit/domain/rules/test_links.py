"""Rule links: their count, from the better source, and the partners among them."""

from __future__ import annotations

from typing import Any

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.rules.links import LINKS, Links
from eoskeeper.domain.samples import ConnectionsRead, Link
from tests.unit.domain.rules.test_isolation import process
from tests.unit.domain.rules.views import NOW, ago, graded, said, view_of

ENOUGH, FEW = (Grade.OK, "enough"), (Grade.FAILED, "few")
UNKNOWN = (Grade.UNKNOWN, "no_reading")
LINKED, MISSING = (Grade.OK, "partner_linked"), (Grade.DEGRADED, "partner_missing")


def listed(established: int, closed: int = 0, age_s: float = 0) -> ConnectionsRead:
    """A list of links."""
    good = [Link(f"p{n}:9876", established=True, agent=f"agent{n}", node_id="", remote="")
            for n in range(established)]  # fmt: skip
    bad = [Link(f"q{n}:9876", established=False, agent="", node_id="", remote="")
           for n in range(closed)]  # fmt: skip
    return ConnectionsRead(ago(age_s), (*good, *bad))


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"connections": listed(4, 3)}, FEW),
        ({"connections": listed(5)}, ENOUGH),
        ({"connections": listed(6)}, ENOUGH),
        ({"connections": listed(4), "process": process(9)}, FEW),
        ({"connections": listed(9), "process": process(0)}, FEW),
        ({"connections": listed(9, age_s=41), "process": process(4)}, FEW),
        ({"connections": listed(9, age_s=40), "process": process(4)}, ENOUGH),
        ({"process": process(5)}, ENOUGH),
        ({"process": process(None)}, UNKNOWN),
        ({"process": process(1, age_s=16)}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_grades_the_count_around_five(node: dict[str, Any], expected: tuple[Grade, str]) -> None:
    """Hands shaken count; sockets where nothing better is known."""
    assert graded(LINKS, Links(), view_of(node=node)) == expected


@pytest.mark.parametrize(
    ("partner", "link", "expected"),
    [
        ("b:9876", Link("b:9876", established=True, agent="", node_id="", remote=""), LINKED),
        ("b:9876", Link("b:9876:blk", established=True, agent="", node_id="", remote=""), LINKED),
        ("b:9876", Link("b:9876", established=False, agent="", node_id="", remote=""), MISSING),
        ("b:9876", Link("bb:9876", established=True, agent="", node_id="", remote=""), MISSING),
        ("node-b", Link("", established=True, agent="node-b", node_id="", remote=""), LINKED),
        ("node-b", Link("", established=True, agent="node-bb", node_id="", remote=""), MISSING),
        (
            "10.0.0.2:9876",
            Link("", established=True, agent="", node_id="", remote="10.0.0.2:41234"),
            LINKED,
        ),
        (
            "10.0.0.2:9876",
            Link("x:1", established=True, agent="", node_id="", remote="10.0.0.2:41234"),
            MISSING,
        ),
        ("node-b", Link("", established=True, agent="", node_id="", remote=""), MISSING),
    ],
)
def test_finds_a_partner_by_address_or_name(
    partner: str, link: Link, expected: tuple[Grade, str]
) -> None:
    """An incoming link is known by its address without the port."""
    view = view_of(node={"connections": ConnectionsRead(NOW, (link,))})
    findings = Links(partners=(partner,), least=0).assess(view, NOW)
    assert said(LINKS, findings) == [ENOUGH, expected]
    assert findings[1].subject == partner


def test_partners_are_unknown_without_a_list_of_late() -> None:
    """Sockets do not tell who is at the other end."""
    view = view_of(node={"process": process(9), "connections": listed(9, age_s=41)})
    findings = Links(partners=("b:9876",)).assess(view, NOW)
    assert said(LINKS, findings) == [ENOUGH, (Grade.UNKNOWN, "no_list")]
