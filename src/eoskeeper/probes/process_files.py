"""What the kernel keeps of one process in ``/proc``, read with as few calls as there can be.

The probe asks each second, for years. psutil opens a handful of files for what one file tells.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import NamedTuple, Self

__all__ = ["ProcessFiles", "ProcessLine", "socket_inodes"]

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_LINE_BYTES = 4096
"""Longer than any line of ``stat``: 52 numbers and a name of 64 bytes."""

_SOCKET = "socket:["


class ProcessLine(NamedTuple):
    """The part of ``stat`` that is of use.

    Attributes:
        state: one letter.
        cpu_s: of all its threads, in user and in kernel mode, since its start.
        resident_bytes: as ``statm`` and psutil tell it.
        started_ticks: since the machine's start; with the number it identifies a process.

    Source: proc_pid_stat(5), fields 3, 14, 15, 22 and 24.
    """

    state: str
    cpu_s: float
    resident_bytes: int
    started_ticks: int


class ProcessFiles:
    """The ``stat`` of one process, kept open.

    The kernel ties an open file of ``/proc/PID`` to that process and not to its number: after its
    end a read fails, also when the number belongs to another one.
    """

    def __init__(self, pid: int) -> None:
        """Open.

        Raises:
            OSError: there is no such process, or it may not be seen.
        """
        self._descriptor = -1
        self._descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)

    def read(self) -> ProcessLine | None:
        """The line as it is now; None when the process is gone."""
        try:
            line = os.pread(self._descriptor, _LINE_BYTES, 0)
        except OSError:
            return None
        # The name in brackets is the only text, and may hold anything, brackets too.
        fields = line[line.rfind(b")") + 2 :].split()
        return ProcessLine(
            state=fields[0].decode(),
            cpu_s=(int(fields[11]) + int(fields[12])) / _TICKS_PER_S,
            resident_bytes=int(fields[21]) * _PAGE_BYTES,
            started_ticks=int(fields[19]),
        )

    def close(self) -> None:
        """Give the file back; idempotent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def socket_inodes(pid: int) -> frozenset[str] | None:
    """Which sockets a process has open; None when that may not be seen, or it is gone.

    Source: proc_pid_fd(5).
    """
    folder = f"/proc/{pid}/fd"
    found = set()
    try:
        for name in os.listdir(folder):  # noqa: PTH208 - names are all that is wanted, and cheap
            with suppress(FileNotFoundError):
                target = os.readlink(f"{folder}/{name}")  # noqa: PTH115 - the text, not a path
                if target.startswith(_SOCKET):
                    found.add(target)
    except OSError:
        return None
    return frozenset(found)
