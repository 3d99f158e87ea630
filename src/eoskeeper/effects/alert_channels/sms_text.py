"""The text of a text message: short, and without what carriers refuse.

Chinese carriers drop messages with addresses of the network in them, so the dots and colons of
these become hyphens, which every character set has; figures such as 12.5 stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from eoskeeper.domain.chain_time import format_utc
from eoskeeper.effects.alert_channels.channel import Message

__all__ = [
    "MESSAGE_PLACEHOLDERS",
    "clip",
    "fill",
    "message_values",
    "placeholders_in",
    "refuse_unknown",
    "without_addresses",
]

HARMLESS = "-"
CUT = ".."

MESSAGE_PLACEHOLDERS = frozenset({"title", "lines", "text", "host", "time"})
"""What a template may name of a message: ``text`` is the title and the lines together."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")

_DOT = re.compile(
    r"(?<![0-9.])[0-9]+\.[0-9]+(?![0-9]|\.[\w-])"  # a decimal figure: stays
    r"|(?<=[\w-])\.(?=[\w-])"  # a dot inside a name or a number of four parts
)

_COLONS = re.compile(r"[0-9A-Fa-f:]*:[0-9A-Fa-f:]*")

_IPV6_COLONS = 7
"""A written-out IPv6 address; a time of day has two. Source: RFC 4291 section 2.2."""


def without_addresses(text: str) -> str:
    """The text without IPv4 and IPv6 addresses, URLs and names with dots in their usable form."""
    text = text.replace("://", " ")
    text = _COLONS.sub(_harmless_colons, text)
    return _DOT.sub(lambda found: HARMLESS if found[0] == "." else found[0], text)


def clip(text: str, max_chars: int) -> str:
    """At most ``max_chars`` characters, which are two at least; two dots tell of a cut end."""
    return text if len(text) <= max_chars else text[: max_chars - len(CUT)].rstrip(".") + CUT


def message_values(message: Message, max_chars: int, *, strip_addresses: bool) -> dict[str, str]:
    """What ``MESSAGE_PLACEHOLDERS`` stand for, each in one line of at most ``max_chars``."""
    values = {
        "title": message.title,
        "lines": "; ".join(message.lines),
        "text": "; ".join((message.title, *message.lines)),
        "host": message.host,
        "time": format_utc(message.at_utc)[:19].replace("T", " ") + " UTC",
    }
    return {
        name: _tidy(value, max_chars, strip_addresses=strip_addresses)
        for name, value in values.items()
    }


def placeholders_in(templates: Iterable[str]) -> set[str]:
    """Names in braces."""
    return {name for template in templates for name in _PLACEHOLDER.findall(template)}


def refuse_unknown(templates: Iterable[str]) -> None:
    """Refuse template variables that name what no message has.

    Raises:
        ValueError: one does; the text names it.
    """
    if unknown := sorted(placeholders_in(templates) - MESSAGE_PLACEHOLDERS):
        message = f"template_param: nothing is known of {{{unknown[0]}}}"
        raise ValueError(message)


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its placeholders filled in; other braces stay as they are."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def _tidy(value: str, max_chars: int, *, strip_addresses: bool) -> str:
    line = " ".join(value.split())
    return clip(without_addresses(line) if strip_addresses else line, max_chars)


def _harmless_colons(found: re.Match[str]) -> str:
    run = found[0]
    address = "::" in run or run.count(":") >= _IPV6_COLONS
    return run.replace(":", HARMLESS) if address else run
