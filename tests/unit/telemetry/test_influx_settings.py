"""Where points go, as it follows from what an operator wrote."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from eoskeeper.domain.secret import Secret
from eoskeeper.telemetry.influx_settings import (
    Endpoint,
    InfluxdbSettings,
    InfluxVersion,
    SettingProblem,
    endpoint_of,
)

TOKEN = Secret("the-token")
SEED = "http://1.2.3.4:8086/write?db=eosdb"


def made(
    url: str,
    version: InfluxVersion = InfluxVersion.AUTO,
    database: str | None = None,
    token: Secret | None = None,
    organization: str | None = None,
) -> Endpoint | SettingProblem | None:
    """What becomes of an address."""
    return endpoint_of(
        InfluxdbSettings(
            url=Secret(url),
            version=version,
            database=database,
            token=token,
            organization=organization,
        )
    )


def endpoint(url: str, **given: object) -> Endpoint:
    """The same, without a problem."""
    found = made(url, **given)  # type: ignore[arg-type]  # a table
    assert isinstance(found, Endpoint), found
    return found


def asked(url: str) -> dict[str, str]:
    """The parameters."""
    return {name: text for name, (text,) in parse_qs(urlsplit(url).query).items()}


def test_without_an_address_nothing_is_sent() -> None:
    """That is no problem."""
    assert endpoint_of(InfluxdbSettings()) is None


def test_the_address_of_2018_works_as_it_stands() -> None:
    """It says all that version 1 needs; times are told in nanoseconds."""
    found = endpoint(SEED)
    assert found.version is InfluxVersion.V1
    assert found.url == "http://1.2.3.4:8086/write?db=eosdb&precision=ns"
    assert found.query_url.startswith("http://1.2.3.4:8086/query")
    assert (found.database, found.authorization) == ("eosdb", None)
    assert found.target == "1.2.3.4:8086/write, eosdb"


@pytest.mark.parametrize(
    "url",
    [
        "http://h/write?db=eosdb&u=me&p=a%26b%2Bc+d",
        "http://me:a%26b%2Bc%20d@h/write?db=eosdb",
    ],
)
def test_the_user_and_password_go_with_both_addresses(url: str) -> None:
    """In the query, or before the host; whatever characters there are in it."""
    found = endpoint(url)
    for one in (found.url, found.query_url):
        assert {"u": "me", "p": "a&b+c d"}.items() <= asked(one).items()
        assert urlsplit(one).netloc == "h"


def test_version_2_asks_for_a_bucket_and_an_organization() -> None:
    """In the address, or as keys of their own."""
    long = endpoint("http://h:8086/api/v2/write?org=bp&bucket=eos", token=TOKEN)
    short = endpoint(
        "http://h:8086/",
        version=InfluxVersion.V2,
        database="eos",
        organization="bp",
        token=TOKEN,
    )
    assert asked(long.url) == asked(short.url) == {"org": "bp", "bucket": "eos", "precision": "ns"}
    assert urlsplit(long.url).path == urlsplit(short.url).path == "/api/v2/write"
    assert (long.authorization, long.query_url) == ("Token the-token", "")
    assert long.database == "eos"


def test_version_3_asks_for_a_database() -> None:
    """And takes a bearer token."""
    found = endpoint("https://h:8181", version=InfluxVersion.V3, database="eos", token=TOKEN)
    assert found.url == "https://h:8181/api/v3/write_lp?db=eos&precision=nanosecond"
    assert found.authorization == "Bearer the-token"


def test_a_proxy_may_stand_before_it() -> None:
    """What stands before the path stays, and an address of six stays one."""
    found = endpoint("https://[::1]:8443/influx/write?db=eosdb&rp=year")
    assert found.url == "https://[::1]:8443/influx/write?db=eosdb&rp=year&precision=ns"
    assert found.query_url.startswith("https://[::1]:8443/influx/query")


@pytest.mark.parametrize(
    ("found", "key"),
    [
        (made("nonsense"), "url"),
        (made("ftp://h/write?db=x"), "url"),
        (made("http://h:99999/write?db=x"), "url"),
        (made("http://[::1/write?db=x"), "url"),
        (made("http://h:8086"), "version"),
        (made("http://h:8086", InfluxVersion.V1), "database"),
        (made("http://h/write"), "database"),
        (made("http://h/write?db="), "database"),
        (made(SEED, InfluxVersion.V2), "version"),
        (made("http://h/api/v2/write?bucket=x"), "token_file"),
        (made("http://h", InfluxVersion.V3, "x"), "token_file"),
    ],
)
def test_what_is_missing_is_told_with_its_remedy(
    found: Endpoint | SettingProblem | None, key: str
) -> None:
    """One at a time, by the key that mends it."""
    assert isinstance(found, SettingProblem)
    assert found.key == key
    assert found.allowed
    assert found.remedy


def test_nothing_for_people_holds_a_secret() -> None:
    """Neither the target nor the settings as they print themselves."""
    settings = InfluxdbSettings(
        url=Secret("http://me:swordfish@h/write?db=eosdb&u=me&p=swordfish"),
        token=Secret("swordfish"),
    )
    found = endpoint_of(settings)
    assert isinstance(found, Endpoint)
    assert "swordfish" not in found.target
    assert "swordfish" not in repr(settings)
