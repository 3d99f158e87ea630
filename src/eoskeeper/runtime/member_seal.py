"""The seal of the members' messages: HMAC-SHA256 by the token that all of them share."""

from __future__ import annotations

import hashlib
import hmac

from eoskeeper.domain.secret import Secret

__all__ = ["MIN_TOKEN_BYTES", "HmacSeal"]

MIN_TOKEN_BYTES = 32
"""Shorter tokens can be guessed by whoever has one message. Source: RFC 2104, section 3."""


class HmacSeal:
    """Writes and checks seals; it never shows the token.

    Raises:
        ValueError: the token is too short; blanks around it do not count.
    """

    def __init__(self, token: Secret) -> None:
        key = token.reveal().strip().encode()
        if len(key) < MIN_TOKEN_BYTES:
            message = f"the members' token has {len(key)} bytes, {MIN_TOKEN_BYTES} are needed"
            raise ValueError(message)
        self._key = key

    def write(self, text: bytes) -> str:
        """The code of a text. Source: RFC 2104, FIPS 180-4."""
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()

    def fits(self, text: bytes, code: str) -> bool:
        """Whether it is the code of that text; anything but 64 digits in lower case is not."""
        return hmac.compare_digest(self.write(text).encode(), code.encode("utf-8", "replace"))
