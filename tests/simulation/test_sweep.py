"""Many seeds on all processors: each is judged once, and a failed one can be replayed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from eoskeeper.cli.simulating import words_of
from eoskeeper.simulation import lease_seeds
from eoskeeper.simulation import seeds as chain_seeds
from eoskeeper.simulation.seeds import Verdict
from eoskeeper.simulation.sweep import CHAIN_EVERY, RegisterKind, Sums, judge, sweep


def verdict(*, safe: bool, live_after_rounds: int | None) -> Verdict:
    """Of some world."""
    return Verdict(
        seed=7,
        safe=safe,
        live_after_rounds=live_after_rounds,
        simulated_s=60.0,
        resumes=2,
        story=(),
    )


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """The command as its user types it."""
    command = [sys.executable, "-m", "eoskeeper", "simulate", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_each_seed_is_judged_once() -> None:
    """Whatever the order in which processes come back."""
    told = sweep(40, 13, RegisterKind.ETCD, 0.2, 2, lambda: True)
    assert sorted(one.seed for one in told) == list(range(40, 53))


def test_no_seed_is_begun_after_the_end() -> None:
    """What is begun is judged."""
    assert list(sweep(1, 100, RegisterKind.ETCD, 0.2, 1, lambda: False)) == []


def test_with_both_registers_a_seed_names_its_own() -> None:
    """Every fourth is a world of the chain, told by what is under way in it."""
    both = [judge(seed, RegisterKind.BOTH, 0.5, told=True) for seed in (4, 5)]
    assert both[0] == judge(4, RegisterKind.CHAIN, 0.5, told=True)
    assert both[1] == judge(5, RegisterKind.ETCD, 0.5, told=True)
    assert any("lease, term" in line for line in both[1].story)
    assert not any("lease, term" in line for line in both[0].story)


@pytest.mark.parametrize(
    ("safe", "live", "words"),
    [(False, None, "NOT SAFE"), (True, None, "not live"), (True, 3, "safe; one host produces 3")],
)
def test_a_verdict_is_told_in_a_line(safe: bool, live: int | None, words: str) -> None:  # noqa: FBT001 - a row of a table
    """And those that did not pass are counted apart."""
    told = verdict(safe=safe, live_after_rounds=live)
    assert words in words_of(told)
    sums = Sums()
    sums.take(told)
    assert (sums.seeds, len(sums.failed)) == (1, 0 if live else 1)


@pytest.mark.slow
def test_the_command_tells_its_sums_and_the_story_of_a_seed() -> None:
    """Sums: how many seeds, how many simulated hours a minute; the story: decisions and turns."""
    done = run("--seeds", "6", "--seed", "4", "--register", "etcd")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 seeds in" in done.stdout
    assert "0 seeds failed" in done.stdout
    told = run("--seed", "5", "--register", "etcd", "--trace")
    assert "turn of" in told.stdout
    assert "seed 5: safe" in told.stdout
    assert run("--register", "paper").returncode == 2


def test_of_both_registers_some_worlds_have_members() -> None:
    """Seeds of one register are not just those in which its keepers give each other no words."""
    seeds = range(60)
    assert any(seed % CHAIN_EVERY and seed % lease_seeds.MEMBERS_EVERY == 0 for seed in seeds)
    assert any(seed % CHAIN_EVERY == seed % chain_seeds.MEMBERS_EVERY == 0 for seed in seeds)
