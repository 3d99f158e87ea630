"""What a health rule is made of: limits, a declaration, and a look at everything known.

A rule never remembers, waits, logs or mutes. Holding back, muting what depends on something worse
and repeating are the alarm engine's; a rule only says how things are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Finding, Severity, Text
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.policy import Policy, Role
from eoskeeper.domain.standing import Standing
from eoskeeper.domain.vitals import Vitals

__all__ = ["Declaration", "HoldSeconds", "Limits", "Rule", "View", "on_every_role", "severities"]

HoldSeconds = Annotated[float, Meta(ge=0, le=3600)]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a rule may look at.

    Attributes:
        node: what is known of nodeos and its chain.
        standing: this host's place in the succession.
        vitals: what only the health rules need to know.
        policy: who this host is.
    """

    node: NodeState
    standing: Standing
    vitals: Vitals
    policy: Policy


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an operator can set of every rule, in its table ``[rules.NAME]``.

    Attributes:
        enabled: ``false`` switches the rule off.
        hold_s: how long it must be bad before anybody is told.
        clear_s: how long it must be good again before it counts as resolved.
    """

    enabled: bool = True
    hold_s: HoldSeconds = 0.0
    clear_s: HoldSeconds = 10.0


class Rule(Protocol):
    """A rule is its own limits; see ``Limits`` for those that all have."""

    @property
    def enabled(self) -> bool:
        """Whether it is asked at all."""

    @property
    def hold_s(self) -> float:
        """Seconds of badness before anybody is told."""

    @property
    def clear_s(self) -> float:
        """Seconds of goodness before it is resolved."""

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade: one finding, or one for each thing that the rule is about."""


class Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """What the catalogue tells of a rule.

    Attributes:
        name: also its file, its table in the configuration and its name in every message.
        title: what is wrong when it is bad, in a few words.
        texts: the sentence of each code that its findings may carry, good ones too.
        remedy: what the reader should do.
        remedies: another remedy for some codes.
        depends_on: rules whose badness explains this one's: while one of them is bad, this one is
            not told.
        failed: how urgent ``failed`` is on a host of each role; a missing role is never told.
        degraded: the same for ``degraded``.
    """

    name: str
    title: Text
    texts: Mapping[str, Text]
    remedy: Text
    remedies: Mapping[str, Text] = {}
    depends_on: tuple[str, ...] = ()
    failed: Mapping[Role, Severity] = {}
    degraded: Mapping[Role, Severity] = {}


def on_every_role(severity: Severity) -> Mapping[Role, Severity]:
    """The same urgency everywhere."""
    return dict.fromkeys(Role, severity)


def severities(
    *,
    primary: Severity | None = None,
    standby: Severity | None = None,
    observer: Severity | None = None,
) -> Mapping[Role, Severity]:
    """Urgency by role; None where nobody is told. ``standby`` is B and C."""
    by_role = {
        Role.PRIMARY: primary,
        Role.FIRST_STANDBY: standby,
        Role.SECOND_STANDBY: standby,
        Role.OBSERVER: observer,
    }
    return {role: severity for role, severity in by_role.items() if severity is not None}
