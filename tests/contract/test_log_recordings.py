r"""Real nodeos logs are read in full: every line that counts, and nothing else.

The figures were counted with ``grep -cE '^(info|warn|error|debug) [^]]*\\] <message>'``.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS, slot_utc
from eoskeeper.domain.samples import (
    BlockLogged,
    LogFollowed,
    LoggedBlockKind,
    LoggedNote,
    NodeNote,
    NotProducingLogged,
    NotProducingReason,
)
from eoskeeper.probes.log_follow import LogFollower, LogSample, LogSettings

LOGS = Path(__file__).parent / "recordings" / "spring" / "logs"
NOW = Moment(mono_s=MonoS(1.0), utc_s=UtcS(2.0))

# lines, produced, received, not producing, paused, resumed, fork switches, double produced,
# received while producing, started, stopped, dirty, database full
COUNTED = {
    "chain-state-db-guard-fresh-129mb-n8": (160, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1),
    "double-producer-same-key-n1": (181, 26, 85, 0, 0, 0, 3, 1, 11, 0, 0, 0, 0),
    "double-producer-same-key-n2": (315, 24, 143, 0, 0, 0, 22, 17, 0, 0, 0, 0, 0),
    "double-producer-same-key-n7": (180, 26, 93, 0, 0, 0, 3, 1, 15, 0, 0, 0, 0),
    "failover-inactive-finalizer-key-standby-n5": (280, 2, 118, 34, 0, 1, 0, 0, 0, 0, 0, 0, 0),
    "finalizer-safety-file-corrupt-n3": (93, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0),
    "frozen-45s-then-continued-producer-n3": (262, 12, 84, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "implicit-pause-no-votes-producer-n1": (79, 12, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "implicit-pause-resume-n1": (38, 12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0),
    "isolated-12s-producer-n4": (161, 24, 56, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0),
    "isolated-75s-producer-n4": (68, 12, 0, 36, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "max-reversible-blocks-reached-n1": (174, 12, 43, 24, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "missed-blocks-seen-by-producer-n1": (141, 17, 48, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "pause-producer-inside-slot-n1": (18, 1, 8, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    "pause-producer-n1": (81, 0, 52, 13, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    "ports-in-use": (136, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0),
    "restart-after-sigkill-n4": (36, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0),
    "restart-of-paused-node-n2": (155, 1, 24, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0),
    "resume-producer-inside-slot-n1": (31, 9, 17, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0),
    "resume-producer-outside-slot-n1": (34, 12, 21, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0),
    "second-process-same-data-dir": (35, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0),
    "shutdown-sigterm-producer-n1": (8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0),
    "shutdown-sigterm-producer-n4": (14, 0, 6, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0),
    "startup-producer-n1": (163, 0, 14, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0),
    "steady-minute-producer-n1": (155, 24, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "steady-minute-relay-n0": (148, 0, 124, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "steady-minute-standby-paused-n5": (153, 0, 124, 27, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "switch-old-primary-n1": (84, 0, 57, 13, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    "switch-standby-n5": (59, 12, 45, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0),
}

REASONS = {
    "failover-inactive-finalizer-key-standby-n5": {NotProducingReason.VOTES_OF_OURS: 34},
    "implicit-pause-no-votes-producer-n1": {NotProducingReason.VOTES_OF_OTHERS: 24},
    "isolated-75s-producer-n4": {NotProducingReason.VOTES_OF_OTHERS: 36},
    "max-reversible-blocks-reached-n1": {NotProducingReason.MAX_REVERSIBLE_BLOCKS: 24},
    "pause-producer-n1": {NotProducingReason.PAUSED: 13},
    "steady-minute-standby-paused-n5": {NotProducingReason.PAUSED: 27},
}

TROUBLES = {
    "finalizer-safety-file-corrupt-n3": {NodeNote.SAFETY_FILE_CORRUPT: 1},
    "frozen-45s-then-continued-producer-n3": {NodeNote.VOTE_MISSED: 65},
    "isolated-12s-producer-n4": {NodeNote.VOTE_MISSED: 27},
    "ports-in-use": {NodeNote.ENDED_BY_ERROR: 1},
    "startup-producer-n1": {NodeNote.VOTE_MISSED: 1},
}
"""Notes that few recordings have; in the others they must not be found."""


def told_of(name: str) -> list[LogSample]:
    """Everything that the follower tells of one recording."""
    follower = LogFollower(LOGS / f"{name}.log", LogSettings())
    told = follower.read_pass(NOW)
    follower.close()
    return told


def test_every_recording_is_counted() -> None:
    """A recording that is added without its figures would test nothing."""
    assert {path.stem for path in LOGS.glob("*.log")} == set(COUNTED)


@pytest.mark.parametrize("name", COUNTED)
def test_as_many_lines_of_each_kind_are_told_as_grep_finds(name: str) -> None:
    """No line that counts is overlooked, and no other is taken for one."""
    told = told_of(name)
    blocks = Counter(s.kind for s in told if isinstance(s, BlockLogged))
    notes = Counter(s.note for s in told if isinstance(s, LoggedNote))
    followed = told[-1]
    assert isinstance(followed, LogFollowed)
    assert (
        followed.lines,
        blocks[LoggedBlockKind.PRODUCED],
        blocks[LoggedBlockKind.RECEIVED],
        sum(isinstance(s, NotProducingLogged) for s in told),
        notes[NodeNote.PAUSED],
        notes[NodeNote.RESUMED],
        notes[NodeNote.FORK_SWITCHED],
        notes[NodeNote.DOUBLE_PRODUCED],
        notes[NodeNote.DROPPED_BLOCK],
        notes[NodeNote.STARTED],
        notes[NodeNote.STOPPED],
        notes[NodeNote.DATABASE_DIRTY],
        notes[NodeNote.DATABASE_FULL],
    ) == COUNTED[name]
    assert notes[NodeNote.DISK_FULL] == blocks[LoggedBlockKind.NOT_APPLIED] == 0


@pytest.mark.parametrize("name", COUNTED)
def test_troubles_are_told_where_there_were_some(name: str) -> None:
    """Missed votes, a spoilt safety file and a start that failed; elsewhere none of them."""
    kinds = {note for trouble in TROUBLES.values() for note in trouble}
    kinds |= {NodeNote.DISK_LOW, NodeNote.OUT_OF_MEMORY}
    notes = Counter(s.note for s in told_of(name) if isinstance(s, LoggedNote) and s.note in kinds)
    assert notes == TROUBLES.get(name, {})


@pytest.mark.parametrize("name", REASONS)
def test_the_reason_not_to_produce_is_known(name: str) -> None:
    """Each experiment forced one reason; all its refusals have it, and a slot."""
    refusals = [s for s in told_of(name) if isinstance(s, NotProducingLogged)]
    assert Counter(refusal.reason for refusal in refusals) == REASONS[name]
    assert all(refusal.slot is not None for refusal in refusals)


@pytest.mark.parametrize("name", COUNTED)
def test_times_of_blocks_and_of_lines_agree(name: str) -> None:
    """What nodeos calls latency is its own clock less the block's time: the two figures agree."""
    for sample in told_of(name):
        if isinstance(sample, BlockLogged) and sample.latency_ms is not None:
            assert sample.logged_utc is not None
            age_ms = (sample.logged_utc - slot_utc(sample.slot)) * 1000
            assert age_ms == pytest.approx(sample.latency_ms, abs=100)


def test_the_newest_time_stamp_is_that_of_the_last_line() -> None:
    """Lines without a prefix at the end do not hide it."""
    followed = told_of("shutdown-sigterm-producer-n4")[-1]
    assert isinstance(followed, LogFollowed)
    assert followed.at_end
    assert followed.latest_logged_utc == pytest.approx(1795372374.037)  # 2026-11-22T18:32:54.037Z
