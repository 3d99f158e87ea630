"""The clock reads both clocks of this host."""

from __future__ import annotations

import time

from eoskeeper.runtime import clock


def test_tells_the_boot_time_and_the_wall_time() -> None:
    """Each figure lies between two readings taken around it."""
    before = (time.clock_gettime(time.CLOCK_BOOTTIME), time.time())  # noqa: TID251 -- the oracle
    now = clock.read()
    after = (time.clock_gettime(time.CLOCK_BOOTTIME), time.time())  # noqa: TID251 -- the oracle

    assert before[0] <= now.mono_s <= after[0]
    assert before[1] <= now.utc_s <= after[1]


def test_the_boot_time_never_runs_backwards() -> None:
    """A thousand readings are in order."""
    readings = [clock.read().mono_s for _ in range(1000)]

    assert readings == sorted(readings)
