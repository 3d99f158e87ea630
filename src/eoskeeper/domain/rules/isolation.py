"""Rule isolation: whether this node hears the rest of the network at all."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.lease.chain import alone_for_s
from eoskeeper.domain.rules.links import established_links
from eoskeeper.domain.rules.rule import Declaration, HoldSeconds, Limits, View, severities
from eoskeeper.domain.samples import ProbeName

__all__ = ["ISOLATION", "Isolation"]

HEARD_S = 3.0
"""Who has heard another producer so shortly ago is not cut off, whatever is counted as links."""


class Isolation(Limits, frozen=True, kw_only=True):
    """No links, or links that carry nothing: sockets outlive a cut line by minutes.

    A rule apart from ``links``: too few links explain nothing, no links explain everything.

    Attributes:
        silence_s: seconds without a block of another producer, one own turn not counted. Two
            producers that are away side by side are a silence of 12 s.
        hold_s: lets a restarted nodeos connect, and a third such producer pass.
    """

    hold_s: HoldSeconds = 5.0
    silence_s: Annotated[float, Meta(ge=7, le=85)] = 15.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade by what is heard, then by what is linked."""
        silent_s, links = _silence_s(view, now), established_links(view, now)
        figures: dict[str, Figure] = {"limit_s": self.silence_s}
        if silent_s is not None:
            figures["silent_s"] = silent_s
        if links is not None:
            figures["links"] = links
        if links == 0 and (silent_s is None or silent_s > HEARD_S):
            return (Finding("isolation", Grade.FAILED, "no_links", figures),)
        if silent_s is not None:
            if silent_s < self.silence_s:
                return (Finding("isolation", Grade.OK, "heard", figures),)
            return (Finding("isolation", Grade.FAILED, "silent", figures),)
        if links is None:
            return (Finding("isolation", Grade.UNKNOWN, "no_reading"),)
        nobody_to_hear = len(view.node.roster.accounts) == 1
        grade = Grade.OK if nobody_to_hear else Grade.UNKNOWN
        return (Finding("isolation", grade, "linked", figures),)


def _silence_s(view: View, now: Moment) -> float | None:
    """None where not hearing could be not asking: the blocks cannot be read."""
    if ProbeName.BLOCKS in view.vitals.failing:
        return None
    silent_s = alone_for_s(view.node, now, view.policy)
    return None if silent_s is None else max(0.0, silent_s)


ISOLATION = Declaration(
    name="isolation",
    title=Text(en="Cut off from the network", zh="与网络隔离"),
    texts={
        "heard": Text(
            en="another producer was heard {silent_s:.0f} s ago",
            zh="{silent_s:.0f} 秒前收到其他 BP 的块",
        ),
        "linked": Text(
            en="{links} links; whether blocks arrive is not known",
            zh="有 {links} 个链接; 是否有块传入未知",
        ),
        "no_links": Text(en="nodeos has no p2p link at all", zh="nodeos 没有任何 p2p 链接"),
        "silent": Text(
            en="no block of another producer for {silent_s:.0f} s (limit {limit_s:g} s): cut off,"
            " or the whole network stands",
            zh="已 {silent_s:.0f} 秒未收到其他 BP 的块(上限 {limit_s:g} 秒): 与网络隔离或全网停块",
        ),
        "no_reading": Text(en="neither links nor blocks are known", zh="链接与块均未知"),
    },
    remedy=Text(
        en="Check the network of this host (routes, firewall, provider) and p2p-peer-address."
        " nodeos may take half a minute to connect again; add a peer with /v1/net/connect if it"
        " does not. Do not resume production here before blocks of others arrive.",
        zh="检查本机网络(路由、防火墙、机房)与 p2p-peer-address。nodeos 可能需要半分钟重连,"
        " 否则用 /v1/net/connect 添加节点。在收到其他 BP 的块之前不要恢复本机出块。",
    ),
    depends_on=("process", "api_answers", "main_thread"),
    failed=severities(
        primary=Severity.CRITICAL, standby=Severity.CRITICAL, observer=Severity.WARNING
    ),
)
