"""Settings of telemetry to InfluxDB, and the address that follows from them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

import msgspec
from msgspec import Meta

from eoskeeper.domain.secret import Secret

__all__ = ["Endpoint", "InfluxVersion", "InfluxdbSettings", "SettingProblem", "endpoint_of"]


class InfluxVersion(StrEnum):
    """Which of the three interfaces is written to."""

    AUTO = "auto"
    """What the path of the address says."""
    V1 = "1"
    V2 = "2"
    V3 = "3"


Name = Annotated[str, Meta(pattern=r"^[^\s/\\]{1,128}\Z", description="a name without spaces")]


class InfluxdbSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[influxdb]``: where the points go.

    Attributes:
        url: the seed's form ``http://HOST:8086/write?db=NAME`` as it stands, or ``http://HOST:8086``
            with ``version`` and ``database``. May carry a password: a secret. None sends nothing.
        version: needed where the path of ``url`` does not tell.
        token: of versions 2 and 3.
        database: of versions 1 and 3; the bucket of version 2.
        organization: of version 2.
        timeout_s: for one request.
        flush_s: seconds between two writings of live points.
        gzip: pack what is sent.
        spool_mib: room on disk, in MiB, to bridge an outage.
        tables_2018: write ``eosbpinfo`` and ``eosfninfo``.
        chinese_fields: with field names that have their Chinese half, as old dashboards want them.
        measurements: write our own measurements.
        period_s: seconds between two samples.
    """

    url: Secret | None = None
    version: InfluxVersion = InfluxVersion.AUTO
    token: Secret | None = None
    database: Name | None = None
    organization: Name | None = None
    timeout_s: Annotated[float, Meta(ge=0.5, le=60)] = 5.0
    flush_s: Annotated[float, Meta(ge=0.2, le=60)] = 3.0
    gzip: bool = True
    spool_mib: Annotated[int, Meta(ge=1, le=65_536)] = 256
    tables_2018: bool = True
    chinese_fields: bool = False
    measurements: bool = True
    period_s: Annotated[float, Meta(ge=1, le=60)] = 3.0


class SettingProblem(NamedTuple):
    """Something that keeps points from being sent.

    Attributes:
        key: of the table.
    """

    key: str
    allowed: str
    remedy: str


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how is written.

    Attributes:
        url: whole, with every parameter; may hold a password.
        query_url: where version 1 takes commands; empty for the others.
        authorization: the header's value; None for none.
        target: the same for people, without anything secret.
    """

    version: InfluxVersion
    url: str
    query_url: str
    database: str
    authorization: str | None
    target: str


_PATHS = {
    "/write": InfluxVersion.V1,
    "/api/v2/write": InfluxVersion.V2,
    "/api/v3/write_lp": InfluxVersion.V3,
}
_PATH_OF = {version: path for path, version in _PATHS.items()}


def endpoint_of(settings: InfluxdbSettings) -> Endpoint | SettingProblem | None:
    """Where points go; None when none are to be sent.

    Source: docs.influxdata.com, the write interfaces of versions 1.x, 2.x and 3 Core.
    """
    if settings.url is None:
        return None
    parts = _split(settings.url.reveal())
    if parts is None:
        allowed = "http://HOST:PORT/write?db=NAME"
        return SettingProblem("url", allowed, f'write the address like "{allowed}"')
    version = _version_of(settings, parts)
    if isinstance(version, SettingProblem):
        return version
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    named = "bucket" if version is InfluxVersion.V2 else "db"
    database = settings.database or given.get(named, "")
    if not database:
        remedy = f"add it, or write it into the address: ?{named}=NAME"
        return SettingProblem("database", "the name to write to", remedy)
    if version is not InfluxVersion.V1 and settings.token is None:
        remedy = 'add it: token_file = "/etc/eoskeeper/influxdb-token"'
        return SettingProblem("token_file", f"the token of version {version}", remedy)
    return _endpoint(settings, parts, version, given | {named: database})


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # is read lazily, and raises when it is no number below 65536
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.hostname else None


def _version_of(settings: InfluxdbSettings, parts: SplitResult) -> InfluxVersion | SettingProblem:
    path = parts.path.rstrip("/")
    found = next((one for end, one in reversed(_PATHS.items()) if path.endswith(end)), None)
    if settings.version is InfluxVersion.AUTO:
        if found is None:
            remedy = 'add version = "1", "2" or "3", or the whole path to the address'
            return SettingProblem("version", '"1", "2" or "3"', remedy)
        return found
    if found not in {None, settings.version}:
        remedy = f'the path of the address is that of version "{found}"; leave one of them out'
        return SettingProblem("version", f'"{found}"', remedy)
    return settings.version


def _endpoint(
    settings: InfluxdbSettings, parts: SplitResult, version: InfluxVersion, given: dict[str, str]
) -> Endpoint:
    path = parts.path.rstrip("/")
    stem = path.removesuffix(_PATH_OF[version])
    parameters = given | {
        InfluxVersion.V1: {"precision": "ns"},
        InfluxVersion.V2: {"precision": "ns"}
        | ({"org": settings.organization} if settings.organization else {}),
        InfluxVersion.V3: {"precision": "nanosecond"},
    }.get(version, {})
    user, password = parts.username, parts.password
    if version is InfluxVersion.V1 and user is not None:
        parameters |= {"u": unquote(user), "p": unquote(password or "")}
    port = f":{parts.port}" if parts.port else ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    base = f"{parts.scheme}://{host}{port}{stem}"
    login = {key: text for key, text in parameters.items() if key in {"u", "p"}}
    database = parameters.get("bucket") or parameters["db"]
    return Endpoint(
        version=version,
        url=f"{base}{_PATH_OF[version]}?{urlencode(parameters)}",
        query_url=f"{base}/query?{urlencode(login)}" if version is InfluxVersion.V1 else "",
        database=database,
        authorization=_authorization(version, settings.token),
        target=f"{host}{port}{stem}{_PATH_OF[version]}, {database}",
    )


def _authorization(version: InfluxVersion, token: Secret | None) -> str | None:
    if token is None:
        return None
    word = "Bearer" if version is InfluxVersion.V3 else "Token"
    return f"{word} {token.reveal()}"
