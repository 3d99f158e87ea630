"""``eoskeeper simulate``: seeds on all processors, their sums, and the story of one."""

from __future__ import annotations

import math
import os
import secrets
import sys

from eoskeeper.cli.common import Exit, console
from eoskeeper.runtime.clock import read
from eoskeeper.simulation.seeds import Verdict
from eoskeeper.simulation.sweep import RegisterKind, Sums, judge, sweep

__all__ = ["simulate", "trace", "words_of"]

TOLD_EVERY_S = 10.0
MOST_TOLD = 20
"""Failed seeds that are named; after so many the run is given up."""


def trace(seed: int | None, register: RegisterKind, minutes: float | None) -> Exit:
    """Tell the story of one seed."""
    seed = _fresh() if seed is None else seed
    verdict = judge(seed, register, minutes, told=True)
    console.print("\n".join(verdict.story), markup=False)
    console.print(words_of(verdict), markup=False)
    return Exit.DONE if verdict.passed else Exit.NOT_WELL


def simulate(
    seed: int | None,
    seeds: int,
    register: RegisterKind,
    minutes: float | None,
    jobs: int,
    seconds: float | None,
) -> Exit:
    """Judge many seeds."""
    first = _fresh() if seed is None else seed
    jobs = jobs or len(os.sched_getaffinity(0))
    began, sums = read().mono_s, Sums()
    end = math.inf if seconds is None else began + seconds
    told = began
    console.print(
        f"seeds from {first} on, register {register}, {jobs} processes", markup=False, style="dim"
    )

    def goes_on() -> bool:
        return read().mono_s < end and len(sums.failed) < MOST_TOLD

    for verdict in sweep(first, seeds, register, minutes, jobs, goes_on):
        sums.take(verdict)
        if not verdict.passed:
            console.print(words_of(verdict), markup=False, style="red")
            console.print(f"  replay: {_replay(verdict.seed, register, minutes)}", markup=False)
        if read().mono_s - told >= TOLD_EVERY_S:
            told = read().mono_s
            console.print(_sums(sums, told - began), markup=False, style="dim")
            sys.stdout.flush()
    console.print(_sums(sums, read().mono_s - began), markup=False)
    return Exit.NOT_WELL if sums.failed else Exit.DONE


def _fresh() -> int:
    return secrets.randbelow(10**9)


def _sums(sums: Sums, took_s: float) -> str:
    hours = sums.simulated_s / 3600
    a_minute = hours / (took_s / 60) if took_s else 0.0
    return (
        f"{sums.seeds} seeds in {took_s:.0f} s, {hours:.1f} simulated hours "
        f"({a_minute:.0f} a minute), {sums.resumes} resumes, {len(sums.failed)} seeds failed"
    )


def words_of(verdict: Verdict) -> str:
    """What became of one seed, in a line."""
    if not verdict.safe:
        return f"seed {verdict.seed}: NOT SAFE: two hosts signed one slot, or one had no permit"
    if verdict.live_after_rounds is None:
        return f"seed {verdict.seed}: not live: nobody produces after everything is well again"
    return f"seed {verdict.seed}: safe; one host produces {verdict.live_after_rounds} rounds later"


def _replay(seed: int, register: RegisterKind, minutes: float | None) -> str:
    given = "" if minutes is None else f" --minutes {minutes:g}"
    return f"eoskeeper simulate --seed {seed} --register {register}{given} --trace"
