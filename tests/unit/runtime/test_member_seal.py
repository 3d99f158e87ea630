"""The seal is HMAC-SHA256, and it never shows its token."""

from __future__ import annotations

import hashlib

import pytest

from eoskeeper.domain.secret import Secret
from eoskeeper.runtime.member_seal import MIN_TOKEN_BYTES, HmacSeal

TOKEN = "0123456789abcdef" * 2


def test_a_seal_is_the_published_function() -> None:
    """As any other program makes it: two hashes over a padded key. Source: RFC 2104, section 2."""
    key = TOKEN.encode().ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + b"word").digest()
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).hexdigest()
    assert HmacSeal(Secret(TOKEN)).write(b"word") == outer


def test_a_seal_fits_its_text_only() -> None:
    """And only as it was written: a code in capitals is another code."""
    seal = HmacSeal(Secret(TOKEN))
    code = seal.write(b"word")
    assert seal.fits(b"word", code)
    assert not seal.fits(b"worm", code)
    assert not seal.fits(b"word", code.upper())
    assert not seal.fits(b"word", "")
    assert not seal.fits(b"word", "\ud800é")


def test_a_line_break_after_the_token_is_no_part_of_it() -> None:
    """Editors put one at the end of the file on one host and not on the other."""
    assert HmacSeal(Secret(TOKEN + "\n")).fits(b"word", HmacSeal(Secret(TOKEN)).write(b"word"))


@pytest.mark.parametrize("token", ["", "short", TOKEN[:-1], f"  {TOKEN[:-1]}\n"])
def test_a_short_token_is_refused(token: str) -> None:
    """By its length, and without showing it."""
    with pytest.raises(ValueError, match=str(MIN_TOKEN_BYTES)) as refused:
        HmacSeal(Secret(token))
    assert TOKEN[:-1] not in str(refused.value)


def test_a_seal_does_not_show_its_token() -> None:
    """Logs print what they are given."""
    assert TOKEN not in repr(HmacSeal(Secret(TOKEN)))
