"""Performer: takes the actions that were decided and journalled, and tells what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from eoskeeper.domain.actions import Action, FenceCause, Pause, Resume, Terminate
from eoskeeper.domain.guard_samples import Fence
from eoskeeper.domain.samples import ActionOutcome, OutcomeResult
from eoskeeper.effects.fence_ladder import FenceLadder
from eoskeeper.effects.process_end import terminate
from eoskeeper.effects.production import ProductionSettings, pause, resume
from eoskeeper.runtime.clock import Clock

__all__ = ["Performer"]


class Performer:
    """Runs each action in a task of its own: a pause never waits behind a resume that hangs."""

    def __init__(
        self,
        settings: ProductionSettings,
        clock: Clock,
        tell: Callable[[ActionOutcome], None],
        is_held: Callable[[int], bool],
        ladder: FenceLadder | None = None,
    ) -> None:
        """Take where to act, the clock, and whom to tell outcomes.

        Args:
            is_held: whether a process is stopped by our own turn gate: that one is not frozen.
            ladder: for stops that others wait for; None where no guard is configured.
        """
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._is_held = is_held
        self._ladder = ladder
        self._waiting: asyncio.Queue[Action] = asyncio.Queue()

    def perform(self, action: Action) -> None:
        """Begin an action; its outcome is told later."""
        self._waiting.put_nowait(action)

    def refuse(self, action: Action, reason: str) -> None:
        """Tell that an action was not begun at all."""
        outcome = ActionOutcome(self._clock(), action.action_id, OutcomeResult.CANCELLED, reason)
        self._tell(outcome)

    async def run(self) -> None:
        """Perform for ever."""
        async with asyncio.TaskGroup() as running:
            while True:
                action = await self._waiting.get()
                running.create_task(self._run_one(action), name=f"action-{action.action_id}")

    async def _run_one(self, action: Action) -> None:
        match action:
            case Pause(to_the_end=True) if self._ladder is not None:
                self._tell(await self._climb(action, self._ladder))
            case Pause():
                self._tell(await pause(action, self._settings, self._clock))
            case Resume():
                self._tell(await resume(action, self._settings, self._clock))
            case Terminate() if self._is_held(action.pid):
                self.refuse(action, "held by the turn gate")
            case Terminate():
                self._tell(terminate(action, self._clock))

    async def _climb(self, action: Pause, ladder: FenceLadder) -> ActionOutcome:
        sent = self._clock()
        fence = await ladder.climb(
            silent=action.cause is FenceCause.HUNG, resume_may_come=action.resume_may_come
        )
        result = OutcomeResult.PROVEN if fence.proven else OutcomeResult.UNPROVEN
        return ActionOutcome(self._clock(), action.action_id, result, _told(fence), sent)


def _told(fence: Fence) -> str:
    rungs = "; ".join(f"{rung.name} {rung.result}: {rung.detail}" for rung in fence.rungs)
    return f"{fence.how or 'no rung'} in {fence.ended_s - fence.began_s:.1f} s ({rungs})"
