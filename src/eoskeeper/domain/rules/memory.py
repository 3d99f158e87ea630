"""Rule memory: whether the machine can still give memory to nodeos."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, HoldSeconds, Limits, View, on_every_role

__all__ = ["MEMORY", "Memory"]

STALE_S = 30.0
"""Three looks at the host."""

GIB = 1024**3
WHOLE_PERCENT = 100.0


class Memory(Limits, frozen=True, kw_only=True):
    """What is available counts, not what is free: the page cache gives way.

    Attributes:
        degraded_percent: available share of the whole, below which it is degraded.
        failed_percent: below which the kernel is near ending a process, most likely nodeos,
            which is the largest. Source: ``MemAvailable``, man 5 proc_meminfo.
    """

    hold_s: HoldSeconds = 30.0
    degraded_percent: Annotated[float, Meta(ge=0, le=100)] = 10.0
    failed_percent: Annotated[float, Meta(ge=0, le=100)] = 5.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the newest look."""
        host = view.vitals.host
        if host is None or host.memory_total_bytes <= 0:
            return (Finding("memory", Grade.UNKNOWN, "no_reading"),)
        if now.mono_s - host.at.mono_s > STALE_S:
            old: dict[str, Figure] = {"age_s": now.mono_s - host.at.mono_s}
            return (Finding("memory", Grade.UNKNOWN, "stale", old),)
        percent = WHOLE_PERCENT * host.memory_available_bytes / host.memory_total_bytes
        figures: dict[str, Figure] = {
            "available_gib": host.memory_available_bytes / GIB,
            "available_percent": percent,
            "swap_used_gib": host.swap_used_bytes / GIB,
            "limit_percent": self.degraded_percent,
        }
        if percent < self.failed_percent:
            figures["limit_percent"] = self.failed_percent
            return (Finding("memory", Grade.FAILED, "low", figures),)
        if percent < self.degraded_percent:
            return (Finding("memory", Grade.DEGRADED, "low", figures),)
        return (Finding("memory", Grade.OK, "enough", figures),)


MEMORY = Declaration(
    name="memory",
    title=Text(en="Little memory is left", zh="可用内存不足"),
    texts={
        "enough": Text(
            en="{available_gib:.1f} GiB available ({available_percent:.0f} %)",
            zh="可用内存 {available_gib:.1f} GiB({available_percent:.0f} %)",
        ),
        "low": Text(
            en="{available_gib:.1f} GiB available ({available_percent:.1f} %, limit "
            "{limit_percent:g} %), {swap_used_gib:.1f} GiB of swap used",
            zh="可用内存仅 {available_gib:.1f} GiB({available_percent:.1f} %, "
            "下限 {limit_percent:g} %), 已用交换区 {swap_used_gib:.1f} GiB",
        ),
        "no_reading": Text(en="memory has not been read yet", zh="尚未读到内存信息"),
        "stale": Text(
            en="memory was last read {age_s:.0f} s ago", zh="内存信息上次读取在 {age_s:.0f} 秒前"
        ),
    },
    remedy=Text(
        en="Find what uses it (ps --sort=-rss); end what does not belong on a producing host, or "
        "add memory. With database-map-mode heap or locked the whole state is in memory.",
        zh="用 ps --sort=-rss 找出占用者; 停掉不该在出块主机上的程序, 或加内存。"
        "database-map-mode 为 heap 或 locked 时整个状态库都在内存里。",
    ),
    failed=on_every_role(Severity.CRITICAL),
    degraded=on_every_role(Severity.WARNING),
)
