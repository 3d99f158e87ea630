"""The page of the model shows the rows that are run, and they leave out what the design names."""

from __future__ import annotations

import subprocess
import sys
import tomllib

from tests.house.house import ROOT

PAGE = ROOT / "models" / "README.md"
RULES = ("S1", "S2", "S3", "S4", "S5", "S6", "the drain", "the guard")


def test_the_page_of_the_model_shows_its_rows() -> None:
    """A table that lags behind is worse than none; scripts/models --markdown prints it."""
    command = [sys.executable, str(ROOT / "scripts" / "models"), "--markdown"]
    table = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert table.count("\n") > len(RULES)
    assert PAGE.read_text(encoding="utf-8").endswith(table)


def test_each_rule_is_left_out_of_the_model_and_must_then_fail() -> None:
    """S1 to S6, the drain and the guard: a model that cannot fail proves nothing."""
    told = tomllib.loads((ROOT / "models" / "rows.toml").read_text(encoding="utf-8"))
    fail = {row["name"] for row in told["row"] if row["must"] == "fail"}
    missing = [rule for rule in RULES if not any(n.startswith(f"without {rule}") for n in fail)]
    assert not missing
