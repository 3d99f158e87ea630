"""A real Prometheus on a free port of loopback, for tests: it scrapes, or it is filled at once.

It ends with the test that started it, however that ends: it is killed with its parent.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

__all__ = [
    "Found",
    "PrometheusServer",
    "backfilled",
    "free_port",
    "required",
    "running_prometheus",
]

START_S = 20.0


class Found(NamedTuple):
    """A series of an answer: its labels and its values, oldest first."""

    labels: Mapping[str, str]
    values: tuple[float, ...]


class PrometheusServer(NamedTuple):
    """A running Prometheus."""

    url: str

    def query(self, expression: str, at_utc: float | None = None) -> list[Found]:
        """The value of each series at a moment; now without one."""
        asked = {"query": expression} | ({} if at_utc is None else {"time": f"{at_utc:.3f}"})
        rows = self._ask("query", asked)["result"]
        return [Found(row["metric"], (float(row["value"][1]),)) for row in rows]

    def query_range(
        self, expression: str, begin_utc: float, end_utc: float, step_s: float
    ) -> list[Found]:
        """The values of each series over a span, as a graph asks for them."""
        span = {"start": f"{begin_utc:.3f}", "end": f"{end_utc:.3f}", "step": f"{step_s:g}"}
        rows = self._ask("query_range", {"query": expression, **span})["result"]
        return [
            Found(row["metric"], tuple(float(value) for _, value in row["values"])) for row in rows
        ]

    def healthy_targets(self) -> set[str]:
        """Names of the instances whose last scrape went well."""
        targets = self._ask("targets", {"state": "active"})["activeTargets"]
        return {one["labels"]["instance"] for one in targets if one["health"] == "up"}

    def _ask(self, path: str, asked: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON of its API
        url = f"{self.url}/api/v1/{path}?{urlencode(asked)}"
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - its own server
            said = json.load(answer)
        assert said["status"] == "success", said
        return said["data"]


def required(program: str) -> str:
    """Path of a program of Debian's package ``prometheus``; without it the test is skipped.

    In CI it must be there: a test that never runs proves nothing.
    """
    found = shutil.which(program)
    if found is None:
        reason = f"NOT TESTED: {program} is missing; install Debian's package prometheus"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running_prometheus(
    folder: Path,
    targets: Mapping[str, str] | None = None,
    *,
    rules: Sequence[Path] = (),
    interval_s: float = 1,
    token: str = "",
) -> Iterator[PrometheusServer]:
    """Run until the end of the block.

    Args:
        folder: for its configuration and data; data that lies in ``data`` is used.
        targets: ``host:port`` by the name that the instance gets.
        rules: files of alert rules.
        interval_s: between scrapes, and between evaluations of rules.
        token: bearer token that targets ask for; empty for none.
    """
    program = required("prometheus")
    folder.mkdir(parents=True, exist_ok=True)
    job = {
        "job_name": "eoskeeper",
        "static_configs": [
            {"targets": [address], "labels": {"instance": name}}
            for name, address in (targets or {}).items()
        ],
    } | ({"authorization": {"credentials": token}} if token else {})
    config = {
        "global": {"scrape_interval": f"{interval_s}s", "evaluation_interval": f"{interval_s}s"},
        "rule_files": [str(path.resolve()) for path in rules],
        "scrape_configs": [job],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
    server = PrometheusServer(f"http://127.0.0.1:{free_port()}")
    log = folder / "prometheus.log"
    argv = (
        *(["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []),
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={server.url.removeprefix('http://')}",
    )
    with (
        log.open("wb") as output,
        subprocess.Popen(argv, stdout=output, stderr=output, start_new_session=True) as process,
    ):
        try:
            _wait_until_ready(server, process, log)
            yield server
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _wait_until_ready(
    server: PrometheusServer, process: subprocess.Popen[bytes], log: Path
) -> None:
    for _ in range(int(START_S / 0.1)):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{server.url}/-/ready", timeout=5):  # noqa: S310 - its own
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8")[-2000:])


def backfilled(folder: Path, scrapes: Iterable[tuple[float, str, bytes]]) -> Path:
    """Write scrapes of the past into the data folder of a Prometheus that does not run yet.

    Args:
        folder: the one that ``running_prometheus`` will get.
        scrapes: time, name of the instance, page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "scrapes.txt"
    source.write_text(_open_metrics(scrapes), encoding="utf-8")
    argv = [required("promtool"), "tsdb", "create-blocks-from", "openmetrics", str(source)]
    done = subprocess.run(
        [*argv, str(folder / "data")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def _open_metrics(scrapes: Iterable[tuple[float, str, bytes]]) -> str:
    """One family after the other, every sample with its time.

    Source: OpenMetrics 1.0; a counter's TYPE stands there without ``_total``.
    """
    kinds: dict[str, str] = {}
    families: dict[str, list[str]] = {"up": []}
    for at_utc, instance, page in scrapes:
        common = f'instance="{instance}",job="eoskeeper"'
        families["up"].append(f"up{{{common}}} 1 {at_utc:.3f}")
        for line in page.decode().splitlines():
            if line.startswith("#"):
                _, word, name, rest = line.split(" ", 3)
                if word == "TYPE":
                    kinds[name] = rest
                continue
            series, _, value = line.rpartition(" ")
            name, _, labels = series.rstrip("}").partition("{")
            given = f"{common},{labels}" if labels else common
            families.setdefault(name, []).append(f"{name}{{{given}}} {value} {at_utc:.3f}")
    lines: list[str] = []
    for name, samples in families.items():
        kind = kinds.get(name, "gauge")
        lines.append(f"# TYPE {name.removesuffix('_total')} {kind}")
        lines.extend(sorted(samples, key=lambda one: one.rpartition(" ")[0].rpartition(" ")[0]))
    return "\n".join([*lines, "# EOF", ""])
