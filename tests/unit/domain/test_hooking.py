"""Hooks through the cycle: when each is started, and what a no does to a takeover."""

from __future__ import annotations

from functools import partial
from typing import TypeVar

import msgspec
import pytest

from eoskeeper.domain.actions import Met, PermitKind
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.conditions import conditions_for
from eoskeeper.domain.events import HookEnded, StandingChanged
from eoskeeper.domain.hooks import (
    HookCall,
    HookName,
    HookRan,
    HookResult,
    HookSettings,
    longest_s,
)
from eoskeeper.domain.memory import restore
from eoskeeper.domain.permits import scene_of
from eoskeeper.domain.policy import FailoverMode, Role
from eoskeeper.domain.samples import CommandKind
from eoskeeper.domain.standing import State
from tests.unit.domain.leased_site import LeasedSite, leased_holder, leased_standby
from tests.unit.domain.scene import Site, command, policy_of

ALL = HookSettings(
    before_holding=("/bin/ask",),
    after_holding=("/bin/up",),
    before_ceasing=("/bin/down",),
    after_ceasing=("/bin/gone",),
)
LEASE_S = 20

AnySite = TypeVar("AnySite", bound=Site)


def hooked(site: AnySite, settings: HookSettings = ALL) -> AnySite:
    """The site with these hooks from now on."""
    site.policy = msgspec.structs.replace(site.policy, hooks=settings)
    return site


def ended(call: HookCall, result: HookResult, at: Moment) -> HookRan:
    """How a call ended."""
    name, term = call.name, call.context.term
    return HookRan(at=at, started=at, name=name, result=result, term=term, detail="exit status 1")


def run_until_asked(site: LeasedSite, seconds: int = 60) -> int:
    """Seconds until ``before_holding`` is started."""
    for second in range(seconds):
        if any(call.name is HookName.BEFORE_HOLDING for call in site.calls):
            return second
        site.tick()
    message = "it was never asked"
    raise AssertionError(message)


def answer(site: LeasedSite, result: HookResult) -> None:
    """Answer the newest question."""
    call = site.calls[-1]
    site.tick(lambda at: ended(call, result, at))


def names(site: LeasedSite) -> list[HookName]:
    """Those that were started, in order."""
    return [call.name for call in site.calls]


def told(site: Site) -> list[HookEnded]:
    """What the journal says of hooks."""
    return [one for done in site.steps for one in done.events if isinstance(one, HookEnded)]


def test_a_standby_asks_before_the_lease_is_free_and_claims_with_a_yes() -> None:
    """So early that a hook that hangs has ended by then; nothing is asked while all is well."""
    site = hooked(leased_standby())
    for second in range(60):
        if second % 2:
            site.beat()
        site.tick()
    assert site.calls == []
    asked_after = run_until_asked(site)
    assert LEASE_S - longest_s(ALL.timeout_s) - 3 <= asked_after < LEASE_S
    assert site.calls[-1].context.term == site.memory.standing.term + 1
    answer(site, HookResult.DONE)
    site.run(20)
    assert site.holds
    assert site.state() is State.HOLDER
    assert names(site) == [HookName.BEFORE_HOLDING, HookName.AFTER_HOLDING]
    assert [one.result for one in told(site)] == [HookResult.DONE]


@pytest.mark.parametrize(
    "result", [HookResult.VETOED, HookResult.FAILED, HookResult.TIMED_OUT, HookResult.MISSING]
)
def test_whatever_is_no_yes_claims_nothing_and_is_asked_again(result: HookResult) -> None:
    """The lease stays free for others; ten seconds later the hook may say otherwise."""
    site = hooked(leased_standby())
    run_until_asked(site)
    answer(site, result)
    scene = scene_of(site.memory, site.now, site.policy)
    (condition,) = [c for c in conditions_for(PermitKind.TAKEOVER, scene) if c.name == "hook"]
    assert condition.met is Met.NO
    assert "exit status 1" in condition.figure
    before = len(site.calls)
    site.run(9)
    assert len(site.calls) == before
    site.run(5)
    assert names(site) == [HookName.BEFORE_HOLDING] * 2
    site.run(5)
    assert not site.holds
    assert site.resumes == []
    answer(site, HookResult.DONE)
    site.run(10)
    assert site.state() is State.HOLDER


def test_a_hook_without_an_answer_forbids() -> None:
    """While it runs the condition is unknown; it is not started twice meanwhile."""
    site = hooked(leased_standby())
    run_until_asked(site)
    site.run(10)
    scene = scene_of(site.memory, site.now, site.policy)
    assert [c.met for c in conditions_for(PermitKind.TAKEOVER, scene) if c.name == "hook"] == [
        Met.UNKNOWN
    ]
    assert names(site) == [HookName.BEFORE_HOLDING]
    assert not site.holds


def test_a_fence_waits_for_no_hook() -> None:
    """The pause and ``before_ceasing`` come out of one cycle; what follows, when it is proven."""
    site = hooked(leased_holder())
    site.run(1)
    assert site.calls == []
    site.tick(command(CommandKind.PAUSE))
    assert site.state() is State.FENCING
    assert site.steps[-1].actions
    assert names(site) == [HookName.BEFORE_CEASING]
    site.run(3)
    assert site.state() is State.HELD
    assert names(site) == [HookName.BEFORE_CEASING, HookName.AFTER_CEASING]


def test_a_keeper_that_finds_its_host_producing_starts_no_hook() -> None:
    """Nothing began: the keeper did."""
    site = LeasedSite(Role.PRIMARY, paused=False, elsewhere=False)
    hooked(site).run(62)
    assert site.state() is State.HOLDER
    assert site.calls == []


def test_a_standby_that_never_held_starts_no_hook_when_it_is_paused() -> None:
    """There is nothing to cease."""
    site = hooked(leased_standby())
    site.tick(command(CommandKind.PAUSE))
    site.run(4)
    assert site.state() is State.HELD
    assert site.calls == []


@pytest.mark.parametrize("result", [HookResult.DONE, HookResult.VETOED])
def test_with_the_chain_register_it_is_asked_when_the_own_turns_are_empty(
    result: HookResult,
) -> None:
    """The yes comes before the gap ends; a no leaves the slots to others."""
    site = hooked(Site(policy_of(Role.FIRST_STANDBY)))
    site.run(60)
    site.elsewhere = False
    calls: list[HookCall] = []
    for _ in range(150):
        done = site.steps[-1]
        asked = [one for one in done.requests if isinstance(one, HookCall)]
        calls += asked
        question = [one for one in asked if one.name is HookName.BEFORE_HOLDING]
        if question:
            site.tick(partial(ended, question[0], result))
        else:
            site.tick()
    assert calls[0].name is HookName.BEFORE_HOLDING
    assert calls[0].context.reason.startswith("own turns empty: ")
    assert (site.state() is State.HOLDER) == (result is HookResult.DONE)
    assert bool(site.resumes) == (result is HookResult.DONE)


@pytest.mark.parametrize(
    ("mode", "asked"), [(FailoverMode.AUTO, 1), (FailoverMode.ADVISE, 1), (FailoverMode.OFF, 0)]
)
def test_in_mode_off_nothing_is_asked(mode: FailoverMode, asked: int) -> None:
    """An advice depends on the answer; a keeper that is off takes over nothing and asks nobody."""
    site = hooked(Site(policy_of(Role.FIRST_STANDBY, mode)))
    site.run(60)
    site.elsewhere = False
    found = 0
    for _ in range(150):
        calls = [one for one in site.tick().requests if isinstance(one, HookCall)]
        found += any(one.name is HookName.BEFORE_HOLDING for one in calls)
    assert min(found, 1) == asked


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.HOLDER, [HookName.BEFORE_CEASING, HookName.AFTER_CEASING]),
        (State.FENCING, [HookName.AFTER_CEASING]),
        (State.STANDBY, []),
    ],
)
def test_a_restarted_keeper_goes_on_with_the_hooks_where_they_were(
    state: State, expected: list[HookName]
) -> None:
    """What began before it was started has had its hooks; what ends now has not."""
    site = hooked(LeasedSite(Role.FIRST_STANDBY, paused=False))
    standing = msgspec.structs.replace(site.memory.standing, state=state)
    begun = StandingChanged(site.now, State.LEARNING, standing, "", "")
    memory = restore([begun], site.now, site.policy, "run-1")
    site.memory = msgspec.structs.replace(memory, node=site.memory.node)
    site.put("there")
    site.run(8)
    assert site.state() is not state or state is State.STANDBY
    assert names(site) == expected
