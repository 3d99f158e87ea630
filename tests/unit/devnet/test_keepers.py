"""The keeper's configuration is valid TOML with the overrides laid over it."""

import tomllib
from pathlib import Path
from typing import Any

from eoskeeper.devnet.host import make_host
from eoskeeper.devnet.keepers import as_toml, keeper_settings
from eoskeeper.devnet.plan import DevnetOptions, make_plan

PLAN = make_plan(DevnetOptions(), namespaces=True)
HOST = make_host(Path("/run/devnet"), PLAN, "b")


def test_a_hosts_file_tells_who_it_is_and_where_its_nodeos_is() -> None:
    """What TOML gives back is what was meant."""
    tables = tomllib.loads(as_toml(keeper_settings(HOST, PLAN, {})))
    assert tables["host"] == {"name": "b", "role": "B"}
    assert tables["nodeos"] == {
        "url": "http://127.0.0.1:8888",
        "log": "/run/devnet/b/nodeos.log",
    }
    assert tables["paths"]["control_socket"] == "/run/devnet/b/keeper.sock"


def test_keepers_with_pages_know_each_other_and_are_open_to_their_own_machine() -> None:
    """With a token between hosts, and on loopback, where all are one machine, without."""
    plan = make_plan(DevnetOptions(pages=True), namespaces=True)
    host = make_host(Path("/run/devnet"), plan, "b")
    tables = tomllib.loads(as_toml(keeper_settings(host, plan, {})))
    assert tables["web"]["listen"] == ["127.0.0.1:8686", "10.77.0.11:8686"]
    assert (tables["web"]["token"], tables["web"]["open_on_loopback"]) == (plan.token, True)
    assert sorted(tables["peers"]) == ["a", "c", "f"]
    assert tables["peers"]["a"] == {"url": "http://10.77.0.10:8686", "token": plan.token}
    near = make_plan(DevnetOptions(pages=True), namespaces=False)
    beside = make_host(Path("/run/devnet"), near, "b")
    tables = tomllib.loads(as_toml(keeper_settings(beside, near, {})))
    assert tables["web"] == {"listen": f"127.0.0.1:{near.hosts['b'].web_port}"}
    assert tables["peers"]["a"] == {"url": f"http://127.0.0.1:{near.hosts['a'].web_port}"}
    assert near.hosts["a"].page_port == near.hosts["a"].web_port
    assert plan.hosts["a"].page_port == plan.hosts["a"].window_port != 8686


def test_a_hosts_own_settings_win_over_those_for_all() -> None:
    """Table by table, not file by file; None removes a key."""
    overrides: dict[str, dict[str, Any]] = {
        "*": {"failover": {"isolation_s": 10, "mode": "manual"}},
        "b": {"failover": {"mode": None}, "members": {"c": {"url": "http://10.77.0.12"}}},
        "c": {"failover": {"isolation_s": 99}},
    }
    tables = tomllib.loads(as_toml(keeper_settings(HOST, PLAN, overrides)))
    assert tables["failover"] == {"isolation_s": 10}
    assert tables["members"] == {"c": {"url": "http://10.77.0.12"}}


def test_values_of_every_kind_survive() -> None:
    """Strings with quotes, lists, tables in lists, numbers and truth."""
    tables = {"x": {"text": 'a "b" \\', "list": [1, 2.5, "c"], "tables": [{"k": True}], "a.b": 1}}
    assert tomllib.loads(as_toml(tables)) == tables
