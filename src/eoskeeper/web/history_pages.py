"""History pages: curves, turns and events of the past."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple

import msgspec
from aiohttp import web

from eoskeeper.domain.records import EventSource, TurnRecord
from eoskeeper.web.answers import Problem, json_response, problem
from eoskeeper.web.asking import Asked, Office
from eoskeeper.web.event_rows import EventRow, row_of_record
from eoskeeper.web.query import EventsQuery, HistoryQuery, Span, TurnsQuery, WhichEvents, bad
from eoskeeper.web.shelf import HistoryAway, Shelf

__all__ = ["EventRows", "TurnRecords", "curves", "events", "turns"]

DAY_S = 86_400.0

SPANS_S: Mapping[Span, float] = {
    Span.HOUR: 3600.0,
    Span.DAY: DAY_S,
    Span.WEEK: 7 * DAY_S,
    Span.MONTH: 30 * DAY_S,
    Span.QUARTER: 90 * DAY_S,
}

FUTURE_S = 60.0
"""A turn that is just over may begin after the clock's now, when the clock was set back."""

OFF = "history is off: set history.enabled"


class TurnRecords(msgspec.Struct, frozen=True):
    """Turns, oldest first."""

    turns: tuple[TurnRecord, ...]


class EventRows(msgspec.Struct, frozen=True):
    """Events, newest first."""

    events: tuple[EventRow, ...]


class _Stretch(NamedTuple):
    begin_utc: float
    end_utc: float


Page = Callable[[Shelf, Asked, float], Awaitable[object]]


def _kept(page: Page) -> Callable[[Office, Asked], Awaitable[web.Response]]:
    """A page that needs the history; it gives a value, or a problem with the query."""

    async def answer(office: Office, asked: Asked) -> web.Response:
        if office.shelf is None:
            return problem(HTTPStatus.NOT_FOUND, OFF)
        try:
            value = await page(office.shelf, asked, office.clock().utc_s)
        except HistoryAway as error:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        is_bad = isinstance(value, Problem)
        return json_response(HTTPStatus.BAD_REQUEST if is_bad else HTTPStatus.OK, value)

    return answer


async def _curves(shelf: Shelf, asked: Asked, now_utc: float) -> object:
    query = asked.query
    assert isinstance(query, HistoryQuery)
    wanted = _stretch(query.begin, query.end, query.span, now_utc)
    if isinstance(wanted, Problem):
        return wanted
    quantities = tuple(dict.fromkeys(query.quantity))
    return await shelf.ask(lambda reader: reader.curves(quantities, *wanted, query.points))


async def _turns(shelf: Shelf, asked: Asked, now_utc: float) -> object:
    query = asked.query
    assert isinstance(query, TurnsQuery)
    end_utc = now_utc + FUTURE_S if query.end is None else query.end
    wanted = _stretch(query.begin or 0.0, end_utc, None, now_utc)
    if isinstance(wanted, Problem):
        return wanted
    ours = query.producer == "ours"
    producer = None if query.producer in {"ours", "all"} else query.producer
    found = await shelf.ask(
        lambda reader: reader.turns(
            producer=producer,
            ours=ours,
            from_utc=wanted.begin_utc,
            to_utc=wanted.end_utc,
            limit=query.limit,
        )
    )
    return TurnRecords(found)


async def _events(shelf: Shelf, asked: Asked, _: float) -> object:
    query = asked.query
    assert isinstance(query, EventsQuery)
    source = None if query.source is WhichEvents.ALL else EventSource(query.source.value)
    records = await shelf.ask(
        lambda reader: reader.events(
            source=source, limit=query.limit, before=query.before, after=query.after
        )
    )
    return EventRows(tuple(row_of_record(one) for one in records))


curves = _kept(_curves)
turns = _kept(_turns)
events = _kept(_events)


def _stretch(
    begin: float | None, end: float | None, span: Span | None, now_utc: float
) -> _Stretch | Problem:
    """From when to when; an hour until now when nothing is said."""
    if span is not None and begin is not None:
        return bad("from", f"{begin:g}", "either span or from", "given beside span")
    end_utc = now_utc if end is None else end
    begin_utc = end_utc - SPANS_S[span or Span.HOUR] if begin is None else begin
    if begin_utc >= end_utc:
        return bad("from", f"{begin_utc:.3f}", f"before {end_utc:.3f}, the end")
    return _Stretch(max(0.0, begin_utc), end_utc)
