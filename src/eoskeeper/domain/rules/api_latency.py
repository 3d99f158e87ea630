"""Rule api_latency: how long nodeos takes to answer get_info."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, HoldSeconds, Limits, View, severities
from eoskeeper.domain.rules.sight import head_in_sight

__all__ = ["API_LATENCY", "ApiLatency"]


class ApiLatency(Limits, frozen=True, kw_only=True):
    """Up to Leap 3 get_info waits for the block that is being built, up to half a second.

    A rule apart from ``main_thread``: slowness explains nothing else and must mute nothing.

    Attributes:
        limit_s: seconds; twice the block interval.
        hold_s: one slow answer is nothing.
    """

    hold_s: HoldSeconds = 15.0
    limit_s: Annotated[float, Meta(ge=0.05, le=60)] = 1.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the newest answer."""
        head = head_in_sight(view, now)
        if head is None:
            return (Finding("api_latency", Grade.UNKNOWN, "no_reading"),)
        figures = {"took_s": head.took_s, "limit_s": self.limit_s}
        if head.took_s > self.limit_s:
            return (Finding("api_latency", Grade.DEGRADED, "slow", figures),)
        return (Finding("api_latency", Grade.OK, "quick", figures),)


API_LATENCY = Declaration(
    name="api_latency",
    title=Text(en="nodeos answers slowly", zh="nodeos 接口应答缓慢"),
    texts={
        "quick": Text(en="get_info took {took_s:.2f} s", zh="get_info 用时 {took_s:.2f} 秒"),
        "slow": Text(
            en="get_info took {took_s:.2f} s (limit {limit_s:g} s)",
            zh="get_info 用时 {took_s:.2f} 秒(上限 {limit_s:g} 秒)",
        ),
        "no_reading": Text(en="get_info has not been answered of late", zh="get_info 近期无应答"),
    },
    remedy=Text(
        en="Look at the load of the host and at who else asks this nodeos; a producer should serve"
        " nobody but its keeper.",
        zh="检查主机负载以及还有谁在访问此 nodeos; 出块节点只应服务于 eoskeeper。",
    ),
    depends_on=("process", "api_answers", "main_thread"),
    degraded=severities(primary=Severity.WARNING, standby=Severity.WARNING, observer=Severity.INFO),
)
