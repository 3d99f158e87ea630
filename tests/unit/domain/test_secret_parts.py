"""Parts of a secret address: what a service may quote of it, and what may be said."""

from __future__ import annotations

import pytest

from eoskeeper.domain.secret import telling_parts


@pytest.mark.parametrize(
    ("secret", "parts"),
    [
        ("correct horse", ()),
        ("https://hooks.example.com/send", ()),
        (
            "https://hooks.example.com/cgi-bin/send?key=0123-4567-89",
            ("/cgi-bin/send?key=0123-4567-89", "0123-4567-89"),
        ),
        ("http://sms.example.com/v1/AbCdEfGh12", ("/v1/AbCdEfGh12", "AbCdEfGh12")),
        ("http://bp:longenough@sms.example.com/", ("longenough",)),
        (
            "http://sms.example.com/?k=abc%2Fdefgh",
            ("/?k=abc%2Fdefgh", "/?k=abc/defgh", "abc%2Fdefgh", "abc/defgh"),
        ),
    ],
)
def test_the_keys_of_an_address_are_secret_and_its_host_is_not(
    secret: str, parts: tuple[str, ...]
) -> None:
    """The whole first, so that a part of it is never left over."""
    found = telling_parts(secret)
    assert found[0] == secret
    assert sorted(found[1:]) == sorted(parts)
