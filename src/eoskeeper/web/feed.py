"""Feed: what is new, once for all who listen, as server-sent events.

Nobody who listens can hold up the cycle: a message is made once, laid into each client's short
queue, and a client whose queue is full is dropped. With nobody there nothing is made at all.

Source: HTML standard, 9.2 "Server-sent events".
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence

import msgspec

from eoskeeper.domain.events import Event
from eoskeeper.domain.publication import Publication
from eoskeeper.domain.records import turn_record
from eoskeeper.domain.watch import WatchEvent
from eoskeeper.web.event_rows import EventRow, row_of_event, row_of_record
from eoskeeper.web.ports import HistoryReader

__all__ = ["Feed", "message_of"]

MAX_CLIENTS = 16
MAX_QUEUE = 32
"""Messages, half a minute's: who is so far behind is dropped and may come back."""

ROWS_AT_ONCE = 100
NUMBERING_TRIES = 20
NUMBERING_PERIOD_S = 0.25
"""The history writes on its own thread: so often and so fast is it asked for the newest numbers."""


def message_of(name: str, value: object) -> bytes:
    """One event of the stream; JSON has no line breaks of its own."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(value))


class Feed:
    """Takes each publication and hands it on; all its clients are of one loop."""

    def __init__(self, history: HistoryReader | None = None) -> None:
        """Take the history, which numbers the events; None numbers them here."""
        self._history = history
        self._clients: set[_Client] = set()
        self._number = 0
        self._wanted_utc = 0.0
        self._come = asyncio.Event()

    def put(self, publication: Publication) -> None:
        """Take one cycle; cheap, and next to nothing while nobody listens."""
        if not self._clients:
            return
        self._tell("report", publication.report)
        if publication.turns:
            records = [turn_record(one, publication.report) for one in publication.turns]
            self._tell("turns", {"turns": records})
        events = (*publication.events, *publication.told)
        if events and self._history is None:
            self._tell_rows(self._own_rows(events))
        elif events:
            self._wanted_utc = max(one.at.utc_s for one in events)
            self._come.set()

    def join(self, drop: Callable[[], None]) -> _Client | None:
        """A place in the stream; None when all are taken."""
        if len(self._clients) >= MAX_CLIENTS:
            return None
        client = _Client(drop, self._clients.discard)
        self._clients.add(client)
        return client

    async def run(self) -> None:
        """Number events as the history does, for as long as the keeper runs."""
        while True:
            await self._come.wait()
            self._come.clear()
            if self._history is not None:
                await self._tell_from(self._history)

    async def _tell_from(self, history: HistoryReader) -> None:
        """What the history has that was not told yet, as soon as it is written.

        Not everything is: a record that is only for the keeper itself is waited for in vain.
        """
        for _ in range(NUMBERING_TRIES):
            await asyncio.sleep(NUMBERING_PERIOD_S)
            if not self._clients:
                return
            found = await history.events(
                source=None, limit=ROWS_AT_ONCE, before=None, after=self._number or None
            )
            if found:
                self._number = found[0].number
                self._tell_rows([row_of_record(one) for one in found])
                if found[0].at_utc >= self._wanted_utc:
                    return

    def _own_rows(self, events: Sequence[Event | WatchEvent]) -> list[EventRow]:
        rows = []
        for event in events:
            self._number += 1
            rows.append(row_of_event(self._number, event))
        return rows[::-1]

    def _tell_rows(self, rows: Iterable[EventRow]) -> None:
        self._tell("events", {"events": list(rows)})

    def _tell(self, name: str, value: object) -> None:
        message = message_of(name, value)
        for client in tuple(self._clients):
            client.offer(message)


class _Client:
    """One place in the stream."""

    def __init__(self, drop: Callable[[], None], leave: Callable[[_Client], None]) -> None:
        self._drop = drop
        self._leave = leave
        self._waiting: deque[bytes] = deque()
        self._come = asyncio.Event()

    def offer(self, message: bytes) -> None:
        """Lay a message into the queue; a full one ends it."""
        if len(self._waiting) >= MAX_QUEUE:
            self.leave()
            self._drop()
            return
        self._waiting.append(message)
        self._come.set()

    async def take(self, timeout_s: float) -> bytes:
        """All that has come since; empty when nothing came in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._come.wait()
        except TimeoutError:
            return b""
        taken = b"".join(self._waiting)
        self._waiting.clear()
        self._come.clear()
        return taken

    def leave(self) -> None:
        """Give the place back."""
        self._leave(self)
        self._waiting.clear()
