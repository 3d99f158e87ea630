"""A real InfluxDB 1.6 that is filled with points and asked, for tests of what pictures ask."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from eoskeeper.telemetry.line_protocol import Point
from tests.contract.telemetry.prometheus_server import free_port

__all__ = ["DATABASE", "FilledInfluxdb", "RunningInfluxdb", "filled_influxdb", "running_influxdb"]

DATABASE = "eosdb"

_CONFIG = """\
reporting-disabled = true
bind-address = "127.0.0.1:{inner}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
[http]
  bind-address = "127.0.0.1:{outer}"
  log-enabled = false
[monitor]
  store-enabled = false
"""


class FilledInfluxdb(NamedTuple):
    """A running InfluxDB."""

    url: str

    def query(self, text: str, epoch: str = "") -> list[dict[str, Any]]:
        """The series of the answer; with an epoch (``ns``) times are numbers."""
        return list(self._ask(text, epoch).get("series", []))

    def _ask(self, text: str, epoch: str) -> dict[str, Any]:
        form = {"db": DATABASE, "q": text} | ({"epoch": epoch} if epoch else {})
        asked = urlencode(form).encode()
        with urllib.request.urlopen(f"{self.url}/query", asked, timeout=20) as answer:  # noqa: S310 - its own server
            (result,) = json.load(answer)["results"]
        assert "error" not in result, (text, result)
        return dict(result)

    def write(self, points: Iterable[Point]) -> None:
        """Write them, by an encoder that is not ours."""
        self.write_lines("\n".join(_line(point) for point in points).encode())

    def write_lines(self, body: bytes) -> None:
        """Write lines; every one must be taken."""
        url = f"{self.url}/write?db={DATABASE}"
        with urllib.request.urlopen(url, body, timeout=20) as answer:  # noqa: S310 - its own server
            assert answer.status == 204


@contextmanager
def filled_influxdb(folder: Path, points: Iterable[Point]) -> Iterator[FilledInfluxdb]:
    """Run until the end of the block."""
    with running_influxdb(folder) as running:
        running.server.query(f'CREATE DATABASE "{DATABASE}"')
        running.server.write(points)
        yield running.server


class RunningInfluxdb:
    """A process that can be killed and started again with the same files, on the same port."""

    def __init__(self, folder: Path) -> None:
        """Write its configuration; nothing runs yet."""
        found = shutil.which("influxd")
        if found is None:
            reason = "NOT TESTED: influxd is missing; install Debian's package influxdb"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        folder.mkdir(parents=True, exist_ok=True)
        outer = free_port()
        config = _CONFIG.format(folder=folder, inner=free_port(), outer=outer)
        (folder / "influxdb.conf").write_text(config, encoding="utf-8")
        guard = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
        self._argv = [*guard, found, "run", "-config", str(folder / "influxdb.conf")]
        self._log = folder / "influxdb.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.server = FilledInfluxdb(f"http://127.0.0.1:{outer}")

    def start(self) -> None:
        """Run, and answer."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._argv, stdout=log, stderr=log, start_new_session=True
            )
        _wait_until_ready(self.server, self._process)

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=30)
            self._process = None


@contextmanager
def running_influxdb(folder: Path) -> Iterator[RunningInfluxdb]:
    """Run until the end of the block."""
    running = RunningInfluxdb(folder)
    try:
        running.start()
        yield running
    finally:
        running.kill()


def _wait_until_ready(server: FilledInfluxdb, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "influxd ended"
        try:
            with urllib.request.urlopen(f"{server.url}/ping", timeout=5):  # noqa: S310 - its own
                return
        except OSError:
            time.sleep(0.1)
    message = "influxd does not answer"
    raise AssertionError(message)


def _line(point: Point) -> str:
    """Good enough for the names of the tests: nothing in them needs more escaping."""
    tags = "".join(f",{name}={value}" for name, value in sorted(point.tags.items()))
    fields = ",".join(f"{name}={_value(value)}" for name, value in point.fields.items())
    return f"{point.measurement}{tags} {fields} {point.at_utc_ns}"


def _value(value: bool | float | str) -> str:  # noqa: FBT001 - a field of a point
    match value:
        case bool():
            return str(value).lower()
        case int():
            return f"{value}i"
        case float():
            return repr(value)
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
