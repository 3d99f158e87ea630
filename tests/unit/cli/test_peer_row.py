"""A peer's row in the status table tells what it said last, and since when it says nothing."""

from __future__ import annotations

import pytest

from eoskeeper.cli.looking import SILENT_AFTER_S, _peer_row
from eoskeeper.domain.report import PeerLine


@pytest.mark.parametrize(
    ("age_s", "state"),
    [
        (0.4, "holder"),
        (SILENT_AFTER_S - 0.1, "holder"),
        (SILENT_AFTER_S, "holder, silent for 6 s"),
        (3725.2, "holder, silent for 3725 s"),
    ],
)
def test_a_silent_peer_is_told_with_its_silence(age_s: float, state: str) -> None:
    """An old word must not look like a new one."""
    row = _peer_row(PeerLine("bp-2", "A", "holder", True, 7, age_s))  # noqa: FBT003 - the sixth figure of a row
    assert row[:5] == ("bp-2", "A", state, "may", "7")
