"""Where a configuration is found and how its format is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from eoskeeper.config import SEARCHED, ConfigError, find_file, load, load_text

TOML = '[host]\nrole = "F"\nname = "full-1"\n'
INI = '[global]\nrole = "F"\n'


def write(path: Path, text: str) -> Path:
    """A file with this text."""
    path.write_text(text, encoding="utf-8")
    return path


def only_problem(path: Path) -> str:
    """The remedy for the only problem with a file."""
    with pytest.raises(ConfigError) as caught:
        load(path)
    (problem,) = caught.value.problems
    assert caught.value.source == str(path)
    return problem.remedy


def test_the_first_file_that_is_there_is_taken(tmp_path: Path) -> None:
    """In the order given: nothing is merged."""
    later = write(tmp_path / "b", TOML)
    assert find_file([tmp_path / "a", later, tmp_path / "c"]) == later
    earlier = write(tmp_path / "a", TOML)
    assert find_file([earlier, later]) == earlier


def test_toml_is_looked_for_before_the_file_of_2018() -> None:
    """A migrated host keeps its old file beside the new one."""
    assert [str(path) for path in SEARCHED] == [
        "/etc/eoskeeper/eoskeeper.toml",
        "eoskeeper.toml",
        "/etc/eoskeeper/config.ini",
        "config.ini",
    ]


def test_no_file_at_all_is_told_with_the_places(tmp_path: Path) -> None:
    """The places that were tried, and -c."""
    with pytest.raises(ConfigError) as caught:
        find_file([tmp_path / "a"])
    (problem,) = caught.value.problems
    assert str(tmp_path / "a") in problem.allowed
    assert "-c FILE" in problem.remedy


@pytest.mark.parametrize(
    ("name", "text"),
    [("x.toml", TOML), ("x.ini", INI), ("x.conf", TOML), ("x.conf", INI), ("x", INI[9:])],
)
def test_the_format_is_told_by_ending_or_content(tmp_path: Path, name: str, text: str) -> None:
    """``-c`` takes either format under any name."""
    assert load(write(tmp_path / name, text)).host.role == "F"


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    """Some editors write one, and TOML does not allow it."""
    assert load(write(tmp_path / "x.toml", f"\ufeff{TOML}")).host.role == "F"


def test_an_ending_is_believed(tmp_path: Path) -> None:
    """TOML in a file named .ini is told as a problem of an ini file, not half read."""
    path = write(tmp_path / "x.ini", '[host]\nrole = "F"\n')
    with pytest.raises(ConfigError):
        load(path)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Missing, a folder, or not text."""
    assert only_problem(tmp_path / "none.toml").startswith("No such file")
    assert only_problem(tmp_path).startswith("Is a directory")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert only_problem(binary) == "save the file as UTF-8"


def test_the_machine_names_the_host_unless_the_file_does() -> None:
    """The name of the machine is the default, never empty."""
    assert load_text(TOML).policy().host == "full-1"
    assert load_text('[host]\nrole = "F"\n').policy().host


def test_the_policy_holds_what_the_file_says() -> None:
    """Role, account, chain and limits reach the domain."""
    text = (
        f'[host]\nrole = "B"\n[producer]\naccount = "eosio"\n[nodeos]\nchain_id = "{"0a" * 32}"\n'
        "[failover]\nisolation_s = 45\n"
    )
    policy = load_text(text).policy()
    assert (policy.role, policy.producer, policy.chain_id) == ("B", "eosio", "0a" * 32)
    assert policy.failover.isolation_s == 45.0
    assert policy.takeover_after_turns == 2


def test_settings_of_later_versions_are_named() -> None:
    """So that the program can say that it keeps them without using them."""
    text = f'{TOML}[alarm]\nmobiles = ["1"]\n'
    assert load_text(text).unused() == ("alarm.mobiles",)
    assert load_text(TOML).unused() == ()
