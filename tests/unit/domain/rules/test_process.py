"""Rule process: gone, frozen, blocked, young; and what nodeos ended by."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.rules.process import PROCESS, Process
from eoskeeper.domain.samples import NodeNote, PausedRead, ProcessState
from tests.unit.domain.rules.host_views import note, process_read, unit_read
from tests.unit.domain.rules.views import ago, graded, view_of


def _gone(**vitals: object) -> tuple[Grade, str]:
    """Seen before, gone for 40 s."""
    gone: dict[str, object] = {
        "process": process_read(age_s=41),
        "process_seen": True,
        "process_gone": ago(40),
    }
    return graded(PROCESS, Process(), view_of(vitals={**gone, **vitals}))


RUNS = (Grade.OK, "running")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (ProcessState.RUNNING, (Grade.OK, "running")),
        (ProcessState.STOPPED, (Grade.FAILED, "frozen")),
        (ProcessState.ZOMBIE, (Grade.FAILED, "zombie")),
        (ProcessState.UNINTERRUPTIBLE, (Grade.OK, "running")),
    ],
)
def test_every_state_of_the_process_is_graded(
    state: ProcessState, expected: tuple[Grade, str]
) -> None:
    """One look at a process that waits for a disk proves nothing."""
    assert graded(PROCESS, Process(), view_of(vitals={"process": process_read(state)})) == expected


@pytest.mark.parametrize(
    ("silent_s", "expected"), [(10.0, (Grade.OK, "running")), (10.1, (Grade.DEGRADED, "blocked"))]
)
def test_waiting_for_a_disk_is_bad_once_nothing_answers(
    silent_s: float, expected: tuple[Grade, str]
) -> None:
    """The main thread's own answer says so."""
    read = process_read(ProcessState.UNINTERRUPTIBLE)
    paused = PausedRead(ago(silent_s), ago(silent_s), paused=False)
    view = view_of(node={"paused": paused}, vitals={"process": read})
    assert graded(PROCESS, Process(), view) == expected


@pytest.mark.parametrize(
    ("age_s", "expected"), [(10.0, (Grade.OK, "running")), (10.1, (Grade.UNKNOWN, "stale"))]
)
def test_an_old_look_is_no_look(age_s: float, expected: tuple[Grade, str]) -> None:
    """Ten looks were missed."""
    view = view_of(vitals={"process": process_read(age_s=age_s)})
    assert graded(PROCESS, Process(), view) == expected


def test_a_process_that_may_not_be_seen_is_unknown() -> None:
    """It may well run."""
    assert graded(PROCESS, Process(), view_of()) == (Grade.UNKNOWN, "not_visible")


@pytest.mark.parametrize(
    ("restarted_s", "expected"),
    [(59.9, (Grade.DEGRADED, "restarted")), (60.0, (Grade.OK, "running"))],
)
def test_a_restart_is_told_for_a_minute(restarted_s: float, expected: tuple[Grade, str]) -> None:
    """And no longer, because other rules keep silent meanwhile."""
    view = view_of(vitals={"process": process_read(), "restarts": (ago(restarted_s),)})
    assert graded(PROCESS, Process(), view) == expected


@pytest.mark.parametrize(
    ("away_s", "expected"),
    [(0.0, (Grade.DEGRADED, "restarted")), (2.9, (Grade.DEGRADED, "restarted")), (3.0, RUNS)],
)
def test_a_restart_that_was_told_as_gone_is_not_told_again(
    away_s: float, expected: tuple[Grade, str]
) -> None:
    """People have heard that nodeos was gone; its end tells that it runs."""
    vitals = {"process": process_read(), "restarts": (ago(5.0),), "away_s": away_s}
    assert graded(PROCESS, Process(), view_of(vitals=vitals)) == expected


@pytest.mark.parametrize(
    ("gone_s", "expected"),
    [(60.0, (Grade.UNKNOWN, "awaited")), (60.1, (Grade.FAILED, "never_seen"))],
)
def test_a_keeper_may_be_started_before_its_node(
    gone_s: float, expected: tuple[Grade, str]
) -> None:
    """For the time of grace."""
    view = view_of(vitals={"process_gone": ago(gone_s)})
    assert graded(PROCESS, Process(), view) == expected


def test_a_start_that_failed_tells_why_even_if_no_process_was_ever_seen() -> None:
    """Only lines that were printed since the keeper looks."""
    vitals = {"process_gone": ago(70), "notes": note(NodeNote.DATABASE_DIRTY, 30)}
    assert graded(PROCESS, Process(), view_of(vitals=vitals)) == (Grade.FAILED, "ended_dirty")


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (NodeNote.DATABASE_DIRTY, "ended_dirty"),
        (NodeNote.DATABASE_FULL, "ended_database_full"),
        (NodeNote.DISK_FULL, "ended_disk_full"),
        (NodeNote.OUT_OF_MEMORY, "ended_memory"),
        (NodeNote.SAFETY_FILE_CORRUPT, "ended_safety_file"),
        (NodeNote.ENDED_BY_ERROR, "ended_error"),
        (NodeNote.STOPPED, "ended_clean"),
        (NodeNote.FORK_SWITCHED, "gone"),
    ],
)
def test_the_log_tells_what_it_died_of(kind: NodeNote, code: str) -> None:
    """Notes that end nothing do not count."""
    assert _gone(notes=note(kind, 45)) == (Grade.FAILED, code)


def test_the_log_of_an_earlier_life_explains_nothing() -> None:
    """Lines count from five minutes before the end on."""
    assert _gone(notes=note(NodeNote.DISK_FULL, 340)) == (Grade.FAILED, "ended_disk_full")
    assert _gone(notes=note(NodeNote.DISK_FULL, 341)) == (Grade.FAILED, "gone")


def test_a_clean_stop_does_not_hide_its_reason() -> None:
    """A nodeos whose disk is full says goodbye like any other."""
    notes = note(NodeNote.DISK_FULL, 50) | note(NodeNote.STOPPED, 41)
    assert _gone(notes=notes) == (Grade.FAILED, "ended_disk_full")


@pytest.mark.parametrize(
    ("status", "by_signal", "code"),
    [
        (0, False, "ended_clean"),
        (1, False, "ended_memory"),
        (2, False, "ended_dirty"),
        (254, False, "ended_error"),
        (255, False, "ended_error"),
        (7, False, "ended_status"),
        (9, True, "ended_killed"),
        (11, True, "ended_by_signal"),
        (None, False, "gone"),
    ],
)
def test_systemd_tells_how_it_ended(status: int | None, code: str, *, by_signal: bool) -> None:
    """Where the log is silent."""
    assert _gone(unit=unit_read(status, by_signal=by_signal)) == (Grade.FAILED, code)


def test_systemd_before_the_end_tells_nothing_of_it() -> None:
    """The unit is looked at every 30 s; and an active one has not ended."""
    assert _gone(unit=unit_read(0, age_s=50)) == (Grade.FAILED, "gone")
    assert _gone(unit=unit_read(0, active=True)) == (Grade.FAILED, "gone")
