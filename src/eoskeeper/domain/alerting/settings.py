"""Settings of the alarm engine: how often people are told, who they are, and at which hours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import UtcS
from eoskeeper.domain.findings import Severity

__all__ = ["ALWAYS", "AlertSettings", "ContactGroup", "hours_fault", "within_hours"]

ALWAYS = "00:00-24:00"
DAY_MINUTES = 24 * 60

_HOURS = re.compile(r"([0-2]\d):([0-5]\d)-([0-2]\d):([0-5]\d)")

Seconds = Annotated[float, Meta(ge=1, le=604_800)]


class ContactGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """People who are told together, in the table ``[alarm.contacts.NAME]``.

    Attributes:
        channels: names of the channels that all get each message; one that proves delivery is
            enough.
        severity: the least that they are told.
        hours: local time in which they are told, may wrap midnight ("22:00-08:00"). What is still
            open when the hours begin is told then. A critical alarm that nobody would hear goes
            to every group of the lowest level, whatever the hour.
        level: 0 is called first, level n when nobody has acknowledged for n times ``escalate_s``.
        resolved: whether they are told the end of what they were told of, at any hour.
    """

    channels: Annotated[tuple[str, ...], Meta(min_length=1)]
    severity: Severity = Severity.WARNING
    hours: str = ALWAYS
    level: Annotated[int, Meta(ge=0, le=9)] = 0
    resolved: bool = True


class AlertSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When people are told of an alarm; part of the table ``[alarm]``. Seconds throughout.

    Attributes:
        repeat_s: an open alarm is told again so often until somebody acknowledges it. 30 minutes
            as in 2018.
        escalate_s: unacknowledged for so long, and the next level is called too; None takes
            ``repeat_s``.
        group_wait_s: alarms that come together within this time go in one message.
        settle_s: after a cause has ended, what depends on it stays muted for so long, so that the
            aftermath is not told.
        flap_changes: an alarm that fired and ended so many times in ``flap_window_s`` is told once
            as coming and going.
        flap_window_s: see ``flap_changes``.
        flap_quiet_s: then it counts as open until it has been good for so long.
        delivery_patience_s: a message of which no channel has said anything for so long is sent
            again: in doubt twice rather than never.
        contacts: who is told, by name.
    """

    repeat_s: Seconds = 1800.0
    escalate_s: Seconds | None = None
    group_wait_s: Annotated[float, Meta(ge=0, le=60)] = 1.0
    settle_s: Annotated[float, Meta(ge=0, le=600)] = 10.0
    flap_changes: Annotated[int, Meta(ge=3, le=100)] = 6
    flap_window_s: Seconds = 900.0
    flap_quiet_s: Seconds = 600.0
    delivery_patience_s: Seconds = 300.0
    contacts: Mapping[str, ContactGroup] = {}

    @property
    def escalation_s(self) -> float:
        """Seconds from one level to the next."""
        return self.repeat_s if self.escalate_s is None else self.escalate_s

    @property
    def lowest_level(self) -> int:
        """The level that is called first: 0 unless no group has it."""
        return min((group.level for group in self.contacts.values()), default=0)


def hours_fault(text: str) -> str | None:
    """What is wrong with the hours of a contact; None when nothing is."""
    match = _HOURS.fullmatch(text)
    if match is None:
        return 'hours are written "HH:MM-HH:MM", like "08:00-22:00"'
    begin, end = _minutes(match)
    if begin >= DAY_MINUTES or end > DAY_MINUTES:
        return "a day begins at 00:00 and ends at 24:00"
    if begin == end:
        return f'these hours are empty; the whole day is "{ALWAYS}"'
    return None


def within_hours(hours: str, utc_s: UtcS, utc_offset_s: int) -> bool:
    """Whether local time is in the hours, the first minute included and the last one not.

    Hours that cannot be read are all day: a mistake must not keep an alarm back.
    """
    match = _HOURS.fullmatch(hours)
    if match is None:
        return True
    begin, end = _minutes(match)
    minute = int((utc_s + utc_offset_s) // 60) % DAY_MINUTES
    if begin < end:
        return begin <= minute < end
    return minute >= begin or minute < end


def _minutes(match: re.Match[str]) -> tuple[int, int]:
    begin_h, begin_m, end_h, end_m = (int(part) for part in match.groups())
    return begin_h * 60 + begin_m, end_h * 60 + end_m
