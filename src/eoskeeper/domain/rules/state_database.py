"""Rule state_database: how much room is left in nodeos's state database before it shuts down."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, Limits, View, severities

__all__ = ["STATE_DATABASE", "StateDatabase"]

MIB = 1024 * 1024
STALE_S = 90.0
"""Three of its polling periods."""

WHOLE_PERCENT = 100.0


class StateDatabase(Limits, frozen=True, kw_only=True):
    """nodeos ends itself, with status 0, when the free bytes fall under its guard.

    Attributes:
        guard_mib: MiB; the same as nodeos's ``chain-state-db-guard-size-mb``. Source: default 128,
            EOSIO 1.1.0 to spring v1.2.2 plugins/chain_plugin/chain_plugin.cpp.
        margin_mib: MiB above the guard at which it is failed: time to act still.
        degraded_percent: free share under which it is degraded; 20 % of the default size of
            1024 MiB is above guard and margin.
    """

    guard_mib: Annotated[int, Meta(ge=0, le=1_048_576)] = 128
    margin_mib: Annotated[int, Meta(ge=0, le=1_048_576)] = 64
    degraded_percent: Annotated[float, Meta(ge=0, le=100)] = 20.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the newest sizes."""
        read = view.node.database
        if read is None or read.size_bytes <= 0:
            return (Finding("state_database", Grade.UNKNOWN, "no_reading"),)
        if now.mono_s - read.at.mono_s > STALE_S:
            figures: dict[str, Figure] = {"age_s": now.mono_s - read.at.mono_s}
            return (Finding("state_database", Grade.UNKNOWN, "stale", figures),)
        percent = WHOLE_PERCENT * read.free_bytes / read.size_bytes
        figures = {
            "free_mib": read.free_bytes / MIB,
            "size_mib": read.size_bytes / MIB,
            "free_percent": percent,
            "guard_mib": self.guard_mib,
            "limit_percent": self.degraded_percent,
        }
        if read.free_bytes < (self.guard_mib + self.margin_mib) * MIB:
            return (Finding("state_database", Grade.FAILED, "near_guard", figures),)
        if percent < self.degraded_percent:
            return (Finding("state_database", Grade.DEGRADED, "low", figures),)
        return (Finding("state_database", Grade.OK, "enough", figures),)


STATE_DATABASE = Declaration(
    name="state_database",
    title=Text(en="The state database is nearly full", zh="状态数据库快满了"),
    texts={
        "enough": Text(
            en="{free_mib:.0f} of {size_mib:.0f} MiB free ({free_percent:.0f} %)",
            zh="剩余 {free_mib:.0f}/{size_mib:.0f} MiB({free_percent:.0f} %)",
        ),
        "low": Text(
            en="{free_mib:.0f} of {size_mib:.0f} MiB free ({free_percent:.0f} %, limit "
            "{limit_percent:g} %)",
            zh="剩余 {free_mib:.0f}/{size_mib:.0f} MiB({free_percent:.0f} %, "
            "下限 {limit_percent:g} %)",
        ),
        "near_guard": Text(
            en="only {free_mib:.0f} MiB free; nodeos shuts down below {guard_mib} MiB",
            zh="仅剩 {free_mib:.0f} MiB; 低于 {guard_mib} MiB 时 nodeos 会自行退出",
        ),
        "no_reading": Text(
            en="its size has not been read (is db_size_api_plugin on?)",
            zh="尚未读到数据库大小(是否启用了 db_size_api_plugin?)",
        ),
        "stale": Text(
            en="its size was last read {age_s:.0f} s ago",
            zh="数据库大小上次读取在 {age_s:.0f} 秒前",
        ),
    },
    remedy=Text(
        en="Raise chain-state-db-size-mb in config.ini and restart nodeos: the standby first, the "
        "producing host after a switchover. Disk and memory must hold the new size.",
        zh="在 config.ini 中调大 chain-state-db-size-mb 并重启 nodeos: 先备用节点, "
        "出块主机切换后再重启。磁盘与内存须容得下新的大小。",
    ),
    depends_on=("process", "api_answers"),
    failed=severities(
        primary=Severity.CRITICAL, standby=Severity.CRITICAL, observer=Severity.WARNING
    ),
    degraded=severities(
        primary=Severity.WARNING, standby=Severity.WARNING, observer=Severity.WARNING
    ),
)
