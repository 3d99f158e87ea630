"""Which process is nodeos: found by its listening socket, told from any later one of its number.

Only files of /proc that do not wait for the memory lock of the process are read (never
``cmdline``): a nodeos that hangs in the kernel must not take its guard with it.
"""

from __future__ import annotations

import os
from typing import NamedTuple

__all__ = [
    "PROC",
    "Life",
    "children_of",
    "find_listeners",
    "listening_inodes",
    "pending_signals",
    "program_of",
    "read_life",
    "read_state",
    "thread_states",
]

PROC = "/proc"

_LISTEN = "0A"
"""State of a listening socket. Source: linux include/net/tcp_states.h, TCP_LISTEN."""

_ACCEPTS = 0x10000
"""Flag of a listening Unix socket. Source: linux include/linux/net.h, __SO_ACCEPTCON."""

_DELETED = " (deleted)"
"""Behind the name of a program whose file was replaced. Source: proc_pid_exe(5)."""


class Life(NamedTuple):
    """One process, never to be mixed up with a later one of the same number.

    Attributes:
        started_ticks: since boot, in clock ticks.
    """

    pid: int
    started_ticks: int


def read_life(pid: int) -> Life | None:
    """Read who has that number now; None when nobody has."""
    fields = _stat(f"{PROC}/{pid}/stat")
    return None if fields is None else Life(pid, int(fields[19]))


def read_state(pid: int) -> str | None:
    """Read the state of the main thread, one letter; None when it is gone."""
    fields = _stat(f"{PROC}/{pid}/stat")
    return None if fields is None else fields[0]


def thread_states(pid: int) -> dict[int, str]:
    """Read the state of every thread; a thread that ended meanwhile is left out."""
    try:
        threads = [int(name) for name in os.listdir(f"{PROC}/{pid}/task")]  # noqa: PTH208 - names alone are enough
    except OSError:
        return {}
    read = {thread: _stat(f"{PROC}/{pid}/task/{thread}/stat") for thread in threads}
    return {thread: fields[0] for thread, fields in read.items() if fields is not None}


def pending_signals(pid: int) -> int:
    """Read the signals that wait for the whole process, bit N-1 for signal N; 0 when it is gone.

    Source: proc_pid_status(5), ShdPnd.
    """
    try:
        with open(f"{PROC}/{pid}/status", "rb") as file:  # noqa: PTH123 - as cheap as can be
            lines = file.read().splitlines()
    except OSError:
        return 0
    return next((int(line[7:], 16) for line in lines if line.startswith(b"ShdPnd:")), 0)


def program_of(pid: int) -> str | None:
    """Read the executable's name without its folder; None when it may not be seen."""
    try:
        path = os.readlink(f"{PROC}/{pid}/exe")  # noqa: PTH115 - hundreds within a budget
    except OSError:
        return None
    return path.removesuffix(_DELETED).rpartition("/")[2]


def children_of(pid: int) -> set[int]:
    """Everybody who descends from a process, itself included."""
    parents: dict[int, int] = {}
    for other in _pids():
        fields = _stat(f"{PROC}/{other}/stat")
        if fields is not None:
            parents[other] = int(fields[1])
    found = {pid}
    while more := {one for one, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def find_listeners(address: str) -> tuple[Life, ...]:
    """Who holds the listening socket of an address: ``HOST:PORT``, or the path of a socket.

    More than one where a child inherited it. Empty when nobody listens, and when the one who
    does may not be seen: ``listening_inodes`` tells these two apart.
    """
    links = {f"socket:[{inode}]" for inode in listening_inodes(address)}
    if not links:
        return ()
    lives = (read_life(pid) for pid in _pids() if _holds(pid, links))
    return tuple(life for life in lives if life is not None)


def listening_inodes(address: str) -> set[str]:
    """Inodes of the sockets that listen on that port, or on that path.

    Source: proc_net(5) (``tcp``, ``tcp6``, ``unix``).
    """
    if address.startswith("/"):
        return _unix_inodes(address)
    port = f"{int(address.rpartition(':')[2]):04X}"
    found = set()
    for name in ("tcp", "tcp6"):
        for line in _lines(f"{PROC}/self/net/{name}"):
            words = line.split()
            if len(words) > 9 and words[3] == _LISTEN and words[1].rpartition(":")[2] == port:  # noqa: PLR2004 - columns
                found.add(words[9])
    return found


def _unix_inodes(path: str) -> set[str]:
    found = set()
    for line in _lines(f"{PROC}/self/net/unix"):
        words = line.split(maxsplit=7)
        if len(words) == 8 and words[7] == path and int(words[3], 16) & _ACCEPTS:  # noqa: PLR2004 - columns
            found.add(words[6])
    return found


def _holds(pid: int, links: set[str]) -> bool:
    folder = f"{PROC}/{pid}/fd"
    try:
        for name in os.listdir(folder):  # noqa: PTH208 - names alone are enough
            try:
                if os.readlink(f"{folder}/{name}") in links:  # noqa: PTH115 - the same
                    return True
            except OSError:
                continue
    except OSError:
        return False
    return False


def _pids() -> list[int]:
    return [int(name) for name in os.listdir(PROC) if name.isdecimal()]  # noqa: PTH208 - names alone are enough


def _stat(path: str) -> list[str] | None:
    """Fields from the state on: the name before may hold anything. Source: proc_pid_stat(5)."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:  # noqa: PTH123 - pathlib is memory
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="ascii", errors="replace") as file:  # noqa: PTH123 - the same
            return file.read().splitlines()[1:]
    except OSError:
        return []
