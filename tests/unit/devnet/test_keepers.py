"""The keeper's configuration is valid TOML with the overrides laid over it."""

import tomllib
from pathlib import Path
from typing import Any

from eoskeeper.devnet.host import make_host
from eoskeeper.devnet.keepers import as_toml, keeper_settings
from eoskeeper.devnet.plan import DevnetOptions, make_plan

HOST = make_host(Path("/run/devnet"), make_plan(DevnetOptions(), namespaces=True), "b")


def test_a_hosts_file_tells_who_it_is_and_where_its_nodeos_is() -> None:
    """What TOML gives back is what was meant."""
    tables = tomllib.loads(as_toml(keeper_settings(HOST, {})))
    assert tables["host"] == {"name": "b", "role": "B"}
    assert tables["nodeos"] == {
        "url": "http://127.0.0.1:8888",
        "log": "/run/devnet/b/nodeos.log",
    }
    assert tables["paths"]["control_socket"] == "/run/devnet/b/keeper.sock"


def test_a_hosts_own_settings_win_over_those_for_all() -> None:
    """Table by table, not file by file; None removes a key."""
    overrides: dict[str, dict[str, Any]] = {
        "*": {"failover": {"isolation_s": 10, "mode": "manual"}},
        "b": {"failover": {"mode": None}, "members": {"c": {"url": "http://10.77.0.12"}}},
        "c": {"failover": {"isolation_s": 99}},
    }
    tables = tomllib.loads(as_toml(keeper_settings(HOST, overrides)))
    assert tables["failover"] == {"isolation_s": 10}
    assert tables["members"] == {"c": {"url": "http://10.77.0.12"}}


def test_values_of_every_kind_survive() -> None:
    """Strings with quotes, lists, tables in lists, numbers and truth."""
    tables = {"x": {"text": 'a "b" \\', "list": [1, 2.5, "c"], "tables": [{"k": True}], "a.b": 1}}
    assert tomllib.loads(as_toml(tables)) == tables
