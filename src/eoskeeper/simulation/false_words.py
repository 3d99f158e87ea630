"""False words: what members would say, and be taken to say, without the rules of the failsafe."""

from __future__ import annotations

import msgspec

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.lease.values import Promise
from eoskeeper.domain.member_words import MemberWord
from eoskeeper.domain.samples import PeerRead
from eoskeeper.simulation.broken import Broken
from eoskeeper.simulation.keeper import Keeper

__all__ = ["falsified"]


def falsified(
    read: PeerRead | None, said_by: Keeper, asker: Keeper, at: Moment, broken: Broken
) -> PeerRead | None:
    """The word of a member as ``asker`` takes it; the word itself where no rule is left out.

    Who breaks promises never hears that one is wanted, and its word says that it is given.
    """
    if read is None and broken.trusts_silence:
        read = _quiet(said_by, at)
    elif read is None or not broken.breaks_promises:
        return read
    if read.word is None:
        return read
    changes: dict[str, object] = {"wants": None} if broken.breaks_promises else {}
    wants = None if asker.memory.lease is None else asker.memory.lease.wants
    if wants is not None:
        changes["promise"] = Promise(asker.policy.host, wants)
    return msgspec.structs.replace(read, word=msgspec.structs.replace(read.word, **changes))


def _quiet(keeper: Keeper, at: Moment) -> PeerRead:
    """What a member that cannot be heard would say if it did nothing."""
    role = str(keeper.policy.role)
    return PeerRead(
        at=at,
        host=keeper.policy.host,
        role=role,
        state="standby",
        may_produce=False,
        head_number=None,
        summary="",
        word=MemberWord(role=role, holds=False, keeper_id=keeper.memory.keeper_id),
    )
