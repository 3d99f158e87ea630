"""Rule load: whether more work waits for the processors than they can do."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, HoldSeconds, Limits, View, on_every_role

__all__ = ["LOAD", "Load"]

STALE_S = 30.0
"""Three looks at the host."""


class Load(Limits, frozen=True, kw_only=True):
    """Load is a mean of five minutes, so nothing has to be held back.

    Attributes:
        degraded_per_cpu: processes that run or wait, for each processor.
        failed_per_cpu: the same. nodeos applies blocks on one thread: where four wait for every
            processor, that thread waits too. Source: man 5 proc_loadavg.
    """

    clear_s: HoldSeconds = 60.0
    degraded_per_cpu: Annotated[float, Meta(ge=0.1, le=1000)] = 2.0
    failed_per_cpu: Annotated[float, Meta(ge=0.1, le=1000)] = 4.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the mean of five minutes."""
        host = view.vitals.host
        if host is None or host.cpus <= 0:
            return (Finding("load", Grade.UNKNOWN, "no_reading"),)
        if now.mono_s - host.at.mono_s > STALE_S:
            old: dict[str, Figure] = {"age_s": now.mono_s - host.at.mono_s}
            return (Finding("load", Grade.UNKNOWN, "stale", old),)
        per_cpu = host.load_5m / host.cpus
        figures: dict[str, Figure] = {
            "load_5m": host.load_5m,
            "cpus": host.cpus,
            "per_cpu": per_cpu,
            "limit": self.degraded_per_cpu,
        }
        if per_cpu > self.failed_per_cpu:
            figures["limit"] = self.failed_per_cpu
            return (Finding("load", Grade.FAILED, "high", figures),)
        if per_cpu > self.degraded_per_cpu:
            return (Finding("load", Grade.DEGRADED, "high", figures),)
        return (Finding("load", Grade.OK, "normal", figures),)


LOAD = Declaration(
    name="load",
    title=Text(en="The machine is overloaded", zh="主机负载过高"),
    texts={
        "normal": Text(
            en="load {load_5m:.1f} on {cpus} processors", zh="负载 {load_5m:.1f}, 共 {cpus} 核"
        ),
        "high": Text(
            en="load {load_5m:.1f} on {cpus} processors: {per_cpu:.1f} each (limit {limit:g})",
            zh="负载 {load_5m:.1f}, 共 {cpus} 核, 每核 {per_cpu:.1f}(上限 {limit:g})",
        ),
        "no_reading": Text(en="load has not been read yet", zh="尚未读到负载"),
        "stale": Text(
            en="load was last read {age_s:.0f} s ago", zh="负载上次读取在 {age_s:.0f} 秒前"
        ),
    },
    remedy=Text(
        en="See with top what runs and whether it waits for the disk (wa); keep other programs off "
        "a producing host.",
        zh="用 top 查看是什么在运行、是否在等磁盘(wa); 出块主机上不要跑别的程序。",
    ),
    failed=on_every_role(Severity.WARNING),
    degraded=on_every_role(Severity.INFO),
)
