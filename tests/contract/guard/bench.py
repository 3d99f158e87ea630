"""Starts fake nodes and guards as real processes, and ends them whatever happens."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from eoskeeper.guard.clock import boot_s
from eoskeeper.guard.settings import Settings

__all__ = ["Bench", "Client", "bench", "program"]

FAKE_NODE = Path(__file__).parent / "fake_node.py"
SOURCES = Path(__file__).parents[3] / "src"


def program() -> str:
    """Name of this Python's executable, as /proc tells it."""
    return Path(sys.executable).resolve().name


class Client:
    """A keeper's line to a guard."""

    def __init__(self, path: Path) -> None:
        self._line = socket.socket(socket.AF_UNIX)
        self._line.settimeout(10)
        try:
            self._line.connect(str(path))
        except OSError:
            self._line.close()
            raise
        self._file = self._line.makefile()
        self.events: list[dict[str, Any]] = []

    def ask(self, **order: object) -> dict[str, Any]:
        """One order and its answer; events in between are kept."""
        self._line.sendall(json.dumps({"id": 7, **order}).encode() + b"\n")
        while True:
            told: dict[str, Any] = json.loads(self._file.readline())
            if "event" not in told:
                return told
            self.events.append(told)

    def arm(self, for_s: float, term: int = 1, **more: object) -> dict[str, Any]:
        """Arm for so long from now."""
        return self.ask(op="arm", term=term, until_boot_s=boot_s() + for_s, **more)

    def extend(self, for_s: float, term: int = 1) -> dict[str, Any]:
        """Extend to so long from now."""
        until_s = boot_s() + for_s
        return self.ask(op="extend", term=term, until_boot_s=until_s, evidence="confirmed")

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._line.close()


class Bench:
    """One folder with a node, a guard, and what they wrote."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.socket = folder / "guard.sock"
        self.port = 0
        self.environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
        self._stack = stack
        self._started: list[subprocess.Popen[bytes]] = []

    def node(self, behaviour: str = "honest") -> subprocess.Popen[bytes]:
        """Start a node; again on the same port."""
        command = [sys.executable, str(FAKE_NODE), str(self.folder), behaviour, str(self.port)]
        process = self._start(command)
        assert process.stdout is not None
        word, port = process.stdout.readline().split()
        assert word == b"up"
        self.port = int(port)
        return process

    def settings(self, **more: object) -> Settings:
        """Those that fit the node."""
        return Settings(
            api=f"127.0.0.1:{self.port}",
            programs=(program(),),
            own_producers=("ours",),
            record=str(self.folder / "record.jsonl"),
            memory=str(self.folder / "memory.json"),
        )._replace(**more)  # type: ignore[arg-type]  # a test's own table

    def write_settings(self, **more: object) -> Path:
        """The file of JSON."""
        path = self.folder / "guard.json"
        path.write_text(json.dumps(self.settings(**more)._asdict()), encoding="utf-8")
        return path

    def guard(self, *options: str, **more: object) -> subprocess.Popen[bytes]:
        """Start a guard and wait until it listens."""
        config = self.write_settings(**more)
        told = options or ("--socket", str(self.socket))
        process = self._start(
            [sys.executable, "-m", "eoskeeper.guard", "--config", str(config), *told]
        )
        if not options:
            soon(self._answers)
        return process

    def end(self) -> None:
        """Kill everybody and collect them."""
        for process in self._started:
            _end(process)
            process.wait()

    def client(self) -> Client:
        """A line to the guard, closed at the end."""
        client = Client(self.socket)
        self._stack.callback(client.close)
        return client

    def blocks(self) -> list[float]:
        """When the node produced."""
        lines = (self.folder / "blocks").read_text(encoding="ascii").splitlines()
        return [float(line) for line in lines[:-1] or lines]

    def record(self) -> list[dict[str, Any]]:
        """What the guard wrote to the disk."""
        text = (self.folder / "record.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def result(self) -> dict[str, Any]:
        """The first result that was recorded, waited for."""
        soon(lambda: any(entry["entry"] == "result" for entry in self.record()))
        return next(entry for entry in self.record() if entry["entry"] == "result")

    def _answers(self) -> bool:
        try:
            Client(self.socket).close()
        except OSError:
            return False
        return True

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        dying = [shutil.which("setpriv") or "setpriv", "--pdeathsig", "KILL"]
        process = subprocess.Popen(
            [*dying, *command],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._started.append(process)
        self._stack.enter_context(process)
        self._stack.callback(_end, process)
        return process


def soon(seen: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait until it is so.

    Raises:
        AssertionError: it did not come.
    """
    for _ in range(int(within_s / 0.02)):
        if seen():
            return
        time.sleep(0.02)
    message = "it did not come"
    raise AssertionError(message)


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """Whatever it started is killed at the end."""
    with ExitStack() as stack:
        yield Bench(folder, stack)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
