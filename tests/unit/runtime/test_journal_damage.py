"""The journal on a bad day: torn, flipped, killed, out of space."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoskeeper.runtime.journal import Damage, Journal, JournalError, JournalReader
from tests.unit.runtime.journal_records import SMALL_SEGMENTS, Done, Record, Said

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLS = 30
RECORDS = st.lists(
    st.builds(Said, st.integers(0, 10**9), st.text(max_size=40)) | st.builds(Done, st.just(7)),
    min_size=1,
    max_size=8,
)
Records = list[Record]


def opened(folder: Path) -> Journal[Record]:
    """A journal of this test's records."""
    return Journal[Record](folder, Record, SMALL_SEGMENTS)


@contextmanager
def journal_with(records: Records) -> Iterator[tuple[Path, Path, list[int]]]:
    """Folder and only segment of a closed journal, and the offset after each of its records."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        ends = []
        with opened(folder) as journal:
            segment = folder / "journal-00000001.jsonl"
            for record in records:
                journal.append(record)
                ends.append(segment.stat().st_size)
        yield folder, segment, ends


def read_all(folder: Path) -> Records:
    """By the reader without a lock."""
    return list(JournalReader[Record](folder, Record).read())


@settings(max_examples=300, deadline=None)
@given(records=RECORDS, share=st.floats(0, 1))
def test_cut_at_any_byte_every_whole_record_is_left(records: Records, share: float) -> None:
    """The torn rest is put aside, byte for byte, and the next record is sound."""
    with journal_with(records) as (folder, segment, ends):
        cut = int(ends[-1] * share)
        whole = segment.read_bytes()[:cut]
        segment.write_bytes(whole)
        kept = [record for record, end in zip(records, ends, strict=True) if end <= cut]
        torn = cut - max((end for end in ends if end <= cut), default=0)

        assert read_all(folder) == kept
        with opened(folder) as journal:
            journal.append(Done(99))
            assert journal.recovery.torn_bytes == torn
            assert list(journal.read()) == [*kept, Done(99)]
            assert journal.damage == Damage()
        aside = folder / "journal-00000001.torn"
        assert (aside.read_bytes() if torn else b"") == whole[cut - torn :]


@settings(max_examples=500, deadline=None)
@given(records=RECORDS, share=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_with_any_byte_changed_every_other_record_is_read(
    records: Records, share: float, flip: int
) -> None:
    """Newlines included: the record after a lost newline is found inside the joined line."""
    with journal_with(records) as (folder, segment, ends):
        data = bytearray(segment.read_bytes())
        place = int(len(data) * share)
        data[place] ^= flip
        segment.write_bytes(data)
        starts = [0, *ends]
        intact = [
            record
            for record, start, end in zip(records, starts, ends, strict=False)
            if not start <= place < end
        ]

        assert read_all(folder) == intact
        with opened(folder) as journal:
            journal.append(Done(99))
            assert list(journal.read()) == [*intact, Done(99)]


@settings(max_examples=200, deadline=None)
@given(records=RECORDS, junk=st.binary(min_size=1, max_size=200))
def test_junk_at_the_end_takes_no_record_with_it(records: Records, junk: bytes) -> None:
    """A power cut may leave zeros, or blocks of another file."""
    with journal_with(records) as (folder, segment, _):
        with segment.open("ab") as file:
            file.write(junk)

        assert read_all(folder) == records
        with opened(folder) as journal:
            assert journal.recovery.torn_bytes == len(junk)
            assert list(journal.read()) == records
        assert (folder / "journal-00000001.torn").read_bytes() == junk


def test_a_text_that_looks_like_a_record_is_none() -> None:
    """What an operator types cannot forge a decision, not even in a damaged line."""
    with journal_with([Done(666)]) as (_, segment, _):
        forged = segment.read_text().strip()
    with journal_with([Said(1, f"x {forged}"), Done(2)]) as (folder, segment, _):
        data = bytearray(segment.read_bytes())
        data[0] ^= 1
        segment.write_bytes(data)

        assert read_all(folder) == [Done(2)]


def test_damage_in_an_older_segment_is_skipped_and_counted(tmp_path: Path) -> None:
    """It costs the damaged record, and is never fatal."""
    with opened(tmp_path) as journal:
        for number in range(6):
            journal.append(Said(number, "x" * 1300))
    oldest = tmp_path / "journal-00000001.jsonl"
    oldest.write_bytes(oldest.read_bytes()[:-5])
    with opened(tmp_path) as journal:
        assert [record.number for record in journal.read()] == [0, 1, 3, 4, 5]
        assert journal.damage.open_bytes > 1000
        assert journal.recovery.torn_bytes == 0


@pytest.mark.parametrize("step", ["removed only", "begun", "begun and torn"])
def test_a_crash_at_any_step_of_a_rotation_loses_nothing_but_the_oldest(
    tmp_path: Path, step: str
) -> None:
    """The states a rotation passes through, each followed by an opening and an append."""
    with opened(tmp_path) as journal:
        for number in range(6):
            journal.append(Said(number, "x" * 1300))
    (tmp_path / "journal-00000001.jsonl").unlink()
    if step != "removed only":
        torn = b"0123" if step == "begun and torn" else b""
        (tmp_path / "journal-00000003.jsonl").write_bytes(torn)
    with opened(tmp_path) as journal:
        journal.append(Said(6, "x" * 1300))

        assert [record.number for record in journal.read()] == [3, 4, 5, 6]


@pytest.mark.slow
def test_whatever_append_had_confirmed_survives_sigkill(tmp_path: Path) -> None:
    """A writer is killed at random moments, thirty times over, in one and the same journal."""
    chance = random.Random(20250706)  # noqa: S311 -- moments, not secrets
    program = [sys.executable, "-m", "tests.unit.runtime.journal_records", str(tmp_path)]
    for _ in range(KILLS):
        with subprocess.Popen(program, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            first = writer.stdout.readline()
            time.sleep(chance.uniform(0, 0.04))
            writer.kill()
            confirmed = [first, *writer.stdout.read().splitlines(keepends=True)]
        watching = JournalReader[Record](tmp_path, Record)
        numbers = [record.number for record in watching.read()]

        last = int([line for line in confirmed if line.endswith(b"\n")][-1])
        assert numbers == list(range(len(numbers)))
        assert numbers[-1] >= last
        assert watching.damage.corrupt_lines == 0
    assert len(list(tmp_path.glob("*.jsonl"))) > 1


def fill_up(journal: Journal[Record]) -> list[int]:
    """Append until the disk is full; the numbers that were confirmed."""
    confirmed = []
    with pytest.raises(JournalError, match="cannot append"):  # noqa: PT012 -- the last one raises
        for number in range(10_000):
            journal.append(Said(number, "x" * 900))
            confirmed.append(number)
    return confirmed


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small tmpfs")
def test_a_full_disk_refuses_and_harms_no_later_record(tmp_path: Path) -> None:
    """Every try is refused; once there is room the journal goes on, with no trace of the tries."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path], check=True)
    try:
        ballast = tmp_path / "ballast"
        ballast.write_bytes(b"x" * 16_384)
        with opened(tmp_path / "journal") as journal:
            confirmed = fill_up(journal)
            assert fill_up(journal) == []
            assert [record.number for record in journal.read()] == confirmed
            ballast.unlink()
            journal.append(Done(-1))

            assert [record.number for record in journal.read()] == [*confirmed, -1]
            assert journal.damage.corrupt_lines == 0
    finally:
        subprocess.run(["umount", tmp_path], check=True)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small tmpfs")
def test_a_full_disk_does_not_keep_a_torn_journal_from_opening(tmp_path: Path) -> None:
    """The torn bytes cannot be put aside then; that is reported, and they are cut all the same."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path], check=True)
    try:
        with Journal[Record](tmp_path, Record) as journal:
            confirmed = fill_up(journal)
        with (tmp_path / "journal-00000001.jsonl").open("r+b") as file:
            file.seek(-2, os.SEEK_END)
            file.write(b"?")
        with Journal[Record](tmp_path, Record) as journal:
            assert journal.recovery.torn_bytes > 900
            assert not journal.recovery.kept
            assert [record.number for record in journal.read()] == confirmed[:-1]
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_a_write_that_stops_half_way_harms_no_later_record(tmp_path: Path) -> None:
    """A limit on the size of files stops a write in the middle of a line."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with opened(tmp_path) as journal:
        journal.append(Done(1))
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
            with pytest.raises(JournalError, match="cannot append"):
                journal.append(Said(2, "x" * 200))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        journal.append(Done(3))

        assert list(journal.read()) == [Done(1), Done(3)]
        assert journal.damage.corrupt_lines == 0


def test_an_append_that_was_interrupted_harms_no_later_record(tmp_path: Path) -> None:
    """A signal handler that raises leaves half a line, which the next append removes first."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, interrupt)
    with opened(tmp_path) as journal:
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
            with pytest.raises(KeyboardInterrupt):
                journal.append(Said(2, "x" * 200))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, before)
        assert (tmp_path / "journal-00000001.jsonl").stat().st_size == 100
        journal.append(Done(3))

        assert list(journal.read()) == [Done(3)]
        assert journal.damage.corrupt_lines == 0
