"""The fence ladder: from asking nodeos to killing it, each rung bounded, each with its proof.

Invariant: a rung that is not proven within its budget is followed by the next one, and nothing
here makes a process go on. A host name is never looked up while climbing: addresses are numbers.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable
from typing import NamedTuple

from eoskeeper.guard import cgroup, hold
from eoskeeper.guard.clock import Clock, sleep
from eoskeeper.guard.hold import Held, Step
from eoskeeper.guard.process import Life, find_listeners, listening_inodes, program_of
from eoskeeper.guard.settings import LEAST_ANSWER_S, Settings
from eoskeeper.guard.wire import ask

__all__ = ["RUNGS", "Climb", "Rung", "Target", "climb", "find", "still_fenced"]

PROVEN = "proven"
UNPROVEN = "unproven"
SKIPPED = "skipped"

SUCCESS = frozenset({200, 201})

RECHECK_S = 0.3
"""For a pause that was proven once to be read again."""


class Rung(NamedTuple):
    """What became of one rung; times on CLOCK_BOOTTIME."""

    name: str
    result: str
    began_s: float
    ended_s: float
    detail: str


class Climb(NamedTuple):
    """What became of a fence.

    Attributes:
        how: the rung that proved it; "" when none did.
    """

    proven: bool
    how: str
    began_s: float
    ended_s: float
    rungs: tuple[Rung, ...]


class Target(NamedTuple):
    """Who is to be fenced.

    Attributes:
        held: the processes that hold the listening socket, or held it when we were armed.
        inodes: the listening sockets by which they were found.
        silent: whether one of them lives without listening, so that a pause cannot reach it.
        unclear: why somebody may produce whom we do not hold; "" when nobody can.
    """

    held: tuple[Held, ...] = ()
    inodes: frozenset[str] = frozenset()
    silent: bool = False
    unclear: str = ""


def find(settings: Settings, known: tuple[Held, ...] = ()) -> Target:
    """Look who listens on nodeos's address now; who is known already stays held.

    Of the known ones those that have ended are let go.
    """
    alive = [one for one in known if not hold.is_gone(one)]
    for ended in set(known) - set(alive):
        ended.let_go()
    inodes = frozenset(listening_inodes(settings.api))
    found = find_listeners(settings.api) if inodes else ()
    unclear = "somebody listens who may not be seen" if inodes and not found else ""
    for life in found:
        if any(one.life == life for one in alive):
            continue
        taken = _take_nodeos(life, settings)
        if isinstance(taken, Held):
            alive.append(taken)
        elif not taken.proven:
            unclear = taken.detail
    silent = any(one.life not in found for one in alive)
    return Target(tuple(alive), inodes, silent, unclear)


def _take_nodeos(life: Life, settings: Settings) -> Held | Step:
    program = program_of(life.pid)
    if program not in settings.programs:
        who = f"is {program}" if program else "may not be seen"
        return Step(proven=False, detail=f"pid {life.pid} listens, but its program {who}")
    return hold.take(life)


def climb(
    target: Target, settings: Settings, clock: Clock, *, resume_may_come: bool = False
) -> Climb:
    """Go up until a rung is proven.

    Args:
        target: who is to be fenced.
        settings: addresses and budgets.
        clock: CLOCK_BOOTTIME.
        resume_may_come: a resume without an answer may still be on its way: a pause proves
            nothing.
    """
    began_s = clock()
    rungs: list[Rung] = []
    for name, rung in RUNGS:
        rung_began_s = clock()
        result, detail = rung(target, settings, clock)
        if resume_may_come and name == "pause" and result == PROVEN:
            result, detail = UNPROVEN, f"{detail}, but a resume may still come"
        rungs.append(Rung(name, result, rung_began_s, clock(), detail))
        if result == PROVEN:
            return Climb(True, name, began_s, clock(), tuple(rungs))  # noqa: FBT003 - proven
    return Climb(False, "", began_s, clock(), tuple(rungs))  # noqa: FBT003 - not proven


def still_fenced(how: str, target: Target, settings: Settings, clock: Clock) -> Step | None:
    """Whether what a climb has proven is still so; None when nodeos does not tell.

    A pause is forgotten by a restart and undone by a `resume`; a stop by anybody's SIGCONT.
    """
    if target.unclear:
        return Step(proven=False, detail=target.unclear)
    unheld = bool(target.inodes) and not target.held
    if not unheld and all(_is_held_fast(one) for one in target.held):
        return Step(proven=True, detail="nobody runs")
    if how == "gate":
        return Step(proven=True, detail="the gate is shut")
    if how != "pause" or target.silent:
        return Step(proven=False, detail="somebody runs")
    return _read_back(settings, clock() + RECHECK_S, clock)


def _is_held_fast(held: Held) -> bool:
    if hold.is_stopped(held) or hold.is_gone(held):
        return True
    group = cgroup.group_of(held.life.pid)
    return group is not None and cgroup.is_frozen(group)


def _ended(target: Target, settings: Settings, clock: Clock) -> tuple[str, str]:
    """Rung 0: nobody is there. Nobody produces before it listens."""
    del clock
    if target.unclear:
        return UNPROVEN, target.unclear
    if all(hold.is_gone(one) for one in target.held) and not listening_inodes(settings.api):
        return PROVEN, "nodeos has ended and nobody listens"
    return SKIPPED, "nodeos is there"


def _pause(target: Target, settings: Settings, clock: Clock) -> tuple[str, str]:
    """Rung 1: paused by itself, the block that it was building drained.

    Its head tells nothing: in an own turn another host's blocks look like ours.
    """
    if target.unclear or target.silent:
        return UNPROVEN, target.unclear or "somebody lives without listening"
    until_s = clock() + settings.pause_s
    answer_until_s = until_s - settings.drain_s - LEAST_ANSWER_S
    sent = ask(settings.api, "/v1/producer/pause", answer_until_s, clock)
    if sent.status not in SUCCESS or b'"ok"' not in sent.body:
        return UNPROVEN, f"not acknowledged: {sent.detail or sent.status}"
    sleep(settings.drain_s)
    read = _read_back(settings, until_s, clock)
    if read is None or not read.proven:
        return UNPROVEN, read.detail if read else "acknowledged, but not read back"
    return PROVEN, "acknowledged, drained and read back"


def _shut_gate(target: Target, settings: Settings, clock: Clock) -> tuple[str, str]:
    """Rung 2: nothing is signed any more."""
    del target, clock
    if not settings.gate:
        return SKIPPED, "none is configured"
    try:
        status = _run(settings.gate, settings.gate_s)
    except OSError as error:
        return UNPROVEN, f"not started: {error.strerror}"
    if status is None:
        return UNPROVEN, f"not done within {settings.gate_s:g} s"
    return (PROVEN, "shut") if status == 0 else (UNPROVEN, f"exit status {status}")


def _run(command: tuple[str, ...], within_s: float) -> int | None:
    """Run a command without a shell; None when it took too long, and was killed.

    Not by ``subprocess``, which would be another two MiB in locked memory.
    """
    nowhere = [(os.POSIX_SPAWN_OPEN, number, "/dev/null", os.O_RDWR, 0) for number in range(3)]
    pid = os.posix_spawn(
        command[0], command, os.environ, file_actions=nowhere, setsid=True, setsigmask=()
    )
    pidfd = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        if poll.poll(within_s * 1000):
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        # Collected only if it is gone already: one that hangs in the kernel is not waited for.
        os.waitpid(pid, os.WNOHANG)
    finally:
        os.close(pidfd)
    return None


def _freeze(target: Target, settings: Settings, clock: Clock) -> tuple[str, str]:
    """Rung 3: frozen with its control group where it has its own, and stopped in any case.

    Both, because whoever thaws the group (`systemctl stop` does) then still has a stopped
    process with a SIGTERM waiting. A process that somebody else had stopped is no proof: it may be
    continued at any moment, and makes a block before it takes its SIGTERM (decisions/003).
    """
    foreign = {one for one in target.held if hold.is_stopped(one) and not hold.is_ours(one)}
    until_s = clock() + settings.freeze_s
    frozen = {one: cgroup.freeze(one, until_s, clock) for one in target.held}
    until_s = clock() + settings.stop_s
    done = []
    for one in target.held:
        # A frozen process shows no stopped threads: the kernel says it of the group instead.
        at_once_s = clock() if frozen[one].proven else until_s
        stopped = hold.stop(one, at_once_s, clock)
        proof = stopped if stopped.proven and one not in foreign else frozen[one]
        if proof.proven:
            done.append(proof)
        else:
            done.append(FOREIGN if one in foreign else stopped)
        if stopped.proven and one not in foreign:
            hold.mark(one)
        if stopped.proven or proof.proven:
            hold.leave_sigterm(one)
    return _all(done, target)


FOREIGN = Step(proven=False, detail="somebody else had stopped it, and may continue it")


def _kill(target: Target, settings: Settings, clock: Clock) -> tuple[str, str]:
    """Rung 4: gone. What is frozen by its group dies, too."""
    if settings.kill == "never":
        return SKIPPED, 'kill = "never"'
    until_s = clock() + settings.kill_s
    return _all([hold.kill(one, until_s, clock) for one in target.held], target)


def _stop_feeding(target: Target, settings: Settings, clock: Clock) -> tuple[str, str]:
    """Rung 5: the caller feeds the watchdog no more; what that brings nobody here lives to see."""
    del target, settings, clock
    return UNPROVEN, "the watchdog is fed no more"


RUNGS: tuple[tuple[str, Callable[[Target, Settings, Clock], tuple[str, str]]], ...] = (
    ("ended", _ended),
    ("pause", _pause),
    ("gate", _shut_gate),
    ("freeze", _freeze),
    ("kill", _kill),
    ("watchdog", _stop_feeding),
)
"""In this order."""


def _all(steps: list[Step], target: Target) -> tuple[str, str]:
    details = [one.detail for one in steps]
    if target.unclear:
        return UNPROVEN, "; ".join([*details, target.unclear])
    if not steps:
        return UNPROVEN, "nobody is held"
    return PROVEN if all(one.proven for one in steps) else UNPROVEN, "; ".join(details)


def _read_back(settings: Settings, until_s: float, clock: Clock) -> Step | None:
    """Whether it says that it is paused; None when it does not say."""
    answer = ask(settings.paused_api or settings.api, "/v1/producer/paused", until_s, clock)
    said = answer.body.strip()
    if answer.status not in SUCCESS or said not in {b"true", b"false"}:
        return None
    paused = said == b"true"
    return Step(proven=paused, detail="reads as paused" if paused else "reads as not paused")
