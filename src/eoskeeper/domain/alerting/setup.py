"""Setup: what alerting is told once: its settings, the rules' declarations, and where it runs."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from eoskeeper.domain.alerting.alarms import Announcement
from eoskeeper.domain.alerting.settings import AlertSettings
from eoskeeper.domain.findings import Finding, Grade, Language, Severity
from eoskeeper.domain.host_samples import (
    AlarmAcknowledged,
    DeliveryOutcome,
    SilenceEnded,
    SilenceOrdered,
)
from eoskeeper.domain.policy import Role
from eoskeeper.domain.rules.rule import Declaration

__all__ = ["CYCLE_JITTER_S", "AlertSetup", "Intake", "Order", "Rated"]

CYCLE_JITTER_S = 0.1
"""Cycles are a second apart, give or take: three of them fill a hold of three seconds."""

Order = SilenceOrdered | SilenceEnded | AlarmAcknowledged
"""What an operator may want of alerting."""


class Rated(msgspec.Struct, frozen=True):
    """A rule that is switched on: its words, and how patient it is.

    Attributes:
        hold_s: seconds of badness before it is an alarm.
        clear_s: seconds of goodness before it is resolved.
    """

    declaration: Declaration
    hold_s: float
    clear_s: float


class AlertSetup(msgspec.Struct, frozen=True, kw_only=True):
    """The same in every cycle.

    Attributes:
        rated: by name, every rule that is switched on; the keeper's own always is.
        host: name of this host in every message.
    """

    settings: AlertSettings
    rated: Mapping[str, Rated]
    role: Role
    host: str
    language: Language

    def severity_of(self, finding: Finding) -> Severity | None:
        """How urgently a finding is told on a host of this role; None is not at all."""
        rated = self.rated.get(finding.rule)
        if rated is None:
            return None
        match finding.grade:
            case Grade.FAILED:
                return rated.declaration.failed.get(self.role)
            case Grade.DEGRADED:
                return rated.declaration.degraded.get(self.role)
            case Grade.OK | Grade.UNKNOWN:
                return None

    def watches(self, rule: str) -> bool:
        """Whether a rule is switched on and tells anything on a host of this role."""
        rated = self.rated.get(rule)
        if rated is None:
            return False
        return self.role in rated.declaration.failed or self.role in rated.declaration.degraded


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """What one cycle hands to alerting.

    Attributes:
        findings: of every rule that is switched on.
        orders: those samples of this cycle that are for alerting, in order of arrival.
        utc_offset_s: local time minus UTC.
    """

    findings: tuple[Finding, ...] = ()
    announcements: tuple[Announcement, ...] = ()
    orders: tuple[DeliveryOutcome | Order, ...] = ()
    utc_offset_s: int = 0
