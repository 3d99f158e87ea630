"""Self-look: the keeper's reading of itself, once per cycle."""

from __future__ import annotations

import os
from collections.abc import Callable

import psutil

from eoskeeper import __version__
from eoskeeper.domain.chain_time import Moment, UtcS
from eoskeeper.domain.own_samples import TelemetryFigures
from eoskeeper.domain.samples import KeeperRead
from eoskeeper.runtime.local_time import utc_offset_s

__all__ = ["SelfLook"]

SLOW_S = 10.0
"""Seconds between two looks at the keeper's own process and at the local time."""


class SelfLook:
    """Remembers what the next reading is measured from."""

    def __init__(
        self,
        zone: str | None,
        telemetry: Callable[[], TelemetryFigures | None],
        broken: Callable[[], tuple[str, ...]],
    ) -> None:
        """Nothing is read before ``read``.

        Args:
            zone: name of the local time zone; None takes the machine's.
            telemetry: how the points fare that are sent away.
            broken: optional parts that failed.
        """
        self._zone = zone
        self._telemetry = telemetry
        self._broken = broken
        self._process = psutil.Process(os.getpid())
        self._took_s = 0.0
        self._begun: Moment | None = None
        self._looked_s = -SLOW_S
        self._resident_bytes = 0
        self._cpu_s = 0.0
        self._offset_s = 0

    def took(self, seconds: float) -> None:
        """Remember how long the cycle took, for the next reading."""
        self._took_s = seconds

    def read(self, queued: int, dropped: int, now: Moment, longest_s: float) -> KeeperRead:
        """Look.

        Args:
            queued: readings that waited for this cycle.
            dropped: readings lost before it.
            now: when it began.
            longest_s: the most that may lie between the begins of two cycles.
        """
        late_s = 0.0 if self._begun is None else now.mono_s - self._begun.mono_s - longest_s
        self._begun = now
        if now.mono_s - self._looked_s >= SLOW_S:
            self._looked_s = now.mono_s
            self._look_slowly(now)
        return KeeperRead(
            at=now,
            late_s=max(late_s, 0.0),
            took_s=self._took_s,
            queued=queued,
            dropped=dropped,
            resident_bytes=self._resident_bytes,
            utc_offset_s=self._offset_s,
            version=__version__,
            cpu_s=self._cpu_s,
            telemetry=self._telemetry(),
            broken=self._broken(),
        )

    def _look_slowly(self, now: Moment) -> None:
        self._resident_bytes = self._process.memory_info().rss
        times = self._process.cpu_times()
        self._cpu_s = times.user + times.system
        self._offset_s = utc_offset_s(UtcS(now.utc_s), self._zone)
