"""Rule version_differs: what the hosts of the cluster run."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade, Language
from eoskeeper.domain.rules.version_differs import VERSION_DIFFERS, VersionDiffers
from eoskeeper.domain.samples import PeerRead
from tests.unit.domain.rules.views import NOW, ago, graded, head_read, view_of


def _peer(version: str | None, age_s: float = 0.0) -> PeerRead:
    return PeerRead(ago(age_s), "there", "B", "standby", False, 1000, "", version)  # noqa: FBT003 - the struct is positional


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        (_peer("abc"), (Grade.OK, "same")),
        (_peer("def"), (Grade.DEGRADED, "differs")),
        (_peer("def", 30.0), (Grade.DEGRADED, "differs")),
        (_peer("def", 30.1), (Grade.UNKNOWN, "peers_unknown")),
        (_peer(None), (Grade.UNKNOWN, "peers_unknown")),
        (None, (Grade.UNKNOWN, "peers_unknown")),
    ],
)
def test_compares_with_every_peer_heard_of_late(
    peer: PeerRead | None, expected: tuple[Grade, str]
) -> None:
    """Ours is abc."""
    peers = {} if peer is None else {"there": peer}
    view = view_of(node={"head": head_read(), "peers": peers})
    assert graded(VERSION_DIFFERS, VersionDiffers(), view) == expected


@pytest.mark.parametrize("head", [None, head_read(age_s=30.1)])
def test_is_unknown_while_our_own_node_is_silent(head: object) -> None:
    """It may be in the middle of its upgrade."""
    view = view_of(node={"head": head, "peers": {"there": _peer("def")}})
    assert graded(VERSION_DIFFERS, VersionDiffers(), view) == (Grade.UNKNOWN, "own_unknown")


def test_says_who_runs_what() -> None:
    """In order of the hosts."""
    view = view_of(node={"head": head_read(), "peers": {"there": _peer("def")}})
    (finding,) = VersionDiffers().assess(view, NOW)
    told = VERSION_DIFFERS.texts[finding.code].say(Language.ENGLISH, finding.figures)
    assert told == "the versions are: here abc; there def"
