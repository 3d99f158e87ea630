"""Alarm event words: each record of alerting as a sentence for people, with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eoskeeper.domain.alerting.alarms import Announcement, Ending, Verdict
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
from eoskeeper.domain.alerting.words import duration
from eoskeeper.domain.findings import Figure, Finding, Language, Severity, Text
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.rules.catalogue import CATALOGUE
from eoskeeper.domain.saying import said, same
from eoskeeper.domain.tally import NoticeMark, OwnTurnClosed
from eoskeeper.domain.watch import WatchEvent

__all__ = ["alarm_event_text"]

SEVERITIES: Mapping[Severity, Text] = {
    Severity.INFO: Text(en="info", zh="提示"),
    Severity.WARNING: Text(en="warning", zh="警告"),
    Severity.CRITICAL: Text(en="critical", zh="严重"),
}
ENDINGS: Mapping[Ending, Text] = {
    Ending.GOOD: Text(en="resolved", zh="已恢复"),
    Ending.GONE: Text(
        en="closed, its rule no longer speaks of it", zh="已关闭, 规则不再涉及该对象"
    ),
    Ending.UNWATCHED: Text(en="closed, its rule is switched off", zh="已关闭, 规则已停用"),
}
RESULTS: Mapping[DeliveryResult, Text] = {
    DeliveryResult.PROVEN: Text(en="delivered", zh="已送达"),
    DeliveryResult.REFUSED: Text(en="refused", zh="被拒绝"),
    DeliveryResult.THROTTLED: Text(en="too many messages for now", zh="消息过多, 暂缓"),
    DeliveryResult.UNAVAILABLE: Text(en="service not available", zh="服务不可用"),
    DeliveryResult.TIMED_OUT: Text(en="no answer in time", zh="超时无应答"),
}
VERDICTS: Mapping[Verdict, Text] = {
    Verdict.NO_CONTACT: Text(en="its contact is gone", zh="联系人已不存在"),
}
FIRED = Text(
    en="alarm ({severity}): {title}: {sentence}", zh="告警({severity}): {title}: {sentence}"
)
WORSENED = Text(
    en="worse, now {severity}: {title}: {sentence}", zh="恶化, 现为{severity}: {title}: {sentence}"
)
FLAPPING = Text(en="comes and goes: {title}", zh="反复出现: {title}")
RESOLVED = Text(en="{ending}: {title}", zh="{ending}: {title}")
RESOLVED_NOW = Text(en="{ending}: {title}: {sentence}", zh="{ending}: {title}: {sentence}")
ACKED = Text(en="{by} acknowledged: {titles}", zh="{by} 已确认: {titles}")
SILENCED = Text(
    en="{by} silenced {rule} for {lasting}: {reason}",
    zh="{by} 静默 {rule}, 时长 {lasting}: {reason}",
)
UNSILENCED = Text(en="{by} ended the silence of {rule}", zh="{by} 解除了 {rule} 的静默")
SILENCE_OVER = Text(en="the silence of {rule} is over", zh="{rule} 的静默已到期")
NEWS = Text(en="{title}: {text}", zh="{title}: {text}")
SENT = Text(
    en="message {number} to {contact} ({channels}), attempt {attempt}: {title}",
    zh="消息 {number} 发往 {contact}({channels}), 第 {attempt} 次: {title}",
)
SETTLED = Text(
    en="message {number} by {channel}: {result}{detail}",
    zh="消息 {number} 经 {channel}: {result}{detail}",
)
DROPPED = Text(
    en="message {number} is not tried any more: {reason}", zh="消息 {number} 不再发送: {reason}"
)
SNAPSHOT = Text(en="{count} alarms open", zh="{count} 项告警未恢复")
TURN = Text(
    en="own turn over: {produced} of 12 made, {missed} missed, {lost} lost to forks",
    zh="我方轮次结束: 12 块中产出 {produced}, 缺失 {missed}, 因分叉丢失 {lost}",
)
TURNS_UNSEEN = Text(en="{turns} own turns passed unseen", zh="{turns} 个我方轮次未被观察到")
NOTICE = Text(en="daily notice of {hour}:00", zh="{hour}:00 的每日通报")
EVERYTHING = Text(en="everything", zh="全部规则")


def alarm_event_text(event: WatchEvent) -> Text:
    """What happened."""
    match event:
        case AlarmFired(alarm=alarm):
            return _alarm(FIRED, alarm.finding, alarm.severity)
        case AlarmWorsened(finding=finding, severity=severity):
            return _alarm(WORSENED, finding, severity)
        case AlarmFlapping(key=key):
            return said(FLAPPING, title=_title(key))
        case AlarmResolved():
            return _resolved(event)
        case AlarmAcked(keys=keys, by=by):
            return said(ACKED, by=by, titles=_listed([_title(key) for key in keys]))
        case AlarmsSnapshot(alarms=alarms):
            return said(SNAPSHOT, count=len(alarms))
        case OwnTurnClosed():
            return _turn(event)
        case NoticeMark(hour=hour):
            return said(NOTICE, hour=hour)
        case _:
            return _message_text(event)


Told = (
    SilenceSet
    | SilenceCleared
    | NewsTaken
    | NotificationDecided
    | NotificationSettled
    | NotificationDropped
)


def _message_text(event: Told) -> Text:
    """What became of messages, and of those who want none."""
    match event:
        case SilenceSet():
            return _silenced(event)
        case SilenceCleared(rule=rule, by=by):
            return said(UNSILENCED if by else SILENCE_OVER, by=by, rule=_rule(rule))
        case NewsTaken(news=news):
            return _news(news.announcement)
        case NotificationDecided():
            return _sent(event)
        case NotificationSettled():
            detail = f" ({event.detail})" if event.detail else ""
            result, number = RESULTS[event.result], event.notification_id
            return said(SETTLED, number=number, channel=event.channel, result=result, detail=detail)
        case NotificationDropped(notification_id=number, reason=reason):
            return said(DROPPED, number=number, reason=VERDICTS.get(reason, same(reason)))


def _alarm(template: Text, finding: Finding, severity: Severity) -> Text:
    return said(
        template,
        severity=SEVERITIES[severity],
        title=_title_of(finding.rule, finding.subject),
        sentence=_sentence(finding),
    )


def _resolved(event: AlarmResolved) -> Text:
    ending, title = ENDINGS[event.ending], _title(event.key)
    if event.finding is None:
        return said(RESOLVED, ending=ending, title=title)
    return said(RESOLVED_NOW, ending=ending, title=title, sentence=_sentence(event.finding))


def _silenced(event: SilenceSet) -> Text:
    silence = event.silence
    lasting = Text(
        en=duration(silence.for_s, Language.ENGLISH), zh=duration(silence.for_s, Language.CHINESE)
    )
    rule = _rule(silence.rule)
    return said(SILENCED, by=silence.by, rule=rule, lasting=lasting, reason=silence.reason)


def _news(told: Announcement) -> Text:
    title = _filled(told.title, told.code, told.figures)
    return said(NEWS, title=title, text=_filled(told.text, told.code, told.figures))


def _sent(event: NotificationDecided) -> Text:
    told = event.notification
    return said(
        SENT,
        number=told.notification_id,
        contact=told.contact,
        channels=", ".join(told.channels),
        attempt=event.attempt,
        title=told.title,
    )


def _turn(event: OwnTurnClosed) -> Text:
    if event.turns > 1:
        return said(TURNS_UNSEEN, turns=event.turns)
    return said(TURN, produced=event.produced, missed=event.missed, lost=event.lost)


def _title(key: str) -> Text:
    rule, _, subject = key.partition(":")
    return _title_of(rule, subject)


def _title_of(rule: str, subject: str) -> Text:
    declared = CATALOGUE.get(rule)
    title = same(rule) if declared is None else declared.title
    return Text(en=f"{title.en} ({subject})", zh=f"{title.zh} ({subject})") if subject else title


def _rule(name: str) -> Text:
    return EVERYTHING if name == "*" else same(name)


def _sentence(finding: Finding) -> Text:
    declared = CATALOGUE.get(finding.rule)
    return _filled(
        None if declared is None else declared.texts.get(finding.code),
        finding.code,
        finding.figures,
    )


def _filled(text: Text | None, code: str, figures: Mapping[str, Figure]) -> Text:
    """The sentence; of a rule that has changed since, the code and the bare figures."""
    if text is not None:
        try:
            return said(text, **figures)
        except (KeyError, ValueError, IndexError, TypeError, AttributeError):
            pass
    bare = ", ".join(f"{name} {figure}" for name, figure in figures.items())
    return same(f"{code}: {bare}" if bare else code)


def _listed(texts: Sequence[Text]) -> Text:
    return Text(en=", ".join(one.en for one in texts), zh=", ".join(one.zh for one in texts))
