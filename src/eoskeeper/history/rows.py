"""Rows: what a row of the file means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from eoskeeper.domain.chain_time import first_slot_of_turn, slot_utc
from eoskeeper.domain.records import EventRecord, EventSource, TurnRecord

__all__ = ["EVENT", "READABLE_TURN", "chosen_turns", "event_of", "record_of"]

READABLE_TURN = "SELECT turn, producer, ours, cells, latest_ms, made_by FROM readable_turns"

EVENT = "SELECT number, at_utc, source, kind, event FROM events"


def chosen_turns(conditions: Sequence[str]) -> str:
    """The statement for the newest turns of some kind, newest first.

    The view's words are looked up only for those that are chosen.

    Args:
        conditions: on the columns of the table ``turns``; after their values the statement takes
            how many turns at most.
    """
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"""
        SELECT turn, producers.word, ours, strips.word, latest_ms, COALESCE(hosts.word, '')
        FROM (SELECT * FROM turns {where} ORDER BY turn DESC LIMIT ?) AS chosen
        JOIN words AS producers ON producers.number = chosen.producer
        JOIN words AS strips ON strips.number = chosen.cells
        LEFT JOIN words AS hosts ON hosts.number = chosen.made_by
        ORDER BY turn DESC
    """  # noqa: S608 - the conditions are constants of ours


def record_of(row: tuple[Any, ...]) -> TurnRecord:
    """A row of ``READABLE_TURN``."""
    turn, producer, ours, cells, latest_ms, made_by = row
    return TurnRecord(
        turn=turn,
        begin_utc=slot_utc(first_slot_of_turn(turn)),
        producer=producer,
        ours=bool(ours),
        cells=cells,
        latest_ms=latest_ms,
        made_by=made_by,
    )


def event_of(row: tuple[Any, ...]) -> EventRecord:
    """A row of ``EVENT``."""
    number, at_utc, source, kind, event = row
    return EventRecord(
        number=number,
        at_utc=at_utc,
        source=EventSource(source),
        kind=kind,
        event=msgspec.Raw(event.encode()),
    )
