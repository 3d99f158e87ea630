"""Accounts of rounds from what was seen of each turn: made, missed, lost, unknown, by producer.

A log tells who made a block, not who should have: the schedule is derived from the repetition of
producers, era by era. What was not seen is *unknown*, never missed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from eoskeeper.domain.chain_time import (
    TURN_SLOTS,
    Slot,
    Turn,
    UtcS,
    first_slot_of_turn,
    slot_utc,
)
from eoskeeper.domain.production import SlotOutcome, TurnAccount
from eoskeeper.domain.rounds_fold import ALL_SLOTS, TurnSeen

__all__ = [
    "NOBODY",
    "RoundEra",
    "RoundsAccount",
    "RoundsTally",
    "account_rounds",
    "derive_eras",
]

NOBODY = ""
"""Stands for the producer of whom only the place in the schedule is known."""

MOST_PRODUCERS = 125
"""Longest schedule. Source: spring v1.2.2 libraries/chain/include/eosio/chain/config.hpp:122."""

LOOK_AHEAD_TURNS = 4 * MOST_PRODUCERS
"""Turns among which the length of the round is looked for."""

_FULL = (SlotOutcome.PRODUCED,) * TURN_SLOTS


class RoundEra(msgspec.Struct, frozen=True, kw_only=True):
    """Turns of one schedule.

    Attributes:
        begin: its first turn; it lasts until the next era begins.
        producers: the one at place i owns the turns t with t mod n == i; ``NOBODY`` where nobody
            was seen. Empty when the length of the round is not known.
        given: told by the operator or the chain, not derived.
    """

    begin: Turn
    producers: tuple[str, ...] = ()
    given: bool = False

    @property
    def begin_utc(self) -> UtcS:
        """Time stamp of its first slot."""
        return slot_utc(first_slot_of_turn(self.begin))


class RoundsTally(msgspec.Struct, kw_only=True):
    """Figures of one producer; each turn is either full, short, missed or unknown.

    Attributes:
        producer: ``NOBODY`` for places of which nobody was seen.
        turns: how many it had in the time that was looked at.
        full: with all twelve blocks.
        short: with one to eleven.
        missed: without a block.
        unknown: with a slot of which nothing is known.
        blocks_made: on the chain.
        blocks_missed: slots known to be empty of which no block was seen.
        blocks_lost: blocks that were seen, and replaced by a fork.
        latest_ms: how late the latest was here after its time stamp; None when not known.
    """

    producer: str
    turns: int = 0
    full: int = 0
    short: int = 0
    missed: int = 0
    unknown: int = 0
    blocks_made: int = 0
    blocks_missed: int = 0
    blocks_lost: int = 0
    latest_ms: int | None = None


class RoundsAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a question about rounds.

    Attributes:
        begin_utc: time stamp of the oldest block seen; None when none was.
        end_utc: of the newest.
        tallies: by producer, in order of name.
        turns: of the one producer that was asked for, oldest first; else none.
        eras: schedules, oldest first.
    """

    begin_utc: UtcS | None
    end_utc: UtcS | None
    tallies: tuple[RoundsTally, ...] = ()
    turns: tuple[TurnAccount, ...] = ()
    eras: tuple[RoundEra, ...] = ()


# --- schedules ----------------------------------------------------------------------------------


def derive_eras(seen: Sequence[TurnSeen], given: tuple[str, ...] = ()) -> tuple[RoundEra, ...]:
    """Split what was seen into eras of one schedule each.

    Args:
        seen: ascending.
        given: a schedule that is known; it counts in every era that does not contradict it.
    """
    makers = Counter(one.turn for one in seen)
    # A turn of two producers is one within which the schedule changed: it speaks for neither.
    observed = [(one.turn, one.producer) for one in seen if one.producer and makers[one.turn] == 1]
    eras: list[RoundEra] = []
    index = 0
    while index < len(observed):
        size, end = _round_size(observed, index)
        begin = Turn(observed[index][0] if eras else seen[0].turn)
        producers = _places(observed[index:end], size)
        eras.append(_with_given(RoundEra(begin=begin, producers=producers), given, observed, index))
        index = end
    return tuple(eras)


def _with_given(
    era: RoundEra, given: tuple[str, ...], observed: Sequence[tuple[int, str]], index: int
) -> RoundEra:
    if not given:
        return era
    fits = (
        all(known in (NOBODY, told) for known, told in zip(era.producers, given, strict=True))
        if len(era.producers) == len(given)
        else not era.producers and _run_end(observed, index, len(given), given) == len(observed)
    )
    return RoundEra(begin=era.begin, producers=given, given=True) if fits else era


def _round_size(observed: Sequence[tuple[int, str]], index: int) -> tuple[int, int]:
    """Length of the round from ``index`` on, and where the first turn contradicts it.

    The true length explains more turns than any other distance between two turns of a producer;
    0 when no producer came twice.
    """
    best, best_end = 0, len(observed)
    longest = index
    for size in sorted(_distances(observed, index)):
        end = _run_end(observed, index, size)
        if end > longest:
            best, best_end, longest = size, end, end
    return best, best_end


def _distances(observed: Sequence[tuple[int, str]], index: int) -> set[int]:
    last: dict[str, int] = {}
    found: set[int] = set()
    for turn, producer in observed[index : index + LOOK_AHEAD_TURNS]:
        distance = turn - last.get(producer, turn)
        if 0 < distance <= MOST_PRODUCERS:
            found.add(distance)
        last[producer] = turn
    return found


def _run_end(
    observed: Sequence[tuple[int, str]], index: int, size: int, places: tuple[str, ...] = ()
) -> int:
    """Index of the first turn that a round of this length, one place each, does not explain."""
    owner: dict[int, str] = dict(enumerate(places))
    place_of: dict[str, int] = {producer: place for place, producer in owner.items()}
    for at in range(index, len(observed)):
        turn, producer = observed[at]
        place = turn % size
        if owner.setdefault(place, producer) != producer:
            return at
        if place_of.setdefault(producer, place) != place:
            return at
    return len(observed)


def _places(observed: Sequence[tuple[int, str]], size: int) -> tuple[str, ...]:
    if not size:
        return ()
    owner = {turn % size: producer for turn, producer in observed}
    return tuple(owner.get(place, NOBODY) for place in range(size))


# --- accounts -----------------------------------------------------------------------------------


def account_rounds(
    seen: Sequence[TurnSeen],
    *,
    producer: str | None = None,
    given: tuple[str, ...] = (),
    since_slot: int = 0,
) -> RoundsAccount:
    """Judge every turn between the oldest and the newest block seen.

    Args:
        seen: ascending; for one producer its own turns and whatever else was read suffice.
        producer: only this one, and each of its turns; None for figures of all.
        given: the schedule, where it is known.
        since_slot: turns that begin earlier are left out.
    """
    made = [one for one in seen if one.filled]
    if not made:
        return RoundsAccount(begin_utc=None, end_utc=None)
    eras = derive_eras(seen, given)
    begin, end = _lowest_slot(made[0]), max(_highest_slot(one) for one in made[-2:])
    tallies: dict[str, RoundsTally] = {}
    turns: list[TurnAccount] = []
    for one in _owned_turns(seen, eras, producer, end // TURN_SLOTS):
        if one.turn * TURN_SLOTS < since_slot:
            continue
        _count(tallies, one)
        if producer is not None:
            turns.append(_account(one, end))
    return RoundsAccount(
        begin_utc=slot_utc(max(begin, since_slot)),
        end_utc=slot_utc(end),
        tallies=tuple(tallies[name] for name in sorted(tallies)),
        turns=tuple(turns),
        eras=eras,
    )


def _owned_turns(
    seen: Sequence[TurnSeen], eras: tuple[RoundEra, ...], producer: str | None, last: int
) -> Iterator[TurnSeen]:
    """Every turn with its owner, those of which nothing was seen included."""
    by_turn: dict[int, list[TurnSeen]] = {}
    for one in seen:
        if not one.producer or producer in (None, one.producer) or one.turn not in by_turn:
            by_turn.setdefault(one.turn, []).append(one)
    for era, after in zip(eras, (*eras[1:], None), strict=True):
        end = last + 1 if after is None else after.begin
        for turn in _turns_of(era, producer, end, by_turn):
            yield from _of_turn(turn, era, producer, by_turn)


def _turns_of(
    era: RoundEra, producer: str | None, end: int, by_turn: Mapping[int, Sequence[TurnSeen]]
) -> Sequence[int]:
    if not era.producers:
        return sorted(turn for turn in by_turn if era.begin <= turn < end)
    if producer is None:
        return range(era.begin, end)
    # Where the schedule changed within a turn, its first maker's place is another one already.
    turns = {
        turn
        for turn, ones in by_turn.items()
        if era.begin <= turn < end and any(one.producer == producer for one in ones)
    }
    if producer in era.producers:
        size, place = len(era.producers), era.producers.index(producer)
        turns.update(range(era.begin + (place - era.begin) % size, end, size))
    return sorted(turns)


def _of_turn(
    turn: int, era: RoundEra, producer: str | None, by_turn: Mapping[int, list[TurnSeen]]
) -> Iterator[TurnSeen]:
    owner = era.producers[turn % len(era.producers)] if era.producers else NOBODY
    ones = by_turn.get(turn, [])
    named = [one for one in ones if one.producer and producer in (None, one.producer)]
    if named:
        yield from named
    elif owner == NOBODY and producer is not None:
        return
    elif ones and not ones[0].producer:
        yield msgspec.structs.replace(ones[0], producer=owner)
    else:
        yield TurnSeen(turn, owner, 0, 0)


def _count(tallies: dict[str, RoundsTally], one: TurnSeen) -> None:
    tally = tallies.get(one.producer)
    if tally is None:
        tally = tallies[one.producer] = RoundsTally(producer=one.producer)
    tally.turns += 1
    filled = one.filled
    if filled == ALL_SLOTS:
        tally.full += 1
        tally.blocks_made += TURN_SLOTS
    else:
        _count_short(tally, one)
    late_ms = one.latest_ms
    if late_ms is not None and (tally.latest_ms is None or late_ms > tally.latest_ms):
        tally.latest_ms = late_ms


def _count_short(tally: RoundsTally, one: TurnSeen) -> None:
    known = one.known | one.lost
    if known != ALL_SLOTS:
        tally.unknown += 1
    elif one.filled:
        tally.short += 1
    else:
        tally.missed += 1
    tally.blocks_made += one.filled.bit_count()
    tally.blocks_missed += (one.known & ~one.filled & ~one.lost).bit_count()
    tally.blocks_lost += one.lost.bit_count()


def _account(one: TurnSeen, tip: int) -> TurnAccount:
    first = first_slot_of_turn(one.turn)
    cells = _FULL if one.filled == ALL_SLOTS else tuple(_outcomes(one, first, tip))
    return TurnAccount(Turn(one.turn), one.producer, first, cells, one.latest_ms)


def _outcomes(one: TurnSeen, first: Slot, tip: int) -> Iterator[SlotOutcome]:
    for place in range(TURN_SLOTS):
        bit = 1 << place
        if one.filled & bit:
            yield SlotOutcome.PRODUCED
        elif one.lost & bit:
            yield SlotOutcome.LOST
        elif one.known & bit:
            yield SlotOutcome.MISSED
        else:
            yield SlotOutcome.PENDING if first + place > tip else SlotOutcome.UNKNOWN


def _lowest_slot(one: TurnSeen) -> int:
    return one.turn * TURN_SLOTS + (one.filled & -one.filled).bit_length() - 1


def _highest_slot(one: TurnSeen) -> int:
    return one.turn * TURN_SLOTS + one.filled.bit_length() - 1
