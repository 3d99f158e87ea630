"""Member page: the sealed word of this host for the keeper of another one."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from eoskeeper.web.answers import problem, response_of
from eoskeeper.web.asking import Asked, Office
from eoskeeper.web.query import MemberQuery

__all__ = ["MEMBER_TYPE", "member"]

MEMBER_TYPE = "text/plain; charset=utf-8"


async def member(office: Office, asked: Asked) -> web.Response:
    """Report and word, sealed for one member, as the answer to one question."""
    assert isinstance(asked.query, MemberQuery), "the route declares it"
    if office.offers.member is None:
        return problem(HTTPStatus.NOT_FOUND, "members are off: set members.token_file")
    if office.report() is None:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "no report yet")
    text = office.offers.member(asked.query.to, asked.query.nonce)
    if text is None:
        return problem(HTTPStatus.NOT_FOUND, "no member of that name: see [peers]")
    return response_of(HTTPStatus.OK, text, MEMBER_TYPE)
