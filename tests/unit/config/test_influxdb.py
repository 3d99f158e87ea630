"""Where points go, and what is said when that cannot be told."""

from __future__ import annotations

import pytest

from eoskeeper.config import ConfigError, load_text
from eoskeeper.telemetry.influx_settings import Endpoint, InfluxVersion, endpoint_of

HOST = '[host]\nrole = "F"\nname = "a"\n[influxdb]\n'


def endpoint(keys: str) -> Endpoint:
    """Of a table with these keys."""
    found = endpoint_of(load_text(HOST + keys).influxdb)
    assert isinstance(found, Endpoint)
    return found


@pytest.mark.parametrize(
    ("keys", "version", "url", "authorization"),
    [
        (
            'url = "http://192.0.2.1:8086/write?db=eosdb"',
            InfluxVersion.V1,
            "http://192.0.2.1:8086/write?db=eosdb&precision=ns",
            None,
        ),
        (
            'url = "http://u:p%40@h:8086/influx/write?db=x&rp=year"',
            InfluxVersion.V1,
            "http://h:8086/influx/write?db=x&rp=year&precision=ns&u=u&p=p%40",
            None,
        ),
        (
            'url = "http://h:8086"\nversion = "1"\ndatabase = "x"',
            InfluxVersion.V1,
            "http://h:8086/write?db=x&precision=ns",
            None,
        ),
        (
            'url = "https://h/api/v2/write?org=o&bucket=b"\ntoken = "abc"',
            InfluxVersion.V2,
            "https://h/api/v2/write?org=o&bucket=b&precision=ns",
            "Token abc",
        ),
        (
            'url = "http://[::1]:8181/"\nversion = "3"\ndatabase = "x"\ntoken = "abc"',
            InfluxVersion.V3,
            "http://[::1]:8181/api/v3/write_lp?db=x&precision=nanosecond",
            "Bearer abc",
        ),
        (
            'url = "http://h:1"\nversion = "2"\ndatabase = "b"\norganization = "o"\ntoken = "abc"',
            InfluxVersion.V2,
            "http://h:1/api/v2/write?bucket=b&precision=ns&org=o",
            "Token abc",
        ),
    ],
)
def test_the_address_says_which_interface_is_written_to(
    keys: str, version: InfluxVersion, url: str, authorization: str | None
) -> None:
    """The seed's form as it stands; what it says of user and retention stays."""
    found = endpoint(keys)
    assert (found.version, found.url, found.authorization) == (version, url, authorization)


def test_what_people_see_of_the_address_holds_no_secret() -> None:
    """Neither user nor password, wherever they stand."""
    for url in ("http://usr:pwd@h:1/write?db=x", "http://h:1/write?db=x&u=usr&p=pwd"):
        found = endpoint(f'url = "{url}"')
        assert found.target == "h:1/write, x"
        assert "u=usr&p=pwd" in found.query_url
        assert "u=usr&p=pwd" in found.url


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ('url = "10.0.0.1:8086"', "influxdb.url"),
        ('url = "ftp://h/write?db=x"', "influxdb.url"),
        ('url = "http://h:99999/write?db=x"', "influxdb.url"),
        ('url = "http://h:8086"', "influxdb.version"),
        ('url = "http://h:8086/write?db=x"\nversion = "2"', "influxdb.version"),
        ('url = "http://h:8086/write"', "influxdb.database"),
        ('url = "http://h/api/v2/write?bucket=b"', "influxdb.token_file"),
    ],
)
def test_each_mistake_is_told_with_its_key(keys: str, path: str) -> None:
    """Nothing starts with telemetry that cannot be sent."""
    with pytest.raises(ConfigError) as caught:
        load_text(HOST + keys)
    assert [one.path for one in caught.value.problems] == [path]
    assert "99999" not in str(caught.value), "an address may hold a password"


def test_without_an_address_nothing_is_sent() -> None:
    """Most operators have none."""
    assert endpoint_of(load_text(HOST).influxdb) is None
