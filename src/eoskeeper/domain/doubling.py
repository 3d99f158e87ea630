"""Doubling: slots that two hosts of the cluster produced in, told once each."""

from __future__ import annotations

import msgspec

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.events import SlotDoubled
from eoskeeper.domain.members import blocks_by_host, doubled_slots
from eoskeeper.domain.memory import Memory
from eoskeeper.domain.policy import Policy

__all__ = ["fold_doubled"]


def fold_doubled(
    memory: Memory, now: Moment, policy: Policy
) -> tuple[Memory, tuple[SlotDoubled, ...]]:
    """Compare this host's own blocks with those that the members say they made."""
    if not policy.members:
        return memory, ()
    found = doubled_slots(blocks_by_host(memory.node, policy), after=memory.doubled_to)
    if not found:
        return memory, ()
    newest = found[-1]
    told = SlotDoubled(now, tuple(one.slot for one in found), newest)
    return msgspec.structs.replace(memory, doubled_to=newest.slot), (told,)
