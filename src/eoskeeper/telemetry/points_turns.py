"""Points of turns: each turn when it is closed, and each round of every producer."""

from __future__ import annotations

from collections.abc import Iterator

from eoskeeper.domain.chain_time import slot_utc
from eoskeeper.domain.production import TurnAccount
from eoskeeper.domain.publication import Publication
from eoskeeper.domain.records import turn_record
from eoskeeper.domain.turns import SlotCounts, TurnClosed, cells_of
from eoskeeper.telemetry.line_protocol import Point
from eoskeeper.telemetry.points_table import SLOT_FIELDS, Value, nanoseconds, point_of

__all__ = ["producer_points", "turn_points"]


def turn_points(publication: Publication) -> Iterator[Point]:
    """A point for each turn closed or amended, at the time of its first slot."""
    for closed in publication.turns:
        values: dict[str, Value | None] = {
            "turn": closed.turn,
            **_slots(closed.counts, closed.latest_ms),
            "cells": closed.cells,
        }
        if closed.ours:
            values["maker"] = str(closed.maker)
            values["made_by"] = turn_record(closed, publication.report).made_by
            values |= dict(zip(SLOT_FIELDS, closed.cells, strict=True))
        tags = _tags(publication, closed.producer, ours=closed.ours)
        yield from point_of("eoskeeper_turn", tags, values, nanoseconds(closed.begin_utc))


def producer_points(publication: Publication) -> Iterator[Point]:
    """The newest round, once: when the first turn of the round after it is closed."""
    report = publication.report
    count = len(report.schedule)
    if count == 0 or not any(_begins_round(closed, count) for closed in publication.turns):
        return
    for account in report.last_round:
        position = account.turn % count
        values: dict[str, Value | None] = {
            "round": account.turn // count,
            "position": position + 1,
            **_slots(_counts(account), account.latest_ms),
        }
        tags = _tags(publication, account.producer, ours=account.producer == report.producer)
        at_utc_ns = nanoseconds(slot_utc(account.first_slot))
        yield from point_of("eoskeeper_producer", tags, values, at_utc_ns)


def _begins_round(closed: TurnClosed, count: int) -> bool:
    return closed.turn % count == 0 and not closed.amended


def _counts(account: TurnAccount) -> SlotCounts:
    cells = cells_of(account)
    return SlotCounts(*(cells.count(letter) for letter in "pmlu"))


def _slots(counts: SlotCounts, latest_ms: int | None) -> dict[str, Value | None]:
    return {
        "produced": counts.produced,
        "missed": counts.missed,
        "lost": counts.lost,
        "unknown": counts.unknown,
        "latest_ms": latest_ms,
    }


def _tags(publication: Publication, producer: str, *, ours: bool) -> dict[str, str | None]:
    return {
        "host": publication.report.host,
        "producer": producer,
        "ours": "yes" if ours else "no",
    }
