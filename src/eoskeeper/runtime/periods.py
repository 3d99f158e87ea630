"""Periods: ticks of the event loop's clock that neither drift nor pile up.

A tick that could not begin in time is late, one whose whole period passed is skipped; it says so.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Tick", "every"]


class Tick(msgspec.Struct, frozen=True, gc=False):
    """One beat of a period.

    Attributes:
        number: counts periods since the first tick, skipped ones included.
        late_s: how long after its due time it began.
        skipped: periods passed over just before this one.
    """

    number: int
    late_s: float
    skipped: int


async def every(period_s: float) -> AsyncIterator[Tick]:
    """Tick at once and then at each whole period after that, by the loop's clock.

    The clock of the loop stands still while the host sleeps, so a wake-up brings no burst.

    Args:
        period_s: above zero.
    """
    loop = asyncio.get_running_loop()
    started, number = loop.time(), 0
    while True:
        late_s = max(loop.time() - (started + number * period_s), 0.0)
        skipped = int(late_s // period_s)
        number += skipped
        yield Tick(number, late_s - skipped * period_s, skipped)
        number += 1
        await asyncio.sleep(max(started + number * period_s - loop.time(), 0.0))
