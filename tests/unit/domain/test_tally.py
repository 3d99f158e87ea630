"""Own turns by local day: each is counted once, and what nobody saw is unknown, never missed."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from eoskeeper.domain.chain_time import TURN_SLOTS, Slot, Turn, first_slot_of_turn, slot_utc
from eoskeeper.domain.logbook import Logbook, Maker
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.production import Chain, Roster, fold_blocks, refold_schedule
from eoskeeper.domain.samples import Block, BlockLogged, LoggedBlockKind
from eoskeeper.domain.tally import (
    DayTally,
    NoticeMark,
    OwnTurnClosed,
    TurnFigures,
    after_notice,
    fold_tally,
    local_day,
    restore_tally,
)
from tests.unit.domain.scene import (
    OURS,
    ROSTER,
    START_SLOT,
    TURN,
    block,
    moment_at,
    read_of,
    settled_holder,
    settled_standby,
)

OWN = TURN + 1
"""The first own turn: of four producers, ours is the second."""

DAY = local_day(slot_utc(START_SLOT), 0)


class Watch:
    """A keeper's tally beside a chain that a test writes slot by slot."""

    def __init__(self, roster: Roster = ROSTER, events: Iterable[object] = ()) -> None:
        self.node = NodeState(started=moment_at(START_SLOT), roster=roster)
        self.tally = restore_tally(events)
        self.records: list[OwnTurnClosed] = []
        self.offset_s = 0
        self.number = 100

    def tell(self, slots: Iterable[int], *, gap: bool = False, strange: str | None = None) -> Watch:
        """Blocks in those slots, by whom the schedule says."""
        for slot in slots:
            tip = self.node.chain.tip
            producer = strange or self.node.roster.producer_at(slot) or ""
            parent = tip.block_id if tip and not gap else "00"
            self.number = tip.number + 1 if tip else self.number
            self._fold(block(self.number, slot, producer, previous=parent), gap=gap or not tip)
            gap = False
        return self

    def _fold(self, made: Block, *, gap: bool) -> None:
        roster = self.node.roster
        chain = fold_blocks(self.node.chain, read_of([made], gap_before=gap), roster, OURS)
        self.node = msgspec.structs.replace(self.node, chain=chain)

    def switch(self, roster: Roster) -> Watch:
        """Another schedule is read."""
        chain = self.node.chain
        if chain.blocks:
            chain = refold_schedule(chain, roster, OURS)
        self.node = msgspec.structs.replace(self.node, roster=roster, chain=chain)
        return self

    def log(self, kind: LoggedBlockKind, slots: Iterable[int], late_ms: int = 0) -> Watch:
        """Lines of our log about blocks of ours, whose ids are those of the chain."""
        ids = {int(one.slot): one for one in self.node.chain.own}
        lines = tuple(_line(kind, slot, ids.get(slot), late_ms) for slot in slots)
        book = self.node.logbook
        field = "produced" if kind is LoggedBlockKind.PRODUCED else "received"
        late = tuple((line.slot, late_ms) for line in lines)
        book = msgspec.structs.replace(
            book, **{field: (*getattr(book, field), *lines)}, lateness=(*book.lateness, *late)
        )
        self.node = msgspec.structs.replace(self.node, logbook=book)
        return self

    def look(self, slot: float) -> list[OwnTurnClosed]:
        """One cycle; what it closes."""
        self.tally, closed = fold_tally(self.tally, self.node, moment_at(slot), self.offset_s)
        self.records += closed
        return list(closed)


def _line(kind: LoggedBlockKind, slot: int, made: Block | None, late_ms: int) -> BlockLogged:
    number, part = (made.number, made.block_id[8:24]) if made else (1, "0" * 16)
    at = moment_at(slot)
    return BlockLogged(at, kind, number, part, Slot(slot), OURS, None, late_ms, 1)


def slots_of(*turns: int) -> list[int]:
    """Every slot of those turns."""
    return [first_slot_of_turn(turn) + i for turn in turns for i in range(TURN_SLOTS)]


def last_of(turn: int) -> int:
    """Its last slot."""
    return first_slot_of_turn(turn) + TURN_SLOTS - 1


# --- when a turn is closed ------------------------------------------------------------------------


def test_a_turn_is_closed_three_seconds_after_its_end_and_once() -> None:
    """A later block of another producer is there; the figures name every block."""
    watch = Watch().tell(slots_of(TURN, OWN, TURN + 2))
    assert watch.look(last_of(OWN) + 5) == []
    (record,) = watch.look(last_of(OWN) + 6)
    assert (record.turn, record.produced, record.missed, record.lost) == (OWN, 12, 0, 0)
    assert (record.day, record.turns, record.at) == (DAY, 1, moment_at(last_of(OWN) + 6))
    assert watch.look(last_of(OWN) + 7) == []
    assert watch.look(last_of(OWN) + 700) == []
    assert watch.tally.on_day(DAY) == TurnFigures(turns=1, full=1, produced_blocks=12)
    assert watch.tally.on_day(DAY - 1) == TurnFigures()


def test_a_turn_waits_until_another_producer_builds_on_it_or_half_a_minute() -> None:
    """Blocks that only we have built on may still go in a fork."""
    alone = Roster((OURS, OURS), 0)
    watch = Watch(alone).tell(slots_of(TURN, TURN + 1))
    assert watch.look(last_of(TURN) + 59) == []
    assert [record.turn for record in watch.look(last_of(TURN) + 60)] == [TURN]


def test_a_turn_stays_open_while_the_chain_has_not_passed_it() -> None:
    """A chain that stands still may yet bring a block of that turn."""
    watch = Watch().tell([*slots_of(TURN), *slots_of(OWN)])
    assert watch.look(last_of(OWN) + 500) == []
    watch.tell([last_of(OWN) + 12])
    assert [record.produced for record in watch.look(last_of(OWN) + 501)] == [12]


def test_nothing_is_counted_without_a_chain_or_a_schedule() -> None:
    """Nor is any turn from before the first block that this keeper ever saw."""
    assert Watch().look(START_SLOT + 900) == []
    assert Watch(Roster()).tell(slots_of(TURN, OWN, TURN + 2)).look(START_SLOT + 900) == []
    assert Watch(Roster(("alpha",))).tell(slots_of(TURN, OWN)).look(START_SLOT + 900) == []
    late = Watch().tell([*slots_of(OWN)[3:], *slots_of(TURN + 2)])
    assert late.look(START_SLOT + 900) == []
    exact = Watch().tell(slots_of(OWN, TURN + 2))
    assert [record.produced for record in exact.look(START_SLOT + 900)] == [12]


# --- what became of it ----------------------------------------------------------------------------


def test_full_short_and_missed_turns_are_told_apart() -> None:
    """By their blocks on the chain; a lost block is none of the missed."""
    watch = Watch().tell([*slots_of(TURN, OWN), *slots_of(TURN + 2, TURN + 3, TURN + 4)])
    watch.tell(slots_of(OWN + 4)[:7]).tell(slots_of(TURN + 6, TURN + 10))
    watch.log(LoggedBlockKind.PRODUCED, [last_of(OWN + 4)])
    watch.look(last_of(TURN + 10))
    assert [(one.turn, one.produced, one.missed, one.lost) for one in watch.records] == [
        (OWN, 12, 0, 0),
        (OWN + 4, 7, 4, 1),
        (OWN + 8, 0, 12, 0),
    ]
    figures = watch.tally.on_day(DAY)
    assert (figures.turns, figures.full, figures.short, figures.missed) == (3, 1, 1, 1)
    blocks = (figures.produced_blocks, figures.missed_blocks, figures.lost_blocks)
    assert (*blocks, figures.unknown_blocks) == (19, 16, 1, 0)


def test_the_maker_is_that_of_the_newest_block_with_a_proof() -> None:
    """And the latest block says how late."""
    watch = Watch().tell(slots_of(TURN, OWN, *range(TURN + 2, TURN + 12)))
    watch.log(LoggedBlockKind.RECEIVED, slots_of(OWN)[:3], 40)
    watch.log(LoggedBlockKind.PRODUCED, slots_of(OWN)[3:], -90)
    watch.log(LoggedBlockKind.RECEIVED, slots_of(OWN + 4)[:6], 70)
    watch.look(last_of(TURN + 11))
    told = [(one.maker, one.latest_ms) for one in watch.records]
    assert told == [(Maker.HERE, 40), (Maker.ELSEWHERE, 70), (Maker.UNKNOWN, None)]
    figures = watch.tally.on_day(DAY)
    assert (figures.made_here, figures.made_elsewhere, figures.full) == (1, 1, 3)


def test_a_turn_with_a_gap_in_it_is_unknown_and_not_missed() -> None:
    """Its blocks that are known still count."""
    watch = Watch().tell([*slots_of(TURN), *slots_of(OWN)[:2]])
    watch.look(START_SLOT + 20)
    watch.tell([slots_of(OWN)[9]], gap=True).tell(slots_of(TURN + 2))
    watch.look(last_of(TURN + 2))
    figures = watch.tally.on_day(DAY)
    assert (figures.turns, figures.unknown, figures.short, figures.missed) == (1, 1, 0, 0)
    blocks = (figures.produced_blocks, figures.missed_blocks, figures.unknown_blocks)
    assert blocks == (1, 2, 9)


def test_a_running_site_counts_its_turns() -> None:
    """The holder makes them here; a standby sees them made elsewhere."""
    plights = ((settled_holder(), Maker.HERE), (settled_standby(), Maker.ELSEWHERE))
    for site, maker in plights:
        tally = DayTally()
        records: list[OwnTurnClosed] = []
        for _ in range(240):
            site.tick()
            tally, closed = fold_tally(tally, site.memory.node, site.now, 0)
            records += closed
        numbers = [record.turn for record in records]
        assert numbers == list(range(numbers[0], numbers[0] + 4 * len(numbers), 4))
        count = len(records)
        assert count > 8
        figures = tally.since_notice
        assert (figures.turns, figures.full) == (count, count)
        # The first one was made before its log was followed.
        assert [record.maker for record in records] == [Maker.UNKNOWN] + [maker] * (count - 1)
        assert figures.made_here + figures.made_elsewhere == count - 1


# --- the keeper was away --------------------------------------------------------------------------


def test_a_restart_counts_no_turn_twice() -> None:
    """The journal tells how far the old keeper had counted, and what."""
    first = Watch().tell(slots_of(*range(TURN, TURN + 11)))
    first.look(last_of(TURN + 10))
    assert len(first.records) == 3
    second = Watch(events=["other", *first.records, *first.records])
    assert second.tally.on_day(DAY) == first.tally.on_day(DAY)
    second.tell(slots_of(*range(TURN, TURN + 15)))
    assert [record.turn for record in second.look(last_of(TURN + 14))] == [OWN + 12]
    assert second.tally.on_day(DAY).turns == 4


def test_turns_while_no_keeper_ran_are_unknown() -> None:
    """Up to the first block of the new keeper, as one record."""
    first = Watch().tell(slots_of(*range(TURN, TURN + 3)))
    first.look(last_of(TURN + 3))
    second = Watch(events=first.records).tell(slots_of(*range(TURN + 40, TURN + 45)))
    away, seen = second.look(last_of(TURN + 44))
    assert (away.turn, away.turns, away.produced, away.missed) == (OWN + 36, 9, 0, 0)
    assert (away.maker, away.latest_ms) == (Maker.UNKNOWN, None)
    assert (seen.turn, seen.turns, seen.produced) == (OWN + 40, 1, 12)
    figures = second.tally.on_day(DAY)
    assert (figures.turns, figures.full, figures.unknown) == (11, 2, 9)
    assert (figures.missed, figures.missed_blocks, figures.unknown_blocks) == (0, 0, 108)


def test_a_week_away_is_three_records() -> None:
    """One for each day that is kept, and one for all before."""
    week = 7 * 86_400 // 6
    first = Watch().tell(slots_of(*range(TURN, TURN + 3)))
    first.look(last_of(TURN + 3))
    later = TURN + week // 4 * 4
    second = Watch(events=first.records).tell(slots_of(*range(later, later + 4)))
    closed = second.look(last_of(later + 4))
    assert len(closed) == 4
    assert [record.day for record in closed] == [DAY + 5, DAY + 6, DAY + 7, DAY + 7]
    assert second.tally.on_day(DAY + 6).turns == 86_400 // 24
    assert second.tally.on_day(DAY + 6).unknown == 86_400 // 24
    assert second.tally.on_day(DAY) == TurnFigures()
    assert second.tally.since_notice.turns == 1 + week // 4
    assert restore_tally([*first.records, *closed]).days == second.tally.days


# --- days -----------------------------------------------------------------------------------------


def test_a_turn_belongs_to_the_local_day_that_it_began_in() -> None:
    """Though it is closed after midnight, which is where the operator lives."""
    watch = Watch()
    last_second = slot_utc(first_slot_of_turn(OWN)) + 1
    watch.offset_s = int(-last_second % 86_400)
    day = local_day(last_second - 1, watch.offset_s)
    watch.tell(slots_of(*range(TURN, TURN + 7)))
    watch.look(last_of(TURN + 6))
    assert [record.day for record in watch.records] == [day, day + 1]
    assert watch.tally.on_day(day).turns == 1
    assert watch.tally.on_day(day + 1).turns == 1
    assert restore_tally(watch.records).days == watch.tally.days


def test_only_two_days_are_kept() -> None:
    """A clock that ran ahead moves none: turns are dated by the chain."""
    records = [closed(OWN + 4 * back, day=DAY + back) for back in range(4)]
    tally = restore_tally(records)
    assert [day for day, _ in tally.days] == [DAY + 2, DAY + 3]
    assert tally.since_notice.turns == 4


def closed(turn: int, day: int = DAY) -> OwnTurnClosed:
    """A record of a full turn."""
    return OwnTurnClosed(moment_at(START_SLOT), Turn(turn), 12, 0, 0, None, Maker.HERE, day)


def test_figures_since_the_last_notice_begin_anew_with_it() -> None:
    """Also when they are restored."""
    mark = NoticeMark(moment_at(START_SLOT), DAY, 7, 0)
    tally = restore_tally([closed(OWN), closed(OWN + 4), mark, closed(OWN + 8)])
    assert (tally.on_day(DAY).turns, tally.since_notice.turns) == (3, 1)
    assert after_notice(tally).since_notice == TurnFigures()
    assert after_notice(tally).days == tally.days


# --- schedules ------------------------------------------------------------------------------------


def test_a_turn_that_began_under_the_old_schedule_is_judged_by_it() -> None:
    """The new schedule's turns begin where that one is over; none is counted twice."""
    watch = Watch().tell(slots_of(TURN))
    watch.look(START_SLOT + 11)
    watch.tell(slots_of(OWN))
    swapped = Roster(("alpha", "bravo", OURS, "delta"), 2)
    watch.switch(swapped).look(last_of(OWN))
    watch.tell(slots_of(*range(TURN + 2, TURN + 8)))
    watch.look(last_of(TURN + 7))
    assert [(one.turn, one.produced) for one in watch.records] == [
        (OWN, 12),
        (TURN + 2, 12),
        (TURN + 6, 12),
    ]


def test_turns_before_a_change_of_schedule_are_no_turns_of_the_new_one() -> None:
    """Own turns of the new schedule that others' blocks lie in are not ours after the fact."""
    watch = Watch().tell(slots_of(*range(TURN, TURN + 4)))
    watch.look(last_of(TURN + 3))
    watch.switch(Roster(("alpha", "bravo", OURS, "delta"), 2)).look(last_of(TURN + 3) + 1)
    watch.tell(slots_of(*range(TURN + 4, TURN + 8))).look(last_of(TURN + 7))
    assert [one.turn for one in watch.records] == [OWN, TURN + 6]


def test_a_turn_that_is_closed_stays_so_under_the_next_schedule() -> None:
    """Only a neighbour was replaced, whose last block is older than our newest turn."""
    watch = Watch().tell(slots_of(*range(TURN, TURN + 6), TURN + 7))
    assert [one.turn for one in watch.look(last_of(TURN + 7))] == [OWN, OWN + 4]
    watch.switch(Roster(("alpha", OURS, "bravo", "delta"), 1))
    assert watch.look(last_of(TURN + 7) + 1) == []
    watch.tell(slots_of(TURN + 8, OWN + 8, TURN + 10))
    assert [one.turn for one in watch.look(last_of(TURN + 10))] == [OWN + 8]


def test_a_slot_that_another_schedule_ruled_is_unknown() -> None:
    """The schedule was read late: somebody else's block lies in what we took for our turn."""
    watch = Watch().tell(slots_of(TURN))
    watch.look(START_SLOT + 11)
    watch.tell(slots_of(OWN), strange="zulu").tell(slots_of(TURN + 2))
    watch.look(last_of(TURN + 2))
    assert watch.tally.on_day(DAY).unknown == 1
    assert watch.tally.on_day(DAY).unknown_blocks == 12


def test_a_producer_that_is_voted_out_and_in_again_has_no_turns_between() -> None:
    """The turn that it was out for is nobody's loss."""
    watch = Watch().tell(slots_of(*range(TURN, TURN + 3)))
    watch.look(last_of(TURN + 2))
    watch.switch(Roster(("alpha", "bravo", "carol", "delta"))).look(last_of(TURN + 2))
    watch.tell(slots_of(*range(TURN + 3, TURN + 8))).look(last_of(TURN + 7))
    watch.switch(ROSTER).look(last_of(TURN + 7))
    watch.tell(slots_of(TURN + 8, OWN + 8, TURN + 10)).look(last_of(TURN + 10))
    assert [one.turn for one in watch.records] == [OWN, OWN + 8]


# --- any chain ------------------------------------------------------------------------------------

ROUNDS = 7
DEAF_SLOTS = 8
FILLED = st.binary(min_size=ROUNDS * 6, max_size=ROUNDS * 6).map(
    lambda data: [bool(byte >> bit & 1) for byte in data for bit in range(8)]
)
CUTS = st.sets(st.integers(1, ROUNDS * 48 - 1), max_size=4)


@given(FILLED, CUTS, CUTS, st.integers(-43_200, 43_200), st.integers(1, 60))
def test_each_own_turn_is_counted_exactly_once(
    filled: list[bool], gaps: set[int], restarts: set[int], offset_s: int, period: int
) -> None:
    """Whatever is missed, skipped or forgotten: no turn twice, none left out, none invented."""
    made = {START_SLOT, START_SLOT + ROUNDS * 48}
    made |= {START_SLOT + i for i, full in enumerate(filled) if full}
    journal: list[OwnTurnClosed] = []
    watch, untold, deaf_until = Watch(), False, 0
    for i in range(len(filled)):
        if i in restarts:
            watch = Watch(events=journal)
        watch.offset_s = offset_s
        deaf_until = i + DEAF_SLOTS if i in gaps else deaf_until
        if START_SLOT + i in made:
            untold = untold or i < deaf_until
            if i >= deaf_until:
                watch.tell([START_SLOT + i], gap=untold)
                untold = False
        if i % period == 0:
            journal += watch.look(START_SLOT + i)
    watch.tell([START_SLOT + ROUNDS * 48], gap=untold)
    journal += watch.look(START_SLOT + ROUNDS * 48 + 60)
    assert restore_tally(journal).days == watch.tally.days
    assert restore_tally([*journal, *journal]).since_notice == watch.tally.since_notice
    if journal:
        _check_journal(journal, made)


def _check_journal(journal: list[OwnTurnClosed], made: set[int]) -> None:
    expected = journal[0].turn - 4 * (journal[0].turns - 1)
    figures = TurnFigures()
    for record in journal:
        assert record.turn == expected + 4 * (record.turns - 1)
        assert (record.turn - OWN) % 4 == 0
        expected = record.turn + 4
        truly = len(made & set(slots_of(record.turn)))
        assert record.produced <= truly
        if record.turns == 1:
            assert record.missed <= TURN_SLOTS - truly
        figures = figures.plus(record)
    kinds = figures.full + figures.short + figures.missed + figures.unknown
    assert kinds == figures.turns
    blocks = figures.produced_blocks + figures.missed_blocks + figures.lost_blocks
    assert blocks + figures.unknown_blocks == TURN_SLOTS * figures.turns
    assert min(msgspec.structs.astuple(figures)) >= 0
    assert expected == OWN + 4 * ROUNDS


@given(FILLED, st.integers(1, 40))
def test_a_chain_that_was_seen_whole_is_counted_block_by_block(
    filled: list[bool], period: int
) -> None:
    """Every own slot is produced or missed, just as it was."""
    watch = Watch().tell([START_SLOT])  # a block that shows where the chain begins
    for i, full in enumerate(filled[1:], start=1):
        if full:
            watch.tell([START_SLOT + i])
        if i % period == 0:
            watch.look(START_SLOT + i)
    watch.tell([START_SLOT + ROUNDS * 48]).look(START_SLOT + ROUNDS * 48 + 90)
    own = [filled[12 + 48 * i : 24 + 48 * i] for i in range(ROUNDS)]
    assert [record.produced for record in watch.records] == [sum(turn) for turn in own]
    assert [record.missed for record in watch.records] == [12 - sum(turn) for turn in own]


Switch = tuple[int, int, int]


def _apart(switches: list[Switch]) -> list[Switch]:
    """Two turns apart at least: the next schedule is proposed after this one has become active.

    Of two that came within a turn the first would never be read in time, and is not judged.
    """
    kept: list[Switch] = []
    for switch in sorted(switches):
        if not kept or switch[0] - kept[-1][0] >= 2 * TURN_SLOTS:
            kept.append(switch)
    return kept


SWITCHES = st.lists(
    st.tuples(st.integers(1, ROUNDS * 48), st.integers(2, 6), st.integers(-1, 5)), max_size=3
).map(_apart)


@given(SWITCHES, st.integers(0, 5))
def test_each_turn_is_counted_by_the_schedule_that_ruled_it(
    switches: list[tuple[int, int, int]], lag: int
) -> None:
    """The new one is read some slots late; a turn that a change cuts in two may count or not."""
    ruling = {START_SLOT + slot: _roster(count, ours) for slot, count, ours in switches}
    watch, roster, due = Watch(), ROSTER, int(START_SLOT)
    ruled: dict[int, set[bool]] = {}
    for slot in range(START_SLOT, START_SLOT + ROUNDS * 48):
        if slot in ruling:
            roster, due = ruling[slot], slot + lag
        watch.tell([slot], strange=roster.producer_at(slot))
        if slot >= due and watch.node.roster != roster:
            watch.switch(roster)
        ruled.setdefault(slot // TURN_SLOTS, set()).add(roster.producer_at(slot) == OURS)
        watch.look(slot)
    watch.look(START_SLOT + ROUNDS * 48 + 60)
    told = [record.turn for record in watch.records]
    assert told == sorted(set(told))
    assert {turn for turn, ours in ruled.items() if ours == {False}}.isdisjoint(told)
    newest = max(ruled)
    assert {turn for turn, ours in ruled.items() if ours == {True} and turn < newest} <= {*told}


def _roster(count: int, ours: int) -> Roster:
    """A schedule of others, and of us where there is a place for us."""
    place = ours if 0 <= ours < count else None
    names = tuple(OURS if i == place else f"{count}{ours}{i}" for i in range(count))
    return Roster(names, place)


def test_a_cycle_without_a_closed_turn_hands_back_the_same_tally() -> None:
    """Nothing is computed then: the very value comes back."""
    watch = Watch().tell(slots_of(TURN, OWN, TURN + 2))
    watch.look(last_of(TURN + 2))
    before = watch.tally
    watch.look(last_of(TURN + 2) + 1)
    assert watch.tally is before


def test_records_have_a_stable_json_form() -> None:
    """They are journalled."""
    for record in (closed(OWN), NoticeMark(moment_at(START_SLOT), DAY, 7, 3600)):
        text = msgspec.json.encode(record)
        assert msgspec.json.decode(text, type=OwnTurnClosed | NoticeMark) == record


def test_an_empty_logbook_loses_nothing() -> None:
    """Without a log no block is lost and no maker known."""
    watch = Watch().tell([*slots_of(TURN), *slots_of(OWN)[:11], *slots_of(TURN + 2)])
    assert watch.node.logbook == Logbook()
    assert watch.node.chain != Chain()
    (record,) = watch.look(last_of(TURN + 2))
    assert (record.lost, record.missed, record.maker) == (0, 1, Maker.UNKNOWN)
