"""The writer before a real InfluxDB: an outage, two kills, and every point is there once."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from eoskeeper.telemetry.line_protocol import Point
from eoskeeper.telemetry.spool import Kind
from tests.contract.telemetry.filled_influxdb import (
    DATABASE,
    FilledInfluxdb,
    RunningInfluxdb,
    running_influxdb,
)
from tests.contract.telemetry.writing import point, put_each, until, writer_of, writing

ROOT = Path(__file__).parents[3]


@pytest.fixture
def influxdb(tmp_path: Path) -> Iterator[RunningInfluxdb]:
    """A fresh one, without any database."""
    with running_influxdb(tmp_path / "influxdb") as running:
        yield running


def url_of(influxdb: RunningInfluxdb) -> str:
    """The seed's form."""
    return f"{influxdb.server.url}/write?db={DATABASE}"


def rows_of(server: FilledInfluxdb) -> list[list[int]]:
    """Time and number of every point, as often as it is there."""
    found = server.query("SELECT number FROM m", "ns")
    return [row for series in found for row in series["values"]]


@contextmanager
def telling(path: Path, url: str, first: int, last: int) -> Iterator[subprocess.Popen[str]]:
    """The program that tells points; at the end it is killed."""
    guard = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
    program_of = [sys.executable, "-m", "tests.contract.telemetry.endless_points"]
    argv = [*guard, *program_of, str(path), url]
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    with subprocess.Popen(
        [*argv, str(first), str(last)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
        start_new_session=True,
    ) as program:
        try:
            yield program
        finally:
            os.killpg(program.pid, signal.SIGKILL)


def told(program: subprocess.Popen[str], number: int) -> None:
    """Read on until that one is on its disk."""
    assert program.stdout is not None
    for line in program.stdout:
        if int(line) >= number:
            return
    message = f"ended before {number}"
    raise AssertionError(message)


def killed_after(program: subprocess.Popen[str], number: int) -> int:
    """Kill it when that one is on its disk; the last one that is."""
    told(program, number)
    os.killpg(program.pid, signal.SIGKILL)
    assert program.stdout is not None
    return max([number, *map(int, program.stdout.read().split())])


def test_an_outage_and_two_kills_cost_no_point(influxdb: RunningInfluxdb, tmp_path: Path) -> None:
    """InfluxDB is away the whole time; when it is back each point is there exactly once."""
    path, url = tmp_path / "spool.sqlite", url_of(influxdb)
    influxdb.kill()
    first = 1
    for _ in range(2):
        with telling(path, url, first, 10**9) as program:
            first = killed_after(program, first + 40) + 1
    influxdb.start()
    last = first + 40
    with telling(path, url, first, last) as program:
        told(program, last)
        for _ in range(200):
            if len(rows_of(influxdb.server)) == last:
                break
            time.sleep(0.1)
    assert rows_of(influxdb.server) == [[number, number] for number in range(1, last + 1)]


def test_a_kill_in_the_middle_of_sending_costs_no_point(
    influxdb: RunningInfluxdb, tmp_path: Path
) -> None:
    """What was sent and not yet taken off the disk is sent again, and is there once."""
    path, url = tmp_path / "spool.sqlite", url_of(influxdb)
    first = 1
    for number in (41, 83, 127):
        with telling(path, url, first, 10**9) as program:
            first = killed_after(program, number) + 1
    with telling(path, url, first, first):
        for _ in range(100):
            if len(rows_of(influxdb.server)) == first:
                break
            time.sleep(0.1)
    assert rows_of(influxdb.server) == [[number, number] for number in range(1, first + 1)]


def test_a_server_that_goes_and_comes_gets_everything(
    influxdb: RunningInfluxdb, tmp_path: Path
) -> None:
    """The database is made with the first point; later the server is killed, and is back."""

    async def scene() -> None:
        async with writing(writer_of(tmp_path / "spool.sqlite", url_of(influxdb))) as writer:
            put_each(writer, range(1, 51))
            await until(lambda: writer.figures.accepted == 50)
            influxdb.kill()
            put_each(writer, range(51, 101))
            await until(lambda: writer.figures.failing_since_utc is not None)
            influxdb.start()  # here: it dies with the thread that starts it
            put_each(writer, range(101, 151))
            await until(lambda: writer.figures.spooled == 0)

    asyncio.run(scene())
    assert rows_of(influxdb.server) == [[number, number] for number in range(1, 151)]


def test_a_field_of_another_kind_is_rejected_alone(
    influxdb: RunningInfluxdb, tmp_path: Path
) -> None:
    """The server says how many it dropped; the others of the batch are there."""
    wrong = [Point("m", {"host": "bp-a"}, {"number": "a text"}, at) for at in (1000, 1001)]

    async def scene() -> None:
        async with writing(writer_of(tmp_path / "spool.sqlite", url_of(influxdb))) as writer:
            put_each(writer, range(1, 2))
            await until(lambda: writer.figures.accepted == 1)
            writer.put([*wrong, *(point(number) for number in range(2, 11))], Kind.SAMPLE)
            await until(lambda: writer.figures.rejected == 2)
            assert writer.figures.accepted == 10
            assert "field type conflict" in writer.figures.last_problem

    asyncio.run(scene())
    assert rows_of(influxdb.server) == [[number, number] for number in range(1, 11)]
