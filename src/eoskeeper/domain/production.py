"""Accounting of production: who filled which slot of the chain, exactly.

The chain is kept as a window of linked block headers. A turn is judged from them alone: a slot is
*missed* only where the chain is known without a gap on both sides, else it is *unknown*.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from eoskeeper.domain.chain_time import (
    TURN_SLOTS,
    Slot,
    Turn,
    first_slot_of_turn,
    last_slot_of_turn,
    turn_of,
)
from eoskeeper.domain.samples import Block, BlocksRead, Schedule

__all__ = [
    "Chain",
    "Roster",
    "SlotOutcome",
    "TurnAccount",
    "account_turn",
    "empty_own_turns",
    "fold_blocks",
    "last_stayed",
    "own_turns_between",
    "refold_schedule",
    "row_begin",
    "turns_of_round",
]

WINDOW_ROUNDS = 4
"""Rounds of headers that are kept; a reorganisation that reaches deeper is told as a gap."""

WINDOW_MIN_BLOCKS = 720
"""At least six minutes of headers, so that short rounds keep a full picture too."""


class Roster(msgspec.Struct, frozen=True, gc=False):
    """The active schedule, reduced to what slot arithmetic needs.

    Attributes:
        accounts: producers in slot order; empty when no schedule is known.
        ours: position of our producer; None when it is not in the schedule.
    """

    accounts: tuple[str, ...] = ()
    ours: int | None = None

    @classmethod
    def of(cls, schedule: Schedule, producer: str | None) -> Roster:
        """Roster of a schedule as ``producer`` sees it."""
        accounts = tuple(entry.account for entry in schedule.producers)
        return cls(accounts, accounts.index(producer) if producer in accounts else None)

    def producer_at(self, slot: int) -> str | None:
        """Who is scheduled for a slot.

        Source: leap v5.0.3 libraries/chain/include/eosio/chain/block_header_state_utils.hpp:42.
        """
        if not self.accounts:
            return None
        return self.accounts[(slot // TURN_SLOTS) % len(self.accounts)]

    @property
    def round_slots(self) -> int:
        """Slots of one round; 0 without a schedule."""
        return len(self.accounts) * TURN_SLOTS

    @property
    def gap_slots(self) -> int:
        """Slots between the end of one own turn and the begin of the next."""
        return max(0, (len(self.accounts) - 1) * TURN_SLOTS)

    def own_turn_at_or_after(self, slot: int) -> Turn | None:
        """First own turn whose first slot is not before ``slot``; None when not scheduled."""
        if self.ours is None:
            return None
        count = len(self.accounts)
        turn = -(-slot // TURN_SLOTS)
        return Turn(turn + (self.ours - turn) % count)

    def own_turn_holding(self, slot: int) -> Turn | None:
        """The own turn that ``slot`` lies in; None outside own turns."""
        if self.ours is None or (slot // TURN_SLOTS) % len(self.accounts) != self.ours:
            return None
        return turn_of(slot)


class Chain(msgspec.Struct, frozen=True):
    """The canonical chain as this node last told it.

    Attributes:
        blocks: linked headers, ascending by one, newest last.
        own: canonical blocks of our producer: those of the window, and at least the newest.
        covered_from: slot since which every block is known; None when nothing is known.
        foreign_slot: slot of the newest block of another producer; None when none is known.
        stayed: newest block of ours that a later block of another producer builds on.
        off_schedule: slot of the newest block that the current schedule does not explain.
    """

    blocks: tuple[Block, ...] = ()
    own: tuple[Block, ...] = ()
    covered_from: Slot | None = None
    foreign_slot: Slot | None = None
    stayed: Block | None = None
    off_schedule: Slot | None = None

    @property
    def tip(self) -> Block | None:
        """Newest block told."""
        return self.blocks[-1] if self.blocks else None


def fold_blocks(chain: Chain, read: BlocksRead, roster: Roster, producer: str | None) -> Chain:
    """Rewrite the tail of the chain by what the node now tells."""
    blocks = read.blocks
    first = blocks[0]
    kept = () if read.gap_before else _kept_below(chain, first)
    if not kept:
        return _judge(_restart(chain, blocks, producer), roster, producer)
    fresh = tuple(b for b in blocks if b.producer == producer)
    own = chain.own
    if own and own[-1].number >= first.number:
        own = tuple(b for b in own if b.number < first.number)
    rewritten = len(kept) < len(chain.blocks)
    folded = Chain(
        blocks=_prune(kept + blocks, roster),
        own=_prune_own(own + fresh, roster),
        covered_from=chain.covered_from,
        foreign_slot=None if rewritten else chain.foreign_slot,
        stayed=None if rewritten else chain.stayed,
        off_schedule=_still_below(chain.off_schedule, kept),
    )
    return _judge(folded, roster, producer, fresh_from=0 if rewritten else first.number)


def refold_schedule(chain: Chain, roster: Roster, producer: str | None) -> Chain:
    """Judge the window anew after the schedule changed."""
    return _judge(msgspec.structs.replace(chain, off_schedule=None), roster, producer)


def _kept_below(chain: Chain, first: Block) -> tuple[Block, ...]:
    """What stays below ``first``; empty when it does not link to anything known."""
    if not chain.blocks:
        return ()
    count = first.number - chain.blocks[0].number
    if not 0 < count <= len(chain.blocks):
        return ()
    kept = chain.blocks if count == len(chain.blocks) else chain.blocks[:count]
    return kept if kept[-1].block_id == first.previous else ()


def _still_below(slot: Slot | None, kept: tuple[Block, ...]) -> Slot | None:
    """A slot that a reorganisation did not take away."""
    return slot if slot is not None and slot <= kept[-1].slot else None


def _restart(chain: Chain, blocks: tuple[Block, ...], producer: str | None) -> Chain:
    """Begin anew behind a gap; that a block of ours once stayed remains true."""
    own = tuple(b for b in blocks if b.producer == producer)
    return Chain(blocks=blocks, own=own, covered_from=blocks[0].slot, stayed=chain.stayed)


def _prune(blocks: tuple[Block, ...], roster: Roster) -> tuple[Block, ...]:
    keep = max(WINDOW_MIN_BLOCKS, WINDOW_ROUNDS * roster.round_slots)
    # Cut in steps: a slice of the whole window for each single block would be wasted work.
    return blocks[-keep:] if len(blocks) > keep + TURN_SLOTS * 4 else blocks


def _prune_own(own: tuple[Block, ...], roster: Roster) -> tuple[Block, ...]:
    keep = WINDOW_ROUNDS * TURN_SLOTS + (roster.round_slots and TURN_SLOTS)
    return own[-keep:] if len(own) > keep + TURN_SLOTS else own


def _judge(chain: Chain, roster: Roster, producer: str | None, fresh_from: int = 0) -> Chain:
    """Refresh the derived fields from the blocks numbered ``fresh_from`` and above."""
    blocks = chain.blocks
    start = max(0, fresh_from - blocks[0].number) if blocks else 0
    foreign, off_schedule = chain.foreign_slot, chain.off_schedule
    above = 0
    for block in blocks[start:]:
        if block.producer != producer:
            foreign, above = block.slot, block.number
        if roster.accounts and roster.producer_at(block.slot) != block.producer:
            off_schedule = block.slot
    stayed = chain.stayed
    if above:
        index = bisect_left(chain.own, above, key=_number) - 1
        stayed = chain.own[index] if index >= 0 else stayed
    elif stayed is None:
        stayed = last_stayed(chain, producer)
    return msgspec.structs.replace(
        chain, foreign_slot=foreign, off_schedule=off_schedule, stayed=stayed
    )


def _number(block: Block) -> int:
    return block.number


def _slot(block: Block) -> Slot:
    return block.slot


def last_stayed(chain: Chain, producer: str | None) -> Block | None:
    """Newest own block with a block of another producer above it, found by walking back."""
    above = next((b.number for b in reversed(chain.blocks) if b.producer != producer), 0)
    index = bisect_left(chain.own, above, key=_number) - 1
    return chain.own[index] if index >= 0 else None


def own_turns_between(roster: Roster, after_turn: int, before_turn: int) -> int:
    """Number of own turns t with ``after_turn < t < before_turn``."""
    if roster.ours is None or before_turn <= after_turn + 1:
        return 0
    count, ours = len(roster.accounts), roster.ours
    return (before_turn - 1 - ours) // count - (after_turn - ours) // count


def empty_own_turns(chain: Chain, roster: Roster) -> int | None:
    """Whole own turns in a row, up to now, that left no block on the canonical chain.

    Every host that sees the same chain and schedule counts the same number, for it is counted
    from the newest block of ours, or from the newest block that the schedule does not explain.

    Returns:
        None when neither lies in what is known: then the count has no sure begin.
    """
    begin = row_begin(chain, roster)
    if begin is None or chain.tip is None:
        return None
    return own_turns_between(roster, begin, turn_of(chain.tip.slot))


def row_begin(chain: Chain, roster: Roster) -> Turn | None:
    """Turn after which own turns count as empty; None when it is not known."""
    begins = [turn_of(chain.own[-1].slot)] if chain.own else []
    if chain.off_schedule is not None:
        begins.append(turn_of(chain.off_schedule))
    return max(begins) if begins and roster.ours is not None else None


class SlotOutcome(StrEnum):
    """What became of one slot."""

    PRODUCED = "produced"
    MISSED = "missed"
    LOST = "lost"
    """Made by this host, but not on the canonical chain: lost in a fork."""
    UNKNOWN = "unknown"
    PENDING = "pending"


class TurnAccount(msgspec.Struct, frozen=True):
    """One turn of one producer, slot by slot.

    Attributes:
        producer: who was scheduled.
        first_slot: first of the twelve.
        slots: outcome of each of the twelve slots.
        latest_ms: how late the latest of its blocks was here, after its time stamp; negative when
            all were early; None when the log told nothing of them.
    """

    turn: Turn
    producer: str
    first_slot: Slot
    slots: tuple[SlotOutcome, ...]
    latest_ms: int | None = None

    @property
    def produced(self) -> int:
        """Blocks on the chain, 0 to 12."""
        return self.slots.count(SlotOutcome.PRODUCED)

    @property
    def complete(self) -> bool:
        """Every slot is over and known."""
        return SlotOutcome.PENDING not in self.slots and SlotOutcome.UNKNOWN not in self.slots


_NOTHING_LATE: Mapping[Slot, int] = {}
_ALL_PRODUCED = (SlotOutcome.PRODUCED,) * TURN_SLOTS


def account_turn(
    chain: Chain,
    roster: Roster,
    turn: int,
    lost_slots: frozenset[int] = frozenset(),
    lateness: Mapping[Slot, int] = _NOTHING_LATE,
) -> TurnAccount:
    """Judge each slot of ``turn``.

    Args:
        chain: the canonical chain.
        roster: the schedule; ``producer`` is ``""`` without one.
        turn: absolute turn number.
        lost_slots: slots for which this host logged a block that is not on the chain.
        lateness: milliseconds by slot.
    """
    first = first_slot_of_turn(turn)
    low = bisect_left(chain.blocks, first, key=_slot)
    high = bisect_right(chain.blocks, last_slot_of_turn(turn), key=_slot)
    blocks, scheduled = chain.blocks[low:high], roster.producer_at(first) or ""
    if [block.producer for block in blocks] == [scheduled] * TURN_SLOTS:
        outcomes = _ALL_PRODUCED  # as nearly every turn is: judged each second, it counts
    else:
        filled = {block.slot: block for block in blocks}
        outcomes = tuple(
            _judge_slot(chain, filled.get(Slot(slot)), Slot(slot), scheduled, lost_slots)
            for slot in range(first, first + TURN_SLOTS)
        )
    late = [lateness[block.slot] for block in blocks if block.slot in lateness]
    return TurnAccount(Turn(turn), scheduled, first, outcomes, max(late, default=None))


def _judge_slot(
    chain: Chain, block: Block | None, slot: Slot, scheduled: str, lost: frozenset[int]
) -> SlotOutcome:
    if block is not None:
        return SlotOutcome.PRODUCED if block.producer == scheduled else SlotOutcome.UNKNOWN
    tip = chain.tip
    if tip is None or slot > tip.slot:
        return SlotOutcome.PENDING if tip is not None else SlotOutcome.UNKNOWN
    if not chain.blocks or slot < chain.blocks[0].slot:
        return SlotOutcome.UNKNOWN
    if chain.off_schedule is not None and slot <= chain.off_schedule:
        return SlotOutcome.UNKNOWN
    return SlotOutcome.LOST if slot in lost else SlotOutcome.MISSED


def turns_of_round(roster: Roster, slot: int) -> range:
    """Turns of the round that ``slot`` lies in."""
    count = len(roster.accounts)
    if not count:
        return range(0)
    first = turn_of(slot) // count * count
    return range(first, first + count)
