"""The text of a text message holds no address that a carrier refuses, and keeps its figures."""

from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eoskeeper.domain.chain_time import UtcS
from eoskeeper.domain.findings import Severity
from eoskeeper.effects.alert_channels.channel import Message
from eoskeeper.effects.alert_channels.sms_text import (
    clip,
    fill,
    message_values,
    placeholders_in,
    without_addresses,
)

PIECES = st.sampled_from(
    [
        *"0123459afxz.:-/_ ",
        "10.0.0.3",
        "::",
        "://",
        "fe80::1",
        "12.5",
        "3.5秒",
        "eos.io",
        "中国",
        "。",
        "1:2:3:4:5:6:7:8",
        "www.",
        ".com",
        "\uff19.\uff19",
    ]
)
TEXTS = st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=40)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("head age 12.5 s, limit 3.0", "head age 12.5 s, limit 3.0"),
        ("落后12.5秒,从0.5到13.25秒", "落后12.5秒,从0.5到13.25秒"),
        ("0.5-1.5 s, 98.6%, -3.25", "0.5-1.5 s, 98.6%, -3.25"),
        ("at 12:30:45. Then", "at 12:30:45. Then"),
        ("peer 10.0.0.3:9876 gone", "peer 10-0-0-3:9876 gone"),
        ("从10.0.0.3到10.0.0.4", "从10-0-0-3到10-0-0-4"),
        ("fe80::1 and ::1", "fe80--1 and --1"),
        ("2001:db8:0:0:0:0:0:1", "2001-db8-0-0-0-0-0-1"),
        ("::ffff:1.2.3.4", "--ffff-1-2-3-4"),
        ("see https://wiki.example.com/a?b=1", "see https wiki-example-com/a?b=1"),
        ("bp.example.com", "bp-example-com"),
        ("节点.中国 故障", "节点-中国 故障"),
        ("163.com 4.cn", "163-com 4-cn"),
        ("nodeos v1.2.2", "nodeos v1-2-2"),
        ("", ""),
    ],
)
def test_addresses_become_harmless_and_figures_stay(text: str, expected: str) -> None:
    """One row for each kind."""
    assert without_addresses(text) == expected


def has_address(text: str) -> bool:
    """By other means than the program's: parsing, and the form of names."""
    runs = re.findall(r"[0-9A-Fa-f:.]{2,}", text)
    parts = {run[a:b] for run in runs for a in range(len(run)) for b in range(a + 2, len(run) + 1)}
    return (
        "://" in text
        or re.search(r"[\w-]+\.[^\W\d_][\w-]*[^\W\d_]", text) is not None
        or any(is_address(part) for part in parts)
    )


def is_address(text: str) -> bool:
    """IPv4 or IPv6 in any notation."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@given(TEXTS)
@example("a:http:////b")
@example("1.2.3.4.5.com")
@example("例.12.5")
def test_no_text_keeps_an_address_and_twice_is_as_once(text: str) -> None:
    """Whatever the pieces are glued together to."""
    once = without_addresses(text)
    assert not has_address(once)
    assert without_addresses(once) == once


@given(TEXTS, st.integers(5, 60))
def test_a_message_is_short_and_in_one_line(text: str, max_chars: int) -> None:
    """Each part of it, and cutting brings no address back."""
    message = Message(
        title=text,
        lines=(text, text),
        severity=Severity.INFO,
        resolved=False,
        host=text,
        at_utc=UtcS(0.0),
    )
    for value in message_values(message, max_chars, strip_addresses=True).values():
        assert len(value) <= max_chars
        assert "\n" not in value
        assert not has_address(value)


def test_what_is_cut_says_so() -> None:
    """And what fits is left alone."""
    assert clip("12345678", 8) == "12345678"
    assert clip("123456789", 8) == "123456.."


def test_only_known_placeholders_are_filled_and_only_once() -> None:
    """A message that quotes a placeholder must not spill what that stands for."""
    values = {"text": "so {password}", "password": "hush"}
    assert fill('{"m": "{text}", {other}}', values) == '{"m": "so {password}", {other}}'
    assert placeholders_in(["{a}{b}", "{a} {}"]) == {"a", "b"}
