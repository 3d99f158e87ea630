"""Rule finalizer: whether the finalizer of our producer votes (Savanna).

A network view: everybody sees the same votes, so the host that holds production tells of them.
"""

from __future__ import annotations

import math
from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import SLOT_S, Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, HoldSeconds, Limits, View, severities
from eoskeeper.domain.samples import Finalizer as FinalizerEntry
from eoskeeper.domain.samples import FinalizersRead
from eoskeeper.domain.standing import State

__all__ = ["FINALIZER", "Finalizer"]

STALE_S = 15.0
"""Three of its polls."""


class Finalizer(Limits, frozen=True, kw_only=True):
    """Entries are told apart by their description, by convention the producer account.

    Attributes:
        limit_blocks: how far its newest known vote may be behind the head. A healthy one is 2 to
            5 behind. Source: measured on spring v1.3.0-dev, 4 finalizers.
        pending_s: seconds that a new policy may wait; one takes 2 to 3 s.
        hold_s: weak votes right after a fork, and one late vote, are nobody's alarm.
    """

    hold_s: HoldSeconds = 15.0
    limit_blocks: Annotated[int, Meta(ge=3, le=10_000)] = 10
    pending_s: Annotated[float, Meta(ge=1, le=3600)] = 10.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Our vote first, then the policy that waits."""
        read = view.vitals.finalizers
        if read is None or not read.active:
            return (Finding("finalizer", Grade.UNKNOWN, "not_savanna"),)
        if now.mono_s - read.at.mono_s > STALE_S or view.node.head is None:
            figures = {"age_s": now.mono_s - read.at.mono_s}
            return (Finding("finalizer", Grade.UNKNOWN, "stale", figures),)
        head_then = _head_then(view, read)
        newest = max((one.voted_for_number or 0 for one in read.active), default=0)
        if head_then - newest > self.limit_blocks:
            # Nobody's votes arrive: the network's trouble, or ours with the network.
            behind = {"behind": head_then - newest}
            return (Finding("finalizer", Grade.UNKNOWN, "nobody_votes", behind),)
        own = self._own_vote(view, read, head_then)
        if own.grade is Grade.FAILED:
            return (own,)
        since = view.vitals.pending_since
        if since is not None and now.mono_s - since.mono_s > self.pending_s:
            waits = {"pending_s": now.mono_s - since.mono_s, "limit_s": self.pending_s}
            return (Finding("finalizer", Grade.DEGRADED, "pending_stuck", waits),)
        return (own,)

    def _own_vote(self, view: View, read: FinalizersRead, head_then: int) -> Finding:
        producer = view.policy.producer
        if producer is None or view.standing.state not in _ENTITLED:
            return Finding("finalizer", Grade.UNKNOWN, "not_holder")
        figures: dict[str, Figure] = {"producer": producer, "limit_blocks": self.limit_blocks}
        entry = _entry_of(read, producer)
        if entry is None:
            if view.node.roster.ours is None:
                # Not in the schedule either: told there.
                return Finding("finalizer", Grade.UNKNOWN, "not_scheduled", figures)
            return Finding("finalizer", Grade.FAILED, "not_in_policy", figures)
        figures["key"] = entry.public_key
        if entry.voted_for_number is None:
            return Finding("finalizer", Grade.FAILED, "never_voted", figures)
        figures["behind"] = max(0, head_then - entry.voted_for_number)
        if head_then - entry.voted_for_number > self.limit_blocks:
            return Finding("finalizer", Grade.FAILED, "not_voting", figures)
        if entry.strong is False:
            return Finding("finalizer", Grade.DEGRADED, "weak", figures)
        return Finding("finalizer", Grade.OK, "votes", figures)


def _entry_of(read: FinalizersRead, producer: str) -> FinalizerEntry | None:
    return next((one for one in read.active if one.description == producer), None)


def _head_then(view: View, read: FinalizersRead) -> int:
    """The least height that the head had when the votes were read, some seconds before it."""
    head = view.node.head
    assert head is not None, "asked for only where a head is known"
    grown = math.ceil(max(0.0, head.at.mono_s - read.at.mono_s) / SLOT_S)
    return head.head_number - grown


_ENTITLED = frozenset({State.HOLDER, State.RESUMING})

FINALIZER = Declaration(
    name="finalizer",
    title=Text(en="Our finalizer does not vote", zh="我方 finalizer 没有投票"),
    texts={
        "votes": Text(
            en="{producer} votes, {behind} blocks behind the head",
            zh="{producer} 正常投票, 落后头块 {behind} 块",
        ),
        "weak": Text(
            en="{producer} votes weakly, {behind} blocks behind the head",
            zh="{producer} 只投弱票, 落后头块 {behind} 块",
        ),
        "not_voting": Text(
            en="the newest vote of {producer} is {behind} blocks behind the head (limit "
            "{limit_blocks}), active key {key}",
            zh="{producer} 最近一票落后头块 {behind} 块(上限 {limit_blocks}), 当前密钥 {key}",
        ),
        "never_voted": Text(
            en="no vote of {producer} is known, active key {key}",
            zh="没有 {producer} 的任何投票记录, 当前密钥 {key}",
        ),
        "not_in_policy": Text(
            en="{producer} is in the schedule but not in the active finalizer policy",
            zh="{producer} 在出块名单中, 却不在当前 finalizer policy 中",
        ),
        "pending_stuck": Text(
            en="a new finalizer policy waits for {pending_s:.0f} s (limit {limit_s:g} s)",
            zh="新的 finalizer policy 已等待 {pending_s:.0f} 秒(上限 {limit_s:g} 秒)",
        ),
        "nobody_votes": Text(
            en="no finalizer's vote for the last {behind} blocks is known",
            zh="最近 {behind} 块没有任何 finalizer 的投票",
        ),
        "not_holder": Text(en="this host does not hold production", zh="本机不是当前出块主机"),
        "not_scheduled": Text(
            en="{producer} is not in the schedule", zh="{producer} 不在出块名单中"
        ),
        "not_savanna": Text(
            en="this chain or this nodeos has no finalizers", zh="该链或该 nodeos 没有 finalizer"
        ),
        "stale": Text(en="last read {age_s:.0f} s ago", zh="上次读取在 {age_s:.0f} 秒前"),
    },
    remedy=Text(
        en="See that this host's signature-provider holds the active BLS key: if not, activate "
        "this host's own (cleos push action eosio actfinkey); never copy a BLS key. Relays "
        "between this host and the network need vote-threads = 4. While votes are missing, "
        "Spring stops production after production-pause-vote-timeout-ms.",
        zh="确认本机 signature-provider 含有当前激活的 BLS 密钥: 若没有, 激活本机自己的密钥"
        "(cleos push action eosio actfinkey), 切勿复制 BLS 密钥。与外网之间的中继节点须设 "
        "vote-threads = 4。缺票超过 production-pause-vote-timeout-ms 后 Spring 会停止出块。",
    ),
    remedies={
        "not_in_policy": Text(
            en="Register and activate a finalizer key of this host: cleos push action eosio "
            "regfinkey, then actfinkey.",
            zh="注册并激活本机的 finalizer 密钥: cleos push action eosio regfinkey, 再 actfinkey。",
        ),
        "pending_stuck": Text(
            en="Both the old and the new policy must sign: see with get_finalizer_info which "
            "finalizers do not vote, and tell their operators.",
            zh="新旧 policy 都须签名: 用 get_finalizer_info 查看谁没有投票, 并通知其运营者。",
        ),
        "weak": Text(
            en="Normal right after a fork. If it lasts, this host is on a minority branch or slow: "
            "compare its head with another node.",
            zh="分叉后短时出现属正常。若持续, 说明本机处于少数分叉或处理过慢: 与其他节点比较头块。",
        ),
    },
    depends_on=("process", "api_answers", "isolation", "finality_progress", "not_producing_reason"),
    failed=severities(
        primary=Severity.CRITICAL, standby=Severity.CRITICAL, observer=Severity.WARNING
    ),
    degraded=severities(
        primary=Severity.WARNING, standby=Severity.WARNING, observer=Severity.WARNING
    ),
)
