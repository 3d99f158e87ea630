"""Explain: every alarm that is open or held back, and why somebody is told of it or nobody is."""

from __future__ import annotations

from eoskeeper.domain.alerting.alarms import (
    EVERYTHING,
    Alarm,
    AlarmLine,
    AlarmMemory,
    Pending,
    Sight,
    Verdict,
)
from eoskeeper.domain.alerting.judging import judge
from eoskeeper.domain.alerting.setup import AlertSetup
from eoskeeper.domain.alerting.words import remedy_of, sentence_of, title_of
from eoskeeper.domain.chain_time import Moment, UtcS

__all__ = ["explain"]

_TELLING_FIRST = tuple(Verdict)
"""Of several contacts' verdicts, the one that stands first in their list is shown."""


def explain(memory: AlarmMemory, now: Moment, setup: AlertSetup) -> tuple[AlarmLine, ...]:
    """The most urgent first, those that are held back last."""
    alarms = sorted(memory.alarms.values(), key=lambda one: -one.severity.rank)
    pending = sorted(memory.pending.values(), key=lambda one: -one.severity.rank)
    return (
        *(_open_line(alarm, memory, now, setup) for alarm in alarms),
        *(_pending_line(one, memory, setup) for one in pending),
    )


def _open_line(alarm: Alarm, memory: AlarmMemory, now: Moment, setup: AlertSetup) -> AlarmLine:
    told = alarm.told.values()
    return AlarmLine(
        rule=alarm.finding.rule,
        subject=alarm.finding.subject,
        severity=alarm.severity,
        since_utc=alarm.since.utc_s,
        fired_utc=alarm.fired.utc_s,
        title=title_of(alarm.finding, setup),
        sentence=sentence_of(alarm.finding, setup),
        remedy=remedy_of(alarm.finding, setup),
        told_to=tuple(alarm.told),
        last_told_utc=max((one.last.utc_s for one in told), default=None),
        verdict=_verdict(alarm, memory, now, setup),
        flapping=alarm.flapping,
        muted_by=alarm.muted_by,
        acknowledged_by=alarm.acknowledged_by,
        silenced_until=_silenced_until(alarm.finding.rule, memory),
    )


def _pending_line(one: Pending, memory: AlarmMemory, setup: AlertSetup) -> AlarmLine:
    verdict = Verdict.UNKNOWN if one.sight is Sight.UNKNOWN else Verdict.HELD_BACK
    return AlarmLine(
        rule=one.finding.rule,
        subject=one.finding.subject,
        severity=one.severity,
        since_utc=one.since.utc_s,
        fired_utc=None,
        title=title_of(one.finding, setup),
        sentence=sentence_of(one.finding, setup),
        remedy=remedy_of(one.finding, setup),
        told_to=(),
        last_told_utc=None,
        verdict=Verdict.MUTED if one.muted_by else verdict,
        muted_by=one.muted_by,
        silenced_until=_silenced_until(one.finding.rule, memory),
    )


def _verdict(alarm: Alarm, memory: AlarmMemory, now: Moment, setup: AlertSetup) -> Verdict:
    verdicts = {one.verdict for one in judge(alarm, memory, now, setup.settings).values()}
    return min(verdicts, key=_TELLING_FIRST.index, default=Verdict.NO_CONTACT)


def _silenced_until(rule: str, memory: AlarmMemory) -> UtcS | None:
    silences = (memory.silences.get(rule), memory.silences.get(EVERYTHING))
    return max((one.until_utc for one in silences if one is not None), default=None)
