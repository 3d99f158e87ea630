"""The daily notice: at fixed local hours people hear how the node is, though nothing is wrong.

That it comes is itself news: a keeper that cannot reach anybody is found out by its silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from eoskeeper.domain.alerting.alarms import Announcement, NotificationKind
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Language, Severity, Text
from eoskeeper.domain.host_samples import FolderUse
from eoskeeper.domain.policy import Role
from eoskeeper.domain.standing import State
from eoskeeper.domain.tally import DAY_S, DayTally, NoticeMark, TurnFigures, local_day

__all__ = [
    "NoticeFigures",
    "NoticeMark",
    "NoticeSettings",
    "due_notice",
    "last_notice",
    "notice_announcement",
    "notice_text",
]

HOURS_OF_PRODUCERS = (7, 13, 19)
HOURS_OF_OBSERVERS = (7, 19)
"""Both as in 2018, whose own notice never came before ten o'clock."""

LATE_S = 30 * 60
"""A notice that is later than this is skipped: a keeper that starts at noon tells no morning."""

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

Hour = Annotated[int, Meta(ge=0, le=23)]


class NoticeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When the notice is told.

    Attributes:
        hours: local hours, 0 to 23; None takes the role's (A, B and C 7, 13, 19; F 7, 19), an
            empty list tells none.
    """

    hours: tuple[Hour, ...] | None = None

    def hours_of(self, role: Role) -> tuple[int, ...]:
        """The hours that a host of that role tells its notice at."""
        if self.hours is not None:
            return self.hours
        return HOURS_OF_OBSERVERS if role is Role.OBSERVER else HOURS_OF_PRODUCERS


def last_notice(events: Iterable[object]) -> NoticeMark | None:
    """The newest mark of the journal; other records are passed over."""
    newest = None
    for event in events:
        if isinstance(event, NoticeMark):
            newest = event
    return newest


def due_notice(
    last: NoticeMark | None, now: Moment, utc_offset_s: int, role: Role, settings: NoticeSettings
) -> NoticeMark | None:
    """The notice that has to be told now, as the mark to be journalled for it.

    Each hour of a local day comes once: a later mark forbids it, also after the clock was set
    back or the hour came twice. An hour that a change to summer time leaves out comes at the
    moment of the change.

    Args:
        last: mark of the notice told last.
        now: of this cycle.
        utc_offset_s: local time minus UTC.
        role: decides the hours that are not configured.
        settings: of the operator.
    """
    day = local_day(now.utc_s, utc_offset_s)
    local_s = now.utc_s + utc_offset_s - day * DAY_S
    hours = [hour for hour in settings.hours_of(role) if hour * 3600 <= local_s]
    if not hours:
        return None
    hour = max(hours)
    if last is not None and last.day > day + 1:
        last = None  # told by a clock that was days ahead: it must not silence us until then
    if last is not None and (last.day, last.hour) >= (day, hour):
        return None
    late_s = local_s - hour * 3600
    if last is not None and last.day >= day - 1:
        # By the offset of the last notice: what the clock jumped over is not late. (Until the next
        # notice this lets others be an hour later, too; on one day of the year, that may be.)
        late_s -= max(0, utc_offset_s - last.utc_offset_s)
    return NoticeMark(now, day, hour, utc_offset_s) if late_s < LATE_S else None


# --- words --------------------------------------------------------------------------------------


class NoticeFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice tells of the node; every ``None`` is told as *unknown*.

    Attributes:
        day: local day of the mark, counted from 1970-01-01.
        hour: local hour of the mark.
        producer: our account; without one nothing is told of own turns.
        head_age_s: wall clock minus time stamp of the head.
        irreversible_lag_blocks: head minus last irreversible block.
        disks: left out when empty.
        memory_available_bytes: left out when None.
    """

    day: int
    hour: int
    host: str
    role: Role
    state: State
    producer: str | None = None
    head_number: int | None = None
    head_age_s: float | None = None
    irreversible_number: int | None = None
    irreversible_lag_blocks: int | None = None
    links: int | None = None
    paused: bool | None = None
    server_version: str | None = None
    free_database_bytes: int | None = None
    disks: tuple[FolderUse, ...] = ()
    memory_available_bytes: int | None = None


def notice_text(
    figures: NoticeFigures, tally: DayTally, alarms: Sequence[str], language: Language
) -> tuple[str, tuple[str, ...]]:
    """Title and lines of a notice.

    Args:
        figures: of the node.
        tally: of the own turns; ``since_notice`` is told and not yet reset.
        alarms: a sentence of each open alarm, in the language.
        language: to write in.
    """
    day = date.fromordinal(_EPOCH_ORDINAL + figures.day)
    title = _TITLE.say(language, {"host": figures.host, "day": f"{day}", "hour": figures.hour})
    lines = [*_node_lines(figures, language), *_machine_lines(figures, language)]
    if figures.producer is not None:
        lines += _turn_lines(figures.producer, figures.day, tally, language)
    lines += [_ALARMS.say(language, {"count": len(alarms)}) if alarms else _QUIET.say(language)]
    lines += [f"- {alarm}" for alarm in alarms]
    return title, tuple(lines)


def notice_announcement(
    figures: NoticeFigures, tally: DayTally, alarms: Mapping[Language, Sequence[str]]
) -> Announcement:
    """The notice as the alarm engine sends it, in every language.

    Args:
        figures: of the node.
        tally: as for ``notice_text``.
        alarms: a sentence of each open alarm, by language.
    """
    said = {one: notice_text(figures, tally, alarms.get(one, ()), one) for one in Language}
    english, chinese = said[Language.ENGLISH], said[Language.CHINESE]
    return Announcement(
        code="notice",
        severity=Severity.INFO,
        title=Text(en=_literal(english[0]), zh=_literal(chinese[0])),
        text=Text(en=_literal("\n".join(english[1])), zh=_literal("\n".join(chinese[1]))),
        kind=NotificationKind.NOTICE,
    )


def _literal(text: str) -> str:
    """Written out already: a brace in it is the name of nothing."""
    return text.replace("{", "{{").replace("}", "}}")


def _node_lines(figures: NoticeFigures, language: Language) -> list[str]:
    age = None if figures.head_age_s is None else f"{figures.head_age_s:.1f}"
    paused = None if figures.paused is None else _YES_NO[figures.paused].say(language)
    database = figures.free_database_bytes
    said: Mapping[str, Figure | None] = {
        "role": _ROLES[figures.role].say(language),
        "state": _STATES[figures.state].say(language),
        "head": figures.head_number,
        "age": age,
        "irreversible": figures.irreversible_number,
        "lag": figures.irreversible_lag_blocks,
        "links": figures.links,
        "paused": paused,
        "version": figures.server_version,
        "database": None if database is None else _size(database),
    }
    unknown = _UNKNOWN.say(language)
    known = {name: unknown if value is None else value for name, value in said.items()}
    return [text.say(language, known) for text in _NODE]


def _machine_lines(figures: NoticeFigures, language: Language) -> list[str]:
    lines = []
    if figures.memory_available_bytes is not None:
        lines.append(_MEMORY.say(language, {"free": _size(figures.memory_available_bytes)}))
    for disk in figures.disks:
        used = f"{disk.used_percent:.0f}"
        said = {"path": disk.path, "free": _size(disk.free_bytes), "used": used}
        lines.append(_DISK.say(language, said))
    return lines


def _turn_lines(producer: str, day: int, tally: DayTally, language: Language) -> list[str]:
    today = tally.on_day(day)
    spans = (
        (_TODAY, today),
        (_SINCE, tally.since_notice),
        (_YESTERDAY, tally.on_day(day - 1)),
    )
    lines = [_OURS.say(language, {"producer": producer})]
    lines += [span.say(language) + _turns(figures, language) for span, figures in spans]
    if today.made_here or today.made_elsewhere:
        lines.append(_MADE.say(language, msgspec.structs.asdict(today)))
    return lines


def _turns(figures: TurnFigures, language: Language) -> str:
    return _TURNS.say(language, msgspec.structs.asdict(figures))


def _size(count: int) -> str:
    """In the unit that leaves up to three digits before the point."""
    size, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1000:  # noqa: PLR2004 - three digits
            break
        size, unit = size / 1024, larger
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


_TITLE = Text(
    en="eoskeeper {host}: notice of {day} {hour:02d}:00",
    zh="eoskeeper {host}: {day} {hour:02d}:00 例行通报",
)
_UNKNOWN = Text(en="unknown", zh="未知")
_YES_NO = {True: Text(en="yes", zh="是"), False: Text(en="no", zh="否")}
_NODE = (
    Text(en="role {role}, state {state}", zh="角色: {role}、状态: {state}"),
    Text(en="head #{head}, {age} s old", zh="头块 #{head}、距今 {age} 秒"),
    Text(
        en="last irreversible block #{irreversible}, {lag} behind the head",
        zh="不可逆块 #{irreversible}、落后头块 {lag} 块",
    ),
    Text(
        en="links {links}, paused {paused}, nodeos {version}",
        zh="链接数 {links}、出块暂停: {paused}、nodeos 版本 {version}",
    ),
    Text(en="free in the chain database: {database}", zh="链数据库剩余: {database}"),
)
_MEMORY = Text(en="memory available: {free}", zh="可用内存: {free}")
_DISK = Text(
    en="disk {path}: {free} free, {used} % used", zh="磁盘 {path}: 剩余 {free}、已用 {used}%"
)
_OURS = Text(en="own turns of {producer}:", zh="{producer} 的出块轮次:")
_TODAY = Text(en="today: ", zh="今天: ")
_SINCE = Text(en="since the last notice: ", zh="上次通报以来: ")
_YESTERDAY = Text(en="yesterday: ", zh="昨天: ")
_TURNS = Text(
    en=(
        "{turns} turns ({full} full, {short} short, {missed} missed, {unknown} unknown);"
        " blocks: {produced_blocks} produced, {missed_blocks} missed,"
        " {lost_blocks} lost in forks, {unknown_blocks} unknown"
    ),
    zh=(
        "{turns} 轮(完整 {full}、不足 {short}、漏轮 {missed}、未知 {unknown})。"
        "区块: 已出 {produced_blocks}、漏块 {missed_blocks}、"
        "分叉丢失 {lost_blocks}、未知 {unknown_blocks}"
    ),
)
_MADE = Text(
    en="today's turns by maker: {made_here} here, {made_elsewhere} on another host",
    zh="今天的轮次: 本机出块 {made_here}、其他主机出块 {made_elsewhere}",
)
_ALARMS = Text(en="open alarms: {count}", zh="未解除的告警: {count}")
_QUIET = Text(en="no open alarms", zh="没有未解除的告警")

_ROLES: Mapping[Role, Text] = {
    Role.PRIMARY: Text(en="A (primary)", zh="A (主节点)"),
    Role.FIRST_STANDBY: Text(en="B (first standby)", zh="B (第一备用节点)"),
    Role.SECOND_STANDBY: Text(en="C (second standby)", zh="C (第二备用节点)"),
    Role.OBSERVER: Text(en="F (observer)", zh="F (观察节点)"),
}
_STATES: Mapping[State, Text] = {
    State.LEARNING: Text(en="learning", zh="观察中(刚启动)"),
    State.STANDBY: Text(en="standby", zh="待命"),
    State.RESUMING: Text(en="resuming", zh="正在恢复出块"),
    State.HOLDER: Text(en="holder", zh="出块主机"),
    State.FENCING: Text(en="fencing", zh="正在停止出块"),
    State.RESTARTED: Text(en="restarted", zh="nodeos 已重启、暂停中"),
    State.ISOLATED: Text(en="isolated", zh="因孤立而停止出块"),
    State.LAPSED: Text(en="lapsed", zh="已失去出块资格"),
    State.HELD: Text(en="held by the operator", zh="由运维人员暂停"),
    State.OBSERVER: Text(en="observer", zh="仅观察"),
}
