"""Judge: whether one contact is told of one alarm now, and in any case why.

Silence, acknowledgement, hours, severity, level and repetition are all decided here, in the order
in which the cases stand; nothing else withholds a message.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from eoskeeper.domain.alerting.alarms import (
    Alarm,
    AlarmMemory,
    NotificationKind,
    Sight,
    Verdict,
)
from eoskeeper.domain.alerting.settings import AlertSettings, ContactGroup, within_hours
from eoskeeper.domain.chain_time import Moment, UtcS
from eoskeeper.domain.findings import Severity

__all__ = ["CALLED", "Judgement", "judge", "level_of", "route"]


class Judgement(msgspec.Struct, frozen=True, gc=False):
    """A verdict; ``kind`` is that of the message, None when there is none."""

    verdict: Verdict
    kind: NotificationKind | None = None


CALLED = frozenset({Verdict.FIRED, Verdict.NOBODY_ELSE})
"""Verdicts of ``route`` on those who are called."""


def judge(
    alarm: Alarm, memory: AlarmMemory, now: Moment, settings: AlertSettings
) -> dict[str, Judgement]:
    """What every contact is told of an alarm, or why nothing."""
    withheld = _withheld(alarm)
    if withheld is not None:
        return dict.fromkeys(settings.contacts, Judgement(withheld))
    level = level_of(alarm, now, settings)
    routes = route(alarm.severity, level, now.utc_s + memory.utc_offset_s, settings)
    judgements = {}
    for name, verdict in routes.items():
        judgement = Judgement(verdict)
        if verdict in CALLED:
            first = _judge_first(alarm, name, verdict, memory, settings)
            judgement = first or _judge_repeat(alarm, name, memory, now, settings)
        judgements[name] = judgement
    return judgements


def level_of(alarm: Alarm, now: Moment, settings: AlertSettings) -> int:
    """How far it has escalated: steps since somebody was first told, silence and muting apart."""
    if not alarm.told:
        return settings.lowest_level
    begin_s = min(told.first.mono_s for told in alarm.told.values())
    for moment in (alarm.unmuted, alarm.unsilenced):
        if moment is not None:
            begin_s = max(begin_s, moment.mono_s)
    return settings.lowest_level + int((now.mono_s - begin_s) / settings.escalation_s)


def route(
    severity: Severity, level: int, local_s: float, settings: AlertSettings
) -> Mapping[str, Verdict]:
    """Who is called for something of this severity at this level; ``fired`` means called.

    Args:
        local_s: local time, in seconds like UTC.
    """
    verdicts = {
        name: _route_one(group, severity, level, local_s)
        for name, group in settings.contacts.items()
    }
    if severity is not Severity.CRITICAL or Verdict.FIRED in verdicts.values():
        return verdicts
    lowest = settings.lowest_level
    return {
        name: Verdict.NOBODY_ELSE if settings.contacts[name].level == lowest else verdict
        for name, verdict in verdicts.items()
    }


def _route_one(group: ContactGroup, severity: Severity, level: int, local_s: float) -> Verdict:
    if severity.rank < group.severity.rank:
        return Verdict.BELOW_SEVERITY
    if group.level > level:
        return Verdict.NOT_YET_ESCALATED
    if not within_hours(group.hours, UtcS(local_s), 0):
        return Verdict.OUT_OF_HOURS
    return Verdict.FIRED


def _withheld(alarm: Alarm) -> Verdict | None:
    """Why nobody at all is told; None when somebody may be."""
    if alarm.muted_by:
        return Verdict.MUTED
    if alarm.silenced:
        return Verdict.SILENCED
    return Verdict.ACKNOWLEDGED if alarm.acknowledged_by else None


def _judge_first(
    alarm: Alarm, contact: str, called: Verdict, memory: AlarmMemory, settings: AlertSettings
) -> Judgement | None:
    """What a contact has not been told before; None when it knows everything."""
    told = alarm.told.get(contact)
    if alarm.flapping and (told is None or not told.flapping):
        return Judgement(Verdict.FLAPPING, NotificationKind.FLAPPING)
    if alarm.sight is Sight.GOOD and alarm.key not in memory.waiting:
        return Judgement(Verdict.CLEARING)
    if told is None:
        if called is Verdict.FIRED and settings.contacts[contact].level > settings.lowest_level:
            return Judgement(Verdict.ESCALATED, NotificationKind.ESCALATED)
        return Judgement(called, NotificationKind.FIRED)
    if told.severity.rank < alarm.severity.rank:
        return Judgement(Verdict.WORSENED, NotificationKind.WORSENED)
    return None


def _judge_repeat(
    alarm: Alarm, contact: str, memory: AlarmMemory, now: Moment, settings: AlertSettings
) -> Judgement:
    if _is_on_its_way(alarm.key, contact, memory):
        return Judgement(Verdict.NOT_DELIVERED)
    told = alarm.told[contact]
    if alarm.unsilenced is not None and alarm.unsilenced.mono_s > told.last.mono_s:
        return Judgement(Verdict.SILENCE_ENDED, NotificationKind.REPEATED)
    if now.mono_s - told.last.mono_s >= settings.repeat_s:
        return Judgement(Verdict.REPEATED, NotificationKind.REPEATED)
    return Judgement(Verdict.RECENTLY_TOLD)


def _is_on_its_way(key: str, contact: str, memory: AlarmMemory) -> bool:
    """Whether a message about it is still being tried: one more would only come on top."""
    return any(
        one.notification.contact == contact and key in one.alarms
        for one in memory.undelivered.values()
    )
