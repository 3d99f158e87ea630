"""The watch: from what was seen to what people are told, on one page.

Samples are folded into the vitals, every rule is asked, and the alarm engine decides who hears of
it. It runs after ``cycle`` and never before: nothing here can hold up or change a decision about
production. Pure, like everything that decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from eoskeeper.domain.alerting.alarms import AlarmMemory, Announcement, Notification
from eoskeeper.domain.alerting.engine import AlarmAnswer, alert, explain
from eoskeeper.domain.alerting.events import AlarmEvent, AlarmsSnapshot
from eoskeeper.domain.alerting.restoring import restore_alarms, snapshot_alarms
from eoskeeper.domain.alerting.setup import AlertSetup, Intake
from eoskeeper.domain.announcing import announce
from eoskeeper.domain.assessment import assess
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.cycle import Cycle
from eoskeeper.domain.figures import keeper_figures, machine_figures, nodeos_figures
from eoskeeper.domain.findings import Finding, Language
from eoskeeper.domain.notice import (
    NoticeFigures,
    NoticeSettings,
    due_notice,
    last_notice,
    notice_announcement,
)
from eoskeeper.domain.policy import Policy
from eoskeeper.domain.report import Report
from eoskeeper.domain.rules.rule import Rule, View
from eoskeeper.domain.samples import (
    AlarmAcknowledged,
    DeliveryOutcome,
    Sample,
    SilenceEnded,
    SilenceOrdered,
)
from eoskeeper.domain.tally import (
    DayTally,
    NoticeMark,
    OwnTurnClosed,
    after_notice,
    fold_tally,
    restore_tally,
)
from eoskeeper.domain.turns import TurnClosed, TurnLedger, fold_turns
from eoskeeper.domain.vitals import Vitals, fold_vitals

__all__ = ["WatchEvent", "WatchMemory", "WatchPolicy", "Watched", "begin_watch", "watch"]

SNAPSHOT_S = 6 * 3600.0
"""The alarm journal is bounded: everything that is open is written anew so often."""

WatchEvent = AlarmEvent | OwnTurnClosed | NoticeMark


class WatchPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """All that the watch depends on besides what was seen.

    Attributes:
        rules: every rule with the operator's limits, by name.
    """

    policy: Policy
    rules: Mapping[str, Rule]
    setup: AlertSetup
    notice: NoticeSettings = NoticeSettings()


class WatchMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What the watch carries from cycle to cycle.

    Attributes:
        turns: of every producer; None while it is not known where they were told up to.
        noticed: mark of the newest daily notice.
        snapshot_at: when everything that is open was last written anew.
    """

    vitals: Vitals
    alarms: AlarmMemory
    tally: DayTally = DayTally()
    turns: TurnLedger | None = TurnLedger()
    noticed: NoticeMark | None = None
    snapshot_at: Moment


class Watched(msgspec.Struct, frozen=True):
    """What one cycle of the watch yields.

    Attributes:
        events: to be journalled, in order, before any notification is sent.
        notifications: to be sent then.
        report: the cycle's, with the findings, the alarms and the tally.
        answers: for those whose orders about alarms came in.
        turns: closed or amended in this cycle, any producer's.
    """

    memory: WatchMemory
    events: tuple[WatchEvent, ...]
    notifications: tuple[Notification, ...]
    report: Report
    answers: tuple[AlarmAnswer, ...]
    turns: tuple[TurnClosed, ...] = ()


def begin_watch(events: Iterable[WatchEvent], now: Moment) -> tuple[WatchMemory, AlarmsSnapshot]:
    """Memory of a keeper that was stopped or killed at any moment.

    Args:
        events: the alarm journal, oldest first; empty for a new keeper.
        now: start of the new keeper.

    Returns:
        The memory, and what is open as one record, to be journalled at once.
    """
    told = tuple(events)
    of_alarms = tuple(event for event in told if not isinstance(event, OwnTurnClosed | NoticeMark))
    alarms = restore_alarms(of_alarms, now)
    memory = WatchMemory(
        vitals=Vitals(started=now),
        alarms=alarms,
        tally=restore_tally(told),
        noticed=last_notice(told),
        snapshot_at=now,
    )
    return memory, snapshot_alarms(alarms, now)


def watch(
    memory: WatchMemory, samples: Sequence[Sample], done: Cycle, now: Moment, policy: WatchPolicy
) -> Watched:
    """Assess and tell.

    Args:
        memory: of the watch of the cycle before.
        samples: those of the cycle, with the keeper's look at itself.
        done: the cycle that was just run over them.
        now: of that cycle.
        policy: who this host is, its rules and its people.
    """
    vitals = memory.vitals
    for sample in samples:
        vitals = fold_vitals(vitals, sample)
    offset_s = vitals.keeper.utc_offset_s if vitals.keeper else 0
    node = done.memory.node
    view = View(node=node, standing=done.memory.standing, vitals=vitals, policy=policy.policy)
    findings = assess(policy.rules, view, now)
    tally, closed = fold_tally(memory.tally, node, now, offset_s)
    turns = memory.turns
    turns, told = (None, ()) if turns is None else fold_turns(turns, node, now)
    mark = due_notice(memory.noticed, now, offset_s, policy.policy.role, policy.notice)
    announced = announce(done.events, policy.policy)
    if mark is not None:
        figures = _figures(mark, done.report, vitals)
        announced = (*announced, _notice(figures, tally, memory.alarms, now, policy))
        tally = after_notice(tally)
    intake = Intake(
        findings=findings,
        announcements=announced,
        orders=tuple(sample for sample in samples if isinstance(sample, _ORDERS)),
        utc_offset_s=offset_s,
    )
    alerted = alert(memory.alarms, intake, now, policy.setup)
    events: list[WatchEvent] = [*closed, *alerted.events]
    if mark is not None:
        events.append(mark)
    snapshot_at = memory.snapshot_at
    if now.mono_s - snapshot_at.mono_s >= SNAPSHOT_S:
        snapshot_at = now
        events.append(snapshot_alarms(alerted.memory, now))
    after = WatchMemory(
        vitals=vitals,
        alarms=alerted.memory,
        tally=tally,
        turns=turns,
        noticed=mark or memory.noticed,
        snapshot_at=snapshot_at,
    )
    report = _with_health(done.report, findings, after, now, policy)
    return Watched(after, tuple(events), alerted.notifications, report, alerted.answers, told)


_ORDERS = (DeliveryOutcome, SilenceOrdered, SilenceEnded, AlarmAcknowledged)


def _figures(mark: NoticeMark, report: Report, vitals: Vitals) -> NoticeFigures:
    return NoticeFigures(
        day=mark.day,
        hour=mark.hour,
        host=report.host,
        role=report.role,
        state=report.state,
        producer=report.producer,
        head_number=report.head_number,
        head_age_s=report.head_age_s,
        irreversible_number=report.irreversible_number,
        irreversible_lag_blocks=report.irreversible_lag_blocks,
        links=report.links,
        paused=report.paused,
        server_version=report.server_version,
        free_database_bytes=report.free_database_bytes,
        disks=vitals.folders.folders if vitals.folders else (),
        memory_available_bytes=vitals.host.memory_available_bytes if vitals.host else None,
    )


def _notice(
    figures: NoticeFigures,
    tally: DayTally,
    alarms: AlarmMemory,
    now: Moment,
    policy: WatchPolicy,
) -> Announcement:
    """The figures are those of this cycle, the alarms those of the one before."""
    open_alarms = {
        language: _open_sentences(alarms, now, policy, language) for language in Language
    }
    settings = policy.setup.settings
    first_called = tuple(
        name for name, group in settings.contacts.items() if group.level == settings.lowest_level
    )
    announcement = notice_announcement(figures, tally, open_alarms)
    # That it comes is its point: those who want alarms of a higher severity only get it, too.
    return msgspec.structs.replace(announcement, contacts=first_called)


def _open_sentences(
    alarms: AlarmMemory, now: Moment, policy: WatchPolicy, language: Language
) -> tuple[str, ...]:
    setup = msgspec.structs.replace(policy.setup, language=language)
    lines = explain(alarms, now, setup)
    return tuple(f"{one.title}: {one.sentence}" for one in lines if one.fired_utc is not None)


def _with_health(
    report: Report,
    findings: tuple[Finding, ...],
    memory: WatchMemory,
    now: Moment,
    policy: WatchPolicy,
) -> Report:
    return msgspec.structs.replace(
        report,
        findings=findings,
        alarms=explain(memory.alarms, now, policy.setup),
        own_turns_by_day=memory.tally.days,
        deliveries=memory.alarms.deliveries,
        slot_counts=memory.turns.counts if memory.turns else {},
        nodeos=nodeos_figures(memory.vitals),
        machine=machine_figures(memory.vitals),
        keeper=keeper_figures(memory.vitals),
        telemetry=memory.vitals.keeper.telemetry if memory.vitals.keeper else None,
    )
