"""The performer leaves a node alone that our own turn gate has stopped."""

from __future__ import annotations

import asyncio

import pytest

from eoskeeper.app.performer import Performer
from eoskeeper.domain.actions import Terminate
from eoskeeper.domain.chain_time import UtcS
from eoskeeper.domain.samples import ActionOutcome, OutcomeResult
from eoskeeper.effects.production import ProductionSettings
from tests.fakes.loop_clock import clock_from
from tests.fakes.standin_nodeos import standin


@pytest.mark.parametrize(
    ("is_held", "result"), [(True, OutcomeResult.CANCELLED), (False, OutcomeResult.NEVER_SENT)]
)
def test_a_process_held_by_the_turn_gate_is_not_terminated(
    *, is_held: bool, result: OutcomeResult
) -> None:
    """It looks frozen, but will go on: the action is cancelled before anything is sent."""

    async def run() -> None:
        told: asyncio.Queue[ActionOutcome] = asyncio.Queue()
        performer = Performer(
            ProductionSettings(), clock_from(), told.put_nowait, lambda _: is_held
        )
        running = asyncio.get_running_loop().create_task(performer.run())
        with standin() as nodeos:
            # Not its creation time: even let through, it is not hit.
            performer.perform(Terminate(1, nodeos.pid, UtcS(0.0), "frozen"))
            outcome = await told.get()
            assert nodeos.poll() is None
        running.cancel()
        assert outcome.result is result
        assert ("turn gate" in outcome.detail) is is_held

    asyncio.run(run())
