"""Correspondent: sends what the cycle asks of register, guard and hooks; answers are samples.

Invariant: every request to the register is answered by exactly one sample, whatever happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import NamedTuple

from eoskeeper.domain.asking import Asked
from eoskeeper.domain.guard_samples import (
    ArmGuard,
    DisarmGuard,
    ExtendGuard,
    GuardAnswer,
    GuardOrder,
)
from eoskeeper.domain.hooks import HookCall, HookName
from eoskeeper.domain.lease.register import Answer, ReadRecord, Request, WriteRecord
from eoskeeper.domain.register import Register, RegisterFailed, RegisterReason
from eoskeeper.domain.samples import Sample
from eoskeeper.effects.guard_link import GuardLink
from eoskeeper.effects.hooks import not_run, run_hook
from eoskeeper.runtime.clock import Clock

__all__ = ["Correspondent", "Counterparts"]


class Counterparts(NamedTuple):
    """Whom to ask; None where the configuration has none.

    Attributes:
        budget_s: for one request to the register.
    """

    register: Register | None
    guard: GuardLink | None
    budget_s: float


class Correspondent:
    """Two lines, each with one request under way at a time, in the order of asking; and hooks."""

    def __init__(
        self,
        counterparts: Counterparts,
        clock: Clock,
        tell: Callable[[Sample], None],
        note: Callable[[Sample], None],
    ) -> None:
        """Take whom to ask and whom to tell.

        Args:
            tell: takes answers, and wakes the cycle.
            note: takes what the guard says of itself twice a second; the next cycle will do.
        """
        self._register, self._guard, self._budget_s = counterparts
        self._clock, self._tell, self._note = clock, tell, note
        self._requests: asyncio.Queue[Request] = asyncio.Queue()
        self._orders: asyncio.Queue[GuardOrder] = asyncio.Queue()
        self._calls: asyncio.Queue[HookCall] = asyncio.Queue()
        self._questions: asyncio.Queue[HookCall] = asyncio.Queue()

    def send(self, asked: Iterable[Asked]) -> None:
        """Begin; answers are told later."""
        for one in asked:
            if isinstance(one, ReadRecord | WriteRecord):
                self._requests.put_nowait(one)
            elif isinstance(one, HookCall):
                self._line_of(one).put_nowait(one)
            else:
                self._orders.put_nowait(one)

    def decline(self, asked: Iterable[Asked], reason: str) -> None:
        """Answer what would let this host hold, without sending it; all the rest goes."""
        now = self._clock()
        for one in asked:
            if isinstance(one, ReadRecord | WriteRecord):
                self._tell(RegisterFailed(now, now, RegisterReason.REFUSED, reason))
            elif isinstance(one, HookCall) and one.name is HookName.BEFORE_HOLDING:
                self._tell(not_run(one, now, reason))
            else:
                self.send((one,))

    async def run(self) -> None:
        """Send for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ask_register(), name="register")
            group.create_task(self._order_guard(), name="guard-orders")
            group.create_task(self._run_hooks(self._calls), name="hooks")
            group.create_task(self._run_hooks(self._questions), name="hook-questions")
            if self._guard is not None:
                group.create_task(self._guard.keep(self._note), name="guard-watch")

    async def _ask_register(self) -> None:
        try:
            while True:
                request = await self._requests.get()
                self._tell(await self._answer(request))
        finally:
            if self._register is not None:
                await self._register.close()

    async def _answer(self, request: Request) -> Answer:
        assert self._register is not None, "a lease without a register"
        if isinstance(request, ReadRecord):
            return await self._register.read(self._budget_s)
        return await self._register.cas(request.expected, request.record, self._budget_s)

    def _line_of(self, call: HookCall) -> asyncio.Queue[HookCall]:
        """The question does not wait for those that only accompany what happens."""
        return self._questions if call.name is HookName.BEFORE_HOLDING else self._calls

    async def _run_hooks(self, calls: asyncio.Queue[HookCall]) -> None:
        """One after the other: what is taken down and put up again must not race."""
        while True:
            self._tell(await run_hook(await calls.get(), self._clock))

    async def _order_guard(self) -> None:
        while True:
            self._tell(await self._obeyed(await self._orders.get()))

    async def _obeyed(self, order: GuardOrder) -> GuardAnswer:
        assert self._guard is not None, "an order without a guard"
        match order:
            case ArmGuard(term, until_s, mode):
                return await self._guard.arm(term, until_s, mode)
            case ExtendGuard(term, until_s, evidence):
                return await self._guard.extend(term, until_s, evidence)
            case DisarmGuard(term, proof):
                return await self._guard.disarm(term, proof)
