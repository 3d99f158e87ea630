"""Logs of chains with known faults are read exactly, whichever way."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from eoskeeper.domain.production import SlotOutcome, TurnAccount
from eoskeeper.domain.rounds import account_rounds
from eoskeeper.domain.rounds_fold import ALL_SLOTS
from eoskeeper.probes.log_scan import LogUnreadable, scan_logs
from eoskeeper.probes.log_scan_producer import ProducerScan
from eoskeeper.probes.log_scan_source import PlainSpan, in_order_of_time
from tests.unit.probes.log_of_chain import OURS, write_log

TRUTH = write_log(3, 40)
LETTERS = {SlotOutcome.PRODUCED: "p", SlotOutcome.MISSED: "m", SlotOutcome.LOST: "l"}


def cells(turns: tuple[TurnAccount, ...]) -> dict[int, str]:
    """Turns as the log's writer tells them; the last one is that of the block above."""
    told = {int(one.turn): "".join(LETTERS.get(slot, "u") for slot in one.slots) for one in turns}
    if turns and told[int(turns[-1].turn)].endswith("u" * 11):
        told.popitem()  # that of the block above
    return told


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a log of forty rounds."""
    path = tmp_path_factory.mktemp("log") / "nodeos.log"
    path.write_bytes(TRUTH.text)
    return path


def own_cells(*paths: Path, processes: int | None = None) -> dict[int, str]:
    """What is told of our producer."""
    return cells(account_rounds(scan_logs(paths, OURS, processes=processes), producer=OURS).turns)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("count", [4, 21])
def test_each_turn_is_told_as_it_was(seed: int, count: int, tmp_path: Path) -> None:
    """By reading every line, and by searching for the name: both tell the truth."""
    told = write_log(seed, 30, count)
    path = tmp_path / "nodeos.log"
    path.write_bytes(told.text)
    every_line = account_rounds(scan_logs([path]), producer=OURS)
    searched = account_rounds(scan_logs([path], OURS), producer=OURS)
    assert cells(every_line.turns) == told.cells
    assert searched.turns == every_line.turns
    assert searched.tallies == every_line.tallies


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("counts", [(21, 7), (7, 21), (21, 20, 21), (21, 3), (12, 30), (3, 21, 4)])
def test_changes_of_the_schedule_are_found(
    counts: tuple[int, ...], seed: int, tmp_path: Path
) -> None:
    """Though most of what lies between regular turns is skipped."""
    path = tmp_path / "nodeos.log"
    path.write_bytes(write_log(seed, 25, *counts).text)
    every_line = account_rounds(scan_logs([path]), producer=OURS)
    searched = account_rounds(scan_logs([path], OURS), producer=OURS)
    assert searched.tallies == every_line.tallies
    assert searched.turns == every_line.turns


def test_regular_turns_are_not_read_line_by_line(log: Path) -> None:
    """Else it would be slow, and nobody would see it."""
    with PlainSpan((log,)) as span:
        scan = ProducerScan(span, OURS)
        scan.scan(0, span.size)
    assert len(scan._whole) > 15
    assert all(one.filled == ALL_SLOTS for one in scan._whole)


@pytest.mark.parametrize("processes", [2, 3, 24])
def test_several_processes_tell_what_one_tells(log: Path, processes: int) -> None:
    """Where their ranges meet nothing is lost or told otherwise."""
    for producer in (OURS, None):
        alone = scan_logs([log], producer, processes=1)
        together = scan_logs([log], producer, processes=processes)
        assert account_rounds(together, producer=producer) == account_rounds(
            alone, producer=producer
        )


def test_rotated_files_are_joined_in_order_of_time(tmp_path: Path) -> None:
    """A shell lists the newest one first, and a rotation may cut a turn."""
    lines = TRUTH.text.splitlines(keepends=True)
    newest, oldest = tmp_path / "nodeos.log", tmp_path / "nodeos.log.1"
    cut = 5 + next(at for at in range(5000, 6000) if b"Produced" in lines[at])
    oldest.write_bytes(b"".join(lines[:cut]))
    newest.write_bytes(b"".join(lines[cut:]))
    assert in_order_of_time((newest, oldest)) == (oldest, newest)
    assert own_cells(newest, oldest) == TRUTH.cells


def test_a_last_block_left_behind_is_lost_though_its_height_is_not_told_again(
    tmp_path: Path,
) -> None:
    """Up to Leap 5 the block that took its place is not always logged."""
    for seed in range(3):
        truth = write_log(seed, 40)
        lines = truth.text.splitlines(keepends=True)
        ours = [
            at
            for at, line in enumerate(lines)
            if b"switching" in line and b"Produced" in lines[at - 1] and b" block " in lines[at + 1]
        ]
        told = [line for at, line in enumerate(lines) if at - 1 not in ours]
        path = tmp_path / "nodeos.log"
        path.write_bytes(b"".join(told))
        assert own_cells(path) == truth.cells


def test_a_compressed_file_is_read_like_a_plain_one(tmp_path: Path) -> None:
    """Known by its first bytes, whatever its name; plain and compressed ones may be mixed."""
    lines = TRUTH.text.splitlines(keepends=True)
    newest, oldest = tmp_path / "nodeos.log", tmp_path / "nodeos.log.1"
    oldest.write_bytes(gzip.compress(b"".join(lines[:5003]), compresslevel=1))
    newest.write_bytes(b"".join(lines[5003:]))
    assert own_cells(newest, oldest) == TRUTH.cells


def test_lines_that_are_cut_or_rubbish_change_nothing_else(tmp_path: Path) -> None:
    """A disk that was full, a nodeos that was killed."""
    path = tmp_path / "nodeos.log"
    lines = TRUTH.text.splitlines(keepends=True)
    rubbish = bytes(range(256)) * 1000 + b"\n" + lines[7][:150] + b"\n\n"
    path.write_bytes(b"".join(lines[:5003]) + rubbish + b"".join(lines[5003:]) + lines[9][:99])
    assert own_cells(path) == TRUTH.cells


def test_a_hole_in_the_log_is_unknown_and_never_missed(tmp_path: Path) -> None:
    """Nobody knows what happened while the node was down."""
    lines = TRUTH.text.splitlines(keepends=True)
    path = tmp_path / "nodeos.log"
    path.write_bytes(b"".join(lines[:3000] + lines[6000:]))
    told = own_cells(path)
    assert told.keys() == TRUTH.cells.keys()
    assert "u" * 12 in told.values()
    for turn, letters in told.items():
        assert all(is_ in ("u", was) for is_, was in zip(letters, TRUTH.cells[turn], strict=True))


def test_a_producer_that_is_not_in_the_log_has_no_turns(log: Path) -> None:
    """It may be another network's."""
    assert account_rounds(scan_logs([log], "nobody"), producer="nobody").turns == ()


def test_a_log_without_blocks_tells_nothing(tmp_path: Path) -> None:
    """An empty file, too."""
    path = tmp_path / "nodeos.log"
    path.write_bytes(b"")
    assert scan_logs([path]) == []
    path.write_bytes(b"info  2025-07-06T08:00:10.052 nodeos    main.cpp:1   main  ] hello\n" * 9)
    assert scan_logs([path], OURS) == []


def test_a_log_that_cannot_be_read_is_told_with_its_name(tmp_path: Path) -> None:
    """A missing file, a folder, a damaged archive."""
    damaged = tmp_path / "nodeos.log.gz"
    damaged.write_bytes(gzip.compress(TRUTH.text[:100_000])[:-3000])
    for path in (tmp_path / "none", tmp_path, damaged):
        with pytest.raises(LogUnreadable, match=path.name):
            scan_logs([path])


def test_progress_goes_up_to_the_whole(log: Path) -> None:
    """A bar must not run backwards."""
    for producer in (OURS, None):
        told: list[float] = []
        scan_logs([log], producer, told.append, processes=1)
        assert told == sorted(told)
        assert 0 <= told[0] <= told[-1] <= 1
        assert told[-1] > 0.5
