"""The bounded way from everything that observes to the one task that decides.

Two lanes: readings can be taken again, so the oldest of them give way when the keeper falls behind;
outcomes of actions and deliveries and orders of the operator cannot, and never do.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque

import msgspec

from eoskeeper.domain.samples import (
    ActionOutcome,
    AlarmAcknowledged,
    CasApplied,
    CasRefused,
    CasUnknown,
    DeliveryOutcome,
    OperatorCommand,
    RegisterFailed,
    RegisterRead,
    RestartPaused,
    Sample,
    SilenceEnded,
    SilenceOrdered,
)

__all__ = ["Drained", "SampleQueue"]

_Numbered = tuple[int, Sample]


class Drained(msgspec.Struct, frozen=True):
    """What the queue held, in the order of arrival.

    Attributes:
        dropped: readings that gave way since the queue was drained before; above zero, what they
            would have told is unknown.
    """

    samples: tuple[Sample, ...]
    dropped: int


class SampleQueue:
    """Put from any task of one event loop, drained by one.

    The lane of outcomes and orders has no bound here: each answers an action or a request, and
    those are bounded where they are made.
    """

    def __init__(self, maxsize: int) -> None:
        """Take the most readings to hold, at least one."""
        self._readings: deque[_Numbered] = deque(maxlen=max(maxsize, 1))
        self._kept: deque[_Numbered] = deque()
        self._arrived = asyncio.Event()
        self._next_number = 0
        self._dropped = 0
        self._dropped_ever = 0

    @property
    def dropped_ever(self) -> int:
        """Readings dropped since the start; a counter for telemetry."""
        return self._dropped_ever

    def __len__(self) -> int:
        """Samples held, of both lanes."""
        return len(self._readings) + len(self._kept)

    def put(self, sample: Sample) -> None:
        """Take one sample; never waits and never fails."""
        lane = self._lane_of(sample)
        if len(lane) == lane.maxlen:
            self._dropped += 1
            self._dropped_ever += 1
        lane.append((self._next_number, sample))
        self._next_number += 1
        self._arrived.set()

    def drain(self) -> Drained:
        """Everything held now; may be nothing."""
        merged = heapq.merge(self._readings, self._kept, key=_number)
        drained = Drained(tuple(sample for _, sample in merged), self._dropped)
        self._readings.clear()
        self._kept.clear()
        self._arrived.clear()
        self._dropped = 0
        return drained

    async def wait(self) -> None:
        """Return as soon as the queue holds something."""
        await self._arrived.wait()

    def _lane_of(self, sample: Sample) -> deque[_Numbered]:
        return self._kept if isinstance(sample, _KEPT) else self._readings


_KEPT = (
    ActionOutcome,
    RestartPaused,
    OperatorCommand,
    DeliveryOutcome,
    RegisterRead,
    RegisterFailed,
    CasApplied,
    CasRefused,
    CasUnknown,
    SilenceOrdered,
    SilenceEnded,
    AlarmAcknowledged,
)


def _number(numbered: _Numbered) -> int:
    return numbered[0]
