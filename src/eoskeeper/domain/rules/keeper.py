"""Rule keeper: whether the keeper itself keeps up, and is free of bugs that it can see."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, Limits, View, on_every_role

__all__ = ["KEEPER", "Keeper"]

MIB = 1024 * 1024
STARTING_S = 60.0
"""At its start a keeper reads a backlog of log and blocks: late and busy is normal then."""

DROPPED_S = 600.0
"""Lost readings are told so long."""


class Keeper(Limits, frozen=True, kw_only=True):
    """A keeper that is late sees everything late, and stops production late.

    Attributes:
        late_s: seconds that a cycle, due each second, may begin late.
        failed_late_s: the same, for failed: an own turn may pass unseen.
        took_s: seconds that one cycle may take.
        queued: readings that may wait; a second of a healthy node yields about twenty.
        resident_mib: MiB of memory; three times what it needs with a whole round in mind.
    """

    late_s: Annotated[float, Meta(ge=0.1, le=60)] = 2.0
    failed_late_s: Annotated[float, Meta(ge=0.1, le=600)] = 10.0
    took_s: Annotated[float, Meta(ge=0.05, le=60)] = 1.0
    queued: Annotated[int, Meta(ge=10, le=1_000_000)] = 1000
    resident_mib: Annotated[float, Meta(ge=16, le=65536)] = 128.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the newest look at itself; the worst is told, and each part that is broken."""
        read = view.vitals.keeper
        broken = () if read is None else read.broken
        return (
            self._assess_itself(view, now),
            *(
                Finding("keeper", Grade.DEGRADED, "part_broken", {"name": name}, subject=name)
                for name in broken
            ),
        )

    def _assess_itself(self, view: View, now: Moment) -> Finding:
        read, vitals = view.vitals.keeper, view.vitals
        if read is None:
            return Finding("keeper", Grade.UNKNOWN, "no_reading")
        figures: dict[str, Figure] = {
            "late_s": read.late_s,
            "took_s": read.took_s,
            "queued": read.queued,
            "dropped": vitals.dropped,
            "resident_mib": read.resident_bytes / MIB,
            "limit_mib": self.resident_mib,
        }
        if now.mono_s - vitals.started.mono_s < STARTING_S:
            return Finding("keeper", Grade.UNKNOWN, "starting", figures)
        if read.late_s > self.failed_late_s:
            return Finding("keeper", Grade.FAILED, "late", figures)
        last = vitals.last_dropped
        recent = last is not None and now.mono_s - last.mono_s <= DROPPED_S
        # The first that is so is told: each of them explains those after it.
        complaints = (
            ("dropped", recent),
            ("late", read.late_s > self.late_s),
            ("slow", read.took_s > self.took_s),
            ("queue_long", read.queued > self.queued),
            ("large", read.resident_bytes > self.resident_mib * MIB),
        )
        code = next((code for code, is_so in complaints if is_so), None)
        if code is None:
            return Finding("keeper", Grade.OK, "well", figures)
        return Finding("keeper", Grade.DEGRADED, code, figures)


KEEPER = Declaration(
    name="keeper",
    title=Text(en="The keeper itself is unwell", zh="keeper 自身异常"),
    texts={
        "well": Text(
            en="{late_s:.1f} s late, {took_s:.2f} s per cycle, {resident_mib:.0f} MiB",
            zh="延迟 {late_s:.1f} 秒, 每轮检查 {took_s:.2f} 秒, 内存 {resident_mib:.0f} MiB",
        ),
        "late": Text(
            en="the last cycle began {late_s:.1f} s late", zh="最近一次检查晚了 {late_s:.1f} 秒"
        ),
        "slow": Text(
            en="the last cycle took {took_s:.1f} s", zh="最近一次检查耗时 {took_s:.1f} 秒"
        ),
        "queue_long": Text(en="{queued} readings wait", zh="有 {queued} 条读数在排队"),
        "dropped": Text(
            en="{dropped} readings were lost since the start, some of them in the last 10 minutes",
            zh="启动以来共丢失 {dropped} 条读数, 最近 10 分钟内仍有丢失",
        ),
        "large": Text(
            en="it uses {resident_mib:.0f} MiB (limit {limit_mib:g} MiB)",
            zh="占用内存 {resident_mib:.0f} MiB(上限 {limit_mib:g} MiB)",
        ),
        "rule_broken": Text(
            en="the rule {name} failed with an error of the program: {error}",
            zh="规则 {name} 因程序错误而失败: {error}",
        ),
        "part_broken": Text(
            en="the part {name} failed with an error of the program",
            zh="部件 {name} 因程序错误而失效",
        ),
        "starting": Text(en="just started", zh="刚刚启动"),
        "no_reading": Text(en="it has not looked at itself yet", zh="尚未自检"),
    },
    remedy=Text(
        en="See whether the machine is overloaded (top) or was suspended; give the keeper's unit "
        "CPU before other work (CPUWeight, Nice) and restart it if it does not recover.",
        zh="检查主机是否过载(top)或曾被挂起; 提高 keeper 单元的 CPU 优先级(CPUWeight, Nice); "
        "若不恢复, 重启 keeper。",
    ),
    remedies={
        "large": Text(
            en="Restart the keeper and report its memory use with its log.",
            zh="重启 keeper, 并附上日志报告内存问题。",
        ),
        "part_broken": Text(
            en="Failover and alarms go on, and the part is tried again each minute. Report the "
            "error, which is in the keeper's log as part_failed.",
            zh="故障切换和报警照常, 该部件每分钟重试一次。请报告此错误, 详见 keeper 日志中的 "
            "part_failed。",
        ),
        "rule_broken": Text(
            en="This rule watches nothing now; all others and failover go on. Report the error; "
            "until it is mended, switch the rule off with enabled = false in its table.",
            zh="该规则目前失效, 其他规则和故障切换照常。请报告此错误; 修复前可在该规则的配置表中设 "
            "enabled = false。",
        ),
    },
    failed=on_every_role(Severity.CRITICAL),
    degraded=on_every_role(Severity.WARNING),
)
