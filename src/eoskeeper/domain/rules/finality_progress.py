"""Rule finality_progress: how many blocks came without any block becoming irreversible."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import SLOT_S, Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, Limits, View, severities
from eoskeeper.domain.rules.sight import age_s, head_in_sight

__all__ = ["FINALITY_PROGRESS", "FinalityProgress"]


YOUNG_ROUNDS = 2
"""Under DPoS nothing is irreversible before so many rounds of a new chain have passed."""


class FinalityProgress(Limits, frozen=True, kw_only=True):
    """Under DPoS the last irreversible block moves once in each turn, under Savanna every block.

    So the longest healthy row of blocks without a move is 12, which is 6 s of chain time, for any
    number of producers and with up to a third of them away; in wall time it is longer by the
    turns that are missing. Hence it is measured in blocks: while none come, nothing can become
    irreversible, and that is the rule ``head_progress``'s. Source: leap v5.0.3
    block_header_state.cpp, ``calc_dpos_last_irreversible``, simulated for 3 to 21 producers.

    Attributes:
        limit_s: seconds' worth of blocks; 20 as in 2018, which is 40 blocks.
    """

    limit_s: Annotated[float, Meta(ge=7, le=3600)] = 20.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the blocks since the last move."""
        head, moved = head_in_sight(view, now), view.node.irreversible_moved
        if head is None or moved is None:
            return (Finding("finality_progress", Grade.UNKNOWN, "no_reading"),)
        if head.head_number <= YOUNG_ROUNDS * view.node.roster.round_slots:
            young: dict[str, Figure] = {"number": head.head_number}
            return (Finding("finality_progress", Grade.UNKNOWN, "young", young),)
        blocks = max(0, head.head_number - view.node.irreversible_moved_head)
        figures: dict[str, Figure] = {
            "number": head.last_irreversible_number,
            "blocks": blocks,
            "limit_blocks": round(self.limit_s / SLOT_S),
            "age_s": age_s(moved, now) or 0.0,
        }
        if blocks * SLOT_S > self.limit_s:
            return (Finding("finality_progress", Grade.FAILED, "stands", figures),)
        return (Finding("finality_progress", Grade.OK, "moves", figures),)


FINALITY_PROGRESS = Declaration(
    name="finality_progress",
    title=Text(en="Last irreversible block does not move", zh="不可逆块停止增长"),
    texts={
        "moves": Text(
            en="irreversible #{number} moved {blocks} blocks ago",
            zh="不可逆块 #{number} 在 {blocks} 块之前增长",
        ),
        "stands": Text(
            en="irreversible #{number} has not moved for {blocks} blocks, {age_s:.0f} s"
            " (limit {limit_blocks} blocks)",
            zh="不可逆块 #{number} 已 {blocks} 块({age_s:.0f} 秒)未增长(上限 {limit_blocks} 块)",
        ),
        "young": Text(
            en="the chain is only {number} blocks old: nothing can be irreversible yet",
            zh="链仅有 {number} 个块, 尚无不可逆块",
        ),
        "no_reading": Text(en="no head block has been read of late", zh="近期未读到头块"),
    },
    remedy=Text(
        en="Compare the last irreversible block with another node. If it stands everywhere, too"
        " many producers or finalizers are away: talk to the other producers, do not move"
        " production. If it stands here only, this node is on a branch of a minority: stop"
        " production here and look at its links.",
        zh="与其他节点比较不可逆块。若全网停止, 说明缺席的出块者或 finalizer 过多: 联系其他 BP,"
        " 不要切换出块。若仅本机停止, 说明本机处于少数分叉: 停止本机出块并检查链接。",
    ),
    depends_on=(
        "process",
        "api_answers",
        "main_thread",
        "isolation",
        "head_progress",
        "head_age",
        "producers_seen",
    ),
    failed=severities(
        primary=Severity.CRITICAL, standby=Severity.WARNING, observer=Severity.WARNING
    ),
)
