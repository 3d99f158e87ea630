"""What the guard reads of an answer to get_info: a head, or nothing."""

from __future__ import annotations

import json

import pytest

from eoskeeper.guard.wire import Answer, Head, parse_head

TOLD = {"head_block_num": 7, "head_block_id": "ab", "head_block_producer": "theirs"}


def test_a_head_is_read() -> None:
    """From a good answer."""
    assert parse_head(Answer(200, json.dumps(TOLD).encode())) == Head(7, "ab", "theirs")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(0),
        Answer(503, json.dumps(TOLD).encode()),
        Answer(200, b"<html>"),
        Answer(200, b"[]"),
        Answer(200, b"{}"),
        Answer(200, json.dumps({**TOLD, "head_block_num": "7"}).encode()),
    ],
)
def test_anything_else_is_unknown(answer: Answer) -> None:
    """Neither alone nor heard."""
    assert parse_head(answer) is None
