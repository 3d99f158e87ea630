"""Maintenance: for a while the keeper decides nothing that the operator could be in the middle of.

What keeps two hosts from producing goes on: a lease that lapses, a guard that is gone, a block of
ours made elsewhere and a node unpaused behind our back stop production as ever, and the guard knows
nothing of maintenance.
"""

from __future__ import annotations

import msgspec

from eoskeeper.domain.chain_time import Moment, UtcS
from eoskeeper.domain.events import Event, MaintenanceSet
from eoskeeper.domain.failover import Deed, Row, Trigger
from eoskeeper.domain.memory import Memory
from eoskeeper.domain.samples import CommandKind
from eoskeeper.domain.standing import State

__all__ = ["LONGEST_S", "fold_maintenance", "is_frozen", "is_maintained"]

LONGEST_S = 24 * 3600.0
"""Nobody watches over a producer that was forgotten in maintenance."""

_FROZEN_STOPS = frozenset(
    {
        Trigger.NODE_AWAY,
        Trigger.HUNG,
        Trigger.HUNG_WITH_HEIR,
        Trigger.GONE_WITH_HEIR,
        Trigger.ALONE,
        Trigger.TURNS_NOT_STAYED,
    }
)
_ORDERED = frozenset({Trigger.OPERATOR_RESUMES, Trigger.RESUME_UNSENT})


def is_maintained(memory: Memory, now: Moment) -> bool:
    """Whether maintenance is on."""
    return memory.maintained_until is not None and now.utc_s < memory.maintained_until


def is_frozen(row: Row, memory: Memory, now: Moment) -> bool:
    """Whether maintenance holds this row back."""
    if not is_maintained(memory, now):
        return False
    if row.deed is Deed.RESUME:
        return row.trigger not in _ORDERED
    return row.trigger in _FROZEN_STOPS


def fold_maintenance(memory: Memory, now: Moment) -> tuple[Memory, tuple[Event, ...]]:
    """Take orders, and end what has run out; each change is an event."""
    until, by = memory.maintained_until, ""
    is_observer = memory.standing.state is State.OBSERVER
    if until is not None and now.utc_s >= until:
        until = None
    for command in memory.inbox.commands:
        if command.kind is CommandKind.MAINTENANCE and not is_observer:
            by = command.by
            wanted_s = min(command.for_s, LONGEST_S)
            until = UtcS(now.utc_s + wanted_s) if wanted_s > 0 else None
    if until == memory.maintained_until:
        return memory, ()
    memory = msgspec.structs.replace(memory, maintained_until=until)
    return memory, (MaintenanceSet(now, until, by),)
