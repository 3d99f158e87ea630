"""Values of alerting: alarms from the first bad finding to the last message about them.

Moments of a keeper that ran before are set on this keeper's clock once, in ``restoring``; after
that every duration is monotonic, so that a step of the wall clock neither repeats nor delays.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from eoskeeper.domain.chain_time import Moment, UtcS
from eoskeeper.domain.findings import Figure, Finding, Severity, Text
from eoskeeper.domain.host_samples import DeliveryResult

__all__ = [
    "EVERYTHING",
    "Alarm",
    "AlarmLine",
    "AlarmMemory",
    "Announcement",
    "Cause",
    "Closing",
    "Ending",
    "News",
    "Notification",
    "NotificationKind",
    "Pending",
    "Sight",
    "Silence",
    "Told",
    "Undelivered",
    "Verdict",
    "key_of",
]

EVERYTHING = "*"
"""In place of a rule's name: all of them."""


def key_of(rule: str, subject: str) -> str:
    """Name of an alarm. A rule is named like its file, so the colon is never part of it."""
    return f"{rule}:{subject}" if subject else rule


class NotificationKind(StrEnum):
    """What a message is about; the order is that of the messages of one moment."""

    FIRED = "fired"
    WORSENED = "worsened"
    ESCALATED = "escalated"
    FLAPPING = "flapping"
    REPEATED = "repeated"
    RESOLVED = "resolved"
    ANNOUNCED = "announced"
    NOTICE = "notice"


class Verdict(StrEnum):
    """Why somebody is told of an alarm, or is not."""

    FIRED = "fired"
    WORSENED = "worsened"
    ESCALATED = "escalated"
    FLAPPING = "flapping"
    REPEATED = "repeated"
    SILENCE_ENDED = "silence_ended"
    RESOLVED = "resolved"
    ANNOUNCED = "announced"
    NOBODY_ELSE = "nobody_else"
    """Critical, and the severities and hours of all contacts would leave it to nobody."""
    NOT_DELIVERED = "not_delivered"
    """No channel has proven that it took the message; it is being sent again."""

    HELD_BACK = "held_back"
    """Not yet bad for as long as its rule asks."""
    UNKNOWN = "unknown"
    """There is nothing to judge just now; the hold goes on when there is."""
    MUTED = "muted"
    """Something that explains it is bad, or was a moment ago."""
    SILENCED = "silenced"
    ACKNOWLEDGED = "acknowledged"
    CLEARING = "clearing"
    """Good again, not yet for long enough to be resolved."""
    RECENTLY_TOLD = "recently_told"
    NOT_YET_ESCALATED = "not_yet_escalated"
    OUT_OF_HOURS = "out_of_hours"
    BELOW_SEVERITY = "below_severity"
    NO_CONTACT = "no_contact"
    """Nobody is configured."""


class Ending(StrEnum):
    """How an alarm ended."""

    GOOD = "good"
    GONE = "gone"
    """Its rule no longer speaks of the thing."""
    UNWATCHED = "unwatched"
    """Its rule is switched off, gone, or not for a host of this role."""


class Sight(StrEnum):
    """What is seen of an alarm's condition in one cycle."""

    BAD = "bad"
    GOOD = "good"
    UNKNOWN = "unknown"
    ABSENT = "absent"
    """Its rule says nothing of it at all."""


class Told(msgspec.Struct, frozen=True, gc=False):
    """What one contact has been told of one alarm.

    Attributes:
        severity: the highest that was told.
        count: messages, retries of one not counted.
    """

    first: Moment
    last: Moment
    severity: Severity
    flapping: bool = False
    count: int = 1


class Pending(msgspec.Struct, frozen=True):
    """Bad, and nobody is told yet.

    Attributes:
        since: first bad finding.
        bad_s: seconds of badness that count for the hold: neither unknown nor muted.
        sight: of the cycle before.
        muted_by: rule that explains it; empty when none does.
    """

    finding: Finding
    severity: Severity
    since: Moment
    bad_s: float = 0.0
    sight: Sight = Sight.BAD
    muted_by: str = ""


class Alarm(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Open: bad for as long as its rule asks, and not yet good again for long enough.

    Attributes:
        finding: the newest bad one.
        severity: the highest since it fired; it does not sink while the alarm is open, so that a
            grade that goes to and fro is told once.
        since: first bad finding.
        fired: when it became an alarm.
        sight: of the cycle before.
        good_s: seconds of goodness that count for its end.
        absent_s: seconds without a word of its rule about it.
        muted_by: rule that explains it; empty when none does.
        unmuted: when it was last no longer muted.
        unsilenced: when it was last no longer silenced.
        acknowledged_by: empty when nobody has.
        told: who was told, by contact.
    """

    finding: Finding
    severity: Severity
    since: Moment
    fired: Moment
    sight: Sight = Sight.BAD
    good_s: float = 0.0
    absent_s: float = 0.0
    flapping: bool = False
    muted_by: str = ""
    silenced: bool = False
    unmuted: Moment | None = None
    unsilenced: Moment | None = None
    acknowledged_by: str = ""
    told: Mapping[str, Told] = {}

    @property
    def key(self) -> str:
        """Its name."""
        return key_of(self.finding.rule, self.finding.subject)


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """Ended, and those who were told of it are still to be told that.

    Attributes:
        finding: the good one; None when there is none.
        contacts: who is still to be told.
    """

    alarm: Alarm
    at: Moment
    ending: Ending
    finding: Finding | None
    contacts: tuple[str, ...]

    @property
    def key(self) -> str:
        """Its alarm's name."""
        return self.alarm.key


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened and has no end: a takeover, a daily notice.

    Attributes:
        text: lines of it become lines of the message.
        kind: ``announced`` or ``notice``.
        contacts: who gets it at once; empty: everybody who wants this severity, in their hours.
    """

    code: str
    severity: Severity
    title: Text
    text: Text
    figures: Mapping[str, Figure] = {}
    kind: NotificationKind = NotificationKind.ANNOUNCED
    contacts: tuple[str, ...] = ()


class News(msgspec.Struct, frozen=True):
    """An announcement and the contacts that still are to get it."""

    number: int
    at: Moment
    announcement: Announcement
    contacts: tuple[str, ...]


class Silence(msgspec.Struct, frozen=True):
    """No messages about a rule (``*``: about anything) for a while."""

    rule: str
    at: Moment
    for_s: float
    by: str
    reason: str

    @property
    def until_utc(self) -> UtcS:
        """Its end by the wall clock, for people."""
        return UtcS(self.at.utc_s + self.for_s)

    def holds(self, now: Moment) -> bool:
        """Whether it has not ended yet."""
        return now.mono_s - self.at.mono_s < self.for_s


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """A message, in the reader's language, not yet in any service's form.

    Attributes:
        notification_id: the same in every attempt.
        contact: name of the group that it is for.
        channels: that all get it.
        title: one line.
        lines: the rest: evidence, remedy, since when.
        resolved: it tells the end of something.
        at_utc: when it was worded.
    """

    notification_id: int
    kind: NotificationKind
    contact: str
    channels: tuple[str, ...]
    severity: Severity
    title: str
    lines: tuple[str, ...]
    resolved: bool
    reason: Verdict
    at_utc: UtcS


class Undelivered(msgspec.Struct, frozen=True, kw_only=True):
    """A message whose delivery is not proven.

    Attributes:
        alarms: keys of what it tells.
        attempt: 1 for the first.
        sent: of the newest attempt; None when another keeper made it, so that it is unknown what
            became of it.
        heard: newest outcome of that attempt; None when there is none.
        failed: channels that did not prove it.
    """

    notification: Notification
    alarms: tuple[str, ...]
    attempt: int
    sent: Moment | None
    heard: Moment | None = None
    failed: tuple[str, ...] = ()


class Cause(msgspec.Struct, frozen=True, gc=False):
    """A rule that is bad, or was a moment ago: it explains others.

    Attributes:
        seen_mono_s: when it was last bad or its alarm open.
    """

    severity: Severity
    seen_mono_s: float


class AlarmMemory(msgspec.Struct, frozen=True, kw_only=True):
    """All that alerting remembers from cycle to cycle; keys are those of ``key_of``.

    Attributes:
        at: the cycle before.
        next_id: of the next notification or piece of news.
        utc_offset_s: local time minus UTC.
        changes: newest moments at which an alarm fired or ended, oldest first.
        causes: by rule.
        waiting: keys of alarms that are about to be told, for the group to be complete.
        waiting_since_s: monotonic; None when nothing waits.
        deliveries: outcomes by channel since the keeper started.
    """

    at: Moment
    next_id: int = 1
    utc_offset_s: int = 0
    pending: Mapping[str, Pending] = {}
    alarms: Mapping[str, Alarm] = {}
    closings: Mapping[str, Closing] = {}
    news: tuple[News, ...] = ()
    silences: Mapping[str, Silence] = {}
    undelivered: Mapping[int, Undelivered] = {}
    changes: Mapping[str, tuple[Moment, ...]] = {}
    causes: Mapping[str, Cause] = {}
    waiting: frozenset[str] = frozenset()
    waiting_since_s: float | None = None
    deliveries: Mapping[str, Mapping[DeliveryResult, int]] = {}


class AlarmLine(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm that is open or held back, as ``eoskeeper alarms`` shows it.

    Attributes:
        since_utc: first bad finding.
        fired_utc: None while it is held back.
        sentence: its newest evidence.
        last_told_utc: None when nobody was told.
        verdict: why somebody is about to be told, or nobody is.
        muted_by: rule that explains it; empty when none does.
        acknowledged_by: empty when nobody has.
        silenced_until: UTC; None when it is not silenced.
    """

    rule: str
    subject: str
    severity: Severity
    since_utc: UtcS
    fired_utc: UtcS | None
    title: str
    sentence: str
    remedy: str
    told_to: tuple[str, ...]
    last_told_utc: UtcS | None
    verdict: Verdict
    flapping: bool = False
    muted_by: str = ""
    acknowledged_by: str = ""
    silenced_until: UtcS | None = None
