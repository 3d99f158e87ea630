"""Story: one world told in lines, for people who look at a failing seed."""

from __future__ import annotations

from collections.abc import Iterator

from eoskeeper.domain.actions import Resume, Terminate
from eoskeeper.domain.chain_time import EPOCH_MS, SLOT_MS, TURN_SLOTS
from eoskeeper.domain.event_words import event_text
from eoskeeper.domain.events import (
    ActionDecided,
    Advised,
    CommandAnswered,
    Event,
    FailsafeTurned,
    HookEnded,
    KeeperStarted,
    LeaseWritten,
    MaintenanceSet,
    OutcomeSeen,
    SlotDoubled,
    StandingChanged,
)
from eoskeeper.simulation.timeline import START_MS
from eoskeeper.simulation.world import World

__all__ = ["story_of"]


def story_of(world: World) -> list[str]:
    """Faults, every keeper's journal and the turns of each host, in order of time."""
    lines = [(ms, f"--- {text}") for ms, text in world.story]
    for host in world.hosts.values():
        told = zip(host.keeper.journal_ms, host.keeper.journal, strict=True)
        lines += [(ms, f"{host.name}: {_words(event)}") for ms, event in told]
    lines += _turns(world)
    lines += [
        (d.at_ms, f"!!! slot {d.slot} signed by {d.first} and {d.second}")
        for d in world.oracle.doubles
    ]
    return [f"{(ms - START_MS) / 1000:9.2f} {text}" for ms, text in sorted(lines)]


def _turns(world: World) -> Iterator[tuple[int, str]]:
    counts: dict[tuple[int, str], int] = {}
    for slot, host in world.oracle.makers.items():
        counts[slot // TURN_SLOTS, host] = counts.get((slot // TURN_SLOTS, host), 0) + 1
    for (turn, host), count in counts.items():
        yield EPOCH_MS + turn * TURN_SLOTS * SLOT_MS, f"    turn of {host}: {count} blocks"


def _words(event: Event) -> str:
    match event:
        case KeeperStarted():
            return "keeper starts"
        case StandingChanged():
            return f"{event.before} -> {event.standing.state}: {event.event} ({event.reason})"
        case ActionDecided(action=Resume() as action):
            permit = action.permit
            return f"RESUME {action.action_id}: {permit.kind}, row {permit.empty_own_turns}"
        case ActionDecided(action=Terminate() as action):
            return f"terminate {action.action_id}: {action.reason}"
        case ActionDecided():
            return f"pause {event.action.action_id}"
        case LeaseWritten() | FailsafeTurned() | MaintenanceSet() | HookEnded() | SlotDoubled():
            return event_text(event).en
        case OutcomeSeen():
            return f"outcome of {event.action_id}: {event.result}"
        case Advised():
            return f"advises {event.action}: {event.reason}"
        case CommandAnswered():
            return f"order {event.kind}: {'yes' if event.accepted else 'no'}: {event.reason}"
