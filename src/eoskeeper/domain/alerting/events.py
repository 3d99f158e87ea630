"""Records of alerting in the journal; read back, they are all that a new keeper needs to go on."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from eoskeeper.domain.alerting.alarms import (
    Alarm,
    Closing,
    Ending,
    News,
    Notification,
    Silence,
    Undelivered,
    Verdict,
)
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Finding, Severity
from eoskeeper.domain.host_samples import DeliveryResult

__all__ = [
    "AlarmAcked",
    "AlarmEvent",
    "AlarmFired",
    "AlarmFlapping",
    "AlarmResolved",
    "AlarmWorsened",
    "AlarmsSnapshot",
    "NewsTaken",
    "NotificationDecided",
    "NotificationDropped",
    "NotificationSettled",
    "SilenceCleared",
    "SilenceSet",
]


class AlarmFired(msgspec.Struct, frozen=True, tag="alarm_fired"):
    """Bad for as long as its rule asks."""

    at: Moment
    alarm: Alarm


class AlarmWorsened(msgspec.Struct, frozen=True, tag="alarm_worsened"):
    """An open alarm is more urgent than before; an acknowledgement of the lesser one is void."""

    at: Moment
    finding: Finding
    severity: Severity


class AlarmFlapping(msgspec.Struct, frozen=True, tag="alarm_flapping"):
    """An alarm comes and goes: it stays open until it has been quiet."""

    at: Moment
    key: str


class AlarmResolved(msgspec.Struct, frozen=True, tag="alarm_resolved"):
    """An alarm ended.

    Attributes:
        finding: the good one; None when there is none.
    """

    at: Moment
    key: str
    ending: Ending
    finding: Finding | None = None


class AlarmAcked(msgspec.Struct, frozen=True, tag="alarm_acknowledged"):
    """Somebody works on these alarms."""

    at: Moment
    keys: tuple[str, ...]
    by: str


class SilenceSet(msgspec.Struct, frozen=True, tag="silence_set"):
    """An operator silenced a rule, or all."""

    at: Moment
    silence: Silence


class SilenceCleared(msgspec.Struct, frozen=True, tag="silence_cleared"):
    """A silence ended.

    Attributes:
        by: who ended it; empty when its time was over.
    """

    at: Moment
    rule: str
    by: str


class NewsTaken(msgspec.Struct, frozen=True, tag="news_taken"):
    """An announcement waits for its message."""

    at: Moment
    news: News


class NotificationDecided(msgspec.Struct, frozen=True, tag="notification_decided"):
    """A message is about to be sent.

    Attributes:
        alarms: keys of the alarms that it tells.
        news: numbers of the announcements that it tells.
        attempt: 1 for the first.
    """

    at: Moment
    notification: Notification
    alarms: tuple[str, ...] = ()
    news: tuple[int, ...] = ()
    attempt: int = 1


class NotificationSettled(msgspec.Struct, frozen=True, tag="notification_settled"):
    """What one channel made of a message; ``proven`` ends the matter."""

    at: Moment
    notification_id: int
    channel: str
    result: DeliveryResult
    detail: str = ""


class NotificationDropped(msgspec.Struct, frozen=True, tag="notification_dropped"):
    """A message is not tried any more: its contact is gone, or far too many wait."""

    at: Moment
    notification_id: int
    reason: Verdict


class AlarmsSnapshot(msgspec.Struct, frozen=True, tag="alarms_snapshot"):
    """Everything that the records before it have led to; they are not needed any more."""

    at: Moment
    next_id: int
    alarms: tuple[Alarm, ...] = ()
    closings: tuple[Closing, ...] = ()
    news: tuple[News, ...] = ()
    silences: tuple[Silence, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()
    changes: Mapping[str, tuple[Moment, ...]] = {}


AlarmEvent = (
    AlarmFired
    | AlarmWorsened
    | AlarmFlapping
    | AlarmResolved
    | AlarmAcked
    | SilenceSet
    | SilenceCleared
    | NewsTaken
    | NotificationDecided
    | NotificationSettled
    | NotificationDropped
    | AlarmsSnapshot
)
