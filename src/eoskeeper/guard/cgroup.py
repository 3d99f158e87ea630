"""Freeze the control group of nodeos, where it has one of its own that we may write.

A group that holds anybody else, us included, is never frozen.
Source: linux Documentation/admin-guide/cgroup-v2.rst (cgroup.freeze, cgroup.events), Linux 5.2.
"""

from __future__ import annotations

import os

from eoskeeper.guard.clock import Clock, sleep
from eoskeeper.guard.hold import LOOK_S, Held, Step
from eoskeeper.guard.process import PROC, children_of

__all__ = ["freeze", "group_of", "is_frozen", "obstacle", "thaw_group"]


def group_of(pid: int) -> str | None:
    """Folder of the control group (version 2) of a process; None without one."""
    mounted = _mount_point()
    inside = _inside(pid)
    return None if mounted is None or inside in {None, "/"} else f"{mounted}{inside}"


def obstacle(held: Held) -> str | None:
    """Say why its group cannot be frozen; None when it can."""
    folder = group_of(held.life.pid)
    if folder is None:
        return "no control group of its own"
    if not os.access(f"{folder}/cgroup.freeze", os.W_OK):
        return f"{folder}/cgroup.freeze cannot be written"
    strangers = _members(folder) - children_of(held.life.pid)
    if strangers:
        return f"{folder} holds others: {sorted(strangers)[:5]}"
    return None


def freeze(held: Held, until_s: float, clock: Clock) -> Step:
    """Freeze, proven when the kernel says that the whole group is frozen."""
    hindered = obstacle(held)
    folder = group_of(held.life.pid)
    if hindered is not None or folder is None:
        return Step(proven=False, detail=hindered or "no control group")
    try:
        _write(f"{folder}/cgroup.freeze", "1")
    except OSError as error:
        return Step(proven=False, detail=f"{folder}: {error.strerror}")
    while not is_frozen(folder):
        if clock() >= until_s:
            return Step(proven=False, detail=f"{folder} is not frozen yet")
        sleep(LOOK_S)
    # It may have been moved, or have got company, while we wrote.
    if group_of(held.life.pid) != folder:
        return Step(proven=False, detail=f"moved out of {folder}")
    return Step(proven=True, detail=f"{folder} is frozen")


def is_frozen(folder: str) -> bool:
    """What ``cgroup.events`` says; False when it cannot be read."""
    return "frozen 1" in _read(f"{folder}/cgroup.events").splitlines()


def thaw_group(folder: str, permit: str) -> Step:
    """Thaw a group.

    Raises:
        ValueError: there is no permit.
    """
    if not permit.strip():
        message = "a thaw needs the words of its permit"
        raise ValueError(message)
    try:
        _write(f"{folder}/cgroup.freeze", "0")
    except OSError as error:
        return Step(proven=False, detail=f"{folder}: {error.strerror}")
    return Step(proven=True, detail=f"{folder} is thawed")


def _mount_point() -> str | None:
    """Source: proc_pid_mountinfo(5): the fifth word, and the file system after the dash."""
    for line in _read(f"{PROC}/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            return before.split()[4]
    return None


def _inside(pid: int) -> str | None:
    """Source: cgroups(7): version 2 has the number 0 and no controllers."""
    for line in _read(f"{PROC}/{pid}/cgroup").splitlines():
        if line.startswith("0::"):
            return line.removeprefix("0::")
    return None


def _members(folder: str) -> set[int]:
    """Everybody in a group and in those below it; a group is frozen with all that is below."""
    found: set[int] = set()
    for below, _, _ in os.walk(folder):
        found |= {int(word) for word in _read(f"{below}/cgroup.procs").split()}
    return found


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - pathlib is memory
            return file.read()
    except OSError:
        return ""


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
