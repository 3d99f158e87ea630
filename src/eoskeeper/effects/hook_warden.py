"""The warden of one hook: a process of its own between the keeper and the operator's program.

Invariant: when the warden ends, nothing that the hook started is left (but what it may not kill).
Whatever loses its parent below it becomes its child; it ends them all when the hook ends, when the
time is over, and when its standard input closes, which is when the keeper is gone.
Runs as a script, standard library only, so that it starts fast and inherits nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Final, NoReturn

__all__ = ["children_of", "main", "parent_in_stat"]

PR_SET_PDEATHSIG: Final = 1
PR_SET_CHILD_SUBREAPER: Final = 36
"""Source: prctl(2), linux/prctl.h; the reaper of orphans since Linux 3.4, without any right."""

REAP_ROUNDS: Final = 50
REAP_ROUND_MS: Final = 20
BLOCK_BYTES: Final = 65536
OUTPUT_BYTES: Final = 4096
OOM_SCORE: Final = 500
"""When memory runs out, the hook goes before the keeper, whose cgroup and figure it inherits.
Source: proc_pid_oom_score_adj(5); raising it needs no right."""

LIFELINE: Final = 0
ANSWER: Final = 1

_IGNORED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
"""The keeper governs by the lifeline; what a terminal or a service manager sends to the whole
group reaches the hook itself."""


class Warden:
    """Runs one program, keeps the end of its output, and leaves nothing behind."""

    def __init__(self, program: list[str], timeout_s: float, grace_s: float) -> None:
        self._program = program
        self._timeout_s = timeout_s
        self._grace_s = grace_s
        self._output = b""
        self._out = -1
        self._wake = -1

    def run(self) -> dict[str, object]:
        """Run it to its end; what is returned is the answer to the keeper."""
        self._wake = _wake_on_signals()
        problem, pid = self._start()
        if problem:
            return {"missing": problem}
        ended = self._follow(pid, self._timeout_s)
        timed_out = not ended
        if timed_out:
            _send_group(pid, signal.SIGTERM)
            _send(children_of(os.getpid()), signal.SIGTERM)
            ended = self._follow(pid, self._grace_s)
        # The leader is not reaped yet, so the number of the group is still its own.
        _send_group(pid, signal.SIGKILL)
        status = _reap(pid) if ended else None
        stragglers, unkillable = self._clear(pid)
        self._drain()
        answer: dict[str, object] = {"timed_out": timed_out, "output": self._text()}
        answer |= {"stragglers": stragglers, "unkillable": unkillable}
        if status is not None and os.WIFEXITED(status):
            answer["exit_code"] = os.WEXITSTATUS(status)
        elif status is not None:
            answer["by_signal"] = os.WTERMSIG(status)
        return answer

    def _start(self) -> tuple[str, int]:
        """Fork and execute; an empty text means that the program runs."""
        self._out, out = os.pipe()
        fault, complaint = os.pipe()
        os.set_blocking(self._out, False)
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _become(self._program, out, complaint, parent)
        os.close(out)
        os.close(complaint)
        number = os.read(fault, 16)
        os.close(fault)
        if not number:
            return "", pid
        os.waitpid(pid, 0)
        return os.strerror(int(number)), pid

    def _follow(self, pid: int, limit_s: float) -> bool:
        """Whether the hook ended by itself before its time, with the keeper there throughout."""
        signal.setitimer(signal.ITIMER_REAL, limit_s)
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        poll.register(self._out, select.POLLIN)
        poll.register(LIFELINE, select.POLLIN)
        while True:
            if _has_ended(pid):
                return True
            for descriptor, _ in poll.poll():
                if descriptor == self._out and not self._take():
                    poll.unregister(self._out)
                if descriptor == self._wake and signal.SIGALRM in os.read(self._wake, 64):
                    return _has_ended(pid)
                if descriptor == LIFELINE and not os.read(LIFELINE, 64):
                    self._lost_keeper()
                    return _has_ended(pid)

    def _lost_keeper(self) -> None:
        """Nobody hears the answer any more; without this, the grace would end at once."""
        silence = os.open(os.devnull, os.O_WRONLY)
        never, _ = os.pipe()
        os.dup2(never, LIFELINE)
        os.dup2(silence, ANSWER)

    def _take(self) -> bool:
        """Keep the end of what is there; False when all writers are gone."""
        try:
            part = os.read(self._out, BLOCK_BYTES)
        except BlockingIOError:
            return True
        self._output = (self._output + part)[-OUTPUT_BYTES:]
        return bool(part)

    def _drain(self) -> None:
        """What lay in the pipe when the last writer died; bounded, for one may have survived."""
        for _ in range(32):
            before = self._output
            if not self._take() or self._output is before:
                return

    def _text(self) -> str:
        return self._output.decode("utf-8", "replace").replace("\x00", " ")

    def _clear(self, hook: int) -> tuple[int, int]:
        """Kill what is left until nothing is: how many there were, and how many would not go.

        Only direct children are signalled: until they are reaped here, their numbers are theirs.
        What they leave behind becomes a direct child itself.
        """
        seen: set[int] = set()
        for _ in range(REAP_ROUNDS):
            left = children_of(os.getpid())
            seen.update(left)
            _send(left, signal.SIGKILL)
            if not _reap_all():
                return len(seen - {hook}), 0
            select.select([], [], [], REAP_ROUND_MS / 1000)
        return len(seen - {hook}), len(children_of(os.getpid()))


def parent_in_stat(text: str) -> int:
    """Parent's pid in ``/proc/PID/stat``; the name before it may hold blanks and brackets.

    Source: proc_pid_stat(5).
    """
    return int(text.rpartition(")")[2].split()[1])


def children_of(pid: int, proc: Path = Path("/proc")) -> list[int]:
    """Direct children of a process, zombies included."""
    found = []
    for folder in proc.iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError, ValueError, IndexError):
                text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
                if parent_in_stat(text) == pid:
                    found.append(int(folder.name))
    return found


def _wake_on_signals() -> int:
    """A descriptor on which SIGALRM and SIGCHLD can be waited for together with all others."""
    wake, waker = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(waker, False)
    for number in (signal.SIGALRM, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    return wake


def _become(program: list[str], out: int, complaint: int, parent: int) -> NoReturn:
    """In the child: a session of its own, signals as at a login, and then the program."""
    try:
        os.setsid()
        _control(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE), encoding="ascii")
        # All other descriptors close by themselves. Source: PEP 446.
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.chdir("/")
        signal.set_wakeup_fd(-1)
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            with contextlib.suppress(OSError, ValueError):
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execvp(program[0], program)  # noqa: S606 - no shell on purpose
    except OSError as error:
        os.write(complaint, str(error.errno or errno.EIO).encode())
    os._exit(127)


def _control(option: int, argument: int) -> None:
    """Source: prctl(2)."""
    if ctypes.CDLL(None, use_errno=True).prctl(option, argument, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _has_ended(pid: int) -> bool:
    """Whether it has, without reaping it. Source: waitid(2), WNOWAIT."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _reap(pid: int) -> int:
    return os.waitpid(pid, 0)[1]


def _reap_all() -> bool:
    """Take leave of every child that has ended; whether there are others."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True


def _send_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(OSError):
        os.killpg(leader, number)


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def main(arguments: list[str]) -> None:
    """``TIMEOUT_S GRACE_S PROGRAM [ARGUMENT ...]``; the answer is one JSON object."""
    _control(PR_SET_CHILD_SUBREAPER, 1)
    answer = Warden(arguments[2:], float(arguments[0]), float(arguments[1])).run()
    # At most some 25 KiB, so it fits into the pipe even when nobody reads.
    os.write(ANSWER, json.dumps(answer).encode())


if __name__ == "__main__":
    main(sys.argv[1:])
