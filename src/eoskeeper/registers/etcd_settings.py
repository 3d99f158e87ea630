"""Settings of the etcd register, what is wrong with them, and the key that follows from them."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, NamedTuple
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Meta

from eoskeeper.domain.secret import Secret

__all__ = ["EtcdProblem", "EtcdSettings", "lease_key", "setting_problems"]

CHAIN_ID_CHARACTERS = 16
"""Of 64: enough to keep chains apart, short enough to read aloud."""

ADDRESS_ALLOWED = "https://HOST:2379, or http://127.0.0.1:2379"

Prefix = Annotated[
    str,
    Meta(pattern=r"^(?:/[A-Za-z0-9._-]{1,64}){1,8}\Z", description='a path like "/eoskeeper"'),
]


class EtcdSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[etcd]``: the store that says who holds the lease.

    Attributes:
        endpoints: every member's client address; three members in three places. None: no etcd.
        user: with ``password``, where the store asks for them.
        ca: file of the authority that signed the members' certificates; None: the system's.
        certificate: file that we show to members that ask; with ``key``.
        server_name: that the members' certificates carry, where it is not in the endpoint.
        plain_http: allow http to other hosts. Whoever can listen there reads the password.
        prefix: under which all keys lie.
    """

    endpoints: tuple[str, ...] = ()
    user: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    password: Secret | None = None
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    server_name: str | None = None
    plain_http: bool = False
    prefix: Prefix = "/eoskeeper"


class EtcdProblem(NamedTuple):
    """Something that keeps the register from being asked.

    Attributes:
        setting: of the table.
    """

    setting: str
    allowed: str
    remedy: str


def lease_key(settings: EtcdSettings, chain_id: str, producer: str) -> str:
    """Key of the one record of a producer on a chain."""
    return f"{settings.prefix}/{chain_id[:CHAIN_ID_CHARACTERS]}/{producer}/lease"


def setting_problems(settings: EtcdSettings) -> tuple[EtcdProblem, ...]:
    """Everything wrong, in the order of the table."""
    found = [_endpoint_problem(settings, url) for url in settings.endpoints]
    if len(set(map(_place, settings.endpoints))) < len(settings.endpoints):
        remedy = "name each member once: two addresses of one member are no second member"
        found.append(EtcdProblem("endpoints", "different addresses", remedy))
    pairs = (
        ("password_file", settings.user, settings.password),
        ("user", settings.password, settings.user),
    )
    for missing, given, needed in pairs:
        if given is not None and needed is None:
            found.append(EtcdProblem(missing, "user and password together", f"add {missing}"))
    halves = (
        ("key", settings.certificate, settings.key),
        ("certificate", settings.key, settings.certificate),
    )
    for missing, given, needed in halves:
        if given is not None and needed is None:
            found.append(EtcdProblem(missing, "certificate and key together", f"add {missing}"))
    return tuple(one for one in found if one is not None)


def _endpoint_problem(settings: EtcdSettings, url: str) -> EtcdProblem | None:
    parts = _split(url)
    if parts is None or parts.port is None:
        return EtcdProblem("endpoints", ADDRESS_ALLOWED, f'write each like "{ADDRESS_ALLOWED}"')
    if parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
        remedy = "remove all but scheme, host and port; a password belongs into password_file"
        return EtcdProblem("endpoints", ADDRESS_ALLOWED, remedy)
    if parts.scheme == "http" and not settings.plain_http and not _is_loopback(parts.hostname):
        remedy = "write https://, or set plain_http = true where only trusted hosts can listen"
        return EtcdProblem("endpoints", ADDRESS_ALLOWED, remedy)
    return None


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # is read lazily, and raises when it is no number below 65536
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.hostname else None


def _place(url: str) -> object:
    parts = _split(url)
    return url if parts is None else (parts.hostname, parts.port)


def _is_loopback(host: str | None) -> bool:
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
