"""Timeline: virtual time as a queue of calls, so that a day of quiet costs only its events."""

from __future__ import annotations

import heapq
from collections.abc import Callable

__all__ = ["START_MS", "Call", "Timeline"]

Call = Callable[[], None]

START_MS = 1_751_760_000_000
"""2025-07-06T00:00:00Z in Unix milliseconds: where every world begins."""


class Timeline:
    """Runs calls in the order of their times; calls of one time in the order they were asked for.

    Attributes:
        now_ms: true time in Unix milliseconds; each host's clocks are offsets of it.
    """

    def __init__(self, start_ms: int = START_MS) -> None:
        self.now_ms = start_ms
        self._queue: list[tuple[int, int, Call]] = []
        self._asked = 0

    def at(self, when_ms: int, call: Call) -> None:
        """Run ``call`` at that time, or as soon as possible when it has passed."""
        self._asked += 1
        heapq.heappush(self._queue, (max(when_ms, self.now_ms), self._asked, call))

    def after(self, delay_ms: int, call: Call) -> None:
        """Run ``call`` so much later."""
        self.at(self.now_ms + delay_ms, call)

    def run_until(self, end_ms: int) -> None:
        """Run everything that is due up to and including ``end_ms``."""
        queue, pop = self._queue, heapq.heappop
        while queue and queue[0][0] <= end_ms:
            self.now_ms, _, call = pop(queue)
            call()
        self.now_ms = max(self.now_ms, end_ms)
