"""Desk: a keeper's alerting in virtual time, with rules made for the purpose, for these tests."""

from __future__ import annotations

import itertools

import msgspec

from eoskeeper.domain.alerting.alarms import AlarmMemory, Announcement, Notification
from eoskeeper.domain.alerting.engine import (
    Alerted,
    AlertSetup,
    Intake,
    Rated,
    alert,
    begin_alarms,
    restore_alarms,
)
from eoskeeper.domain.alerting.events import AlarmEvent
from eoskeeper.domain.alerting.settings import AlertSettings, ContactGroup
from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.findings import Finding, Grade, Language, Severity, Text
from eoskeeper.domain.host_samples import DeliveryOutcome, DeliveryResult
from eoskeeper.domain.policy import Role
from eoskeeper.domain.rules.rule import Declaration, on_every_role

START_UTC_S = 1_751_760_000.0
"""2025-07-06T00:00:00Z."""

JOURNAL = msgspec.json.Decoder(list[AlarmEvent])

OPS = ContactGroup(channels=("wecom", "sms"))


def rated(
    name: str,
    *,
    hold_s: float = 0.0,
    clear_s: float = 5.0,
    failed: Severity | None = Severity.CRITICAL,
    degraded: Severity | None = Severity.WARNING,
    depends_on: tuple[str, ...] = (),
) -> Rated:
    """A rule of that name."""
    declaration = Declaration(
        name=name,
        title=Text(en=f"{name} is ill", zh=f"{name} 异常"),
        texts={
            "good": Text(en="all is well", zh="正常"),
            "bad": Text(en="{age_s:g} s old", zh="{age_s:g} 秒"),
        },
        remedy=Text(en=f"mend {name}", zh=f"修复 {name}"),
        depends_on=depends_on,
        failed={} if failed is None else on_every_role(failed),
        degraded={} if degraded is None else on_every_role(degraded),
    )
    return Rated(declaration, hold_s, clear_s)


def setup_of(
    *rules: Rated,
    settings: AlertSettings | None = None,
    language: Language = Language.ENGLISH,
    role: Role = Role.PRIMARY,
) -> AlertSetup:
    """A setup with these rules; one contact group ``ops`` unless settings are given."""
    return AlertSetup(
        settings=settings or AlertSettings(contacts={"ops": OPS}),
        rated={one.declaration.name: one for one in rules},
        role=role,
        host="bp-a",
        language=language,
    )


def bad(rule: str, subject: str = "", *, age_s: float = 20.0) -> Finding:
    """A failed finding."""
    return Finding(rule, Grade.FAILED, "bad", {"age_s": age_s}, subject)


def poor(rule: str, subject: str = "") -> Finding:
    """A degraded finding."""
    return Finding(rule, Grade.DEGRADED, "bad", {"age_s": 9.0}, subject)


def good(rule: str, subject: str = "") -> Finding:
    """A good finding."""
    return Finding(rule, Grade.OK, "good", {}, subject)


def unknown(rule: str, subject: str = "") -> Finding:
    """Nothing to judge."""
    return Finding(rule, Grade.UNKNOWN, "good", {}, subject)


class Desk:
    """One keeper's alerting, cycle by cycle, and the journal that it writes."""

    def __init__(self, setup: AlertSetup, *, proves: bool = True) -> None:
        """Begin. ``proves``: every message is delivered before the next cycle."""
        self.setup = setup
        self.proves = proves
        self.mono_s = 1000.0
        self.utc_s = START_UTC_S
        self.utc_offset_s = 0
        self.memory: AlarmMemory = begin_alarms(self.now)
        self.journal: list[AlarmEvent] = []
        self.sent: list[Notification] = []
        self.last: Alerted | None = None
        self._outcomes: list[DeliveryOutcome] = []

    @property
    def now(self) -> Moment:
        """Both clocks."""
        return Moment(MonoS(self.mono_s), UtcS(self.utc_s))

    def cycle(
        self,
        *findings: Finding,
        after_s: float = 1.0,
        orders: tuple[object, ...] = (),
        news: tuple[Announcement, ...] = (),
    ) -> tuple[Notification, ...]:
        """Let time pass, then run one cycle; what it sends."""
        self.mono_s += after_s
        self.utc_s += after_s
        intake = Intake(
            findings=findings,
            announcements=news,
            orders=(*self._outcomes, *orders),  # type: ignore[arg-type]  # orders of any test
            utc_offset_s=self.utc_offset_s,
        )
        self.last = alert(self.memory, intake, self.now, self.setup)
        self.memory = self.last.memory
        self.journal.extend(self.last.events)
        self.sent.extend(self.last.notifications)
        proven = self.last.notifications if self.proves else ()
        self._outcomes = [self.outcome(one) for one in proven]
        return self.last.notifications

    def run(self, *findings: Finding, for_s: float, step_s: float = 1.0) -> list[Notification]:
        """The same findings for a while; everything that is sent."""
        cycles = (self.cycle(*findings, after_s=step_s) for _ in range(round(for_s / step_s)))
        return list(itertools.chain.from_iterable(cycles))

    def outcome(
        self,
        notification: Notification,
        result: DeliveryResult = DeliveryResult.PROVEN,
        channel: str = "",
    ) -> DeliveryOutcome:
        """What a channel says."""
        name = channel or notification.channels[0]
        return DeliveryOutcome(self.now, notification.notification_id, name, result, 1, "")

    def restart(self, *, down_s: float = 0.0, setup: AlertSetup | None = None) -> None:
        """A new keeper on a rebooted machine reads the journal through its JSON form."""
        self.utc_s += down_s
        self.mono_s = 5.0
        self._outcomes = []
        self.setup = setup or self.setup
        journal = JOURNAL.decode(msgspec.json.encode(self.journal))
        self.memory = restore_alarms(journal, self.now)


def kinds(notifications: list[Notification] | tuple[Notification, ...]) -> list[str]:
    """Kind and contact of each."""
    return [f"{one.kind} {one.contact}" for one in notifications]
