"""Rule producing_elsewhere: whether another host produces in the place of this one."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import SLOT_S, Moment, slot_utc
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.logbook import Maker, maker_of
from eoskeeper.domain.policy import Role
from eoskeeper.domain.rules.rule import Declaration, Limits, View, severities
from eoskeeper.domain.standing import State

__all__ = ["PRODUCING_ELSEWHERE", "ProducingElsewhere"]


class ProducingElsewhere(Limits, frozen=True, kw_only=True):
    """On the primary this is a failover that has worked, and somebody should move back.

    On a standby it is how things should be, unless it holds production itself. Who made a block is
    proven by this host's log, or by its pause; without proof nothing is said.

    Attributes:
        rounds: our newest block may be so old; with an older one nobody is known to produce.
    """

    rounds: Annotated[float, Meta(ge=1, le=100)] = 2.5

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade by the maker of our newest block on the chain."""
        node, standing = view.node, view.standing
        if node.roster.ours is None or not node.chain.own:
            return (Finding("producing_elsewhere", Grade.UNKNOWN, "none_known"),)
        block = node.chain.own[-1]
        age_s = now.utc_s - slot_utc(block.slot)
        figures: dict[str, Figure] = {"number": block.number, "age_s": age_s}
        if age_s > self.rounds * node.roster.round_slots * SLOT_S:
            return (Finding("producing_elsewhere", Grade.UNKNOWN, "none_of_late", figures),)
        # A host that was just resumed does not trust a reading "paused" from before.
        resumed = standing.state in {State.RESUMING, State.HOLDER}
        maker = maker_of(block, node.logbook, None if resumed else node.paused_since)
        grade, code = _grade(maker, mine=view.policy.role is Role.PRIMARY or resumed)
        return (Finding("producing_elsewhere", grade, code, figures),)


def _grade(maker: Maker, *, mine: bool) -> tuple[Grade, str]:
    if maker is Maker.UNKNOWN:
        return Grade.UNKNOWN, "maker_not_known"
    if maker is Maker.HERE:
        return Grade.OK, "here"
    return (Grade.DEGRADED, "elsewhere") if mine else (Grade.OK, "as_it_should")


PRODUCING_ELSEWHERE = Declaration(
    name="producing_elsewhere",
    title=Text(en="Another host produces", zh="由其他主机出块"),
    texts={
        "here": Text(
            en="block #{number}, {age_s:.0f} s ago, was made here",
            zh="{age_s:.0f} 秒前的块 #{number} 由本机出块",
        ),
        "elsewhere": Text(
            en="block #{number}, {age_s:.0f} s ago, was made by another host of ours",
            zh="{age_s:.0f} 秒前的块 #{number} 由我方其他主机出块",
        ),
        "as_it_should": Text(
            en="block #{number}, {age_s:.0f} s ago, was made by another host; this one stands by",
            zh="{age_s:.0f} 秒前的块 #{number} 由其他主机出块, 本机备用",
        ),
        "maker_not_known": Text(
            en="who made block #{number} is not known", zh="块 #{number} 由哪台主机出块未知"
        ),
        "none_of_late": Text(
            en="our newest block #{number} is {age_s:.0f} s old",
            zh="我方最新块 #{number} 已是 {age_s:.0f} 秒前",
        ),
        "none_known": Text(en="no block of ours is known", zh="尚未见到我方的块"),
    },
    remedy=Text(
        en="A standby has taken over. Find out why (eoskeeper history), and when this host is well"
        " pause the standby with eoskeeper pause there, then eoskeeper resume here.",
        zh="备用节点已接管。查明原因(eoskeeper history), 本机恢复正常后先在备用节点执行"
        " eoskeeper pause, 再在本机执行 eoskeeper resume。",
    ),
    depends_on=(
        "process",
        "api_answers",
        "main_thread",
        "isolation",
        "standby_unpaused",
        "two_producers",
    ),
    degraded=severities(primary=Severity.WARNING, standby=Severity.WARNING),
)
