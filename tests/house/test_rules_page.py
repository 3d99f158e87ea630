"""docs/rules.md is what the rules say, and no rule is missing anywhere."""

from __future__ import annotations

import importlib
from types import ModuleType

from eoskeeper.domain.rules.catalogue import CATALOGUE, Rules
from eoskeeper.domain.rules.page import meanings_of, rules_page
from eoskeeper.domain.rules.rule import Declaration, Limits
from tests.house.house import ROOT, SOURCES, modules

FOLDER = SOURCES / "domain" / "rules"


def rule_modules() -> dict[str, ModuleType]:
    """Files that declare a rule, by the name of the file."""
    stems = [path.stem for path in modules(FOLDER) if path.stem != "catalogue"]
    loaded = {stem: importlib.import_module(f"eoskeeper.domain.rules.{stem}") for stem in stems}
    return {
        stem: module
        for stem, module in loaded.items()
        if any(isinstance(value, Declaration) for value in vars(module).values())
    }


def limits_in(module: ModuleType) -> type[Limits]:
    """The limits that a file of a rule defines."""
    (limits,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Limits)
        and value.__module__ == module.__name__
    )
    return limits


def test_the_page_is_what_the_rules_say() -> None:
    """Whoever changes a limit runs scripts/rules-page."""
    assert (ROOT / "docs/rules.md").read_text(encoding="utf-8") == rules_page()


def test_every_rule_has_its_file_its_table_and_its_declaration_under_one_name() -> None:
    """A rule that somebody forgot to list would judge nothing."""
    assert len(CATALOGUE) > 20
    assert set(rule_modules()) == set(CATALOGUE) == set(Rules.__struct_fields__)
    assert {name: one.name for name, one in CATALOGUE.items()} == {name: name for name in CATALOGUE}
    kinds = {name: type(getattr(Rules(), name)) for name in Rules.__struct_fields__}
    assert kinds == {name: limits_in(module) for name, module in rule_modules().items()}


def test_every_rule_has_its_place_on_the_page() -> None:
    """In the overview, and a section of its own."""
    page = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    assert [name for name in CATALOGUE if f"\n## {name}\n" not in page] == []
    assert [name for name in CATALOGUE if f"\n| [`{name}`](#{name}) |" not in page] == []


def test_every_limit_says_what_it_is() -> None:
    """Unit and reasoning stand in the docstring, and from there on the page."""
    limits = [limits_in(module) for module in rule_modules().values()]
    silent = [
        f"{kind.__name__}.{name}"
        for kind in limits
        for name in kind.__struct_fields__
        if name not in meanings_of(kind) | meanings_of(Limits)
    ]
    assert silent == []


def test_what_a_rule_depends_on_is_a_rule_and_nothing_depends_on_itself() -> None:
    """A misspelt cause would mute nothing; a circle would mute everything in it."""
    depends = {name: set(one.depends_on) for name, one in CATALOGUE.items()}
    assert {name: causes - set(CATALOGUE) for name, causes in depends.items()} == {
        name: set() for name in CATALOGUE
    }
    reached = depends
    for _ in CATALOGUE:
        reached = {
            name: causes.union(*(reached[cause] for cause in causes))
            for name, causes in reached.items()
        }
    assert [name for name, causes in reached.items() if name in causes] == []
