"""Stream: server-sent events to one client, for as long as it listens and keeps up."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from eoskeeper.web.answers import HEADERS, problem
from eoskeeper.web.asking import Asked, Office
from eoskeeper.web.connections import prolong
from eoskeeper.web.feed import message_of
from eoskeeper.web.ports import Subscription

__all__ = ["STREAM_TYPE", "stream"]

STREAM_TYPE = "text/event-stream"

HEARTBEAT_S = 15.0
"""Proxies cut a silent connection; theirs is mostly 30 to 60 s."""

HEARTBEAT = b": still here\n\n"


async def stream(office: Office, asked: Asked) -> web.StreamResponse:
    """The newest report at once, then everything new."""
    request, feed = asked.request, office.offers.feed
    if feed is None:
        return problem(HTTPStatus.NOT_FOUND, "there is no stream here")
    transport = request.transport
    subscription = None if transport is None else feed.join(transport.abort)
    if subscription is None:
        response = problem(HTTPStatus.SERVICE_UNAVAILABLE, "too many listen to the stream")
        response.headers["Retry-After"] = "10"
        return response
    try:
        return await _send(office, asked, subscription)
    finally:
        subscription.leave()


async def _send(office: Office, asked: Asked, subscription: Subscription) -> web.StreamResponse:
    # A proxy that gathers answers before it hands them on would make the page stand still.
    headers = {**HEADERS, "Content-Type": STREAM_TYPE, "X-Accel-Buffering": "no"}
    response = web.StreamResponse(headers=headers)
    response.force_close()
    await response.prepare(asked.request)
    if asked.request.method == "HEAD":
        return response
    prolong(asked.request)
    report = office.report()
    if report is not None:
        await response.write(message_of("report", report))
    while True:
        await response.write(await subscription.take(HEARTBEAT_S) or HEARTBEAT)
