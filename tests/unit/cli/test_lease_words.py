"""The lease and the guard in a line each."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from eoskeeper.cli.lease_words import guard_words, lease_words
from eoskeeper.domain.guard_samples import GuardPhase
from eoskeeper.domain.lease_figures import GuardFigures, LeaseFigures

LEASE = LeaseFigures(
    holder="bp-1",
    term=3,
    released=False,
    held_here=False,
    confirmed_s=None,
    seen_s=0.44,
    failure="",
)
GUARD = GuardFigures(
    phase=GuardPhase.IDLE, term=3, asked_s=0.3, left_s=0.0, can_hold=True, unclear="", reason=""
)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "lease: held by bp-1, term 3, seen 0.4 s ago"),
        ({"released": True}, "lease: given back by bp-1, term 3, seen 0.4 s ago"),
        ({"holder": ""}, "lease: nobody has ever held it"),
        ({"holder": None, "seen_s": None}, "lease: not known: etcd has not answered yet"),
        ({"held_here": True, "confirmed_s": 0.8}, "lease: held here, term 3, confirmed 0.8 s ago"),
        (
            {"failure": "no_leader: election"},
            "lease: held by bp-1, term 3, seen 0.4 s ago; etcd failed: no_leader: election",
        ),
    ],
)
def test_the_lease_in_a_line(changes: dict[str, Any], words: str) -> None:
    """Who holds, and how fresh that is."""
    assert lease_words(msgspec.structs.replace(LEASE, **changes)) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "guard: stands by, answered 0.3 s ago"),
        (
            {"phase": GuardPhase.ARMED, "left_s": 7.25},
            "guard: armed for term 3, 7.2 s to its deadline, answered 0.3 s ago",
        ),
        (
            {"phase": GuardPhase.FENCED, "reason": "the deadline has passed"},
            "guard: has stopped production here (the deadline has passed), answered 0.3 s ago",
        ),
        (
            {"phase": GuardPhase.LOOKING},
            "guard: looks whether the chain hears this host, answered 0.3 s ago",
        ),
        (
            {"can_hold": False, "unclear": "two listen"},
            "guard: stands by, answered 0.3 s ago; it could not stop nodeos: two listen",
        ),
    ],
)
def test_the_guard_in_a_line(changes: dict[str, Any], words: str) -> None:
    """What it does, and what hinders it."""
    assert guard_words(msgspec.structs.replace(GUARD, **changes)) == words
