"""Rule producers_seen: how many of the scheduled producers made a block in the last round."""

from __future__ import annotations

from bisect import bisect_right
from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.rules.rule import Declaration, HoldSeconds, Limits, View, severities
from eoskeeper.domain.samples import Block

__all__ = ["PRODUCERS_SEEN", "ProducersSeen"]


class ProducersSeen(Limits, frozen=True, kw_only=True):
    """Whoever is scheduled has twelve slots in any stretch of one round.

    Counted over the round up to the newest block, not up to now: a chain that stands is another
    rule's. Finality needs two thirds of the producers and one more.

    Attributes:
        least_share: below this share of the schedule it has failed; 5 of 21 as in 2018 (there:
            fewer than 5 in 60 s). Degraded already where finality stops.
        hold_s: a schedule that takes effect may cost one producer its first turn, 6 s.
    """

    hold_s: HoldSeconds = 10.0
    least_share: Annotated[float, Meta(ge=0, le=1)] = 5 / 21

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Count the producers of the last round."""
        del now  # the newest block decides which round it is
        seen = _seen(view.node)
        if seen is None:
            return (Finding("producers_seen", Grade.UNKNOWN, "round_not_known"),)
        accounts = view.node.roster.accounts
        scheduled = frozenset(accounts)
        figures: dict[str, Figure] = {
            "seen": len(seen & scheduled),
            "scheduled": len(scheduled),
            "needed": len(scheduled) * 2 // 3 + 1,
            "missing": ", ".join(account for account in accounts if account not in seen),
        }
        grade, code = self._grade(len(seen & scheduled), len(scheduled))
        return (Finding("producers_seen", grade, code, figures),)

    def _grade(self, seen: int, scheduled: int) -> tuple[Grade, str]:
        if seen < self.least_share * scheduled:
            return Grade.FAILED, "few"
        if seen < scheduled * 2 // 3 + 1:
            return Grade.DEGRADED, "not_final"
        return Grade.OK, "enough" if seen < scheduled else "all"


def _seen(node: NodeState) -> frozenset[str] | None:
    """Producers of the round up to the newest block; None where not all of it is known."""
    chain, tip = node.chain, node.chain.tip
    if tip is None or chain.covered_from is None or not node.roster.accounts:
        return None
    before = tip.slot - node.roster.round_slots
    if chain.covered_from > before + 1:
        return None
    if chain.off_schedule is not None and chain.off_schedule > before:
        return None
    return frozenset(
        block.producer for block in chain.blocks[bisect_right(chain.blocks, before, key=_slot) :]
    )


def _slot(block: Block) -> int:
    return block.slot


PRODUCERS_SEEN = Declaration(
    name="producers_seen",
    title=Text(en="Too few producers make blocks", zh="出块的 BP 过少"),
    texts={
        "all": Text(
            en="all {scheduled} producers made blocks in the last round",
            zh="上一轮次 {scheduled} 个 BP 全部出块",
        ),
        "enough": Text(
            en="{seen} of {scheduled} producers made blocks in the last round; missing: {missing}",
            zh="上一轮次 {scheduled} 个 BP 中有 {seen} 个出块; 缺席: {missing}",
        ),
        "not_final": Text(
            en="{seen} of {scheduled} producers made blocks in the last round, {needed} are needed"
            " for finality; missing: {missing}",
            zh="上一轮次 {scheduled} 个 BP 中仅 {seen} 个出块, 不可逆需要 {needed} 个;"
            " 缺席: {missing}",
        ),
        "few": Text(
            en="only {seen} of {scheduled} producers made blocks in the last round;"
            " missing: {missing}",
            zh="上一轮次 {scheduled} 个 BP 中只有 {seen} 个出块; 缺席: {missing}",
        ),
        "round_not_known": Text(
            en="not every block of the last round is known, or the schedule has just changed",
            zh="上一轮次的块尚未全部读到, 或出块名单刚刚变更",
        ),
    },
    remedy=Text(
        en="Ask in the producers' channel who is away. Compare with a node elsewhere: producers"
        " that only this node misses are on the other side of a split, so look at the links.",
        zh="在 BP 群中询问谁缺席。与其他地方的节点比较: 若仅本机看不到这些 BP, 说明网络分裂,"
        " 请检查链接。",
    ),
    depends_on=("process", "api_answers", "main_thread", "isolation"),
    failed=severities(
        primary=Severity.CRITICAL, standby=Severity.WARNING, observer=Severity.WARNING
    ),
    degraded=severities(
        primary=Severity.CRITICAL, standby=Severity.WARNING, observer=Severity.WARNING
    ),
)
