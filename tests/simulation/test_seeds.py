"""Random worlds: fresh seeds for as long as there is time, and those that once failed."""

from __future__ import annotations

import os
import secrets
import time

import pytest

from eoskeeper.simulation.seeds import Verdict, run_seed

BUDGET_S = float(os.environ.get("EOSKEEPER_SIM_SECONDS", "60"))
MINUTES = 20.0


def check(verdict: Verdict) -> None:
    """Safe and live, else the end of the story and how to see all of it."""
    replay = f"python -m eoskeeper.simulation --seed {verdict.seed} --trace"
    end = "\n".join(verdict.story[-60:])
    assert verdict.safe, f"two hosts signed one slot; replay with {replay}\n{end}"
    assert verdict.live_after_rounds is not None, f"nobody produces; replay with {replay}\n{end}"


@pytest.mark.slow
@pytest.mark.timeout(BUDGET_S + 120)
def test_fresh_seeds_are_safe_and_live_for_as_long_as_there_is_time() -> None:
    """Every run takes other seeds; EOSKEEPER_SIM_SECONDS says for how long."""
    first = secrets.randbelow(10**9)
    seeds, hours, resumes, slowest = 0, 0.0, 0, 0
    began = time.perf_counter()
    while time.perf_counter() - began < BUDGET_S:
        verdict = run_seed(first + seeds, MINUTES)
        check(verdict)
        seeds += 1
        hours += verdict.simulated_s / 3600
        resumes += verdict.resumes
        slowest = max(slowest, verdict.live_after_rounds or 0)
    print(  # noqa: T201 - the figures are what the run is for
        f"\n{seeds} seeds from {first} on, {hours:.1f} hours simulated, {resumes} resumes, "
        f"one host produced again after at most {slowest} rounds"
    )
    assert seeds


@pytest.mark.parametrize("seed", [1, 9, 10, 35, 39, 58, 60, 208, 347, 360, 399, 875971515])
def test_a_seed_that_once_failed_passes(seed: int) -> None:
    """Each found something: a hole in the domain, or in what the simulation let happen at once."""
    check(run_seed(seed, MINUTES))


def test_a_seed_replays_event_for_event() -> None:
    """The same seed tells the same story."""
    assert run_seed(7, 10.0) == run_seed(7, 10.0)
