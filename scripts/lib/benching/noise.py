"""The machine's own noise: the same work, timed again and again, never takes the same time."""

from __future__ import annotations

import os
import resource
import statistics
from dataclasses import dataclass, field

from eoskeeper.devnet.clock import monotonic_s

__all__ = ["Noise"]

ROUNDS = 400_000
"""Some 30 ms of work: long against a tick, and no burden beside what is measured."""

REPEATS = 5


@dataclass
class Noise:
    """Times of the calibrating loop, in milliseconds, and the load, as they were seen.

    Attributes:
        processor_ms: processor time of one loop: grows with shared caches and a lower clock.
        waited_ms: by which the wall time was longer: somebody else had the processor.
    """

    processor_ms: list[float] = field(default_factory=list)
    waited_ms: list[float] = field(default_factory=list)
    load: list[float] = field(default_factory=list)

    def look(self) -> None:
        """Time the loop a few times."""
        for _ in range(REPEATS):
            began_s, used_s = monotonic_s(), _processor_s()
            _work()
            used_ms = (_processor_s() - used_s) * 1000
            self.processor_ms.append(used_ms)
            self.waited_ms.append(max((monotonic_s() - began_s) * 1000 - used_ms, 0.0))
        self.load.append(os.getloadavg()[0])

    def figures(self) -> dict[str, object]:
        """What is printed of it."""
        return {
            "loop_processor_ms": spread(self.processor_ms, 2),
            "loop_waited_ms": spread(self.waited_ms, 2),
            "load_average_1min": spread(self.load, 2),
            "processors": os.cpu_count(),
        }


def spread(values: list[float], digits: int) -> dict[str, float] | None:
    """Median, least and most; None of nothing."""
    if not values:
        return None
    figures = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: round(value, digits) for name, value in figures.items()}


def _work() -> int:
    total = 0
    for number in range(ROUNDS):
        total = (total * 31 + number) & 0xFFFF
    return total


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
