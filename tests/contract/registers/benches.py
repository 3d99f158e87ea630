"""What the conformance suite runs over: etcd and memory behind one face."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Protocol

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.register import LeaseRecord, Register
from eoskeeper.domain.register_model import Fault, FaultKind, RegisterModel
from eoskeeper.registers.etcd_client import EtcdRegister
from eoskeeper.registers.etcd_settings import EtcdSettings
from eoskeeper.registers.memory import MemoryRegister, no_fault
from eoskeeper.runtime import clock
from tests.contract.registers.etcd_cluster import Cluster
from tests.contract.registers.losing_proxy import Losing, losing_proxy

__all__ = ["BUDGET_S", "Bench", "EtcdBench", "MemoryBench", "at_work", "record"]

BUDGET_S = 3.0

_numbers = itertools.count()


def record(beat: int, host: str = "north", term: int = 1, *, released: bool = False) -> LeaseRecord:
    """One of a keeper's records."""
    return LeaseRecord(host, term, beat, released=released, run=f"run-of-{host}")


class Bench(Protocol):
    """One record in one store, absent at first."""

    def open(self, member: int | None = None) -> Register:
        """A client of its own; through one member only, or all."""

    def losing_answers(
        self, members: int
    ) -> contextlib.AbstractAsyncContextManager[tuple[Register, Callable[[], None]]]:
        """A client whose first member loses answers once told to; ``members`` it may ask."""


class MemoryBench:
    """In memory; every client sees the one store."""

    def __init__(self) -> None:
        self._model = RegisterModel()
        self._ticks = itertools.count()

    def open(self, member: int | None = None) -> Register:
        """A client."""
        assert member is None or member >= 0
        return MemoryRegister(self._model, self._now)

    @contextlib.asynccontextmanager
    async def losing_answers(
        self, members: int
    ) -> AsyncIterator[tuple[Register, Callable[[], None]]]:
        """The first answer after ``lose``, and where there is no other member all of them."""
        faults: Iterator[Fault] = iter(())

        def lose() -> None:
            nonlocal faults
            faults = iter([Fault(FaultKind.ANSWER_LOST)] * (1 if members > 1 else 2))

        yield MemoryRegister(self._model, self._now, lambda: next(faults, no_fault())), lose

    def _now(self) -> Moment:
        tick = next(self._ticks) / 1000
        return Moment(MonoS(tick), UtcS(tick))


class EtcdBench:
    """A key of its own in a real cluster."""

    def __init__(self, cluster: Cluster, losing: Losing = Losing.SILENT) -> None:
        self._cluster = cluster
        self._losing = losing
        self.key = f"/eoskeeper/test/{next(_numbers)}/lease"

    def open(self, member: int | None = None) -> Register:
        """A client."""
        urls = self._cluster.urls
        return self.client(urls if member is None else (urls[member],))

    def client(self, urls: tuple[str, ...]) -> EtcdRegister:
        """One of these endpoints."""
        return EtcdRegister(EtcdSettings(endpoints=urls), self.key, clock.read)

    @contextlib.asynccontextmanager
    async def losing_answers(
        self, members: int
    ) -> AsyncIterator[tuple[Register, Callable[[], None]]]:
        """Through a proxy in front of the first member."""
        async with losing_proxy(self._cluster.urls[0]) as proxy:
            register = self.client((proxy.url, *self._cluster.urls[1:members]))

            def lose() -> None:
                proxy.losing = self._losing

            try:
                yield register, lose
            finally:
                await register.close()


def at_work(bench: Bench, work: Callable[[Register], Awaitable[None]]) -> None:
    """Run with one client of all members."""

    async def run() -> None:
        register = bench.open()
        try:
            await work(register)
        finally:
            await register.close()

    asyncio.run(run())
