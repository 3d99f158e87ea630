"""Event rows: events of the journals with words for people, as they are served."""

from __future__ import annotations

import msgspec

from eoskeeper.domain.chain_time import UtcS
from eoskeeper.domain.event_words import event_text, evidence_texts
from eoskeeper.domain.events import Event
from eoskeeper.domain.findings import Text
from eoskeeper.domain.records import EventRecord, EventSource
from eoskeeper.domain.watch import WatchEvent

__all__ = ["EventRow", "row_of_event", "row_of_record"]


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a journal, in words.

    Attributes:
        number: counts up; the smaller the older.
        source: which journal it is from.
        kind: its tag, like ``standing_changed``.
        event: the event itself.
        text: what happened, with its figures.
        evidence: what it was decided on, a sentence for each condition.
    """

    number: int
    at_utc: UtcS
    source: EventSource
    kind: str
    event: msgspec.Raw
    text: Text
    evidence: tuple[Text, ...] = ()


_DECODER = msgspec.json.Decoder(Event | WatchEvent)


def row_of_record(record: EventRecord) -> EventRow:
    """A kept event; one of another version of the keeper has its kind for words."""
    try:
        event: Event | WatchEvent | None = _DECODER.decode(record.event)
    except msgspec.DecodeError:
        event = None
    return EventRow(
        number=record.number,
        at_utc=record.at_utc,
        source=record.source,
        kind=record.kind,
        event=record.event,
        text=Text(en=record.kind, zh=record.kind) if event is None else event_text(event),
        evidence=() if event is None else evidence_texts(event),
    )


def row_of_event(number: int, event: Event | WatchEvent) -> EventRow:
    """An event that no history keeps."""
    is_decision = isinstance(event, Event)
    return EventRow(
        number=number,
        at_utc=event.at.utc_s,
        source=EventSource.DECISION if is_decision else EventSource.ALARM,
        kind=str(event.__struct_config__.tag),
        event=msgspec.Raw(msgspec.json.encode(event)),
        text=event_text(event),
        evidence=evidence_texts(event),
    )
