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

from eoskeeper.devnet.network import Devnet

PROXY = Path(__file__).parents[1] / "fakes" / "misbehaving_proxy.py"
PORT = 18898
TABLE = "door"
OPENS_WITHIN_S = 10.0


@contextmanager
def door(devnet: Devnet, name: str, mode_file: Path) -> Iterator[None]:
    """Stand in front of the nodeos of a host; the mode file tells how to behave."""
    host = devnet.host(name)
    api_port = host.plan.api_port
    mode_file.write_text("pass")
    proxy = subprocess.Popen(
        [*host.enter, sys.executable, str(PROXY), str(PORT), str(api_port), str(mode_file)]
    )
    try:
        _await_port(host.namespace)
        others = f"oifname lo tcp dport {api_port} meta mark != 1"
        nft = (
            f"add table inet {TABLE}\n"
            f"add chain inet {TABLE} output {{ type nat hook output priority -100; }}\n"
            f"add rule inet {TABLE} output {others} redirect to :{PORT}\n"
        )
        subprocess.run([*host.enter, "nft", "-f", "-"], input=nft, text=True, check=True, timeout=9)
        yield
    finally:
        closing = f"add table inet {TABLE}\ndelete table inet {TABLE}\n"
        command = [*host.enter, "nft", "-f", "-"]
        subprocess.run(command, input=closing, text=True, check=False, timeout=9)
        proxy.kill()
        proxy.wait()


def _await_port(namespace: str | None) -> None:
    assert namespace is not None, "a door needs a host with its own network"
    command = ["ip", "netns", "exec", namespace, sys.executable, "-c", _DIAL]
    deadline = time.perf_counter() + OPENS_WITHIN_S
    while subprocess.run(command, capture_output=True, check=False, timeout=9).returncode:
        assert time.perf_counter() < deadline, "the door does not open"
        time.sleep(0.1)


_DIAL = f"import socket; socket.create_connection(('127.0.0.1', {PORT}), 1).close()"
