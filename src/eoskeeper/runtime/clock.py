"""The clock: the only module that reads one, so that everything else can be given any time.

Both clocks are read together, once per cycle. Everything else takes a ``Clock``.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS

__all__ = ["Clock", "read"]

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

Clock = Callable[[], Moment]
"""Whatever tells the time: ``read`` in the daemon, a closure over a list in a test."""


def read() -> Moment:
    """Read both clocks now; they are some microseconds apart."""
    return Moment(MonoS(_boot_time_s()), UtcS(time.time()))


def _boot_time_s() -> float:
    """Seconds since boot, sleep of the host included where the kernel can tell.

    Source: clock_gettime(2), CLOCK_BOOTTIME: Linux 2.6.39 and later. Elsewhere the monotonic
    clock, which on most systems stands still while the host sleeps.
    """
    return time.clock_gettime(_CLOCK)
