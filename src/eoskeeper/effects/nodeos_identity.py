"""Who a process is, so that our nodeos is known again when it is started anew.

Everything is read from /proc; a process that is gone, or not ours to see, has no identity.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

__all__ = ["Identity", "Life", "Reading", "has_identity", "identity_of", "pids", "read_life"]

PROC = "/proc"

_FOLDERS = {"--data-dir": "data", "-d": "data", "--config-dir": "config"}
"""Source: leap v5.0.3 appbase application_base.cpp, ``set_program_options``."""

_DELETED = " (deleted)"
"""Behind the name of a program whose file was replaced. Source: proc_pid_exe(5)."""


class Identity(msgspec.Struct, frozen=True):
    """What stays the same from one start of a nodeos to the next.

    Attributes:
        program: name of the executable without its folder: versions may lie side by side.
        uid: effective user.
        network: inode of its network namespace, as the kernel writes it.
        folders: data and config folder of its command line; the working folder where neither
            is given, for then the command line does not tell two nodes apart.
    """

    program: str
    uid: int
    network: str
    folders: tuple[str, ...]


class Life(msgspec.Struct, frozen=True):
    """One process, never to be mixed up with a later one of the same number.

    Attributes:
        started_ticks: since boot, in clock ticks.
    """

    pid: int
    started_ticks: int


class Reading(msgspec.Struct, frozen=True):
    """A process and what it does now; ``state`` is one letter.

    Source: proc_pid_stat(5), fields 3 and 22.
    """

    life: Life
    state: str

    @property
    def is_stopped(self) -> bool:
        """Stopped by a signal or by a tracer."""
        return self.state in {"T", "t"}

    @property
    def is_dead(self) -> bool:
        """Only its entry is left."""
        return self.state in {"Z", "X", "x"}


def pids() -> list[int]:
    """Every process that may be seen; none when /proc cannot be read."""
    try:
        return [int(name) for name in os.listdir(PROC) if name.isdecimal()]  # noqa: PTH208 - names alone are enough
    except OSError:
        return []


def identity_of(pid: int) -> Identity | None:
    """Read a process; None when it is gone or may not be seen."""
    try:
        return Identity(_program(pid), _uid(pid), _network(pid), _folders(pid))
    except OSError:
        return None


def has_identity(pid: int, identity: Identity) -> bool:
    """Whether ``identity_of`` would say so; most processes are told apart by one reading."""
    try:
        return (
            _program(pid) == identity.program
            and _uid(pid) == identity.uid
            and _network(pid) == identity.network
            and _folders(pid) == identity.folders
        )
    except OSError:
        return False


def read_life(pid: int) -> Reading | None:
    """Read the state of a process; None when it is gone."""
    try:
        fields = Path(PROC, str(pid), "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return Reading(Life(pid, int(fields[19])), fields[0])


def _program(pid: int) -> str:
    path = os.readlink(f"{PROC}/{pid}/exe")  # noqa: PTH115 (ten times a second)
    return path.removesuffix(_DELETED).rpartition("/")[2]


def _uid(pid: int) -> int:
    return os.stat(f"{PROC}/{pid}").st_uid  # noqa: PTH116 (the same)


def _network(pid: int) -> str:
    return os.readlink(f"{PROC}/{pid}/ns/net")  # noqa: PTH115 (the same)


def _folders(pid: int) -> tuple[str, ...]:
    """The folders that were named, each as ``data=PATH`` or ``config=PATH``, made absolute."""
    with open(f"{PROC}/{pid}/cmdline", "rb") as file:  # noqa: PTH123 (the same)
        words = os.fsdecode(file.read()).split("\0")
    working = os.readlink(f"{PROC}/{pid}/cwd")  # noqa: PTH115 (the same)
    named: dict[str, str] = {}
    for word, following in zip(words, [*words[1:], ""], strict=True):
        option, equals, value = word.partition("=")
        if option in _FOLDERS:
            named.setdefault(_FOLDERS[option], value if equals else following)
    if not named:
        return (f"working={working}",)
    return tuple(
        f"{which}={os.path.normpath(os.path.join(working, path))}"  # noqa: PTH118 (as normpath)
        for which, path in sorted(named.items())
    )
