"""Mutants: each rule that keeps two hosts apart is taken out of a copy, and must be missed.

A rule whose absence nothing notices is either not needed or not tested.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MUTANTS = {
    "each count of empty turns belongs to one host": (
        "policy.py",
        "return beyond >= 0 and beyond % CANDIDATE_PERIOD_TURNS < self.takeover_window_turns",
        "return beyond >= 0",
        "keeper_starts_late_does_not_meet_c",
    ),
    "a holder is on probation until its first block stays": (
        "lease/chain.py",
        "return policy.failover.first_standby_turns if proven else 1",
        "return policy.failover.first_standby_turns + (0 if proven else 8)",
        "test_b_whom_nobody_hears_is_fenced_before_c_begins",
    ),
    "a lease lapses at the first standby's count": (
        "lease/chain.py",
        "return policy.failover.first_standby_turns if proven else 1",
        "return policy.failover.first_standby_turns + 1 if proven else 1",
        "nobody_hears_fences_before_the_third",
    ),
    "a lost turn shows only some seconds later": (
        "lease/chain.py",
        "return min(SETTLE_MAX_S, node.roster.gap_slots * SLOT_S / 2)",
        "return 0.0",
        "judges_a_turn_only_when_a_fork_would_show",
    ),
    "a holder that hears nobody is alone": (
        "situation.py",
        "return alone_s is not None and alone_s >= policy.failover.isolation_s",
        "return False",
        "short_cut_of_the_line or is_cut_off_in_time",
    ),
    "an heir begins only before the first candidate's count": (
        "leaving.py",
        "met=row < limit,",
        "met=row < limit + 1,",
        "heir_that_comes_late and unheard",
    ),
    "who has left production does not take it back by an order": (
        "conditions.py",
        "here = not lapsed and newest is not None",
        "here = newest is not None",
        "heir_that_dies_is_waited_for",
    ),
    "no candidate moves while finality stands still": (
        "conditions.py",
        "        _finality_moves,\n        _finality_moved_throughout,\n        _own_turns_empty,",
        "        _own_turns_empty,",
        "nobody_takes_over_from_a_dead_primary_while",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("rule", MUTANTS)
def test_the_scenarios_notice_when_a_rule_is_missing(rule: str, tmp_path: Path) -> None:
    """The scenario that needs the rule fails without it."""
    name, text, instead, scenario = MUTANTS[rule]
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests" / "simulation", tmp_path / "tests")
    mutated = tmp_path / "src" / "eoskeeper" / "domain" / name
    whole = mutated.read_text()
    assert whole.count(text) == 1, f"the rule is no longer worded so: {text}"
    mutated.write_text(whole.replace(text, instead))
    run = _run_scenario(tmp_path, scenario)
    assert run.returncode == 1, f"nobody noticed:\n{run.stdout[-2000:]}"


def _run_scenario(root: Path, scenario: str) -> subprocess.CompletedProcess[str]:
    """Exit code 1: collected, run, and failed."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-c",
            os.devnull,
            f"--rootdir={root}",
            "--import-mode=importlib",
            "-p",
            "no:cacheprovider",
            "-k",
            scenario,
            *map(str, sorted((root / "tests").glob("test_scenarios*.py"))),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=250,
        env=os.environ | {"PYTHONPATH": str(root / "src")},
    )
