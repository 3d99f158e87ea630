"""Group: everything that is to be told waits a moment for its company, then goes as one message.

What is to be told is found anew in every cycle, from what is open now; so a silence that comes
while the group waits is respected, and nothing that was decided long ago is told by mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from eoskeeper.domain.alerting.alarms import (
    Alarm,
    AlarmMemory,
    Announcement,
    Closing,
    News,
    Notification,
    NotificationKind,
    Verdict,
)
from eoskeeper.domain.alerting.events import AlarmEvent, NewsTaken, NotificationDecided
from eoskeeper.domain.alerting.judging import CALLED, judge, route
from eoskeeper.domain.alerting.recording import is_silenced, record_all
from eoskeeper.domain.alerting.setup import CYCLE_JITTER_S, AlertSetup
from eoskeeper.domain.alerting.words import (
    Desk,
    alarm_lines,
    closing_lines,
    headline,
    news_lines,
    news_title,
    title_of,
)
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Severity

__all__ = ["NEWS_KEPT_S", "Want", "group", "take_news"]

NEWS_KEPT_S = 86_400.0
"""News that nobody could be told for a day is none."""

_KINDS = tuple(NotificationKind)


class Want(msgspec.Struct, frozen=True):
    """One thing to be told to one contact."""

    contact: str
    kind: NotificationKind
    verdict: Verdict
    about: Alarm | Closing | News


def take_news(
    memory: AlarmMemory, announcements: Iterable[Announcement], now: Moment, setup: AlertSetup
) -> tuple[AlarmMemory, tuple[AlarmEvent, ...]]:
    """Note for whom each announcement is."""
    events: list[AlarmEvent] = []
    for announcement in announcements:
        contacts = _readers(announcement, memory, now, setup)
        if contacts:
            event = NewsTaken(now, News(memory.next_id, now, announcement, contacts))
            memory = record_all(memory, (event,))
            events.append(event)
    return memory, tuple(events)


def _readers(
    announcement: Announcement, memory: AlarmMemory, now: Moment, setup: AlertSetup
) -> tuple[str, ...]:
    if announcement.contacts:
        return tuple(name for name in announcement.contacts if name in setup.settings.contacts)
    routes = _routes(announcement.severity, memory, now, setup)
    wanted = CALLED | {Verdict.OUT_OF_HOURS}
    return tuple(name for name, verdict in routes.items() if verdict in wanted)


def group(
    memory: AlarmMemory, now: Moment, setup: AlertSetup
) -> tuple[AlarmMemory, tuple[NotificationDecided, ...]]:
    """Decide messages when the oldest of what is to be told has waited for long enough."""
    memory = _forget(memory, now, setup)
    wants = tuple(_wants(memory, now, setup))
    if not wants:
        if memory.waiting_since_s is not None or memory.waiting:
            memory = replace(memory, waiting_since_s=None, waiting=frozenset())
        return memory, ()
    since_s = now.mono_s if memory.waiting_since_s is None else memory.waiting_since_s
    if now.mono_s - since_s < setup.settings.group_wait_s - CYCLE_JITTER_S:
        waiting = frozenset(want.about.key for want in wants if isinstance(want.about, Alarm))
        return replace(memory, waiting_since_s=since_s, waiting=waiting), ()
    memory = replace(memory, waiting_since_s=None, waiting=frozenset())
    decided = tuple(_messages(wants, memory, now, setup))
    return record_all(memory, decided), decided


def _forget(memory: AlarmMemory, now: Moment, setup: AlertSetup) -> AlarmMemory:
    """Leave out readers who are gone or do not want to know, and news that is old."""
    if memory.closings:
        told = {name for name, contact in setup.settings.contacts.items() if contact.resolved}
        closings = {
            key: replace(one, contacts=kept)
            for key, one in memory.closings.items()
            if (kept := tuple(name for name in one.contacts if name in told))
        }
        memory = replace(memory, closings=closings)
    if memory.news:
        contacts = setup.settings.contacts
        news = (
            replace(one, contacts=tuple(name for name in one.contacts if name in contacts))
            for one in memory.news
            if now.mono_s - one.at.mono_s < NEWS_KEPT_S
        )
        memory = replace(memory, news=tuple(one for one in news if one.contacts))
    return memory


def _wants(memory: AlarmMemory, now: Moment, setup: AlertSetup) -> Iterator[Want]:
    for alarm in memory.alarms.values():
        for contact, judgement in judge(alarm, memory, now, setup.settings).items():
            if judgement.kind is not None:
                yield Want(contact, judgement.kind, judgement.verdict, alarm)
    for closing in memory.closings.values():
        if not is_silenced(memory, closing.alarm.finding.rule):
            # At any hour: they were told, so they may be working on it.
            for contact in closing.contacts:
                yield Want(contact, NotificationKind.RESOLVED, Verdict.RESOLVED, closing)
    for news in memory.news:
        yield from _news_wants(news, memory, now, setup)


def _news_wants(news: News, memory: AlarmMemory, now: Moment, setup: AlertSetup) -> Iterator[Want]:
    told = news.announcement
    if is_silenced(memory, told.code):
        return
    routes = _routes(told.severity, memory, now, setup)
    for contact in news.contacts:
        if told.contacts or routes[contact] in CALLED:
            called = routes[contact] is Verdict.NOBODY_ELSE and not told.contacts
            verdict = Verdict.NOBODY_ELSE if called else Verdict.ANNOUNCED
            yield Want(contact, told.kind, verdict, news)


def _routes(
    severity: Severity, memory: AlarmMemory, now: Moment, setup: AlertSetup
) -> dict[str, Verdict]:
    settings = setup.settings
    local_s = now.utc_s + memory.utc_offset_s
    return dict(route(severity, settings.lowest_level, local_s, settings))


def _messages(
    wants: tuple[Want, ...], memory: AlarmMemory, now: Moment, setup: AlertSetup
) -> Iterator[NotificationDecided]:
    """One for each contact and kind, the most urgent kind first."""
    bundles: dict[tuple[int, str], list[Want]] = {}
    for want in wants:
        bundles.setdefault((_KINDS.index(want.kind), want.contact), []).append(want)
    desk = Desk(setup, now, memory.utc_offset_s)
    for number, (_, bundle) in enumerate(sorted(bundles.items()), start=memory.next_id):
        worst_first = sorted(bundle, key=lambda want: -_severity(want).rank)
        yield NotificationDecided(
            at=now,
            notification=_message(number, worst_first, desk),
            alarms=tuple(want.about.key for want in bundle if not isinstance(want.about, News)),
            news=tuple(want.about.number for want in bundle if isinstance(want.about, News)),
        )


def _message(number: int, wants: list[Want], desk: Desk) -> Notification:
    first, setup = wants[0], desk.setup
    titles = [_title(want, setup) for want in wants]
    lines: list[str] = []
    for place, (want, title) in enumerate(zip(wants, titles, strict=True), start=1):
        if len(wants) > 1:
            lines.append(f"{place}. {title}")
        lines.extend(_lines(want, desk))
    severity = _severity(first)
    return Notification(
        notification_id=number,
        kind=first.kind,
        contact=first.contact,
        channels=setup.settings.contacts[first.contact].channels,
        severity=severity,
        title=headline(first.kind, severity, titles, setup),
        lines=tuple(lines),
        resolved=first.kind is NotificationKind.RESOLVED,
        reason=first.verdict,
        at_utc=desk.now.utc_s,
    )


def _severity(want: Want) -> Severity:
    match want.about:
        case Alarm():
            return want.about.severity
        case Closing():
            return want.about.alarm.severity
        case News():
            return want.about.announcement.severity


def _title(want: Want, setup: AlertSetup) -> str:
    match want.about:
        case Alarm():
            return title_of(want.about.finding, setup)
        case Closing():
            return title_of(want.about.alarm.finding, setup)
        case News():
            return news_title(want.about, setup)


def _lines(want: Want, desk: Desk) -> Iterator[str]:
    match want.about:
        case Alarm():
            told = want.about.told.get(want.contact)
            return alarm_lines(want.about, told, want.kind, desk)
        case Closing():
            return closing_lines(want.about, desk)
        case News():
            return news_lines(want.about, desk.setup)
