"""What a page is told, how fast, and how big the file is that it is told from."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import fmean, median
from time import process_time_ns

import msgspec
import pytest

from eoskeeper.domain.chain_time import slot_utc
from eoskeeper.domain.events import Event
from eoskeeper.domain.records import QUANTITIES, EventSource, Quantity
from eoskeeper.history.damage import HistoryUnavailableError
from eoskeeper.history.queries import HistoryFigures, HistoryReader
from eoskeeper.history.settings import HistorySettings
from tests.contract.history.cycles import cycle, in_loop, query, recorder_of
from tests.contract.history.synthetic import (
    DAY_S,
    END_UTC,
    OUR_ACCOUNT,
    OUR_HOSTS,
    fill,
    is_resting,
    values_at,
)

DAYS = 90
MONTH_LIMIT_BYTES = 200_000_000
ANSWER_LIMIT_MS = 50.0
ASKED = 20


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ninety days of one host and 21 producers."""
    path = tmp_path_factory.mktemp("quarter") / "history.sqlite"
    fill(path, DAYS)
    return path


@pytest.fixture
def reader(quarter: Path) -> Iterator[HistoryReader]:
    """Asks the quarter."""
    reader = HistoryReader(quarter)
    yield reader
    asyncio.run(reader.close())


# --- size and speed -----------------------------------------------------------------------------


def test_a_month_of_one_host_is_small(tmp_path: Path) -> None:
    """Promised are 200 MB for 30 days with every producer's turns."""
    path = tmp_path / "history.sqlite"
    fill(path, 30)
    size = path.stat().st_size
    parts = "SELECT name, SUM(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 6"
    print(f"30 days: {size / 1e6:.1f} MB", query(path, parts))  # noqa: T201 - quoted in docs/history.md
    assert query(path, "SELECT COUNT(*) FROM turns") == [(30 * 14_400,)]
    assert size < MONTH_LIMIT_BYTES / 4


Question = Callable[[HistoryReader], Awaitable[object]]


def curves(span_s: int) -> Question:
    """All quantities over a span, as the page asks."""
    return lambda reader: reader.curves(QUANTITIES, END_UTC - span_s, END_UTC)


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("hour", curves(3600)),
        ("day", curves(DAY_S)),
        ("week", curves(7 * DAY_S)),
        ("month", curves(30 * DAY_S)),
        ("quarter", curves(90 * DAY_S)),
        ("2000 turns", lambda reader: reader.turns(limit=2000)),
        ("2000 own turns", lambda reader: reader.turns(ours=True, limit=2000)),
        ("2000 of one", lambda reader: reader.turns(producer="producerc", limit=2000)),
        ("500 events", lambda reader: reader.events(limit=500)),
        ("newest turn", lambda reader: reader.newest_turn()),
    ],
)
def test_every_question_of_a_page_is_answered_soon(
    reader: HistoryReader, name: str, question: Question
) -> None:
    """Within 50 ms of processor time: other tests may have the processors meanwhile."""

    async def asked() -> list[float]:
        times_ms = []
        for _ in range(ASKED):
            begin = process_time_ns()
            await question(reader)
            times_ms.append((process_time_ns() - begin) / 1e6)
        return times_ms

    took_ms = median(asyncio.run(asked()))
    print(f"{name}: {took_ms:.1f} ms")  # noqa: T201 - quoted in docs/history.md
    assert took_ms < ANSWER_LIMIT_MS


# --- curves -------------------------------------------------------------------------------------


@in_loop
async def test_an_hour_is_told_from_its_seconds(reader: HistoryReader) -> None:
    """Each step holds mean, low and high of its six seconds."""
    told = await reader.curves([Quantity.LINKS, Quantity.HEAD_AGE_S], END_UTC - 3600, END_UTC)
    assert int(told.begin_utc) == END_UTC - 3600
    assert told.step_s == 6
    for curve in told.curves:
        place = QUANTITIES.index(curve.quantity)
        for index, mean in enumerate(curve.mean):
            begin = END_UTC - 3600 + 6 * index
            seconds = [values_at(second)[place] for second in range(begin, begin + 6)]
            assert mean == pytest.approx(fmean(seconds))
            assert (curve.low[index], curve.high[index]) == (min(seconds), max(seconds))


@in_loop
async def test_a_day_is_told_from_its_minutes_and_has_holes(reader: HistoryReader) -> None:
    """While the keeper rested nothing is known: that is neither zero nor the value before."""
    told = await reader.curves([Quantity.LOAD_1M], END_UTC - DAY_S, END_UTC)
    place = QUANTITIES.index(Quantity.LOAD_1M)
    (curve,) = told.curves
    holes = 0
    for index, mean in enumerate(curve.mean):
        begin = int(told.begin_utc) + index * told.step_s
        known = [one for one in range(begin, begin + told.step_s) if not is_resting(one)]
        seconds = [values_at(second)[place] for second in known if second < END_UTC]
        holes += not seconds
        if seconds:
            assert mean == pytest.approx(fmean(seconds))
            assert (curve.low[index], curve.high[index]) == (min(seconds), max(seconds))
        else:
            assert (mean, curve.low[index], curve.high[index]) == (None, None, None)
    assert holes >= 6


_CPU_OF_MINUTES = """
    SELECT
        SUM(nodeos_cpu_percent_mean * nodeos_cpu_percent_known) / SUM(nodeos_cpu_percent_known),
        MIN(nodeos_cpu_percent_low),
        MAX(nodeos_cpu_percent_high)
    FROM minutes WHERE at_utc >= ? AND at_utc < ?
"""


@pytest.mark.parametrize("days", [7, 30, 90])
@in_loop
async def test_coarse_tiers_tell_what_the_minutes_tell(
    quarter: Path, reader: HistoryReader, days: int
) -> None:
    """Asked by hand with the sqlite3 shell."""
    told = await reader.curves([Quantity.NODEOS_CPU_PERCENT], END_UTC - days * DAY_S, END_UTC)
    (curve,) = told.curves
    for index in range(0, len(curve.mean), 37):
        begin = int(told.begin_utc) + index * told.step_s
        found = query(quarter, _CPU_OF_MINUTES, (begin, begin + told.step_s))[0]
        answered = (curve.mean[index], curve.low[index], curve.high[index])
        assert answered == pytest.approx(found)


@in_loop
async def test_steps_do_not_move_with_the_clock(reader: HistoryReader) -> None:
    """A plot that is drawn again a second later has the same points, or its peaks would dance."""
    first = await reader.curves([Quantity.LINKS], END_UTC - DAY_S, END_UTC - 7)
    later = await reader.curves([Quantity.LINKS], END_UTC - DAY_S + 1, END_UTC - 6)
    assert first.begin_utc == later.begin_utc
    assert first.curves == later.curves


@in_loop
async def test_what_is_before_and_after_the_history_is_unknown(reader: HistoryReader) -> None:
    """Nothing is made up."""
    for begin in (END_UTC + DAY_S, END_UTC - 200 * DAY_S):
        told = await reader.curves([Quantity.LINKS], begin, begin + DAY_S)
        assert set(told.curves[0].mean) == {None}
    nothing = await reader.curves([Quantity.LINKS], END_UTC, END_UTC - 1)
    assert nothing.curves[0].mean == ()


# --- turns and events ---------------------------------------------------------------------------


@in_loop
async def test_turns_are_the_newest_and_oldest_first(reader: HistoryReader) -> None:
    """Of all, of ours, of one producer, of a span."""
    newest = await reader.newest_turn()
    assert newest is not None
    turns = await reader.turns(limit=5)
    assert [one.turn for one in turns] == list(range(newest - 4, newest + 1))
    own = await reader.turns(ours=True, limit=3)
    assert {one.producer for one in own} == {OUR_ACCOUNT}
    assert {one.made_by for one in own} <= set(OUR_HOSTS)
    assert await reader.turns(producer=OUR_ACCOUNT, limit=3) == own
    assert await reader.turns(producer="nobody") == ()
    begin = slot_utc((newest - 100) * 12)
    span = await reader.turns(from_utc=begin + 3, to_utc=begin + 12.4, limit=50)
    assert [one.turn for one in span] == [newest - 100, newest - 99, newest - 98]


@in_loop
async def test_events_can_be_paged_in_both_directions(reader: HistoryReader) -> None:
    """Whoever goes on from what it has skips nothing, and sees nothing twice."""
    newest = await reader.events(limit=10)
    older = await reader.events(before=newest[-1].number, limit=10)
    numbers = [one.number for one in (*newest, *older)]
    assert numbers == list(range(numbers[0], numbers[0] - 20, -1))
    between = await reader.events(before=numbers[0], after=numbers[-1], limit=500)
    assert [one.number for one in between] == numbers[1:-1]
    onward = await reader.events(after=numbers[-1], limit=5)
    assert [one.number for one in onward] == numbers[-6:-1]
    assert await reader.events(source=EventSource.ALARM) == ()
    assert len(await reader.events(source=EventSource.DECISION, limit=7)) == 7
    event = msgspec.json.decode(newest[0].event, type=Event)
    assert event.at.utc_s == newest[0].at_utc
    assert b'"number":' in msgspec.json.encode(newest[0])


# --- the file -----------------------------------------------------------------------------------


@in_loop
async def test_a_history_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    """A page may be opened before the first batch, or while the file is being set up."""
    path = tmp_path / "history.sqlite"
    reader = HistoryReader(path)
    for _ in range(2):
        told = await reader.curves([Quantity.LINKS], END_UTC - 3600, END_UTC)
        assert set(told.curves[0].mean) == {None}
        assert (await reader.turns(), await reader.events()) == ((), ())
        assert await reader.newest_turn() is None
        assert await reader.figures() == HistoryFigures()
        path.touch()
    await reader.close()


@in_loop
async def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """The page says so; an empty plot would say that nothing happened."""
    path = tmp_path / "history.sqlite"
    path.write_bytes(b"no database at all, whatever it may be called" * 100)
    reader = HistoryReader(path)
    with pytest.raises(HistoryUnavailableError):
        await reader.turns()


@in_loop
async def test_readers_and_the_writer_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """A reader in the middle of a long look sees the file as it was; writing goes on."""
    path = tmp_path / "history.sqlite"
    recorder, reader = recorder_of(path), HistoryReader(path)
    recorder.put(cycle(END_UTC))
    await recorder.flush()
    look = sqlite3.connect(path, isolation_level=None)
    look.execute("BEGIN")
    assert look.execute("SELECT COUNT(*) FROM seconds").fetchone() == (1,)
    for second in range(1, 2000, 100):
        for step in range(100):
            recorder.put(cycle(END_UTC + second + step))
        await recorder.flush()
    assert look.execute("SELECT COUNT(*) FROM seconds").fetchone() == (1,)
    assert (await reader.figures()).seconds == 2001
    assert recorder.figures.failed_batches == 0
    look.close()
    await recorder.close()
    await reader.close()


@in_loop
async def test_a_file_that_grows_too_big_loses_foreign_turns_first(
    quarter: Path, tmp_path: Path
) -> None:
    """The oldest of them, some with each batch; own turns, events and minutes stay."""
    path = tmp_path / "history.sqlite"
    path.write_bytes(quarter.read_bytes())  # noqa: ASYNC240 - nothing else runs
    before = query(path, _KEPT)
    recorder = recorder_of(path, HistorySettings(max_mib=64))
    for second in range(5):
        recorder.put(cycle(END_UTC + second))
        await recorder.flush()
    await recorder.close()
    after = query(path, _KEPT)
    assert after[0][0] == before[0][0] - 5 * 2000
    assert after[0][1:] == before[0][1:]
    assert query(path, "SELECT MIN(turn) FROM turns WHERE ours = 0") > query(
        quarter, "SELECT MIN(turn) + 2000 FROM turns WHERE ours = 0"
    )


_KEPT = """
    SELECT
        (SELECT COUNT(*) FROM turns WHERE ours = 0),
        (SELECT COUNT(*) FROM turns WHERE ours = 1),
        (SELECT COUNT(*) FROM events),
        (SELECT COUNT(*) FROM hours WHERE at_utc < 1751788800)
"""


@in_loop
async def test_figures_tell_what_is_there(quarter: Path, reader: HistoryReader) -> None:
    """For the operator who wonders about the disk."""
    figures = await reader.figures()
    assert figures.file_bytes >= quarter.stat().st_size  # noqa: ASYNC240 - nothing else runs
    assert figures.turns == DAYS * 14_400
    assert figures.events == 2 * 24 * DAYS
    assert figures.oldest_minute_utc is not None
    assert END_UTC - DAYS * DAY_S <= figures.oldest_minute_utc < END_UTC - (DAYS - 1) * DAY_S
    assert figures.seconds > 80_000
