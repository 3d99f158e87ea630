"""Answers: the form that every one has, whatever it tells."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from aiohttp import web

__all__ = ["HEADERS", "Problem", "json_response", "packed", "problem", "response_of"]

PACK_FROM_BYTES = 1400
"""Less fits into one packet anyhow."""

THREAD_FROM_BYTES = 32 * 2**10
"""More takes milliseconds to pack, which the keeper's loop is not to wait for."""

PACK_LEVEL = 3
"""Figures pack well at any level; a higher one costs more than it saves."""

_REFUSED = re.compile(r"q=0(\.0*)?")

HEADERS: Mapping[str, str] = {
    "Server": "eoskeeper",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Of every answer, errors too: no browser lends it to another page, or guesses what it is."""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why there is no other answer.

    Attributes:
        parameter: which part of the query is not good; empty when none is.
        value: as it was given, cut to 100 characters.
        allowed: what it may be.
    """

    problem: str
    parameter: str = ""
    value: str = ""
    allowed: str = ""


def response_of(status: HTTPStatus, body: bytes, content_type: str) -> web.Response:
    """An answer that ends its connection and does not tell what made it."""
    headers = {**HEADERS, "Content-Type": content_type}
    response = web.Response(status=status, body=body, headers=headers)
    response.force_close()
    return response


def json_response(status: HTTPStatus, value: object) -> web.Response:
    """A value as JSON."""
    return response_of(status, msgspec.json.encode(value), "application/json")


def problem(status: HTTPStatus, text: str) -> web.Response:
    """A sentence on what is wrong."""
    return json_response(status, Problem(problem=text))


async def packed(request: web.BaseRequest, response: web.Response) -> web.Response:
    """The same answer, smaller where the client can read that and it is worth it."""
    body = response.body
    if not isinstance(body, bytes) or len(body) < PACK_FROM_BYTES:
        return response
    response.headers["Vary"] = "Accept-Encoding"
    if "Content-Encoding" in response.headers or not takes_gzip(request):
        return response
    if len(body) < THREAD_FROM_BYTES:
        response.body = _pack(body)
    else:
        response.body = await asyncio.to_thread(_pack, body)
    response.headers["Content-Encoding"] = "gzip"
    return response


def takes_gzip(request: web.BaseRequest) -> bool:
    """Whether the client reads gzip. Source: RFC 9110, 12.5.3; ``q=0`` means that it does not."""
    for offer in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, rest = offer.partition(";")
        if name.strip() == "gzip":
            return _REFUSED.fullmatch(rest.replace(" ", "")) is None
    return False


def _pack(body: bytes) -> bytes:
    return gzip.compress(body, PACK_LEVEL, mtime=0)
