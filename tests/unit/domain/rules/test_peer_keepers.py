"""Rule peer_keepers: one finding for each peer."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.rules.peer_keepers import PEER_KEEPERS, PeerKeepers
from eoskeeper.domain.samples import FailureReason, PeerRead
from tests.unit.domain.rules.host_views import failure_row
from tests.unit.domain.rules.views import NOW, ago, graded, view_of


def _peer(host: str, age_s: float = 0.0) -> PeerRead:
    return PeerRead(ago(age_s), host, "B", "standby", False, 1000, "")  # noqa: FBT003 - the struct is positional


@pytest.mark.parametrize(
    ("since_s", "expected"),
    [(15.0, (Grade.UNKNOWN, "missed")), (15.1, (Grade.FAILED, "silent"))],
)
def test_fails_after_15_seconds_of_silence(since_s: float, expected: tuple[Grade, str]) -> None:
    """Heard before or not."""
    for peers in ({}, {"b1": _peer("b1", since_s)}):
        view = view_of(node={"peers": peers}, vitals={"peer_failing": {"b1": failure_row(since_s)}})
        assert graded(PEER_KEEPERS, PeerKeepers(), view) == expected


@pytest.mark.parametrize("reason", FailureReason)
def test_every_reason_has_its_words(reason: FailureReason) -> None:
    """Those that an operator can mend have their own."""
    view = view_of(vitals={"peer_failing": {"b1": failure_row(20, reason)}})
    grade, code = graded(PEER_KEEPERS, PeerKeepers(), view)
    assert grade is Grade.FAILED
    assert code in {reason.value, "silent", "unintelligible"}


def test_each_peer_is_its_own_subject() -> None:
    """In order of their names."""
    view = view_of(
        node={"peers": {"c1": _peer("c1")}}, vitals={"peer_failing": {"b1": failure_row(20)}}
    )
    found = PeerKeepers().assess(view, NOW)
    assert [(one.subject, one.grade) for one in found] == [
        ("b1", Grade.FAILED),
        ("c1", Grade.OK),
    ]


def test_a_peer_that_nobody_asks_any_more_is_unknown() -> None:
    """No failure was told either."""
    view = view_of(node={"peers": {"b1": _peer("b1", 15.1)}})
    assert graded(PEER_KEEPERS, PeerKeepers(), view) == (Grade.UNKNOWN, "stale")
    assert graded(PEER_KEEPERS, PeerKeepers(), view_of()) == (Grade.UNKNOWN, "none")
