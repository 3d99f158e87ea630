"""Recording: what a record does to the memory, the same when it is made and when it is read back.

So a keeper that starts anew knows what the one before it knew, without a second set of rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from eoskeeper.domain.alerting.alarms import (
    EVERYTHING,
    Alarm,
    AlarmMemory,
    Closing,
    News,
    Notification,
    NotificationKind,
    Silence,
    Told,
    Undelivered,
    key_of,
)
from eoskeeper.domain.alerting.events import (
    AlarmAcked,
    AlarmEvent,
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
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.host_samples import DeliveryResult

__all__ = ["is_silenced", "record", "record_all"]

Key = TypeVar("Key")
Value = TypeVar("Value")


def record_all(memory: AlarmMemory, events: Iterable[AlarmEvent]) -> AlarmMemory:
    """One after the other."""
    for event in events:
        memory = record(memory, event)
    return memory


def record(memory: AlarmMemory, event: AlarmEvent) -> AlarmMemory:  # noqa: C901, PLR0911 - one case for each record
    """The memory after one record; compares no times, so it holds on any keeper's clock."""
    match event:
        case AlarmFired():
            return _fire(memory, event)
        case AlarmWorsened():
            key = key_of(event.finding.rule, event.finding.subject)
            changes = {"severity": event.severity, "finding": event.finding, "acknowledged_by": ""}
            return _change(memory, (key,), changes)
        case AlarmFlapping():
            return _change(memory, (event.key,), {"flapping": True})
        case AlarmResolved():
            return _resolve(memory, event)
        case AlarmAcked():
            return _change(memory, event.keys, {"acknowledged_by": event.by})
        case SilenceSet():
            return _silence(memory, event.silence)
        case SilenceCleared():
            return _unsilence(memory, event)
        case NewsTaken():
            following = max(memory.next_id, event.news.number + 1)
            return replace(memory, news=(*memory.news, event.news), next_id=following)
        case NotificationDecided():
            return _send(memory, event)
        case NotificationSettled():
            return _settle(memory, event)
        case NotificationDropped():
            left = _without(memory.undelivered, event.notification_id)
            return replace(memory, undelivered=left)
        case AlarmsSnapshot():
            return _start_from(memory, event)


def is_silenced(memory: AlarmMemory, rule: str) -> bool:
    """Whether an operator wants no messages about a rule."""
    return rule in memory.silences or EVERYTHING in memory.silences


def _fire(memory: AlarmMemory, event: AlarmFired) -> AlarmMemory:
    alarm = event.alarm
    return replace(
        memory,
        alarms={**memory.alarms, alarm.key: alarm},
        pending=_without(memory.pending, alarm.key),
        closings=_without(memory.closings, alarm.key),
        changes=_changed(memory, alarm.key, event.at),
    )


def _resolve(memory: AlarmMemory, event: AlarmResolved) -> AlarmMemory:
    alarm = memory.alarms.get(event.key)
    if alarm is None:
        return memory
    closings = memory.closings
    if alarm.told:
        closing = Closing(
            alarm=alarm,
            at=event.at,
            ending=event.ending,
            finding=event.finding,
            contacts=tuple(alarm.told),
        )
        closings = {**closings, event.key: closing}
    # What came and went has been told as one thing; the next time begins anew.
    changes = (
        _without(memory.changes, event.key)
        if alarm.flapping
        else _changed(memory, event.key, event.at)
    )
    return replace(
        memory, alarms=_without(memory.alarms, event.key), closings=closings, changes=changes
    )


def _changed(memory: AlarmMemory, key: str, at: Moment) -> Mapping[str, tuple[Moment, ...]]:
    return {**memory.changes, key: (*memory.changes.get(key, ()), at)}


def _change(memory: AlarmMemory, keys: Iterable[str], changes: Mapping[str, object]) -> AlarmMemory:
    alarms = dict(memory.alarms)
    for key in keys:
        if key in alarms:
            alarms[key] = replace(alarms[key], **changes)
    return replace(memory, alarms=alarms)


def _silence(memory: AlarmMemory, silence: Silence) -> AlarmMemory:
    memory = replace(memory, silences={**memory.silences, silence.rule: silence})
    keys = [key for key, alarm in memory.alarms.items() if is_silenced(memory, alarm.finding.rule)]
    return _change(memory, keys, {"silenced": True})


def _unsilence(memory: AlarmMemory, event: SilenceCleared) -> AlarmMemory:
    memory = replace(memory, silences=_without(memory.silences, event.rule))
    keys = [
        key
        for key, alarm in memory.alarms.items()
        if alarm.silenced and not is_silenced(memory, alarm.finding.rule)
    ]
    return _change(memory, keys, {"silenced": False, "unsilenced": event.at})


def _send(memory: AlarmMemory, event: NotificationDecided) -> AlarmMemory:
    sent = event.notification
    waiting = Undelivered(
        notification=sent, alarms=event.alarms, attempt=event.attempt, sent=event.at
    )
    undelivered = {**memory.undelivered, sent.notification_id: waiting}
    memory = replace(
        memory, undelivered=undelivered, next_id=max(memory.next_id, sent.notification_id + 1)
    )
    if event.attempt > 1:
        return memory
    if sent.kind is NotificationKind.RESOLVED:
        return _told_the_end(memory, event.alarms, sent.contact)
    return _told_the_news(_told(memory, event.alarms, sent, event.at), event.news, sent.contact)


def _told(
    memory: AlarmMemory, keys: tuple[str, ...], sent: Notification, at: Moment
) -> AlarmMemory:
    alarms = dict(memory.alarms)
    for key in keys:
        if key in alarms:
            alarms[key] = _told_of(alarms[key], sent.contact, at)
    return replace(memory, alarms=alarms)


def _told_of(alarm: Alarm, contact: str, at: Moment) -> Alarm:
    before = alarm.told.get(contact)
    told = Told(
        first=at if before is None else before.first,
        last=at,
        severity=alarm.severity,
        flapping=alarm.flapping,
        count=1 if before is None else before.count + 1,
    )
    return replace(alarm, told={**alarm.told, contact: told})


def _told_the_end(memory: AlarmMemory, keys: tuple[str, ...], contact: str) -> AlarmMemory:
    closings = dict(memory.closings)
    for key in keys:
        closing = closings.pop(key, None)
        if closing is None:
            continue
        left = tuple(name for name in closing.contacts if name != contact)
        if left:
            closings[key] = replace(closing, contacts=left)
    return replace(memory, closings=closings)


def _told_the_news(memory: AlarmMemory, numbers: tuple[int, ...], contact: str) -> AlarmMemory:
    if not numbers:
        return memory
    news = (_without_contact(one, numbers, contact) for one in memory.news)
    return replace(memory, news=tuple(one for one in news if one.contacts))


def _without_contact(news: News, numbers: tuple[int, ...], contact: str) -> News:
    if news.number not in numbers:
        return news
    return replace(news, contacts=tuple(name for name in news.contacts if name != contact))


def _settle(memory: AlarmMemory, event: NotificationSettled) -> AlarmMemory:
    waiting = memory.undelivered.get(event.notification_id)
    if waiting is None:
        return memory
    if event.result is DeliveryResult.PROVEN:
        left = _without(memory.undelivered, event.notification_id)
        return replace(memory, undelivered=left)
    failed = (*(name for name in waiting.failed if name != event.channel), event.channel)
    waiting = replace(waiting, heard=event.at, failed=failed)
    return replace(memory, undelivered={**memory.undelivered, event.notification_id: waiting})


def _start_from(memory: AlarmMemory, snapshot: AlarmsSnapshot) -> AlarmMemory:
    return replace(
        memory,
        next_id=snapshot.next_id,
        alarms={alarm.key: alarm for alarm in snapshot.alarms},
        closings={closing.key: closing for closing in snapshot.closings},
        news=snapshot.news,
        silences={silence.rule: silence for silence in snapshot.silences},
        undelivered={one.notification.notification_id: one for one in snapshot.undelivered},
        changes=snapshot.changes,
    )


def _without(mapping: Mapping[Key, Value], key: Key) -> Mapping[Key, Value]:
    return {each: value for each, value in mapping.items() if each != key}
