"""Words: how reports and events read in a terminal."""

from __future__ import annotations

from eoskeeper.domain.chain_time import format_utc, slot_utc
from eoskeeper.domain.event_words import event_text
from eoskeeper.domain.events import Event
from eoskeeper.domain.production import SlotOutcome, TurnAccount
from eoskeeper.domain.report import Report
from eoskeeper.domain.standing import State

__all__ = ["event_line", "own_turn_strip", "state_words"]

_CELLS = {
    SlotOutcome.PRODUCED: "#",
    SlotOutcome.MISSED: ".",
    SlotOutcome.LOST: "x",
    SlotOutcome.UNKNOWN: "?",
    SlotOutcome.PENDING: " ",
}

_STATES = {
    State.LEARNING: "looking around: resumes nothing before it has seen a whole round",
    State.STANDBY: "paused, ready to take over after its own delay",
    State.RESUMING: "a resume is under way: this host may produce",
    State.HOLDER: "entitled to produce",
    State.FENCING: "must stop, and that is not proven yet: this host may produce",
    State.RESTARTED: "nodeos came back and is paused; asking whether the lease still holds",
    State.ISOLATED: "stopped because it was alone; comes back when others are heard for a round",
    State.LAPSED: "stopped because its own turns did not stay; last in the line of candidates",
    State.HELD: "paused by the operator; `eoskeeper resume` ends it",
    State.OBSERVER: "no producer here",
}


def state_words(report: Report) -> str:
    """The state in a sentence."""
    text = f"{report.host} is {report.state} since {format_utc(report.since_utc)}"
    return f"{text}: {_STATES[report.state]}"


def own_turn_strip(turn: TurnAccount) -> str:
    """One own turn, a character a slot."""
    cells = "".join(_CELLS[slot] for slot in turn.slots)
    late = "" if turn.latest_ms is None else f", latest block {turn.latest_ms:+d} ms"
    return f"{format_utc(slot_utc(turn.first_slot))}  [{cells}] {turn.produced:2d} of 12{late}"


def event_line(event: Event) -> str:
    """One event of the journal in a line."""
    return f"{format_utc(event.at.utc_s)}  {event_text(event).en}"
