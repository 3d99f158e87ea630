"""Tally: our own turns by local day, each counted once, when it is over and settled.

Every closed turn is journalled, and the tally is rebuilt from those records alone. What the keeper
did not see is *unknown*: it is never counted as missed.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from eoskeeper.domain.chain_time import (
    TURN_SLOTS,
    Moment,
    Turn,
    first_slot_of_turn,
    slot_at,
    slot_utc,
    turn_of,
)
from eoskeeper.domain.logbook import Maker, lost_slots
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.production import (
    Chain,
    Roster,
    SlotOutcome,
    account_turn,
    own_turns_between,
)
from eoskeeper.domain.turns import begin_of_schedule, is_settled, maker_of_turn

__all__ = [
    "DAY_S",
    "DayTally",
    "NoticeMark",
    "OwnTurnClosed",
    "TurnFigures",
    "after_notice",
    "fold_tally",
    "local_day",
    "restore_tally",
]

DAY_S = 86_400

DAYS_KEPT = 2
"""The local day, and the day before."""


class OwnTurnClosed(msgspec.Struct, frozen=True, tag="own_turn_closed"):
    """An own turn is over and settled: what became of its slots is final for us.

    Attributes:
        turn: its number; of several, the newest.
        produced: blocks on the chain, 0 to 12.
        missed: slots that certainly stayed empty; lost ones not counted.
        lost: blocks that this host made and a fork took away.
        latest_ms: how late the latest block was here after its time stamp; None when not known.
        maker: which host made the newest of its blocks of which that is known.
        day: local day that it began in, counted from 1970-01-01.
        turns: own turns that the record stands for; above 1 only for those that nobody saw.
    """

    at: Moment
    turn: Turn
    produced: int
    missed: int
    lost: int
    latest_ms: int | None
    maker: Maker
    day: int
    turns: int = 1


class NoticeMark(msgspec.Struct, frozen=True, tag="notice_told"):
    """The notice of one hour of one local day was told.

    Attributes:
        day: local day, counted from 1970-01-01.
        hour: 0 to 23, local.
        utc_offset_s: local time minus UTC, then.
    """

    at: Moment
    day: int
    hour: int
    utc_offset_s: int


class TurnFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Own turns and their blocks, counted.

    ``turns`` is ``full + short + missed + unknown``, and the four kinds of slots together are
    twelve for each turn.

    Attributes:
        full: turns with twelve blocks on the chain.
        short: turns with some, and certainly not all.
        missed: turns that certainly left none on the chain.
        unknown: turns that are not full and of which a slot is unknown.
        made_here: turns that this host made.
        made_elsewhere: turns that another host of ours made.
        produced_blocks: blocks on the chain.
        missed_blocks: slots that certainly stayed empty.
        lost_blocks: blocks that a fork took away.
        unknown_blocks: slots of which nothing is known.
    """

    turns: int = 0
    full: int = 0
    short: int = 0
    missed: int = 0
    unknown: int = 0
    made_here: int = 0
    made_elsewhere: int = 0
    produced_blocks: int = 0
    missed_blocks: int = 0
    lost_blocks: int = 0
    unknown_blocks: int = 0

    def plus(self, closed: OwnTurnClosed) -> TurnFigures:
        """The figures with one more record."""
        unseen = closed.turns * TURN_SLOTS - closed.produced - closed.missed - closed.lost
        full = closed.produced == TURN_SLOTS
        return TurnFigures(
            turns=self.turns + closed.turns,
            full=self.full + full,
            short=self.short + (not full and not unseen and closed.produced > 0),
            missed=self.missed + (not unseen and closed.produced == 0),
            unknown=self.unknown + (closed.turns if unseen else 0),
            made_here=self.made_here + (closed.maker is Maker.HERE),
            made_elsewhere=self.made_elsewhere + (closed.maker is Maker.ELSEWHERE),
            produced_blocks=self.produced_blocks + closed.produced,
            missed_blocks=self.missed_blocks + closed.missed,
            lost_blocks=self.lost_blocks + closed.lost,
            unknown_blocks=self.unknown_blocks + unseen,
        )


class Waiting(msgspec.Struct, frozen=True):
    """Own turns that are to be closed next.

    Attributes:
        turn: the next one.
        roster: the schedule that it is a turn of.
        before: the first turn that another schedule rules; None while this is the newest.
    """

    turn: Turn
    roster: Roster
    before: Turn | None = None


class DayTally(msgspec.Struct, frozen=True, kw_only=True):
    """Own turns of the newest two local days that have any.

    Attributes:
        closed: newest own turn counted.
        days: figures by local day, oldest first.
        since_notice: figures of the turns closed since the last notice.
        roster: the schedule that own turns are told by.
        waiting: what is to be closed next; more than one only after a change of the schedule.
    """

    closed: Turn | None = None
    days: tuple[tuple[int, TurnFigures], ...] = ()
    since_notice: TurnFigures = TurnFigures()
    roster: Roster = Roster()
    waiting: tuple[Waiting, ...] = ()

    def on_day(self, day: int) -> TurnFigures:
        """Figures of a local day; all zero when no own turn of it was closed."""
        return dict(self.days).get(day, TurnFigures())


def local_day(utc_s: float, utc_offset_s: int) -> int:
    """Days from 1970-01-01 to the local date."""
    return int((utc_s + utc_offset_s) // DAY_S)


def restore_tally(events: Iterable[object]) -> DayTally:
    """The tally as the journal tells it.

    Args:
        events: the journal, oldest first; other records are passed over.
    """
    tally = DayTally()
    for event in events:
        if isinstance(event, OwnTurnClosed):
            tally = _count(tally, event)
        elif isinstance(event, NoticeMark):
            tally = after_notice(tally)
    return tally


def after_notice(tally: DayTally) -> DayTally:
    """A notice was told: count anew for the next one."""
    return msgspec.structs.replace(tally, since_notice=TurnFigures())


def fold_tally(
    tally: DayTally, node: NodeState, now: Moment, utc_offset_s: int
) -> tuple[DayTally, tuple[OwnTurnClosed, ...]]:
    """Close the own turns that are over and settled.

    A turn belongs to the local day that its first slot lies in. Turns that passed while no keeper
    watched are told by the schedule that is active afterwards, and are unknown.

    Args:
        tally: as it was.
        node: what is known of the node.
        now: of this cycle.
        utc_offset_s: local time minus UTC.

    Returns:
        The new tally, and one record for each turn it has just counted, to be journalled.
    """
    if node.chain.tip is None:
        return tally, ()
    if node.roster is not tally.roster:
        tally = _adopt(tally, node.roster, node.chain)
    closed: list[OwnTurnClosed] = []
    while tally.waiting and is_settled(tally.waiting[0].turn, node.chain, now, ours=True):
        record = _close(tally.waiting[0], node, now, utc_offset_s)
        tally = _advance(_count(tally, record))
        closed.append(record)
    return tally, tuple(closed)


def _count(tally: DayTally, record: OwnTurnClosed) -> DayTally:
    if tally.closed is not None and record.turn <= tally.closed:
        return tally
    days = dict(tally.days)
    days[record.day] = days.get(record.day, TurnFigures()).plus(record)
    return msgspec.structs.replace(
        tally,
        closed=record.turn,
        days=tuple(sorted(days.items())[-DAYS_KEPT:]),
        since_notice=tally.since_notice.plus(record),
    )


# --- which turns --------------------------------------------------------------------------------


def _adopt(tally: DayTally, roster: Roster, chain: Chain) -> DayTally:
    """Tell own turns by another schedule from now on."""
    if roster == tally.roster:
        return msgspec.structs.replace(tally, roster=roster)
    if not tally.roster.accounts:
        first = turn_of(chain.blocks[0].slot + TURN_SLOTS - 1)
        begin = first if tally.closed is None else tally.closed + 1
        waiting: tuple[Waiting, ...] = ()
    else:
        begin = begin_of_schedule(chain)
        waiting = _cut(tally.waiting, begin)
        begin = max(begin, (tally.closed or 0) + 1)
    due = roster.own_turn_at_or_after(first_slot_of_turn(begin))
    if due is not None:
        waiting = (*waiting, Waiting(due, roster))
    return msgspec.structs.replace(tally, roster=roster, waiting=waiting)


def _cut(waiting: tuple[Waiting, ...], before: Turn) -> tuple[Waiting, ...]:
    """The old schedule's turns end where the new one's begin."""
    return tuple(
        one if one.before else Waiting(one.turn, one.roster, before)
        for one in waiting
        if one.turn < before
    )


def _advance(tally: DayTally) -> DayTally:
    """On to the next own turn."""
    one, *others = tally.waiting
    due = one.roster.own_turn_at_or_after(first_slot_of_turn((tally.closed or one.turn) + 1))
    if due is not None and (one.before is None or due < one.before):
        others = [Waiting(due, one.roster, one.before), *others]
    return msgspec.structs.replace(tally, waiting=tuple(others))


# --- what became of them ------------------------------------------------------------------------


def _close(one: Waiting, node: NodeState, now: Moment, utc_offset_s: int) -> OwnTurnClosed:
    if one.turn < turn_of(node.chain.blocks[0].slot):
        return _unseen(one, node.chain, now, utc_offset_s)
    late = dict(node.logbook.lateness)
    lost = lost_slots(node.logbook, node.chain.own)
    account = account_turn(node.chain, one.roster, one.turn, lost, late)
    return OwnTurnClosed(
        at=now,
        turn=one.turn,
        produced=account.produced,
        missed=account.slots.count(SlotOutcome.MISSED),
        lost=account.slots.count(SlotOutcome.LOST),
        latest_ms=account.latest_ms,
        maker=maker_of_turn(one.turn, node),
        day=_day_of(one.turn, utc_offset_s),
    )


def _unseen(one: Waiting, chain: Chain, now: Moment, utc_offset_s: int) -> OwnTurnClosed:
    """Turns from before the first block known, as one record a day, however many they are."""
    horizon = turn_of(chain.blocks[0].slot)
    end = _newest_before(one.roster, horizon if one.before is None else min(horizon, one.before))
    # Of days before the two that are kept, nobody asks for single figures.
    first_kept = _day_of(end, utc_offset_s) - DAYS_KEPT + 1
    midnight = max(_day_of(one.turn, utc_offset_s) + 1, first_kept) * DAY_S - utc_offset_s
    next_day = turn_of(slot_at(midnight) + TURN_SLOTS - 1)
    end = min(end, _newest_before(one.roster, next_day))
    return OwnTurnClosed(
        at=now,
        turn=end,
        produced=0,
        missed=0,
        lost=0,
        latest_ms=None,
        maker=Maker.UNKNOWN,
        day=_day_of(end, utc_offset_s),
        turns=own_turns_between(one.roster, one.turn - 1, end + 1),
    )


def _newest_before(roster: Roster, turn: int) -> Turn:
    """Newest own turn before ``turn``, of a schedule that we are in."""
    assert roster.ours is not None, "own turns of a schedule that we are not in"
    return Turn(turn - 1 - (turn - 1 - roster.ours) % len(roster.accounts))


def _day_of(turn: int, utc_offset_s: int) -> int:
    return local_day(slot_utc(first_slot_of_turn(turn)), utc_offset_s)
