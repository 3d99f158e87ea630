"""What the kernel says a process has used."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Used", "memory_mib", "used_by"]

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Used:
    """Since the process began.

    Attributes:
        user_s: processor time in its own code.
        system_s: the same in the kernel's on its behalf.
        switches: context switches of its threads that still run.
    """

    user_s: float
    system_s: float
    switches: int

    @property
    def processor_s(self) -> float:
        """Both."""
        return self.user_s + self.system_s


def used_by(pid: int) -> Used:
    """Read it. Source: proc_pid_stat(5), fields 14 and 15.

    Raises:
        OSError: the process is gone.
    """
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    switches = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that ends just now
            status = _fields(task / "status")
            kinds = ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")
            switches += sum(int(status[kind]) for kind in kinds)
    return Used(int(fields[11]) / _TICKS_PER_S, int(fields[12]) / _TICKS_PER_S, switches)


def memory_mib(pid: int) -> dict[str, float]:
    """Resident now and at most so far; and its fair part of what it shares with others."""
    status = _fields(Path(f"/proc/{pid}/status"))
    shared = _fields(Path(f"/proc/{pid}/smaps_rollup"))
    texts = {"resident": status["VmRSS"], "peak": status["VmHWM"], "proportional": shared["Pss"]}
    return {name: int(text.split()[0]) / 1024 for name, text in texts.items()}


def _fields(path: Path) -> dict[str, str]:
    lines = (line.partition(":") for line in path.read_text().splitlines())
    return {name: value.strip() for name, _, value in lines}
