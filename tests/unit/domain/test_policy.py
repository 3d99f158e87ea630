"""Each count of empty own turns belongs to one host, so that two candidates never meet."""

from __future__ import annotations

import itertools

import pytest

from eoskeeper.domain.policy import FailoverSettings, Policy, Role
from tests.unit.domain.scene import policy_of

HOSTS = (Role.PRIMARY, Role.FIRST_STANDBY, Role.SECOND_STANDBY)


def counts_of(policy: Policy, *, lapsed: bool, up_to: int = 200) -> list[int]:
    """Counts at which a host may act."""
    return [count for count in range(up_to + 1) if policy.may_act_at(count, lapsed=lapsed)]


@pytest.mark.parametrize("lapsed", list(itertools.product([False, True], repeat=3)))
def test_no_count_belongs_to_two_hosts(lapsed: tuple[bool, ...]) -> None:
    """Whichever of the three have lost their lease by turns."""
    for count in range(201):
        mine = [
            role
            for role, lost in zip(HOSTS, lapsed, strict=True)
            if policy_of(role).may_act_at(count, lapsed=lost)
        ]
        assert len(mine) <= 1, f"{count}: {mine}"


@pytest.mark.parametrize(
    ("role", "lapsed", "counts"),
    [
        (Role.FIRST_STANDBY, False, [2, 3, 4, 5, 6, 12, 13, 14, 15, 16, 22, 23, 24, 25]),
        (Role.SECOND_STANDBY, False, [7, 8, 9, 17, 18, 19]),
        (Role.PRIMARY, False, [10, 11, 20, 21]),
        (Role.FIRST_STANDBY, True, [12, 13, 14, 15, 16, 22, 23, 24, 25]),
        (Role.SECOND_STANDBY, True, [17, 18, 19]),
        (Role.PRIMARY, True, [20, 21]),
        (Role.OBSERVER, False, []),
    ],
)
def test_a_host_acts_in_its_own_window_only(role: Role, *, lapsed: bool, counts: list[int]) -> None:
    """From its delay on, and again every ten turns; a lapsed host skips its first window."""
    assert counts_of(policy_of(role), lapsed=lapsed, up_to=25) == counts


def test_every_count_from_two_on_belongs_to_somebody() -> None:
    """While no one has lapsed there is always a host whose turn it is."""
    owned = {count for role in HOSTS for count in counts_of(policy_of(role), lapsed=False)}
    assert owned == set(range(2, 201))


def test_a_delay_of_its_own_is_a_window_of_one_count() -> None:
    """Whoever sets a delay says how far it reaches too, or takes one count only."""
    policy = policy_of(settings=FailoverSettings(takeover_after_turns=4))
    assert counts_of(policy, lapsed=False, up_to=30) == [4, 14, 24]
    assert counts_of(policy, lapsed=True, up_to=30) == [14, 24]


def test_a_window_of_its_own_reaches_as_far_as_it_says() -> None:
    """With and without a delay of its own."""
    both = FailoverSettings(takeover_after_turns=3, takeover_window_turns=2)
    assert counts_of(policy_of(settings=both), lapsed=False, up_to=15) == [3, 4, 13, 14]
    one = FailoverSettings(takeover_window_turns=3)
    assert counts_of(policy_of(settings=one), lapsed=False, up_to=15) == [2, 3, 4, 12, 13, 14]


def test_an_observer_with_a_delay_would_act_after_it() -> None:
    """The role gives the delay its default only; configuration is what refuses the pair."""
    policy = policy_of(Role.OBSERVER, settings=FailoverSettings(takeover_after_turns=5))
    assert policy.takeover_after_turns == 5
    assert counts_of(policy, lapsed=False, up_to=20) == [5, 15]


def test_the_standbys_are_b_and_c() -> None:
    """The primary and the observer stand by for nobody."""
    assert [role for role in Role if role.is_standby] == [Role.FIRST_STANDBY, Role.SECOND_STANDBY]
