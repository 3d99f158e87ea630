"""Network namespaces: every host with its own loopback, joined by a bridge that is nobody's.

The bridge lies in a namespace of its own, so the machine's own interfaces stay untouched and many
devnets can use the same inner addresses at once. Source: ip-netns(8), veth(4), bridge(8).
"""

import ctypes
import os
import shutil
import socket
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from eoskeeper.devnet.errors import DevnetError
from eoskeeper.devnet.plan import Plan

NAMESPACE_FOLDER = Path("/run/netns")
CLONE_NEWNET = 0x40000000
BRIDGE = "br0"


def can_use_namespaces() -> bool:
    """Tell whether this user may create network namespaces here: by trying."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    return _run(["unshare", "--net", "true"]) is None


def _run(argv: Iterable[str], script: str = "") -> str | None:
    """Run a command; return what it complained of, None when it succeeded."""
    try:
        done = subprocess.run(
            list(argv), input=script, text=True, capture_output=True, timeout=30, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return None if done.returncode == 0 else done.stderr.strip() or f"status {done.returncode}"


def _batch(lines: Iterable[str], *options: str) -> None:
    """Run many `ip` commands in one process."""
    problem = _run(["ip", *options, "-batch", "-"], "\n".join(lines) + "\n")
    if problem is not None:
        message = f"could not set up network namespaces: {problem}; or use --no-namespaces"
        raise DevnetError(message)


def _port(host: str) -> str:
    """Return the bridge's end of a host's cable."""
    return f"veth-{host}"


def create(plan: Plan) -> None:
    """Create the plan's namespaces, cables and bridge.

    Raises:
        DevnetError: `ip` refused.
    """
    bridge = plan.bridge_namespace
    _batch(f"netns add {name}" for name in [bridge, *map(plan.namespace, plan.hosts)])
    cables = [
        f"link add name {_port(host)} type veth peer name eth0 netns {plan.namespace(host)}"
        for host in plan.hosts
    ]
    plugs = [f"link set {_port(host)} master {BRIDGE} up" for host in plan.hosts]
    switch = [f"link add name {BRIDGE} type bridge", f"link set {BRIDGE} up"]
    _batch([*cables, *switch, *plugs], "-n", bridge)
    for host in plan.hosts.values():
        address = f"address add {host.address}/24 dev eth0"
        _batch(["link set lo up", address, "link set eth0 up"], "-n", plan.namespace(host.name))


def set_link(plan: Plan, host: str, *, up: bool) -> None:
    """Plug a host's cable in or pull it out at the bridge.

    Raises:
        DevnetError: `ip` refused.
    """
    state = "up" if up else "down"
    _batch([f"link set {_port(host)} {state}"], "-n", plan.bridge_namespace)


def link_is_up(plan: Plan, host: str) -> bool:
    """Tell whether the host's cable is plugged in."""
    argv = ["ip", "-n", plan.bridge_namespace, "-o", "link", "show", _port(host)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return ",UP" in done.stdout


def existing(identity: str) -> list[str]:
    """Return the namespaces of a devnet that exist."""
    if not NAMESPACE_FOLDER.is_dir():
        return []
    return sorted(path.name for path in NAMESPACE_FOLDER.glob(f"ekd-{identity}-*"))


def delete(identity: str) -> int:
    """Delete all namespaces of a devnet; return how many there were.

    Raises:
        DevnetError: one could not be deleted.
    """
    names = existing(identity)
    for name in names:
        problem = _run(["ip", "netns", "delete", name])
        if problem is not None and (NAMESPACE_FOLDER / name).exists():
            message = f"could not delete the network namespace {name}: {problem}"
            raise DevnetError(message)
    return len(names)


def enter_command(namespace: str) -> tuple[str, ...]:
    """Return the words to put before a command that shall run in the namespace."""
    return ("ip", "netns", "exec", namespace)


def _socket_made_here(namespace: str) -> socket.socket:
    """Move this thread into the namespace and make a socket, which belongs to it for good."""
    library = ctypes.CDLL(None, use_errno=True)
    handle = os.open(NAMESPACE_FOLDER / namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if library.setns(handle, CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), namespace)
    finally:
        os.close(handle)
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def socket_in(namespace: str) -> socket.socket:
    """Return a TCP socket that lives in the namespace.

    A thread of its own goes there and ends: the caller's threads never leave their network.

    Raises:
        OSError: the namespace is gone.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_socket_made_here, namespace).result()
