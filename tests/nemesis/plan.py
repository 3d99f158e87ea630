"""The order of faults that a seed stands for: drawn ahead, so that a seed can be read and repeated.

Whom a fault strikes depends on who holds at that moment and is looked up then; a second run of one
seed is alike, not equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tests.nemesis.faults import FAULTS, Fault

PAIR_SHARE = 0.5
"""Of the steps have two faults."""

OFFSET_S = (0.1, 25.0)
"""The second begins so long after the first: in each phase of what the first brings about."""

REST_S = (1.0, 13.0)
"""Before the first: anywhere in a round."""


@dataclass(frozen=True)
class Blow:
    """A fault of a step: seconds from the begin of the step, and how long it lasts."""

    fault: Fault
    begin_s: float
    lasts_s: float


@dataclass(frozen=True)
class Step:
    """One or two faults; afterwards everything is healed, and somebody has to produce again."""

    rest_s: float
    blows: tuple[Blow, ...]
    choice: float
    """Evenly from 0 to 1: which of several hosts, where a fault leaves that open."""


def steps(seed: int) -> Iterator[Step]:
    """Yield the steps of a seed, without end."""
    chance = Random(seed)  # noqa: S311 - a seed is to be repeated
    while True:
        yield _step(chance)


def _step(chance: Random) -> Step:
    first = _blow(chance, 0.0)
    blows: tuple[Blow, ...] = (first,)
    if chance.random() < PAIR_SHARE:
        blows = (first, _blow(chance, _mostly_short(chance, *OFFSET_S)))
    return Step(chance.uniform(*REST_S), blows, chance.random())


def _blow(chance: Random, begin_s: float) -> Blow:
    (fault,) = chance.choices(FAULTS, [fault.weight for fault in FAULTS])
    return Blow(fault, begin_s, _mostly_short(chance, *fault.lasts_s))


def _mostly_short(chance: Random, low: float, high: float) -> float:
    """Half of them in the lowest eighth: many faults fit in, and a third of the stops exceed L."""
    return low + (high - low) * chance.random() ** 3
