"""The queue of samples is bounded, keeps the order, and never loses an outcome or an order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.samples import (
    ActionOutcome,
    CommandKind,
    LogFollowed,
    OperatorCommand,
    OutcomeResult,
    PausedRead,
    RestartPaused,
    Sample,
)
from eoskeeper.runtime.sample_queue import Drained, SampleQueue
from tests.unit.runtime import virtual_time

Make = Callable[[int], Sample]

NOW = Moment(MonoS(1.0), UtcS(2.0))


def reading(number: int) -> Sample:
    """A reading that can be told from others."""
    return LogFollowed(NOW, at_end=True, lines=number, skipped_bytes=0, latest_logged_utc=None)


def outcome(number: int) -> Sample:
    """An outcome that can be told from others."""
    return ActionOutcome(NOW, number, OutcomeResult.PROVEN, "")


def command(number: int) -> Sample:
    """An order of the operator."""
    return OperatorCommand(NOW, str(number), CommandKind.PAUSE, "me")


def restart_paused(number: int) -> Sample:
    """What the restart watch has to tell."""
    return RestartPaused(NOW, NOW, OutcomeResult.PROVEN, number, "")


def test_gives_back_everything_in_the_order_of_arrival() -> None:
    """Both lanes together; then it is empty."""
    samples = (reading(1), outcome(1), reading(2), command(2), reading(3))
    queue = SampleQueue(3)
    for sample in samples:
        queue.put(sample)

    assert len(queue) == 5
    assert queue.drain() == Drained(samples, dropped=0)
    assert queue.drain() == Drained((), dropped=0)


def test_the_oldest_readings_give_way_and_are_counted() -> None:
    """The count is told once with the next drain, and goes on as a counter."""
    queue = SampleQueue(2)
    for number in range(5):
        queue.put(reading(number))

    assert queue.drain() == Drained((reading(3), reading(4)), dropped=3)
    queue.put(PausedRead(NOW, NOW, paused=True))
    assert queue.drain().dropped == 0
    assert queue.dropped_ever == 3


@pytest.mark.parametrize("make", [outcome, command, restart_paused])
def test_what_cannot_be_asked_again_is_never_dropped(
    make: Make,
) -> None:
    """A flood of readings, and a flood of its own kind, leave every one of them."""
    queue = SampleQueue(1)
    for number in range(100):
        queue.put(make(number))
        queue.put(reading(number))

    drained = queue.drain()
    kept = [sample for sample in drained.samples if sample != reading(99)]
    assert kept == [make(number) for number in range(100)]
    assert drained.dropped == 99


@given(st.lists(st.sampled_from([reading, outcome, command]), max_size=60), st.integers(1, 9))
def test_holds_no_more_readings_than_it_was_told(makes: list[Make], maxsize: int) -> None:
    """What is left is a subsequence of what came; dropped and held make up the whole."""
    queue = SampleQueue(maxsize)
    sent = [make(number) for number, make in enumerate(makes)]
    for sample in sent:
        queue.put(sample)
    drained = queue.drain()

    rest = iter(sent)
    assert all(sample in rest for sample in drained.samples)
    assert sum(isinstance(sample, LogFollowed) for sample in drained.samples) <= maxsize
    assert len(drained.samples) + drained.dropped == len(sent)


def test_wakes_whoever_waits_for_a_sample() -> None:
    """At once when there is one already, else when the first comes."""

    async def main() -> float:
        loop = asyncio.get_running_loop()
        queue = SampleQueue(4)
        loop.call_later(3.0, queue.put, outcome(1))
        await queue.wait()
        await queue.wait()
        woken = loop.time()
        queue.drain()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await queue.wait()
        return woken

    assert virtual_time.run(main()) == pytest.approx(3.0)
