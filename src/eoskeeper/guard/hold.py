"""Stop, kill and release exactly the process that was seen, each bounded in time, with proof.

A pidfd is held from the first look on, so that a reused number is never hit. ``thaw`` is the only
function of the program that continues a process, and it asks for the permit that allows it.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable
from typing import NamedTuple

from eoskeeper.guard.clock import Clock, sleep
from eoskeeper.guard.process import Life, pending_signals, read_life, thread_states

__all__ = [
    "Held",
    "Step",
    "is_gone",
    "is_ours",
    "is_stopped",
    "kill",
    "leave_sigterm",
    "mark",
    "stop",
    "take",
    "thaw",
]

LOOK_S = 0.005
"""Between two looks at the threads: a stop takes below a millisecond on an idle machine."""

_ENDED = frozenset("ZXx")
_STOPPED = frozenset("T") | _ENDED
"""Not ``t``: what a tracer stopped, the tracer may continue. Source: proc_pid_stat(5), field 3."""


_MARK_BIT = 1 << (signal.SIGTSTP - 1)


class Step(NamedTuple):
    """Whether something was proven, and what was seen."""

    proven: bool
    detail: str


class Held(NamedTuple):
    """A process and the descriptor that stays its own, whoever gets its number later."""

    life: Life
    pidfd: int

    def let_go(self) -> None:
        """Close the descriptor; the process is left as it is."""
        os.close(self.pidfd)


def take(life: Life) -> Held | Step:
    """Open the process; a Step with the reason when it is gone, another one, or out of reach.

    The number is read again behind the descriptor: from then on it cannot change hands.
    Source: pidfd_open(2), Linux 5.3.
    """
    try:
        pidfd = os.pidfd_open(life.pid)
    except ProcessLookupError:
        return Step(proven=True, detail=f"pid {life.pid} is gone")
    except OSError as error:
        return Step(proven=False, detail=f"no pidfd of {life.pid}: {error.strerror}")
    now = read_life(life.pid)
    if now != life:
        os.close(pidfd)
        return Step(proven=True, detail=f"pid {life.pid} is another process now")
    return Held(life, pidfd)


def is_gone(held: Held) -> bool:
    """Whether it has ended; its parent may still have to collect it, but it runs no more.

    Source: pidfd_open(2): readable when the process terminates, that is all its threads.
    """
    poll = select.poll()
    poll.register(held.pidfd, select.POLLIN)
    return bool(poll.poll(0))


def is_stopped(held: Held) -> bool:
    """Whether every thread is stopped, twice in a row with the same threads.

    A thread that runs during the first look may start another one; two equal looks rule it out.
    """
    if is_gone(held):
        return False
    first = thread_states(held.life.pid)
    if not first or not set(first.values()) <= _STOPPED or set(first.values()) <= _ENDED:
        return False
    # Asked last: it was the same process all the while, and not a later one of its number.
    return thread_states(held.life.pid) == first and not is_gone(held)


def stop(held: Held, until_s: float, clock: Clock) -> Step:
    """SIGSTOP, proven when the kernel says so of every thread."""
    sent = _send(held, signal.SIGSTOP)
    if sent is not None:
        return sent
    if _wait(lambda: is_stopped(held) or is_gone(held), until_s, clock):
        return Step(proven=True, detail="gone" if is_gone(held) else "every thread is stopped")
    return Step(proven=False, detail=f"threads still {_states(held)}")


def is_ours(held: Held) -> bool:
    """Whether a stopped process was stopped by a guard or a keeper, in this life or before."""
    return bool(pending_signals(held.life.pid) & _MARK_BIT)


def mark(held: Held) -> None:
    """Leave the mark of our stop: a SIGTSTP, which SIGCONT takes away again.

    A process that somebody else stopped, that one may continue at any moment.
    Source: signal(7); linux kernel/signal.c, prepare_signal.
    """
    _send(held, signal.SIGTSTP)


def kill(held: Held, until_s: float, clock: Clock) -> Step:
    """SIGKILL, proven when the process has ended."""
    sent = _send(held, signal.SIGKILL)
    if sent is not None:
        return sent
    if _wait(lambda: is_gone(held), until_s, clock):
        return Step(proven=True, detail="killed and gone")
    return Step(proven=False, detail=f"killed, but threads still {_states(held)}")


def leave_sigterm(held: Held) -> None:
    """Leave SIGTERM for a stopped process, so that whoever continues it makes it end.

    After the stop, never before: docs/decisions/003 tells what was measured.
    """
    _send(held, signal.SIGTERM)


def thaw(held: Held, permit: str) -> Step:
    """Continue a stopped process.

    Raises:
        ValueError: there is no permit.
    """
    if not permit.strip():
        message = "a thaw needs the words of its permit"
        raise ValueError(message)
    return _send(held, signal.SIGCONT) or Step(proven=True, detail="continued")


def _send(held: Held, number: signal.Signals) -> Step | None:
    """None when it was sent."""
    try:
        signal.pidfd_send_signal(held.pidfd, number)
    except ProcessLookupError:
        return Step(proven=True, detail="gone")
    except OSError as error:
        return Step(proven=False, detail=f"{number.name} not sent: {error.strerror}")
    return None


def _wait(seen: Callable[[], bool], until_s: float, clock: Clock) -> bool:
    """Look at least once, however late it is."""
    while not seen():
        if clock() >= until_s:
            return False
        sleep(LOOK_S)
    return True


def _states(held: Held) -> str:
    return "".join(sorted(set(thread_states(held.life.pid).values()))) or "unknown"
