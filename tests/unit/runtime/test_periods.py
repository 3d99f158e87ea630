"""Periods neither drift nor pile up, and say when they are late."""

from __future__ import annotations

import asyncio

import pytest

from eoskeeper.runtime.periods import Tick, every
from tests.unit.runtime import virtual_time


async def ticks(period_s: float, busy_s: list[float]) -> list[tuple[float, Tick]]:
    """One tick for each entry, after which the caller is busy for that many seconds."""
    seen: list[tuple[float, Tick]] = []
    loop = asyncio.get_running_loop()
    async for tick in every(period_s):
        seen.append((loop.time(), tick))
        await asyncio.sleep(busy_s[len(seen) - 1])
        if len(seen) == len(busy_s):
            break
    return seen


def test_ticks_at_once_and_then_once_a_period() -> None:
    """The time that the work takes does not add up to a drift."""
    seen = virtual_time.run(ticks(1.0, [0.3, 0.9, 0.0, 0.5]))

    assert [at for at, _ in seen] == pytest.approx([0, 1, 2, 3])
    assert [tick.number for _, tick in seen] == [0, 1, 2, 3]
    assert all(tick.late_s == pytest.approx(0) and not tick.skipped for _, tick in seen)


def test_a_late_tick_says_by_how_much_and_the_next_is_in_time() -> None:
    """Work of 1.4 periods makes the next tick 0.4 late, the one after that is due as ever."""
    seen = virtual_time.run(ticks(1.0, [1.4, 0.0, 0.0]))

    assert [at for at, _ in seen] == pytest.approx([0, 1.4, 2])
    assert [tick.late_s for _, tick in seen] == pytest.approx([0, 0.4, 0])


def test_missed_periods_are_skipped_and_counted_not_made_up_for() -> None:
    """After 5.5 periods one tick comes, not five."""
    seen = virtual_time.run(ticks(1.0, [5.5, 0.0, 0.0]))

    assert [at for at, _ in seen] == pytest.approx([0, 5.5, 6])
    assert [tick.skipped for _, tick in seen] == [0, 4, 0]
    assert [tick.late_s for _, tick in seen] == pytest.approx([0, 0.5, 0])
    assert [tick.number for _, tick in seen] == [0, 5, 6]


def test_a_million_seconds_later_there_is_no_drift() -> None:
    """A period that binary fractions cannot hold stays on its grid."""

    async def last_tick() -> tuple[float, Tick]:
        async for tick in every(0.1):
            if tick.number == 0:
                virtual_time.spend(1_000_000.05)
            elif tick.number > 10_000_005:
                return asyncio.get_running_loop().time(), tick
        raise AssertionError

    at, tick = virtual_time.run(last_tick())
    assert at == pytest.approx(tick.number * 0.1, abs=1e-6)


def test_a_period_shorter_than_its_work_lets_other_tasks_run() -> None:
    """Even when every tick is late the loop turns in between."""

    async def main() -> int:
        turns = 0

        async def count_turns() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as group:
            counting = group.create_task(count_turns())
            async for tick in every(0.1):
                virtual_time.spend(0.25)
                if tick.number > 20:
                    break
            counting.cancel()
        return turns

    assert virtual_time.run(main()) >= 8
