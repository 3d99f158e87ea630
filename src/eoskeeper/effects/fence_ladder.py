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
from eoskeeper.guard.settings import LEAST_ANSWER_S, Settings, worst_time_s

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

    async def climb(self, *, silent: bool = False, resume_may_come: bool = False) -> Fence:
        """Climb until a rung is proven; nothing that the host does makes it raise.

        Args:
            silent: nodeos was asked, and has not answered for so long that it is not waited for
                once more. It is asked to pause all the same: the question lies in its queue for
                the day on which somebody continues it.
            resume_may_come: no pause is a proof: a resume without an answer may undo it.
        """
        settings = _for_silent(self._settings) if silent else self._settings
        async with self._alone:
            climbed = await asyncio.to_thread(
                self._climb, settings, resume_may_come=resume_may_come
            )
        return msgspec.convert(climbed._asdict() | {"rungs": _rungs(climbed)}, Fence)

    def forget(self) -> None:
        """Close what is held; whatever is stopped stays stopped."""
        for held in self._target.held:
            held.let_go()
        self._target = Target()

    def _climb(self, settings: Settings, *, resume_may_come: bool) -> Climb:
        self._target = find(settings, self._target.held)
        return climb(self._target, settings, boot_s, resume_may_come=resume_may_come)


SILENT_ANSWER_S = 0.3
"""A nodeos that has come back answers a pause in a hundredth of that."""


def _for_silent(settings: Settings) -> Settings:
    pause_s = settings.drain_s + LEAST_ANSWER_S + SILENT_ANSWER_S
    return settings._replace(pause_s=min(settings.pause_s, pause_s))


def _rungs(climbed: Climb) -> list[dict[str, object]]:
    return [rung._asdict() for rung in climbed.rungs]
