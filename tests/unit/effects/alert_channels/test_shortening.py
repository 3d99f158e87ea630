"""A text is cut where a reader and the service can bear it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoskeeper.effects.alert_channels.shortening import (
    json_bytes,
    shortened,
    utf8_bytes,
    without_tags,
)


@pytest.mark.parametrize(
    ("text", "limit", "size", "wanted"),
    [
        ("abcdef", 6, utf8_bytes, "abcdef"),
        ("abcdef", 5, utf8_bytes, "ab…"),
        ("abcdef", 5, len, "abcd…"),
        ("一二三", 9, utf8_bytes, "一二三"),
        ("一二三", 8, utf8_bytes, "一…"),
        ("abcd\nefgh\nijkl", 13, utf8_bytes, "abcd\nefgh\n…"),
        ("abcd\nefghijklmnop", 14, utf8_bytes, "abcd\nefghij…"),
        ("a\n\n\n\n\n\n", 9, json_bytes, "a\n\n…"),
        ("\u26a0\ufe0f\u26a0\ufe0f", 11, utf8_bytes, "\u26a0\ufe0f…"),
        ("e\u0301e\u0301", 3, len, "e\u0301…"),
        ("abcdef", 2, utf8_bytes, ""),
    ],
)
def test_a_text_ends_at_a_line_or_a_character(
    text: str, limit: int, size: Callable[[str], int], wanted: str
) -> None:
    """Never inside a character; a whole line is kept whole when little is lost by it."""
    assert shortened(text, limit, size) == wanted


@given(st.text(), st.integers(0, 60), st.sampled_from([utf8_bytes, len]))
def test_the_result_fits_and_is_a_beginning(
    text: str, limit: int, size: Callable[[str], int]
) -> None:
    """Whatever the text is."""
    cut = shortened(text, limit, size)
    assert size(cut) <= limit
    assert cut == text or text.startswith(cut.removesuffix("…"))


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_becomes_one_that_can_be_sent(text: str) -> None:
    """A file name that is no UTF-8 comes with surrogates, a log line with control characters."""
    sendable = without_tags(text)
    sendable.encode()
    assert all(char.isprintable() or char == "\n" for char in sendable)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("a < b", "a < b"), ("<3", "<3"), ("<@all>", "< @all>"), ("</a>", "< /a>"), ("<a>", "< a>")],
)
def test_only_a_tag_is_changed(text: str, wanted: str) -> None:
    """A comparison stays as it is written."""
    assert without_tags(text) == wanted
