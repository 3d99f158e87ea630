"""What outlives the guard but not the boot, and what keeps the guard itself in memory.

The state is written over in place, into a file in memory (tmpfs), so that a guard that was killed
goes on with the deadline that it had: a restart never gives more time.
"""

from __future__ import annotations

import ctypes
import json
import os

from eoskeeper.guard.deadline import Mode, Phase, State
from eoskeeper.guard.process import PROC

__all__ = ["Memory", "lock_into_memory", "shield_from_oom"]

_SIZE_BYTES = 1024
_CURRENT_AND_FUTURE = 1 | 2
"""Source: linux asm-generic/mman.h, MCL_CURRENT and MCL_FUTURE."""


class Memory:
    """One small file that holds the state of this boot."""

    def __init__(self, path: str) -> None:
        """Open the file.

        Raises:
            OSError: it cannot be opened.
        """
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._boot = _boot_id()

    def load(self) -> State:
        """The state as it was; idle after a boot.

        What cannot be understood is not taken for idle: it is a fence to be climbed.
        """
        text = os.pread(self._file, _SIZE_BYTES, 0).strip(b"\0 \n")
        if not text:
            return State()
        try:
            told = json.loads(text)
            if told.pop("boot") != self._boot:
                return State()
            told["phase"], told["mode"] = Phase(told["phase"]), Mode(told["mode"])
            told["term"], told["until_s"] = int(told["term"]), float(told["until_s"])
            return State(**told)
        except (ValueError, KeyError, TypeError, AttributeError):
            return State(Phase.FENCED, reason="the guard's memory cannot be understood")

    def save(self, state: State) -> bool:
        """Write the state over the former one, with one call that a signal does not split.

        False when it cannot be written: then the former one, with its earlier deadline, stays.
        """
        text = json.dumps({"boot": self._boot, **state._asdict()}).encode()
        try:
            return os.pwrite(self._file, text.ljust(_SIZE_BYTES)[:_SIZE_BYTES], 0) == _SIZE_BYTES
        except OSError:
            return False

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def lock_into_memory() -> str:
    """Keep all pages, so that a host without memory cannot delay a fence; "" or why not.

    Source: mlockall(2).
    """
    library = ctypes.CDLL(None, use_errno=True)
    if library.mlockall(_CURRENT_AND_FUTURE) == 0:
        return ""
    return os.strerror(ctypes.get_errno())


def shield_from_oom() -> str:
    """Be the last that is killed when memory runs out; "" or why not.

    Source: proc_pid_oom_score_adj(5): lowering it needs CAP_SYS_RESOURCE.
    """
    try:
        with open(f"{PROC}/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib is memory
            file.write("-900")
    except OSError as error:
        return error.strerror or "refused"
    return ""


def _boot_id() -> str:
    """Source: random(4)."""
    with open(f"{PROC}/sys/kernel/random/boot_id", encoding="ascii") as file:  # noqa: PTH123 - the same
        return file.read().strip()
