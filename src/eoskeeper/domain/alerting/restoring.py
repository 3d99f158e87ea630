"""Restoring: the memory of a keeper that starts, from the records of those before it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from eoskeeper.domain.alerting.alarms import Alarm, AlarmMemory, Closing, Sight, Told
from eoskeeper.domain.alerting.events import AlarmEvent, AlarmsSnapshot
from eoskeeper.domain.alerting.recording import record_all
from eoskeeper.domain.chain_time import Moment, MonoS

__all__ = ["begin_alarms", "restore_alarms", "snapshot_alarms"]


def begin_alarms(now: Moment) -> AlarmMemory:
    """The memory of a keeper that never ran before."""
    return AlarmMemory(at=now)


def restore_alarms(events: Iterable[AlarmEvent], now: Moment) -> AlarmMemory:
    """The memory after all records, oldest first.

    What was held back begins its hold anew; a message without a proven delivery is sent again in
    the first cycle, whatever had been heard of it.
    """
    memory = record_all(begin_alarms(now), events)
    undelivered = {
        number: replace(one, sent=None, heard=None, failed=())
        for number, one in memory.undelivered.items()
    }
    return replace(
        memory,
        # Nobody had been told of these: they do not end before somebody is.
        waiting=frozenset(key for key, alarm in memory.alarms.items() if not alarm.told),
        alarms={key: _alarm_now(alarm, now) for key, alarm in memory.alarms.items()},
        closings={key: _closing_now(one, now) for key, one in memory.closings.items()},
        news=tuple(replace(one, at=_rebased(one.at, now)) for one in memory.news),
        silences={
            rule: replace(one, at=_rebased(one.at, now)) for rule, one in memory.silences.items()
        },
        undelivered=undelivered,
        changes={
            key: tuple(_rebased(at, now) for at in moments)
            for key, moments in memory.changes.items()
        },
    )


def snapshot_alarms(memory: AlarmMemory, now: Moment) -> AlarmsSnapshot:
    """The record from which alone the memory can be restored."""
    return AlarmsSnapshot(
        at=now,
        next_id=memory.next_id,
        alarms=tuple(memory.alarms.values()),
        closings=tuple(memory.closings.values()),
        news=memory.news,
        silences=tuple(memory.silences.values()),
        undelivered=tuple(memory.undelivered.values()),
        changes=memory.changes,
    )


def _rebased(moment: Moment, now: Moment) -> Moment:
    """The same moment on this keeper's clock; one in the future counts as now.

    A clock that was wrong and is right today must not put off a message for years.
    """
    return Moment(MonoS(now.mono_s - max(0.0, now.utc_s - moment.utc_s)), moment.utc_s)


def _maybe(moment: Moment | None, now: Moment) -> Moment | None:
    return None if moment is None else _rebased(moment, now)


def _alarm_now(alarm: Alarm, now: Moment) -> Alarm:
    return replace(
        alarm,
        since=_rebased(alarm.since, now),
        fired=_rebased(alarm.fired, now),
        sight=Sight.BAD,
        good_s=0.0,
        absent_s=0.0,
        unmuted=_maybe(alarm.unmuted, now),
        unsilenced=_maybe(alarm.unsilenced, now),
        told={name: _told_now(told, now) for name, told in alarm.told.items()},
    )


def _told_now(told: Told, now: Moment) -> Told:
    return replace(told, first=_rebased(told.first, now), last=_rebased(told.last, now))


def _closing_now(closing: Closing, now: Moment) -> Closing:
    return replace(closing, at=_rebased(closing.at, now), alarm=_alarm_now(closing.alarm, now))
