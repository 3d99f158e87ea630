"""The plan of a devnet: written to disk before anything is created, so that `down` can undo it."""

import os
import re
import secrets
import socket
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from eoskeeper.devnet.errors import DevnetError
from eoskeeper.runtime.whole_files import write_atomically

PRODUCER = "eoskeeperbp1"
PRODUCING_HOSTS = ("a", "b", "c")
HOSTS = ("a", "b", "c", "f", "o")
KEEPER_HOSTS = ("a", "b", "c", "f")
# o and f are dialled, by those named here; nobody dials a producing host.
DIALS = {"a": ("o", "f"), "b": ("o", "f"), "c": ("o", "f"), "f": ("o",), "o": ()}
# Of three producers all are needed for finality, so that one missing stops it.
MIN_PRODUCERS = 4
# nodeos refuses longer schedules.
MAX_PRODUCERS = 125
MARKER = "EOSKEEPER_DEVNET"
PART_MARKER = "EOSKEEPER_DEVNET_PART"
MAX_SOCKET_PATH_BYTES = 107
PLAN_FILE = "plan.json"
# Below the ports that the kernel gives to outgoing connections (32768 and up).
LOOPBACK_PORTS = range(20_000, 32_000)


class Stage(StrEnum):
    """How far `up` has come; anything but `READY` is cleaned by the next `up` or `down`."""

    STARTING = "starting"
    READY = "ready"


class DevnetOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a devnet shall be.

    `producers` counts ours and the others' (4..125). `namespaces` None means: when possible.
    `keepers` lets `up` start a keeper on a, b, c and f. `keeper_settings` maps a host, or `*` for
    all, to tables that are merged over those of its `eoskeeper.toml`. `trickle_every_s` is the
    time between two transactions pushed into each of a, b and c; 0 means none. `pages` lets the
    keepers ask each other and opens their status pages to this machine's loopback.
    """

    producers: int = MIN_PRODUCERS
    namespaces: bool | None = None
    keepers: bool = False
    keeper_settings: dict[str, dict[str, Any]] = {}
    trickle_every_s: float = 1.0
    pages: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if not MIN_PRODUCERS <= self.producers <= MAX_PRODUCERS:
            message = (
                f"a devnet has {MIN_PRODUCERS} to {MAX_PRODUCERS} producers, not {self.producers}: "
                "with fewer than four, one that is missing stops finality"
            )
            raise DevnetError(message)
        unknown = set(self.keeper_settings) - {*HOSTS, "*"}
        if unknown:
            message = f"keeper_settings: no such host: {', '.join(sorted(unknown))}"
            raise DevnetError(message)


class HostPlan(msgspec.Struct, frozen=True):
    """Addresses of one host; p2p `inner` is nodeos itself, `outer` its wire, None if undialled.

    `dials` maps a remote host to the local port of the wire that leads there. `address` is where
    the other hosts reach this one. `web_port` is its keeper's; `window_port` is where this
    machine's own loopback leads to it, None where that is the same network.
    """

    name: str
    address: str
    api_port: int
    inner_port: int | None
    outer_port: int | None
    dials: dict[str, int]
    web_port: int
    window_port: int | None = None

    @property
    def page_port(self) -> int:
        """Port on this machine's loopback where the keeper's status page is."""
        return self.window_port or self.web_port


class Plan(msgspec.Struct, frozen=True):
    """All that has to be known to run a devnet and to remove every trace of it."""

    identity: str
    namespaces: bool
    options: DevnetOptions
    hosts: dict[str, HostPlan]
    stage: Stage = Stage.STARTING
    token: str = ""

    def namespace(self, host: str) -> str:
        """Return the name of the host's network namespace."""
        return f"ekd-{self.identity}-{host}"

    @property
    def bridge_namespace(self) -> str:
        """The namespace that holds the bridge and nothing else."""
        return f"ekd-{self.identity}-bridge"


def other_producers(count: int) -> list[str]:
    """Return the names of the producers that host o runs: valid, distinct, in sorted order."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [f"producer{letters[i // 26]}{letters[i % 26]}xx" for i in range(count)]


def make_plan(options: DevnetOptions, *, namespaces: bool) -> Plan:
    """Draw up a plan with a fresh identity and, on loopback, free ports."""
    hosts = _namespace_hosts() if namespaces else _loopback_hosts()
    identity, token = secrets.token_hex(4), secrets.token_hex(16)
    return Plan(identity, namespaces, options, {host.name: host for host in hosts}, token=token)


def _namespace_hosts() -> list[HostPlan]:
    """Give every host the same ports, for each has a network of its own."""
    windows = iter(_free_ports(len(KEEPER_HOSTS)))
    return [
        HostPlan(
            name=name,
            address=f"10.77.0.{10 + number}",
            api_port=8888,
            inner_port=9877 if _is_dialled(name) else None,
            outer_port=9876 if _is_dialled(name) else None,
            dials={remote: 9870 + i for i, remote in enumerate(DIALS[name])},
            web_port=8686,
            window_port=next(windows) if name in KEEPER_HOSTS else None,
        )
        for number, name in enumerate(HOSTS)
    ]


def _loopback_hosts() -> list[HostPlan]:
    ports = iter(_free_ports(32))
    return [
        HostPlan(
            name=name,
            address="127.0.0.1",
            api_port=next(ports),
            inner_port=next(ports) if _is_dialled(name) else None,
            outer_port=next(ports) if _is_dialled(name) else None,
            dials={remote: next(ports) for remote in DIALS[name]},
            web_port=next(ports),
        )
        for name in HOSTS
    ]


def _is_dialled(name: str) -> bool:
    return any(name in remotes for remotes in DIALS.values())


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on, drawn at random so that two devnets differ."""
    found: set[int] = set()
    for _ in range(100 * count):
        port = secrets.choice(LOOPBACK_PORTS)
        if port not in found and _is_free(port):
            found.add(port)
        if len(found) == count:
            return sorted(found)
    message = f"found no {count} free ports in {LOOPBACK_PORTS.start}-{LOOPBACK_PORTS.stop}"
    raise DevnetError(message)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def check_directory(directory: Path) -> None:
    """Refuse a directory whose control sockets could not be opened.

    Raises:
        DevnetError: the path is too long. Source: unix(7), `sun_path` has 108 bytes.
    """
    longest = len(os.fsencode(directory / "a" / "keeper.sock"))
    if longest > MAX_SOCKET_PATH_BYTES:
        message = (
            f"{directory} is too long a path: its control sockets would have {longest} bytes of at "
            f"most {MAX_SOCKET_PATH_BYTES}; choose a shorter --dir"
        )
        raise DevnetError(message)


def save_plan(directory: Path, plan: Plan) -> None:
    """Write the plan into its directory."""
    data = msgspec.json.format(msgspec.json.encode(plan), indent=2)
    write_atomically(directory / PLAN_FILE, data)


def load_plan(directory: Path) -> Plan | None:
    """Read the plan of a directory; None when there is no devnet.

    Raises:
        DevnetError: the file is there and not a plan; nothing may be deleted on a guess.
    """
    path = directory / PLAN_FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        plan = msgspec.json.decode(data, type=Plan)
    except msgspec.DecodeError as error:
        message = f"{path} is not the plan of a devnet: {error}"
        raise DevnetError(message) from error
    if not re.fullmatch(r"[0-9a-f]{8}", plan.identity):
        message = f"{path} is not the plan of a devnet: its identity is {plan.identity!r}"
        raise DevnetError(message)
    return plan
