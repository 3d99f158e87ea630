"""When our own turn is near, to the tenth of a second."""

from __future__ import annotations

import pytest

from eoskeeper.domain.chain_time import TURN_SLOTS, Moment, MonoS, UtcS, slot_utc
from eoskeeper.domain.own_turn import near_own_turn, own_turn_left_s
from eoskeeper.domain.production import Roster

ROSTER = Roster(("alice", "bob", "carol"), 1)
FIRST = 3 * 4_000_000 * TURN_SLOTS + TURN_SLOTS
"""First slot of a turn of bob's."""


def at(offset_s: float) -> Moment:
    """So many seconds after the time of the first slot."""
    return Moment(MonoS(0.0), UtcS(slot_utc(FIRST) + offset_s))


@pytest.mark.parametrize(
    ("offset_s", "left_s"),
    [
        (-12.2, 0.0),
        (-2.1, 0.0),
        (-2.0, 7.7),
        (-1.9, 7.6),
        (0.0, 5.7),
        (5.5, 0.2),
        (5.6, 0.1),
        (5.8, 0.0),
        (15.9, 0.0),
        (16.1, 7.6),
    ],
)
def test_it_is_near_from_two_seconds_before_to_a_fifth_after(
    offset_s: float, left_s: float
) -> None:
    """2.0 s before the time of the first slot, 0.2 s after that of the last, round by round."""
    assert own_turn_left_s(ROSTER, at(offset_s)) == pytest.approx(left_s, abs=1e-6)
    assert near_own_turn(ROSTER, at(offset_s)) is (left_s > 0)


@pytest.mark.parametrize("roster", [Roster(), Roster(("alice", "bob"), None)])
def test_it_is_never_near_without_a_place_in_a_known_schedule(roster: Roster) -> None:
    """Nothing is known, or our producer is not in it."""
    assert not any(near_own_turn(roster, at(second)) for second in range(30))


def test_it_is_always_near_where_we_are_the_only_producer() -> None:
    """One own turn follows the other."""
    assert all(near_own_turn(Roster(("bob",), 0), at(tenth / 10)) for tenth in range(80))
