"""Rounds are accounted for from what was seen; the schedule is derived where it is not given."""

from __future__ import annotations

from collections.abc import Iterable

from eoskeeper.domain.chain_time import TURN_SLOTS, slot_utc
from eoskeeper.domain.production import SlotOutcome
from eoskeeper.domain.rounds import NOBODY, RoundsTally, account_rounds, derive_eras
from eoskeeper.domain.rounds_fold import ALL_SLOTS, TurnSeen

FIRST = 21_000


def full(turn: int, producer: str) -> TurnSeen:
    """A turn with all its blocks."""
    return TurnSeen(turn, producer, ALL_SLOTS, ALL_SLOTS, 0, turn % 7)


def empty(turn: int) -> TurnSeen:
    """A turn known to have no block."""
    return TurnSeen(turn, "", 0, ALL_SLOTS)


def turns(names: str, begin: int, end: int, without: Iterable[int] = ()) -> list[TurnSeen]:
    """Turns of one-letter producers in slot order; those left out have no block."""
    return [
        empty(turn) if turn in without else full(turn, names[turn % len(names)])
        for turn in range(begin, end)
    ]


def test_the_schedule_is_derived_from_the_repetition() -> None:
    """Wherever the log begins in the round."""
    for begin in range(FIRST, FIRST + 5):
        (era,) = derive_eras(turns("abcde", begin, begin + 17))
        assert era.producers == tuple("abcde")
        assert era.begin == begin


def test_missed_turns_do_not_hide_the_length_of_the_round() -> None:
    """Here two of three come every other round only."""
    without = {turn for turn in range(FIRST, FIRST + 60) if turn % 3 == turn // 3 % 2}
    (era,) = derive_eras(turns("abc", FIRST, FIRST + 60, without))
    assert era.producers == tuple("abc")


def test_a_change_of_schedule_begins_an_era() -> None:
    """Longer, shorter, or the same length with another producer."""
    for after in ("abcdef", "abd", "abcx"):
        seen = turns("abcd", FIRST, FIRST + 40) + turns(after, FIRST + 40, FIRST + 80)
        eras = derive_eras(seen)
        assert [era.producers for era in eras] == [tuple("abcd"), tuple(after)]
        # Until the first turn that the old schedule does not explain it may have been the old one.
        assert FIRST + 40 <= eras[1].begin < FIRST + 44


def test_a_turn_of_two_producers_is_no_evidence_for_a_schedule() -> None:
    """The schedule changed within it; both keep their blocks, the rest of it is unknown."""
    low, high = 0b11111, ALL_SLOTS & ~0b11111
    mixed = [TurnSeen(FIRST + 8, "a", low, low), TurnSeen(FIRST + 8, "z", high, high)]
    seen = turns("abcd", FIRST, FIRST + 8) + mixed + turns("xyz", FIRST + 9, FIRST + 30)
    assert [era.producers for era in derive_eras(seen)] == [tuple("abcd"), tuple("xyz")]
    assert len(derive_eras(list(reversed(mixed)) + turns("abcd", FIRST + 9, FIRST + 30))) == 1
    (tally,) = account_rounds(seen, producer="z").tallies
    assert (tally.turns, tally.unknown, tally.blocks_missed) == (8, 1, 0)
    assert tally.blocks_made == 7 + 7 * TURN_SLOTS


def test_a_place_of_which_nobody_was_seen_is_told_as_such() -> None:
    """A log cannot tell who should have produced."""
    seen = turns("abcd", FIRST, FIRST + 40, without=range(FIRST + 3, FIRST + 40, 4))
    account = account_rounds(seen)
    assert account.eras[0].producers == ("a", "b", "c", NOBODY)
    assert account.tallies[0] == RoundsTally(producer=NOBODY, turns=9, missed=9, blocks_missed=108)


def test_a_given_schedule_names_those_who_never_produced() -> None:
    """The last turn lies behind the newest block: it is not told."""
    seen = turns("abcd", FIRST, FIRST + 40, without=range(FIRST + 3, FIRST + 40, 4))
    account = account_rounds(seen, given=tuple("abcd"), producer="d")
    assert account.tallies == (RoundsTally(producer="d", turns=9, missed=9, blocks_missed=108),)
    assert account.eras[0].given


def test_a_given_schedule_that_is_contradicted_is_not_used() -> None:
    """Of another time, or another chain."""
    for given in ("abdc", "abcde", "abc"):
        (era,) = derive_eras(turns("abcd", FIRST, FIRST + 40), tuple(given))
        assert era.producers == tuple("abcd")
        assert not era.given


def test_a_given_schedule_serves_where_the_log_is_shorter_than_a_round() -> None:
    """Then it cannot be derived."""
    seen = turns("abcd", FIRST, FIRST + 3, without=[FIRST + 1])
    assert derive_eras(seen)[0].producers == ()
    tallies = account_rounds(seen, given=tuple("abcd")).tallies
    assert [(one.producer, one.missed) for one in tallies] == [("a", 0), ("b", 1), ("c", 0)]


def test_what_was_not_seen_is_unknown() -> None:
    """A hole of eight turns: nobody missed anything in it."""
    seen = turns("abcd", FIRST, FIRST + 12) + turns("abcd", FIRST + 20, FIRST + 32)
    for tally in account_rounds(seen).tallies:
        assert (tally.turns, tally.full, tally.unknown, tally.missed) == (8, 6, 2, 0)
        assert tally.blocks_missed == 0


def test_a_turn_is_full_short_missed_or_unknown() -> None:
    """And each slot produced, missed, lost, unknown, or behind the newest block."""
    seen = turns("ab", FIRST, FIRST + 4)
    seen[2:] = [
        TurnSeen(FIRST + 2, "a", 0b111, ALL_SLOTS, 0b1000, 40),
        full(FIRST + 3, "b"),
        empty(FIRST + 4),
        full(FIRST + 5, "b"),
        TurnSeen(FIRST + 6, "a", 0b10, 0b10),
    ]
    account = account_rounds(seen, producer="a")
    assert account.tallies == (
        RoundsTally(
            producer="a",
            turns=4,
            full=1,
            short=1,
            missed=1,
            unknown=1,
            blocks_made=16,
            blocks_missed=20,
            blocks_lost=1,
            latest_ms=40,
        ),
    )
    made, missed, lost = SlotOutcome.PRODUCED, SlotOutcome.MISSED, SlotOutcome.LOST
    assert account.turns[1].slots == (made, made, made, lost, *(missed,) * 8)
    last = (SlotOutcome.UNKNOWN, made, *(SlotOutcome.PENDING,) * 10)
    assert account.turns[3].slots == last
    assert account.end_utc == slot_utc((FIRST + 6) * TURN_SLOTS + 1)


def test_turns_before_a_time_are_left_out() -> None:
    """A turn counts when it begins at that time or later."""
    seen = turns("ab", FIRST, FIRST + 10)
    account = account_rounds(seen, producer="a", since_slot=(FIRST + 4) * TURN_SLOTS)
    assert [one.turn for one in account.turns] == [FIRST + 4, FIRST + 6, FIRST + 8]
    assert account.tallies[0].turns == 3


def test_nothing_seen_is_nothing_told() -> None:
    """No block at all."""
    account = account_rounds([])
    assert account.begin_utc is account.end_utc is None
    assert account.tallies == ()
