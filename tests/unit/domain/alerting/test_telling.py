"""Judge, group and deliver: who is told, together with what, how often, and until it arrives."""

from __future__ import annotations

from itertools import pairwise

import pytest

from eoskeeper.domain.alerting.alarms import (
    Announcement,
    Notification,
    NotificationKind,
    Verdict,
)
from eoskeeper.domain.alerting.delivering import UNDELIVERED_KEPT
from eoskeeper.domain.alerting.engine import explain
from eoskeeper.domain.alerting.settings import AlertSettings, ContactGroup
from eoskeeper.domain.findings import Severity, Text
from eoskeeper.domain.host_samples import (
    AlarmAcknowledged,
    DeliveryResult,
    SilenceEnded,
    SilenceOrdered,
)
from tests.unit.domain.alerting.desk import (
    OPS,
    START_UTC_S,
    Desk,
    bad,
    good,
    kinds,
    poor,
    rated,
    setup_of,
)

LINKS = rated("links")
HEAD = rated("head_age")
HOUR_S = 3600.0


def contacts(**groups: ContactGroup) -> AlertSettings:
    """Settings with these contacts."""
    return AlertSettings(contacts=groups)


def silence(desk: Desk, rule: str, for_s: float = 600.0) -> SilenceOrdered:
    """An order of now."""
    return SilenceOrdered(desk.now, rule, for_s, "li", "maintenance")


def acknowledge(desk: Desk, rule: str) -> AlarmAcknowledged:
    """An order of now."""
    return AlarmAcknowledged(desk.now, rule, "li")


def verdicts(desk: Desk) -> list[Verdict]:
    """Of all lines."""
    return [line.verdict for line in explain(desk.memory, desk.now, desk.setup)]


def answer(desk: Desk) -> tuple[bool, str]:
    """The only answer of the newest cycle."""
    assert desk.last is not None
    (only,) = desk.last.answers
    return only.accepted, only.text


def test_alarms_that_come_together_go_in_one_message_with_evidence_and_remedy_each() -> None:
    """The most urgent one gives the title."""
    desk = Desk(setup_of(LINKS, HEAD))
    desk.cycle(poor("links"))
    (told,) = desk.cycle(poor("links"), bad("head_age"))
    assert told.title == "[CRITICAL] bp-a (primary): head_age is ill and 1 more"
    assert told.lines == (
        "1. head_age is ill",
        "20 s old",
        "What to do: mend head_age",
        "Since 2025-07-06 00:00:02 UTC+00:00, for 0 s",
        "2. links is ill",
        "9 s old",
        "What to do: mend links",
        "Since 2025-07-06 00:00:01 UTC+00:00, for 1 s",
    )


def test_an_open_alarm_is_repeated_until_it_ends() -> None:
    """Every half hour, as in 2018, but each alarm for itself."""
    desk = Desk(setup_of(LINKS))
    told = desk.run(bad("links"), for_s=2 * HOUR_S, step_s=1)
    assert kinds(told) == ["fired ops", *["repeated ops"] * 3]
    times = [one.at_utc for one in told]
    assert [later - earlier for earlier, later in pairwise(times)] == [1801, 1801, 1801]
    assert told[-1].lines[-1] == "Told before: 3; nobody has acknowledged"


def test_an_acknowledged_alarm_is_neither_repeated_nor_escalated_but_resolved() -> None:
    """Somebody works on it."""
    boss = ContactGroup(channels=("sms",), level=1)
    desk = Desk(setup_of(LINKS, settings=contacts(ops=OPS, boss=boss)))
    desk.run(bad("links"), for_s=5)
    desk.cycle(bad("links"), orders=(acknowledge(desk, "*"),))
    assert answer(desk)[0]
    assert desk.run(bad("links"), for_s=4 * HOUR_S, step_s=10) == []
    assert verdicts(desk) == [Verdict.ACKNOWLEDGED]
    assert kinds(desk.run(good("links"), for_s=10)) == ["resolved ops"]


def test_an_acknowledgement_is_void_when_it_gets_worse() -> None:
    """What was seen was the lesser thing."""
    desk = Desk(setup_of(LINKS))
    desk.run(poor("links"), for_s=5)
    desk.cycle(poor("links"), orders=(acknowledge(desk, "links"),))
    assert kinds(desk.run(bad("links"), for_s=5)) == ["worsened ops"]
    assert kinds(desk.run(bad("links"), for_s=HOUR_S, step_s=10)) == ["repeated ops"]


def test_nobody_acknowledges_and_the_next_level_is_called() -> None:
    """One level for each escalation time; those called before are told again."""
    levels = [ContactGroup(channels=("sms",), level=level) for level in range(3)]
    settings = AlertSettings(
        contacts={"ops": levels[0], "boss": levels[1], "owner": levels[2]}, escalate_s=600
    )
    desk = Desk(setup_of(LINKS, settings=settings))
    desk.run(bad("links"), for_s=5)
    assert kinds(desk.run(bad("links"), for_s=700)) == ["escalated boss"]
    assert kinds(desk.run(bad("links"), for_s=600)) == ["escalated owner"]
    told = desk.run(good("links"), for_s=10)
    assert sorted(kinds(told)) == ["resolved boss", "resolved ops", "resolved owner"]


@pytest.mark.parametrize("rule", ["links", "*"])
def test_a_silence_withholds_everything_and_then_what_is_still_open_is_told(rule: str) -> None:
    """By its own end, ten minutes later."""
    desk = Desk(setup_of(LINKS))
    desk.cycle(good("links"), orders=(silence(desk, rule),))
    assert desk.run(bad("links"), for_s=598) == []
    assert verdicts(desk) == [Verdict.SILENCED]
    assert kinds(desk.run(bad("links"), for_s=5)) == ["fired ops"]


def test_what_was_told_before_a_silence_is_told_again_after_it() -> None:
    """Also when an operator ends it."""
    desk = Desk(setup_of(LINKS))
    desk.run(bad("links"), for_s=5)
    desk.cycle(bad("links"), orders=(silence(desk, "links"),))
    desk.run(bad("links"), for_s=50)
    desk.cycle(bad("links"), orders=(SilenceEnded(desk.now, "*", "li"),))
    (again,) = desk.run(bad("links"), for_s=5)
    assert (again.kind, again.reason) == (NotificationKind.REPEATED, Verdict.SILENCE_ENDED)
    assert desk.run(bad("links"), for_s=60) == []


def test_what_fired_and_ended_in_silence_is_never_told() -> None:
    """Not even its end."""
    desk = Desk(setup_of(LINKS))
    desk.cycle(good("links"), orders=(silence(desk, "links"),))
    desk.run(bad("links"), for_s=60)
    assert desk.run(good("links"), for_s=1000) == []
    assert desk.memory.alarms == {}
    assert desk.memory.closings == {}


def test_the_end_of_what_was_told_waits_for_the_end_of_the_silence() -> None:
    """Nobody is left believing that it goes on."""
    desk = Desk(setup_of(LINKS))
    desk.run(bad("links"), for_s=5)
    desk.cycle(bad("links"), orders=(silence(desk, "links"),))
    assert desk.run(good("links"), for_s=500) == []
    assert kinds(desk.run(good("links"), for_s=200)) == ["resolved ops"]


def test_orders_that_make_no_sense_are_answered() -> None:
    """With what there is instead."""
    desk = Desk(setup_of(LINKS, HEAD))
    table = [
        (silence(desk, "lnks"), 'no rule is called "lnks"; there are: head_age, links'),
        (silence(desk, "links", 0), "a silence lasts more than 0 seconds and at most 30 days"),
        (silence(desk, "links", float("nan")), "a silence lasts more than 0 seconds"),
        (SilenceEnded(desk.now, "links", "li"), "links is not silenced"),
        (acknowledge(desk, "links"), "no alarm of links is open; open are: -"),
    ]
    for order, text in table:
        desk.cycle(orders=(order,))
        accepted, said = answer(desk)
        assert not accepted
        assert said.startswith(text)
    assert desk.memory.silences == {}


def test_an_alarm_that_came_back_in_silence_never_ended_for_those_who_were_told() -> None:
    """They hear that it is still there, not that it is new."""
    desk = Desk(setup_of(LINKS))
    desk.run(bad("links"), for_s=5)
    desk.cycle(bad("links"), orders=(silence(desk, "links"),))
    desk.run(good("links"), for_s=60)
    assert kinds(desk.run(bad("links"), for_s=600)) == ["repeated ops"]


def test_time_that_is_muted_or_silenced_escalates_nothing() -> None:
    """Nobody was asked to acknowledge in it."""
    boss = ContactGroup(channels=("sms",), level=1)
    for quiet in ("cause", "silence"):
        desk = Desk(setup_of(LINKS, rated("head_age", depends_on=("links",))))
        desk.setup = setup_of(*desk.setup.rated.values(), settings=contacts(ops=OPS, boss=boss))
        desk.run(bad("head_age"), for_s=3)
        if quiet == "cause":
            desk.run(bad("links"), bad("head_age"), for_s=1700)
        else:
            desk.cycle(bad("head_age"), orders=(silence(desk, "head_age", 1700),))
            desk.run(bad("head_age"), for_s=1700)
        told = desk.run(good("links"), bad("head_age"), for_s=1700)
        assert "escalated boss" not in kinds(told)


DAY = ContactGroup(channels=("wecom",), hours="08:00-22:00")
WORST = ContactGroup(channels=("sms",), severity=Severity.CRITICAL)


def test_a_contact_is_told_from_its_severity_on_and_in_its_hours() -> None:
    """A warning at night waits for the morning."""
    desk = Desk(setup_of(LINKS, settings=contacts(day=DAY, worst=WORST)))
    assert desk.run(poor("links"), for_s=7.9 * HOUR_S, step_s=60) == []
    assert verdicts(desk) == [Verdict.OUT_OF_HOURS]
    assert kinds(desk.run(poor("links"), for_s=HOUR_S / 4, step_s=60)) == ["fired day"]
    assert kinds(desk.run(bad("links"), for_s=180, step_s=60)) == ["fired worst", "worsened day"]


def test_hours_are_those_of_the_place() -> None:
    """Eight in the morning in Shanghai is midnight UTC."""
    desk = Desk(setup_of(LINKS, settings=contacts(day=DAY)))
    desk.utc_offset_s = 8 * 3600
    assert desk.utc_s == START_UTC_S
    (told,) = desk.run(poor("links"), for_s=5)
    assert told.lines[-1].startswith("Since 2025-07-06 08:00:01 UTC+08:00")


def test_a_critical_alarm_that_nobody_would_hear_goes_to_all_who_are_called_first() -> None:
    """Hours are a comfort, not a hole."""
    boss = ContactGroup(channels=("sms",), level=1)
    desk = Desk(setup_of(LINKS, settings=contacts(day=DAY, boss=boss)))
    (told,) = desk.run(bad("links"), for_s=5)
    assert (told.contact, told.reason) == ("day", Verdict.NOBODY_ELSE)
    later = desk.run(bad("links"), for_s=HOUR_S, step_s=10)
    assert kinds(later)[0] == "escalated boss"


def test_only_those_who_were_told_hear_of_the_end_and_only_if_they_want() -> None:
    """And none who were not."""
    curt = ContactGroup(channels=("sms",), resolved=False)
    settings = contacts(ops=OPS, curt=curt, worst=WORST)
    desk = Desk(setup_of(LINKS, settings=settings))
    assert sorted(kinds(desk.run(poor("links"), for_s=5))) == ["fired curt", "fired ops"]
    assert kinds(desk.run(good("links"), for_s=20)) == ["resolved ops"]
    assert desk.memory.closings == {}


def test_without_contacts_an_alarm_is_still_open_to_see() -> None:
    """``eoskeeper alarms`` says why nobody hears of it."""
    desk = Desk(setup_of(LINKS, settings=AlertSettings()))
    assert desk.run(bad("links"), for_s=5) == []
    assert verdicts(desk) == [Verdict.NO_CONTACT]


def takeover(severity: Severity = Severity.CRITICAL, **more: object) -> Announcement:
    """News."""
    return Announcement(
        code="takeover",
        severity=severity,
        title=Text(en="bp-b produces now", zh="bp-b 开始出块"),
        text=Text(en="after {turns} turns\nas planned", zh="{turns} 轮之后"),
        figures={"turns": 2},
        **more,  # type: ignore[arg-type]  # of the test's own making
    )


def test_news_is_told_once_and_has_no_end() -> None:
    """One message, its lines as they are."""
    desk = Desk(setup_of(LINKS))
    desk.cycle(news=(takeover(),))
    (told,) = desk.run(for_s=4 * HOUR_S, step_s=60)
    assert told.title == "[CRITICAL] bp-a (primary): bp-b produces now"
    assert told.lines == ("after 2 turns", "as planned")
    assert told.kind is NotificationKind.ANNOUNCED


def test_news_waits_for_the_hours_of_its_readers() -> None:
    """Unless it is critical."""
    desk = Desk(setup_of(LINKS, settings=contacts(day=DAY, worst=WORST)))
    desk.cycle(news=(takeover(Severity.WARNING),))
    assert desk.run(for_s=7 * HOUR_S, step_s=60) == []
    assert kinds(desk.run(for_s=2 * HOUR_S, step_s=60)) == ["announced day"]


def test_news_waits_for_the_end_of_a_silence_of_everything() -> None:
    """It is late then, but not lost."""
    desk = Desk(setup_of(LINKS))
    desk.cycle(orders=(silence(desk, "*"),), news=(takeover(),))
    assert desk.run(for_s=590) == []
    assert kinds(desk.run(for_s=20)) == ["announced ops"]


def test_news_may_name_its_readers() -> None:
    """A daily notice goes to whom it is meant for, whatever its severity."""
    desk = Desk(setup_of(LINKS, settings=contacts(day=DAY, worst=WORST)))
    notice = takeover(Severity.INFO, kind=NotificationKind.NOTICE, contacts=("worst", "nobody"))
    desk.cycle(news=(notice,))
    (told,) = desk.run(for_s=5)
    assert (told.kind, told.contact) == (NotificationKind.NOTICE, "worst")
    assert told.title == "bp-a (primary): bp-b produces now"


def test_a_message_that_no_channel_takes_is_sent_again_ever_more_slowly() -> None:
    """The same message with the same number, and no repetitions on top of it."""
    desk = Desk(setup_of(LINKS), proves=False)
    told: list[Notification] = []
    outcomes: tuple[object, ...] = ()
    for _ in range(3 * 3600):
        sent = desk.cycle(bad("links"), orders=outcomes)
        told += sent
        outcomes = tuple(
            desk.outcome(one, DeliveryResult.REFUSED, channel)
            for one in sent
            for channel in one.channels
        )
    assert {one.notification_id for one in told} == {1}
    assert {one.reason for one in told[1:]} == {Verdict.NOT_DELIVERED}
    times = [one.at_utc for one in told]
    assert len(set(times)) == 1  # when it was worded
    assert 8 <= len(told) <= 12
    assert verdicts(desk) == [Verdict.NOT_DELIVERED]
    assert desk.memory.deliveries["sms"] == {DeliveryResult.REFUSED: len(told)}


def test_one_channel_that_proves_it_is_enough_also_a_fallback() -> None:
    """Whatever the others said."""
    desk = Desk(setup_of(LINKS), proves=False)
    (told,) = desk.run(bad("links"), for_s=3)
    outcomes = (
        desk.outcome(told, DeliveryResult.TIMED_OUT, "wecom"),
        desk.outcome(told, DeliveryResult.PROVEN, "mail"),
        desk.outcome(told, DeliveryResult.REFUSED, "sms"),
    )
    desk.cycle(bad("links"), orders=outcomes)
    assert desk.memory.undelivered == {}
    assert desk.run(bad("links"), for_s=1000) == []


def test_a_message_of_which_nothing_is_heard_is_sent_again() -> None:
    """A courier that hangs keeps nobody in the dark."""
    desk = Desk(setup_of(LINKS), proves=False)
    (told,) = desk.run(bad("links"), for_s=290)
    (again,) = desk.run(bad("links"), for_s=30)
    assert again.notification_id == told.notification_id


def test_another_attempt_is_no_other_message() -> None:
    """It counts once, and the next one comes when it would have come."""
    desk = Desk(setup_of(LINKS), proves=False)
    (told,) = desk.run(bad("links"), for_s=290)
    (again,) = desk.run(bad("links"), for_s=100)
    desk.cycle(bad("links"), orders=(desk.outcome(again),))
    (repeated,) = desk.run(bad("links"), for_s=1460)
    assert repeated.lines[-1].startswith("Told before: 1;")
    assert repeated.at_utc == told.at_utc + 1801


def test_messages_that_wait_for_ever_are_bounded() -> None:
    """The oldest are given up."""
    desk = Desk(setup_of(LINKS), proves=False)
    for _ in range(UNDELIVERED_KEPT + 5):
        desk.cycle(news=(takeover(),))
        desk.cycle()
    desk.cycle()
    assert len(desk.memory.undelivered) <= UNDELIVERED_KEPT


def test_a_test_message_is_counted_and_nothing_else() -> None:
    """Its number is 0."""
    desk = Desk(setup_of(LINKS), proves=False)
    (told,) = desk.run(bad("links"), for_s=3)
    outcome = desk.outcome(told)
    trial = type(outcome)(desk.now, 0, "sms", DeliveryResult.PROVEN, 1, "")
    desk.cycle(bad("links"), orders=(trial,))
    assert desk.memory.deliveries == {"sms": {DeliveryResult.PROVEN: 1}}
    assert set(desk.memory.undelivered) == {told.notification_id}
