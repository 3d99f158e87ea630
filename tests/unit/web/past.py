"""A history of fixed answers that remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from eoskeeper.domain.chain_time import UtcS
from eoskeeper.domain.events import KeeperStarted
from eoskeeper.domain.records import (
    Curve,
    Curves,
    EventRecord,
    EventSource,
    Quantity,
    TurnRecord,
)
from tests.unit.web.serving import NOW

TURN = TurnRecord(turn=7, begin_utc=UtcS(42.0), producer="eosstorebest", ours=True, cells="p" * 12)
STARTED = KeeperStarted(NOW, "0.4.0", "bp-1", "A", "auto")


def record_of(number: int) -> EventRecord:
    """A keeper that started."""
    return EventRecord(
        number=number,
        at_utc=NOW.utc_s,
        source=EventSource.DECISION,
        kind="keeper_started",
        event=msgspec.Raw(msgspec.json.encode(STARTED)),
    )


class FixedHistory:
    """One turn, and as many events as the test says.

    Attributes:
        asked: each question, as its name and arguments.
        numbers: of the events.
        problem: raised by every question.
        hang: is waited for before every answer; None for at once.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.numbers: list[int] = [2, 1]
        self.problem: Exception | None = None
        self.hang: asyncio.Event | None = None

    async def curves(
        self, quantities: Sequence[Quantity], from_utc: float, to_utc: float, points: int
    ) -> Curves:
        """A hole for each quantity."""
        await self._take("curves", tuple(quantities), from_utc, to_utc, points)
        curves = tuple(Curve(name, (None, 1.0), (None, 0.5), (None, 2.0)) for name in quantities)
        return Curves(UtcS(from_utc), 1, curves)

    async def turns(
        self, *, producer: str | None, ours: bool, from_utc: float, to_utc: float, limit: int
    ) -> tuple[TurnRecord, ...]:
        """The one."""
        await self._take("turns", producer, ours, from_utc, to_utc, limit)
        return (TURN,)

    async def events(
        self, *, source: EventSource | None, limit: int, before: int | None, after: int | None
    ) -> tuple[EventRecord, ...]:
        """Newest first."""
        await self._take("events", source, limit, before, after)
        return tuple(record_of(one) for one in self.numbers if after is None or one > after)

    async def _take(self, *question: object) -> None:
        self.asked.append(question)
        if self.hang is not None:
            await self.hang.wait()
        if self.problem is not None:
            raise self.problem
