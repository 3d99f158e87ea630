"""Vitals: rows of failures, restarts and fork switches, as the samples tell them."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.chain_time import Slot, UtcS
from eoskeeper.domain.samples import (
    BlocksRead,
    FailureReason,
    FinalizersRead,
    HeadRead,
    KeeperRead,
    LoggedNote,
    NodeNote,
    PeerRead,
    ProbeFailed,
    ProbeName,
    ProcessRead,
    ProcessState,
    Sample,
)
from eoskeeper.domain.vitals import Vitals, fold_vitals
from tests.unit.domain.scene import CHAIN_ID, START_SLOT, block, moment_at, read_of


def fold_all(*samples: Sample) -> Vitals:
    """Vitals of a keeper that began a minute before the first slot."""
    vitals = Vitals(started=moment_at(START_SLOT - 120))
    for sample in samples:
        vitals = fold_vitals(vitals, sample)
    return vitals


def failed(probe: ProbeName, slot: int, subject: str = "") -> ProbeFailed:
    """A time-out."""
    reason = FailureReason.TIMED_OUT
    return ProbeFailed(moment_at(slot), probe, reason, "no answer", subject)


def head(number: int, slot: int) -> HeadRead:
    """A head at a height."""
    at, slot = moment_at(slot), Slot(slot)
    return HeadRead(at, CHAIN_ID, "v4.1.0", number, "00", slot, "alpha", 1, "00", None, 0.01)


def process(pid: int, started: float, slot: int = START_SLOT) -> ProcessRead:
    """A running nodeos."""
    return ProcessRead(moment_at(slot), pid, ProcessState.RUNNING, UtcS(started), 1.0, 1, 5)


def test_failures_in_a_row_are_counted_from_the_first() -> None:
    """The row keeps its begin; a reading ends it, and other probes' rows stay."""
    rows = [failed(ProbeName.GET_INFO, START_SLOT + 2 * n) for n in range(3)]
    vitals = fold_all(*rows, failed(ProbeName.PAUSED, START_SLOT))
    row = vitals.failing[ProbeName.GET_INFO]
    assert (row.count, row.since) == (3, moment_at(START_SLOT))
    healed = fold_vitals(vitals, head(7, START_SLOT + 6))
    assert list(healed.failing) == [ProbeName.PAUSED]


def test_each_silent_peer_has_its_own_row() -> None:
    """One that answers again does not speak for the other."""
    vitals = fold_all(
        failed(ProbeName.PEER, START_SLOT, "b"), failed(ProbeName.PEER, START_SLOT, "c")
    )
    again = PeerRead(moment_at(START_SLOT + 4), "b", "B", "standby", False, 1, "")  # noqa: FBT003 - a field of the sample
    assert set(fold_vitals(vitals, again).peer_failing) == {"c"}


@pytest.mark.parametrize(
    ("heads", "moved_at"),
    [
        ([(5, 0)], 0),
        ([(5, 0), (6, 2)], 2),
        ([(5, 0), (5, 2), (5, 4)], 0),
        ([(5, 0), (6, 2), (4, 4), (6, 6)], 2),
        ([(5, 0), (6, 2), (4, 4), (7, 6)], 6),
    ],
)
def test_the_head_moves_only_above_its_highest(heads: list[tuple[int, int]], moved_at: int) -> None:
    """A fork switch that goes back has to pass the old height."""
    vitals = fold_all(*(head(number, START_SLOT + slot) for number, slot in heads))
    assert vitals.head_moved == moment_at(START_SLOT + moved_at)


def test_a_process_that_went_away_and_another_that_came_are_seen() -> None:
    """Gone since the first look that missed it; another pid, or another start, is a restart."""
    away = ProbeFailed(
        moment_at(START_SLOT + 2), ProbeName.PROCESS, FailureReason.MISSING, "none listens"
    )
    gone = fold_all(process(7, 100.0), away, failed(ProbeName.PROCESS, START_SLOT + 4))
    assert gone.process_gone == moment_at(START_SLOT + 2)
    back = fold_vitals(gone, process(8, 200.0, START_SLOT + 8))
    assert (back.process_gone, back.restarts) == (None, (moment_at(START_SLOT + 8),))
    assert back.away_s == 3.0
    same = fold_vitals(back, process(8, 200.9, START_SLOT + 10))
    assert same.restarts == back.restarts


def test_blocks_told_again_are_a_fork_switch() -> None:
    """A reading that begins at a known height replaced it; one behind a gap proves nothing."""
    first = read_of([block(10, START_SLOT, "alpha"), block(11, START_SLOT + 1, "alpha")])
    next_up = read_of([block(12, START_SLOT + 2, "alpha")])
    again = read_of([block(12, START_SLOT + 3, "alpha", fork=1)])
    behind = BlocksRead(again.at, again.blocks, gap_before=True)
    assert fold_all(first, next_up).fork_switches == ()
    assert fold_all(first, next_up, again).fork_switches == (again.at,)
    assert fold_all(first, next_up, behind).fork_switches == ()


def test_what_the_log_told_before_this_keeper_is_no_news() -> None:
    """The backlog of a log holds the mishaps of last month."""
    at = moment_at(START_SLOT)
    old = LoggedNote(at, NodeNote.DATABASE_DIRTY, "dirty", UtcS(at.utc_s - 3600))
    new = msgspec.structs.replace(old, logged_utc=at.utc_s)
    assert fold_all(old).notes == {}
    assert fold_all(old, new).notes == {NodeNote.DATABASE_DIRTY: new}


def test_a_doubled_block_of_another_producer_does_not_hide_ours() -> None:
    """Kept for each account."""
    at = moment_at(START_SLOT)
    notes = [
        LoggedNote(at, NodeNote.DOUBLE_PRODUCED, f"{who} double produced block 7", at.utc_s)
        for who in ("ours", "carol")
    ]
    assert fold_all(*notes).doubled == {"ours": notes[0], "carol": notes[1]}


def test_a_pending_finalizer_policy_has_its_begin() -> None:
    """As long as the same generation waits."""
    reads = [
        FinalizersRead(moment_at(START_SLOT + 2 * n), (), 1, generation)
        for n, generation in enumerate((None, 2, 2))
    ]
    assert fold_all(*reads).pending_since == moment_at(START_SLOT + 2)
    active = FinalizersRead(moment_at(START_SLOT + 9), (), 2, None)
    assert fold_all(*reads, active).pending_since is None


def test_dropped_readings_add_up() -> None:
    """The last time stays when nothing more is lost."""
    reads = [
        KeeperRead(moment_at(START_SLOT + n), 0.0, 0.0, 0, dropped, 0, 0)
        for n, dropped in enumerate((3, 4, 0))
    ]
    vitals = fold_all(*reads)
    assert (vitals.dropped, vitals.last_dropped) == (7, moment_at(START_SLOT + 1))
