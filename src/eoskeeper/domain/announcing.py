"""Announcing: which of a cycle's events people must hear of although no rule grades them bad.

Changes of standing are told by the table in ``announced``; orders, advice and a termination by
the words at the end of this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from eoskeeper.domain.actions import Terminate
from eoskeeper.domain.alerting.alarms import Announcement
from eoskeeper.domain.announced import ANNOUNCED, Announced
from eoskeeper.domain.events import (
    ActionDecided,
    Advised,
    CommandAnswered,
    Event,
    StandingChanged,
)
from eoskeeper.domain.findings import Figure, Severity, Text
from eoskeeper.domain.policy import Policy
from eoskeeper.domain.samples import CommandKind

__all__ = ["announce", "announced_as"]


class _Telling(msgspec.Struct, frozen=True):
    """How an event that is no change of standing is told."""

    code: str
    severity: Severity
    title: Text
    text: Text


def announce(events: Sequence[Event], policy: Policy) -> tuple[Announcement, ...]:
    """What people must hear of, in the order in which it happened.

    Args:
        events: of one cycle; never those that a journal restores.
        policy: names the host and the producer.
    """
    told = (_announcement(event, policy) for event in events)
    return tuple(one for one in told if one is not None)


def announced_as(change: StandingChanged) -> Announced | None:
    """The row of the table that tells a change; None for one that is not told."""
    return next((row for row in ANNOUNCED if _tells(row, change)), None)


def _tells(row: Announced, change: StandingChanged) -> bool:
    standing = change.standing
    if change.before not in row.before or standing.state not in row.to:
        return False
    if change.event not in row.triggers or row.cause not in {None, standing.cause}:
        return False
    kind = None if standing.permit is None else standing.permit.kind
    return not row.permits or kind in row.permits


def _announcement(event: Event, policy: Policy) -> Announcement | None:
    figures: dict[str, Figure] = {"host": policy.host, "producer": policy.producer or "-"}
    row: Announced | _Telling | None = None
    if isinstance(event, StandingChanged):
        row = announced_as(event)
        figures |= {"reason": event.reason, "term": event.standing.term}
    elif isinstance(event, Advised):
        row = _ADVISED.get(event.action)
        figures |= {"reason": event.reason}
    elif isinstance(event, CommandAnswered) and event.accepted:
        row = _ORDERED[event.kind]
        figures |= {"reason": event.reason, "by": event.by}
    elif isinstance(event, ActionDecided) and isinstance(event.action, Terminate):
        row = _TERMINATED
        figures |= {"reason": event.action.reason, "pid": event.action.pid}
    if row is None:
        return None
    return Announcement(
        code=row.code, severity=row.severity, title=row.title, text=row.text, figures=figures
    )


_ADVISED: Mapping[str, _Telling] = {
    "resume": _Telling(
        "advised_resume",
        Severity.CRITICAL,
        Text(en="Advice: resume production here", zh="建议: 在本机恢复出块"),
        Text(
            en="{host} would now resume production of {producer}, and does not: {reason}",
            zh="{host} 此时本应恢复 {producer} 的出块、但当前模式下未执行。原因: {reason}",
        ),
    ),
    "pause": _Telling(
        "advised_pause",
        Severity.CRITICAL,
        Text(en="Advice: pause production here", zh="建议: 在本机暂停出块"),
        Text(
            en="{host} would now pause production of {producer}, and does not: {reason}",
            zh="{host} 此时本应暂停 {producer} 的出块、但当前模式下未执行。原因: {reason}",
        ),
    ),
}
"""By the deed; in ``advise`` mode nobody acts but those who hear of it. A termination follows a
fence only, which is always carried out."""

_ORDERED: Mapping[CommandKind, _Telling] = {
    CommandKind.PAUSE: _Telling(
        "pause_ordered",
        Severity.INFO,
        Text(en="Pause ordered", zh="已下达暂停指令"),
        Text(
            en="{by} ordered {host} to pause production of {producer}: {reason}",
            zh="{by} 已指令 {host} 暂停 {producer} 的出块。答复: {reason}",
        ),
    ),
    CommandKind.RESUME: _Telling(
        "resume_ordered",
        Severity.INFO,
        Text(en="Resume ordered", zh="已下达恢复指令"),
        Text(
            en="{by} ordered {host} to resume production of {producer}: {reason}",
            zh="{by} 已指令 {host} 恢复 {producer} 的出块。答复: {reason}",
        ),
    ),
    CommandKind.SWITCHOVER: _Telling(
        "switchover_ordered",
        Severity.INFO,
        Text(en="Switchover ordered", zh="已下达移交指令"),
        Text(
            en="{by} ordered {host} to hand over production of {producer}: {reason}",
            zh="{by} 已指令 {host} 移交 {producer} 的出块。答复: {reason}",
        ),
    ),
    CommandKind.MAINTENANCE: _Telling(
        "maintenance_ordered",
        Severity.INFO,
        Text(en="Maintenance", zh="维护模式"),
        Text(
            en="{by} ordered {host} about maintenance of {producer}: {reason}",
            zh="{by} 已指令 {host} 更改 {producer} 的维护模式。答复: {reason}",
        ),
    ),
}
"""A refused order is told to who gave it, and to nobody else."""

_TERMINATED = _Telling(
    "frozen_terminated",
    Severity.CRITICAL,
    Text(en="A stopped nodeos is killed", zh="强制终止被停住的 nodeos"),
    Text(en="{host}: {reason}", zh="{host}: nodeos (进程 {pid}) 已被停住。详情: {reason}"),
)
