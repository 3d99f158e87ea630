"""Rule log_alive: a log that is unreadable, or silent while the head moves."""

from __future__ import annotations

import pytest

from eoskeeper.domain.chain_time import Slot
from eoskeeper.domain.findings import Grade
from eoskeeper.domain.logbook import Logbook
from eoskeeper.domain.rules.log_alive import LOG_ALIVE, LogAlive
from eoskeeper.domain.rules.rule import View
from eoskeeper.domain.samples import FailureReason, ProbeName
from tests.unit.domain.rules.host_views import failure_row, log_pass
from tests.unit.domain.rules.views import ago, graded, head_read, replaced, view_of, watched
from tests.unit.domain.scene import START_SLOT, settled_holder, settled_standby


def _view(line_s: float | None, latest_s: float | None = None) -> View:
    """A fresh head, the newest block line read ``line_s`` ago."""
    book = Logbook(last_at=None if line_s is None else ago(line_s))
    known = {"head": head_read(), "first_head": ago(31), "logbook": book}
    return view_of(node={**known, "log_pass": log_pass(latest_s)})


@pytest.mark.parametrize(
    ("line_s", "latest_s", "expected"),
    [
        (0.5, 0.5, (Grade.OK, "alive")),
        (30.0, 30.0, (Grade.OK, "alive")),
        (30.1, None, (Grade.FAILED, "silent")),
        (1.0, 30.1, (Grade.FAILED, "silent")),
        (1.0, None, (Grade.OK, "alive")),
        (None, None, (Grade.FAILED, "no_lines")),
    ],
)
def test_fails_beyond_30_seconds_of_silence(
    line_s: float | None, latest_s: float | None, expected: tuple[Grade, str]
) -> None:
    """By when a line was read, and by when it was printed."""
    assert graded(LOG_ALIVE, LogAlive(), _view(line_s, latest_s)) == expected


def test_old_lines_of_a_backlog_are_no_silence() -> None:
    """The follower is not at the end yet."""
    view = replaced(_view(1.0), node={"log_pass": log_pass(500, at_end=False)})
    assert graded(LOG_ALIVE, LogAlive(), view) == (Grade.OK, "alive")


def test_no_line_is_due_at_once() -> None:
    """A keeper that has just started waits."""
    view = replaced(_view(None), node={"first_head": ago(29)})
    assert graded(LOG_ALIVE, LogAlive(), view) == (Grade.UNKNOWN, "no_line_yet")


@pytest.mark.parametrize(
    "head",
    [None, head_read(age_s=5.1), head_read(head_slot=Slot(START_SLOT + 24 - 21))],
)
def test_without_a_fresh_head_no_line_is_due(head: object) -> None:
    """A syncing node prints few, one that hangs none."""
    view = replaced(_view(100), node={"head": head})
    assert graded(LOG_ALIVE, LogAlive(), view) == (Grade.UNKNOWN, "head_old")


@pytest.mark.parametrize(
    ("reason", "since_s", "expected"),
    [
        (FailureReason.MISSING, 10.0, (Grade.UNKNOWN, "interrupted")),
        (FailureReason.MISSING, 10.1, (Grade.FAILED, "missing")),
        (FailureReason.NOT_PERMITTED, 11, (Grade.FAILED, "not_permitted")),
        (FailureReason.DISCONNECTED, 11, (Grade.FAILED, "unreadable")),
    ],
)
def test_a_reader_that_fails_is_told_but_not_a_rotation(
    reason: FailureReason, since_s: float, expected: tuple[Grade, str]
) -> None:
    """For the time between two files nothing is there."""
    view = replaced(_view(1), vitals={"failing": {ProbeName.LOG: failure_row(since_s, reason)}})
    assert graded(LOG_ALIVE, LogAlive(), view) == expected


def test_is_unknown_without_a_log_or_without_a_node() -> None:
    """Neither is a fault of the log."""
    assert graded(LOG_ALIVE, LogAlive(), view_of()) == (Grade.UNKNOWN, "not_followed")
    row = {ProbeName.LOG: failure_row(99)}
    view = replaced(_view(99), vitals={"process_gone": ago(50), "failing": row})
    assert graded(LOG_ALIVE, LogAlive(), view) == (Grade.UNKNOWN, "node_down")


def test_a_healthy_host_is_never_accused() -> None:
    """Neither the holder nor a paused standby, in two rounds."""
    for site in (settled_holder(), settled_standby()):
        assert watched(site).ever(LogAlive(), 48) == {Grade.OK}


def test_a_log_that_stops_is_noticed() -> None:
    """While blocks go on."""
    site = settled_standby()
    site.logs = False
    host = watched(site).run(32)
    assert graded(LOG_ALIVE, LogAlive(), host.view, site.now) == (Grade.FAILED, "silent")
