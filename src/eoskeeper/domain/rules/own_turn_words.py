"""What the rule own_turn says, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from eoskeeper.domain.findings import Text

__all__ = ["REMEDIES", "REMEDY", "TEXTS", "TITLE"]

TITLE = Text(en="Own turn not full", zh="出块轮次缺块")

_COUNT_EN = "{produced} of {slots} blocks in our newest turn"
_COUNT_ZH = "最近一轮我方出块 {produced}/{slots}"
_SHORT_EN = f"only {_COUNT_EN}: {{missed}} missed, {{lost}} lost in a fork"
_SHORT_ZH = f"{_COUNT_ZH}: 漏 {{missed}} 块, 分叉丢失 {{lost}} 块"

TEXTS: Mapping[str, Text] = {
    "full_here": Text(en=f"{_COUNT_EN}, made here", zh=f"{_COUNT_ZH}, 由本机产生"),
    "full_elsewhere": Text(
        en=f"{_COUNT_EN}, made by another host", zh=f"{_COUNT_ZH}, 由其他主机产生"
    ),
    "full_unknown": Text(
        en=f"{_COUNT_EN}, made by a host that is not known", zh=f"{_COUNT_ZH}, 出块主机未知"
    ),
    "short_here": Text(en=f"{_SHORT_EN}; made here", zh=f"{_SHORT_ZH}; 由本机产生"),
    "short_elsewhere": Text(
        en=f"{_SHORT_EN}; made by another host", zh=f"{_SHORT_ZH}; 由其他主机产生"
    ),
    "short_unknown": Text(
        en=f"{_SHORT_EN}; made by a host that is not known", zh=f"{_SHORT_ZH}; 出块主机未知"
    ),
    "missed": Text(
        en="none of the {slots} slots of our newest turn has a block",
        zh="最近一轮我方 {slots} 个时段全部漏块",
    ),
    "missed_told": Text(
        en="none of the {slots} slots of our newest turn has a block; nodeos says: {reason}",
        zh="最近一轮我方 {slots} 个时段全部漏块; nodeos 报告: {reason}",
    ),
    "lost": Text(
        en="our newest turn was lost in a fork: {lost} blocks made here, none on the chain",
        zh="最近一轮我方的块因分叉全部丢失: 本机产生 {lost} 块, 链上为 0",
    ),
    "no_key": Text(
        en="our newest turn is empty, for want of a key: see the rule schedule",
        zh="最近一轮因缺少私钥而漏块: 见规则 schedule",
    ),
    "not_known": Text(
        en="not every slot of our newest turn is known yet", zh="最近一轮的时段尚未全部确认"
    ),
    "not_scheduled": Text(en="our producer is not scheduled", zh="我方不在出块名单中"),
}

REMEDY = Text(
    en="Short turns: look at the load, at block times in the nodeos log, and at the links to the"
    " producers before and after us; keep the clock disciplined.",
    zh="轮次缺块: 检查负载、nodeos 日志中的出块耗时、与前后 BP 的链接, 并保持时钟同步。",
)

_NOBODY = Text(
    en="No host produced. Look at the primary: does nodeos run, is it paused (eoskeeper status),"
    " what does its log say after 'Not producing block because'? A standby takes over by itself"
    " after its turns; otherwise eoskeeper resume on the host that is well.",
    zh="没有主机出块。检查主节点: nodeos 是否运行、是否被暂停(eoskeeper status), 日志中"
    " 'Not producing block because' 之后的原因是什么。备用节点会在规定轮次后自动接管;"
    " 否则在正常的主机上执行 eoskeeper resume。",
)

REMEDIES: Mapping[str, Text] = {
    "missed": _NOBODY,
    "missed_told": _NOBODY,
    "lost": Text(
        en="Blocks of this host do not reach the next producers in time, or it is on a branch of"
        " its own: look at links, latency and clock.",
        zh="本机的块未能及时到达后续 BP, 或本机处于自己的分叉: 检查链接、延迟与时钟。",
    ),
}
