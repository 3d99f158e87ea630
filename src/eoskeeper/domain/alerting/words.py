"""Words: the skeleton of every message and answer, in both languages.

What is wrong and what to do about it are the rules' own words; here is what stands around them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from eoskeeper.domain.alerting.alarms import (
    Alarm,
    Closing,
    Ending,
    News,
    NotificationKind,
    Told,
)
from eoskeeper.domain.alerting.setup import AlertSetup
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Language, Severity, Text
from eoskeeper.domain.policy import Role

__all__ = [
    "ANSWERS",
    "Desk",
    "alarm_lines",
    "closing_lines",
    "duration",
    "headline",
    "news_lines",
    "news_title",
    "remedy_of",
    "sentence_of",
    "title_of",
]

SEVERITIES = {
    Severity.INFO: Text(en="INFO", zh="提示"),
    Severity.WARNING: Text(en="WARNING", zh="警告"),
    Severity.CRITICAL: Text(en="CRITICAL", zh="严重"),
}
ROLES = {
    Role.PRIMARY: Text(en="primary", zh="主节点"),
    Role.FIRST_STANDBY: Text(en="first standby", zh="第一备用节点"),
    Role.SECOND_STANDBY: Text(en="second standby", zh="第二备用节点"),
    Role.OBSERVER: Text(en="observer", zh="观察节点"),
}
HEADLINES = {
    NotificationKind.FIRED: Text(
        en="[{severity}] {host} ({role}): {title}", zh="[{severity}] {host} ({role}): {title}"
    ),
    NotificationKind.WORSENED: Text(
        en="[{severity}] {host} ({role}): now worse: {title}",
        zh="[{severity}] {host} ({role}): 情况恶化: {title}",
    ),
    NotificationKind.ESCALATED: Text(
        en="[{severity}] {host} ({role}): nobody has acknowledged: {title}",
        zh="[{severity}] {host} ({role}): 无人确认: {title}",
    ),
    NotificationKind.FLAPPING: Text(
        en="[{severity}] {host} ({role}): comes and goes: {title}",
        zh="[{severity}] {host} ({role}): 反复出现: {title}",
    ),
    NotificationKind.REPEATED: Text(
        en="[{severity}] {host} ({role}): still: {title}",
        zh="[{severity}] {host} ({role}): 仍未恢复: {title}",
    ),
    NotificationKind.RESOLVED: Text(
        en="[RESOLVED] {host} ({role}): {title}", zh="[已恢复] {host} ({role}): {title}"
    ),
    NotificationKind.ANNOUNCED: Text(
        en="[{severity}] {host} ({role}): {title}", zh="[{severity}] {host} ({role}): {title}"
    ),
    NotificationKind.NOTICE: Text(en="{host} ({role}): {title}", zh="{host} ({role}): {title}"),
}
AND_MORE = Text(en="{title} and {more} more", zh="{title} 等 {count} 项")
REMEDY = Text(en="What to do: {remedy}", zh="处理办法: {remedy}")
SINCE = Text(en="Since {time}, for {lasted}", zh="开始于 {time}, 已持续 {lasted}")
TOLD_TIMES = Text(
    en="Told before: {count}; nobody has acknowledged", zh="此前已通知 {count} 次, 无人确认"
)
QUIET = Text(
    en="It counts as resolved when it has been good for {lasted}",
    zh="持续正常 {lasted} 后视为恢复",
)
ENDINGS = {
    Ending.GOOD: Text(en="Resolved after {lasted}", zh="历时 {lasted} 后恢复"),
    Ending.GONE: Text(
        en="Closed after {lasted}: its rule no longer speaks of it",
        zh="历时 {lasted} 后关闭: 规则不再涉及该对象",
    ),
    Ending.UNWATCHED: Text(
        en="Closed after {lasted}: its rule is switched off or not for this host",
        zh="历时 {lasted} 后关闭: 规则已停用或不适用于本机",
    ),
}
ANSWERS: Mapping[str, Text] = {
    "unknown_rule": Text(
        en='no rule is called "{rule}"; there are: {names}',
        zh='没有名为 "{rule}" 的规则; 现有: {names}',
    ),
    "bad_duration": Text(
        en="a silence lasts more than 0 seconds and at most 30 days",
        zh="静默时长须大于 0 秒且不超过 30 天",
    ),
    "silenced": Text(
        en="{rule}: no messages for {duration}, until {until}",
        zh="{rule}: 静默 {duration}, 至 {until}",
    ),
    "unsilenced": Text(en="no longer silenced: {names}", zh="已解除静默: {names}"),
    "not_silenced": Text(en="{rule} is not silenced", zh="{rule} 未被静默"),
    "silenced_all": Text(
        en='{rule} has no silence of its own: everything is silenced; end that with "*"',
        zh='{rule} 没有单独静默: 当前全部静默, 请用 "*" 解除',
    ),
    "acknowledged": Text(
        en="acknowledged: {names}; no repeats until resolved or worse",
        zh="已确认: {names}; 恢复或恶化之前不再重复通知",
    ),
    "nothing_open": Text(
        en="no alarm of {rule} is open; open are: {names}",
        zh="{rule} 没有未恢复的告警; 未恢复的有: {names}",
    ),
}
_SPAN = {
    "s": Text(en="{small} s", zh="{small} 秒"),
    "min": Text(en="{small} min", zh="{small} 分钟"),
    "h": Text(en="{big} h {small} min", zh="{big} 小时 {small} 分钟"),
    "d": Text(en="{big} d {small} h", zh="{big} 天 {small} 小时"),
}
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


def duration(span_s: float, language: Language) -> str:
    """``3 min``: two units at most, rounded down."""
    whole_s = max(0, int(span_s))
    if whole_s < MINUTE_S:
        unit, big, small = "s", 0, whole_s
    elif whole_s < HOUR_S:
        unit, big, small = "min", 0, whole_s // MINUTE_S
    elif whole_s < DAY_S:
        unit, big, small = "h", whole_s // HOUR_S, whole_s % HOUR_S // MINUTE_S
    else:
        unit, big, small = "d", whole_s // DAY_S, whole_s % DAY_S // HOUR_S
    return _SPAN[unit].say(language, {"big": big, "small": small})


def title_of(finding: Finding, setup: AlertSetup) -> str:
    """What is wrong, in a few words, and with which thing."""
    rated = setup.rated.get(finding.rule)
    title = finding.rule if rated is None else rated.declaration.title.say(setup.language)
    return f"{title} ({finding.subject})" if finding.subject else title


def sentence_of(finding: Finding, setup: AlertSetup) -> str:
    """The evidence in a sentence."""
    rated = setup.rated.get(finding.rule)
    text = None if rated is None else rated.declaration.texts.get(finding.code)
    return _say(text, finding.code, finding.figures, setup.language)


def remedy_of(finding: Finding, setup: AlertSetup) -> str:
    """What the reader should do; empty when its rule is gone."""
    rated = setup.rated.get(finding.rule)
    if rated is None:
        return ""
    remedy = rated.declaration.remedies.get(finding.code, rated.declaration.remedy)
    return _say(remedy, finding.code, finding.figures, setup.language)


class Desk(msgspec.Struct, frozen=True):
    """Where and when messages are worded.

    Attributes:
        utc_offset_s: local time minus UTC.
    """

    setup: AlertSetup
    now: Moment
    utc_offset_s: int


def headline(
    kind: NotificationKind, severity: Severity, titles: Sequence[str], setup: AlertSetup
) -> str:
    """One line: how urgent, where, what."""
    language, title = setup.language, titles[0]
    if len(titles) > 1:
        count = {"more": len(titles) - 1, "count": len(titles)}
        title = AND_MORE.say(language, {"title": title, **count})
    figures = {
        "severity": SEVERITIES[severity].say(language),
        "host": setup.host,
        "role": ROLES[setup.role].say(language),
        "title": title,
    }
    return HEADLINES[kind].say(language, figures)


def alarm_lines(
    alarm: Alarm, told: Told | None, kind: NotificationKind, desk: Desk
) -> Iterator[str]:
    """Evidence, remedy, since when, and how often this contact was told before."""
    setup, language = desk.setup, desk.setup.language
    yield sentence_of(alarm.finding, setup)
    if remedy := remedy_of(alarm.finding, setup):
        yield REMEDY.say(language, {"remedy": remedy})
    lasted = duration(desk.now.mono_s - alarm.since.mono_s, language)
    yield SINCE.say(language, {"time": _local(alarm.since.utc_s, desk), "lasted": lasted})
    if kind is NotificationKind.FLAPPING:
        quiet = duration(setup.settings.flap_quiet_s, language)
        yield QUIET.say(language, {"lasted": quiet})
    if kind is NotificationKind.REPEATED and told is not None:
        yield TOLD_TIMES.say(language, {"count": told.count})


def closing_lines(closing: Closing, desk: Desk) -> Iterator[str]:
    """How it ended, and how things are now."""
    language = desk.setup.language
    lasted = duration(closing.at.mono_s - closing.alarm.since.mono_s, language)
    yield ENDINGS[closing.ending].say(language, {"lasted": lasted})
    if closing.finding is not None and closing.ending is Ending.GOOD:
        yield sentence_of(closing.finding, desk.setup)


def news_lines(news: News, setup: AlertSetup) -> Iterator[str]:
    """Its text, a line each."""
    told = news.announcement
    yield from _say(told.text, told.code, told.figures, setup.language).splitlines()


def news_title(news: News, setup: AlertSetup) -> str:
    """What happened, in a few words."""
    told = news.announcement
    return _say(told.title, told.code, told.figures, setup.language)


def _say(text: Text | None, code: str, figures: Mapping[str, Figure], language: Language) -> str:
    """The sentence; when it cannot be said, a bug of its rule, the code and the bare figures."""
    if text is not None:
        try:
            return text.say(language, figures)
        except (KeyError, ValueError, IndexError, TypeError, AttributeError):
            pass
    bare = ", ".join(f"{name} {figure}" for name, figure in figures.items())
    return f"{code}: {bare}" if bare else code


def _local(utc_s: float, desk: Desk) -> str:
    """``2025-07-06 16:00:10 UTC+08:00``."""
    stamp = datetime.fromtimestamp(utc_s + desk.utc_offset_s, UTC)
    sign = "-" if desk.utc_offset_s < 0 else "+"
    hours, minutes = divmod(abs(desk.utc_offset_s) // 60, 60)
    return f"{stamp:%Y-%m-%d %H:%M:%S} UTC{sign}{hours:02d}:{minutes:02d}"
