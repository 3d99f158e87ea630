"""Processes are found by their marker, also at the moment in which they execute a program."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from eoskeeper.devnet import processes

LOOKS = 2_000


@pytest.fixture
def restless(tmp_path: Path) -> Iterator[Path]:
    """The pid file of a process that does nothing but execute itself anew."""
    script, pid_file = tmp_path / "again.sh", tmp_path / "pid"
    script.write_text('exec /bin/sh "$0"\n')
    pid = processes.start(
        ["/bin/sh", str(script)],
        env=processes.environment("this-devnet", "a/nodeos"),
        log=tmp_path / "log",
        pid_file=pid_file,
        cwd=tmp_path,
    )
    process = psutil.Process(pid)
    yield pid_file
    assert processes.end(process, number=signal.SIGKILL, timeout_s=5)


def test_a_process_that_executes_a_program_is_not_called_gone(restless: Path) -> None:
    """Its environment is empty in between; about one look in twenty falls there."""
    found = [processes.running(restless, "this-devnet", "a/nodeos") for _ in range(LOOKS)]
    assert found.count(None) == 0


def test_a_process_of_somebody_else_is_not_ours(restless: Path) -> None:
    """Neither another devnet's, nor another part of this one."""
    assert processes.running(restless, "another-devnet", "a/nodeos") is None
    assert processes.running(restless, "this-devnet", "a/keeper") is None


def test_a_process_that_has_ended_is_gone(tmp_path: Path) -> None:
    """So is one whose file is missing or holds no number."""
    pid_file = tmp_path / "pid"
    assert processes.running(pid_file, "this-devnet", "a/nodeos") is None
    pid_file.write_text("nothing")
    assert processes.running(pid_file, "this-devnet", "a/nodeos") is None
