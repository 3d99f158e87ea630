"""Rule forks: how often this node replaced blocks that it had taken for the chain."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, Limits, View, on_every_role

__all__ = ["FORKS", "Forks"]

WINDOW_S = 3600.0
"""Switches are counted over an hour: healthy nodes see none, or a few at the turns' borders."""


class Forks(Limits, frozen=True, kw_only=True):
    """Switches come where a block reaches the next producer late, or where two hosts sign.

    Attributes:
        degraded_per_hour: more than so many; one host that was cut off and returns makes one.
        failed_per_hour: more than so many. Two hosts that produce at once make ten a minute.
    """

    degraded_per_hour: Annotated[int, Meta(ge=1, le=90)] = 6
    failed_per_hour: Annotated[int, Meta(ge=1, le=90)] = 20

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the last hour; before the keeper has watched that long, what it has seen."""
        if view.node.chain.tip is None:
            return (Finding("forks", Grade.UNKNOWN, "no_blocks"),)
        seen = [at for at in view.vitals.fork_switches if now.mono_s - at.mono_s <= WINDOW_S]
        newest_s = now.mono_s - seen[-1].mono_s if seen else 0.0
        figures = {"count": len(seen), "newest_s": newest_s, "limit": self.degraded_per_hour}
        if len(seen) > self.failed_per_hour:
            figures["limit"] = self.failed_per_hour
            return (Finding("forks", Grade.FAILED, "many", figures),)
        if len(seen) > self.degraded_per_hour:
            return (Finding("forks", Grade.DEGRADED, "many", figures),)
        return (Finding("forks", Grade.OK, "few", figures),)


FORKS = Declaration(
    name="forks",
    title=Text(en="Many fork switches", zh="分叉切换过多"),
    texts={
        "few": Text(
            en="{count} fork switches in the last hour", zh="最近一小时分叉切换 {count} 次"
        ),
        "many": Text(
            en="{count} fork switches in the last hour (limit {limit}), the newest "
            "{newest_s:.0f} s ago",
            zh="最近一小时分叉切换 {count} 次(上限 {limit} 次), 最近一次在 {newest_s:.0f} 秒前",
        ),
        "no_blocks": Text(en="no block has been read yet", zh="尚未读到区块"),
    },
    remedy=Text(
        en="Look at the lines 'switching forks' and 'double produced' in the log. At the begin of "
        "our turn: the predecessor's last blocks come late, improve the links to it. At its end: "
        "ours come late to the successor. Within turns: two hosts sign, pause one at once.",
        zh="查看日志中的 'switching forks' 和 'double produced' 行。若在我方轮次开头: "
        "前一个 BP 的末尾区块到得晚, 改善到它的链接; 若在轮次末尾: 我方区块到下一个 BP 太晚; "
        "若在轮次中间: 可能双主机同时出块, 立即暂停其中一台。",
    ),
    depends_on=("process", "api_answers", "isolation", "clock_offset", "block_arrival"),
    failed=on_every_role(Severity.WARNING),
    degraded=on_every_role(Severity.INFO),
)
