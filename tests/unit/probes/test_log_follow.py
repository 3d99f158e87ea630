"""The follower tells every line once, through every kind of rotation, and says what it missed."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.samples import (
    BlockLogged,
    FailureReason,
    LogFollowed,
    LoggedNote,
    ProbeFailed,
    ProbeName,
)
from eoskeeper.probes.log_follow import LineSplitter, LogFollower, LogReader, LogSample, LogSettings
from eoskeeper.probes.nodeos_log import MAX_LINE_BYTES, parse_line

NOISE = (
    b"info  2025-07-06T08:00:00.000 nodeos    a.cpp:1                      x              ] hm\n"
)


def moment(mono_s: float) -> Moment:
    """A moment of the test's own clock."""
    return Moment(mono_s=MonoS(mono_s), utc_s=UtcS(1_000.0 + mono_s))


NOW = moment(1.0)


def produced(number: int) -> bytes:
    """A Produced line with its newline, always of the same length."""
    return (
        "info  2025-07-06T08:00:10.052 nodeos    controller.cpp:3592           log_applied         "
        f" ] Produced block 19f0c2b944e5166b... #{100_000 + number} @ 2025-07-06T08:00:10.500 "
        "signed by eosbpaaaaaaa [trxs: 18, lib: 443100021, net: 3872, cpu: 14523 us, elapsed: "
        "12240 us, producing time: 461020 us]\n"
    ).encode()


LINE_BYTES = len(produced(0))


def numbers(told: list[LogSample]) -> list[int]:
    """Which of those lines were told."""
    return [s.number - 100_000 for s in told if isinstance(s, BlockLogged)]


def closing(told: list[LogSample]) -> LogFollowed:
    """The sample that closed the pass."""
    last = told[-1]
    assert isinstance(last, LogFollowed)
    return last


def failure(told: list[LogSample]) -> ProbeFailed:
    """The failure that closed the pass."""
    last = told[-1]
    assert isinstance(last, ProbeFailed)
    assert last.probe is ProbeName.LOG
    return last


class Log:
    """A log file and the follower on it."""

    def __init__(self, path: Path, log_settings: LogSettings | None = None) -> None:
        self.path = path
        self.follower = LogFollower(path, log_settings or LogSettings())

    def write(self, *data: bytes) -> None:
        """Append as nodeos does with ``>>``."""
        with self.path.open("ab") as file:
            file.write(b"".join(data))

    def read(self, mono_s: float = 1.0) -> list[LogSample]:
        """One pass."""
        return self.follower.read_pass(moment(mono_s))


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """A log that does not exist yet."""
    return Log(tmp_path / "nodeos.log")


def test_lines_are_told_once_and_in_order(log: Log) -> None:
    """A pass tells what came since the last one, and closes with the newest time stamp."""
    log.write(produced(1), NOISE, produced(2))
    first = log.read()
    assert numbers(first) == [1, 2]
    assert closing(first) == LogFollowed(
        at=NOW, at_end=True, lines=3, skipped_bytes=0, latest_logged_utc=UtcS(1751788810.052)
    )
    log.write(produced(3))
    assert numbers(log.read()) == [3]
    assert closing(log.read()) == LogFollowed(
        at=NOW, at_end=True, lines=0, skipped_bytes=0, latest_logged_utc=UtcS(1751788810.052)
    )


def test_the_newest_time_stamp_is_kept(log: Log) -> None:
    """Lines without a prefix, or out of order by some milliseconds, do not set it back."""
    log.write(NOISE, produced(1), b"  a continuation\n")
    assert closing(log.read()).latest_logged_utc == UtcS(1751788810.052)
    log.write(NOISE)
    assert closing(log.read()).latest_logged_utc == UtcS(1751788810.052)


def test_a_partial_line_waits_for_its_end(log: Log) -> None:
    """nodeos writes a line and its newline apart; the end is reached only with the newline."""
    log.write(produced(1)[:100])
    told = log.read()
    assert numbers(told) == []
    assert not closing(told).at_end
    log.write(produced(1)[100:])
    told = log.read()
    assert numbers(told) == [1]
    assert closing(told).at_end


def test_a_partial_line_that_stays_does_not_hold_up_the_end(log: Log) -> None:
    """A writer that was killed in the middle of a line must not blind the keeper for ever."""
    log.write(produced(1), produced(2)[:50])
    log.read()
    assert closing(log.read()).at_end


def test_a_missing_file_is_a_value_and_is_looked_for_again(log: Log) -> None:
    """The log may come later than the keeper."""
    assert failure(log.read()).reason is FailureReason.MISSING
    log.write(produced(1))
    assert numbers(log.read()) == [1]


def test_a_folder_in_place_of_the_log_is_unsupported(log: Log) -> None:
    """A pipe would even block nodeos; only regular files are followed."""
    log.path.mkdir()
    assert failure(log.read()).reason is FailureReason.UNSUPPORTED
    log.path.rmdir()
    os.mkfifo(log.path)
    assert failure(log.read()).reason is FailureReason.UNSUPPORTED


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop its rights for a moment")
def test_a_log_that_may_not_be_read_is_not_permitted(log: Log) -> None:
    """The reason tells the operator to look at the file's rights, not for the file."""
    log.write(produced(1))
    log.path.chmod(0)
    for parent in list(log.path.parents)[:4]:
        if parent.owner() == "root" and parent != Path("/tmp"):  # noqa: S108 (pytest's own folder)
            parent.chmod(0o755)
    os.seteuid(65534)
    try:
        assert failure(log.read()).reason is FailureReason.NOT_PERMITTED
    finally:
        os.seteuid(0)


def test_rotation_by_rename_loses_nothing(log: Log) -> None:
    """The old file is finished, then the new one is read from its begin."""
    log.write(produced(1))
    log.read()
    log.write(produced(2))
    log.path.rename(log.path.with_suffix(".1"))
    log.write(produced(3), produced(4))
    told = log.read()
    assert numbers(told) == [2, 3, 4]
    assert closing(told).skipped_bytes == 0


def test_a_writer_that_stays_with_the_renamed_file_is_followed_there(log: Log) -> None:
    """nodeos never reopens its log: while the new file is empty, the old one is the log."""
    log.write(produced(1))
    log.read()
    with log.path.open("ab") as nodeos:
        log.path.rename(log.path.with_suffix(".1"))
        log.path.touch()
        assert closing(log.read()).at_end
        nodeos.write(produced(2))
        nodeos.flush()
        assert numbers(log.read()) == [2]
    log.write(produced(3))
    assert numbers(log.read()) == [3]


def test_the_last_line_of_a_rotated_file_needs_no_newline(log: Log) -> None:
    """What is whole is told; its newline will never come."""
    log.write(produced(1)[:-1])
    log.read()
    log.path.rename(log.path.with_suffix(".1"))
    log.write(produced(2))
    assert numbers(log.read()) == [1, 2]


def test_copy_and_truncate_goes_on_from_the_begin_and_counts_a_loss(log: Log) -> None:
    """What was written between the last pass and the truncation nobody can know."""
    log.write(produced(1), produced(2))
    log.read()
    os.truncate(log.path, 0)
    assert closing(log.read()).skipped_bytes >= 1
    log.write(produced(3))
    told = log.read()
    assert numbers(told) == [3]
    assert closing(told).skipped_bytes == 0


@pytest.mark.parametrize("lines", [1, 2, 3, 10])
def test_a_file_rewritten_between_two_passes_is_read_anew(log: Log, lines: int) -> None:
    """Smaller, of the same size, or larger: the bytes before the offset are no longer there."""
    log.write(produced(1), NOISE)
    log.read()
    os.utime(log.path, ns=(0, 0))
    content = [produced(10 + index) for index in range(lines)]
    log.path.write_bytes(b"".join(content))
    told = log.read()
    assert numbers(told) == list(range(10, 10 + lines))
    assert closing(told).skipped_bytes >= 1


def test_a_rewrite_of_the_same_size_is_seen(log: Log) -> None:
    """Size and offset alone would say that nothing is new."""
    log.write(produced(1)[:-4] + b"q]x\n")
    log.read()
    os.utime(log.path, ns=(0, 0))
    log.path.write_bytes(produced(2))
    assert numbers(log.read()) == [2]


def test_a_hole_left_by_a_truncation_is_hopped_over(log: Log) -> None:
    """A writer without O_APPEND writes on at its old place; the hole reads as NUL bytes."""
    log.follower = LogFollower(log.path, LogSettings(pass_bytes=4096))
    log.write(produced(1))
    log.read()
    with log.path.open("r+b") as nodeos:
        nodeos.truncate(0)
        log.read()
        nodeos.seek(1_000_000_001)
        nodeos.write(produced(2))
    told = log.read()
    if closing(told).lines == 0:  # the block of the file system with the line has NULs first
        told = log.read()
    assert numbers(told) == [2]
    assert closing(told).skipped_bytes == 0


def test_nul_bytes_before_a_line_are_no_part_of_it(log: Log) -> None:
    """On file systems that do not tell holes, they are read and taken out."""
    log.write(b"\0" * 5000, produced(1), b"\0\0", produced(2))
    assert numbers(log.read()) == [1, 2]


@pytest.mark.parametrize("backlog_lines", [0, 1, 3])
@pytest.mark.parametrize("extra", [0, 1, 100])
def test_the_first_open_begins_with_whole_lines_near_the_end(
    tmp_path: Path, backlog_lines: int, extra: int
) -> None:
    """Of a log of months only the backlog is read, from a line's begin; the rest is skipped."""
    backlog = backlog_lines * LINE_BYTES + extra
    log = Log(tmp_path / "log", LogSettings(backlog_bytes=backlog))
    log.write(*(produced(number) for number in range(10)))
    told = log.read()
    assert numbers(told) == list(range(10))[10 - backlog_lines :]
    followed = closing(told)
    assert followed.at_end
    assert followed.lines == backlog_lines
    assert followed.skipped_bytes == 10 * LINE_BYTES - backlog


def test_catching_up_takes_bounded_passes(tmp_path: Path) -> None:
    """Each pass reads a bounded part and says that the end is not reached; nothing is lost."""
    log = Log(tmp_path / "log", LogSettings(pass_bytes=4096))
    log.write(produced(0))
    log.read()
    log.write(*(produced(number) for number in range(1, 40)))
    seen: list[int] = []
    passes = 0
    while True:
        told = log.read()
        passes += 1
        seen += numbers(told)
        assert closing(told).skipped_bytes == 0
        if closing(told).at_end:
            break
    assert seen == list(range(1, 40))
    assert passes >= 39 * LINE_BYTES // 4096


def test_too_far_behind_the_rest_is_skipped_and_counted(tmp_path: Path) -> None:
    """A keeper that slept through a flood goes on near the end and says how much it left out."""
    log = Log(tmp_path / "log", LogSettings(backlog_bytes=3 * LINE_BYTES, skip_beyond_bytes=4096))
    log.write(produced(0))
    log.read()
    log.write(*(produced(number) for number in range(1, 40)))
    told = log.read()
    assert numbers(told) == [37, 38, 39]
    assert closing(told).skipped_bytes == 36 * LINE_BYTES


def test_a_deleted_log_is_missing_once_it_is_quiet(log: Log) -> None:
    """While lines come it is still the log; a later file of that name is read from its begin."""
    log.write(produced(1))
    log.read(1.0)
    with log.path.open("ab") as nodeos:
        log.path.unlink()
        nodeos.write(produced(2))
        nodeos.flush()
        assert numbers(log.read(2.0)) == [2]
    assert failure(log.read(8.0)).reason is FailureReason.MISSING
    assert failure(log.read(9.0)).reason is FailureReason.MISSING
    log.write(produced(3))
    told = log.read(10.0)
    assert numbers(told) == [3]
    assert closing(told).skipped_bytes >= 1


def test_a_renamed_log_without_a_successor_is_missing_but_not_lost(log: Log) -> None:
    """The file lives on under another name; what is written to it is still told."""
    log.write(produced(1))
    log.read(1.0)
    renamed = log.path.rename(log.path.with_suffix(".1"))
    assert failure(log.read(8.0)).reason is FailureReason.MISSING
    with renamed.open("ab") as nodeos:
        nodeos.write(produced(2))
    assert numbers(log.read(9.0)) == [2]


def test_a_huge_line_is_left_out_and_the_next_one_is_told(log: Log) -> None:
    """Memory stays bounded whatever is written."""
    log.write(b"x" * (3 * MAX_LINE_BYTES), b"\n", produced(1))
    assert numbers(log.read()) == [1]


SOUP = st.lists(
    st.one_of(
        st.integers(min_value=0, max_value=99).map(produced),
        st.sampled_from([NOISE, b"\n", b"\0\0\0", b"\r\n", b"] Produced", NOISE[:30]]),
        st.binary(max_size=60),
        st.just(b"y" * (MAX_LINE_BYTES + 1)),
        st.just(b"z" * MAX_LINE_BYTES),
    ),
    max_size=12,
).map(b"".join)


@settings(max_examples=200)
@given(SOUP, st.lists(st.integers(min_value=0, max_value=200_000), max_size=8))
@example(b"x" * (MAX_LINE_BYTES + 1) + b"\n" + produced(1), [MAX_LINE_BYTES + 1])
def test_chunks_make_no_difference(data: bytes, cuts: list[int]) -> None:
    """However the bytes come, the samples are those of the whole, and nothing raises."""
    edges = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    chunked = LogReader()
    told: list[LogSample] = []
    for begin, end in pairwise(edges):
        told += chunked.read(data[begin:end], NOW)
    whole = LogReader()
    assert told == whole.read(data, NOW)
    assert chunked.followed(NOW, at_end=True) == whole.followed(NOW, at_end=True)
    lines = data.replace(b"\0", b"").split(b"\n")[:-1]
    assert told == [sample for line in lines if (sample := parse_line(line, NOW)) is not None]


def test_the_unfinished_line_is_bounded() -> None:
    """A file without any newline does not fill the memory."""
    splitter = LineSplitter()
    for _ in range(10):
        assert splitter.feed(b"x" * MAX_LINE_BYTES) == []
        assert splitter.pending <= MAX_LINE_BYTES
    assert splitter.feed(b"\nok\n") == [b"ok"]


def test_notes_are_told_among_the_blocks_in_order(log: Log) -> None:
    """Order matters: a start between two blocks voids what was known of the pause."""
    paused = NOISE.replace(b"] hm", b"] Producer paused.")
    log.write(produced(1), paused, produced(2))
    assert [type(s) for s in log.read()] == [BlockLogged, LoggedNote, BlockLogged, LogFollowed]
