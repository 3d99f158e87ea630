"""The journal on a sound disk: what is written is read, in bounds, by one writer."""

from __future__ import annotations

import os
import stat
import sys
import threading
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING

import pytest

from eoskeeper.runtime.journal import (
    Damage,
    Journal,
    JournalError,
    JournalReader,
    JournalSettings,
    Recovery,
)
from tests.unit.runtime.journal_records import SMALL_SEGMENTS, Done, FromTheFuture, Record, Said

if TYPE_CHECKING:
    from pathlib import Path


def opened(folder: Path, settings: JournalSettings = SMALL_SEGMENTS) -> Journal[Record]:
    """A journal of this test's records."""
    return Journal[Record](folder, Record, settings)


def reader(folder: Path) -> JournalReader[Record]:
    """A reader of the same."""
    return JournalReader[Record](folder, Record)


def long_records(count: int) -> list[Record]:
    """Records of which three fill a small segment."""
    return [Said(number, "x" * 1300) for number in range(count)]


def filled(folder: Path, records: list[Record], settings: JournalSettings = SMALL_SEGMENTS) -> None:
    """Write records and close."""
    with opened(folder, settings) as journal:
        for record in records:
            journal.append(record)


def append_many(journal: Journal[Record], count: int) -> None:
    """Append records numbered from zero."""
    for number in range(count):
        journal.append(Said(number, "x" * 50))


def segment_names(folder: Path) -> list[str]:
    """Names of the segments, oldest first."""
    return sorted(path.name for path in folder.glob("*.jsonl"))


def test_reads_what_was_appended_oldest_first(tmp_path: Path) -> None:
    """Over a close and a second opening, too."""
    first: list[Record] = [Said(1, "one\nline, \u4e2d\u6587, \u0000, \u2028"), Done(2)]
    filled(tmp_path, first)
    with opened(tmp_path) as journal:
        journal.append(Done(3))

        assert list(journal.read()) == [*first, Done(3)]
        assert journal.damage == Damage()


def test_a_record_is_on_the_disk_before_append_returns(tmp_path: Path) -> None:
    """Another reader sees it at once; nothing waits in a buffer of the process."""
    with opened(tmp_path) as journal:
        for number in range(5):
            journal.append(Done(number))

            assert list(reader(tmp_path).read())[-1] == Done(number)


def test_begins_a_new_segment_when_one_is_full(tmp_path: Path) -> None:
    """Three records fill a segment; none is lost at the seam."""
    filled(tmp_path, long_records(7))

    assert segment_names(tmp_path) == [f"journal-{number:08d}.jsonl" for number in (1, 2, 3)]
    assert list(reader(tmp_path).read()) == long_records(7)


def test_the_oldest_segments_go_first_and_the_size_stays_bounded(tmp_path: Path) -> None:
    """Of 30 records the newest three segments are left, and they are the newest records."""
    filled(tmp_path, long_records(30), JournalSettings(segment_bytes=4096, segments=3))

    left = list(reader(tmp_path).read())
    assert len(segment_names(tmp_path)) == 3
    assert left == long_records(30)[-len(left) :]
    assert sum(path.stat().st_size for path in tmp_path.glob("*.jsonl")) <= 3 * 4096


def test_a_record_larger_than_a_segment_has_one_of_its_own(tmp_path: Path) -> None:
    """It is not refused: the size is a bound on files, not on decisions."""
    records: list[Record] = [Said(1, "x" * 20_000), Done(2), Said(3, "x" * 20_000), Done(4)]
    filled(tmp_path, records)

    assert list(reader(tmp_path).read()) == records
    assert len(segment_names(tmp_path)) == 4


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7, 8])
def test_reads_the_last_few_over_segment_borders(tmp_path: Path, count: int) -> None:
    """The newest ones, oldest of them first, and no more than there are."""
    filled(tmp_path, long_records(7))

    expected = long_records(7)[max(7 - count, 0) :]
    assert reader(tmp_path).read_last(count) == expected


def test_a_second_writer_is_told_who_holds_the_journal(tmp_path: Path) -> None:
    """The message names the process; reading is still open to all."""
    with opened(tmp_path) as journal:
        journal.append(Done(1))
        with pytest.raises(JournalError, match=rf"another keeper \(pid {os.getpid()}\)"):
            opened(tmp_path)

        assert list(reader(tmp_path).read()) == [Done(1)]


def test_the_lock_of_a_killed_writer_is_free(tmp_path: Path) -> None:
    """The kernel drops it with the process; a pid left in the file binds nobody."""
    program = [sys.executable, "-m", "tests.unit.runtime.journal_records", str(tmp_path)]
    with Popen(program, stdout=PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(JournalError, match=f"pid {writer.pid}"):
            opened(tmp_path)
        writer.kill()
    opened(tmp_path).close()


def test_reading_needs_no_lock_and_sees_only_whole_records(tmp_path: Path) -> None:
    """A record half written is bytes still open, not damage; it is read once it is whole."""
    filled(tmp_path, [Done(1), Done(2)])
    segment = tmp_path / segment_names(tmp_path)[0]
    whole = segment.read_bytes()
    for size in range(whole.index(b"\n") + 1, len(whole)):
        segment.write_bytes(whole[:size])
        watching = reader(tmp_path)

        assert list(watching.read()) == [Done(1)]
        assert watching.damage == Damage(open_bytes=size - whole.index(b"\n") - 1)


def test_a_reader_in_the_middle_of_a_rotation_goes_on(tmp_path: Path) -> None:
    """A segment that is removed under its feet is skipped; the later ones are read."""
    settings = JournalSettings(segment_bytes=4096, segments=2)
    with opened(tmp_path, settings) as journal:
        for record in long_records(6):
            journal.append(record)
        reading = reader(tmp_path).read()
        assert next(reading) == long_records(6)[0]
        for record in long_records(6):
            journal.append(record)

        assert [record.number for record in reading] == [1, 2]


def test_reads_while_another_thread_appends(tmp_path: Path) -> None:
    """Every pass sees an unbroken row of numbers from the first record on."""
    with opened(tmp_path) as journal:
        appending = threading.Thread(target=append_many, args=(journal, 300))
        appending.start()
        while appending.is_alive():
            watching = reader(tmp_path)
            seen = [record.number for record in watching.read()]
            assert seen == list(range(len(seen)))
            assert watching.damage.corrupt_lines == 0
        appending.join()

        assert len(list(journal.read())) == 300


def test_threads_that_append_at_once_do_not_mix_their_lines(tmp_path: Path) -> None:
    """An append whose caller was cancelled may still run in its thread beside the next."""
    with opened(tmp_path) as journal:
        threads = [threading.Thread(target=append_many, args=(journal, 50)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(list(journal.read())) == 200
        assert journal.damage == Damage()


def test_records_of_a_newer_version_are_skipped_and_counted(tmp_path: Path) -> None:
    """After a downgrade the old keeper reads what it knows, and destroys nothing."""
    filled(tmp_path, [Done(1)])
    with Journal[FromTheFuture](tmp_path, FromTheFuture) as newer:
        newer.append(FromTheFuture(2))
    with opened(tmp_path) as journal:
        journal.append(Done(3))

        assert list(journal.read()) == [Done(1), Done(3)]
        assert journal.damage == Damage(unknown_records=1)
        assert journal.recovery == Recovery(torn_bytes=0, kept=True)
    assert list(JournalReader[FromTheFuture](tmp_path, FromTheFuture).read()) == [FromTheFuture(2)]


def test_files_are_for_the_owner_only(tmp_path: Path) -> None:
    """0700 for the folders it makes and 0600 for every file, whatever the umask."""
    folder = tmp_path / "state" / "journal"
    previous = os.umask(0)
    try:
        filled(folder, long_records(4))
    finally:
        os.umask(previous)

    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)} == {0o700}


def test_a_journal_removed_while_it_is_written_refuses_to_confirm(tmp_path: Path) -> None:
    """A record in a file without a name would be lost with the process."""
    with opened(tmp_path) as journal:
        journal.append(Done(1))
        (tmp_path / segment_names(tmp_path)[0]).unlink()

        with pytest.raises(JournalError, match="was removed"):
            journal.append(Done(2))


def test_a_closed_journal_refuses_to_append(tmp_path: Path) -> None:
    """And closing twice is no error."""
    journal = opened(tmp_path)
    journal.close()
    journal.close()

    with pytest.raises(JournalError, match="is closed"):
        journal.append(Done(1))


def test_reading_where_no_journal_is_says_so(tmp_path: Path) -> None:
    """``history`` on a host that never ran a keeper is told, not shown nothing."""
    with pytest.raises(JournalError, match="cannot read"):
        list(reader(tmp_path / "nowhere").read())


def test_a_folder_that_cannot_be_made_is_a_journal_error(tmp_path: Path) -> None:
    """Here a file is in the way."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(JournalError, match="cannot open"):
        opened(tmp_path / "file" / "journal")
