"""Rule api_latency: around its limit."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.rules.api_latency import API_LATENCY, ApiLatency
from tests.unit.domain.rules.views import graded, head_read, view_of


@pytest.mark.parametrize(
    ("took_s", "expected"),
    [
        (0.5, (Grade.OK, "quick")),
        (1.0, (Grade.OK, "quick")),
        (1.01, (Grade.DEGRADED, "slow")),
    ],
)
def test_grades_around_one_second(took_s: float, expected: tuple[Grade, str]) -> None:
    """Half a second is a block being built."""
    view = view_of(node={"head": head_read(took_s=took_s)})
    assert graded(API_LATENCY, ApiLatency(), view) == expected


def test_is_unknown_without_an_answer_of_late() -> None:
    """No answer is another rule's."""
    old = view_of(node={"head": head_read(age_s=16, took_s=9)})
    assert graded(API_LATENCY, ApiLatency(), old) == (Grade.UNKNOWN, "no_reading")
    assert graded(API_LATENCY, ApiLatency(), view_of()) == (Grade.UNKNOWN, "no_reading")
