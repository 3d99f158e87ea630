"""pyproject.toml, the changelog and the version agree, and every waiver has its reason."""

from __future__ import annotations

import re
import tomllib

import eoskeeper
from tests.house.house import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_every_rule_that_ruff_ignores_has_a_reason_beside_it() -> None:
    """A bare code in a list says nothing to the next reader."""
    lint = PYPROJECT[PYPROJECT.index("[tool.ruff.lint]") : PYPROJECT.index("[tool.mypy]")]
    codes = [line for line in lint.splitlines() if re.match(r'\s+"[A-Z]+\d*",', line)]
    assert len(codes) > 10
    assert [line for line in codes if not re.search(r"# .{6,}", line)] == []


def test_the_changelog_has_the_version() -> None:
    """Whoever installs it can read what it changes."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## {eoskeeper.__version__} " in changelog


def test_the_version_has_one_source() -> None:
    """The package's own attribute; the build reads it from there."""
    project = tomllib.loads(PYPROJECT)
    assert "version" not in project["project"]
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "src/eoskeeper/__init__.py"


def test_every_dependency_has_an_upper_limit_and_a_line_in_the_decision() -> None:
    """A release that breaks us is let in by us; what each costs is written down."""
    page = (ROOT / "docs/decisions/001-dependencies.md").read_text(encoding="utf-8")
    project = tomllib.loads(PYPROJECT)["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    assert [one for one in project["dependencies"] + extras if ",<" not in one] == []
    names = [re.split(r"[<>=]", one)[0] for one in project["dependencies"]]
    assert [name for name in names if f"| {name} |" not in page] == []
