"""Tiers: the same readings at four grains, so that a plot of any span reads few rows.

Invariant: a bucket is always made anew from the whole of the finer tier below it, so that making it
twice, or after a kill, gives the same row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from math import ceil, floor

import msgspec

from eoskeeper.domain.records import QUANTITIES, Quantity

__all__ = [
    "COARSE",
    "SECONDS",
    "Grid",
    "Span",
    "Tier",
    "averages",
    "columns_of",
    "grid_of",
    "rolling",
    "touched",
]

ROWS_READ = 5_000
"""Rows that one question may read of the tier it takes, about: 20 ms for all quantities."""


class Tier(msgspec.Struct, frozen=True):
    """One table.

    Attributes:
        step_s: length of a bucket.
    """

    table: str
    step_s: int

    def begin(self, at_utc: int) -> int:
        """Begin of the bucket that holds a second."""
        return at_utc // self.step_s * self.step_s


SECONDS = Tier("seconds", 1)

COARSE = (Tier("minutes", 60), Tier("ten_minutes", 600), Tier("hours", 3600))
"""Each is made from the one before it, and the first from the seconds."""


class Span(msgspec.Struct, frozen=True):
    """What a plot asks for.

    Attributes:
        points: how many steps at most, give or take one; at least 1.
    """

    from_utc: float
    to_utc: float
    points: int


class Grid(msgspec.Struct, frozen=True):
    """Steps of a plot.

    Attributes:
        tier: where its rows come from.
        begin_utc: of the first step; a multiple of ``step_s``.
        step_s: a multiple of the tier's.
    """

    tier: Tier
    begin_utc: int
    step_s: int
    count: int

    @property
    def end_utc(self) -> int:
        """End of the last step."""
        return self.begin_utc + self.count * self.step_s


def grid_of(span: Span, seconds_from: int) -> Grid:
    """The finest tier that answers with few rows, and steps of it that make about the points.

    Args:
        seconds_from: second from which on nothing was pruned.
    """
    begin, end = floor(span.from_utc), ceil(span.to_utc)
    length_s = max(end - begin, 0)
    tiers = (SECONDS, *COARSE) if begin >= seconds_from else COARSE
    tier = next((one for one in tiers if length_s <= one.step_s * ROWS_READ), tiers[-1])
    step_s = max(ceil(length_s / (tier.step_s * span.points)), 1) * tier.step_s
    first = begin // step_s * step_s
    return Grid(tier, first, step_s, ceil((end - first) / step_s) if length_s else 0)


def touched(tier: Tier, seconds: Collection[int]) -> Iterator[tuple[int, int]]:
    """Begin and end of every bucket that holds one of these seconds, in order."""
    for begin in sorted({tier.begin(second) for second in seconds}):
        yield begin, begin + tier.step_s


def rolling(tier: Tier) -> str:
    """The statement that makes one bucket; it takes begin, begin, end."""
    finer = (SECONDS, *COARSE)[COARSE.index(tier)]
    parts = ", ".join(f"{averages(finer, one)}, {_known(finer, one)}" for one in QUANTITIES)
    return (
        f"INSERT OR REPLACE INTO {tier.table} (at_utc, {', '.join(columns_of(tier))}) "  # noqa: S608 - names of our own
        f"SELECT ?, {parts} FROM {finer.table} WHERE at_utc >= ? AND at_utc < ?"
    )


def columns_of(tier: Tier) -> tuple[str, ...]:
    """Columns of a tier's table besides its key ``at_utc``."""
    if tier is SECONDS:
        return tuple(str(one) for one in QUANTITIES)
    parts = ("mean", "low", "high", "known")
    return tuple(f"{one}_{part}" for one in QUANTITIES for part in parts)


def averages(tier: Tier, quantity: Quantity) -> str:
    """Mean, low and high of a quantity over several rows of a tier, as SQL."""
    if tier is SECONDS:
        return f"AVG({quantity}), MIN({quantity}), MAX({quantity})"
    mean = f"SUM({quantity}_mean * {quantity}_known) / SUM({quantity}_known)"
    return f"{mean}, MIN({quantity}_low), MAX({quantity}_high)"


def _known(tier: Tier, quantity: Quantity) -> str:
    if tier is SECONDS:
        return f"COUNT({quantity})"
    return f"SUM({quantity}_known)"
