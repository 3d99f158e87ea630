"""Rule block_arrival: whether blocks reach us, and leave us, in time for the next producer.

It tells apart who is late: the producer before us, ourselves, or seemingly everybody.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.arrival import Arrival, arrival
from eoskeeper.domain.rules.clock_offset import WITNESSES, clock_in_sight
from eoskeeper.domain.rules.rule import Declaration, HoldSeconds, Limits, View, severities

__all__ = ["BLOCK_ARRIVAL", "BlockArrival"]

TRUSTED_CLOCK_S = 0.1
"""An NTP offset up to which late blocks are not the clock's fault."""


class BlockArrival(Limits, frozen=True, kw_only=True):
    """Medians over the newest 300 block lines: one late block is no trend.

    Attributes:
        limit_ms: milliseconds that blocks of others may arrive after their own time. Healthy are
            -450 to 300; beyond it, we build on a block before the last of the predecessor's turn.
        own_limit_ms: milliseconds after their own time at which this host's blocks may be ready.
            Source: nodeos releases each before its time, EOSIO 2.0.2 to spring v1.2.2.
    """

    hold_s: HoldSeconds = 30.0
    limit_ms: Annotated[float, Meta(ge=50, le=2500)] = 300.0
    own_limit_ms: Annotated[float, Meta(ge=10, le=2500)] = 100.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """What concerns all, then ourselves, then the producer before us."""
        seen = arrival(view, now)
        if seen is None or not seen.by_producer:
            return (Finding("block_arrival", Grade.UNKNOWN, "no_lines"),)
        figures: dict[str, Figure] = {
            "earliest_ms": min(seen.by_producer.values()),
            "latest_ms": max(seen.by_producer.values()),
            "limit_ms": self.limit_ms,
        }
        if self._is_everybody_late(seen):
            code = _everybody_code(view, now)
            return (Finding("block_arrival", Grade.DEGRADED, code, figures),)
        if seen.own_ms is not None and seen.own_ms > self.own_limit_ms:
            figures |= {"own_ms": seen.own_ms, "limit_ms": self.own_limit_ms}
            return (Finding("block_arrival", Grade.DEGRADED, "own_late", figures),)
        if seen.predecessor_ms is not None and seen.predecessor_ms > self.limit_ms:
            figures |= {"producer": seen.predecessor or "", "late_ms": seen.predecessor_ms}
            return (Finding("block_arrival", Grade.DEGRADED, "predecessor_late", figures),)
        return (Finding("block_arrival", Grade.OK, "in_time", figures),)

    def _is_everybody_late(self, seen: Arrival) -> bool:
        """On a short roster two neighbours may both be late; three are not by accident."""
        medians = seen.by_producer.values()
        return len(medians) >= WITNESSES and min(medians) > self.limit_ms


def _everybody_code(view: View, now: Moment) -> str:
    """A clock that is ahead makes all blocks look late; NTP can rule that out."""
    clock = clock_in_sight(view, now)
    if clock is None:
        return "all_late"
    ahead = clock.offset_s - clock.error_s > TRUSTED_CLOCK_S
    return "all_late_by_clock" if ahead else "all_late_on_the_way"


BLOCK_ARRIVAL = Declaration(
    name="block_arrival",
    title=Text(en="Blocks arrive late", zh="区块到达延迟"),
    texts={
        "in_time": Text(
            en="medians from {earliest_ms:.0f} to {latest_ms:.0f} ms after a block's time",
            zh="各 BP 区块到达延迟中位数 {earliest_ms:.0f} 到 {latest_ms:.0f} 毫秒",
        ),
        "predecessor_late": Text(
            en="the last blocks of {producer}, who is before us, arrive {late_ms:.0f} ms late "
            "(limit {limit_ms:g} ms)",
            zh="我方之前的 BP {producer} 的末尾区块迟到 {late_ms:.0f} 毫秒(上限 {limit_ms:g} 毫秒)",
        ),
        "own_late": Text(
            en="our own blocks are ready {own_ms:.0f} ms after their time (limit {limit_ms:g} ms)",
            zh="本机区块在其时间之后 {own_ms:.0f} 毫秒才完成(上限 {limit_ms:g} 毫秒)",
        ),
        "all_late": Text(
            en="the blocks of all producers arrive at least {earliest_ms:.0f} ms late (limit "
            "{limit_ms:g} ms): this clock is ahead, or the network or this host is slow",
            zh="所有 BP 的区块至少迟到 {earliest_ms:.0f} 毫秒(上限 {limit_ms:g} 毫秒): "
            "本机时钟偏快, 或网络或本机过慢",
        ),
        "all_late_by_clock": Text(
            en="the blocks of all producers seem at least {earliest_ms:.0f} ms late (limit "
            "{limit_ms:g} ms): this clock is ahead",
            zh="所有 BP 的区块看似至少迟到 {earliest_ms:.0f} 毫秒(上限 {limit_ms:g} 毫秒): "
            "本机时钟偏快",
        ),
        "all_late_on_the_way": Text(
            en="the blocks of all producers arrive at least {earliest_ms:.0f} ms late (limit "
            "{limit_ms:g} ms) while the clock is right: the network or this host is slow",
            zh="所有 BP 的区块至少迟到 {earliest_ms:.0f} 毫秒(上限 {limit_ms:g} 毫秒), "
            "而时钟准确: 网络或本机过慢",
        ),
        "no_lines": Text(
            en="too few block lines of a synced node", zh="已同步节点的区块日志行不足, 无法判断"
        ),
    },
    remedy=Text(
        en="See whether the links are good (ping and traceroute to the peers) and whether nodeos "
        "has a processor for itself; peer with producers that are near in the schedule.",
        zh="检查链接质量(到各 peer 的 ping 与 traceroute)以及 nodeos 是否独占 CPU; "
        "与出块顺序相邻的 BP 直接建立链接。",
    ),
    remedies={
        "predecessor_late": Text(
            en="Add a direct link to that producer (p2p-peer-address, p2p-auto-bp-peer) and ask "
            "its operator about its clock and its block offset (produce-block-offset-ms).",
            zh="与该 BP 建立直接链接(p2p-peer-address, p2p-auto-bp-peer), 并向其运营者核对时钟与 "
            "produce-block-offset-ms。",
        ),
        "own_late": Text(
            en="See the load of this host; leave produce-block-offset-ms (before Leap 5: "
            "cpu-effort-percent) at its default; no other work on a producing host.",
            zh="检查本机负载; produce-block-offset-ms(Leap 5 之前为 cpu-effort-percent)保持默认值; "
            "出块主机上不跑其他任务。",
        ),
        "all_late": Text(
            en="Compare the clock first (chronyc tracking), then the links and the load.",
            zh="先核对时钟(chronyc tracking), 再检查链接与负载。",
        ),
        "all_late_by_clock": Text(
            en="Mend the clock: run chrony, see 'chronyc tracking'.",
            zh="校正时钟: 运行 chrony 并查看 'chronyc tracking'。",
        ),
    },
    depends_on=("process", "api_answers", "isolation", "head_age", "clock_offset"),
    degraded=severities(primary=Severity.WARNING, standby=Severity.WARNING, observer=Severity.INFO),
)
