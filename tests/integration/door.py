"""A door in front of a host's nodeos API that misbehaves, and that nobody on the host can see.

nftables leads whatever goes to the API's port into the proxy; the proxy's own connections carry a
mark and go through. So nodeos is still found by its port, and keeper and guard are both served ill.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eoskeeper.devnet.host import Host
from eoskeeper.devnet.network import Devnet
from tests.nemesis.lines import end_table, run_nft

PROXY = Path(__file__).parents[1] / "fakes" / "misbehaving_proxy.py"
PORT = 18898
TABLE = "door"
OPENS_WITHIN_S = 10.0


@contextmanager
def door(devnet: Devnet, name: str, mode_file: Path) -> Iterator[None]:
    """Stand in front of the nodeos of a host; the mode file tells how to behave."""
    host = devnet.host(name)
    mode_file.write_text("pass")
    others = f"oifname lo tcp dport {host.plan.api_port} meta mark != 1"
    with proxy(host, PORT, mode_file):
        _await_port(host.namespace)
        try:
            run_nft(
                host,
                f"add table inet {TABLE}",
                f"add chain inet {TABLE} output {{ type nat hook output priority -100; }}",
                f"add rule inet {TABLE} output {others} redirect to :{PORT}",
            )
            yield
        finally:
            end_table(host, TABLE)


@contextmanager
def proxy(host: Host, port: int, mode_file: Path) -> Iterator[None]:
    """A misbehaving proxy on a host, in front of its nodeos API."""
    words = (str(PROXY), str(port), str(host.plan.api_port), str(mode_file))
    process = subprocess.Popen([*host.enter, sys.executable, *words])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _await_port(namespace: str | None) -> None:
    assert namespace is not None, "a door needs a host with its own network"
    command = ["ip", "netns", "exec", namespace, sys.executable, "-c", _DIAL]
    deadline = time.perf_counter() + OPENS_WITHIN_S
    while subprocess.run(command, capture_output=True, check=False, timeout=9).returncode:
        assert time.perf_counter() < deadline, "the door does not open"
        time.sleep(0.1)


_DIAL = f"import socket; socket.create_connection(('127.0.0.1', {PORT}), 1).close()"
