"""Reason words: why the keeper did something, in Chinese, for a reason as journalled.

The journal holds each reason as one English sentence with its figures. The sentences are few and
are ours; one that is not known here, of another version, stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from eoskeeper.domain.failover import Trigger
from eoskeeper.domain.findings import Text

__all__ = ["reason_text"]

TRIGGERS: Mapping[Trigger, str] = {
    Trigger.OPERATOR_PAUSES: "操作员要求暂停",
    Trigger.HANDOVER_DUE: "已下令移交, 轮次间隙已开始",
    Trigger.LEAVING_DUE: "已下令凭证明移交, 轮次间隙已开始",
    Trigger.OPERATOR_RESUMES: "操作员要求恢复, 且没有其他主机可出块",
    Trigger.MADE_HERE: "我方最新区块由本机产出, 本机未暂停",
    Trigger.MADE_ELSEWHERE: "我方有区块在其他主机产出",
    Trigger.DOUBLED: "优先于本机的主机与我方同时出块",
    Trigger.LEASE_LAPSED: "租约未按时确认",
    Trigger.UNGUARDED: "没有看护进程待命, 或其已停止出块",
    Trigger.HUNG: "nodeos 没有应答, 而其他主机在等待租约",
    Trigger.HUNG_WITH_HEIR: "nodeos 没有应答, 而有成员可接手",
    Trigger.GONE_WITH_HEIR: "nodeos 已结束, 而有成员可接手",
    Trigger.ALONE: "收不到任何其他出块者的区块",
    Trigger.TURNS_NOT_STAYED: "连续多个我方轮次没有区块留在链上",
    Trigger.NODE_AWAY: "nodeos 不在或是新进程",
    Trigger.NOT_ENTITLED: "节点未暂停",
    Trigger.NEW_PROCESS: "节点未暂停且是新进程",
    Trigger.PAUSE_UNCONFIRMED: "当前 nodeos 的暂停尚未证实",
    Trigger.WATCHED_PAUSED: "已观察一整轮, 节点已暂停",
    Trigger.WATCHED_UNPAUSED: "已观察一整轮, 节点未暂停, 我方没有出块",
    Trigger.PAUSE_PROVEN: "暂停已证实",
    Trigger.PAUSE_DUE: "距上次尝试已过一秒",
    Trigger.FROZEN: "暂停未证实, 进程已被停住",
    Trigger.PROOF_HEARD: "有成员已为本机停止出块, 条件全部满足",
    Trigger.TAKEOVER_DUE: "我方轮次为空, 条件全部满足, 下一个我方轮次临近",
    Trigger.LEASE_HOLDS: "租约仍有效",
    Trigger.ISOLATION_OVER: "已重新收到其他出块者一整轮, 租约仍有效",
    Trigger.RESUME_PROVEN: "恢复已证实",
    Trigger.RESUME_FAILED: "恢复确定未执行",
    Trigger.RESUME_UNSENT: "恢复请求可能未发出, 许可仍有效",
    Trigger.PERMIT_VOID: "恢复没有生效, 许可已过期",
}
"""What a row of the failover table waited for."""

SENTENCES: tuple[tuple[str, str], ...] = (
    (
        r"(?P<host>\S+) made a block in slot (?P<slot>\d+), as this host did, and goes before it",
        "{host} 与本机同在时段 {slot} 出块, 且优先于本机",
    ),
    (
        (
            r"(?P<host>\S+) stopped after #(?P<number>\w+), and left production to this host; "
            r"our next turn begins in (?P<soon>\S+) s"
        ),
        "{host} 在区块 #{number} 之后停止, 并将出块移交本机; 下一个我方轮次在 {soon} 秒后开始",
    ),
    (
        r"nodeos has ended, proven; production is left to (?P<heir>\S+)",
        "nodeos 已结束(已证实); 出块移交给 {heir}",
    ),
    (
        r"block #(?P<number>\w+) of ours was made on another host",
        "我方区块 #{number} 在其他主机产出",
    ),
    (
        r"no block of any other producer for (?P<alone>\S+) s \(limit (?P<limit>\S+) s\)",
        "已 {alone} 秒未收到任何其他出块者的区块(限值 {limit} 秒)",
    ),
    (
        r"the guard has stopped production here: (?P<why>.+)",
        "看护进程已停止本机出块: {why}",
    ),
    (
        r"no guard is armed for (?P<age>\S+) s \(limit (?P<limit>\S+) s\)",
        "已 {age} 秒没有看护进程待命(限值 {limit} 秒)",
    ),
    (
        r"nodeos has not answered for (?P<age>\S+) s \(limit (?P<limit>\S+) s\)",
        "nodeos 已 {age} 秒没有应答(限值 {limit} 秒)",
    ),
    (
        "this host does not hold the lease, and may produce",
        "本机未持有租约, 却可能出块",
    ),
    (
        (
            r"the lease was last confirmed by a heartbeat sent (?P<age>\S+) s ago"
            r" \(limit (?P<limit>\S+) s\)"
        ),
        "最近一次确认的租约心跳发出于 {age} 秒前(限值 {limit} 秒)",
    ),
    (
        r"the lease is held by this host, term (?P<term>\d+)",
        "本机持有租约, 任期 {term}",
    ),
    (
        "production here is proven to have stopped: given back",
        "本机已证实停止出块: 归还",
    ),
    (
        "held by this host before its keeper was started again: goes on",
        "看护程序重启前由本机持有: 继续",
    ),
    ("nobody has ever held it: claimed", "从未有主机持有: 取得"),
    (
        r"(?P<by>.+) ordered production to be handed over to (?P<to>\S+)",
        "{by} 要求将出块移交给 {to}",
    ),
    (
        r"production here is proven to have stopped: handed over to (?P<to>\S+)",
        "本机已证实停止出块: 移交给 {to}",
    ),
    (r"handed over by (?P<host>\S+): claimed", "{host} 已移交: 取得"),
    (r"given back by (?P<host>\S+): claimed", "{host} 已归还: 取得"),
    (
        r"not confirmed by (?P<host>\S+) for the whole of its time: claimed",
        "{host} 在整个租期内未确认: 取得",
    ),
    (
        "our own turns leave no block on the chain while this node is not paused",
        "本机未暂停, 我方轮次却没有区块留在链上",
    ),
    (
        (
            r"(?P<count>\d+) own turns in a row left no block that stayed on the chain"
            r" \(limit (?P<limit>\d+)\)"
        ),
        "连续 {count} 个我方轮次没有区块留在链上(限值 {limit})",
    ),
    (
        r"(?P<count>\w+) own turns in a row are empty; the next one begins in (?P<soon>\S+) s",
        "连续 {count} 个我方轮次为空, 下一个在 {soon} 秒后开始",
    ),
    (
        "nodeos does not listen; pause first when it is back, ask later",
        "nodeos 没有监听; 恢复后先暂停再查明",
    ),
    (
        "nodeos is a new process and remembers no pause; pause first, ask later",
        "nodeos 是新进程, 不记得暂停; 先暂停再查明",
    ),
    (r"stop not proven yet \((?P<cause>\w+)\)", "停止尚未证实({cause})"),
    (
        (
            r"nodeos \(pid (?P<pid>\d+)\) was stopped by somebody, who may continue it:"
            r" it is killed"
        ),
        "nodeos(进程号 {pid})被他人停住, 随时可能被继续运行: 将其强制终止",
    ),
    ("no producer on this host (?P<role>.*)", "本机没有出块者{role}"),
    (
        "pausing; production here stays off until `eoskeeper resume`",
        "正在暂停; 在执行 `eoskeeper resume` 之前本机不再出块",
    ),
    ("this host is the holder already", "本机已是持有者"),
    ("resuming", "正在恢复"),
    ("not safe now: (?P<listed>.*)", "目前不安全: {listed}"),
)
"""Every sentence of ``reasons.why`` and of the answers to orders, with their figures."""

_KNOWN = tuple((re.compile(pattern, re.DOTALL), chinese) for pattern, chinese in SENTENCES)
_OF_TRIGGER = {str(trigger): chinese for trigger, chinese in TRIGGERS.items()}


def reason_text(reason: str) -> Text:
    """A reason in both languages; the figures are the same."""
    return Text(en=reason, zh=_chinese(reason))


def _chinese(reason: str) -> str:
    if reason in _OF_TRIGGER:
        return _OF_TRIGGER[reason]
    for pattern, chinese in _KNOWN:
        found = pattern.fullmatch(reason)
        if found is not None:
            return chinese.format_map(found.groupdict())
    return reason
