"""Figures of takeovers: what one run measures, and the table over many."""

from __future__ import annotations

import json
import statistics
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from eoskeeper.domain.chain_time import TURN_SLOTS

__all__ = ["PLANNED", "Run", "lost_slots", "read_runs", "table"]

PLANNED = "switchover"

MAINNET_ROUND_S = 126.0

GOALS_S = {
    ("etcd", "killed"): 5.0,
    ("etcd", "hung"): 5.0,
    ("etcd", "dead"): 24.0,
    ("etcd", "cut"): 24.0,
    ("members", "killed"): 5.0,
    ("members", "hung"): 5.0,
}
"""Longest takeovers that were promised, in seconds; the chain register promises rounds."""

CHAIN_GOAL_ROUNDS = 2
"""So many own turns stay empty; the takeover ends with the next, at most one more round later."""


TITLES = (
    "register",
    "cause",
    "runs",
    "takeover, s: median (10 % to 90 %; longest)",
    "goal, s",
    "blocks lost here: mean (most)",
    "12 T / round, mean",
    "with 21 producers: 12 T / 126",
    "doubled",
)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One takeover.

    Attributes:
        at: when the fault began, ISO 8601, UTC.
        phase_s: of the fault, seconds since the begin of the own turn, 0 to the length of a round.
        takeover_s: from the fault until the successor's node is proven to produce when its turn is.
        first_block_s: from the fault until the time stamp of the successor's first block.
        lost: own slots without a block that stayed, from the fault to the successor's first block;
            of a switchover, to the end of the successor's first turn.
        doubled: slots and heights that two hosts signed.
        round_s: of the network.
        load: of the machine, one minute, when it ended.
    """

    register: str
    cause: str
    at: str
    phase_s: float
    victim: str
    successor: str
    takeover_s: float
    first_block_s: float
    lost: int
    doubled: int
    round_s: float
    load: float


class Spread(NamedTuple):
    """Of some values: least, tenth and ninetieth of a hundred, median, mean, most."""

    least: float
    p10: float
    median: float
    p90: float
    most: float
    mean: float


def spread(values: Sequence[float]) -> Spread:
    """How values lie; at least one is needed."""
    ordered = sorted(values)

    def at(share: float) -> float:
        return ordered[round(share * (len(ordered) - 1))]

    mean, middle = statistics.fmean(ordered), statistics.median(ordered)
    return Spread(ordered[0], at(0.1), middle, at(0.9), ordered[-1], mean)


def lost_slots(
    begin_slot: int, end_slot: int, own_turn: int, producers: int, made: Collection[int]
) -> int:
    """Own slots after ``begin_slot`` and before ``end_slot`` in which nothing was made.

    Args:
        begin_slot: the slot in which the fault began.
        end_slot: the first one that does not count.
        own_turn: which of the turns of a round is ours, 0 to ``producers`` - 1.
        producers: turns of a round.
        made: slots with a block of ours that counts.

    >>> lost_slots(0, 24, 1, 2, {12, 13})
    10
    """
    return sum(
        slot // TURN_SLOTS % producers == own_turn and slot not in made
        for slot in range(begin_slot + 1, end_slot)
    )


def read_runs(path: Path) -> list[Run]:
    """All runs of a file; a last line that was cut off by a kill is left out."""
    runs = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            runs.append(msgspec.convert(json.loads(line), Run))
        except (json.JSONDecodeError, msgspec.ValidationError):
            continue
    return runs


def table(runs: Iterable[Run]) -> str:
    """The table in Markdown, a row for each register and cause."""
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.register, run.cause), []).append(run)
    titles = "| " + " | ".join(TITLES) + " |"
    rule = "|---" * len(TITLES) + "|"
    return "\n".join([titles, rule, *(_row(key, groups[key]) for key in sorted(groups))])


def _row(key: tuple[str, str], runs: list[Run]) -> str:
    took = spread([run.takeover_s for run in runs])
    lost = spread([run.lost for run in runs])
    expected = TURN_SLOTS * statistics.fmean(run.takeover_s / run.round_s for run in runs)
    # Where empty own turns are counted a takeover grows with the round.
    counted = key[0] == "chain" or (key[0] == "members" and key[1] in {"dead", "cut"})
    mainnet = "-" if counted else f"{TURN_SLOTS * took.mean / MAINNET_ROUND_S:.1f}"
    planned = key[1] == PLANNED
    cells = (
        *key,
        str(len(runs)),
        f"{took.median:.1f} ({took.p10:.1f} to {took.p90:.1f}; {took.most:.1f})",
        _goal(key, runs, took),
        f"{lost.mean:.1f} ({lost.most:.0f})",
        "0" if planned else f"{expected:.1f}",
        "0" if planned else mainnet,
        str(sum(run.doubled for run in runs)),
    )
    return "| " + " | ".join(cells) + " |"


def _goal(key: tuple[str, str], runs: list[Run], took: Spread) -> str:
    if key[1] == PLANNED:
        return "none lost" + (": met" if not any(run.lost for run in runs) else ": not met")
    goal_s = GOALS_S.get(key)
    if goal_s is None:
        # Two empty own turns, whole ones, and the way to the next.
        goal_s = (CHAIN_GOAL_ROUNDS + 1) * runs[0].round_s
    within = sum(run.takeover_s <= goal_s for run in runs)
    met = "met" if took.most <= goal_s else f"{within} of {len(runs)} within"
    return f"{goal_s:g}: {met}"
