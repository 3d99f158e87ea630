"""Every event of the journals reads as a sentence in both languages, with the same figures."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from eoskeeper.domain.actions import (
    Condition,
    FenceCause,
    Met,
    Pause,
    Permit,
    PermitKind,
    Resume,
    Terminate,
)
from eoskeeper.domain.alerting.alarms import (
    Alarm,
    Announcement,
    Ending,
    News,
    Notification,
    NotificationKind,
    Silence,
    Verdict,
)
from eoskeeper.domain.alerting.events import (
    AlarmAcked,
    AlarmFired,
    AlarmFlapping,
    AlarmResolved,
    AlarmsSnapshot,
    AlarmWorsened,
    NewsTaken,
    NotificationDecided,
    NotificationDropped,
    NotificationSettled,
    SilenceCleared,
    SilenceSet,
)
from eoskeeper.domain.chain_time import Moment, MonoS, Slot, Turn, UtcS
from eoskeeper.domain.conditions import conditions_for
from eoskeeper.domain.event_words import CONDITIONS, event_text, evidence_texts
from eoskeeper.domain.events import (
    ActionDecided,
    Advised,
    CommandAnswered,
    Event,
    FailsafeTurned,
    HookEnded,
    KeeperStarted,
    LeaseWritten,
    MaintenanceSet,
    OutcomeSeen,
    SlotDoubled,
    StandingChanged,
)
from eoskeeper.domain.failover import Trigger
from eoskeeper.domain.findings import Finding, Grade, Severity, Text
from eoskeeper.domain.hooks import HookName, HookResult
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.logbook import Maker
from eoskeeper.domain.member_words import Doubled, MadeBy
from eoskeeper.domain.reason_words import TRIGGERS, reason_text
from eoskeeper.domain.reasons import why
from eoskeeper.domain.register import LeaseRecord
from eoskeeper.domain.samples import CommandKind, OutcomeResult
from eoskeeper.domain.scene import Scene
from eoskeeper.domain.standing import Standing, State
from eoskeeper.domain.tally import NoticeMark, OwnTurnClosed
from eoskeeper.domain.watch import WatchEvent
from tests.unit.domain.scene import Site, settled_holder

AT = Moment(MonoS(5.0), UtcS(1_700_000_000.0))
MET = Condition("head_fresh", Met.YES, "0.4 s old (#7)", "-2 to 3 s old")
UNMET = Condition("later_condition", Met.UNKNOWN, "none", "one")
PERMIT = Permit(PermitKind.TAKEOVER, 4, AT, 2, Slot(10), Slot(20), (MET, UNMET))
DUE = "2 own turns in a row are empty; the next one begins in 2.9 s"
BAD = Finding("head_age", Grade.FAILED, "old", {"age_s": 44.0, "limit_s": 10.0})
ALARM = Alarm(finding=BAD, severity=Severity.CRITICAL, since=AT, fired=AT)
NEWS = Announcement(
    code="takeover_begun",
    severity=Severity.CRITICAL,
    title=Text(en="Takeover begun", zh="开始接管出块"),
    text=Text(en="{host} takes over", zh="{host} 开始接管"),
    figures={"host": "bp-2"},
)
MESSAGE = Notification(
    notification_id=31,
    kind=NotificationKind.FIRED,
    contact="on-call",
    channels=("wecom", "sms"),
    severity=Severity.CRITICAL,
    title="head 变旧",
    lines=(),
    resolved=False,
    reason=Verdict.FIRED,
    at_utc=AT.utc_s,
)

EVENTS: tuple[tuple[Event | WatchEvent, str, str], ...] = (
    (
        KeeperStarted(AT, "0.4.0", "bp-2", "B", "auto"),
        "keeper 0.4.0 started as bp-2 (B, auto)",
        "keeper 0.4.0 启动, 主机 bp-2(B, auto)",
    ),
    (MaintenanceSet(AT, UtcS(AT.utc_s + 60), "li"), "maintenance for 60 s, by li", "维护 60 秒"),
    (
        FailsafeTurned(AT, 4, on=True, others=("bp-2", "bp-3")),
        "etcd does not answer: term 4 goes on by the promises of bp-2, bp-3",
        "etcd 无应答: 任期 4 凭 bp-2, bp-3 的承诺继续",
    ),
    (
        FailsafeTurned(AT, 4, on=False, others=("bp-2", "bp-3")),
        "term 4 no longer goes on by promises",
        "任期 4 不再凭承诺继续",
    ),
    (
        HookEnded(
            AT, HookName.BEFORE_HOLDING, HookResult.VETOED, 3, "exit status 1", "no key", 0.2
        ),
        "hook before_holding: vetoed (exit status 1): no key",
        "钩子 before_holding: 否决 (exit status 1): no key",
    ),
    (
        SlotDoubled(
            AT,
            (Slot(6), Slot(7)),
            Doubled(Slot(7), (MadeBy("bp-1", "0" * 16), MadeBy("bp-2", "1" * 16))),
        ),
        "2 slots were filled twice, the newest, 7, by bp-1, bp-2",
        "2 个时段被重复出块, 最新的 7 由 bp-1, bp-2 同时产出",
    ),
    (MaintenanceSet(AT, None, ""), "maintenance over, by the clock", "维护结束"),
    (
        LeaseWritten(AT, LeaseRecord("bp-2", 4, 1), "given back by bp-1: claimed"),
        "lease, term 4: given back by bp-1: claimed",
        "租约, 任期 4: bp-1 已归还: 取得",
    ),
    (
        StandingChanged(
            AT, State.STANDBY, Standing(state=State.RESUMING, since=AT), "due", DUE, (MET,)
        ),
        f"standby -> resuming: {DUE}",
        "备用 → 恢复中: 连续 2 个我方轮次为空, 下一个在 2.9 秒后开始",
    ),
    (
        ActionDecided(AT, Resume(1, PERMIT, DUE)),
        f"resume: {DUE} [permit takeover, term 4, 2 own turns empty, 2 conditions met]",
        (
            "恢复出块: 连续 2 个我方轮次为空, 下一个在 2.9 秒后开始"
            " [许可 takeover, 任期 4, 2 个我方轮次为空, 2 项条件满足]"
        ),
    ),
    (
        ActionDecided(AT, Pause(1, FenceCause.ALONE, Trigger.ALONE)),
        "pause (alone): no block of any other producer heard",
        "暂停出块(alone): 收不到任何其他出块者的区块",
    ),
    (
        ActionDecided(AT, Terminate(1, 77, AT.utc_s, "because {of} this")),
        "terminate: because {of} this",
        "终止 nodeos: because {of} this",
    ),
    (
        OutcomeSeen(AT, 1, OutcomeResult.PROVEN, "read back"),
        "outcome proven: read back",
        "结果已证实: read back",
    ),
    (Advised(AT, "pause", "x", "node not paused"), "would pause: node not paused", "节点未暂停"),
    (
        CommandAnswered(AT, CommandKind.RESUME, "anna", accepted=False, reason="not safe now: x"),
        "anna ordered resume: refused: not safe now: x",
        "anna 要求恢复: 已拒绝: 目前不安全: x",
    ),
    (AlarmFired(AT, ALARM), "alarm (critical): ", "告警(严重): "),
    (AlarmWorsened(AT, BAD, Severity.CRITICAL), "worse, now critical: ", "恶化, 现为严重: "),
    (AlarmFlapping(AT, "disk:/data"), "comes and goes: ", "反复出现: "),
    (AlarmResolved(AT, "disk:/data", Ending.GOOD), "resolved: ", "已恢复: "),
    (AlarmAcked(AT, ("gone_rule",), "li"), "li acknowledged: gone_rule", "li 已确认: gone_rule"),
    (
        SilenceSet(AT, Silence("*", AT, 7200.0, "li", "works")),
        "li silenced everything for 2 h 0 min: works",
        "li 静默 全部规则, 时长 2 小时 0 分钟: works",
    ),
    (SilenceCleared(AT, "disk", "li"), "li ended the silence of disk", "li 解除了 disk 的静默"),
    (SilenceCleared(AT, "disk", ""), "the silence of disk is over", "disk 的静默已到期"),
    (
        NewsTaken(AT, News(1, AT, NEWS, ("on-call",))),
        "Takeover begun: bp-2 takes over",
        "开始接管出块: bp-2 开始接管",
    ),
    (
        NotificationDecided(AT, MESSAGE, attempt=2),
        "message 31 to on-call (wecom, sms), attempt 2: head 变旧",
        "消息 31 发往 on-call(wecom, sms), 第 2 次: head 变旧",
    ),
    (
        NotificationSettled(AT, 31, "sms", DeliveryResult.REFUSED, "no credit"),
        "message 31 by sms: refused (no credit)",
        "消息 31 经 sms: 被拒绝 (no credit)",
    ),
    (
        NotificationDropped(AT, 31, Verdict.NO_CONTACT),
        "message 31 is not tried any more: its contact is gone",
        "消息 31 不再发送: 联系人已不存在",
    ),
    (AlarmsSnapshot(AT, 3, (ALARM,)), "1 alarms open", "1 项告警未恢复"),
    (
        OwnTurnClosed(AT, Turn(5), 11, 1, 0, None, Maker.HERE, 3),
        "own turn over: 11 of 12 made, 1 missed, 0 lost to forks",
        "我方轮次结束: 12 块中产出 11, 缺失 1, 因分叉丢失 0",
    ),
    (
        OwnTurnClosed(AT, Turn(5), 0, 0, 0, None, Maker.UNKNOWN, 3, turns=9),
        "9 own turns passed unseen",
        "9 个我方轮次未被观察到",
    ),
    (NoticeMark(AT, 3, 8, 0), "daily notice of 8:00", "8:00 的每日通报"),
)


@pytest.mark.parametrize(
    ("event", "english", "chinese"),
    EVENTS,
    ids=[f"{type(event).__name__}-{number}" for number, (event, *_) in enumerate(EVENTS)],
)
def test_an_event_is_told_in_both_languages(
    event: Event | WatchEvent, english: str, chinese: str
) -> None:
    """The sentence says what happened, with the figures of the event."""
    told = event_text(event)
    assert english in told.en
    assert chinese in told.zh


def test_every_kind_of_event_is_in_the_table() -> None:
    """Of both journals; a new kind has to be worded here, too."""
    kinds = set(get_args(Event)) | set(get_args(WatchEvent))
    assert {type(event) for event, *_ in EVENTS} == kinds


@pytest.mark.parametrize("event", [event for event, *_ in EVENTS])
def test_the_figures_are_the_same_in_both_languages(event: Event | WatchEvent) -> None:
    """A reader of one language knows no more than one of the other."""
    told = event_text(event)
    assert figures_of(told.en) == figures_of(told.zh)


def figures_of(text: str) -> list[str]:
    """Every number in a sentence."""
    return sorted(re.findall(r"\d+(?:\.\d+)?", text))


def test_a_finding_is_told_with_its_rules_own_words() -> None:
    """What the alarm said, with the figures that it was raised on."""
    full = Finding("links", Grade.FAILED, "nonsense", {"links": 2})
    told = event_text(AlarmWorsened(AT, full, Severity.WARNING))
    assert told.en.endswith("nonsense: links 2")
    fired = event_text(AlarmFired(AT, ALARM))
    assert "44" in fired.en
    assert "44" in fired.zh


@pytest.mark.parametrize(
    "event",
    [
        StandingChanged(
            AT, State.STANDBY, Standing(state=State.HOLDER, since=AT), "e", "r", (MET, UNMET)
        ),
        Advised(AT, "resume", "e", "r", (MET, UNMET)),
        ActionDecided(AT, Resume(1, PERMIT, "r")),
    ],
)
def test_evidence_names_each_condition_with_its_figure(event: Event) -> None:
    """And with what was needed; a condition of another version is told by its own name."""
    assert evidence_texts(event) == (
        Text(
            en="Head is fresh: met: 0.4 s old (#7) (needed: -2 to 3 s old)",
            zh="头块为最新: 满足: 0.4 s old (#7)(要求: -2 to 3 s old)",
        ),
        Text(
            en="later_condition: unknown: none (needed: one)",
            zh="later_condition: 未知: none(要求: one)",
        ),
    )


def test_what_needs_no_evidence_has_none() -> None:
    """Most events are facts."""
    assert evidence_texts(KeeperStarted(AT, "1", "h", "A", "auto")) == ()
    assert evidence_texts(ActionDecided(AT, Pause(1, FenceCause.ALONE, "r"))) == ()


@pytest.mark.parametrize("kind", PermitKind)
@pytest.mark.parametrize("site", [Site(), settled_holder()], ids=["new", "holder"])
def test_every_condition_has_a_name_in_both_languages(kind: PermitKind, site: Site) -> None:
    """Of every permit there is."""
    scene = Scene(site.memory.node, site.memory.standing, site.now, site.policy)
    assert {one.name for one in conditions_for(kind, scene)} <= set(CONDITIONS)


def test_every_trigger_of_the_failover_table_is_known_in_chinese() -> None:
    """A row that has no sentence of its own is told by its trigger."""
    assert set(TRIGGERS) == set(Trigger)
    assert reason_text("pause proven") == Text(en="pause proven", zh="暂停已证实")


@pytest.mark.parametrize("trigger", Trigger)
@pytest.mark.parametrize("site", [Site(), settled_holder()], ids=["new", "holder"])
def test_every_reason_of_a_decision_is_known_in_chinese(trigger: Trigger, site: Site) -> None:
    """Whatever sentence ``why`` makes of it, with the same figures."""
    told = reason_text(why(trigger, site.memory, site.now, site.policy))
    assert told.zh != told.en
    assert figures_of(told.zh) == figures_of(told.en)


@pytest.mark.parametrize(
    ("reason", "chinese"),
    [
        ("block #71 of ours was made on another host", "我方区块 #71 在其他主机产出"),
        (
            "no block of any other producer for 31 s (limit 30 s)",
            "已 31 秒未收到任何其他出块者的区块(限值 30 秒)",
        ),
        (
            "2 own turns in a row left no block that stayed on the chain (limit 2)",
            "连续 2 个我方轮次没有区块留在链上(限值 2)",
        ),
        (
            "nodeos (pid 7) was stopped by somebody, who may continue it: it is killed",
            "nodeos(进程号 7)被他人停住, 随时可能被继续运行: 将其强制终止",
        ),
        ("something of a later version", "something of a later version"),
    ],
)
def test_a_reason_keeps_its_figures_in_chinese(reason: str, chinese: str) -> None:
    """One that is not known stays as it was written."""
    assert reason_text(reason) == Text(en=reason, zh=chinese)
