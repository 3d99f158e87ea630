"""Announced: the table of those changes of standing that people are told of, and in which words.

Whatever it does not name is ordinary; a test holds it against the table of ``failover``.
"""

from __future__ import annotations

import msgspec

from eoskeeper.domain.actions import FenceCause, PermitKind
from eoskeeper.domain.failover import Trigger
from eoskeeper.domain.findings import Severity, Text
from eoskeeper.domain.standing import State

__all__ = ["ANNOUNCED", "Announced"]


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """A change of standing that is told: from one of ``before`` to one of ``to`` by a trigger.

    Attributes:
        permits: only with a permit of one of these kinds; empty: with any, or none.
        cause: only of a fence with this cause; None with any, or none.
        text: may name ``host``, ``producer``, ``reason`` and ``term``.
    """

    before: frozenset[State]
    to: frozenset[State]
    triggers: frozenset[Trigger]
    permits: frozenset[PermitKind] = frozenset()
    cause: FenceCause | None = None
    code: str
    severity: Severity
    title: Text
    text: Text


_S, _T, _C, _P = State, Trigger, FenceCause, PermitKind

_PRODUCES = frozenset({_S.RESUMING, _S.HOLDER})
_PAUSED = frozenset({_S.STANDBY, _S.LAPSED, _S.ISOLATED, _S.RESTARTED, _S.HELD})
_FENCING = frozenset({_S.FENCING})

ANNOUNCED: tuple[Announced, ...] = (
    # Production moves here.
    Announced(
        before=frozenset({_S.STANDBY, _S.LAPSED}),
        to=frozenset({_S.RESUMING}),
        triggers=frozenset({_T.TAKEOVER_DUE, _T.PROOF_HEARD}),
        code="takeover_begun",
        severity=Severity.CRITICAL,
        title=Text(en="Takeover begun", zh="开始接管出块"),
        text=Text(
            en="{host} takes over production of {producer} (term {term}): {reason}",
            zh="{host} 开始接管 {producer} 的出块(任期 {term})。原因: {reason}",
        ),
    ),
    Announced(
        before=frozenset({_S.RESUMING}),
        to=frozenset({_S.HOLDER}),
        triggers=frozenset({_T.RESUME_PROVEN}),
        permits=frozenset({_P.TAKEOVER, _P.PROVEN}),
        code="takeover_done",
        severity=Severity.CRITICAL,
        title=Text(en="Takeover done", zh="接管出块完成"),
        text=Text(
            en="{host} has taken over and may now produce for {producer} (term {term})",
            zh="{host} 已接管、现在可为 {producer} 出块(任期 {term})",
        ),
    ),
    Announced(
        before=frozenset({_S.RESUMING}),
        to=frozenset({_S.HOLDER}),
        triggers=frozenset({_T.RESUME_PROVEN}),
        code="production_resumed",
        severity=Severity.INFO,
        title=Text(en="Production resumed", zh="出块已恢复"),
        text=Text(
            en="{host} may produce for {producer} again (term {term})",
            zh="{host} 已恢复为 {producer} 出块(任期 {term})",
        ),
    ),
    Announced(
        before=frozenset({_S.RESUMING}),
        to=_PAUSED,
        triggers=frozenset({_T.RESUME_FAILED}),
        code="resume_failed",
        severity=Severity.CRITICAL,
        title=Text(en="Resume failed", zh="恢复出块失败"),
        text=Text(
            en="{host} could not resume production of {producer}: {reason}",
            zh="{host} 未能恢复 {producer} 的出块。原因: {reason}",
        ),
    ),
    Announced(
        before=frozenset({_S.RESUMING}),
        to=_FENCING | {_S.STANDBY},
        triggers=frozenset({_T.PERMIT_VOID}),
        code="resume_void",
        severity=Severity.CRITICAL,
        title=Text(en="Resume had no effect in time", zh="恢复出块未及时生效"),
        text=Text(
            en="{host} gives up resuming production of {producer}: {reason}",
            zh="{host} 放弃恢复 {producer} 的出块。原因: {reason}",
        ),
    ),
    Announced(
        before=frozenset({_S.ISOLATED}),
        to=frozenset({_S.RESUMING}),
        triggers=frozenset({_T.ISOLATION_OVER}),
        code="isolation_over",
        severity=Severity.INFO,
        title=Text(en="Isolation over", zh="孤立已结束"),
        text=Text(
            en="{host} hears other producers again and resumes production of {producer}: {reason}",
            zh="{host} 重新收到其他节点的区块、正在恢复 {producer} 的出块。原因: {reason}",
        ),
    ),
    # Production here stops.
    Announced(
        before=frozenset({_S.HOLDER}),
        to=_FENCING,
        triggers=frozenset({_T.HANDOVER_DUE, _T.LEAVING_DUE}),
        code="handover_begun",
        severity=Severity.INFO,
        title=Text(en="Production is handed over", zh="正在移交出块"),
        text=Text(
            en="{host} stops producing for {producer}: {reason}",
            zh="{host} 停止为 {producer} 出块。原因: {reason}",
        ),
    ),
    Announced(
        before=_PRODUCES | {_S.LEARNING},
        to=_FENCING,
        triggers=frozenset({_T.ALONE}),
        code="fenced_alone",
        severity=Severity.CRITICAL,
        title=Text(en="Alone: production here stops", zh="节点孤立: 停止本机出块"),
        text=Text(
            en="{host} is alone and stops producing for {producer}: {reason}",
            zh="{host} 已孤立、停止为 {producer} 出块。原因: {reason}",
        ),
    ),
    Announced(
        before=_PRODUCES | {_S.LEARNING},
        to=_FENCING,
        triggers=frozenset({_T.TURNS_NOT_STAYED}),
        code="fenced_turns_not_stayed",
        severity=Severity.CRITICAL,
        title=Text(
            en="Own turns did not stay: production here stops", zh="出块未被保留: 停止本机出块"
        ),
        text=Text(
            en="{host} loses its lease and stops producing for {producer}: {reason}",
            zh="{host} 失去出块资格、停止为 {producer} 出块。原因: {reason}",
        ),
    ),
    Announced(
        before=_PRODUCES | {_S.LEARNING},
        to=_FENCING,
        triggers=frozenset({_T.LEASE_LAPSED}),
        code="fenced_lease_lapsed",
        severity=Severity.CRITICAL,
        title=Text(
            en="Lease not confirmed: production here stops", zh="租约未获确认: 停止本机出块"
        ),
        text=Text(
            en="{host} cannot prove that it holds the lease, and stops producing for {producer}: "
            "{reason}",
            zh="{host} 无法证实持有租约、停止为 {producer} 出块。原因: {reason}",
        ),
    ),
    Announced(
        before=_PRODUCES | {_S.LEARNING},
        to=_FENCING,
        triggers=frozenset({_T.UNGUARDED}),
        code="fenced_unguarded",
        severity=Severity.CRITICAL,
        title=Text(en="No guard: production here stops", zh="无看护进程: 停止本机出块"),
        text=Text(
            en="{host} may not produce for {producer} without its guard: {reason}",
            zh="没有看护进程、{host} 不得为 {producer} 出块。原因: {reason}",
        ),
    ),
    Announced(
        before=_PRODUCES,
        to=_FENCING,
        triggers=frozenset({_T.HUNG, _T.HUNG_WITH_HEIR}),
        code="fenced_hung",
        severity=Severity.CRITICAL,
        title=Text(en="nodeos hangs: it is stopped", zh="nodeos 无应答: 正在将其停止"),
        text=Text(
            en="{host} stops its nodeos, so that another host may produce for {producer}: {reason}",
            zh="{host} 停止其 nodeos、以便其他主机为 {producer} 出块。原因: {reason}",
        ),
    ),
    Announced(
        before=_PRODUCES,
        to=_FENCING,
        triggers=frozenset({_T.MADE_ELSEWHERE, _T.DOUBLED}),
        code="fenced_made_elsewhere",
        severity=Severity.CRITICAL,
        title=Text(
            en="Another host produces: production here stops", zh="其他主机在出块: 停止本机出块"
        ),
        text=Text(
            en="{host} stops producing for {producer}, for another host does: {reason}",
            zh="其他主机正为 {producer} 出块、{host} 停止出块。原因: {reason}",
        ),
    ),
    Announced(
        before=_PRODUCES,
        to=_FENCING,
        triggers=frozenset({_T.NODE_AWAY}),
        code="fenced_node_away",
        severity=Severity.WARNING,
        title=Text(
            en="nodeos of the producing host went away", zh="出块主机的 nodeos 已离线或重启"
        ),
        text=Text(
            en="{host} may not produce for {producer} until its nodeos is proven paused: {reason}",
            zh="在证实 nodeos 已暂停之前、{host} 不再为 {producer} 出块。原因: {reason}",
        ),
    ),
    Announced(
        before=_PAUSED,
        to=_FENCING,
        triggers=frozenset({_T.NOT_ENTITLED}),
        code="fenced_not_entitled",
        severity=Severity.CRITICAL,
        title=Text(en="Unpaused without a permit", zh="未经许可被解除暂停"),
        text=Text(
            en="nodeos on {host} was unpaused behind the keeper's back; it is paused again",
            zh="{host} 上的 nodeos 未经许可被解除暂停、正在重新暂停",
        ),
    ),
    Announced(
        before=frozenset({_S.LEARNING}),
        to=_FENCING,
        triggers=frozenset({_T.WATCHED_UNPAUSED}),
        code="fenced_not_entitled",
        severity=Severity.WARNING,
        title=Text(en="Found unpaused without a permit", zh="发现 nodeos 未经许可处于未暂停状态"),
        text=Text(
            en="nodeos on {host} was found not paused and is paused now: {reason}",
            zh="发现 {host} 上的 nodeos 未暂停、正在暂停。原因: {reason}",
        ),
    ),
    # The proof that it has stopped.
    Announced(
        before=_FENCING,
        to=frozenset({_S.ISOLATED}),
        triggers=frozenset({_T.PAUSE_PROVEN}),
        cause=_C.ALONE,
        code="stopped_isolated",
        severity=Severity.INFO,
        title=Text(en="Production here is proven to have stopped", zh="已证实本机停止出块"),
        text=Text(
            en="{host} is paused for {producer}; it comes back by itself if the cut is short",
            zh="{host} 已为 {producer} 暂停出块。如中断短暂将自动恢复",
        ),
    ),
    Announced(
        before=_FENCING,
        to=frozenset({_S.LAPSED}),
        triggers=frozenset({_T.PAUSE_PROVEN}),
        cause=_C.TURNS_NOT_STAYED,
        code="stopped_lapsed",
        severity=Severity.INFO,
        title=Text(en="Production here is proven to have stopped", zh="已证实本机停止出块"),
        text=Text(
            en="{host} is paused for {producer}; it takes over only after all other hosts",
            zh="{host} 已为 {producer} 暂停出块。其他主机均未接管时才会再次接管",
        ),
    ),
    Announced(
        before=_FENCING,
        to=frozenset({_S.HELD}),
        triggers=frozenset({_T.PAUSE_PROVEN}),
        cause=_C.OPERATOR,
        code="stopped_held",
        severity=Severity.INFO,
        title=Text(en="Pause proven", zh="暂停已证实"),
        text=Text(
            en="{host} is paused for {producer} until the operator resumes it",
            zh="{host} 已为 {producer} 暂停出块、直到运维人员恢复",
        ),
    ),
    # A paused host may no longer come back by itself.
    Announced(
        before=frozenset({_S.ISOLATED, _S.RESTARTED}),
        to=frozenset({_S.LAPSED}),
        triggers=frozenset({_T.TURNS_NOT_STAYED}),
        code="lease_lapsed",
        severity=Severity.WARNING,
        title=Text(en="Lease lapsed", zh="出块资格已失效"),
        text=Text(
            en="{host} may no longer produce for {producer}: {reason}",
            zh="{host} 不再有资格为 {producer} 出块。原因: {reason}",
        ),
    ),
    Announced(
        before=frozenset({_S.RESTARTED}),
        to=frozenset({_S.LAPSED}),
        triggers=frozenset({_T.GONE_WITH_HEIR}),
        code="left_to_member",
        severity=Severity.WARNING,
        title=Text(en="Production is left to a member", zh="出块移交给成员"),
        text=Text(
            en="{host} does not wait for its nodeos to produce for {producer}: {reason}",
            zh="{host} 不再等待其 nodeos 为 {producer} 出块。原因: {reason}",
        ),
    ),
    Announced(
        before=frozenset({_S.ISOLATED, _S.RESTARTED, _S.LAPSED}),
        to=frozenset({_S.STANDBY}),
        triggers=frozenset({_T.MADE_ELSEWHERE}),
        code="produced_elsewhere",
        severity=Severity.WARNING,
        title=Text(en="Another host produces now", zh="现由其他主机出块"),
        text=Text(
            en="{host} stands by for {producer} from now on: {reason}",
            zh="{host} 从现在起为 {producer} 待命。原因: {reason}",
        ),
    ),
    # Outside ``auto``: the operator's own hands, followed.
    Announced(
        before=_PRODUCES,
        to=frozenset({_S.STANDBY, _S.ISOLATED, _S.LAPSED, _S.RESTARTED}),
        triggers=frozenset(
            {
                _T.MADE_ELSEWHERE,
                _T.DOUBLED,
                _T.LEASE_LAPSED,
                _T.UNGUARDED,
                _T.HUNG,
                _T.HUNG_WITH_HEIR,
                _T.ALONE,
                _T.TURNS_NOT_STAYED,
                _T.NODE_AWAY,
            }
        ),
        code="found_paused",
        severity=Severity.WARNING,
        title=Text(en="Found paused: no longer the holder", zh="发现已暂停: 不再是出块主机"),
        text=Text(
            en="{host} is paused already and no longer holds production of {producer}: {reason}",
            zh="{host} 已处于暂停状态、不再承担 {producer} 的出块。原因: {reason}",
        ),
    ),
    Announced(
        before=_PAUSED,
        to=frozenset({_S.HOLDER}),
        triggers=frozenset({_T.MADE_HERE}),
        code="found_producing",
        severity=Severity.WARNING,
        title=Text(en="Found producing: now the holder", zh="发现正在出块: 成为出块主机"),
        text=Text(
            en="{host} was resumed by hand and produces for {producer} (term {term})",
            zh="{host} 被手动恢复、正在为 {producer} 出块(任期 {term})",
        ),
    ),
)
"""Rows are tried in order; the first that fits is told."""
