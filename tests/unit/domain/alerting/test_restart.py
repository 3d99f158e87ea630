"""A keeper that starts anew repeats nothing that was told and forgets nothing that was not."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.alerting.alarms import AlarmLine, AlarmMemory, Notification, Verdict
from eoskeeper.domain.alerting.engine import AlarmAnswer, explain, snapshot_alarms
from eoskeeper.domain.alerting.settings import AlertSettings
from eoskeeper.domain.findings import Language
from eoskeeper.domain.host_samples import AlarmAcknowledged, DeliveryResult, SilenceOrdered
from eoskeeper.domain.policy import Role
from tests.unit.domain.alerting.desk import OPS, Desk, bad, good, kinds, rated, setup_of

LINKS = rated("links")
HEAD = rated("head_age", hold_s=30.0)


def told_desk() -> Desk:
    """``links`` is open and everybody knows."""
    desk = Desk(setup_of(LINKS, HEAD))
    desk.run(bad("links"), for_s=10)
    return desk


def test_an_open_alarm_that_was_told_is_not_told_anew() -> None:
    """Its repetition comes when it would have come, by the wall clock."""
    desk = told_desk()
    desk.restart(down_s=600)
    assert desk.run(bad("links"), for_s=1100) == []
    assert kinds(desk.run(bad("links"), for_s=100)) == ["repeated ops"]


def test_a_wall_clock_that_was_ahead_puts_off_nothing_for_years() -> None:
    """A moment in the future counts as now."""
    desk = told_desk()
    desk.restart(down_s=-5 * 365 * 86_400)
    assert kinds(desk.run(bad("links"), for_s=1810)) == ["repeated ops"]


def test_an_alarm_that_ended_while_no_keeper_ran_is_resolved() -> None:
    """With a message to those who were told."""
    desk = told_desk()
    desk.restart(down_s=60)
    (resolved,) = desk.run(good("links"), for_s=10)
    assert resolved.resolved
    assert resolved.lines[0] == "Resolved after 1 min"


@pytest.mark.parametrize("role", [Role.PRIMARY, Role.OBSERVER])
def test_an_alarm_whose_rule_is_gone_is_closed(role: Role) -> None:
    """It says why, and it was not because all is well."""
    desk = told_desk()
    desk.restart(setup=setup_of(HEAD, role=role))
    (closed,) = desk.run(bad("links"), for_s=5)
    assert closed.resolved
    assert "switched off" in closed.lines[0]


def test_a_message_without_a_proven_delivery_is_sent_again() -> None:
    """In doubt twice, also when a failure had been heard."""
    desk = Desk(setup_of(LINKS), proves=False)
    (told,) = desk.run(bad("links"), for_s=3)
    refused = desk.outcome(told, DeliveryResult.REFUSED)
    desk.cycle(bad("links"), orders=(refused,))
    desk.restart()
    (again,) = desk.cycle(bad("links"))
    assert again.notification_id == told.notification_id
    assert again.reason is Verdict.NOT_DELIVERED
    desk.cycle(bad("links"), orders=(desk.outcome(again),))
    desk.restart()
    assert desk.run(bad("links"), for_s=300) == []


def test_what_was_about_to_be_told_is_told_also_when_it_is_good_by_now() -> None:
    """It fired; the keeper ended while it waited for company."""
    desk = Desk(setup_of(LINKS))
    assert desk.cycle(bad("links")) == ()
    desk.restart()
    assert kinds(desk.run(good("links"), for_s=20)) == ["fired ops", "resolved ops"]


def test_an_end_that_was_about_to_be_told_is_told() -> None:
    """Else somebody would look for what is not there."""
    desk = told_desk()
    desk.run(good("links"), for_s=6)
    assert desk.memory.closings
    desk.restart()
    assert kinds(desk.run(good("links"), for_s=5)) == ["resolved ops"]


def test_a_silence_and_an_acknowledgement_outlive_the_keeper() -> None:
    """The silence by the wall clock."""
    desk = told_desk()
    orders = (
        SilenceOrdered(desk.now, "head_age", 600.0, "li", ""),
        AlarmAcknowledged(desk.now, "links", "li"),
    )
    desk.cycle(bad("links"), orders=orders)
    desk.restart(down_s=300)
    both = (bad("links"), bad("head_age"))
    assert desk.run(*both, for_s=290) == []
    lines = {one.rule: one for one in explain(desk.memory, desk.now, desk.setup)}
    assert lines["links"].acknowledged_by == "li"
    assert lines["head_age"].verdict is Verdict.SILENCED
    assert kinds(desk.run(*both, for_s=20)) == ["fired ops"]


def test_a_silence_that_ended_while_no_keeper_ran_is_over() -> None:
    """What was told before it is told again."""
    desk = told_desk()
    order = SilenceOrdered(desk.now, "links", 60.0, "li", "")
    desk.cycle(bad("links"), orders=(order,))
    desk.restart(down_s=300)
    assert kinds(desk.run(bad("links"), for_s=5)) == ["repeated ops"]


def test_what_was_told_after_a_silence_is_not_told_once_more() -> None:
    """The end of the silence is in the journal like its beginning."""
    desk = Desk(setup_of(LINKS))
    order = SilenceOrdered(desk.now, "links", 60.0, "li", "")
    desk.cycle(bad("links"), orders=(order,))
    assert kinds(desk.run(bad("links"), for_s=100)) == ["fired ops"]
    desk.restart()
    assert desk.run(bad("links"), for_s=100) == []


def test_an_alarm_that_nobody_need_be_told_of_can_still_end() -> None:
    """It was acknowledged before its message was due."""
    desk = Desk(setup_of(LINKS))
    desk.cycle(bad("links"))
    desk.cycle(bad("links"), after_s=0.1, orders=(AlarmAcknowledged(desk.now, "links", "li"),))
    desk.restart()
    assert desk.run(good("links"), for_s=20) == []
    assert desk.memory.alarms == {}


def test_flapping_is_remembered() -> None:
    """A keeper that restarts in between begins no new count, and tells nothing twice."""
    settings = AlertSettings(contacts={"ops": OPS}, flap_changes=4, flap_quiet_s=100)
    desk = Desk(setup_of(LINKS, settings=settings))
    told: list[str] = []
    for _ in range(4):
        told += kinds(desk.run(bad("links"), for_s=10))
        desk.restart(down_s=1)
        told += kinds(desk.run(good("links"), for_s=10))
        desk.restart(down_s=1)
    assert told == ["fired ops", "resolved ops", "fired ops", "flapping ops"]


def test_a_snapshot_alone_is_enough() -> None:
    """The records before it may be gone from a bounded journal."""
    desk = Desk(setup_of(LINKS, HEAD, rated("disk")))
    desk.run(bad("links"), for_s=10)
    desk.proves = False
    order = SilenceOrdered(desk.now, "head_age", 600.0, "li", "")
    desk.cycle(bad("links"), bad("disk"), orders=(order,))
    desk.run(good("links"), bad("disk"), for_s=6)
    snapshot = snapshot_alarms(desk.memory, desk.now)
    desk.restart()
    whole = desk.memory
    desk.journal = [snapshot]
    desk.restart()
    assert desk.memory == whole
    assert desk.memory.undelivered
    assert desk.memory.silences
    assert desk.memory.closings
    assert desk.memory.changes


def test_every_value_has_a_stable_json_form() -> None:
    """Memory, lines, answers and messages come back as they went."""
    desk = told_desk()
    desk.cycle(bad("links"), bad("head_age"), orders=(AlarmAcknowledged(desk.now, "links", "li"),))
    assert desk.last is not None
    lines = explain(desk.memory, desk.now, desk.setup)
    table: list[tuple[object, object]] = [
        (desk.memory, AlarmMemory),
        (lines, tuple[AlarmLine, ...]),
        (desk.last.answers, tuple[AlarmAnswer, ...]),
        (tuple(desk.sent), tuple[Notification, ...]),
        (desk.setup.settings, AlertSettings),
    ]
    for value, kind in table:
        assert value
        assert msgspec.json.decode(msgspec.json.encode(value), type=kind) == value


def test_everything_is_said_in_chinese_too() -> None:
    """No English word stands around the rules' own."""
    desk = Desk(setup_of(LINKS, language=Language.CHINESE))
    desk.cycle(orders=(AlarmAcknowledged(desk.now, "links", "li"),))
    assert desk.last is not None
    assert desk.last.answers[0].text == "links 没有未恢复的告警; 未恢复的有: -"
    told = [*desk.run(bad("links"), for_s=2000), *desk.run(good("links"), for_s=10)]
    assert [one.title for one in told] == [
        "[严重] bp-a (主节点): links 异常",
        "[严重] bp-a (主节点): 仍未恢复: links 异常",
        "[已恢复] bp-a (主节点): links 异常",
    ]
    assert told[1].lines == (
        "20 秒",
        "处理办法: 修复 links",
        "开始于 2025-07-06 00:00:02 UTC+00:00, 已持续 30 分钟",
        "此前已通知 1 次, 无人确认",
    )
    assert told[2].lines == ("历时 33 分钟 后恢复", "正常")


def test_a_sentence_that_cannot_be_said_does_not_cost_the_alarm() -> None:
    """A bug of a rule: its code and figures are told bare."""
    desk = Desk(setup_of(LINKS))
    broken = msgspec.structs.replace(bad("links"), figures={"years": 3}, code="bad")
    (told,) = desk.run(broken, for_s=3)
    assert told.lines[0] == "bad: years 3"


def test_a_message_to_a_contact_that_is_gone_is_dropped() -> None:
    """Its channels may be gone with it; the others are told as ever."""
    desk = Desk(setup_of(LINKS), proves=False)
    desk.run(bad("links"), for_s=3)
    desk.restart(setup=setup_of(LINKS, settings=AlertSettings(contacts={"new": OPS})))
    assert kinds(desk.run(bad("links"), for_s=3)) == ["fired new"]
    assert set(desk.memory.undelivered) == {2}
