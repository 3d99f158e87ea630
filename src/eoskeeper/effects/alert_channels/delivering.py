"""Deliverer: carries one message along its channels until a service's own answer proves delivery.

A channel is tried a few times with growing pauses, one send at a time and no faster than its
service allows; then its fallback gets the message. Every wait has an end, and nothing is raised.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Mapping

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.host_samples import DeliveryOutcome, DeliveryResult
from eoskeeper.effects.alert_channels.channel import Attempt, Channel, ChannelSettings, Message
from eoskeeper.effects.alert_channels.exchange import printable

__all__ = ["CHANNEL_LIMIT_S", "GRACE_S", "TURN_LIMIT_S", "Deliverer"]

WINDOW_S = 60.0
"""Length of the sliding window that ``per_minute`` counts in."""

TURN_LIMIT_S = WINDOW_S + 10.0
"""A message waits no longer than this for its turn at a channel; a full window must fit in."""

ASKED_LIMIT_S = 60.0
"""A service that asks to wait longer than this is not waited for."""

CHANNEL_LIMIT_S = 120.0
"""No attempt begins at a channel later than this after the message came to it."""

GRACE_S = 2.0
"""A send that outlives its own time limit by this much is given up."""

FIRST_PAUSE_S = 1.0
LAST_PAUSE_S = 30.0

_MISSING = Attempt(DeliveryResult.REFUSED, "no channel of this name is configured")
_CROWDED = Attempt(DeliveryResult.THROTTLED, "no turn in time: too many messages wait")


class Deliverer:
    """All channels by name; any number of messages at once.

    Args:
        sleep: waits that many seconds.
        jitter: 0 to 1, drawn anew for each pause, so that hosts do not retry in step.
    """

    def __init__(
        self,
        channels: Mapping[str, tuple[Channel, ChannelSettings]],
        clock: Callable[[], Moment],
        sleep: Callable[[float], Awaitable[None]],
        jitter: Callable[[], float],
    ) -> None:
        self._lanes = {
            name: _Lane(channel, settings, clock, sleep)
            for name, (channel, settings) in channels.items()
        }
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter

    async def deliver(
        self, notification_id: int, channel_name: str, message: Message
    ) -> list[DeliveryOutcome]:
        """Try the channel, then its fallbacks, each once, until one is proven.

        Takes at most ``CHANNEL_LIMIT_S`` and one send's time limit for each channel.

        Returns:
            An outcome for each channel tried, in order; the last one is proven, or none is.
        """
        outcomes: list[DeliveryOutcome] = []
        tried: set[str] = set()
        name: str | None = channel_name
        while name is not None and name not in tried:
            tried.add(name)
            lane = self._lanes.get(name)
            attempt, made = (_MISSING, 0) if lane is None else await self._visit(lane, message)
            outcomes.append(
                DeliveryOutcome(
                    at=self._clock(),
                    notification_id=notification_id,
                    channel=name,
                    result=attempt.result,
                    attempts=made,
                    detail=printable(attempt.detail),
                )
            )
            proven = attempt.result is DeliveryResult.PROVEN
            name = None if proven or lane is None else lane.settings.fallback
        return outcomes

    async def close(self) -> None:
        """Close every channel; one that cannot be closed does not keep the others open."""
        for lane in self._lanes.values():
            await lane.close()

    async def _visit(self, lane: _Lane, message: Message) -> tuple[Attempt, int]:
        """The attempt that counts at one channel, and how many were made."""
        until_s = self._clock().mono_s + CHANNEL_LIMIT_S
        last, made = _CROWDED, 0
        while True:
            attempt = await lane.attempt(message, until_s)
            if attempt is None:
                return last, made
            last, made = attempt, made + 1
            pause_s = self._pause_s(attempt, made)
            if pause_s is None or made >= lane.settings.attempts:
                return attempt, made
            if self._clock().mono_s + pause_s > until_s:
                return attempt, made
            await self._sleep(pause_s)

    def _pause_s(self, attempt: Attempt, made: int) -> float | None:
        """Seconds until the next attempt; None when another one here is of no use."""
        if attempt.result in {DeliveryResult.PROVEN, DeliveryResult.REFUSED}:
            return None
        asked_s = _asked_s(attempt)
        if asked_s > ASKED_LIMIT_S:
            return None  # the next channel tells people sooner
        whole_s = min(FIRST_PAUSE_S * 2.0 ** (made - 1), LAST_PAUSE_S)
        return max(asked_s, whole_s * (0.5 + 0.5 * self._jitter()))


class _Lane:
    """One channel: one send at a time, and as many a minute as its service allows."""

    def __init__(
        self,
        channel: Channel,
        settings: ChannelSettings,
        clock: Callable[[], Moment],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.settings = settings
        self._channel = channel
        self._clock = clock
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._begun_s: deque[float] = deque(maxlen=settings.per_minute)
        self._open_from_s = -math.inf

    async def attempt(self, message: Message, until_s: float) -> Attempt | None:
        """One send when its turn comes; None when that is not before ``until_s``."""
        turn_until_s = min(until_s, self._clock().mono_s + TURN_LIMIT_S)
        try:
            async with asyncio.timeout(turn_until_s - self._clock().mono_s):
                await self._turn.acquire()
        except TimeoutError:
            return None
        try:
            begin_s = self._may_begin_s()
            if begin_s > turn_until_s:
                return None
            if begin_s > (now_s := self._clock().mono_s):
                await self._sleep(begin_s - now_s)
            self._begun_s.append(self._clock().mono_s)
            return self._heed(await self._send(message))
        finally:
            self._turn.release()

    def _may_begin_s(self) -> float:
        """When the next send may begin; the past means now."""
        full = len(self._begun_s) == self.settings.per_minute
        freed_s = self._begun_s[0] + WINDOW_S if full else -math.inf
        return max(freed_s, self._open_from_s)

    def _heed(self, attempt: Attempt) -> Attempt:
        """A service that asks to wait is left alone by the other messages, too, for a while."""
        wait_s = min(_asked_s(attempt), ASKED_LIMIT_S)
        self._open_from_s = self._clock().mono_s + wait_s
        return attempt

    async def _send(self, message: Message) -> Attempt:
        limit_s = self.settings.timeout_s + GRACE_S
        try:
            async with asyncio.timeout(limit_s):
                return await self._channel.send(message)
        except TimeoutError:
            return Attempt(DeliveryResult.TIMED_OUT, f"the channel did not end in {limit_s:g} s")
        except Exception as error:  # noqa: BLE001 - a bug of one channel must not cost the alarm
            # What the exception says may quote a secret; its type does not.
            return Attempt(DeliveryResult.UNAVAILABLE, f"channel failed: {type(error).__name__}")

    async def close(self) -> None:
        """Bounded, and silent: the program ends."""
        try:
            async with asyncio.timeout(GRACE_S):
                await self._channel.close()
        except Exception:  # noqa: BLE001 - see above
            return


def _asked_s(attempt: Attempt) -> float:
    """How long the service asks to wait; 0 when it does not, or not in seconds."""
    asked_s = attempt.retry_after_s
    return asked_s if asked_s is not None and asked_s > 0 else 0.0
