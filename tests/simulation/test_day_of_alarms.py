"""A day on which nothing happens: nobody is called, and the notice comes at its hours."""

from __future__ import annotations

import pytest

from eoskeeper.domain.alerting.alarms import NotificationKind
from eoskeeper.domain.tally import TurnFigures
from eoskeeper.simulation.scenes import settled
from tests.simulation.onlookers import onlookers_of

NOTICES = 3
"""At 7, 13 and 19 h."""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_healthy_day_brings_no_alarm_and_three_notices() -> None:
    """86,400 s at 1 Hz on three hosts, every rule with its default limits."""
    world = settled()
    onlookers = onlookers_of(world)
    world.run_s(86_400)
    for host, onlooker in onlookers.items():
        assert onlooker.fired == [], host
        kinds = [one.kind for one in onlooker.told]
        assert kinds == [NotificationKind.NOTICE] * NOTICES, host
        turns = onlooker.own_turns.turns
        assert 3600 <= turns <= 3605, "the day, and the window that keepers begin with"
        assert onlooker.own_turns == TurnFigures(
            turns=turns,
            full=turns,
            made_here=turns if host == "a" else 0,
            made_elsewhere=0 if host == "a" else turns,
            produced_blocks=12 * turns,
        )
