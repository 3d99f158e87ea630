"""Real processes that stand in for nodeos: they sleep, and have a command line like its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from eoskeeper.effects.nodeos_identity import read_life

__all__ = ["SLEEPER", "is_stopped", "soon", "standin", "started"]

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"


@contextmanager
def started(*argv: str, cwd: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has said that it is up; killed at the end, stopped or not."""
    with subprocess.Popen(argv, cwd=cwd, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"up\n"
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


def standin(
    *arguments: str, cwd: Path | None = None
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """What ``started`` gives, with this Python as the program and these arguments."""
    return started(sys.executable, "-c", SLEEPER, *arguments, cwd=cwd)


def is_stopped(pid: int) -> bool:
    """Whether the kernel says that it is stopped."""
    reading = read_life(pid)
    return reading is not None and reading.is_stopped


def soon(condition: Callable[[], bool], within_s: float = 2.0) -> bool:
    """Whether the condition comes true within a time; signals take effect a moment later."""
    for _ in range(int(within_s / 0.01)):
        if condition():
            return True
        time.sleep(0.01)
    return condition()
