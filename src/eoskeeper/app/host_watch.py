"""Host watch: when memory, folders, the clock and the unit of nodeos are looked at.

Nothing here is in a hurry: each look has its own period, and a slow one delays no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from eoskeeper.domain.samples import Sample
from eoskeeper.runtime.tasks import every

__all__ = ["CLOCK_S", "FOLDERS_S", "HOST_S", "UNIT_S", "watch", "watch_blocking"]

HOST_S = 10.0
FOLDERS_S = 30.0
CLOCK_S = 600.0
UNIT_S = 30.0

Tell = Callable[[Sample], None]


async def watch(read: Callable[[], Awaitable[Sample]], period_s: float, tell: Tell) -> None:
    """Look again and again, until cancelled."""
    async for _ in every(period_s):
        tell(await read())


async def watch_blocking(read: Callable[[], Sample], period_s: float, tell: Tell) -> None:
    """The same for a look that may block, on a dead network disk for minutes."""
    async for _ in every(period_s):
        tell(await asyncio.to_thread(read))
