"""Depend: who is bad and explains others, and who is muted because of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from eoskeeper.domain.alerting.alarms import AlarmMemory, Cause
from eoskeeper.domain.alerting.folding import Folded
from eoskeeper.domain.alerting.setup import AlertSetup
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Severity

__all__ = ["causes_of", "find_causes", "muted_by"]


def find_causes(memory: AlarmMemory, folded: Folded, now: Moment, setup: AlertSetup) -> AlarmMemory:
    """Rules that are bad now, whose alarm is open, or that were so ``settle_s`` ago."""
    if not memory.causes and not folded.bad and not memory.alarms:
        return memory
    settle_s = setup.settings.settle_s
    causes = {
        rule: cause
        for rule, cause in memory.causes.items()
        if now.mono_s - cause.seen_mono_s < settle_s
    }
    present: dict[str, Severity] = {}
    for rule, severity in _present(memory, folded):
        present[rule] = max(severity, present.get(rule, severity), key=lambda one: one.rank)
    for rule, severity in present.items():
        causes[rule] = Cause(severity, now.mono_s)
    return replace(memory, causes=causes)


def muted_by(rule: str, severity: Severity, causes: Mapping[str, Cause], setup: AlertSetup) -> str:
    """The rule that explains this one, or nothing.

    A cause that is less urgent explains nothing: those who are called for the more urgent one
    only would never hear of it.
    """
    if not causes:
        return ""
    explaining = causes_of(rule, setup)
    found = (
        name
        for name, cause in causes.items()
        if name in explaining and cause.severity.rank >= severity.rank
    )
    return next(found, "")


def causes_of(rule: str, setup: AlertSetup) -> frozenset[str]:
    """All rules that it depends on, directly or not.

    Two that depend on each other explain nothing, else neither would be told.
    """
    return frozenset(one for one in _reached(rule, setup) if rule not in _reached(one, setup))


def _reached(rule: str, setup: AlertSetup) -> set[str]:
    reached: set[str] = set()
    ahead = [rule]
    while ahead:
        rated = setup.rated.get(ahead.pop())
        for name in () if rated is None else rated.declaration.depends_on:
            if name not in reached:
                reached.add(name)
                ahead.append(name)
    return reached


def _present(memory: AlarmMemory, folded: Folded) -> Iterator[tuple[str, Severity]]:
    for bad in folded.bad.values():
        yield bad.finding.rule, bad.severity
    for alarm in memory.alarms.values():
        # One that comes and goes stays open for long after it went: then it explains nothing.
        if not alarm.flapping:
            yield alarm.finding.rule, alarm.severity
