"""Event words: each event of the journals as a sentence for people, with its figures.

A ``Text`` that comes from here is finished: its braces, if it has any, are somebody's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from eoskeeper.domain.actions import Action, Condition, Met, Pause, Permit, Resume, Terminate
from eoskeeper.domain.alarm_event_words import alarm_event_text
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
from eoskeeper.domain.findings import Text
from eoskeeper.domain.hooks import HookResult
from eoskeeper.domain.reason_words import reason_text
from eoskeeper.domain.samples import CommandKind, OutcomeResult
from eoskeeper.domain.saying import said, same
from eoskeeper.domain.standing import State
from eoskeeper.domain.watch import WatchEvent

__all__ = ["event_text", "evidence_texts"]

STATES: Mapping[State, str] = {
    State.LEARNING: "观察中",
    State.STANDBY: "备用",
    State.RESUMING: "恢复中",
    State.HOLDER: "持有者",
    State.FENCING: "隔离中",
    State.RESTARTED: "已重启",
    State.ISOLATED: "已孤立",
    State.LAPSED: "已失效",
    State.HELD: "人工暂停",
    State.OBSERVER: "观察节点",
}
CONDITIONS: Mapping[str, Text] = {
    "watched_a_round": Text(en="A round watched", zh="已观察一整轮"),
    "node_answers": Text(en="nodeos answers", zh="nodeos 有应答"),
    "main_thread_answers": Text(en="Producer API answers", zh="producer API 有应答"),
    "head_fresh": Text(en="Head is fresh", zh="头块为最新"),
    "chain_id": Text(en="Right chain", zh="链正确"),
    "in_schedule": Text(en="In the schedule", zh="在出块名单中"),
    "time_to_fence": Text(en="Time for the old holder to stop", zh="原持有者有时间停止"),
    "blocks_known": Text(en="Blocks known", zh="区块已知"),
    "finality_moves": Text(en="Finality moves", zh="不可逆块在增长"),
    "finality_throughout": Text(en="Finality moved throughout", zh="不可逆块持续增长"),
    "paused_here": Text(en="Paused here", zh="本机已暂停"),
    "own_turns_empty": Text(en="Own turns empty", zh="我方轮次为空"),
    "moment": Text(en="The moment", zh="时机"),
    "lease_holds": Text(en="Lease still holds", zh="租约仍有效"),
    "made_here": Text(en="Made here before", zh="此前由本机出块"),
    "others_heard": Text(en="Others heard", zh="听到其他出块者"),
    "lease_held": Text(en="Lease held", zh="持有租约"),
    "guard_ready": Text(en="Guard ready", zh="看护进程就绪"),
    "guard_armed": Text(en="Guard armed", zh="看护进程已待命"),
    "lease_in_register": Text(en="Lease in etcd, or a member", zh="租约在 etcd 中, 或为成员"),
    "holds_here": Text(en="Holder here", zh="本机为出块主机"),
    "heir_answers": Text(en="Heir answers", zh="接手主机有应答"),
    "heir_stands_by": Text(en="Heir stands by", zh="接手主机待命"),
    "heir_paused": Text(en="Heir paused", zh="接手主机已暂停"),
    "heir_synced": Text(en="Heir synced", zh="接手主机已同步"),
    "heir_acts": Text(en="Heir acts", zh="接手主机会执行"),
    "heir_version": Text(en="Same nodeos", zh="nodeos 版本相同"),
    "hook": Text(en="Hook", zh="钩子"),
    "stop_proven": Text(en="Stop proven", zh="停止已证实"),
    "before_others": Text(en="Before any other", zh="先于其他候选"),
    "no_stranger": Text(en="No stranger", zh="无陌生主机"),
    "nobody_else": Text(en="Nobody else may", zh="没有其他主机可出块"),
}
"""Names of conditions; one that is not here is told by its own."""

MET: Mapping[Met, Text] = {
    Met.YES: Text(en="met", zh="满足"),
    Met.NO: Text(en="not met", zh="不满足"),
    Met.UNKNOWN: Text(en="unknown", zh="未知"),
}
RESULTS: Mapping[OutcomeResult, str] = {
    OutcomeResult.PROVEN: "已证实",
    OutcomeResult.UNPROVEN: "未证实",
    OutcomeResult.NEVER_SENT: "未发出",
    OutcomeResult.REFUSED: "被拒绝",
    OutcomeResult.CANCELLED: "已取消",
}
EVIDENCE = Text(
    en="{name}: {met}: {figure} (needed: {needed})", zh="{name}: {met}: {figure}(要求: {needed})"
)
STARTED = Text(
    en="keeper {version} started as {host} ({role}, {mode})",
    zh="keeper {version} 启动, 主机 {host}({role}, {mode})",
)
CHANGED = Text(en="{before} -> {after}: {reason}", zh="{before} → {after}: {reason}")
OUTCOME = Text(en="outcome {result}: {detail}", zh="结果{result}: {detail}")
ADVISED = Text(en="would {action}: {reason}", zh="建议{action}(未执行): {reason}")
ORDERED = Text(en="{by} ordered {kind}: {done}: {reason}", zh="{by} 要求{kind}: {done}: {reason}")
LEASE = Text(en="lease, term {term}: {reason}", zh="租约, 任期 {term}: {reason}")
FAILSAFE = Text(
    en="etcd does not answer: term {term} goes on by the promises of {others}",
    zh="etcd 无应答: 任期 {term} 凭 {others} 的承诺继续",
)
FAILSAFE_OVER = Text(
    en="term {term} no longer goes on by promises", zh="任期 {term} 不再凭承诺继续"
)
MAINTAINING = Text(en="maintenance for {left} s, by {by}", zh="维护 {left} 秒, 由 {by}")
DOUBLED = Text(
    en="{count} slots were filled twice, the newest, {slot}, by {hosts}",
    zh="{count} 个时段被重复出块, 最新的 {slot} 由 {hosts} 同时产出",
)
HOOK = Text(
    en="hook {name}: {result} ({detail}){output}", zh="钩子 {name}: {result} ({detail}){output}"
)
HOOK_RESULTS: Mapping[HookResult, str] = {
    HookResult.DONE: "完成",
    HookResult.VETOED: "否决",
    HookResult.TIMED_OUT: "超时",
    HookResult.FAILED: "失败",
    HookResult.MISSING: "无法运行",
}
MAINTAINED = Text(en="maintenance over, by {by}", zh="维护结束, 由 {by}")
ACCEPTED = Text(en="accepted", zh="已接受")
REFUSED = Text(en="refused", zh="已拒绝")
RESUMED = Text(en="resume: {reason} [{permit}]", zh="恢复出块: {reason} [{permit}]")
PAUSED = Text(en="pause ({cause}): {reason}", zh="暂停出块({cause}): {reason}")
TERMINATED = Text(en="terminate: {reason}", zh="终止 nodeos: {reason}")
PERMIT = Text(
    en="permit {kind}, term {term}, {empty} own turns empty, {count} conditions met",
    zh="许可 {kind}, 任期 {term}, {empty} 个我方轮次为空, {count} 项条件满足",
)
DEEDS: Mapping[str, str] = {
    "pause": "暂停",
    "resume": "恢复",
    "switchover": "移交",
    "maintenance": "维护",
    "terminate": "终止",
    "none": "不做任何事",
}


def event_text(event: Event | WatchEvent) -> Text:
    """What happened."""
    match event:
        case KeeperStarted(version=version, host=host, role=role, mode=mode):
            return said(STARTED, version=version, host=host, role=role, mode=mode)
        case StandingChanged():
            before, after = _state(event.before), _state(event.standing.state)
            return said(CHANGED, before=before, after=after, reason=reason_text(event.reason))
        case ActionDecided():
            return _action_text(event.action)
        case LeaseWritten(record=record, reason=reason):
            return said(LEASE, term=record.term, reason=reason_text(reason))
        case HookEnded() | SlotDoubled() | MaintenanceSet() | FailsafeTurned():
            return _aside_text(event)
        case OutcomeSeen():
            result = Text(en=event.result, zh=RESULTS[event.result])
            return said(OUTCOME, result=result, detail=event.detail)
        case Advised():
            return said(ADVISED, action=_deed(event.action), reason=reason_text(event.reason))
        case CommandAnswered():
            return _answer_text(event)
        case _:
            return alarm_event_text(event)


def _aside_text(event: HookEnded | SlotDoubled | MaintenanceSet | FailsafeTurned) -> Text:
    """What happened beside the decisions."""
    match event:
        case HookEnded():
            return _hook_text(event)
        case MaintenanceSet():
            return _maintenance_text(event)
        case FailsafeTurned(term=term, on=on, others=others):
            return said(FAILSAFE if on else FAILSAFE_OVER, term=term, others=", ".join(others))
        case SlotDoubled(slots=slots, newest=newest):
            hosts = ", ".join(maker.host for maker in newest.makers)
            return said(DOUBLED, count=len(slots), slot=newest.slot, hosts=hosts)


def _maintenance_text(event: MaintenanceSet) -> Text:
    if event.until_utc is None:
        return said(MAINTAINED, by=event.by or "the clock")
    return said(MAINTAINING, by=event.by, left=f"{event.until_utc - event.at.utc_s:.0f}")


def _hook_text(event: HookEnded) -> Text:
    output = f": {event.output}" if event.output else ""
    result = Text(en=event.result, zh=HOOK_RESULTS[event.result])
    return said(HOOK, name=event.name, result=result, detail=event.detail, output=output)


def evidence_texts(event: Event | WatchEvent) -> tuple[Text, ...]:
    """What it was decided on: a sentence for each condition, with its figure; mostly none."""
    return tuple(_condition_text(one) for one in _conditions(event))


def _conditions(event: Event | WatchEvent) -> tuple[Condition, ...]:
    match event:
        case StandingChanged(evidence=evidence) | Advised(evidence=evidence):
            return evidence
        case ActionDecided(action=Resume(permit=permit)):
            return permit.conditions
        case _:
            return ()


def _condition_text(one: Condition) -> Text:
    name = CONDITIONS.get(one.name, same(one.name))
    return said(EVIDENCE, name=name, met=MET[one.met], figure=one.figure, needed=one.needed)


def _action_text(action: Action) -> Text:
    reason = reason_text(action.reason)
    match action:
        case Resume():
            return said(RESUMED, reason=reason, permit=_permit_text(action.permit))
        case Pause():
            return said(PAUSED, cause=action.cause, reason=reason)
        case Terminate():
            return said(TERMINATED, reason=reason)
        case _:
            assert_never(action)


def _permit_text(permit: Permit) -> Text:
    return said(
        PERMIT,
        kind=permit.kind,
        term=permit.term,
        empty=permit.empty_own_turns,
        count=len(permit.conditions),
    )


def _answer_text(event: CommandAnswered) -> Text:
    kind = _deed(CommandKind(event.kind))
    done = ACCEPTED if event.accepted else REFUSED
    return said(ORDERED, by=event.by, kind=kind, done=done, reason=reason_text(event.reason))


def _state(state: State) -> Text:
    return Text(en=state, zh=STATES[state])


def _deed(name: str) -> Text:
    return Text(en=name, zh=DEEDS.get(name, name))
