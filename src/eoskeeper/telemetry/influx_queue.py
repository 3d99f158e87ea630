"""Queue: lines in memory on their way to the disk, bounded, so that a dead disk costs no more.

When it is full the oldest samples go, and events only when no sample is left.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from eoskeeper.telemetry.spool import Kind

__all__ = ["LineQueue", "Lines"]


class Lines(NamedTuple):
    """What was put together: its kind, how many points, and their lines, each with its end."""

    kind: Kind
    points: int
    text: bytes


class LineQueue:
    """First in, first out.

    Attributes:
        dropped: points that did not fit, since the beginning.
    """

    def __init__(self, max_points: int) -> None:
        """Take how many points it holds at most; a single thing may hold more."""
        self._max_points = max_points
        self._queued: deque[Lines] = deque()
        self.points = 0
        self.dropped = 0

    def add(self, lines: Lines) -> None:
        """Put one at the end."""
        self._queued.append(lines)
        self.points += lines.points
        self._make_room()

    def give_back(self, taken: Iterable[Lines]) -> None:
        """Put what was taken in front again."""
        given = list(taken)
        self._queued.extendleft(reversed(given))
        self.points += sum(one.points for one in given)
        self._make_room()

    def take(self, max_points: int | None = None) -> list[Lines]:
        """Take the oldest, at least one and so many that the bound is not passed; all without."""
        taken: list[Lines] = []
        points = 0
        while self._queued:
            points += self._queued[0].points
            if taken and max_points is not None and points > max_points:
                break
            taken.append(self._queued.popleft())
        self.points -= sum(one.points for one in taken)
        return taken

    def _make_room(self) -> None:
        while self.points > self._max_points and len(self._queued) > 1:
            samples = (at for at, one in enumerate(self._queued) if one.kind is Kind.SAMPLE)
            oldest = next(samples, 0)
            points = self._queued[oldest].points
            del self._queued[oldest]
            self.points -= points
            self.dropped += points
