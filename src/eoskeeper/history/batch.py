"""Batch: what waits to be written, bounded, with a count of what did not fit."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

import msgspec

from eoskeeper.domain.records import Reading, TurnRecord
from eoskeeper.history.keeping import EventRow

__all__ = ["Batch", "Bounded", "TurnTold"]

READINGS_KEPT = 3_600
"""An hour of a disk that does not answer, in about 2 MiB."""

TURNS_KEPT = 2_400
"""Four hours of turns."""

EVENTS_KEPT = 1_000
"""The journals have them all: a keeper begun anew fills in what is missing here."""

Entry = TypeVar("Entry")


class TurnTold(msgspec.Struct, frozen=True):
    """A turn, and whether a fork has rewritten it."""

    record: TurnRecord
    amended: bool


class Bounded(Generic[Entry]):
    """A queue whose oldest entries make room for new ones, counted."""

    def __init__(self, limit: int) -> None:
        """Take how many entries it holds at most."""
        self._entries: deque[Entry] = deque(maxlen=limit)
        self.dropped = 0

    def __len__(self) -> int:
        """Entries that wait."""
        return len(self._entries)

    def add(self, entry: Entry) -> None:
        """Append one."""
        self.dropped += len(self._entries) == self._entries.maxlen
        self._entries.append(entry)

    def take(self) -> tuple[Entry, ...]:
        """All of them; the queue is empty then."""
        taken = tuple(self._entries)
        self._entries.clear()
        return taken

    def give_back(self, entries: tuple[Entry, ...]) -> None:
        """Put entries that were taken before those that came since; the oldest are dropped."""
        newer = self.take()
        for entry in (*entries, *newer):
            self.add(entry)


class Batch(msgspec.Struct, frozen=True):
    """What one transaction writes."""

    readings: tuple[Reading, ...] = ()
    turns: tuple[TurnTold, ...] = ()
    events: tuple[EventRow, ...] = ()

    def __bool__(self) -> bool:
        """There is something in it."""
        return bool(self.readings or self.turns or self.events)
