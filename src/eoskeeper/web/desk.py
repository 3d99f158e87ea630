"""Desk: takes each request, looks who asks and for what, and hands it to its page."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from eoskeeper.web.answers import Problem, json_response, packed, problem
from eoskeeper.web.asking import Asked, Office
from eoskeeper.web.guard import Guard
from eoskeeper.web.query import decoded
from eoskeeper.web.routes import found_route

__all__ = ["Desk"]

MAX_URL_CHARACTERS = 2000
"""Every quantity at once takes less than half."""

METHODS = ("GET", "HEAD")


class Desk:
    """What is answered to a request; it takes no orders."""

    def __init__(self, guard: Guard, office: Office) -> None:
        """Take who looks at requests, and what answers are made from."""
        self._guard = guard
        self._office = office

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request."""
        response = self._guard.refusal(request) or _refusal(request) or await self._made(request)
        return await packed(request, response) if isinstance(response, web.Response) else response

    async def _made(self, request: web.BaseRequest) -> web.StreamResponse:
        found = found_route(request.path)
        if found is None:
            return problem(HTTPStatus.NOT_FOUND, "no such page")
        route, name = found
        if request.method not in METHODS:
            response = problem(HTTPStatus.METHOD_NOT_ALLOWED, "nothing but reading is understood")
            response.headers["Allow"] = ", ".join(METHODS)
            return response
        query = decoded(route.query, request.query)
        if isinstance(query, Problem):
            return json_response(HTTPStatus.BAD_REQUEST, query)
        return await route.answer(self._office, Asked(request, query, name))


def _refusal(request: web.BaseRequest) -> web.Response | None:
    """The answer to what is too much to look at."""
    if request.body_exists:
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "no request body is taken")
    if len(request.raw_path) > MAX_URL_CHARACTERS:
        text = f"an address has at most {MAX_URL_CHARACTERS} characters"
        return problem(HTTPStatus.REQUEST_URI_TOO_LONG, text)
    return None
