"""Guard: who may read. Whoever may not learns nothing, not even which pages there are.

A browser carries the pages of strangers: none of them is to read ours through it, neither by a
name of theirs that suddenly means this host nor by a request across sites.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from http import HTTPStatus
from ipaddress import ip_address

from aiohttp import web

from eoskeeper.web.answers import problem
from eoskeeper.web.settings import WebSettings

__all__ = ["Guard"]

CHALLENGES = ('Basic realm="eoskeeper", charset="UTF-8"', "Bearer")
"""Basic first: browsers ask for a password then. Source: RFC 7617, RFC 6750."""


class Guard:
    """Looks at every request before anything else does."""

    def __init__(self, settings: WebSettings) -> None:
        """Take who may read."""
        self._settings = settings
        self._names = frozenset({"localhost", *(name.lower() for name in settings.names)})

    def refusal(self, request: web.BaseRequest) -> web.Response | None:
        """The answer to who may not read; None for who may."""
        if self._settings.is_open:
            if not self._is_ours(request.headers.get("Host")):
                text = "not a name of this host: ask by its IP, or add the name to web.names"
                return problem(HTTPStatus.MISDIRECTED_REQUEST, text)
        elif not self._is_certified(request) and not self._has_token(request):
            return self._unauthorized()
        if _is_from_elsewhere(request):
            return problem(HTTPStatus.FORBIDDEN, "asked for by a page of another site")
        return None

    def _is_ours(self, host: str | None) -> bool:
        """Monitors may leave it out; browsers never do."""
        if host is None:
            return True
        name = _without_port(host.strip().lower()).rstrip(".")
        return name in self._names or _is_address(name)

    def _is_certified(self, request: web.BaseRequest) -> bool:
        """The handshake has checked it against ``client_ca``."""
        transport = request.transport
        if self._settings.client_ca is None or transport is None:
            return False
        return bool(transport.get_extra_info("peercert"))

    def _has_token(self, request: web.BaseRequest) -> bool:
        token = self._settings.token
        if token is None:
            return False
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        given = _given(scheme.lower(), rest.strip())
        return given is not None and hmac.compare_digest(given, token.reveal().encode())

    def _unauthorized(self) -> web.Response:
        if self._settings.token is None:
            return problem(HTTPStatus.FORBIDDEN, "client certificate needed")
        response = problem(HTTPStatus.UNAUTHORIZED, "token needed, as bearer or as password")
        for challenge in CHALLENGES:
            response.headers.add("WWW-Authenticate", challenge)
        return response


def _given(scheme: str, rest: str) -> bytes | None:
    """The token as sent: bare, or as the password of any user."""
    if scheme == "bearer":
        return rest.encode(errors="surrogateescape")
    if scheme != "basic":
        return None
    try:
        pair = base64.b64decode(rest, validate=True)
    except (binascii.Error, ValueError):
        return None
    return pair.partition(b":")[2]


def _is_from_elsewhere(request: web.BaseRequest) -> bool:
    """A page of another site asks, rather than a person who follows a link to us.

    Source: W3C Fetch Metadata, 2; RFC 6454, 7.
    """
    headers = request.headers
    site = headers.get("Sec-Fetch-Site", "none")
    follows = (headers.get("Sec-Fetch-Mode"), headers.get("Sec-Fetch-Dest")) == (
        "navigate",
        "document",
    )
    if site not in {"none", "same-origin"} and not follows:
        return True
    origin = headers.get("Origin")
    return origin is not None and origin.partition("://")[2] != headers.get("Host")


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
