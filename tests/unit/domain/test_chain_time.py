"""Slots, turns and rounds are arithmetic on integers, and agree with nodeos."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoskeeper.domain.chain_time import (
    TURN_SLOTS,
    first_slot_of_turn,
    format_utc,
    last_slot_of_turn,
    parse_block_time,
    slot_at,
    slot_utc,
    turn_of,
)
from eoskeeper.domain.production import Roster

SLOTS = st.integers(min_value=0, max_value=2**32 - 1)


@pytest.mark.parametrize(
    ("text", "slot", "index"),
    [
        ("2025-07-06T08:00:06.000", 1_610_208_012, 7),
        ("2018-06-10T14:32:06.000", 1_163_912_652, 0),
        ("2018-06-10T14:32:06", 1_163_912_652, 0),
        ("2018-06-10T14:32:06.000Z", 1_163_912_652, 0),
        ("2000-01-01T00:00:00.000", 0, 0),
        ("2000-01-01T00:00:00.500", 1, 0),
        ("1999-12-31T23:59:59.500", -1, 20),
    ],
)
def test_a_block_time_is_a_slot_with_a_place_in_the_round(text: str, slot: int, index: int) -> None:
    """Check values of a chain with 21 producers; 1.0.0 to 1.0.3 print whole seconds."""
    assert parse_block_time(text) == slot
    assert turn_of(slot) % 21 == index
    accounts = tuple(f"producer{number}" for number in range(21))
    assert Roster(accounts).producer_at(slot) == f"producer{index}"


def test_the_check_values_begin_a_turn() -> None:
    """Position 0 of the twelve."""
    for slot in (1_610_208_012, 1_163_912_652):
        assert first_slot_of_turn(turn_of(slot)) == slot


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2025-07-06T08:00:06.250",
        "2025-07-06T08:00:06.499",
        "2025-07-06T08:00:06.000+00:00",
        "2025-07-06T08:00:06.000+02:00",
        "2025-07-06T08:00:06.000ZZ",
        "2025-13-06T08:00:06.000",
        "2025-07-06T08:00:60.000",
    ],
)
def test_what_is_no_block_time_is_refused(text: str) -> None:
    """Nothing is guessed: a zone, another grid and rubbish are errors."""
    with pytest.raises(ValueError, match=r"."):
        parse_block_time(text)


@given(SLOTS)
def test_a_slot_survives_its_own_time_stamp(slot: int) -> None:
    """As seconds, and as the text for people, which nodeos prints without its Z."""
    assert slot_at(slot_utc(slot)) == slot
    assert parse_block_time(format_utc(slot_utc(slot))) == slot
    assert parse_block_time(format_utc(slot_utc(slot)).removesuffix("Z")) == slot


@given(SLOTS, st.integers(min_value=0, max_value=499))
def test_a_slot_lasts_until_the_time_stamp_of_the_next(slot: int, after_ms: int) -> None:
    """The latest time stamp that is not after the moment."""
    assert slot_at(slot_utc(slot) + after_ms / 1000) == slot


@given(SLOTS)
def test_a_turn_holds_twelve_slots(slot: int) -> None:
    """And the next begins right behind it."""
    turn = turn_of(slot)
    first, last = first_slot_of_turn(turn), last_slot_of_turn(turn)
    assert first <= slot <= last
    assert last - first == TURN_SLOTS - 1
    assert first_slot_of_turn(turn + 1) == last + 1


def test_a_time_for_people_has_milliseconds_and_a_zone() -> None:
    """The journal and the pages print it so."""
    assert format_utc(1_751_788_810.5) == "2025-07-06T08:00:10.500Z"
