"""Points of the two journals: changes of alarms, and decisions with what became of them.

Several records of one moment differ by some nanoseconds, in their order: of two points with one
series and one time InfluxDB would keep the second only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from eoskeeper.domain.actions import Action, Resume
from eoskeeper.domain.alerting.alarms import AlarmLine, key_of
from eoskeeper.domain.alerting.events import (
    AlarmFired,
    AlarmFlapping,
    AlarmResolved,
    AlarmWorsened,
)
from eoskeeper.domain.events import (
    ActionDecided,
    Advised,
    CommandAnswered,
    Event,
    FailsafeTurned,
    HookEnded,
    KeeperStarted,
    LeaseWritten,
    MaintenanceSet,
    OutcomeSeen,
    SlotDoubled,
    StandingChanged,
)
from eoskeeper.domain.findings import Finding, Severity
from eoskeeper.domain.publication import Publication
from eoskeeper.telemetry.line_protocol import Point
from eoskeeper.telemetry.points_table import Value, nanoseconds, point_of

__all__ = ["alarm_points", "failover_points"]

AlarmChange = AlarmFired | AlarmWorsened | AlarmFlapping | AlarmResolved


def alarm_points(publication: Publication) -> Iterator[Point]:
    """A point for each change of an alarm."""
    lines = {key_of(line.rule, line.subject): line for line in publication.report.alarms}
    for order, event in enumerate(publication.told):
        if not isinstance(event, AlarmChange):
            continue
        rule, subject, values = _change(event, lines)
        tags = {
            "host": publication.report.host,
            "rule": rule,
            "subject": subject,
            "change": _CHANGES[type(event)],
        }
        at_utc_ns = nanoseconds(event.at.utc_s, order)
        yield from point_of("eoskeeper_alarm", tags, values, at_utc_ns)


_CHANGES: Mapping[type[AlarmChange], str] = {
    AlarmFired: "fired",
    AlarmWorsened: "worsened",
    AlarmFlapping: "flapping",
    AlarmResolved: "resolved",
}


def _change(
    event: AlarmChange, lines: Mapping[str, AlarmLine]
) -> tuple[str, str, dict[str, Value | None]]:
    match event:
        case AlarmFired(alarm=alarm):
            finding, severity = alarm.finding, alarm.severity
            return _found(finding, severity, lines)
        case AlarmWorsened(finding=finding, severity=severity):
            return _found(finding, severity, lines)
        case AlarmFlapping(key=key):
            line = lines.get(key)
            rule, _, subject = key.partition(":")
            severity_now = None if line is None else str(line.severity)
            sentence = None if line is None else line.sentence
            return rule, subject, {"severity": severity_now, "sentence": sentence}
        case AlarmResolved(key=key, ending=ending):
            rule, _, subject = key.partition(":")
            grade = None if event.finding is None else str(event.finding.grade)
            code = None if event.finding is None else event.finding.code
            return rule, subject, {"ending": str(ending), "grade": grade, "code": code}
        case _:
            assert_never(event)


def _found(
    finding: Finding, severity: Severity, lines: Mapping[str, AlarmLine]
) -> tuple[str, str, dict[str, Value | None]]:
    line = lines.get(key_of(finding.rule, finding.subject))
    values: dict[str, Value | None] = {
        "grade": str(finding.grade),
        "code": finding.code,
        "sentence": None if line is None else line.sentence,
        "severity": str(severity),
    }
    return finding.rule, finding.subject, values


def failover_points(publication: Publication) -> Iterator[Point]:
    """A point for each record of the journal of decisions."""
    for order, event in enumerate(publication.events):
        tags = {
            "host": publication.report.host,
            "kind": str(type(event).__struct_config__.tag),
        }
        at_utc_ns = nanoseconds(event.at.utc_s, order)
        yield from point_of("eoskeeper_failover", tags, _record(event), at_utc_ns)


def _record(event: Event) -> dict[str, Value | None]:
    match event:
        case KeeperStarted(version=version, role=role, mode=mode):
            return {"detail": f"version {version}, role {role}, mode {mode}"}
        case StandingChanged(before=before, standing=standing, event=happened, reason=reason):
            return {
                "before": str(before),
                "state": str(standing.state),
                "event": happened,
                "reason": reason,
                "term": standing.term,
            }
        case ActionDecided(action=action):
            return _action(action)
        case LeaseWritten() | FailsafeTurned() | SlotDoubled():
            return _of_cluster(event)
        case HookEnded(name=name, result=result, detail=detail, term=term):
            return {"action": str(name), "result": str(result), "detail": detail, "term": term}
        case MaintenanceSet(until_utc=until, by=by):
            return {"action": "end" if until is None else "begin", "by": by}
        case OutcomeSeen(action_id=action_id, result=result, detail=detail):
            return {"action_id": action_id, "result": str(result), "detail": detail}
        case Advised(action=advised, event=happened, reason=reason):
            return {"action": advised, "event": happened, "reason": reason}
        case CommandAnswered(kind=kind, by=by, accepted=accepted, reason=reason):
            answer = "accepted" if accepted else "refused"
            return {"action": str(kind), "by": by, "result": answer, "reason": reason}
        case _:
            assert_never(event)


def _of_cluster(event: LeaseWritten | FailsafeTurned | SlotDoubled) -> dict[str, Value | None]:
    if isinstance(event, LeaseWritten):
        return {"term": event.record.term, "reason": event.reason}
    if isinstance(event, FailsafeTurned):
        action, others = "begin" if event.on else "end", ", ".join(event.others)
        return {"action": action, "term": event.term, "by": others}
    hosts = ", ".join(maker.host for maker in event.newest.makers)
    return {"detail": f"{len(event.slots)} slots, the newest, {event.newest.slot}, by {hosts}"}


def _action(action: Action) -> dict[str, Value | None]:
    return {
        "action": str(type(action).__struct_config__.tag),
        "action_id": action.action_id,
        "reason": action.reason,
        "term": action.permit.term if isinstance(action, Resume) else None,
    }
