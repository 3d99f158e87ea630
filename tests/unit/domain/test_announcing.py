"""What people hear of a change of standing, an order or an advice; and what they do not."""

from __future__ import annotations

from itertools import product

import pytest

from eoskeeper.domain.actions import FenceCause, Pause, Permit, PermitKind, Terminate
from eoskeeper.domain.alerting.alarms import Announcement
from eoskeeper.domain.announced import ANNOUNCED
from eoskeeper.domain.announcing import announce, announced_as
from eoskeeper.domain.chain_time import UtcS
from eoskeeper.domain.events import (
    ActionDecided,
    Advised,
    CommandAnswered,
    KeeperStarted,
    OutcomeSeen,
    StandingChanged,
)
from eoskeeper.domain.failover import TABLE, Deed, Row, Trigger
from eoskeeper.domain.findings import Language, Severity
from eoskeeper.domain.policy import FailoverMode, FailoverSettings, Policy, Role
from eoskeeper.domain.samples import CommandKind, OutcomeResult
from eoskeeper.domain.standing import State
from tests.unit.domain.scene import (
    START_SLOT,
    Site,
    brink,
    command,
    moment_at,
    permit,
    policy_of,
    settled_holder,
    settled_standby,
    standing_of,
)

POLICY = policy_of()
NOW = moment_at(START_SLOT)
_S, _T = State, Trigger
PAUSED = (_S.STANDBY, _S.LAPSED, _S.ISOLATED, _S.RESTARTED, _S.HELD)

NOT_ANNOUNCED: frozenset[tuple[State, State, Trigger]] = frozenset(
    {
        # A keeper that has just started finds its place: ordinary.
        (_S.LEARNING, _S.FENCING, _T.MADE_ELSEWHERE),
        (_S.LEARNING, _S.FENCING, _T.DOUBLED),
        (_S.LEARNING, _S.FENCING, _T.NEW_PROCESS),
        (_S.LEARNING, _S.HOLDER, _T.MADE_HERE),
        (_S.LEARNING, _S.STANDBY, _T.WATCHED_PAUSED),
        # The answer to an order is told, not each step that it leads to.
        *((state, _S.FENCING, _T.OPERATOR_PAUSES) for state in _S if state is not _S.OBSERVER),
        *((state, _S.RESUMING, _T.OPERATOR_RESUMES) for state in PAUSED),
        # A paused node is paused once more, for proof.
        *((state, _S.FENCING, _T.PAUSE_UNCONFIRMED) for state in PAUSED),
        # Told when the resume is proven.
        (_S.RESTARTED, _S.RESUMING, _T.LEASE_HOLDS),
        # No change of standing: the same resume, or the same pause, is tried again.
        (_S.RESUMING, _S.RESUMING, _T.RESUME_UNSENT),
        (_S.FENCING, _S.FENCING, _T.PAUSE_DUE),
        # Told by the termination itself.
        (_S.FENCING, _S.FENCING, _T.FROZEN),
        # The fence was told, or was ordinary.
        (_S.FENCING, _S.STANDBY, _T.PAUSE_PROVEN),
        (_S.FENCING, _S.RESTARTED, _T.PAUSE_PROVEN),
    }
)
"""Changes that nobody is told of, each for the reason above it."""


def targets(row: Row) -> frozenset[State]:
    """Every state that a row may lead to."""
    if row.to is not None:
        return frozenset({row.to})
    if row.state is State.FENCING:
        return frozenset(one.then for one in TABLE if one.to is State.FENCING and one.then)
    return frozenset(one.then for one in TABLE if one.deed is Deed.RESUME and one.then)


CHANGES = [(row.state, to, row.trigger) for row in TABLE for to in sorted(targets(row))]


def changed(
    before: State,
    to: State,
    trigger: Trigger,
    *,
    kind: PermitKind | None = None,
    cause: FenceCause | None = None,
) -> StandingChanged:
    """A change of standing, as the cycle journals it."""
    given: Permit | None = None if kind is None else permit(kind)
    standing = standing_of(to, term=3, permit=given, cause=cause)
    return StandingChanged(NOW, before, standing, str(trigger), "7 of {x}")


def is_announced(before: State, to: State, trigger: Trigger) -> bool:
    """Whether the change is told under any permit and cause."""
    plights = product((None, *PermitKind), (None, *FenceCause))
    return any(
        announced_as(changed(before, to, trigger, kind=kind, cause=cause)) is not None
        for kind, cause in plights
    )


def only(announcements: tuple[Announcement, ...]) -> Announcement:
    """The one announcement."""
    (one,) = announcements
    return one


# --- the table ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "to", "trigger"), CHANGES)
def test_each_row_of_the_failover_table_is_told_or_deliberately_not(
    before: State, to: State, trigger: Trigger
) -> None:
    """A new row has to be put into one of the two lists."""
    listed = (before, to, trigger) in NOT_ANNOUNCED
    assert is_announced(before, to, trigger) is not listed


def test_nothing_is_listed_that_cannot_happen() -> None:
    """Neither among what is told nor among what is not."""
    assert set(CHANGES) >= NOT_ANNOUNCED
    # Outside ``auto`` a node that is found paused skips the fence, and one that was resumed by
    # hand is followed.
    passive = {
        (row.state, row.then, row.trigger)
        for row in TABLE
        if row.deed is Deed.PAUSE and row.then is not None
    }
    passive |= {(state, _S.HOLDER, _T.MADE_HERE) for state in PAUSED}
    possible = {*CHANGES, *passive}
    for row in ANNOUNCED:
        for trigger in row.triggers:
            assert any(
                (before, to, trigger) in possible for before in row.before for to in row.to
            ), row.code


def test_every_sentence_can_be_said_in_both_languages() -> None:
    """With the figures that an announcement brings; the reason may hold braces."""
    for row in ANNOUNCED:
        before, to, trigger = min(row.before), min(row.to), min(row.triggers)
        event = changed(before, to, trigger, kind=min(row.permits, default=None), cause=row.cause)
        told = only(announce([event], POLICY))
        for language in Language:
            assert told.title.say(language, told.figures)
            assert "{" not in told.text.say(language, told.figures).replace("{x}", "")
            assert "here" in told.text.say(language, told.figures)


def test_codes_of_different_titles_differ() -> None:
    """One code is used twice: found at start, or later, it is the same event."""
    codes = [row.code for row in ANNOUNCED]
    twice = {code for code in codes if codes.count(code) > 1}
    assert twice == {"fenced_not_entitled"}


# --- single ones ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code", "severity"),
    [
        (
            changed(_S.STANDBY, _S.RESUMING, _T.TAKEOVER_DUE, kind=PermitKind.TAKEOVER),
            "takeover_begun",
            Severity.CRITICAL,
        ),
        (
            changed(_S.RESUMING, _S.HOLDER, _T.RESUME_PROVEN, kind=PermitKind.TAKEOVER),
            "takeover_done",
            Severity.CRITICAL,
        ),
        *(
            (
                changed(_S.RESUMING, _S.HOLDER, _T.RESUME_PROVEN, kind=kind),
                "production_resumed",
                Severity.INFO,
            )
            for kind in PermitKind
            if kind not in {PermitKind.TAKEOVER, PermitKind.PROVEN}
        ),
        (
            changed(_S.RESUMING, _S.STANDBY, _T.RESUME_FAILED),
            "resume_failed",
            Severity.CRITICAL,
        ),
        (
            changed(_S.HOLDER, _S.FENCING, _T.MADE_ELSEWHERE),
            "fenced_made_elsewhere",
            Severity.CRITICAL,
        ),
        (
            changed(_S.HOLDER, _S.ISOLATED, _T.ALONE),
            "found_paused",
            Severity.WARNING,
        ),
        (
            changed(_S.RESTARTED, _S.LAPSED, _T.TURNS_NOT_STAYED),
            "lease_lapsed",
            Severity.WARNING,
        ),
        (
            changed(_S.FENCING, _S.HELD, _T.PAUSE_PROVEN, cause=FenceCause.OPERATOR),
            "stopped_held",
            Severity.INFO,
        ),
    ],
)
def test_changes_are_told_by_code_and_severity(
    change: StandingChanged, code: str, severity: Severity
) -> None:
    """With host, producer, term and the reason of the journal."""
    told = only(announce([change], POLICY))
    assert (told.code, told.severity) == (code, severity)
    figures = {"host": "here", "producer": "ours", "reason": "7 of {x}", "term": 3}
    assert told.figures == figures


def test_a_pause_that_is_proven_again_is_not_told() -> None:
    """nodeos restarted on a host that was held, or lapsed, before."""
    for state in (_S.HELD, _S.LAPSED, _S.ISOLATED):
        event = changed(_S.FENCING, state, _T.PAUSE_PROVEN, cause=FenceCause.RESTARTED)
        assert announce([event], POLICY) == ()


@pytest.mark.parametrize("kind", CommandKind)
def test_an_accepted_order_is_told_and_a_refused_one_is_not(kind: CommandKind) -> None:
    """Who was refused has read the answer."""
    told = only(announce([CommandAnswered(NOW, kind, "ann", True, "fine")], POLICY))  # noqa: FBT003 - a record's field
    assert (told.code, told.severity) == (f"{kind}_ordered", Severity.INFO)
    assert told.text.say(Language.ENGLISH, told.figures).startswith("ann ordered here")
    assert told.text.say(Language.CHINESE, told.figures).startswith("ann 已指令 here")
    refused = CommandAnswered(NOW, kind, "ann", False, "no")  # noqa: FBT003 - a record's field
    assert announce([refused], POLICY) == ()


@pytest.mark.parametrize("deed", [Deed.PAUSE, Deed.RESUME])
def test_advice_is_told_loudly(deed: Deed) -> None:
    """Nobody acts on it but those who hear it."""
    event = Advised(NOW, str(deed), "alone", "for 40 s")
    told = only(announce([event], POLICY))
    assert (told.code, told.severity) == (f"advised_{deed}", Severity.CRITICAL)
    for language in Language:
        assert "for 40 s" in told.text.say(language, told.figures)


def test_a_termination_is_told() -> None:
    """A pause is not: the change of standing was."""
    ended = ActionDecided(NOW, Terminate(4, 77, UtcS(1.0), "nodeos (pid 77) is frozen"))
    told = only(announce([ended], POLICY))
    assert (told.code, told.severity) == ("frozen_terminated", Severity.CRITICAL)
    for language in Language:
        assert "77" in told.text.say(language, told.figures)
    paused = ActionDecided(NOW, Pause(5, FenceCause.ALONE, "alone"))
    assert announce([paused], POLICY) == ()


def test_starts_and_outcomes_are_not_told() -> None:
    """And a host without a producer has a dash for it."""
    start = KeeperStarted(NOW, "1", "here", "A", "auto")
    assert announce([start, OutcomeSeen(NOW, 1, OutcomeResult.PROVEN, "")], POLICY) == ()
    nobody = Policy(host="here", role=Role.OBSERVER)
    event = changed(_S.HOLDER, _S.FENCING, _T.ALONE)
    assert only(announce([event], nobody)).figures["producer"] == "-"


# --- whole stories --------------------------------------------------------------------------------


def codes_of(site: Site, skip: int = 0) -> list[str]:
    """Codes of everything that people heard of a site, but for its first events."""
    return [told.code for told in announce(site.events[skip:], site.policy)]


def test_an_ordinary_start_is_silent() -> None:
    """Of a standby and of a holder."""
    assert codes_of(settled_standby()) == []
    assert codes_of(settled_holder()) == []


def test_a_takeover_is_told_when_it_begins_and_when_it_is_done() -> None:
    """In this order, and nothing else."""
    site = brink().run_until(lambda one: one.state() is State.HOLDER)
    assert codes_of(site) == ["takeover_begun", "takeover_done"]


def test_a_short_isolation_is_told_from_its_begin_to_its_end() -> None:
    """The primary stops, proves it, and comes back by itself."""
    site = settled_holder()
    site.others = False
    site.run_until(lambda one: one.state() is State.ISOLATED)
    site.others = True
    site.run_until(lambda one: one.state() is State.HOLDER)
    assert codes_of(site) == [
        "fenced_alone",
        "stopped_isolated",
        "isolation_over",
        "production_resumed",
    ]


def test_an_operators_pause_is_told_as_ordered_and_as_proven() -> None:
    """Twice in all: by whom, and that it is so."""
    site = settled_holder()
    site.tick(command(CommandKind.PAUSE))
    site.run_until(lambda one: one.state() is State.HELD)
    assert codes_of(site) == ["pause_ordered", "stopped_held"]


def test_in_advise_mode_a_takeover_is_only_advised() -> None:
    """And told once."""
    settings = FailoverSettings(mode=FailoverMode.ADVISE)
    site = brink(mode=settings.mode).run(20)
    assert codes_of(site)[:1] == ["advised_resume"]
    assert "takeover_begun" not in codes_of(site)
