"""What an answer of InfluxDB means for the points: which are lost, which wait, which arrived."""

from __future__ import annotations

import pytest

from eoskeeper.telemetry.influx_wire import (
    LONGEST_WAIT_S,
    Accepted,
    Answer,
    Halve,
    Later,
    Refused,
    Said,
    meaning,
)

NOW_UTC = 1_751_788_800.0
"""2025-07-06T08:00:00Z, a Sunday."""

CONFLICT_V1 = (
    '{"error":"partial write: field type conflict: input field \\"f\\" on measurement \\"m\\" is '
    'type float, already exists as type integer dropped=2"}'
)
UNREAD_V1 = (
    '{"error":"partial write: unable to parse \'broken\': missing fields\\nunable to parse '
    "'worse': missing fields dropped=0\"}"
)
PARTIAL_V3 = (
    '{"error":"partial write of line protocol occurred","data":[{"original_line":"x",'
    '"line_number":2,"error_message":"invalid"},{"line_number":5,"error_message":"invalid"}]}'
)


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (204, "", Accepted),
        (200, "", Accepted),
        (400, '{"error":"unable to parse \'x\': missing fields"}', Halve),
        (422, '{"code":"unprocessable entity"}', Halve),
        (413, "too large", Halve),
        (401, '{"error":"authorization failed"}', Refused),
        (403, "", Refused),
        (404, '{"error":"database not found: \\"x\\""}', Refused),
        (405, "", Refused),
        (408, "", Later),
        (425, "", Later),
        (429, "", Later),
        (500, '{"error":"timeout"}', Later),
        (502, "<html>", Later),
        (503, "", Later),
        (302, "", Later),
        (100, "", Later),
    ],
)
def test_points_are_given_up_for_answers_about_points_only(
    status: int, text: str, kind: type[Answer]
) -> None:
    """A wrong token, a missing database and a sick server cost nothing."""
    assert type(meaning(Said(status, text), NOW_UTC)) is kind


@pytest.mark.parametrize(
    ("status", "text", "rejected"),
    [(400, CONFLICT_V1, 2), (400, UNREAD_V1, 2), (400, PARTIAL_V3, 2), (422, "partial write", 1)],
)
def test_a_partial_write_wrote_the_rest(status: int, text: str, rejected: int) -> None:
    """As each version words it; at least one was dropped, or there would be no error."""
    said = meaning(Said(status, text), NOW_UTC)
    assert isinstance(said, Accepted)
    assert said.rejected == rejected
    assert said.words.startswith(f"{status} ")


@pytest.mark.parametrize(
    ("retry_after", "wait_s"),
    [
        ("", None),
        ("7", 7.0),
        (" 0 ", 0.0),
        ("100000", LONGEST_WAIT_S),
        ("Sun, 06 Jul 2025 08:00:30 GMT", 30.0),
        ("Sun, 06 Jul 2025 07:00:00 GMT", 0.0),
        ("Sun, 06 Jul 2025 18:00:00 GMT", LONGEST_WAIT_S),
        ("soon", None),
        ("-5", None),
        ("²", None),
    ],
)
def test_the_server_says_when_to_come_back(retry_after: str, wait_s: float | None) -> None:
    """In seconds or as a date, and never further away than five minutes."""
    said = meaning(Said(429, "slow down", retry_after), NOW_UTC)
    assert isinstance(said, Later)
    assert said.wait_s == wait_s


def test_words_for_people_are_one_short_line() -> None:
    """Whatever a proxy in between answers."""
    said = meaning(Said(502, "<html>\n\x1b[31m" + "x" * 9999), NOW_UTC)
    assert isinstance(said, Later)
    assert said.words.startswith("502 <html> [31mxxx")
    assert len(said.words) <= 300
