"""Keeping: which events the history takes from the journals, and as what row."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import msgspec

from eoskeeper.domain.alerting.events import AlarmsSnapshot, NewsTaken
from eoskeeper.domain.events import Event
from eoskeeper.domain.records import EventSource
from eoskeeper.domain.tally import NoticeMark, OwnTurnClosed
from eoskeeper.domain.watch import WatchEvent

__all__ = ["EventRow", "event_row", "rows_of_journals"]

_ENCODER = msgspec.json.Encoder(order="deterministic")

_BOOKKEEPING = (AlarmsSnapshot, NewsTaken, NoticeMark, OwnTurnClosed)
"""What only a new keeper needs; of own turns the history has its own, better record."""


class EventRow(msgspec.Struct, frozen=True):
    """A row of the table of events, without its number.

    Attributes:
        digest: tells whether the same event is there already; signed, of 64 bits.
    """

    at_utc: float
    source: EventSource
    kind: str
    event: str
    digest: int


def event_row(event: Event | WatchEvent) -> EventRow | None:
    """The row of an event; None for the keeper's bookkeeping."""
    if isinstance(event, _BOOKKEEPING):
        return None
    source = EventSource.DECISION if isinstance(event, Event) else EventSource.ALARM
    told = _ENCODER.encode(event)
    digest = blake2b(told, digest_size=8, person=source.encode()).digest()
    return EventRow(
        at_utc=event.at.utc_s,
        source=source,
        kind=str(type(event).__struct_config__.tag),
        event=told.decode(),
        digest=int.from_bytes(digest, "big", signed=True),
    )


def rows_of_journals(journals: Iterable[Iterable[Event | WatchEvent]]) -> Iterator[EventRow]:
    """The rows of several journals in the order of their times, without holding them all."""
    for event in heapq.merge(*journals, key=lambda one: one.at.utc_s):
        row = event_row(event)
        if row is not None:
            yield row
