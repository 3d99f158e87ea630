"""Each rule of the lease is left out of a world, and two hosts sign one slot."""

from __future__ import annotations

from pathlib import Path

import pytest

from eoskeeper.simulation.lease_mutants import COVERED, MUTANTS, first_seed

PAGE = Path(__file__).parents[2] / "docs" / "track-record.md"


@pytest.mark.slow
@pytest.mark.parametrize("rule", MUTANTS)
def test_without_the_rule_two_hosts_sign_one_slot(rule: str) -> None:
    """And with it none do, in the same worlds."""
    mutant = MUTANTS[rule]
    found = first_seed(mutant.without, mutant.within)
    print(f"\n{rule}: seed {found} of {mutant.within}: {mutant.removed}")  # noqa: T201 - for the log
    assert found is not None, f"nobody noticed in {mutant.within} seeds: {mutant.removed}"
    assert first_seed(mutant.whole, mutant.within) is None


@pytest.mark.slow
@pytest.mark.parametrize("rule", COVERED)
def test_what_another_rule_covers_is_covered(rule: str) -> None:
    """A rule that is not for safety, or not alone: the page says so, and this holds it to it."""
    mutant = COVERED[rule]
    assert first_seed(mutant.without, mutant.within) is None


def test_the_page_tells_of_every_mutant() -> None:
    """What was removed, in which world, and within how many seeds it shows."""
    page = PAGE.read_text()
    for rule, mutant in (MUTANTS | COVERED).items():
        row = f"| {rule} | {mutant.removed} | {mutant.world} | {mutant.within} |"
        assert row in page, row
