"""Makes a text of a message and cuts it to what a service takes, at a line or character border.

A service that gets too much either refuses the message or cuts it inside a character.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable

import msgspec

from eoskeeper.effects.alert_channels.channel import Message

__all__ = ["json_bytes", "shortened", "text_of", "utf8_bytes", "without_links", "without_tags"]

_MARK = "…"
"""Says that something is missing."""

_TAG = re.compile(r"<(?=[A-Za-z/@!])")


def utf8_bytes(text: str) -> int:
    """What most services count."""
    return len(text.encode(errors="replace"))


def json_bytes(text: str) -> int:
    """Bytes of the text as a JSON string, without its quotes: for limits of the whole body."""
    return len(msgspec.json.encode(text)) - 2


def without_tags(text: str) -> str:
    """The text without anything that a service would obey, and certainly UTF-8.

    The services make links and calls to everybody of tags in a text, and a text may quote what a
    stranger's node said.
    """
    known = text.encode(errors="replace").decode()
    kept = (char if char.isprintable() or char == "\n" else " " for char in known)
    return _TAG.sub("< ", "".join(kept))


def without_links(text: str) -> str:
    """The text without links of markdown, for the same reason."""
    return text.replace("](", "] (")


def text_of(message: Message) -> str:
    """Title and lines, a line each, uncut."""
    return without_tags("\n".join((_line(message.title), *message.lines)))


def shortened(text: str, limit: int, size: Callable[[str], int] = utf8_bytes) -> str:
    """The longest beginning that fits, with an ellipsis when something is missing.

    It ends with a whole line where that costs less than half of what fits.

    Args:
        limit: what ``size`` of the result may be at most.
        size: how the service counts; more text is never less. ``len`` for characters.
    """
    if size(text) <= limit:
        return text
    fitting = bisect_right(range(len(text)), limit, key=lambda end: size(text[:end] + _MARK)) - 1
    if fitting < 0:
        return ""
    while fitting and unicodedata.category(text[fitting]) == "Mn":  # belongs to the one before
        fitting -= 1
    line_end = text.rfind("\n", fitting // 2, fitting)
    return text[:fitting] + _MARK if line_end < 0 else text[: line_end + 1] + _MARK


def _line(text: str) -> str:
    return " ".join(text.split())
