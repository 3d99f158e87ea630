"""The other member of a site of two: what its keeper tells."""

from __future__ import annotations

from collections.abc import Callable

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.member_words import MemberWord
from eoskeeper.domain.samples import PeerRead, Sample
from tests.unit.domain.scene import Site

THERE = "there"


def said(site: Site, word: MemberWord | None, *, ago_s: float = 0.0) -> Callable[[Moment], Sample]:
    """What the other keeper tells of itself: paused, standing by, in sync."""
    head = site.memory.node.head

    def read(now: Moment) -> PeerRead:
        at = Moment(type(now.mono_s)(now.mono_s - ago_s), now.utc_s)
        return PeerRead(
            at,
            THERE,
            "A",
            "standby",
            may_produce=False,
            head_number=None if head is None else head.head_number,
            summary="",
            server_version=None if head is None else head.server_version,
            paused=True,
            word=word,
        )

    return read
