"""Every mistake in a TOML file is told, with its place, its value, what is allowed and a remedy."""

from __future__ import annotations

import pytest

from eoskeeper.config import ConfigError, Problem, load_text

SOUND = """
[host]
role = "B"
name = "bp-2"
[producer]
account = "eosstorebest"
"""


def problems_in(text: str) -> dict[str, Problem]:
    """Problems by path."""
    with pytest.raises(ConfigError) as caught:
        load_text(text)
    return {problem.path: problem for problem in caught.value.problems}


def problem_in(table: str, line: str) -> Problem:
    """The only problem of a sound file with one more line."""
    head = f"[{table}]"
    text = SOUND.replace(head, f"{head}\n{line}") if head in SOUND else f"{SOUND}{head}\n{line}"
    (problem,) = problems_in(text).values()
    return problem


def test_tells_every_problem_at_once() -> None:
    """One pass finds slips of every kind: no second start is needed to see the next one."""
    found = problems_in(
        """
        role = "A"
        [host]
        rol = "A"
        [producer]
        account = "Foo."
        [nodeos]
        url = "http://localhost:8888"
        timeout_s = "3"
        [failover]
        mode = "aut"
        isolation_s = 0
        [alarm]
        mobiles = ["1", 2]
        [paths]
        control_socket = "control.sock"
        [peers.b]
        url = "b:1"
        [peer]
        """
    )
    assert set(found) == {
        "role",
        "host.rol",
        "host.role",
        "producer.account",
        "nodeos.url",
        "nodeos.timeout_s",
        "failover.mode",
        "failover.isolation_s",
        "alarm.mobiles[1]",
        "paths.control_socket",
        "peers.b.url",
        "peer",
    }


def test_the_error_prints_each_problem_with_its_remedy() -> None:
    """What an operator sees on the terminal holds all four parts."""
    with pytest.raises(ConfigError) as caught:
        load_text(f"{SOUND}[failover]\nisolation_s = 0\n", source="/etc/eoskeeper/eoskeeper.toml")
    assert str(caught.value) == (
        "/etc/eoskeeper/eoskeeper.toml: 1 problem\n"
        "  failover.isolation_s = 0\n"
        "    allowed: a number from 0.1 to 3600\n"
        "    remedy:  correct it, or leave it out for the default 30.0"
    )


@pytest.mark.parametrize(
    ("table", "line", "path", "value", "allowed", "remedy"),
    [
        (
            "failover",
            "takeover_after_turns = 0",
            "failover.takeover_after_turns",
            "0",
            "a whole number from 1 to 99",
            "correct it, or leave it out for none",
        ),
        (
            "failover",
            'takeover_after_turns = "7"',
            "failover.takeover_after_turns",
            '"7"',
            "a whole number from 1 to 99",
            "write it without the quotes: 7",
        ),
        (
            "failover",
            'mode = "advice"',
            "failover.mode",
            '"advice"',
            '"auto", "advise" or "off"',
            'did you mean "advise"?',
        ),
        (
            "failover",
            "isolation_s = true",
            "failover.isolation_s",
            "true",
            "a number from 0.1 to 3600",
            "correct it, or leave it out for the default 30.0",
        ),
        (
            "nodeos",
            "log = 5",
            "nodeos.log",
            "5",
            "a path",
            "correct it, or leave it out for none",
        ),
        (
            "nodeos",
            "chain_id = 5",
            "nodeos.chain_id",
            "5",
            "64 hexadecimal digits in lower case",
            'put it in quotes: "5"',
        ),
        (
            "alarm",
            'mobiles = "123"',
            "alarm.mobiles",
            '"123"',
            "a list of: a telephone number without a comma",
            'write a list: ["123"]',
        ),
        (
            "journal",
            "segments = 1",
            "journal.segments",
            "1",
            "a whole number, 2 or more",
            "correct it, or leave it out for the default 8",
        ),
    ],
)
def test_a_wrong_value_is_told_with_what_is_allowed(
    table: str, line: str, path: str, value: str, allowed: str, remedy: str
) -> None:
    """Type, range and spelling slips each get the remedy that fits them."""
    assert problem_in(table, line) == Problem(path, value, allowed, remedy)


@pytest.mark.parametrize(
    ("table", "line", "path", "remedy"),
    [
        ("host", 'nmae = "x"', "host.nmae", 'did you mean "name"?'),
        ("failover", "takeover_turns = 3", "failover.takeover_turns", "did you mean"),
        ("host", 'account = "x"', "host.account", "it belongs in [producer]"),
        ("web", 'zzz = "x"', "web.zzz", "remove it"),
        ("failovr", "isolation_s = 30", "failovr", 'did you mean "failover"?'),
    ],
)
def test_an_unknown_key_is_refused_with_a_guess(
    table: str, line: str, path: str, remedy: str
) -> None:
    """A misspelt key never passes for a default: it is named, with what it was meant to be."""
    problem = problem_in(table, line)
    assert problem.path == path
    assert remedy in problem.remedy


def test_a_misspelt_key_is_not_followed_by_problems_that_it_causes() -> None:
    """``takeover_after_turn`` on a standby is one slip, not also a missing delay."""
    text = SOUND.replace('"B"', '"standby"') + "[failover]\ntakeover_after_turn = 3\n"
    assert set(problems_in(text)) == {"failover.takeover_after_turn"}


def test_a_missing_key_is_told_as_missing() -> None:
    """An empty file says that it needs a role, and nothing else."""
    (problem,) = problems_in("").values()
    assert str(problem).startswith("host.role is missing\n")


def test_a_value_in_the_place_of_a_table_is_told() -> None:
    """``host = 3`` is a slip of the file, not a crash."""
    assert problems_in("host = 3")["host"].allowed == "a table"
    assert problems_in(f"peers = 3\n{SOUND}")["peers"].allowed == "a table of tables"


def test_a_long_value_is_shortened() -> None:
    """A pasted key or certificate does not fill the screen."""
    problem = problem_in("nodeos", f'journal_unit = "{"x" * 300}"')
    assert len(problem.value) == 80


@pytest.mark.parametrize(
    ("text", "place", "key"),
    [
        ('[host]\nrole = A\nname = "x"\n', "line 2, column 8", "role"),
        ("[host\n", "line 1, column 6", "[host"),
        ('[host]\nrole = "A', "end of document", ""),
        ('[host]\nrole = "A"\nrole = "B"\n', "line 3, column 11", "role"),
    ],
)
def test_broken_toml_is_told_with_its_line(text: str, place: str, key: str) -> None:
    """The place is the path; what stands after the equals sign is not shown, it may be secret."""
    (problem,) = problems_in(text).values()
    assert (problem.path, problem.value, problem.allowed) == (place, key, "TOML")


def test_a_secret_of_the_wrong_type_is_not_shown() -> None:
    """Even a mistake in a secret keeps it secret."""
    problem = problem_in("influxdb", "url = 4711")
    assert problem.value == "***"
    assert "4711" not in str(problem)
