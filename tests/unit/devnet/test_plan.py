"""A plan survives the disk, and refuses what cannot work."""

from pathlib import Path
from typing import Any

import pytest

from eoskeeper.devnet.errors import DevnetError
from eoskeeper.devnet.plan import (
    MAX_PRODUCERS,
    PLAN_FILE,
    DevnetOptions,
    check_directory,
    load_plan,
    make_plan,
    other_producers,
    save_plan,
)


@pytest.mark.parametrize("namespaces", [True, False])
def test_a_plan_comes_back_as_it_was_written(tmp_path: Path, *, namespaces: bool) -> None:
    """All that `down` needs lies on disk."""
    settings: dict[str, dict[str, Any]] = {
        "b": {"failover": {"delay_rounds": 3}},
        "*": {"alarm": {"mute": True}},
    }
    plan = make_plan(DevnetOptions(keeper_settings=settings), namespaces=namespaces)
    save_plan(tmp_path, plan)
    assert load_plan(tmp_path) == plan


def test_no_plan_is_no_devnet(tmp_path: Path) -> None:
    """An empty directory is free."""
    assert load_plan(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"identity": 1}'])
def test_a_damaged_plan_is_an_error(tmp_path: Path, text: str) -> None:
    """Nothing may be deleted on a guess."""
    (tmp_path / PLAN_FILE).write_text(text)
    with pytest.raises(DevnetError, match="not the plan"):
        load_plan(tmp_path)


def test_a_plan_with_a_strange_identity_is_an_error(tmp_path: Path) -> None:
    """The identity chooses the namespaces to delete: it is no pattern."""
    plan = make_plan(DevnetOptions(), namespaces=True)
    save_plan(tmp_path, plan)
    path = tmp_path / PLAN_FILE
    path.write_text(path.read_text().replace(plan.identity, "*"))
    with pytest.raises(DevnetError, match="identity"):
        load_plan(tmp_path)


def test_on_loopback_no_two_ports_are_alike() -> None:
    """All hosts share one network there."""
    plan = make_plan(DevnetOptions(), namespaces=False)
    ports = [
        port
        for host in plan.hosts.values()
        for port in (host.api_port, host.inner_port, host.outer_port, *host.dials.values())
        if port is not None
    ]
    assert len(ports) == len(set(ports)) == 16


def test_producing_hosts_are_dialled_by_nobody() -> None:
    """As block producers behind relays."""
    plan = make_plan(DevnetOptions(), namespaces=True)
    assert [name for name, host in plan.hosts.items() if host.outer_port is None] == ["a", "b", "c"]


@pytest.mark.parametrize("producers", [3, 0, MAX_PRODUCERS + 1])
def test_an_impossible_number_of_producers_is_refused(producers: int) -> None:
    """Of three, all are needed for finality."""
    with pytest.raises(DevnetError, match="producers"):
        DevnetOptions(producers=producers)


def test_settings_for_an_unknown_host_are_refused() -> None:
    """A misspelt host would otherwise run without its settings."""
    with pytest.raises(DevnetError, match="no such host"):
        DevnetOptions(keeper_settings={"d": {}})


def test_all_names_are_valid_and_distinct() -> None:
    """Twelve letters of the chain's alphabet."""
    names = other_producers(MAX_PRODUCERS - 1)
    assert len(set(names)) == MAX_PRODUCERS - 1
    assert all(len(name) == 12 and set(name) <= set("abcdefghijklmnopqrstuvwxyz") for name in names)


def test_a_directory_too_deep_for_a_socket_is_refused(tmp_path: Path) -> None:
    """A unix socket's path has 107 bytes."""
    with pytest.raises(DevnetError, match="too long"):
        check_directory(tmp_path / ("x" * 100))
