"""How late blocks reach this host, producer by producer; the rules about late blocks share it.

A block is early by nature: nodeos releases it before the time it carries.
"""

from __future__ import annotations

from itertools import groupby

import msgspec

from eoskeeper.domain.chain_time import TURN_SLOTS, Moment, Slot, slot_utc
from eoskeeper.domain.rules.rule import View
from eoskeeper.domain.rules.sight import head_in_sight

__all__ = ["Arrival", "arrival"]

CATCH_UP_MS = 3000
"""A line so late is of a node that catches up: in step, such a block would have no successor."""

LAST_POSITIONS = 9
"""Of a turn's positions 0 to 11, the last three tell whether our own turn begins in time."""

MIN_SAMPLES = 3


class Arrival(msgspec.Struct, frozen=True):
    """Medians in milliseconds after a block's own time; below zero is early.

    Attributes:
        by_producer: of each other producer with enough samples.
        predecessor: who is scheduled before us; None where that is not known.
        predecessor_ms: of the last blocks of its turns; None without enough samples.
        own_ms: of the blocks that this host produced; None without enough samples.
    """

    by_producer: dict[str, float]
    predecessor: str | None
    predecessor_ms: float | None
    own_ms: float | None


def arrival(view: View, now: Moment) -> Arrival | None:
    """Of the newest lines of the log; None where they tell nothing: no lines, or a syncing node."""
    roster, book = view.node.roster, view.node.logbook
    head = head_in_sight(view, now)
    if head is None or not roster.accounts or not book.lateness:
        return None
    if now.utc_s - slot_utc(head.head_slot) > view.policy.failover.head_age_limit_s:
        return None
    before = None if roster.ours is None else roster.accounts[roster.ours - 1]
    made_here = {line.slot for line in book.produced}
    by_producer: dict[str, list[int]] = {}
    own: list[int] = []
    last: list[int] = []
    # Three hundred lines each second: the schedule is asked once a turn, not once a block.
    for turn, lines in groupby(book.lateness, key=_turn_of_line):
        producer = roster.producer_at(turn * TURN_SLOTS) or ""
        others = by_producer.setdefault(producer, [])
        for slot, late_ms in lines:
            if late_ms > CATCH_UP_MS:
                continue
            if slot in made_here:
                own.append(late_ms)
                continue
            others.append(late_ms)
            if producer == before and slot % TURN_SLOTS >= LAST_POSITIONS:
                last.append(late_ms)
    by_producer.pop(view.policy.producer or "", None)
    found = {name: _median(ms) for name, ms in by_producer.items()}
    medians = {name: ms for name, ms in found.items() if ms is not None}
    return Arrival(medians, before, _median(last), _median(own))


def _turn_of_line(line: tuple[Slot, int]) -> int:
    return line[0] // TURN_SLOTS


def _median(samples: list[int]) -> float | None:
    """None without enough of them. The module ``statistics`` would load a decimal library."""
    if len(samples) < MIN_SAMPLES:
        return None
    ordered, half = sorted(samples), len(samples) // 2
    return (ordered[half] + ordered[-half - 1]) / 2
