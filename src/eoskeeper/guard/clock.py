"""The guard's clock, the only one: seconds since boot, a suspended host's sleep included.

The daemon reads its clocks in ``runtime/clock.py``; the guard imports nothing of the daemon.
"""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Clock", "boot_s", "sleep"]

Clock = Callable[[], float]


def boot_s() -> float:
    """Read CLOCK_BOOTTIME: no step of the wall clock moves it, and it goes on in a suspend.

    Source: clock_gettime(2), Linux 2.6.39.
    """
    return time.clock_gettime(time.CLOCK_BOOTTIME)  # noqa: TID251 - the guard's only reading


def sleep(for_s: float) -> None:
    """Wait; nothing for a time that is over."""
    if for_s > 0:
        time.sleep(for_s)
