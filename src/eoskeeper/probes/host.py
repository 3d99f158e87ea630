"""Reads memory, swap and load of the machine from the kernel's own tables.

In a container these are the machine's figures, not those of a limit set on the container.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.samples import FailureReason, HostRead, ProbeFailed, ProbeName

__all__ = ["HostProbe", "HostSettings", "parse_host"]

_FIELD = re.compile(r"^(\w+): +(\d{1,15}) kB$", re.MULTILINE)
_LOADS = re.compile(r"(\d{1,9}\.\d+) (\d{1,9}\.\d+) (\d{1,9}\.\d+) ")


class HostSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the kernel's tables are.

    Attributes:
        proc: the mounted proc file system.
    """

    proc: Path = Path("/proc")


class HostProbe:
    """Reads the machine that the keeper runs on; takes less than a millisecond."""

    def __init__(self, settings: HostSettings | None = None) -> None:
        self._settings = settings or HostSettings()

    def read(self, now: Moment) -> HostRead | ProbeFailed:
        """Read all figures once."""
        try:
            memory = (self._settings.proc / "meminfo").read_text("ascii")
            load = (self._settings.proc / "loadavg").read_text("ascii")
        except PermissionError as problem:
            return _failed(now, FailureReason.NOT_PERMITTED, str(problem.strerror))
        except (OSError, UnicodeDecodeError) as problem:
            return _failed(now, FailureReason.MISSING, str(problem))
        return parse_host(memory, load, os.cpu_count() or 1, now)


def parse_host(memory: str, load: str, cpus: int, now: Moment) -> HostRead | ProbeFailed:
    """Make a reading of the text of ``/proc/meminfo`` and ``/proc/loadavg``.

    Source: proc_meminfo(5): what it calls kB are 1024 bytes, ``MemAvailable`` since Linux 3.14;
    proc_loadavg(5).
    """
    kibibytes = {name: int(figure) for name, figure in _FIELD.findall(memory)}
    loads = _LOADS.match(load)
    missing = [name for name in _NEEDED if name not in kibibytes]
    if missing or loads is None:
        lacking = ", ".join([*missing, *(() if loads else ("load",))])
        return _failed(now, FailureReason.UNEXPECTED_SHAPE, f"without {lacking}")
    return HostRead(
        at=now,
        memory_total_bytes=kibibytes["MemTotal"] * 1024,
        memory_available_bytes=kibibytes["MemAvailable"] * 1024,
        swap_total_bytes=kibibytes["SwapTotal"] * 1024,
        swap_used_bytes=max(0, kibibytes["SwapTotal"] - kibibytes["SwapFree"]) * 1024,
        load_1m=float(loads[1]),
        load_5m=float(loads[2]),
        load_15m=float(loads[3]),
        cpus=cpus,
    )


_NEEDED = ("MemTotal", "MemAvailable", "SwapTotal", "SwapFree")


def _failed(now: Moment, reason: FailureReason, detail: str) -> ProbeFailed:
    return ProbeFailed(now, ProbeName.HOST, reason, detail)
