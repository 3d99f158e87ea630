"""Rule head_age: how old the head block was when it was read."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment, slot_utc
from eoskeeper.domain.findings import Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, Limits, View, severities
from eoskeeper.domain.rules.sight import head_in_sight

__all__ = ["HEAD_AGE", "HeadAge"]


class HeadAge(Limits, frozen=True, kw_only=True):
    """The head of a synced node is younger than a second; each producer that is away adds 6 s.

    Its age is taken at the reading, so that an API that went silent does not make it older. A head
    that stands still is the rule ``head_progress``'s; what is left here is a node that is behind,
    and a clock that is ahead.

    Attributes:
        limit_s: seconds; above two missing turns in a row, so that one absent neighbour in the
            schedule is nobody's alarm. Source: the block time is the head's own time stamp in
            ``get_info``, without a zone, in UTC.
    """

    limit_s: Annotated[float, Meta(ge=1, le=3600)] = 15.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the newest head read."""
        head = head_in_sight(view, now)
        if head is None:
            return (Finding("head_age", Grade.UNKNOWN, "no_reading"),)
        age = head.at.utc_s - slot_utc(head.head_slot)
        figures = {"age_s": age, "limit_s": self.limit_s, "number": head.head_number}
        grade, code = (Grade.FAILED, "old") if age > self.limit_s else (Grade.OK, "young")
        return (Finding("head_age", grade, code, figures),)


HEAD_AGE = Declaration(
    name="head_age",
    title=Text(en="Head block is old", zh="头块过旧"),
    texts={
        "young": Text(
            en="head #{number} is {age_s:.1f} s old", zh="头块 #{number} 距今 {age_s:.1f} 秒"
        ),
        "old": Text(
            en="head #{number} is {age_s:.1f} s old (limit {limit_s:g} s)",
            zh="头块 #{number} 距今 {age_s:.1f} 秒(上限 {limit_s:g} 秒)",
        ),
        "no_reading": Text(en="no head block has been read of late", zh="近期未读到头块"),
    },
    remedy=Text(
        en="The node is behind: see in its log whether it syncs or replays, whether its links give"
        " blocks, and whether this host's clock is right (chronyc tracking).",
        zh="节点落后: 查看日志是否正在同步或重放, 链接是否有块传入,"
        " 并检查本机时钟(chronyc tracking)。",
    ),
    depends_on=(
        "process",
        "api_answers",
        "main_thread",
        "isolation",
        "head_progress",
        "clock_offset",
    ),
    failed=severities(
        primary=Severity.CRITICAL, standby=Severity.CRITICAL, observer=Severity.WARNING
    ),
)
