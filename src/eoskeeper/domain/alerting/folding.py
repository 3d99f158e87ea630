"""Fold: the findings of a cycle by alarm, and what each alarm sees of its condition in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from eoskeeper.domain.alerting.alarms import Sight, key_of
from eoskeeper.domain.alerting.setup import AlertSetup
from eoskeeper.domain.assessment import BROKEN_CODE, KEEPER_RULE
from eoskeeper.domain.findings import Finding, Grade, Severity

__all__ = ["Bad", "Folded", "fold_findings", "look"]

_BADNESS = {Grade.UNKNOWN: 0, Grade.OK: 1, Grade.DEGRADED: 2, Grade.FAILED: 3}


class Bad(msgspec.Struct, frozen=True, gc=False):
    """A bad finding that somebody may be told of."""

    finding: Finding
    severity: Severity


class Folded(msgspec.Struct, frozen=True):
    """Findings by key of their alarm; ``bad`` are those that count as such on this host."""

    findings: Mapping[str, Finding]
    bad: Mapping[str, Bad]


def fold_findings(findings: Iterable[Finding], setup: AlertSetup) -> Folded:
    """Sort the findings; the worse of two about the same thing counts."""
    by_key: dict[str, Finding] = {}
    for finding in findings:
        key = key_of(finding.rule, finding.subject)
        other = by_key.get(key)
        if other is None or _BADNESS[finding.grade] > _BADNESS[other.grade]:
            by_key[key] = finding
    bad: dict[str, Bad] = {}
    for key, finding in by_key.items():
        if finding.grade is Grade.FAILED or finding.grade is Grade.DEGRADED:
            severity = setup.severity_of(finding)
            if severity is not None:
                bad[key] = Bad(finding, severity)
    return Folded(by_key, bad)


def look(about: Finding, folded: Folded) -> Sight:
    """What this cycle says of the condition that an earlier finding told of.

    A grade that is not told on a host of this role counts as good. A rule that broke says nothing
    of its condition, and one that is unknown as a whole says nothing of its parts.
    """
    key = key_of(about.rule, about.subject)
    if key in folded.bad:
        return Sight.BAD
    finding = folded.findings.get(key)
    if finding is not None:
        return Sight.UNKNOWN if finding.grade is Grade.UNKNOWN else Sight.GOOD
    broken = folded.findings.get(key_of(KEEPER_RULE, about.rule))
    if broken is not None and broken.code == BROKEN_CODE:
        return Sight.UNKNOWN
    whole = folded.findings.get(about.rule)
    if whole is not None and whole.grade is Grade.UNKNOWN:
        return Sight.UNKNOWN
    return Sight.ABSENT
