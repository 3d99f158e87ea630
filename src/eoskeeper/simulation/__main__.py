"""``python -m eoskeeper.simulation --seeds N [--seed S --trace] [--minutes M]``."""

from __future__ import annotations

import argparse
import sys

from eoskeeper.simulation.seeds import run_seed


def main() -> int:
    """Run seeds and say which fail; 1 when any does."""
    parser = argparse.ArgumentParser(prog="python -m eoskeeper.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many, from --seed on")
    parser.add_argument("--seed", type=int, default=1, help="the first")
    parser.add_argument("--minutes", type=float, default=20.0, help="of faults, for each seed")
    parser.add_argument("--trace", action="store_true", help="tell the story of the first seed")
    asked = parser.parse_args()
    failed, hours = 0, 0.0
    for seed in range(asked.seed, asked.seed + (1 if asked.trace else asked.seeds)):
        verdict = run_seed(seed, asked.minutes)
        hours += verdict.simulated_s / 3600
        if asked.trace:
            sys.stdout.write("\n".join(verdict.story) + "\n")
        if not verdict.passed:
            failed += 1
            what = "not live" if verdict.safe else "NOT SAFE"
            sys.stdout.write(f"seed {seed}: {what}; replay with --seed {seed} --trace\n")
    sys.stdout.write(f"{hours:.1f} hours simulated, {failed} seeds failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
