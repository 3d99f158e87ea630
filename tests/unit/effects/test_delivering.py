"""The deliverer tries, waits, goes on to the fallback, and always comes to an end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoskeeper.domain.chain_time import UtcS
from eoskeeper.domain.findings import Severity
from eoskeeper.domain.host_samples import DeliveryOutcome, DeliveryResult
from eoskeeper.effects.alert_channels.channel import Attempt, ChannelSettings, Message
from eoskeeper.effects.alert_channels.delivering import (
    CHANNEL_LIMIT_S,
    GRACE_S,
    TURN_LIMIT_S,
    Deliverer,
)
from tests.fakes.loop_clock import clock_from
from tests.unit.runtime import virtual_time

PROVEN = Attempt(DeliveryResult.PROVEN, "taken")
REFUSED = Attempt(DeliveryResult.REFUSED, "wrong key")
ILL = Attempt(DeliveryResult.UNAVAILABLE, "ill")
TIMED_OUT = Attempt(DeliveryResult.TIMED_OUT, "no answer")

MESSAGE = Message(
    title="t", lines=(), severity=Severity.CRITICAL, resolved=False, host="h", at_utc=UtcS(0.0)
)

Step = Attempt | BaseException | float
"""What a send does: answers, raises, or takes so many seconds before it is proven."""


class FakeChannel:
    """Does one step for each send, the last one for ever."""

    def __init__(self, *steps: Step, takes_s: float = 0.0) -> None:
        self.steps = steps
        self.takes_s = takes_s
        self.begun_s: list[float] = []
        self.inside = 0
        self.most_inside = 0
        self.closed = False

    async def send(self, message: Message) -> Attempt:
        """See ``Channel``."""
        assert message is MESSAGE
        step = self.steps[min(len(self.begun_s), len(self.steps) - 1)]
        self.begun_s.append(asyncio.get_running_loop().time())
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            await asyncio.sleep(step if isinstance(step, float) else self.takes_s)
        finally:
            self.inside -= 1
        if isinstance(step, BaseException):
            raise step
        return PROVEN if isinstance(step, float) else step

    async def close(self) -> None:
        """See ``Channel``."""
        self.closed = True
        if isinstance(self.steps[0], BaseException):
            raise self.steps[0]


class Bed:
    """A deliverer in virtual time, with no jitter unless told."""

    def __init__(
        self,
        channels: Mapping[str, tuple[FakeChannel, ChannelSettings]],
        jitter: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self.deliverer = Deliverer(channels, clock_from(), asyncio.sleep, jitter)

    async def deliver(self, name: str = "a", notification_id: int = 7) -> list[DeliveryOutcome]:
        """One message."""
        return await self.deliverer.deliver(notification_id, name, MESSAGE)


def brief(outcomes: Sequence[DeliveryOutcome]) -> list[tuple[str, DeliveryResult, int, str]]:
    """What of an outcome differs."""
    return [(one.channel, one.result, one.attempts, one.detail) for one in outcomes]


def timed(
    channels: Mapping[str, tuple[FakeChannel, ChannelSettings]],
    jitter: Callable[[], float] = lambda: 1.0,
) -> tuple[list[tuple[str, DeliveryResult, int, str]], float]:
    """Outcomes of one message to ``a``, and how long they took."""

    async def main() -> tuple[list[tuple[str, DeliveryResult, int, str]], float]:
        outcomes = await Bed(channels, jitter).deliver()
        return brief(outcomes), asyncio.get_running_loop().time()

    return virtual_time.run(main())


def alone(channel: FakeChannel, **fields: object) -> dict[str, tuple[FakeChannel, ChannelSettings]]:
    """One channel, ``a``."""
    return {"a": (channel, ChannelSettings(**fields))}  # type: ignore[arg-type]  # a test's own


def each(count: int, bed: Bed, name: str = "a") -> Coroutine[object, object, list[DeliveryOutcome]]:
    """That many messages at once; their outcomes by their end."""

    async def main() -> list[DeliveryOutcome]:
        ended: list[DeliveryOutcome] = []

        async def one(at: int) -> None:
            ended.extend(await bed.deliver(name, at))

        async with asyncio.TaskGroup() as tasks:
            for at in range(count):
                tasks.create_task(one(at))
        return ended

    return main()


def test_a_proven_message_is_sent_once() -> None:
    """And its outcome tells of which notification it is."""

    async def main() -> list[DeliveryOutcome]:
        return await Bed(alone(FakeChannel(PROVEN))).deliver(notification_id=41)

    [outcome] = virtual_time.run(main())
    assert (outcome.notification_id, outcome.channel, outcome.attempts) == (41, "a", 1)
    assert (outcome.result, outcome.detail) == (DeliveryResult.PROVEN, "taken")


def test_pauses_double_until_the_attempts_are_used_up() -> None:
    """The outcome is the last attempt's."""
    channel = FakeChannel(ILL, TIMED_OUT, ILL, TIMED_OUT)
    outcomes, _ = timed(alone(channel, attempts=4))
    assert outcomes == [("a", DeliveryResult.TIMED_OUT, 4, "no answer")]
    assert channel.begun_s == pytest.approx([0, 1, 3, 7])


def test_jitter_takes_up_to_half_of_a_pause() -> None:
    """Hosts that saw the same must not knock at the same moment."""
    channel = FakeChannel(ILL)
    timed(alone(channel, attempts=3), jitter=lambda: 0.0)
    assert channel.begun_s == pytest.approx([0, 0.5, 1.5])


def test_a_second_attempt_that_is_proven_ends_it() -> None:
    """Nobody is told twice."""
    outcomes, took_s = timed(alone(FakeChannel(ILL, PROVEN)))
    assert outcomes == [("a", DeliveryResult.PROVEN, 2, "taken")]
    assert took_s == pytest.approx(1)


def test_a_refusal_is_not_retried_and_the_fallback_gets_the_message() -> None:
    """A wrong key stays wrong."""
    first, second = FakeChannel(REFUSED), FakeChannel(PROVEN)
    outcomes, took_s = timed(
        {"a": (first, ChannelSettings(fallback="b")), "b": (second, ChannelSettings())}
    )
    assert outcomes == [
        ("a", DeliveryResult.REFUSED, 1, "wrong key"),
        ("b", DeliveryResult.PROVEN, 1, "taken"),
    ]
    assert took_s == pytest.approx(0)


def test_fallbacks_in_a_circle_are_tried_once_each() -> None:
    """The end is that nobody has it, and every channel has said why."""
    channels = {
        name: (FakeChannel(REFUSED), ChannelSettings(fallback=fallback))
        for name, fallback in (("a", "b"), ("b", "c"), ("c", "a"))
    }
    outcomes, _ = timed(channels)
    assert [outcome[0] for outcome in outcomes] == ["a", "b", "c"]


def test_a_channel_that_is_not_configured_is_an_outcome() -> None:
    """Of the message's own channel or of a fallback."""
    outcomes, _ = timed(alone(FakeChannel(REFUSED), fallback="gone"))
    assert outcomes[1] == (
        "gone",
        DeliveryResult.REFUSED,
        0,
        "no channel of this name is configured",
    )


def test_an_exception_is_told_by_its_type_and_retried() -> None:
    """What it says may hold a secret."""
    channel = FakeChannel(ValueError("token=hush"), PROVEN)
    outcomes, _ = timed(alone(channel))
    assert outcomes == [("a", DeliveryResult.PROVEN, 2, "taken")]

    outcomes, _ = timed(alone(FakeChannel(ValueError("token=hush"))))
    assert outcomes == [("a", DeliveryResult.UNAVAILABLE, 3, "channel failed: ValueError")]


def test_a_send_that_forgets_its_own_time_limit_is_given_up() -> None:
    """A bug of one channel must not hold the fallback back."""
    second = FakeChannel(PROVEN)
    outcomes, took_s = timed(
        {
            "a": (FakeChannel(9999.0), ChannelSettings(timeout_s=5, attempts=1, fallback="b")),
            "b": (second, ChannelSettings()),
        }
    )
    assert [outcome[1] for outcome in outcomes] == [DeliveryResult.TIMED_OUT, DeliveryResult.PROVEN]
    assert took_s == pytest.approx(5 + GRACE_S)


def test_a_wait_that_the_service_asks_for_is_respected() -> None:
    """It is longer than the pause would have been."""
    channel = FakeChannel(Attempt(DeliveryResult.THROTTLED, "slow down", 30.0), PROVEN)
    outcomes, _ = timed(alone(channel))
    assert outcomes == [("a", DeliveryResult.PROVEN, 2, "taken")]
    assert channel.begun_s == pytest.approx([0, 30])


def test_a_service_that_asks_for_more_than_a_minute_loses_the_message_to_the_fallback() -> None:
    """An alarm is worth most while it is fresh."""
    first = FakeChannel(Attempt(DeliveryResult.THROTTLED, "tomorrow", 3600.0))
    outcomes, took_s = timed(
        {
            "a": (first, ChannelSettings(fallback="b")),
            "b": (FakeChannel(PROVEN), ChannelSettings()),
        }
    )
    assert [outcome[:3] for outcome in outcomes] == [
        ("a", DeliveryResult.THROTTLED, 1),
        ("b", DeliveryResult.PROVEN, 1),
    ]
    assert took_s == pytest.approx(0)


def test_a_service_that_asked_to_wait_is_left_alone_by_other_messages_too() -> None:
    """Otherwise each of them would make it angrier."""
    channel = FakeChannel(Attempt(DeliveryResult.THROTTLED, "slow down", 20.0), PROVEN)
    bed = Bed(alone(channel))
    outcomes = virtual_time.run(each(3, bed))
    assert channel.begun_s == pytest.approx([0, 20, 20, 20])
    assert {outcome.result for outcome in outcomes} == {DeliveryResult.PROVEN}


@pytest.mark.parametrize("asked_s", [float("nan"), -5.0, 0.0])
def test_a_wait_without_sense_is_no_wait(asked_s: float) -> None:
    """What a service says is not trusted."""
    channel = FakeChannel(Attempt(DeliveryResult.THROTTLED, "", asked_s), PROVEN)
    timed(alone(channel))
    assert channel.begun_s == pytest.approx([0, 1])


def test_no_window_of_a_minute_holds_more_sends_than_the_service_allows() -> None:
    """Others wait their turn, in their order."""
    channel = FakeChannel(PROVEN)
    outcomes = virtual_time.run(each(5, Bed(alone(channel, per_minute=3))))
    assert channel.begun_s == pytest.approx([0, 0, 0, 60, 60])
    assert [outcome.notification_id for outcome in outcomes] == [0, 1, 2, 3, 4]


def test_a_turn_that_does_not_come_in_time_is_throttled_without_an_attempt() -> None:
    """And the fallback gets the message."""
    channel, second = FakeChannel(PROVEN, takes_s=4.0), FakeChannel(PROVEN)
    bed = Bed(
        {
            "a": (channel, ChannelSettings(per_minute=1, fallback="b")),
            "b": (second, ChannelSettings()),
        }
    )
    outcomes = virtual_time.run(each(3, bed))
    throttled = [one for one in outcomes if one.result is DeliveryResult.THROTTLED]
    assert [(one.channel, one.attempts) for one in throttled] == [("a", 0)]
    assert channel.begun_s == pytest.approx([0, 60])
    assert second.begun_s == pytest.approx([64])
    assert second.begun_s[0] <= TURN_LIMIT_S


def test_one_channel_sends_one_message_at_a_time() -> None:
    """Some services count parallel requests as abuse."""
    channel = FakeChannel(PROVEN, takes_s=2.0)
    virtual_time.run(each(4, Bed(alone(channel))))
    assert channel.most_inside == 1
    assert channel.begun_s == pytest.approx([0, 2, 4, 6])


def test_channels_work_side_by_side() -> None:
    """A slow one costs the others nothing."""
    slow, fast = FakeChannel(PROVEN, takes_s=5.0), FakeChannel(PROVEN, takes_s=1.0)
    bed = Bed({"a": (slow, ChannelSettings()), "b": (fast, ChannelSettings())})

    async def main() -> float:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bed.deliver("a"))
            tasks.create_task(bed.deliver("b"))
        return asyncio.get_running_loop().time()

    assert virtual_time.run(main()) == pytest.approx(5)


def test_a_pause_does_not_hold_other_messages_back() -> None:
    """Only a send does."""
    channel = FakeChannel(ILL, PROVEN)
    outcomes = virtual_time.run(each(2, Bed(alone(channel))))
    assert [(one.notification_id, one.attempts) for one in outcomes] == [(1, 1), (0, 2)]


def test_a_cancelled_delivery_gives_its_turn_back() -> None:
    """The next message is sent as if it had not been."""
    channel = FakeChannel(9999.0, PROVEN)
    bed = Bed(alone(channel, timeout_s=60))

    async def main() -> list[DeliveryOutcome]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(bed.deliver())
            await asyncio.sleep(1)
            task.cancel()
        return await bed.deliver()

    assert brief(virtual_time.run(main())) == [("a", DeliveryResult.PROVEN, 1, "taken")]


def test_closing_closes_every_channel_whatever_one_of_them_raises() -> None:
    """The program ends and says nothing more."""
    channels = [FakeChannel(OSError()), FakeChannel(PROVEN)]
    bed = Bed({str(at): (one, ChannelSettings()) for at, one in enumerate(channels)})
    virtual_time.run(bed.deliverer.close())
    assert [one.closed for one in channels] == [True, True]


STEPS = st.one_of(
    st.builds(
        Attempt,
        st.sampled_from(DeliveryResult),
        st.text(max_size=5),
        st.none() | st.floats(allow_nan=True, allow_infinity=True),
    ),
    st.just(RuntimeError("hush")),
    st.floats(0, 200),
)


@given(
    st.lists(st.lists(STEPS, min_size=1, max_size=4), min_size=1, max_size=3),
    st.integers(1, 10),
    st.sampled_from([1, 3, 600]),
)
def test_every_delivery_ends_in_bounded_time(
    steps: list[list[Step]], attempts: int, per_minute: int
) -> None:
    """Without an exception; proven is the last outcome only; no secret and no line end is told."""
    timeout_s = 10.0
    channels = {
        name: (
            FakeChannel(*mine),
            ChannelSettings(
                timeout_s=timeout_s, attempts=attempts, per_minute=per_minute, fallback=after
            ),
        )
        for name, after, mine in zip("abc", "bca", steps, strict=False)
    }
    outcomes, took_s = timed(channels)
    assert took_s <= len(steps) * (CHANNEL_LIMIT_S + timeout_s + GRACE_S) + 1
    assert all(one[1] is not DeliveryResult.PROVEN for one in outcomes[:-1])
    for _, _, made, detail in outcomes:
        assert made <= attempts
        assert "hush" not in detail
        assert detail.isprintable()
