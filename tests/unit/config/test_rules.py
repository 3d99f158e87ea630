"""The limits of the health rules, as an operator sets them."""

from __future__ import annotations

import pytest

from eoskeeper.config import ConfigError, Problem, load_text
from eoskeeper.domain.rules.catalogue import CATALOGUE, Rules

HOST = '[host]\nrole = "F"\n'


def problems_in(text: str) -> tuple[Problem, ...]:
    """What is wrong in these tables."""
    try:
        load_text(HOST + text)
    except ConfigError as error:
        return error.problems
    return ()


def test_without_a_table_every_rule_has_its_defaults() -> None:
    """And is switched on."""
    rules = load_text(HOST).rules
    assert rules == Rules()
    assert [name for name in CATALOGUE if not getattr(rules, name).enabled] == []


def test_a_limit_is_set_and_a_rule_switched_off_by_name() -> None:
    """The other limits keep their defaults, those of the rule as well."""
    rules = load_text(
        f"{HOST}[rules.head_age]\nlimit_s = 20\n[rules.api_latency]\nenabled = false\n"
    ).rules
    default = Rules()
    assert rules.head_age.limit_s == 20.0
    assert rules.head_age.clear_s == default.head_age.clear_s
    assert not rules.api_latency.enabled
    assert rules.api_latency.hold_s == default.api_latency.hold_s == 15.0


@pytest.mark.parametrize(
    ("text", "path", "remedy"),
    [
        ("[rules.head_aeg]\nlimit_s = 2", "rules.head_aeg", 'did you mean "head_age"?'),
        ("[rules.head_age]\nlimit = 20", "rules.head_age.limit", 'did you mean "limit_s"?'),
        ("[rules.head_age]\nlimit_s = 0", "rules.head_age.limit_s", "the default 15.0"),
        ("[rules.head_age]\nenabled = 0", "rules.head_age.enabled", "the default true"),
        ("[rules]\nhead_age = 20", "rules.head_age", "write [rules.head_age]"),
        ("[rules.links]\npartners = 3", "rules.links.partners", "correct it"),
    ],
)
def test_a_slip_in_a_rule_is_told(text: str, path: str, remedy: str) -> None:
    """A misspelt limit never passes for its default."""
    (problem,) = problems_in(text)
    assert problem.path == path
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[rules.disk]\ndegraded_percent = 87\n", None),
        ("[rules.disk]\ndegraded_percent = 88\n", "rules.disk.degraded_percent"),
        ("[rules.disk]\nfailed_percent = 79\n", "rules.disk.degraded_percent"),
        ("[rules.memory]\ndegraded_percent = 5\n", None),
        ("[rules.keeper]\nlate_s = 11\n", "rules.keeper.late_s"),
        ("[rules.memory]\ndegraded_percent = 4\n", "rules.memory.degraded_percent"),
    ],
)
def test_failed_is_worse_than_degraded(text: str, path: str | None) -> None:
    """Whether more is worse (used of a disk) or less (memory that is left)."""
    assert [problem.path for problem in problems_in(text)] == ([] if path is None else [path])


def test_a_bad_rule_hides_nothing_in_another() -> None:
    """Each is judged by itself."""
    text = "[rules.disk]\nfailed_percent = 79\n[rules.memory]\nfailed_percent = 101\n"
    assert {problem.path for problem in problems_in(text)} == {
        "rules.memory.failed_percent",
        "rules.disk.degraded_percent",
    }
