"""The unit is read from whatever systemctl says, or a stand-in in its place."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.samples import FailureReason, ProbeFailed, ProbeName, UnitRead
from eoskeeper.probes.unit import UnitProbe, UnitSettings, parse_unit

NOW = Moment(mono_s=MonoS(1.0), utc_s=UtcS(2.0))
RUNNING = (
    "ExecMainStatus=0\nExecMainCode=0\nNRestarts=2\n"
    "LoadState=loaded\nActiveState=active\nSubState=running\n"
)
Writer = Callable[[str], UnitSettings]


def ended(code: int, status: int, active: str = "failed", sub: str = "failed") -> str:
    """What systemd says of a unit whose process ended."""
    return f"ActiveState={active}\nSubState={sub}\nExecMainStatus={status}\nExecMainCode={code}\n"


@pytest.fixture
def stand_in(tmp_path: Path) -> Writer:
    """Makes a systemctl of one's own; it notes its arguments."""

    def write(body: str) -> UnitSettings:
        script = tmp_path / "systemctl"
        script.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\n{body}\n')
        script.chmod(0o755)
        return UnitSettings(unit="nodeos", systemctl=str(script), timeout_s=5.0)

    return write


def read(settings: UnitSettings) -> UnitRead | ProbeFailed:
    """One reading."""
    return asyncio.run(UnitProbe(settings, lambda: NOW).read())


def reason_of(reading: UnitRead | ProbeFailed) -> FailureReason:
    """The reason; every failure is this probe's and names the unit."""
    assert isinstance(reading, ProbeFailed)
    assert (reading.probe, reading.at, reading.subject) == (ProbeName.UNIT, NOW, "nodeos")
    assert "\n" not in reading.detail
    return reading.reason


def test_a_unit_that_runs_is_active_and_has_no_exit_status() -> None:
    """Zero is also the status of a process that never ended."""
    assert parse_unit(RUNNING, "nodeos", NOW) == UnitRead(
        at=NOW,
        unit="nodeos",
        active=True,
        sub_state="running",
        exit_status=None,
        by_signal=False,
        restarts=2,
    )


@pytest.mark.parametrize(
    ("text", "active", "sub_state", "exit_status", "by_signal"),
    [
        (ended(1, 2), False, "failed", 2, False),
        (ended(1, 0, "inactive", "dead"), False, "dead", 0, False),
        (ended(2, 9), False, "failed", 9, True),
        (ended(3, 11), False, "failed", 11, True),
        (ended(1, 254, "activating", "auto-restart"), False, "auto-restart", 254, False),
        (ended(0, 0, "reloading", "reload"), True, "reload", None, False),
        (ended(6, 0, "active", "running"), True, "running", None, False),
    ],
)
def test_how_the_last_process_ended_is_told(
    text: str, active: object, sub_state: str, exit_status: int | None, by_signal: object
) -> None:
    """Exit statuses and signals are told apart; an old systemd counts no restarts."""
    unit = parse_unit(text, "nodeos", NOW)
    assert isinstance(unit, UnitRead)
    assert (unit.active, unit.sub_state) == (active, sub_state)
    assert (unit.exit_status, unit.by_signal) == (exit_status, by_signal)
    assert unit.restarts == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{ended(0, 0, 'inactive', 'dead')}LoadState=not-found\n", FailureReason.MISSING),
        ("", FailureReason.UNEXPECTED_SHAPE),
        ("hello\n", FailureReason.UNEXPECTED_SHAPE),
        ("SubState=running\n", FailureReason.UNEXPECTED_SHAPE),
        (RUNNING.replace("NRestarts=2", "NRestarts=many"), FailureReason.UNEXPECTED_SHAPE),
        (RUNNING.replace("NRestarts=2", "NRestarts=\u0662"), FailureReason.UNEXPECTED_SHAPE),
        (RUNNING.replace("ExecMainCode=0", "ExecMainCode=-1"), FailureReason.UNEXPECTED_SHAPE),
    ],
)
def test_what_is_no_unit_is_not_read_as_one(text: str, reason: FailureReason) -> None:
    """An unknown unit is told by systemd as inactive: it is missing."""
    assert reason_of(parse_unit(text, "nodeos", NOW)) is reason


def test_systemctl_is_asked_for_this_unit_only(stand_in: Writer, tmp_path: Path) -> None:
    """Through its real arguments; a name cannot become an option."""
    assert isinstance(read(stand_in(f"printf '{RUNNING}'")), UnitRead)
    arguments = (tmp_path / "arguments").read_text().split()
    assert (arguments[0], arguments[-2:]) == ("show", ["--", "nodeos"])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("echo Failed to connect to bus: No such file >&2; exit 1", FailureReason.MISSING),
        ("echo Failed to get properties: Access denied >&2; exit 4", FailureReason.NOT_PERMITTED),
        ("exit 0", FailureReason.UNEXPECTED_SHAPE),
        ("printf '\\377\\000=\\n'", FailureReason.UNEXPECTED_SHAPE),
        ("kill -9 $$", FailureReason.MISSING),
    ],
)
def test_a_systemctl_that_fails_is_no_reading(
    stand_in: Writer, body: str, reason: FailureReason
) -> None:
    """No systemd, no right to ask it, no sense in its answer."""
    assert reason_of(read(stand_in(body))) is reason


def test_without_systemctl_there_is_no_reading(tmp_path: Path) -> None:
    """A host without systemd."""
    settings = UnitSettings(unit="nodeos", systemctl=str(tmp_path / "none"))
    assert reason_of(read(settings)) is FailureReason.MISSING


def test_a_systemctl_that_may_not_be_started_is_not_permitted(tmp_path: Path) -> None:
    """A file that is no program."""
    (tmp_path / "plain").write_text("")
    settings = UnitSettings(unit="nodeos", systemctl=str(tmp_path / "plain"))
    assert reason_of(read(settings)) is FailureReason.NOT_PERMITTED


def test_a_systemctl_that_hangs_is_ended_with_its_children(
    stand_in: Writer, tmp_path: Path
) -> None:
    """systemctl waits for a bus that does not answer."""
    settings = stand_in(f"sleep 600 & echo $! > {tmp_path}/child; wait")
    hung = msgspec.structs.replace(settings, timeout_s=0.5)
    assert reason_of(read(hung)) is FailureReason.TIMED_OUT
    child = int((tmp_path / "child").read_text())
    for _ in range(500):
        if not _runs(child):
            return
        time.sleep(0.01)  # a signal takes a moment to arrive
    pytest.fail("the child goes on")


def _runs(pid: int) -> bool:
    """A zombie that nobody has waited for is not running."""
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.parametrize("unit", ["--all", "", "a b", "a\n", "x" * 300, "a;b"])
def test_a_name_that_no_unit_can_have_is_no_setting(unit: str) -> None:
    """Refused before anything is asked."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"unit": unit}, UnitSettings)
