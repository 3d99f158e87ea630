"""What is known of the node: folding keeps the first, the newest or nothing, never a guess."""

from __future__ import annotations

import pytest

from eoskeeper.domain.chain_time import Slot, UtcS
from eoskeeper.domain.node_state import HEALTH_ONLY, NodeState, fold
from eoskeeper.domain.samples import (
    FailureReason,
    HeadRead,
    LoggedNote,
    NodeNote,
    PausedRead,
    ProbeFailed,
    ProbeName,
    ProcessRead,
    ProcessState,
    Sample,
)
from tests.unit.domain.scene import CHAIN_ID, START_SLOT, Site, moment_at, policy_of, read_of

POLICY = policy_of()


def at(seconds: float) -> float:
    """Slot of a second after the start."""
    return START_SLOT + seconds * 2


def folded(*samples: Sample) -> NodeState:
    """A fresh node after these samples."""
    node = NodeState(started=moment_at(START_SLOT))
    for sample in samples:
        node = fold(node, sample, POLICY)
    return node


def paused(asked: float, answered: float, *, state: bool = True) -> PausedRead:
    """A reading of the pause."""
    return PausedRead(moment_at(at(answered)), moment_at(at(asked)), state)


def process(second: float, pid: int = 7, started: float = 0.0) -> ProcessRead:
    """A reading of the process."""
    started_utc = UtcS(moment_at(at(started)).utc_s)
    return ProcessRead(moment_at(at(second)), pid, ProcessState.RUNNING, started_utc, 0.0, 1, None)


def head(second: float, number: int = 10) -> HeadRead:
    """A reading of the head."""
    return HeadRead(moment_at(at(second)), CHAIN_ID, "v", number, "", Slot(0), "", 5, "", None, 0.1)


def test_a_pause_lasts_since_the_first_request_of_an_unbroken_row() -> None:
    """From when it was asked, for the answer may be as old as that."""
    first, second = paused(1, 2), paused(3, 4)
    assert folded(first, second).paused_since == first.asked
    assert folded(first, paused(3, 4, state=False)).paused_since is None
    assert folded(first, paused(3, 4, state=False), paused(5, 6)).paused_since == paused(5, 6).asked


@pytest.mark.parametrize(
    "news",
    [
        process(5, pid=8),
        process(5, started=3.0),
        LoggedNote(moment_at(at(5)), NodeNote.STARTED, "", UtcS(moment_at(at(4)).utc_s)),
        ProbeFailed(moment_at(at(5)), ProbeName.GET_INFO, FailureReason.REFUSED, ""),
    ],
    ids=["pid", "creation time", "log", "refused"],
)
def test_a_new_process_remembers_no_pause(news: Sample) -> None:
    """What the old one said is void, until it is read anew."""
    node = folded(process(1), paused(1, 2), news)
    assert (node.paused, node.paused_since) == (None, None)
    assert node.new_since == moment_at(at(5))


@pytest.mark.parametrize(
    "old",
    [
        process(5, started=1.5),
        LoggedNote(moment_at(at(5)), NodeNote.STARTED, "", UtcS(moment_at(at(-9)).utc_s)),
        LoggedNote(moment_at(at(5)), NodeNote.STARTED, "", None),
        LoggedNote(moment_at(at(5)), NodeNote.PAUSED, "", UtcS(moment_at(at(4)).utc_s)),
        ProbeFailed(moment_at(at(5)), ProbeName.GET_INFO, FailureReason.TIMED_OUT, ""),
        ProbeFailed(moment_at(at(5)), ProbeName.PAUSED, FailureReason.REFUSED, ""),
    ],
    ids=["corrected clock", "backlog", "no date", "another note", "silent", "another probe"],
)
def test_the_same_process_keeps_its_pause(old: Sample) -> None:
    """A corrected clock, the backlog of the log and a silent API are no new process."""
    node = folded(process(1), paused(1, 2), old)
    assert node.paused_since == moment_at(at(1))
    assert node.new_since is None


def test_the_first_moments_are_kept() -> None:
    """Of the head, and of all blocks being known."""
    blocks = read_of(Site()._blocks[:1], gap_before=True, slot=START_SLOT + 4)
    later = read_of(Site()._blocks[:2], gap_before=True, slot=START_SLOT + 8)
    number = blocks.blocks[-1].number
    node = folded(head(1, number), blocks, head(3, number), later)
    assert node.first_head == moment_at(at(1))
    assert node.caught_up == blocks.at


@pytest.mark.parametrize(("behind", "caught_up"), [(6, True), (7, False)])
def test_a_keeper_far_behind_the_head_has_not_caught_up(behind: int, *, caught_up: bool) -> None:
    """Half a turn of blocks may be missing."""
    blocks = read_of(Site()._blocks[:1], gap_before=True)
    node = folded(head(1, blocks.blocks[-1].number + behind), blocks)
    assert (node.caught_up is not None) == caught_up


def test_a_failure_stays_until_its_probe_succeeds() -> None:
    """And leaves the old value as it was."""
    failure = ProbeFailed(moment_at(at(3)), ProbeName.PAUSED, FailureReason.TIMED_OUT, "")
    node = folded(paused(1, 2), failure)
    assert node.failures == {ProbeName.PAUSED: failure}
    assert node.paused == paused(1, 2)
    assert folded(paused(1, 2), failure, head(4)).failures == {ProbeName.PAUSED: failure}
    assert folded(paused(1, 2), failure, paused(4, 5)).failures == {}


@pytest.mark.parametrize("probe", sorted(HEALTH_ONLY))
def test_what_only_the_health_rules_read_is_no_failure_of_the_node(probe: ProbeName) -> None:
    """A Leap node has no finalizers to tell of, a host no time server: neither makes it ill."""
    failure = ProbeFailed(moment_at(START_SLOT), probe, FailureReason.UNSUPPORTED, "404")
    assert folded(head(1), failure).failures == {}


def test_every_probe_is_either_the_nodes_or_the_health_rules() -> None:
    """A new one fails here until somebody has decided; a failure nobody cures lasts for ever."""
    of_the_node = {
        ProbeName.GET_INFO,
        ProbeName.BLOCKS,
        ProbeName.SCHEDULE,
        ProbeName.PAUSED,
        ProbeName.CONNECTIONS,
        ProbeName.DATABASE_SIZE,
        ProbeName.LOG,
        ProbeName.PROCESS,
        ProbeName.PEER,
    }
    assert of_the_node | HEALTH_ONLY == set(ProbeName)
    assert not of_the_node & HEALTH_ONLY
