"""The fence ladder from the keeper's side: the guard's own rungs, climbed in a thread.

The keeper climbs when it has a reason of its own; the guard, when the keeper is silent. Both at
once do no harm: every rung can be climbed twice.
"""

from __future__ import annotations

import asyncio

import msgspec

from eoskeeper.domain.guard_samples import Fence
from eoskeeper.guard.clock import boot_s
from eoskeeper.guard.ladder import Climb, Target, climb, find
from eoskeeper.guard.settings import Settings, worst_time_s

__all__ = ["FenceLadder"]


class FenceLadder:
    """Fences the nodeos of one address.

    Attributes:
        worst_s: seconds that ``climb`` takes at most; the K of the lease's arithmetic.
    """

    def __init__(self, settings: Settings) -> None:
        """Nobody is held before ``remember`` or ``climb``."""
        self._settings = settings
        self._target = Target()
        self._alone = asyncio.Lock()
        self.worst_s = worst_time_s(settings)

    async def remember(self) -> str:
        """Take hold of who listens now, so that it is known when it listens no more.

        Returns why the host cannot be fenced for certain; "" when it can.
        """
        async with self._alone:
            self._target = await asyncio.to_thread(find, self._settings, self._target.held)
        return self._target.unclear or ("" if self._target.held else "nodeos is not there")

    async def climb(self) -> Fence:
        """Climb until a rung is proven; nothing that the host does makes it raise."""
        async with self._alone:
            climbed = await asyncio.to_thread(self._climb)
        return msgspec.convert(climbed._asdict() | {"rungs": _rungs(climbed)}, Fence)

    def forget(self) -> None:
        """Close what is held; whatever is stopped stays stopped."""
        for held in self._target.held:
            held.let_go()
        self._target = Target()

    def _climb(self) -> Climb:
        self._target = find(self._settings, self._target.held)
        return climb(self._target, self._settings, boot_s)


def _rungs(climbed: Climb) -> list[dict[str, object]]:
    return [rung._asdict() for rung in climbed.rungs]
