"""Real etcd members on loopback: started, killed, stopped and restored by a test."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

__all__ = ["Cluster", "Member", "etcdctl", "free_port", "need_etcd", "running"]

READY_S = 30.0
POLL_S = 0.05


def need_etcd() -> None:
    """Skip aloud where etcd is not installed, but never in CI."""
    if shutil.which("etcd") and shutil.which("etcdctl") and shutil.which("setpriv"):
        return
    words = "NO ETCD: the etcd register is NOT tested; apt-get install etcd-server etcd-client"
    if os.environ.get("CI") == "true":
        pytest.fail(words)
    pytest.skip(words)


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def etcdctl(url: str, *arguments: str | Path, stdin: str = "") -> str:
    """Run etcdctl against one endpoint; its output. ``put`` without a value reads ``stdin``."""
    done = subprocess.run(
        ["etcdctl", "--endpoints", url, *map(str, arguments)],
        env={"PATH": os.environ["PATH"], "ETCDCTL_API": "3"},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout


class Member:
    """One process."""

    def __init__(self, name: str, folder: Path, scheme: str = "http") -> None:
        self.name = name
        self.data = folder / name
        self.scheme = scheme
        self.port = free_port()
        self.peer_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder / f"{name}.log"

    @property
    def url(self) -> str:
        """Address for clients."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def peer_url(self) -> str:
        """Address for the other members."""
        return f"http://127.0.0.1:{self.peer_port}"

    def start(self, arguments: Sequence[str | Path]) -> None:
        """Run, with the member's own addresses added."""
        own = [
            *("--name", self.name, "--data-dir", self.data, "--log-outputs", "stderr"),
            *("--listen-client-urls", self.url, "--advertise-client-urls", self.url),
            *("--listen-peer-urls", self.peer_url, "--initial-advertise-peer-urls", self.peer_url),
            *("--heartbeat-interval", "50", "--election-timeout", "500", "--logger", "zap"),
        ]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "etcd", *map(str, [*own, *arguments])],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # Variables named ETCD_... would be settings.
                env={"PATH": os.environ["PATH"]},
            )

    def kill(self) -> None:
        """End it at once, wherever it stands."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Stop it without its noticing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it run again."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "not running"
        os.killpg(self._process.pid, number)

    def answers(self) -> bool:
        """It has a leader, and says so; over TLS a listening port has to do."""
        try:
            if self.scheme == "https":
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
            with contextlib.closing(link):
                link.request("GET", "/health")
                return b'"true"' in link.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False

    def wait_ready(self) -> None:
        """Until it answers."""
        for _ in range(int(READY_S / POLL_S)):
            if self.answers():
                return
            if self._process is None or self._process.poll() is not None:
                break
            time.sleep(POLL_S)
        pytest.fail(f"etcd does not come up: {self._log.read_text(errors='replace')[-2000:]}")


class Cluster:
    """Members that know each other."""

    def __init__(
        self, folder: Path, size: int = 3, more: Sequence[str | Path] = (), scheme: str = "http"
    ) -> None:
        self.members = [Member(f"m{number}", folder, scheme) for number in range(size)]
        self._more = [*more]

    @property
    def urls(self) -> tuple[str, ...]:
        """Clients' addresses, in order."""
        return tuple(member.url for member in self.members)

    @property
    def initial(self) -> str:
        """As etcd takes it in ``--initial-cluster``."""
        return ",".join(f"{member.name}={member.peer_url}" for member in self.members)

    def start(self, *numbers: int) -> None:
        """Start the members, or these, and wait until each answers."""
        chosen = [self.members[number] for number in numbers or range(len(self.members))]
        for member in chosen:
            member.start(["--initial-cluster", self.initial, *self._more])
        for member in chosen:
            member.wait_ready()

    def end(self) -> None:
        """Kill all; a stopped one, too."""
        for member in self.members:
            member.kill()

    def leader(self) -> int:
        """Number of the member that leads."""
        for number, url in enumerate(self.urls):
            fields = etcdctl(url, "endpoint", "status").split(", ")
            if fields[4] == "true":
                return number
        pytest.fail("no leader")


@contextlib.contextmanager
def running(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster while a test needs it."""
    need_etcd()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.end()
