"""The success rule of an SMS gateway: which answer of it proves that it took the message.

Gateways answer 200 to everything; the word that means yes stands in the body and is each
gateway's own, so the operator writes it down and there is no default.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from eoskeeper.domain.host_samples import DeliveryResult

__all__ = ["PATTERN_TEXT_LIMIT", "Success"]

PATTERN_TEXT_LIMIT = 500
"""Characters of an answer that ``text_matches`` looks at; with few repetitions this bounds it."""

_REPETITIONS_LIMIT = 2
_DETACHED = re.compile(r"\\.|\[\^?\]?[^\]]*\]")
_REPETITION = re.compile(r"[*+{]")
_REPEATED_GROUP = re.compile(r"\)[*+{]")
_MARKUP = re.compile(r"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)

_Word = Annotated[str, Meta(min_length=1, max_length=200)]


class Success(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[alarm.channels.NAME.success]``: exactly one of three ways to say yes.

    Attributes:
        json_path: of a value in a JSON answer, names and indexes with dots: ``data.0.status``.
        equals: what that value must be, as text: ``0`` is equal to 0 and to "0".
        text_contains: what must stand somewhere in the answer, letter by letter.
        text_matches: regular expression found in the first 500 characters; at most two
            repetitions and no repeated group, so that no answer can keep it busy.
    """

    json_path: _Word | None = None
    equals: Annotated[str, Meta(max_length=200)] | None = None
    text_contains: _Word | None = None
    text_matches: _Word | None = None

    def __post_init__(self) -> None:
        """Refuse a rule that is none, or more than one.

        Raises:
            ValueError: it is.
        """
        ways = [self.json_path, self.text_contains, self.text_matches]
        if sum(way is not None for way in ways) != 1:
            message = "exactly one of json_path, text_contains and text_matches"
            raise ValueError(message)
        if (self.json_path is None) != (self.equals is None):
            message = "json_path and equals go together"
            raise ValueError(message)
        if self.text_matches is not None:
            _refuse_wild(self.text_matches)

    def judge(self, text: str) -> DeliveryResult:
        """Proven, refused (a clear answer that is not the success), or unintelligible."""
        if not text.strip() or _MARKUP.match(text):
            return DeliveryResult.UNINTELLIGIBLE
        if self.json_path is not None:
            return self._judge_json(self.json_path, text)
        if self.text_contains is not None:
            said = self.text_contains in text
        else:
            said = re.search(self.text_matches or "", text[:PATTERN_TEXT_LIMIT]) is not None
        return DeliveryResult.PROVEN if said else DeliveryResult.REFUSED

    def _judge_json(self, path: str, text: str) -> DeliveryResult:
        try:
            found = _at(msgspec.json.decode(text), path.split("."))
        except (msgspec.DecodeError, RecursionError, LookupError, ValueError):
            return DeliveryResult.UNINTELLIGIBLE
        return DeliveryResult.PROVEN if found == self.equals else DeliveryResult.REFUSED


def _refuse_wild(pattern: str) -> None:
    """Nested or many repetitions take exponential time on an answer made for it."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        message = f"text_matches is no regular expression: {error}"
        raise ValueError(message) from error
    bare = _DETACHED.sub("x", pattern)
    if _REPEATED_GROUP.search(bare) or len(_REPETITION.findall(bare)) > _REPETITIONS_LIMIT:
        message = "text_matches may repeat (* + {}) twice and repeat no group"
        raise ValueError(message)


def _at(value: object, path: list[str]) -> str:
    """The scalar at the path, as text.

    Raises:
        LookupError: there is none.
        ValueError: an index that is no number.
    """
    for name in path:
        match value:
            case dict():
                value = value[name]
            case list():
                value = value[int(name)]
            case _:
                raise LookupError(name)
    match value:
        case str():
            return value
        case bool() | None | int() | float():
            return msgspec.json.encode(value).decode()
        case _:
            raise LookupError(path)
