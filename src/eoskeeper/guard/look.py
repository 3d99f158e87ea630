"""Mode ``look``: whether the chain still hears this node, from its head alone; pure.

A silent keeper is no reason to stop a producer whose blocks are taken; a node that hears nobody
is. One that does not answer is neither: its time is counted by itself, and is longer.
"""

from __future__ import annotations

from typing import NamedTuple

from eoskeeper.guard.settings import Settings
from eoskeeper.guard.wire import Head

__all__ = ["Hearing", "fold", "reason_to_fence"]


class Hearing(NamedTuple):
    """What was seen since another producer's block last came.

    Attributes:
        at_s: of the last look, on CLOCK_BOOTTIME.
        head: the last that was told.
        alone_s: the node answered, and nobody else's block came.
        unanswered_s: it did not answer.
        own_s: its head moved with our own blocks.
    """

    at_s: float
    head: Head | None = None
    alone_s: float = 0.0
    unanswered_s: float = 0.0
    own_s: float = 0.0


def fold(before: Hearing, head: Head | None, now_s: float, settings: Settings) -> Hearing:
    """Add one look; an own turn counts for nothing, for as long as an own turn can last."""
    for_s = max(0.0, now_s - before.at_s)
    if head is None:
        return before._replace(at_s=now_s, unanswered_s=before.unanswered_s + for_s)
    told = before._replace(at_s=now_s, head=head)
    if before.head is None:
        # Whether it moves cannot be known from one look.
        return told._replace(unanswered_s=before.unanswered_s + for_s)
    moved = head.block_id != before.head.block_id
    if moved and head.producer not in settings.own_producers:
        return Hearing(now_s, head)
    if moved and before.own_s + for_s <= settings.own_turn_limit_s:
        return told._replace(own_s=before.own_s + for_s)
    return told._replace(alone_s=before.alone_s + for_s)


def reason_to_fence(hearing: Hearing, settings: Settings) -> str | None:
    """Say why the node is not known to be heard; None while it is, or may be."""
    if hearing.alone_s >= settings.isolation_s:
        return f"alone: no other producer's block for {hearing.alone_s:.0f} s"
    unheard_s = hearing.alone_s + hearing.unanswered_s
    if unheard_s >= settings.unanswered_s:
        return f"not known to be heard for {unheard_s:.0f} s"
    return None
