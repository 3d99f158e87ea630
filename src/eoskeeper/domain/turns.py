"""Turns: every producer's turn, closed once it is over and settled, for history and telemetry.

A turn that a fork rewrites afterwards is told again, amended. What the keeper did not see is not
told at all: a turn without a record is *unknown*.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping

import msgspec

from eoskeeper.domain.chain_time import (
    TURN_SLOTS,
    Moment,
    Slot,
    Turn,
    UtcS,
    first_slot_of_turn,
    last_slot_of_turn,
    slot_utc,
    turn_of,
)
from eoskeeper.domain.logbook import Maker, is_line_of, lost_slots, maker_of
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.production import Chain, Roster, SlotOutcome, TurnAccount, account_turn

__all__ = [
    "SlotCounts",
    "TurnClosed",
    "TurnLedger",
    "begin_ledger",
    "begin_of_schedule",
    "cells_of",
    "fold_turns",
    "is_settled",
    "made_turns",
    "maker_of_turn",
]

SETTLE_S = 3.0
"""Seconds after the time of a turn's last slot: its blocks, and the log's lines, are in by then."""

FORK_CHANCE_S = 30.0
"""Seconds after which an own turn counts as it is, though no other producer has built on it."""

RECENT_TURNS = 64
"""Closed turns that a fork may still amend: three rounds of 21 producers."""

CELLS: Mapping[SlotOutcome, str] = {
    SlotOutcome.PRODUCED: "p",
    SlotOutcome.MISSED: "m",
    SlotOutcome.LOST: "l",
    SlotOutcome.UNKNOWN: "u",
    SlotOutcome.PENDING: "u",
}
"""A slot's outcome in one letter; what is still pending when a turn is closed stays unknown."""


class TurnClosed(msgspec.Struct, frozen=True, tag="turn_closed"):
    """A turn of any producer is over and settled.

    Attributes:
        turn: absolute number; with it come slot and time.
        producer: who was scheduled.
        ours: it is our own producer.
        cells: a letter for each of the twelve slots: ``p`` produced, ``m`` missed, ``l`` made by
            this host and lost in a fork, ``u`` unknown.
        latest_ms: how late its latest block was here after its time stamp; None when not known.
        maker: of an own turn, which host made the newest of its blocks of which that is known.
        amended: it was told before, and a fork has rewritten it.
    """

    at: Moment
    turn: Turn
    producer: str
    ours: bool
    cells: str
    latest_ms: int | None = None
    maker: Maker = Maker.UNKNOWN
    amended: bool = False

    @property
    def first_slot(self) -> Slot:
        """First of its twelve slots."""
        return first_slot_of_turn(self.turn)

    @property
    def begin_utc(self) -> UtcS:
        """Time stamp of its first slot."""
        return slot_utc(self.first_slot)

    @property
    def counts(self) -> SlotCounts:
        """Its slots by outcome."""
        return SlotCounts(*(self.cells.count(letter) for letter in "pmlu"))


class SlotCounts(msgspec.Struct, frozen=True, gc=False):
    """Slots by outcome."""

    produced: int = 0
    missed: int = 0
    lost: int = 0
    unknown: int = 0

    def plus(self, other: SlotCounts) -> SlotCounts:
        """The sum."""
        return SlotCounts(
            self.produced + other.produced,
            self.missed + other.missed,
            self.lost + other.lost,
            self.unknown + other.unknown,
        )


class Era(msgspec.Struct, frozen=True):
    """Turns from ``begin`` on are those of this schedule."""

    begin: Turn
    roster: Roster


class TurnLedger(msgspec.Struct, frozen=True, kw_only=True):
    """What is carried from cycle to cycle.

    Attributes:
        closed: newest turn told; None before the first.
        eras: schedules by the turn that they begin at, oldest first.
        recent: turns told that a fork may still rewrite, oldest first.
        tip: slot and id of the newest block when the ledger was last folded.
        counts: slots by outcome of every turn told since the keeper started, by producer;
            amendments are not counted.
    """

    closed: Turn | None = None
    eras: tuple[Era, ...] = ()
    recent: tuple[TurnClosed, ...] = ()
    tip: tuple[Slot, str] | None = None
    counts: Mapping[str, SlotCounts] = {}


def begin_ledger(closed: Turn | None = None) -> TurnLedger:
    """Ledger of a keeper that starts.

    Args:
        closed: newest turn that an earlier keeper has told; None when that is not known.
    """
    return TurnLedger(closed=closed)


def cells_of(account: TurnAccount) -> str:
    """The twelve letters of an account."""
    return "".join(CELLS[outcome] for outcome in account.slots)


def fold_turns(
    ledger: TurnLedger, node: NodeState, now: Moment
) -> tuple[TurnLedger, tuple[TurnClosed, ...]]:
    """Close what is over and settled; amend what a fork has rewritten.

    Returns:
        The new ledger, and what is to be told: amendments first, then the turns just closed,
        each in order of time.
    """
    chain = node.chain
    if chain.tip is None or not (node.roster.accounts or ledger.eras):
        return ledger, ()
    ledger = _adopt(ledger, node.roster, chain)
    told = _amended(ledger, node, now) if _is_rewritten(ledger, chain) else ()
    closed = _closed_now(ledger, node, now)
    if told or closed or ledger.tip != _mark(chain):
        ledger = _after(ledger, told, closed, chain)
    return ledger, (*told, *closed)


def _after(
    ledger: TurnLedger,
    amended: tuple[TurnClosed, ...],
    closed: tuple[TurnClosed, ...],
    chain: Chain,
) -> TurnLedger:
    anew = {one.turn: one for one in amended}
    recent = (*(anew.get(one.turn, one) for one in ledger.recent), *closed)[-RECENT_TURNS:]
    counts = dict(ledger.counts) if closed else ledger.counts
    if isinstance(counts, dict):
        for one in closed:
            counts[one.producer] = counts.get(one.producer, SlotCounts()).plus(one.counts)
    return msgspec.structs.replace(
        ledger,
        closed=closed[-1].turn if closed else ledger.closed,
        recent=recent,
        tip=_mark(chain),
        counts=counts,
    )


# --- schedules ----------------------------------------------------------------------------------


def _adopt(ledger: TurnLedger, roster: Roster, chain: Chain) -> TurnLedger:
    """Let a new schedule rule from the first turn that it explains."""
    if ledger.eras and ledger.eras[-1].roster is roster:
        return ledger
    if not ledger.eras:
        return msgspec.structs.replace(ledger, eras=(Era(Turn(0), roster),))
    *older, newest = ledger.eras
    if newest.roster == roster:
        return msgspec.structs.replace(ledger, eras=(*older, Era(newest.begin, roster)))
    begin = begin_of_schedule(chain)
    eras = (*(era for era in ledger.eras if era.begin < begin), Era(begin, roster))
    return msgspec.structs.replace(ledger, eras=eras[-RECENT_TURNS:])


def begin_of_schedule(chain: Chain) -> Turn:
    """First turn of a schedule that was just adopted.

    The newest block that it does not explain is the last of the one before.
    """
    assert chain.tip is not None, "a schedule is adopted at the tip of a chain"
    last = chain.off_schedule
    return Turn(turn_of(chain.tip.slot) if last is None else turn_of(last) + 1)


def _roster_of(ledger: TurnLedger, turn: int) -> Roster:
    for era in reversed(ledger.eras):
        if era.begin <= turn:
            return era.roster
    return ledger.eras[0].roster


# --- forks --------------------------------------------------------------------------------------


def _mark(chain: Chain) -> tuple[Slot, str] | None:
    return None if chain.tip is None else (chain.tip.slot, chain.tip.block_id)


def _is_rewritten(ledger: TurnLedger, chain: Chain) -> bool:
    """The newest block of the cycle before is no longer on the chain."""
    if ledger.tip is None or not ledger.recent:
        return False
    slot, block_id = ledger.tip
    index = bisect_left(chain.blocks, slot, key=lambda block: block.slot)
    if index == len(chain.blocks):
        return True
    return chain.blocks[index].block_id != block_id and chain.blocks[0].slot <= slot


def _amended(ledger: TurnLedger, node: NodeState, now: Moment) -> tuple[TurnClosed, ...]:
    oldest = node.chain.blocks[0].slot
    anew = (
        (one, _account(ledger, one.turn, node, now))
        for one in ledger.recent
        if one.first_slot >= oldest and _is_over(one.turn, node.chain)
    )
    return tuple(
        msgspec.structs.replace(fresh, amended=True)
        for one, fresh in anew
        if fresh.cells != one.cells
    )


# --- closing ------------------------------------------------------------------------------------


def _closed_now(ledger: TurnLedger, node: NodeState, now: Moment) -> tuple[TurnClosed, ...]:
    assert node.chain.tip is not None, "turns are closed on a chain that has blocks"
    first_whole = turn_of(node.chain.blocks[0].slot + TURN_SLOTS - 1)
    begin = first_whole if ledger.closed is None else max(first_whole, ledger.closed + 1)
    closed: list[TurnClosed] = []
    for turn in range(begin, turn_of(node.chain.tip.slot) + 1):
        ours = _is_ours(_roster_of(ledger, turn), turn)
        if not is_settled(turn, node.chain, now, ours=ours):
            break
        closed.append(_account(ledger, turn, node, now))
    return tuple(closed)


def _is_ours(roster: Roster, turn: int) -> bool:
    return roster.own_turn_holding(first_slot_of_turn(turn)) is not None


def _is_over(turn: int, chain: Chain) -> bool:
    return chain.tip is not None and chain.tip.slot > last_slot_of_turn(turn)


def is_settled(turn: int, chain: Chain, now: Moment, *, ours: bool) -> bool:
    """Its blocks are in, and an own turn was built on or had its chance to be.

    What nobody has built on may still be lost, and of our own turns that is what counts.
    """
    last = last_slot_of_turn(turn)
    ago_s = now.utc_s - slot_utc(last)
    if ago_s < SETTLE_S or not _is_over(turn, chain):
        return False
    if not ours:
        return True
    built_on = chain.foreign_slot is not None and chain.foreign_slot > last
    return built_on or ago_s >= FORK_CHANCE_S


def _account(ledger: TurnLedger, turn: int, node: NodeState, now: Moment) -> TurnClosed:
    roster, late = _roster_of(ledger, turn), dict(node.logbook.lateness)
    ours = _is_ours(roster, turn)
    lost = lost_slots(node.logbook, node.chain.own) if ours else frozenset()
    account = account_turn(node.chain, roster, turn, lost, late)
    return TurnClosed(
        at=now,
        turn=Turn(turn),
        producer=account.producer,
        ours=ours,
        cells=cells_of(account),
        latest_ms=account.latest_ms,
        maker=maker_of_turn(turn, node) if ours else Maker.UNKNOWN,
    )


def maker_of_turn(turn: int, node: NodeState) -> Maker:
    """Who made an own turn.

    Of its newest block that has a proof: a turn may change hands in its middle.
    """
    for block in reversed(node.chain.own):
        if turn_of(block.slot) == turn:
            maker = maker_of(block, node.logbook, node.paused_since)
            if maker is not Maker.UNKNOWN:
                return maker
        elif block.slot < first_slot_of_turn(turn):
            break
    return Maker.UNKNOWN


def made_turns(node: NodeState) -> tuple[Turn, ...]:
    """Own turns of which at least one block on the chain is in our own log as made here."""
    lines = {line.slot: line for line in node.logbook.produced}
    made = (
        turn_of(block.slot)
        for block in node.chain.own
        if block.slot in lines and is_line_of(lines[block.slot], block)
    )
    return tuple(dict.fromkeys(made))
