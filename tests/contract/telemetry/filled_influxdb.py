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

__all__ = ["FilledInfluxdb", "filled_influxdb"]

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

    def query(self, text: str) -> list[dict[str, Any]]:
        """The series of the answer."""
        return list(self._ask(text).get("series", []))

    def _ask(self, text: str) -> dict[str, Any]:
        asked = urlencode({"db": DATABASE, "q": text}).encode()
        with urllib.request.urlopen(f"{self.url}/query", asked, timeout=20) as answer:  # noqa: S310 - its own server
            (result,) = json.load(answer)["results"]
        assert "error" not in result, (text, result)
        return dict(result)

    def write(self, points: Iterable[Point]) -> None:
        """Write them, by an encoder that is not ours."""
        body = "\n".join(_line(point) for point in points).encode()
        url = f"{self.url}/write?db={DATABASE}"
        with urllib.request.urlopen(url, body, timeout=20) as answer:  # noqa: S310 - its own server
            assert answer.status == 204


@contextmanager
def filled_influxdb(folder: Path, points: Iterable[Point]) -> Iterator[FilledInfluxdb]:
    """Run until the end of the block."""
    program = shutil.which("influxd")
    if program is None:
        reason = "NOT TESTED: influxd is missing; install Debian's package influxdb"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    folder.mkdir(parents=True, exist_ok=True)
    outer = free_port()
    config = _CONFIG.format(folder=folder, inner=free_port(), outer=outer)
    (folder / "influxdb.conf").write_text(config, encoding="utf-8")
    guard = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
    argv = [*guard, program, "run", "-config", str(folder / "influxdb.conf")]
    with (
        (folder / "influxdb.log").open("wb") as log,
        subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True) as process,
    ):
        try:
            server = FilledInfluxdb(f"http://127.0.0.1:{outer}")
            _wait_until_ready(server, process)
            server.query(f'CREATE DATABASE "{DATABASE}"')
            server.write(points)
            yield server
        finally:
            os.killpg(process.pid, signal.SIGKILL)


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
