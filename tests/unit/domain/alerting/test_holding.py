"""Hold and depend: when a bad finding becomes an alarm, when it ends, and what mutes it."""

from __future__ import annotations

import pytest

from eoskeeper.domain.alerting.alarms import Verdict
from eoskeeper.domain.alerting.engine import explain
from eoskeeper.domain.alerting.holding import GONE_S
from eoskeeper.domain.alerting.settings import AlertSettings
from eoskeeper.domain.assessment import BROKEN_CODE, KEEPER_RULE
from eoskeeper.domain.findings import Finding, Grade, Severity
from tests.unit.domain.alerting.desk import (
    OPS,
    Desk,
    bad,
    good,
    kinds,
    poor,
    rated,
    setup_of,
    unknown,
)

HELD = rated("head_age", hold_s=10.0, clear_s=5.0)


def test_what_clears_before_its_hold_is_over_is_never_told() -> None:
    """And leaves nothing behind."""
    desk = Desk(setup_of(HELD))
    assert desk.run(bad("head_age"), for_s=10) == []
    assert desk.run(good("head_age"), for_s=60) == []
    assert desk.memory.pending == {}
    assert desk.journal == []


def test_it_is_told_when_it_was_bad_for_its_hold_and_the_group_had_its_time() -> None:
    """Ten seconds of badness, one of waiting for company."""
    desk = Desk(setup_of(HELD))
    assert desk.run(bad("head_age"), for_s=11) == []
    assert kinds(desk.cycle(bad("head_age"))) == ["fired ops"]


@pytest.mark.parametrize(("period_s", "cycles"), [(0.991, 11), (1.0, 11), (1.009, 11)])
def test_cycles_a_little_early_are_no_cycle_late(period_s: float, cycles: int) -> None:
    """The tenth of them fills a hold of ten seconds, whether its timer was early or late."""
    desk = Desk(setup_of(HELD))
    for _ in range(cycles):
        assert desk.cycle(bad("head_age"), after_s=period_s) == ()
    assert kinds(desk.cycle(bad("head_age"), after_s=period_s)) == ["fired ops"]


def test_it_resolves_when_it_was_good_for_long_enough_and_says_so() -> None:
    """A relapse begins the count anew."""
    desk = Desk(setup_of(HELD))
    desk.run(bad("head_age"), for_s=12)
    desk.run(good("head_age"), for_s=5)
    desk.cycle(bad("head_age"))
    assert desk.run(good("head_age"), for_s=6) == []
    (resolved,) = desk.run(good("head_age"), for_s=2)
    assert resolved.resolved
    assert kinds([resolved]) == ["resolved ops"]


def test_unknown_pauses_the_hold_and_the_end() -> None:
    """It neither fires nor clears."""
    desk = Desk(setup_of(HELD))
    desk.run(bad("head_age"), for_s=6)
    assert desk.run(unknown("head_age"), for_s=600) == []
    assert explain(desk.memory, desk.now, desk.setup)[0].verdict is Verdict.UNKNOWN
    assert desk.run(bad("head_age"), for_s=6) == []
    assert kinds(desk.run(bad("head_age"), for_s=2)) == ["fired ops"]
    desk.run(good("head_age"), for_s=3)
    assert desk.run(unknown("head_age"), for_s=600) == []
    assert kinds(desk.run(good("head_age"), for_s=6)) == ["resolved ops"]


@pytest.mark.parametrize("severity", [None])
def test_a_grade_that_is_not_for_this_role_opens_nothing(severity: Severity | None) -> None:
    """Nor is it anybody's cause."""
    quiet = rated("links", failed=severity, degraded=severity)
    desk = Desk(setup_of(quiet, rated("head_age", depends_on=("links",))))
    assert desk.run(bad("links"), for_s=30) == []
    assert desk.memory.alarms == {}
    assert kinds(desk.run(bad("links"), bad("head_age"), for_s=30)) == ["fired ops"]


def test_getting_worse_is_told_at_once_and_getting_better_is_not() -> None:
    """The severity stays at its highest until the end, so that wavering is told once."""
    desk = Desk(setup_of(rated("head_age")))
    desk.run(poor("head_age"), for_s=3)
    sent = [desk.run(finding("head_age"), for_s=4) for finding in (bad, poor, bad, poor)]
    assert [kinds(each) for each in sent] == [["worsened ops"], [], [], []]
    assert sent[0][0].severity is Severity.CRITICAL


def test_each_subject_is_an_alarm_of_its_own() -> None:
    """Two disks, one of them full."""
    desk = Desk(setup_of(rated("disk")))
    (told,) = desk.run(bad("disk", "blocks"), good("disk", "state"), for_s=5)
    assert "disk is ill (blocks)" in told.title
    (more,) = desk.run(bad("disk", "blocks"), bad("disk", "state"), for_s=5)
    assert "disk is ill (state)" in more.title


def test_a_thing_that_is_gone_is_closed_after_a_while() -> None:
    """A peer that was taken from the configuration does not stay an alarm for ever."""
    desk = Desk(setup_of(rated("peers")))
    desk.run(bad("peers", "bp-b"), good("peers", "bp-c"), for_s=3)
    assert desk.run(good("peers", "bp-c"), for_s=GONE_S) == []
    (closed,) = desk.run(good("peers", "bp-c"), for_s=5)
    assert closed.resolved
    assert "no longer speaks" in closed.lines[0]


def test_a_rule_that_breaks_ends_none_of_its_alarms() -> None:
    """It says nothing because it cannot, not because all is well."""
    desk = Desk(setup_of(rated("head_age"), rated(KEEPER_RULE)))
    desk.run(bad("head_age"), for_s=3)
    broken = Finding(KEEPER_RULE, Grade.FAILED, BROKEN_CODE, {}, subject="head_age")
    assert kinds(desk.run(broken, for_s=2 * GONE_S)) == ["fired ops"]
    assert set(desk.memory.alarms) == {"head_age", "keeper:head_age"}


CAUSE = rated("process", clear_s=5.0)
MIDDLE = rated("links", hold_s=20.0, depends_on=("process",))
EFFECT = rated("head_age", hold_s=3.0, depends_on=("links",))


def test_a_cause_mutes_what_depends_on_it_through_others() -> None:
    """One cause, one alarm."""
    desk = Desk(setup_of(CAUSE, MIDDLE, EFFECT))
    sent = desk.run(bad("process"), good("links"), bad("head_age"), for_s=300)
    assert [one.title for one in sent] == ["[CRITICAL] bp-a (primary): process is ill"]
    lines = explain(desk.memory, desk.now, desk.setup)
    assert [(one.rule, one.verdict) for one in lines] == [
        ("process", Verdict.RECENTLY_TOLD),
        ("head_age", Verdict.MUTED),
    ]
    assert lines[1].muted_by == "process"


def test_the_aftermath_of_a_cause_is_not_told() -> None:
    """Muted until the cause's alarm has ended and the dust has settled; then the hold begins."""
    desk = Desk(setup_of(CAUSE, EFFECT, MIDDLE))
    desk.run(bad("process"), bad("head_age"), for_s=60)
    sent = desk.run(good("process"), bad("head_age"), for_s=15)
    assert kinds(sent) == ["resolved ops"]
    assert desk.run(good("process"), good("head_age"), for_s=60) == []


def test_what_goes_on_after_its_cause_is_told() -> None:
    """The settling and the hold later."""
    desk = Desk(setup_of(CAUSE, EFFECT, MIDDLE))
    desk.run(bad("process"), bad("head_age"), for_s=60)
    desk.run(good("process"), bad("head_age"), for_s=15)
    assert kinds(desk.run(good("process"), bad("head_age"), for_s=8)) == ["fired ops"]


def test_a_cause_that_is_held_back_mutes_already() -> None:
    """The effect is often seen before the cause is sure."""
    desk = Desk(setup_of(CAUSE, EFFECT, MIDDLE))
    sent = desk.run(bad("links"), bad("head_age"), for_s=25)
    assert [one.title for one in sent] == ["[CRITICAL] bp-a (primary): links is ill"]


def test_an_effect_told_before_its_cause_stays_open_silently_and_is_resolved() -> None:
    """No repeats on top of the cause's, and no end that nobody hears."""
    desk = Desk(setup_of(CAUSE, EFFECT, MIDDLE))
    assert kinds(desk.run(bad("head_age"), for_s=10)) == ["fired ops"]
    sent = desk.run(bad("process"), bad("head_age"), for_s=3700, step_s=5)
    assert kinds(sent) == ["fired ops", "repeated ops", "repeated ops"]
    assert {one.title for one in sent} == {
        "[CRITICAL] bp-a (primary): process is ill",
        "[CRITICAL] bp-a (primary): still: process is ill",
    }
    sent = desk.run(good("process"), good("head_age"), for_s=10)
    assert [one.title for one in sent] == ["[RESOLVED] bp-a (primary): head_age is ill and 1 more"]


def test_a_cause_that_is_less_urgent_mutes_nothing() -> None:
    """Who is called for the worst only would else never hear of it."""
    desk = Desk(setup_of(CAUSE, EFFECT, MIDDLE))
    sent = desk.run(poor("process"), bad("head_age"), for_s=10)
    assert [one.severity for one in sent] == [Severity.WARNING, Severity.CRITICAL]


def test_rules_that_depend_on_each_other_are_both_told() -> None:
    """A mistake in the catalogue must not make both silent."""
    first, second = rated("one", depends_on=("two",)), rated("two", depends_on=("one",))
    desk = Desk(setup_of(first, second))
    (told,) = desk.run(bad("one"), bad("two"), for_s=5)
    assert told.title == "[CRITICAL] bp-a (primary): one is ill and 1 more"


def test_what_comes_and_goes_is_told_so_once_and_then_held_open() -> None:
    """Until it has been quiet."""
    settings = AlertSettings(contacts={"ops": OPS}, flap_changes=4, flap_quiet_s=100)
    desk = Desk(setup_of(rated("links"), settings=settings))
    told: list[str] = []
    for _ in range(20):
        told += kinds(desk.run(bad("links"), for_s=10))
        told += kinds(desk.run(good("links"), for_s=10))
    assert told == ["fired ops", "resolved ops", "fired ops", "flapping ops"]
    assert desk.run(good("links"), for_s=90) == []
    assert kinds(desk.run(good("links"), for_s=20)) == ["resolved ops"]
    assert desk.memory.changes == {}


def test_slow_changes_are_no_flapping() -> None:
    """Only so many within the window."""
    settings = AlertSettings(contacts={"ops": OPS}, flap_changes=4, flap_window_s=100)
    desk = Desk(setup_of(rated("links"), settings=settings))
    for _ in range(5):
        assert kinds(desk.run(bad("links"), for_s=40)) == ["fired ops"]
        assert kinds(desk.run(good("links"), for_s=40)) == ["resolved ops"]


def test_what_flaps_explains_nothing_while_it_is_good() -> None:
    """It stays open for long after it went."""
    desk = Desk(setup_of(CAUSE, EFFECT, MIDDLE))
    for _ in range(3):
        desk.run(bad("process"), for_s=10)
        desk.run(good("process"), for_s=10)
    assert desk.memory.alarms["process"].flapping
    assert kinds(desk.run(good("process"), bad("head_age"), for_s=20)) == ["fired ops"]


def test_a_hold_begins_anew_when_its_cause_has_gone() -> None:
    """Badness that was explained does not count."""
    desk = Desk(
        setup_of(rated("process", hold_s=60.0), rated("db", hold_s=9, depends_on=("process",)))
    )
    desk.run(bad("db"), for_s=8)
    desk.cycle(bad("process"), bad("db"))
    assert desk.run(good("process"), bad("db"), for_s=19) == []
    assert kinds(desk.run(good("process"), bad("db"), for_s=3)) == ["fired ops"]


def test_what_is_about_to_be_told_does_not_end_before_it_is() -> None:
    """However late the next cycle comes: it was bad for its hold."""
    desk = Desk(setup_of(rated("forks", clear_s=0.0)))
    desk.cycle(bad("forks"))
    assert kinds(desk.cycle(good("forks"), after_s=30)) == ["fired ops"]
    assert kinds(desk.run(good("forks"), for_s=3)) == ["resolved ops"]


def test_a_rule_that_is_unknown_as_a_whole_ends_none_of_its_parts() -> None:
    """It has not yet read any folder since it started."""
    desk = Desk(setup_of(rated("disk")))
    desk.run(bad("disk", "blocks"), for_s=3)
    assert desk.run(unknown("disk"), for_s=2 * GONE_S) == []


def test_the_worse_of_two_findings_about_one_thing_counts() -> None:
    """In whichever order they come."""
    desk = Desk(setup_of(rated("links")))
    assert kinds(desk.run(bad("links"), good("links"), for_s=3)) == ["fired ops"]
