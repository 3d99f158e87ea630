"""Processes that outlive their starter and are found again by a marker in their environment.

Invariant: nothing is ever signalled whose environment does not carry this devnet's identity.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import sleep

import psutil

from eoskeeper.devnet.clock import monotonic_s
from eoskeeper.devnet.plan import MARKER, PART_MARKER
from eoskeeper.runtime.whole_files import write_atomically

# How often, and after how many seconds, an empty environment is read again.
EXECUTING_TRIES = 50
EXECUTING_S = 0.002

# Children of this process, kept so that they can be reaped; a Popen that is collected while its
# child still runs would complain.
_children: dict[int, subprocess.Popen[bytes]] = {}


def environment(identity: str, part: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a process of this devnet.

    The source folder goes first on PYTHONPATH: a test may have found this package through
    `sys.path` alone, which a child does not inherit.
    """
    source = str(Path(__file__).resolve().parents[2])
    paths = [source, *filter(None, [os.environ.get("PYTHONPATH")])]
    inherited = {name: value for name, value in os.environ.items() if name != "JOURNAL_STREAM"}
    return (
        inherited
        | {MARKER: identity, PART_MARKER: part, "PYTHONPATH": os.pathsep.join(paths)}
        | dict(extra or {})
    )


def start(
    argv: Sequence[str], *, env: Mapping[str, str], log: Path, pid_file: Path, cwd: Path
) -> int:
    """Start a process in a session of its own, its output appended to `log`; return its id.

    The log is a plain file, for nodeos ends at the first SIGPIPE.
    """
    with log.open("ab") as output:
        child = subprocess.Popen(
            argv,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _children[child.pid] = child
    write_atomically(pid_file, str(child.pid).encode())
    return child.pid


def reap() -> None:
    """Collect the exit statuses of our own children that have ended."""
    for pid, child in list(_children.items()):
        if child.poll() is not None:
            _children.pop(pid, None)  # another thread may have been here


def running(pid_file: Path, identity: str, part: str) -> psutil.Process | None:
    """Return the live process of a pid file, None when it has ended or is somebody else's."""
    reap()
    try:
        process = psutil.Process(int(pid_file.read_text()))
        return process if _carries(process, identity, part) else None
    except (FileNotFoundError, ValueError, psutil.Error):
        return None


def _carries(process: psutil.Process, identity: str, part: str | None) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        variables = _variables(process)
    except (psutil.Error, OSError):
        return False
    return variables.get(MARKER) == identity and part in (None, variables.get(PART_MARKER))


def _variables(process: psutil.Process) -> dict[str, str]:
    """Return a process's environment, which is empty for a moment while it executes a program.

    `ip netns exec`, `setpriv` and nodeos are three programs of one process: a look that fell
    between two of them would call it gone. A kernel thread has no executable, and no environment.
    Source: Linux fs/proc/base.c environ_read, fs/exec.c exec_mmap.
    """
    variables = process.environ()
    for _ in range(EXECUTING_TRIES):
        if variables or not process.exe():
            break
        sleep(EXECUTING_S)
        variables = process.environ()
    return variables


def marked(identity: str, part: str | None = None) -> list[psutil.Process]:
    """Return all live processes of a devnet, or of one part of it such as `a/nodeos`."""
    reap()
    own = os.getpid()
    return [
        process
        for process in psutil.process_iter()
        if process.pid != own and _carries(process, identity, part)
    ]


def end(process: psutil.Process, *, number: signal.Signals, timeout_s: float) -> bool:
    """Send a signal and wait; tell whether the process has ended within `timeout_s`."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)
    return not _still_there([process], timeout_s)


def _still_there(processes: Sequence[psutil.Process], timeout_s: float) -> list[psutil.Process]:
    end_s = monotonic_s() + timeout_s
    while True:
        reap()
        left = [process for process in processes if _is_alive(process)]
        if not left or monotonic_s() > end_s:
            return left
        sleep(0.02)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end_all(identity: str, *, grace_s: float = 1.0) -> int:
    """End every process of a devnet, politely first; return how many there were.

    It looks again until twice nothing is found: a process that is killed between fork and exec
    of its child leaves a child that carries the marker a moment later.
    """
    count, quiet = 0, 0
    while quiet < 2:  # noqa: PLR2004  two looks, as said above
        found = marked(identity)
        count += len(found)
        quiet = 0 if found else quiet + 1
        _end_these(found, grace_s)
        sleep(0.05)
    return count


def _end_these(processes: Sequence[psutil.Process], grace_s: float) -> None:
    for process in processes:
        # A stopped process acts on SIGTERM only once it goes on.
        _signal(process, signal.SIGTERM)
        _signal(process, signal.SIGCONT)
    for process in _still_there(processes, grace_s):
        _signal(process, signal.SIGKILL)
    _still_there(processes, 5.0)


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        process.send_signal(number)


def python_module(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module with this Python."""
    return [sys.executable, "-m", module, *arguments]
