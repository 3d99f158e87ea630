"""Secret: a text that shows itself as stars.

Whatever prints, logs or encodes a configuration must not spill it; only ``reveal`` gives it out.
"""

from __future__ import annotations

import re

__all__ = ["STARS", "Secret", "telling_parts"]

STARS = "***"

PART_CHARACTERS = 8
"""Shorter parts of an address are words like ``send``, and no keys."""

_AUTHORITY = re.compile(r"^[a-z][a-z0-9+.-]*://(?:(?P<user>[^/?#@]*)@)?[^/?#]*", re.IGNORECASE)
_BETWEEN_PARTS = re.compile(r"[/?&=#:;]")
_ENCODED = re.compile(r"(?:%[0-9a-f]{2})+", re.IGNORECASE)


class Secret:
    """A text with a starred ``repr`` and ``str``; it has no JSON form on purpose."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself: for the one call that needs it."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({STARS})"

    def __str__(self) -> str:
        return STARS

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> str:
        message = "a secret is not pickled"
        raise TypeError(message)


def telling_parts(secret: str) -> tuple[str, ...]:
    """The secret, and of an address also the parts of it that may be keys, longest first.

    A service that quotes what it was asked quotes the path and the query, not the whole address;
    each may come percent-encoded or not. The name of the host is no secret.
    """
    found = {secret}
    authority = _AUTHORITY.match(secret)
    if authority is not None:
        target = secret[authority.end() :]
        parts = {target, *_BETWEEN_PARTS.split(target), *(authority["user"] or "").split(":")}
        parts |= {_ENCODED.sub(_decoded, part) for part in parts}
        found |= {part for part in parts if len(part) >= PART_CHARACTERS}
    return tuple(sorted(found, key=len, reverse=True))


def _decoded(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("%", "")).decode(errors="replace")
