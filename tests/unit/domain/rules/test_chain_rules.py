"""What holds for every rule about the chain, in health and in any plight."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoskeeper.domain.findings import Finding, Grade
from eoskeeper.domain.policy import Role
from eoskeeper.domain.rules.api_answers import API_ANSWERS, ApiAnswers
from eoskeeper.domain.rules.api_latency import API_LATENCY, ApiLatency
from eoskeeper.domain.rules.finality_lag import FINALITY_LAG, FinalityLag
from eoskeeper.domain.rules.finality_progress import FINALITY_PROGRESS, FinalityProgress
from eoskeeper.domain.rules.head_age import HEAD_AGE, HeadAge
from eoskeeper.domain.rules.head_progress import HEAD_PROGRESS, HeadProgress
from eoskeeper.domain.rules.isolation import ISOLATION, Isolation
from eoskeeper.domain.rules.links import LINKS, Links
from eoskeeper.domain.rules.main_thread import MAIN_THREAD, MainThread
from eoskeeper.domain.rules.own_turn import OWN_TURN, OwnTurn
from eoskeeper.domain.rules.producer_api import PRODUCER_API, ProducerApi
from eoskeeper.domain.rules.producers_seen import PRODUCERS_SEEN, ProducersSeen
from eoskeeper.domain.rules.producing_elsewhere import PRODUCING_ELSEWHERE, ProducingElsewhere
from eoskeeper.domain.rules.rule import Declaration, Rule
from eoskeeper.domain.rules.schedule import SCHEDULE, ScheduleRule
from eoskeeper.domain.rules.standby_unpaused import STANDBY_UNPAUSED, StandbyUnpaused
from eoskeeper.domain.rules.two_producers import TWO_PRODUCERS, TwoProducers
from tests.unit.domain.rules.views import Watched, said, watched
from tests.unit.domain.scene import Site, policy_of, settled_holder, settled_standby
from tests.unit.domain.test_any_plight import PLIGHTS

RULES: tuple[tuple[Declaration, Rule], ...] = (
    (API_ANSWERS, ApiAnswers()),
    (API_LATENCY, ApiLatency()),
    (FINALITY_LAG, FinalityLag()),
    (FINALITY_PROGRESS, FinalityProgress()),
    (HEAD_AGE, HeadAge()),
    (HEAD_PROGRESS, HeadProgress()),
    (ISOLATION, Isolation()),
    (LINKS, Links(least=3, partners=("node-b",))),
    (MAIN_THREAD, MainThread()),
    (OWN_TURN, OwnTurn()),
    (PRODUCER_API, ProducerApi()),
    (PRODUCERS_SEEN, ProducersSeen()),
    (PRODUCING_ELSEWHERE, ProducingElsewhere()),
    (SCHEDULE, ScheduleRule()),
    (STANDBY_UNPAUSED, StandbyUnpaused()),
    (TWO_PRODUCERS, TwoProducers()),
)

BAD = {Grade.FAILED, Grade.DEGRADED}


def judge(watch: Watched) -> list[Finding]:
    """Ask every rule; each finding can be said."""
    findings: list[Finding] = []
    for declaration, rule in RULES:
        found = rule.assess(watch.view, watch.site.now)
        assert found
        said(declaration, found)
        findings.extend(found)
    return findings


def bad(watch: Watched) -> set[str]:
    """Names of the rules that are bad now."""
    return {finding.rule for finding in judge(watch) if finding.grade in BAD}


def roots(names: set[str]) -> set[str]:
    """Those that no other bad one explains."""
    causes = {declaration.name: set(declaration.depends_on) for declaration, _ in RULES}

    def explained_by(name: str, seen: frozenset[str]) -> set[str]:
        found = causes.get(name, set()) - seen
        return found.union(*(explained_by(one, seen | found) for one in found))

    return {name for name in names if not explained_by(name, frozenset()) & names}


def roots_within(watch: Watched, seconds: int) -> set[str]:
    """Every root in each of the next seconds."""
    found: set[str] = set()
    for _ in range(seconds):
        watch.run(1)
        found |= roots(bad(watch))
    return found


@pytest.mark.parametrize("declaration", [one for one, _ in RULES], ids=lambda one: one.name)
def test_a_declaration_is_whole(declaration: Declaration) -> None:
    """Remedies belong to codes that exist; nothing explains itself."""
    assert set(declaration.remedies) <= set(declaration.texts)
    assert declaration.name not in declaration.depends_on
    assert declaration.failed or declaration.degraded


def test_nothing_explains_itself_over_others() -> None:
    """Rules that mute each other would both stay silent."""
    causes = {declaration.name: declaration.depends_on for declaration, _ in RULES}
    for name, direct in causes.items():
        reached, todo = set[str](), [*direct]
        while todo:
            cause = todo.pop()
            if cause not in reached:
                reached.add(cause)
                todo += causes.get(cause, ())
        assert name not in reached


def test_no_rule_is_bad_on_a_holder_at_any_moment() -> None:
    """Two rounds."""
    assert roots_within(watched(settled_holder()), 48) == set()


def test_no_rule_is_bad_on_a_standby_at_any_moment() -> None:
    """Two rounds."""
    assert roots_within(watched(settled_standby()), 48) == set()


@pytest.mark.parametrize("role", Role)
def test_no_rule_is_bad_while_a_keeper_starts(role: Role) -> None:
    """From its first second on, beside a healthy node."""
    holds = role is Role.PRIMARY
    site = Site(policy_of(role), paused=not holds, elsewhere=not holds)
    assert roots_within(watched(site), 60) == set()


def test_a_stall_of_finality_has_one_root() -> None:
    """Seen for a minute."""
    watch = watched(settled_holder())
    watch.site.finality = False
    assert roots_within(watch, 60) == {"finality_progress"}


def test_a_cut_line_has_one_root_but_for_the_fence_that_follows() -> None:
    """The head stands before the silence is long enough, which its hold bridges."""
    watch = watched(settled_holder())
    watch.site.others = False
    held = HeadProgress().hold_s
    assert roots_within(watch, 15) <= {"isolation", "head_progress"}
    assert held >= 6
    assert roots_within(watch.run(6), 60) == {"isolation"}


def test_a_primary_that_another_host_replaced_has_one_root() -> None:
    """First its empty turns, then the word that another host produces."""
    watch = watched(settled_holder())
    watch.site.paused = True
    assert roots_within(watch, 48) == {"own_turn"}
    watch.site.elsewhere = True
    watch.run(30)
    assert roots_within(watch, 48) == {"producing_elsewhere"}


def test_an_api_that_is_silent_has_one_root() -> None:
    """Whatever else is then not known."""
    for reason in ("refused", "timed out"):
        watch = watched(settled_holder())
        PLIGHTS[reason](watch.site)
        assert roots_within(watch, 60) == {"api_answers"}


def test_a_producer_that_leaves_the_schedule_has_one_root() -> None:
    """Its hosts are well."""
    watch = watched(settled_holder())
    watch.site.accounts = ("alpha", "bravo", "carol", "delta")
    assert roots_within(watch, 60) == {"schedule"}


@settings(max_examples=40, deadline=None)
@given(
    role=st.sampled_from(Role),
    paused=st.booleans(),
    story=st.lists(st.tuples(st.sampled_from(sorted(PLIGHTS)), st.integers(0, 40)), max_size=10),
)
def test_no_rule_raises_in_any_plight(
    role: Role, *, paused: bool, story: list[tuple[str, int]]
) -> None:
    """And every finding can be said in both languages."""
    watch = watched(Site(policy_of(role), paused=paused))
    for plight, seconds in story:
        PLIGHTS[plight](watch.site)
        for _ in range(seconds):
            watch.run(1)
            judge(watch)
