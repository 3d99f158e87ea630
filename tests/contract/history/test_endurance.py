"""A day of a keeper in virtual time, and kills at any moment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from time import process_time

import pytest

from eoskeeper.domain.records import QUANTITIES, reading_of
from eoskeeper.domain.report import Report
from eoskeeper.history.queries import HistoryReader
from tests.contract.history.cycles import closed, cycle, in_loop, query, recorder_of
from tests.house.house import ROOT

BEGIN = 1_751_760_000
DAY_S = 86_400

RESTART, REST_S = 30_000, 400
"""The keeper is killed at this second of the day and rests."""

STEP, STEP_S = 50_000, 90
"""The clock is set back here, and 10,000 s later set right again."""


def wall(second: int) -> float:
    """What the host's clock shows; a cycle begins a little later each time, within its second."""
    back = STEP_S if STEP <= second < STEP + 10_000 else 0
    return BEGIN + second - back + second % 90 / 100


def links_of(second: int) -> int | None:
    """Sometimes nodeos does not say."""
    return None if second % 1000 < 70 else 20 + second % 11


Day = dict[int, tuple[float | None, ...]]


class Account:
    """What must stand in the history, reckoned without it."""

    def __init__(self) -> None:
        self.seconds: Day = {}
        self._before: Report | None = None

    def restart(self) -> None:
        """A new keeper knows no reading before its first."""
        self._before = None

    def add(self, report: Report) -> None:
        """The first word on a second counts."""
        reading = reading_of(report, self._before)
        self._before = report
        self.seconds.setdefault(int(report.at_utc), reading.values)

    def known(self, begin: int, end: int, place: int) -> Iterator[float]:
        """Values of a quantity that are known between two seconds."""
        for second in range(begin, end):
            values = self.seconds.get(second)
            if values is not None and (value := values[place]) is not None:
                yield value


@in_loop
async def test_a_day_with_a_restart_and_a_stepping_clock(tmp_path: Path) -> None:
    """Every tier says what an independent account of the same cycles says."""
    path = tmp_path / "history.sqlite"
    recorder, account = recorder_of(path), Account()
    took_s, told_turns = 0.0, 0
    for second in range(DAY_S):
        if second == RESTART:
            await recorder.close()
            recorder = recorder_of(path)
            account.restart()
        if RESTART <= second < RESTART + REST_S:
            continue
        turns = (closed(second // 6, ours=second % 126 == 0),) if second % 6 == 0 else ()
        told = cycle(wall(second), turns, links=links_of(second))
        account.add(told.report)
        told_turns += len(turns)
        begin = process_time()
        recorder.put(told)
        if second % 30 == 0:
            await recorder.flush()
        took_s += process_time() - begin
    await recorder.close()
    print(f"processor time for an hour: {took_s / 24 * 1000:.0f} ms")  # noqa: T201 - for docs/history.md
    assert recorder.figures.failed_batches == 0
    assert query(path, "SELECT COUNT(*) FROM seconds") == [(len(account.seconds),)]
    assert query(path, "SELECT COUNT(*) FROM turns") == [(told_turns,)]
    reader = HistoryReader(path)
    for from_utc, to_utc in (
        (BEGIN, BEGIN + DAY_S),
        (BEGIN + RESTART - 60, BEGIN + RESTART + 600),
        (BEGIN + STEP - 200, BEGIN + STEP + 200),
        (BEGIN - 29 * DAY_S, BEGIN + DAY_S),
        (BEGIN - 80 * DAY_S, BEGIN + DAY_S),
    ):
        await agrees(reader, account, from_utc, to_utc)
    await reader.close()


async def agrees(reader: HistoryReader, account: Account, from_utc: int, to_utc: int) -> None:
    """Each step of each curve is what the account says."""
    told = await reader.curves(QUANTITIES, from_utc, to_utc, points=500)
    for curve in told.curves:
        place = QUANTITIES.index(curve.quantity)
        for index, mean in enumerate(curve.mean):
            begin = int(told.begin_utc) + index * told.step_s
            known = list(account.known(begin, begin + told.step_s, place))
            if not known:
                assert (mean, curve.low[index], curve.high[index]) == (None, None, None)
            else:
                assert mean == pytest.approx(fmean(known))
                assert (curve.low[index], curve.high[index]) == (min(known), max(known))


def test_a_kill_at_any_moment_loses_nothing_that_was_written(tmp_path: Path) -> None:
    """The file is sound, every second and turn that was reported is there, and the tiers agree."""
    path, second = tmp_path / "history.sqlite", BEGIN
    for round_number in range(5):
        second = recorded_until_killed(path, second, batches=3 + 37 * round_number)
        assert query(path, "PRAGMA integrity_check") == [("ok",)]
        (newest,) = query(path, "SELECT MAX(at_utc) FROM seconds")[0]
        assert newest >= second - 1
        assert query(path, "SELECT COUNT(*) FROM seconds") == [(newest - BEGIN + 1,)]
        assert query(path, "SELECT COUNT(*) FROM turns") == [(newest - BEGIN + 1,)]
        for table in ("minutes", "ten_minutes", "hours"):
            total = f"SELECT SUM(links_known), MAX(head_number_high) FROM {table}"  # noqa: S608 - own tables
            (seconds,) = query(path, "SELECT COUNT(*), MAX(head_number) FROM seconds")
            assert query(path, total) == [seconds]


def recorded_until_killed(path: Path, second: int, *, batches: int) -> int:
    """Let a keeper write at least so many batches, kill it, and tell what it said last."""
    program = [sys.executable, "-m", "tests.contract.history.endless", str(path), str(second)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, cwd=ROOT, text=True) as keeper:
        assert keeper.stdout is not None
        try:
            for _ in range(batches):
                second = int(keeper.stdout.readline())
        finally:
            keeper.kill()
        said = keeper.stdout.read().split("\n")[:-1]
    return int(said[-1]) if said else second
