"""Asking: what a page gets to make its answer from, and how a page is declared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.report import Report
from eoskeeper.web.ports import Offers
from eoskeeper.web.query import NoQuery
from eoskeeper.web.shelf import Shelf

__all__ = ["Asked", "Office", "Route"]


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """What answers are made from.

    Attributes:
        report: the last one; None before the first cycle.
        clock: for the age of the report and the end of a span.
        shelf: the history; None when it is off.
    """

    report: Callable[[], Report | None]
    clock: Callable[[], Moment]
    offers: Offers
    shelf: Shelf | None


class Asked(NamedTuple):
    """A request that may be answered.

    Attributes:
        query: of the type that the route declares.
        name: what stands in the place of ``{name}`` in its path.
    """

    request: web.BaseRequest
    query: msgspec.Struct
    name: str = ""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One page: how it is found, described and made.

    Attributes:
        path: may end in ``{name}``.
        summary: one sentence.
        body: type of the answer 200 in JSON; None for other content.
        content_type: of that answer.
        others: further answers, each with the sentence that describes it.
    """

    path: str
    summary: str
    answer: Callable[[Office, Asked], Awaitable[web.StreamResponse]]
    query: type[msgspec.Struct] = NoQuery
    body: Any = None
    content_type: str = "application/json"
    others: Mapping[HTTPStatus, str] = {}
