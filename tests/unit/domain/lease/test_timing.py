"""A combination of limits that could let two hosts produce is refused, with its sum."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoskeeper.domain.lease.timing import (
    LeaseTiming,
    candidate_wait_s,
    lease_problems,
    lease_sums,
)


def broken(**limits: float) -> list[str]:
    """Names of the rules that the defaults break with some limits replaced."""
    timing = msgspec.structs.replace(LeaseTiming(), **limits)
    return [one.name for one in lease_problems(timing)]


def test_the_defaults_are_good() -> None:
    """All of them at once."""
    assert broken() == []


@pytest.mark.parametrize(
    ("limits", "rules"),
    [
        ({"lease_s": 8.5}, ["S1", "S2"]),
        ({"stop_s": 14.0}, ["S1", "S5"]),
        ({"guard_s": 9.99}, []),
        ({"guard_s": 10.0}, ["S2"]),
        ({"clock_rate": 0.1}, []),
        ({"clock_rate": 0.1, "lease_s": 19.9}, ["S2"]),
        ({"settle_s": 1.9}, ["S4"]),
        ({"clock_error_s": 0.6}, ["S4"]),
        ({"stop_s": 3.0}, ["S5"]),
        ({"fence_age_s": 5.4}, ["L1"]),
        ({"timeout_s": 2.1}, ["L1", "L2"]),
    ],
    ids=str,
)
def test_each_rule_is_broken_by_what_breaks_it(limits: dict[str, float], rules: list[str]) -> None:
    """And no other."""
    assert broken(**limits) == rules


def test_a_problem_shows_its_sum_and_what_would_happen() -> None:
    """Who is refused sees the numbers that were set, not a name of a rule alone."""
    (problem,) = lease_problems(LeaseTiming(guard_s=11.0))
    assert problem.arithmetic == "2 V = 2 x 11 = 22 s <= L (1 - rho) = 20 x (1 - 0.001) = 19.98 s"
    assert problem.otherwise == "a guard that was held up could stop it too late"


def test_a_sum_that_meets_its_limit_is_good() -> None:
    """0.1 three times is not 0.3 in the machine, and must not be refused for that."""
    timing = LeaseTiming(settle_s=1.3, clock_error_s=0.15, fence_age_s=5.5)
    assert [one.name for one in lease_problems(timing)] == []


@given(
    st.builds(
        LeaseTiming,
        lease_s=st.floats(1, 100),
        fence_age_s=st.floats(0.1, 60),
        stop_s=st.floats(0.1, 30),
        guard_s=st.floats(0.1, 60),
        clock_rate=st.floats(0, 0.1),
    )
)
def test_no_candidate_begins_before_the_slowest_stop(timing: LeaseTiming) -> None:
    """Whatever the limits: when S1 and S2 hold, so does what they are there for.

    The holder's clock is slow by rho and the candidate's fast by rho: the worst case of both.
    """
    names = {one.name for one in lease_problems(timing)}
    if names & {"S1", "S2"}:
        return
    candidate_begins_s = candidate_wait_s(timing) / (1 + timing.clock_rate)
    holder_stopped_s = (timing.fence_age_s + timing.stop_s) / (1 - timing.clock_rate)
    assert holder_stopped_s <= candidate_begins_s + 1e-6
    assert 2 * timing.guard_s / (1 - timing.clock_rate) <= candidate_begins_s + 1e-6


def test_every_rule_has_its_own_name() -> None:
    """It is printed by `check` and looked up in the documentation."""
    names = [one.name for one in lease_sums(LeaseTiming())]
    assert len(set(names)) == len(names)
