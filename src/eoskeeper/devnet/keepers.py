"""The keeper's configuration file on each host of a devnet."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from eoskeeper.devnet.host import Host
from eoskeeper.devnet.plan import KEEPER_HOSTS, PRODUCER, Plan

ROLES = {"a": "A", "b": "B", "c": "C", "f": "F", "o": "F"}


def keeper_settings(
    host: Host, plan: Plan, overrides: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the tables of a host's `eoskeeper.toml`; overrides of `*` come before its own."""
    tables: dict[str, Any] = {
        "host": {"name": host.name, "role": ROLES[host.name]},
        "producer": {"account": PRODUCER},
        "nodeos": {"url": host.url, "log": str(host.nodeos_log)},
        "failover": {"mode": "auto"},
        # A small network: few links, a small database with a small guard, no time server.
        "rules": {"links": {"least": 2}, "state_database": {"guard_mib": 32}},
        "ntp": {"servers": []},
        "paths": {"state": str(host.keeper_state), "control_socket": str(host.control_socket)},
        "web": {"listen": f"127.0.0.1:{host.plan.web_port}"},
    }
    if plan.options.pages:
        tables |= _pages(host, plan)
    for whose in ("*", host.name):
        tables = merged(tables, overrides.get(whose, {}))
    return tables


def _pages(host: Host, plan: Plan) -> dict[str, Any]:
    """Return the tables that let the keepers ask each other, and this machine ask them."""
    own = f"127.0.0.1:{host.plan.web_port}"
    others = {name: plan.hosts[name] for name in KEEPER_HOSTS if name != host.name}
    peers: dict[str, Any] = {
        name: {"url": f"http://{other.address}:{other.web_port}"} for name, other in others.items()
    }
    if not plan.namespaces:
        return {"web": {"listen": own}, "peers": peers}
    for peer in peers.values():
        peer["token"] = plan.token
    listen = [own, f"{host.address}:{host.plan.web_port}"]
    web = {"listen": listen, "token": plan.token, "open_on_loopback": True}
    return {"web": web, "peers": peers, "members": {"token": plan.token}}


def merged(base: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables with the overrides laid over them, table by table; None removes a key."""
    result = dict(base)
    for key, value in overrides.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            old = result.get(key)
            result[key] = merged(old if isinstance(old, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def as_toml(tables: Mapping[str, Any]) -> str:
    """Write tables as TOML."""
    return "\n".join(_lines("", tables)).lstrip() + "\n"


def _lines(prefix: str, table: Mapping[str, Any]) -> Iterable[str]:
    nested = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    for key, value in table.items():
        if key not in nested:
            yield f"{_key(key)} = {_value(value)}"
    for key, value in nested.items():
        name = f"{prefix}.{_key(key)}" if prefix else _key(key)
        yield f"\n[{name}]"
        yield from _lines(name, value)


def _key(key: str) -> str:
    """Write a key, bare where TOML allows it."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _value(value: object) -> str:
    """Write one value; JSON's strings, numbers and booleans are TOML's too."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
