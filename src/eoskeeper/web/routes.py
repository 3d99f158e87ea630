"""Routes: every page there is, in one table that requests and the description both go by."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from aiohttp import web

from eoskeeper.domain.records import Curves
from eoskeeper.domain.report import Report
from eoskeeper.web import history_pages, status_pages
from eoskeeper.web.answers import response_of
from eoskeeper.web.asking import Asked, Office, Route
from eoskeeper.web.history_pages import EventRows, TurnRecords
from eoskeeper.web.member_page import MEMBER_TYPE, member
from eoskeeper.web.monitors import (
    Health,
    MonitorAnswer,
    producer_problems,
    readiness_problems,
    standby_problems,
)
from eoskeeper.web.openapi import Alive, document
from eoskeeper.web.query import AssetQuery, EventsQuery, HistoryQuery, MemberQuery, TurnsQuery
from eoskeeper.web.status_pages import METRICS_TYPE, verdict_page
from eoskeeper.web.stream import STREAM_TYPE, stream

__all__ = ["ROUTES", "found_route"]

_NO, _GONE = HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.NOT_FOUND

_OF_HISTORY: Mapping[HTTPStatus, str] = {
    _GONE: "History is off.",
    _NO: "The history does not answer in time.",
}

_description: list[bytes] = []


async def _openapi(_: Office, __: Asked) -> web.Response:
    """Made when it is first asked for, which is never on most hosts."""
    if not _description:
        _description.append(msgspec.json.encode(document(ROUTES)))
    return response_of(HTTPStatus.OK, _description[0], "application/json")


ROUTES: tuple[Route, ...] = (
    Route(
        path="/",
        summary="The status page for a browser.",
        answer=status_pages.index_page,
        content_type="text/html",
        others={_GONE: "This keeper serves no page."},
    ),
    Route(
        path="/assets/{name}",
        summary="A file that the status page is made of.",
        answer=status_pages.page_file,
        query=AssetQuery,
        content_type="*/*",
        others={_GONE: "There is no such file."},
    ),
    Route(
        path="/api/status",
        summary="The newest report: all that is known of this host and its peers.",
        answer=status_pages.status,
        body=Report,
        others={_NO: "No report yet: the keeper has just started."},
    ),
    Route(
        path="/api/member",
        summary="Report and own blocks for the keeper of another host, sealed for it alone.",
        answer=member,
        query=MemberQuery,
        content_type=MEMBER_TYPE,
        others={
            _GONE: "Members are off, or there is none of that name.",
            _NO: "No report yet: the keeper has just started.",
        },
    ),
    Route(
        path="/api/history",
        summary="Quantities over a span, in steps with mean, low and high; null is unknown.",
        answer=history_pages.curves,
        query=HistoryQuery,
        body=Curves,
        others=_OF_HISTORY,
    ),
    Route(
        path="/api/turns",
        summary="Closed turns, the newest of the span, oldest first.",
        answer=history_pages.turns,
        query=TurnsQuery,
        body=TurnRecords,
        others=_OF_HISTORY,
    ),
    Route(
        path="/api/events",
        summary="Decisions and alarms with words for people, newest first.",
        answer=history_pages.events,
        query=EventsQuery,
        body=EventRows,
        others=_OF_HISTORY,
    ),
    Route(
        path="/api/stream",
        summary="Server-sent events: report each second, turns and events when there are any.",
        answer=stream,
        content_type=STREAM_TYPE,
        others={_GONE: "This keeper has no stream.", _NO: "All places are taken."},
    ),
    Route(
        path="/api/openapi.json",
        summary="This description.",
        answer=_openapi,
        body=dict,
    ),
    Route(
        path="/producer",
        summary="200 if this host is the one that produces.",
        answer=verdict_page(producer_problems),
        body=MonitorAnswer,
        others={_NO: "It is not, or that is not known; the body says why."},
    ),
    Route(
        path="/standby",
        summary="200 if this host is paused, well, and could take over.",
        answer=verdict_page(standby_problems),
        body=MonitorAnswer,
        others={_NO: "It could not, or that is not known; the body says why."},
    ),
    Route(
        path="/readiness",
        summary="200 if the keeper knows a whole round and its node is in sync.",
        answer=verdict_page(readiness_problems),
        body=MonitorAnswer,
        others={_NO: "Not yet, or not any more; the body says why."},
    ),
    Route(
        path="/health",
        summary="200 if the keeper reads all that it is to read, now.",
        answer=status_pages.health,
        body=Health,
        others={_NO: "It does not; the body says why."},
    ),
    Route(
        path="/liveness",
        summary="200 if the process answers.",
        answer=status_pages.liveness,
        body=Alive,
    ),
    Route(
        path="/metrics",
        summary="All figures for Prometheus.",
        answer=status_pages.metrics,
        content_type=METRICS_TYPE,
        others={_GONE: "Metrics are off."},
    ),
)

_BY_PATH = {route.path: route for route in ROUTES}
_NAME = "{name}"
_NAMED = tuple(route for route in ROUTES if route.path.endswith(_NAME))


def found_route(path: str) -> tuple[Route, str] | None:
    """The page of a path, with the name in it; None when there is none."""
    route = _BY_PATH.get(path)
    if route is not None:
        return route, ""
    for one in _NAMED:
        begin = one.path.removesuffix(_NAME)
        if path.startswith(begin):
            return one, path.removeprefix(begin)
    return None
