"""The process behind the API's port is found, kept, lost and found again; real ones only."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import psutil
import pytest

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.samples import (
    FailureReason,
    ProbeFailed,
    ProbeName,
    ProcessRead,
    ProcessState,
)
from eoskeeper.probes.process import ProcessProbe, ProcessSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

LISTENER = """
import socket, sys
host, port, p2p = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
six = ":" in host
family = socket.AF_INET6 if six else socket.AF_INET
api = socket.create_server((host, port), family=family, dualstack_ipv6=six)
peers = socket.create_server(("", p2p))
print("listening", flush=True)
kept = []
for line in sys.stdin:
    word, _, argument = line.strip().partition(" ")
    if word == "accept":
        kept.append((api if argument == "api" else peers).accept())
    elif word == "connect":
        kept.append(socket.create_connection(("127.0.0.1", int(argument))))
    elif word == "close":
        api.close()
    print("done", flush=True)
"""


def moment(mono_s: float) -> Moment:
    """A moment of the test's own clock."""
    return Moment(mono_s=MonoS(mono_s), utc_s=UtcS(1_000.0 + mono_s))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert isinstance(port, int)
        return port


class Node:
    """A process that listens as nodeos does, on an API port and a p2p port."""

    def __init__(self, host: str, port: int, command: tuple[str, ...] = ()) -> None:
        self.p2p_port = free_port()
        self.process = subprocess.Popen(
            [*command, sys.executable, "-c", LISTENER, host, str(port), str(self.p2p_port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._answer() != "listening":
            self.end()
            pytest.fail(f"no listener on {host}")

    def tell(self, order: str) -> None:
        """Have it accept, connect or close."""
        assert self.process.stdin is not None
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        assert self._answer() == "done"

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        """Kill and reap it."""
        self.process.kill()
        self.process.communicate()


@contextmanager
def node(host: str, port: int, command: tuple[str, ...] = ()) -> Iterator[Node]:
    """A node for the length of a block."""
    running = Node(host, port, command)
    try:
        yield running
    finally:
        running.end()


def probe_of(port: int, host: str = "127.0.0.1") -> ProcessProbe:
    """A probe that counts links in every pass."""
    return ProcessProbe(ProcessSettings(host=host, port=port, links_every_s=0.0))


def reading(probe: ProcessProbe, mono_s: float = 1.0) -> ProcessRead:
    """A reading, which must be one."""
    read = probe.read(moment(mono_s))
    assert isinstance(read, ProcessRead), read
    return read


@pytest.mark.parametrize(
    ("listens_on", "url_host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 (a listener like an operator's)
        ("::", "127.0.0.1"),
        ("::1", "::1"),
        ("::1", "[::1]"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "localhost"),
    ],
)
def test_the_process_is_found_by_its_port(listens_on: str, url_host: str) -> None:
    """IPv4, IPv6 and wildcards; for a name in the URL, whoever listens on the port."""
    port = free_port()
    with node(listens_on, port) as running:
        read = reading(probe_of(port, url_host))
        known = psutil.Process(running.process.pid)
        assert read.pid == running.process.pid
        assert read.state is ProcessState.RUNNING
        assert read.started_utc == pytest.approx(known.create_time(), abs=0.02)
        assert read.resident_bytes > 1_000_000
        assert 0 <= read.cpu_s < 60


def test_another_address_is_another_process() -> None:
    """Two nodes may have the same port on different addresses; an exact one goes before ``::``."""
    port = free_port()
    with node("127.0.0.2", port), node("127.0.0.1", port) as running:
        assert reading(probe_of(port)).pid == running.process.pid
        for other in ("127.0.0.3", "[::1]"):
            assert isinstance(probe_of(port, other).read(moment(1.0)), ProbeFailed)


def test_nobody_on_the_port_is_missing_and_is_not_searched_for_all_the_time() -> None:
    """The search is costly, so it has its pause; until then the same answer is given."""
    port = free_port()
    probe = ProcessProbe(ProcessSettings(port=port, search_every_s=1.0))
    missing = probe.read(moment(1.0))
    assert isinstance(missing, ProbeFailed)
    assert (missing.probe, missing.reason) == (ProbeName.PROCESS, FailureReason.MISSING)
    with node("127.0.0.1", port) as running:
        again = probe.read(moment(1.5))
        assert isinstance(again, ProbeFailed)
        assert again.at == moment(1.5)
        assert reading(probe, 2.5).pid == running.process.pid


def test_a_restart_is_noticed() -> None:
    """Another process on the port is told with its own number and time, at the next pass."""
    port = free_port()
    probe = probe_of(port)
    with node("127.0.0.1", port):
        first = reading(probe)
    with node("127.0.0.1", port) as second:
        read = reading(probe, 1.2)
        assert read.pid == second.process.pid
        assert (read.pid, read.started_utc) != (first.pid, first.started_utc)


def test_a_process_that_ended_is_missing() -> None:
    """Its last reading is not repeated."""
    port = free_port()
    probe = probe_of(port)
    with node("127.0.0.1", port):
        reading(probe)
    assert isinstance(probe.read(moment(1.2)), ProbeFailed)
    assert isinstance(probe.read(moment(1.4)), ProbeFailed)


def test_a_frozen_process_is_stopped() -> None:
    """A node under SIGSTOP listens and holds its links, but does nothing."""
    port = free_port()
    probe = probe_of(port)
    with node("127.0.0.1", port) as running:
        reading(probe)
        running.process.send_signal(signal.SIGSTOP)
        os.waitpid(running.process.pid, os.WUNTRACED)
        assert reading(probe).state is ProcessState.STOPPED
        running.process.send_signal(signal.SIGCONT)
        assert reading(probe).state is ProcessState.RUNNING


def test_a_zombie_is_told_until_there_is_a_successor() -> None:
    """A parent that does not reap must not hide the next nodeos."""
    port = free_port()
    probe = ProcessProbe(ProcessSettings(port=port, links_every_s=1000.0))
    with node("127.0.0.1", port) as dead:
        reading(probe)
        dead.process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, dead.process.pid, os.WEXITED | os.WNOWAIT)
        assert reading(probe, 2.0).state is ProcessState.ZOMBIE
        with node("127.0.0.1", port) as successor:
            assert reading(probe, 4.0).pid == successor.process.pid


def test_a_process_that_no_longer_listens_is_kept_until_another_does() -> None:
    """nodeos closes its port first when it stops; it is still the one that held the database."""
    port = free_port()
    probe = probe_of(port)
    with node("127.0.0.1", port) as old:
        reading(probe)
        old.tell("close")
        assert reading(probe, 2.0).pid == old.process.pid
        with node("127.0.0.1", port) as new:
            assert reading(probe, 4.0).pid == new.process.pid


def test_links_are_the_established_sockets_of_the_process_without_the_api() -> None:
    """Both directions count; clients of the API and the listeners do not."""
    port = free_port()
    probe = probe_of(port)
    with node("127.0.0.1", port) as running, ExitStack() as stack:
        assert reading(probe).links == 0
        stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        running.tell("accept api")
        assert reading(probe).links == 0
        stack.enter_context(socket.create_connection(("127.0.0.1", running.p2p_port)))
        running.tell("accept p2p")
        assert reading(probe).links == 1
        peer = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        running.tell(f"connect {peer.getsockname()[1]}")
        assert reading(probe).links == 2


def test_links_are_counted_only_every_so_often() -> None:
    """In between the last count is told."""
    port = free_port()
    probe = ProcessProbe(ProcessSettings(port=port, links_every_s=2.0))
    with (
        node("127.0.0.1", port) as running,
        socket.create_connection(("127.0.0.1", running.p2p_port)),
    ):
        assert reading(probe, 1.0).links == 0
        running.tell("accept p2p")
        assert reading(probe, 2.9).links == 0
        assert reading(probe, 3.1).links == 1


def test_a_count_is_believed_while_the_sockets_are_the_same() -> None:
    """Counting goes through the kernel's whole table; a list of descriptors tells that it need not.

    A link whose other side is gone is thus seen when the node closes it, or a minute later.
    """
    port = free_port()
    settings = ProcessSettings(port=port, links_every_s=0.0, count_every_s=60.0)
    probe = ProcessProbe(settings)
    with node("127.0.0.1", port) as running:
        with socket.create_connection(("127.0.0.1", running.p2p_port)):
            running.tell("accept p2p")
            assert reading(probe, 1.0).links == 1
        assert reading(probe, 60.9).links == 1
        assert reading(probe, 61.1).links == 0


def test_a_socket_that_is_neither_here_nor_there_is_counted_again() -> None:
    """It will stand, or fall, and be the same descriptor."""
    port = free_port()
    probe = ProcessProbe(ProcessSettings(port=port, links_every_s=0.0, count_every_s=60.0))
    with node("127.0.0.1", port) as running:
        with socket.create_connection(("127.0.0.1", running.p2p_port)):
            running.tell("accept p2p")
        # Half closed by its peer it is no link, and not steady either.
        assert reading(probe, 1.0).links == 0
        found = probe._found
        assert found is not None
        assert found.steady is None


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop its rights for a moment")
def test_a_process_of_somebody_else_is_not_permitted() -> None:
    """Without the right to see its descriptors, whose the listener is stays unknown."""
    port = free_port()
    with node("127.0.0.1", port):
        known = probe_of(port)
        reading(known)
        os.seteuid(65534)
        try:
            hidden = probe_of(port).read(moment(1.0))
            assert isinstance(hidden, ProbeFailed)
            assert hidden.reason is FailureReason.NOT_PERMITTED
            assert reading(known).links is None
        finally:
            os.seteuid(0)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root")
def test_only_the_own_network_namespace_is_looked_at() -> None:
    """The same port in another namespace belongs to another node; from inside it is found."""
    name = f"eoskeeper-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True).returncode:
        pytest.skip("network namespaces cannot be made here")
    inside = ("ip", "netns", "exec", name)
    try:
        subprocess.run([*inside, "ip", "link", "set", "lo", "up"], check=True)
        port = free_port()
        look = (
            "from eoskeeper.probes.process import *; from eoskeeper.domain.chain_time import *; "
            f"print(ProcessProbe(ProcessSettings(port={port})).read(Moment(1.0, 2.0)).pid)"
        )
        with node("127.0.0.1", port, inside) as running:
            assert isinstance(probe_of(port).read(moment(1.0)), ProbeFailed)
            command = [*inside, sys.executable, "-c", look]
            seen = subprocess.run(command, check=True, capture_output=True, text=True)
            assert int(seen.stdout) == running.process.pid
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)
