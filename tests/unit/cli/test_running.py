"""What ``eoskeeper run`` prepares before the keeper runs."""

from __future__ import annotations

from eoskeeper.cli.running import secrets_of
from eoskeeper.config import load_text

TEXT = """
[host]
name = "b"
role = "B"
[producer]
account = "eosstorebest"
[web]
token = "the-token-of-this-host-itself"
[peers.a]
url = "http://192.0.2.1:8686"
token = "the-token-of-the-other-host"
[influxdb]
url = "http://user:password@192.0.2.9:8086/write?db=eosdb"
"""


def test_every_secret_of_the_configuration_is_starred_in_the_log() -> None:
    """By its text too, not only by its type."""
    secrets = secrets_of(load_text(TEXT))
    assert "http://user:password@192.0.2.9:8086/write?db=eosdb" in secrets
    assert "password" in secrets
    assert "the-token-of-this-host-itself" in secrets
    assert "the-token-of-the-other-host" in secrets
