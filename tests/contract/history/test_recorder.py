"""What a recorder leaves in its file, whatever befalls it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from eoskeeper.domain.alerting.events import AlarmAcked, AlarmsSnapshot
from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.events import KeeperStarted
from eoskeeper.domain.publication import Publication
from eoskeeper.history import batch
from eoskeeper.history.queries import HistoryReader
from eoskeeper.history.recorder import (
    HISTORY_NOT_WRITTEN,
    HISTORY_WRITTEN_AGAIN,
    READINGS_A_BATCH,
)
from eoskeeper.history.settings import HistorySettings
from eoskeeper.history.store import HISTORY_DAMAGED
from tests.contract.history.cycles import (
    closed,
    cycle,
    in_loop,
    query,
    recorder_of,
    report_at,
    signed,
)
from tests.contract.history.limits import smallest_files
from tests.contract.history.synthetic import SilentLog

BEGIN = 1_751_788_800


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the history will be."""
    return tmp_path / "state" / "history.sqlite"


def started(utc_s: float) -> KeeperStarted:
    """A decision."""
    return KeeperStarted(Moment(MonoS(1.0), UtcS(utc_s)), "1.0", "bp-one", "primary", "auto")


def is_there(path: Path) -> bool:
    """The file exists."""
    return path.exists()


def mode_of(path: Path) -> int:
    """Who may read and write it."""
    return path.stat().st_mode & 0o777


def spoil(path: Path, damage: str) -> None:
    """Write over the file, or a part of it, or cut it."""
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if damage == "cut off":
            file.truncate(8192)
            return
        file.seek(0 if damage == "nothing is right" else 4096)
        file.write(b"\xa5" * (size - file.tell()))


@in_loop
async def test_what_is_in_memory_is_written_at_an_orderly_end(path: Path) -> None:
    """A restart of the keeper loses no second; the write-ahead log is gone then, too."""
    recorder = recorder_of(path)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(recorder.run())
        await asyncio.sleep(0)
        for second in range(READINGS_A_BATCH - 1):
            recorder.put(cycle(BEGIN + second + 0.5))
        assert not is_there(path)
        task.cancel()
    assert query(path, "SELECT COUNT(*), SUM(links) FROM seconds") == [(9, 9 * 24.0)]
    assert query(path, "SELECT links_known, links_mean FROM minutes") == [(9, 24.0)]
    assert mode_of(path) == 0o600
    assert not is_there(path.with_name(path.name + "-wal"))


@in_loop
async def test_turns_and_events_are_written_at_once(path: Path) -> None:
    """A takeover must be in the timeline when somebody looks."""
    recorder, reader = recorder_of(path), HistoryReader(path)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(recorder.run())
        recorder.put(cycle(BEGIN, (closed(7),)))
        for _ in range(1000):
            if await reader.newest_turn() == 7:
                break
            await asyncio.sleep(0.01)
        assert await reader.newest_turn() == 7
        task.cancel()
    await reader.close()


@in_loop
async def test_the_word_of_a_peer_may_come_later(path: Path) -> None:
    """Who made a turn is often heard after the turn was closed."""
    recorder, reader = recorder_of(path), HistoryReader(path)
    recorder.put(cycle(BEGIN, (closed(7, "p" * 11 + "m"),)))
    await recorder.flush()
    recorder.put(cycle(BEGIN + 1, own_turns=signed(7, "bp-two")))
    recorder.put(cycle(BEGIN + 2, own_turns=signed(7, "")))
    await recorder.flush()
    (turn,) = await reader.turns()
    assert (turn.made_by, turn.cells, turn.latest_ms) == ("bp-two", "p" * 11 + "m", 120)
    assert turn.begin_utc == 946_684_842.0
    await reader.close()


@in_loop
async def test_an_amended_turn_replaces_what_was_told(path: Path) -> None:
    """A fork took two blocks; a telling that knows less than either changes nothing."""
    recorder, reader = recorder_of(path), HistoryReader(path)
    recorder.put(cycle(BEGIN, (closed(7),), own_turns=signed(7, "bp-one")))
    await recorder.flush()
    recorder.put(cycle(BEGIN + 1, (closed(7, "p" * 10 + "ll", amended=True),)))
    recorder.put(cycle(BEGIN + 2, (closed(7, "u" * 12),)))
    await recorder.flush()
    (turn,) = await reader.turns()
    assert (turn.cells, turn.made_by) == ("p" * 10 + "ll", "bp-one")
    await reader.close()


@pytest.mark.parametrize("known_with_the_fork", [True, False])
@in_loop
async def test_a_late_word_of_the_maker_does_not_undo_a_fork(
    path: Path, *, known_with_the_fork: bool
) -> None:
    """It tells the newest cells again, not those of the first telling."""
    recorder, reader = recorder_of(path), HistoryReader(path)
    makers = signed(7, "bp-one")
    recorder.put(cycle(BEGIN, (closed(7),)))
    amended = closed(7, "p" * 11 + "m", amended=True)
    recorder.put(cycle(BEGIN + 1, (amended,), own_turns=makers if known_with_the_fork else ()))
    recorder.put(cycle(BEGIN + 2, own_turns=makers))
    await recorder.flush()
    (turn,) = await reader.turns()
    assert (turn.cells, turn.made_by) == ("p" * 11 + "m", "bp-one")
    await reader.close()


@in_loop
async def test_events_are_there_once_however_often_they_come(path: Path) -> None:
    """Live, written twice by a cut-short end, and from the journals after a kill."""
    recorder, reader = recorder_of(path), HistoryReader(path)
    moment = Moment(MonoS(1.0), UtcS(BEGIN + 2.0))
    alarms = (AlarmsSnapshot(moment, 1), AlarmAcked(moment, ("links",), "ann"))
    decisions = [started(BEGIN + index) for index in range(1200)]
    for _ in range(2):
        recorder.put(
            Publication(now=moment, report=report_at(BEGIN), events=(decisions[0],), told=alarms)
        )
        await recorder.flush()
    assert await recorder.backfill(decisions, alarms) == 1199
    assert await recorder.backfill(decisions, alarms) == 0
    events = await reader.events(limit=2000)
    assert len(events) == 1201
    assert [one.number for one in events] == sorted((one.number for one in events), reverse=True)
    assert {one.kind for one in events} == {"keeper_started", "alarm_acknowledged"}
    await reader.close()


@in_loop
async def test_a_clock_that_was_set_back_changes_no_second(path: Path) -> None:
    """What was written first stays; the gaps are filled."""
    recorder = recorder_of(path)
    for second in (*range(30), *range(35, 60)):
        recorder.put(cycle(BEGIN + second, links=10))
    for second in range(15):
        recorder.put(cycle(BEGIN + second + 0.125, links=99))
    await recorder.flush()
    for second in range(60):
        recorder.put(cycle(BEGIN + second + 0.25, links=99))
    await recorder.flush()
    row = "SELECT links_known, links_low, links_high FROM minutes"
    assert query(path, row) == [(60, 10.0, 99.0)]
    assert query(path, "SELECT COUNT(*) FROM seconds WHERE links = 99") == [(5,)]


@in_loop
async def test_readings_from_before_the_pruning_are_refused(path: Path) -> None:
    """A minute of which one second came again must not be told by that second."""
    recorder = recorder_of(path, HistorySettings(seconds_days=0))
    for second in range(0, 7200, 10):
        for step in range(10):
            recorder.put(cycle(BEGIN + second + step))
        await recorder.flush()
    oldest, kept = query(path, "SELECT MIN(at_utc), COUNT(*) FROM seconds")[0]
    assert 3600 <= kept <= 3600 + 1200
    assert oldest % 60 == 0
    before = query(path, "SELECT * FROM minutes ORDER BY at_utc")
    recorder.put(cycle(BEGIN + 5, links=99))
    await recorder.flush()
    assert query(path, "SELECT * FROM minutes ORDER BY at_utc") == before
    assert len(before) == 120


@in_loop
async def test_old_minutes_and_foreign_turns_go_in_steps(path: Path) -> None:
    """Days are counted in rows, so that a clock that runs ahead deletes nothing."""
    recorder = recorder_of(path, HistorySettings(minutes_days=1))
    recorder.put(cycle(BEGIN, (closed(1),)))
    await recorder.flush()
    for hour in range(40):
        for minute in range(60):
            recorder.put(cycle(BEGIN + hour * 3600 + minute * 60))
        await recorder.flush()
    recorder.put(cycle(BEGIN + 400 * 86_400))
    await recorder.flush()
    (count,) = query(path, "SELECT COUNT(*) FROM minutes")[0]
    assert 1440 <= count <= 1440 + 60 + 600
    (oldest,) = query(path, "SELECT MIN(at_utc) FROM hours")[0]
    assert (oldest,) == query(path, "SELECT MIN(at_utc) FROM ten_minutes")[0]
    assert (oldest,) == query(path, "SELECT MIN(at_utc) FROM minutes")[0]
    assert query(path, "SELECT COUNT(*) FROM turns") == [(1,)]


@in_loop
async def test_a_disk_without_room_costs_history_only(path: Path) -> None:
    """What waits is bounded and counted; people are told once, and everything that fits is kept."""
    log = SilentLog()
    recorder = recorder_of(path, log=log)
    recorder.put(cycle(BEGIN))
    await recorder.flush()
    with smallest_files(path):
        for second in range(1, batch.READINGS_KEPT + 11):
            recorder.put(cycle(BEGIN + second, (closed(second),)))
            if second % 1000 == 0:
                await recorder.flush()
        figures = recorder.figures
    assert figures.failed_batches == 3
    assert figures.problem
    assert figures.dropped_readings == 10
    assert figures.dropped_turns == batch.READINGS_KEPT + 10 - batch.TURNS_KEPT
    assert log.said == [HISTORY_NOT_WRITTEN]
    await recorder.flush()
    assert log.said == [HISTORY_NOT_WRITTEN, HISTORY_WRITTEN_AGAIN]
    assert recorder.figures.problem == ""
    assert query(path, "SELECT COUNT(*) FROM seconds") == [(1 + batch.READINGS_KEPT,)]
    assert query(path, "SELECT COUNT(*) FROM turns") == [(batch.TURNS_KEPT,)]
    assert query(path, "PRAGMA integrity_check") == [("ok",)]


@in_loop
async def test_somebody_who_writes_with_the_shell_is_waited_for(path: Path) -> None:
    """By the thread only: cycles go on meanwhile."""
    recorder = recorder_of(path)
    recorder.put(cycle(BEGIN))
    await recorder.flush()
    shell = sqlite3.connect(path, isolation_level=None)
    shell.execute("BEGIN IMMEDIATE")
    async with asyncio.TaskGroup() as group:
        recorder.put(cycle(BEGIN + 1))
        group.create_task(recorder.flush())
        await asyncio.sleep(0.1)
        for second in range(2, 500):
            recorder.put(cycle(BEGIN + second))
        assert query(path, "SELECT COUNT(*) FROM seconds") == [(1,)]
        shell.execute("COMMIT")
    shell.close()
    await recorder.flush()
    assert query(path, "SELECT COUNT(*) FROM seconds") == [(500,)]
    assert recorder.figures.failed_batches == 0


@pytest.mark.parametrize("damage", ["nothing is right", "from the second page on", "cut off"])
@in_loop
async def test_a_spoilt_file_is_put_aside_and_a_new_one_begun(path: Path, damage: str) -> None:
    """People are told, and the reader follows."""
    log, reader = SilentLog(), HistoryReader(path)
    before = recorder_of(path)
    for second in range(600):
        before.put(cycle(BEGIN + second, (closed(second),)))
    await before.close()
    assert await reader.newest_turn() == 599
    spoil(path, damage)
    recorder = recorder_of(path, log=log)
    recorder.put(cycle(BEGIN + 100, (closed(100),)))
    await recorder.flush()
    assert log.said == [HISTORY_DAMAGED]
    assert [turn.turn for turn in await reader.turns()] == [100]
    assert path.with_name("history.damaged-1.sqlite").exists()
    await reader.close()


@in_loop
async def test_a_file_of_a_newer_program_is_left_alone(path: Path) -> None:
    """Going back a version must not cost the history."""
    recorder = recorder_of(path)
    recorder.put(cycle(BEGIN))
    await recorder.flush()
    query(path, "PRAGMA user_version = 99")
    log = SilentLog()
    older = recorder_of(path, log=log)
    older.put(cycle(BEGIN + 1))
    await older.flush()
    assert log.said == [HISTORY_NOT_WRITTEN]
    assert "newer" in older.figures.problem
    assert query(path, "SELECT COUNT(*) FROM seconds") == [(1,)]


@in_loop
async def test_a_quantity_that_is_new_to_the_program_gets_its_columns(path: Path) -> None:
    """Its past is unknown, and nothing else changes."""
    recorder = recorder_of(path)
    recorder.put(cycle(BEGIN))
    await recorder.flush()
    for table, ending in (("seconds", ""), ("minutes", "_mean")):
        query(path, f"ALTER TABLE {table} DROP COLUMN load_1m{ending}")
    later = recorder_of(path)
    later.put(cycle(BEGIN + 1))
    await later.flush()
    rows = query(path, "SELECT load_1m, links FROM seconds ORDER BY at_utc")
    assert rows == [(None, 24.0), (0.87, 24.0)]
    assert query(path, "SELECT load_1m_mean FROM minutes") == [(0.87,)]
