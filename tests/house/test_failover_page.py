"""The page of guarantees: every row of its table names tests that exist."""

from __future__ import annotations

import re

from tests.house.house import ROOT

PAGE = ROOT / "docs" / "failover.md"


def _named() -> set[str]:
    return set(re.findall(r"`(test_\w+)`", PAGE.read_text(encoding="utf-8")))


def test_every_test_that_the_failover_page_names_exists() -> None:
    """A guarantee without its test is only a promise."""
    sources = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    missing = {name for name in _named() if f"def {name}(" not in sources}
    assert not missing


def test_every_row_of_the_failover_table_names_a_test() -> None:
    """Rows that point to the row before say so."""
    text = PAGE.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    unnamed = [row for row in rows[1:] if "`test_" not in row and "| the same |" not in row]
    assert not unnamed
    assert len(_named()) >= 15
