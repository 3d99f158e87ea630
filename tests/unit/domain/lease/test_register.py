"""Whatever the register, the clocks and the keepers do, two hosts never produce at once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.lease.holding import is_continued
from eoskeeper.domain.lease.register import begin_lease
from eoskeeper.domain.lease.timing import LeaseTiming, lease_problems
from eoskeeper.domain.register import LeaseRecord
from tests.unit.domain.lease.lease_world import Broken, LeaseWorld

SEEDS = range(60)
LONG_S = 900.0


def doubles(
    seed: int, timing: LeaseTiming | None = None, broken: Broken | None = None
) -> list[str]:
    """What a quarter of an hour of faults brought."""
    world = LeaseWorld(seed, timing or LeaseTiming(), broken)
    world.run(LONG_S)
    return world.doubles


@pytest.mark.parametrize("seed", SEEDS)
def test_two_hosts_never_produce_at_once(seed: int) -> None:
    """Lost, late and doubled writes, keepers that sleep, die and begin anew, clocks that drift."""
    assert doubles(seed) == []


def test_without_faults_one_host_produces_nearly_all_the_time() -> None:
    """Safety alone could be had by doing nothing."""
    world = LeaseWorld(1, LeaseTiming(), faults=0.0)
    world.run(600.0)
    assert world.doubles == []
    assert world.produced_s > 590


def test_with_faults_somebody_produces_most_of_the_time() -> None:
    """One in seven writes is in trouble, and every host is hit some times an hour."""
    produced = []
    for seed in range(8):
        world = LeaseWorld(seed, LeaseTiming())
        world.run(LONG_S)
        produced.append(world.produced_s / LONG_S)
    assert sum(produced) / len(produced) > 0.8


@pytest.mark.parametrize(
    "rule",
    ["no_fence", "no_guard", "impatient", "counts_from_receipt", "releases_unproven"],
)
def test_the_world_notices_when_a_rule_is_missing(rule: str) -> None:
    """A world that finds nothing in a broken protocol proves nothing of the other."""
    broken = Broken(**{rule: True})
    if rule == "no_fence":
        broken.no_guard = True  # each of the two covers for the other
    timing = LeaseTiming()
    if rule == "counts_from_receipt":
        # As tight as the rules allow: the default leaves more room than an answer can take.
        timing = LeaseTiming(lease_s=10.1, fence_age_s=8.0, stop_s=2.0, guard_s=60)
        broken.no_guard = True
    assert any(doubles(seed, timing, broken) for seed in range(200)), rule


def test_a_backup_that_is_put_back_makes_candidates_wait_for_a_whole_lease() -> None:
    """Its record may name who gave back long ago, or nobody, while another holds.

    Of keepers that saw the store before it: one that begins afterwards cannot know.
    """

    def found(seed: int, *, trusts: bool) -> list[str]:
        broken = Broken(trusts_a_backup=trusts)
        world = LeaseWorld(seed, LeaseTiming(), broken, restored=True)
        world.run(LONG_S)
        return world.doubles

    assert [seed for seed in SEEDS if found(seed, trusts=False)] == []
    assert any(found(seed, trusts=True) for seed in range(200))


@pytest.mark.parametrize(
    ("change", "goes_on"),
    [
        ({}, True),
        ({"beat": 9}, True),
        ({"released": True}, False),
        ({"term": 4}, False),
        ({"term": 6}, False),
        ({"run": "a0"}, False),
        ({"host": "b"}, False),
    ],
)
def test_a_keeper_goes_on_with_the_very_term_that_its_journal_names(
    change: dict[str, Any], *, goes_on: bool
) -> None:
    """An older one comes from a backup: who held since may produce still."""
    held = LeaseRecord("a", 5, 3, run="a1")
    lease = begin_lease("a", "a2", held, Moment(MonoS(0.0), UtcS(0.0)))
    assert is_continued(lease, msgspec.structs.replace(held, **change)) is goes_on
    without = msgspec.structs.replace(lease, held_before=None)
    assert not is_continued(without, held)


def test_limits_that_break_the_arithmetic_let_two_produce() -> None:
    """What `lease_problems` refuses is refused for a reason."""
    timing = LeaseTiming(fence_age_s=25.0, guard_s=30.0)
    assert {one.name for one in lease_problems(timing)} >= {"S1", "S2"}
    assert any(doubles(seed, timing) for seed in SEEDS)
