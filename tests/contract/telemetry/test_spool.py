"""The spool on a real disk: in order, bounded, and an outage keeps its whole length."""

from __future__ import annotations

import sqlite3
import threading
from itertools import pairwise
from pathlib import Path

import pytest

from eoskeeper.telemetry.spool import ROW_BYTES, Kind, Spool, SpoolError
from tests.contract.history.limits import smallest_files

MIB = 2**20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where it will be."""
    return tmp_path / "state" / "spool.sqlite"


def spool_at(path: Path, max_bytes: int = MIB, put_aside: list[Path] | None = None) -> Spool:
    """A spool; nobody else writes there."""
    return Spool(path, max_bytes, ([] if put_aside is None else put_aside).append)


def text_of(number: int) -> bytes:
    """A record's lines; no two are the same."""
    return b"m x=%di %d\n" % (number, number)


def fill(spool: Spool, numbers: range, kind: Kind = Kind.SAMPLE) -> None:
    """A record of three points each, one at a time."""
    for number in numbers:
        spool.append([(kind, 3, text_of(number))], float(number))


def fill_in_pairs(spool: Spool, numbers: range) -> None:
    """Two records at a time."""
    for number in numbers:
        spool.append([(Kind.SAMPLE, 3, text_of(number) * 50)] * 2, float(number))


def numbers_in(spool: Spool) -> list[int]:
    """What is there, by the field."""
    return [int(one.lines.split(b" ")[2]) for one in spool.oldest(10**9, 10**9)]


def test_what_was_put_first_comes_first(path: Path) -> None:
    """Also after a restart, and no number is given twice."""
    spool = spool_at(path)
    assert spool.append([(Kind.SAMPLE, 2, b"a\nb\n"), (Kind.EVENT, 1, b"c\n")], 5.0) == (1, 2)
    spool.remove([2])
    spool.close()
    spool = spool_at(path)
    assert spool.append([(Kind.SAMPLE, 1, b"d\n")], 7.0) == (3,)
    assert [(one.number, one.points, one.lines) for one in spool.oldest(99, 99)] == [
        (1, 2, b"a\nb\n"),
        (3, 1, b"d\n"),
    ]


def test_a_batch_passes_neither_bound_but_holds_one_record(path: Path) -> None:
    """A record larger than both would otherwise stay for ever."""
    spool = spool_at(path)
    fill(spool, range(10))
    assert len(spool.oldest(max_points=9, max_bytes=10**6)) == 3
    assert len(spool.oldest(max_points=10**6, max_bytes=len(text_of(1)) * 4)) == 4
    assert len(spool.oldest(max_points=1, max_bytes=1)) == 1


def test_the_figures_say_what_is_there(path: Path) -> None:
    """The same after a restart, when they are counted anew."""
    spool = spool_at(path)
    assert (spool.figures().points, spool.figures().oldest_utc) == (0, None)
    fill(spool, range(100, 110))
    spool.remove([1, 2, 77])
    figures = spool.figures()
    assert (figures.records, figures.points, figures.oldest_utc) == (8, 24, 102.0)
    assert figures.spooled_bytes > 8 * ROW_BYTES
    spool.close()
    assert spool_at(path).figures() == figures


def test_samples_are_thinned_evenly_and_an_outage_keeps_its_length(path: Path) -> None:
    """The room is kept, the resolution is halved again and again, and what goes is counted."""
    room = 20_000
    spool = spool_at(path, room)
    put = 3000
    for number in range(put):
        spool.append([(Kind.SAMPLE, 3, text_of(number))], float(number))
        assert spool.figures().spooled_bytes <= room
    left = numbers_in(spool)
    steps = {after - before for before, after in pairwise(left)}
    coarse = max(steps)
    assert all(coarse % step == 0 for step in steps), "halves of halves"
    assert left[0] < coarse, "the beginning is there"
    assert left[-1] >= put - coarse, "the end is there"
    assert coarse <= 4 * put / len(left), "as fine as the room allows"
    figures = spool.figures()
    assert figures.dropped_samples == 3 * (put - len(left))
    assert figures.dropped_events == 0


def test_samples_that_come_with_events_are_not_all_thinned_at_once(path: Path) -> None:
    """Every record of a sample could have an odd number."""
    spool = spool_at(path, 20_000)
    for number in range(200):
        spool.append(
            [(Kind.SAMPLE, 3, text_of(number)), (Kind.EVENT, 1, text_of(10_000 + number))], 1.0
        )
    left = [number for number in numbers_in(spool) if number < 10_000]
    assert spool.figures().dropped_samples > 0
    assert left[0] < 16, "the beginning is there"


def test_events_go_last_and_the_oldest_first(path: Path) -> None:
    """After every sample, and counted by themselves."""
    spool = spool_at(path, 20_000)
    fill(spool, range(10_000, 10_100))
    fill(spool, range(2000), Kind.EVENT)
    left = numbers_in(spool)
    assert left == list(range(left[0], 2000))
    figures = spool.figures()
    assert figures.dropped_samples == 300
    assert figures.dropped_events == 3 * left[0]
    assert figures.dropped == 300 + 3 * left[0]


def test_the_count_of_what_was_given_up_outlives_a_restart(path: Path) -> None:
    """And what is thinned after it goes on where it was."""
    spool = spool_at(path, 20_000)
    fill(spool, range(1000))
    before = spool.figures()
    spool.close()
    spool = spool_at(path, 20_000)
    assert spool.figures() == before
    fill(spool, range(1000, 1500))
    assert spool.figures().dropped_samples > before.dropped_samples


def test_a_full_disk_is_told_and_nothing_is_half_written(path: Path) -> None:
    """What was there stays, and when there is room again it goes on."""
    spool = spool_at(path, 100 * MIB)
    fill(spool, range(3))
    with smallest_files(path), pytest.raises(SpoolError):
        fill_in_pairs(spool, range(3, 1000))
    kept = spool.figures().records
    assert kept % 2 == 1, "three, and pairs"
    fill(spool, range(2000, 2001))
    assert spool.figures().records == kept + 1
    assert len(spool.oldest(10**9, 10**9)) == kept + 1


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """As an error of the world that has its own type."""
    (tmp_path / "state").write_text("a file")
    with pytest.raises(SpoolError):
        spool_at(tmp_path / "state" / "spool.sqlite").figures()


@pytest.mark.parametrize("damage", [b"", b"no database, " * 999])
def test_a_file_that_is_none_of_ours_is_put_aside(path: Path, damage: bytes) -> None:
    """The call succeeds on a new one; an empty file is as good as none."""
    path.parent.mkdir()
    path.write_bytes(damage)
    put_aside: list[Path] = []
    spool = spool_at(path, put_aside=put_aside)
    fill(spool, range(3))
    assert numbers_in(spool) == [0, 1, 2]
    assert [one.read_bytes() for one in put_aside] == ([damage] if damage else [])


def test_damage_in_the_middle_is_put_aside(path: Path) -> None:
    """Whatever the file holds, points go on."""
    spool = spool_at(path, 100 * MIB)
    for number in range(2000):
        spool.append([(Kind.SAMPLE, 1, text_of(number) * 20)], 1.0)
    spool.close()
    content = bytearray(path.read_bytes())
    content[8192 : len(content) - 4096] = b"\xff" * (len(content) - 12_288)
    path.write_bytes(content)
    put_aside: list[Path] = []
    spool = spool_at(path, put_aside=put_aside)
    fill(spool, range(3))
    assert numbers_in(spool) == [0, 1, 2]
    assert len(put_aside) == 1


def test_a_record_that_cannot_be_unpacked_is_damage(path: Path) -> None:
    """It would stop everything behind it for ever."""
    spool = spool_at(path)
    fill(spool, range(3))
    spool.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE records SET lines = X'00ff'")
    put_aside: list[Path] = []
    spool = spool_at(path, put_aside=put_aside)
    assert spool.oldest(9, 9) == ()
    assert len(put_aside) == 1


def test_two_threads_wait_for_each_other(path: Path) -> None:
    """The writer stores while it reads what waits."""
    spool = spool_at(path)
    failures: list[SpoolError] = []

    def work(first: int) -> None:
        try:
            for number in range(first, first + 100):
                spool.append([(Kind.SAMPLE, 1, text_of(number))], 1.0)
                spool.oldest(10, 1000)
        except SpoolError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert spool.figures().records == 200
