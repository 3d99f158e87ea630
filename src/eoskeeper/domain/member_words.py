"""What keepers of one cluster tell each other, beyond what people read on the status page.

A word says what its sender knew when it was asked, and nothing about later. Who did not speak is
unknown: neither dead, nor paused, nor without blocks.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import Slot
from eoskeeper.domain.lease.values import Promise, PromiseWanted

__all__ = [
    "HOST_NAME",
    "LAST_SLOT",
    "NEWEST_BLOCKS",
    "Doubled",
    "HostName",
    "MadeBy",
    "MemberWord",
    "OwnBlock",
]

NEWEST_BLOCKS = 120
"""Own blocks that a word holds at most: ten turns, some twenty minutes with 21 producers."""

LAST_SLOT = Slot(2**32 - 1)
"""Slots are 32 bits wide on the chain. Source: spring v1.2.2 block_timestamp.hpp."""

HOST_NAME = r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?\Z"
"""What a host may be called."""

HostName = Annotated[str, Meta(min_length=1, max_length=253)]
SlotNumber = Annotated[Slot, Meta(ge=0, le=LAST_SLOT)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
IdPart = Annotated[str, Meta(pattern=r"^[0-9a-f]{8,64}\Z")]
RoleLetter = Annotated[str, Meta(pattern=r"^[A-Z]\Z")]


class OwnBlock(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """A block of our producer that the sender's nodeos made, by its log.

    Attributes:
        id_part: what the log prints of its id: see ``BlockLogged.id_part``.
    """

    slot: SlotNumber
    number: Count
    id_part: IdPart


class MemberWord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a member says of itself.

    Attributes:
        role: its letter.
        holds: it takes itself for the holder, or is about to be.
        lease_term: of the lease that it holds in a register; 0 without one.
        blocks: the newest own blocks, oldest first; those that were lost in a fork, too.
        paused_from: its nodeos has said since then that it is paused, so that it made no block
            from this slot on; None when that is not known. An observer has no key to make any.
        paused_to: up to this slot.
        chain_id: 64 hex digits; None as long as it is not known there.
        acts: it carries out what it decides: its mode is ``auto``, and no maintenance is on.
        stopped_for: member that it left production to: its stop is proven, and it stands behind
            every other candidate until another host has produced. Empty for none.
        stopped_from: first slot in which it made no block any more for certain.
        keeper_id: of the keeper, and of those whose journal it goes on with.
        wants: it holds, the register does not answer it, and it asks for a promise.
        promise: it claims nothing for one lease from when it said so first.
    """

    role: RoleLetter
    holds: bool
    lease_term: Count = 0
    blocks: Annotated[tuple[OwnBlock, ...], Meta(max_length=NEWEST_BLOCKS)] = ()
    paused_from: SlotNumber | None = None
    paused_to: SlotNumber = Slot(0)
    chain_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")] | None = None
    acts: bool = False
    stopped_for: Annotated[str, Meta(max_length=253)] = ""
    stopped_from: SlotNumber = Slot(0)
    keeper_id: str = ""
    wants: PromiseWanted | None = None
    promise: Promise | None = None

    def excludes(self, slot: int) -> bool:
        """Whether its node cannot have made a block of that slot: it was paused throughout."""
        return self.paused_from is not None and self.paused_from <= slot <= self.paused_to


class MadeBy(msgspec.Struct, frozen=True, order=True):
    """A host, and the part of the id that its log has of the block that it made."""

    host: str
    id_part: str


class Doubled(msgspec.Struct, frozen=True):
    """Two hosts produced in one slot.

    Attributes:
        makers: by host; two hosts, at least.
    """

    slot: Slot
    makers: tuple[MadeBy, ...]
