"""Rule finality_lag: how many blocks the last irreversible one is behind the head."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import (
    Declaration,
    HoldSeconds,
    Limits,
    View,
    on_every_role,
)
from eoskeeper.domain.rules.sight import head_in_sight, on_savanna

__all__ = ["FINALITY_LAG", "FinalityLag"]


class FinalityLag(Limits, frozen=True, kw_only=True):
    """DPoS needs two passes over two thirds of the producers, Savanna a vote or two.

    A healthy DPoS lag is a saw-tooth of 12 blocks whose top is twice 12 blocks for each of two
    thirds of the producers: 325 to 336 with 21, 37 to 48 with 4 (80 was seen there after
    disturbances). That is at most 1.67 rounds' worth of blocks. A healthy Savanna lag is 2 to 4
    blocks; 7 was seen while two hosts produced at once. Source: leap v5.0.3
    block_header_state.cpp, simulated; the rest measured on running chains.

    Attributes:
        dpos_rounds: limit in rounds of the schedule, each of 12 blocks for every producer.
        savanna_blocks: limit in blocks.
    """

    hold_s: HoldSeconds = 10.0
    dpos_rounds: Annotated[float, Meta(ge=1.4, le=100)] = 1.75
    savanna_blocks: Annotated[int, Meta(ge=3, le=3600)] = 10

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the newest reading against the limit of the chain's way to finality."""
        head, savanna = head_in_sight(view, now), on_savanna(view)
        if head is None or savanna is None:
            return (Finding("finality_lag", Grade.UNKNOWN, "no_reading"),)
        round_slots = view.node.roster.round_slots
        if not savanna and not round_slots:
            return (Finding("finality_lag", Grade.UNKNOWN, "no_schedule"),)
        limit = self.savanna_blocks if savanna else int(self.dpos_rounds * round_slots)
        lag = head.head_number - head.last_irreversible_number
        figures: dict[str, Figure] = {"lag_blocks": lag, "limit_blocks": limit}
        grade, code = (Grade.FAILED, "long") if lag > limit else (Grade.OK, "short")
        return (Finding("finality_lag", grade, code, figures),)


FINALITY_LAG = Declaration(
    name="finality_lag",
    title=Text(en="Blocks become irreversible late", zh="不可逆块落后过多"),
    texts={
        "short": Text(
            en="the last irreversible block is {lag_blocks} behind the head",
            zh="不可逆块落后头块 {lag_blocks} 块",
        ),
        "long": Text(
            en="the last irreversible block is {lag_blocks} behind the head (limit {limit_blocks})",
            zh="不可逆块落后头块 {lag_blocks} 块(上限 {limit_blocks} 块)",
        ),
        "no_reading": Text(en="head or blocks have not been read of late", zh="近期未读到头块或块"),
        "no_schedule": Text(en="the schedule is not known", zh="尚不知道出块名单"),
    },
    remedy=Text(
        en="See which producers or finalizers are away (eoskeeper status; get_finalizer_info), and"
        " compare with another node: a lag that only this node has is a branch or slow work here.",
        zh="查看哪些出块者或 finalizer 缺席(eoskeeper status; get_finalizer_info), 并与其他节点"
        "比较: 仅本机落后说明分叉或本机处理过慢。",
    ),
    depends_on=("finality_progress", "head_age", "producers_seen"),
    failed=on_every_role(Severity.WARNING),
)
