"""Rule head_progress: for how long the head block has not risen."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, HoldSeconds, Limits, View, severities
from eoskeeper.domain.rules.sight import head_in_sight

__all__ = ["HEAD_PROGRESS", "HeadProgress"]


class HeadProgress(Limits, frozen=True, kw_only=True):
    """A block comes every half second; a missing producer leaves a hole of 6 s, two of 12 s.

    Measured from one reading of the head to another, so that an API that went silent is not taken
    for a chain that stands.

    Attributes:
        limit_s: seconds without a higher head; 10 as in 2018.
        hold_s: two producers that are away side by side make a hole of 12 s in every round, which
            is their alarm (``producers_seen``); a cut line needs 15 s to show (``isolation``).
    """

    hold_s: HoldSeconds = 8.0
    limit_s: Annotated[float, Meta(ge=1, le=3600)] = 10.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the time between the last rise and the newest reading."""
        head, moved = head_in_sight(view, now), view.vitals.head_moved
        mark = view.vitals.head_number
        if head is None or moved is None or mark is None:
            return (Finding("head_progress", Grade.UNKNOWN, "no_reading"),)
        age = head.at.mono_s - moved.mono_s
        figures = {"age_s": age, "limit_s": self.limit_s, "number": head.head_number, "mark": mark}
        if age <= self.limit_s:
            return (Finding("head_progress", Grade.OK, "moves", figures),)
        code = "stands" if head.head_number >= mark else "below_mark"
        return (Finding("head_progress", Grade.FAILED, code, figures),)


HEAD_PROGRESS = Declaration(
    name="head_progress",
    title=Text(en="Head block does not move", zh="头块停止增长"),
    texts={
        "moves": Text(
            en="head #{number} moved {age_s:.0f} s ago", zh="头块 #{number} 在 {age_s:.0f} 秒前增长"
        ),
        "stands": Text(
            en="head #{number} has not moved for {age_s:.0f} s (limit {limit_s:g} s)",
            zh="头块 #{number} 已 {age_s:.0f} 秒未增长(上限 {limit_s:g} 秒)",
        ),
        "below_mark": Text(
            en="head #{number} is below #{mark}, which was reached {age_s:.0f} s ago",
            zh="头块 #{number} 低于 {age_s:.0f} 秒前已到达的 #{mark}",
        ),
        "no_reading": Text(en="no head block has been read of late", zh="近期未读到头块"),
    },
    remedy=Text(
        en="Compare the head with another node of the network. If others go on, look for errors in"
        " the nodeos log (bad block, full database) and restart nodeos; if none goes on, the"
        " network stands: do not move production.",
        zh="与网络中其他节点比较头块。若其他节点正常, 在 nodeos 日志中查找错误(坏块、数据库满)"
        "并重启 nodeos; 若全网停块, 不要切换出块。",
    ),
    remedies={
        "below_mark": Text(
            en="nodeos was set back to an older state (snapshot, replay) or follows another branch:"
            " let it sync, and compare a block id with another node.",
            zh="nodeos 被回退到旧状态(快照、重放)或处于另一分叉: 等待同步, 并与其他节点比较块 id。",
        )
    },
    depends_on=("process", "api_answers", "main_thread", "isolation", "producers_seen"),
    failed=severities(
        primary=Severity.CRITICAL, standby=Severity.CRITICAL, observer=Severity.WARNING
    ),
)
