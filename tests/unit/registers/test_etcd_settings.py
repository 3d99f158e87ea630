"""What of ``[etcd]`` is refused, and the key that follows from it."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.secret import Secret
from eoskeeper.registers.etcd_settings import EtcdSettings, lease_key, setting_problems


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1:2379",
        "https://etcd-a.example:2379/",
        "http://127.0.0.1:2379",
        "http://[::1]:2379",
        "http://localhost:2379",
    ],
)
def test_an_endpoint_may_be_https_or_on_this_host(url: str) -> None:
    """A slash at the end is nothing."""
    assert setting_problems(EtcdSettings(endpoints=(url,))) == ()


@pytest.mark.parametrize(
    "url",
    [
        "10.0.0.1:2379",
        "https://10.0.0.1",
        "https://10.0.0.1:99999",
        "ftp://10.0.0.1:2379",
        "https://user:word@10.0.0.1:2379",
        "https://10.0.0.1:2379/v3",
        "http://10.0.0.1:2379",
        "http://etcd-a.example:2379",
    ],
)
def test_any_other_endpoint_is_refused_with_a_remedy(url: str) -> None:
    """Without its password in the words."""
    (problem,) = setting_problems(EtcdSettings(endpoints=(url,)))
    assert problem.setting == "endpoints"
    assert "word@" not in problem.remedy + problem.allowed


def test_http_to_another_host_has_to_be_asked_for() -> None:
    """Where only trusted hosts can listen."""
    settings = EtcdSettings(endpoints=("http://10.0.0.1:2379",), plain_http=True)
    assert setting_problems(settings) == ()


def test_a_member_counts_once() -> None:
    """Two addresses that are one would make a failing member look like two."""
    urls = ("https://10.0.0.1:2379", "https://10.0.0.1:2379/")
    (problem,) = setting_problems(EtcdSettings(endpoints=urls))
    assert "each member once" in problem.remedy


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        (EtcdSettings(user="keeper"), "password_file"),
        (EtcdSettings(password=Secret("x")), "user"),
        (EtcdSettings(certificate="c.pem"), "key"),
        (EtcdSettings(key="k.pem"), "certificate"),
    ],
)
def test_half_of_a_pair_is_no_use(settings: EtcdSettings, missing: str) -> None:
    """The missing half is named."""
    assert [problem.setting for problem in setting_problems(settings)] == [missing]


def test_the_key_tells_chain_and_producer_apart() -> None:
    """One store may serve several chains and producers."""
    settings = EtcdSettings()
    key = lease_key(settings, "aca376f206b8fc25a6ed44dbdc66547c" * 2, "eosnorth")
    assert key == "/eoskeeper/aca376f206b8fc25/eosnorth/lease"


@pytest.mark.parametrize("prefix", ["", "/", "eoskeeper", "/a//b", "/a b", "/a/"])
def test_a_prefix_is_a_plain_path(prefix: str) -> None:
    """So that keys of different prefixes never run into each other."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"prefix": prefix}, EtcdSettings)
