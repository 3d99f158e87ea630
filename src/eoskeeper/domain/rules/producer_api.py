"""Rule producer_api: whether nodeos answers the calls that pause and resume belong to."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.policy import Role
from eoskeeper.domain.rules.rule import Declaration, HoldSeconds, Limits, View, severities
from eoskeeper.domain.rules.sight import head_in_sight
from eoskeeper.domain.samples import FailureReason, ProbeName

__all__ = ["PRODUCER_API", "ProducerApi"]


class ProducerApi(Limits, frozen=True, kw_only=True):
    """A host that cannot ask ``paused`` can neither be fenced nor take over.

    A rule apart from ``api_answers``: a plugin that was left out must not mute every rule that
    rests on the chain API. Source: calls of a plugin that is off, or of another category's
    listener, are answered with 404; spring v1.2.2 http_plugin.cpp:303-330.

    Attributes:
        failures: in a row while get_info is answered; 5 as for the other API.
        hold_s: a main thread that hangs shows here first (``main_thread``).
    """

    hold_s: HoldSeconds = 10.0
    failures: Annotated[int, Meta(ge=2, le=1000)] = 5

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the row of failures of ``paused``."""
        if view.policy.role is Role.OBSERVER:
            return (Finding("producer_api", Grade.OK, "not_needed"),)
        row = view.vitals.failing.get(ProbeName.PAUSED)
        if row is None and view.node.paused is not None:
            return (Finding("producer_api", Grade.OK, "answers"),)
        if row is None or head_in_sight(view, now) is None:
            return (Finding("producer_api", Grade.UNKNOWN, "not_asked"),)
        figures: dict[str, Figure] = {
            "count": row.count,
            "limit": self.failures,
            "detail": row.detail,
        }
        if row.count < self.failures:
            return (Finding("producer_api", Grade.UNKNOWN, "stumbles", figures),)
        missing = row.reason is FailureReason.HTTP_STATUS and row.detail.startswith("404")
        code = "plugin_missing" if missing else "fails"
        return (Finding("producer_api", Grade.FAILED, code, figures),)


PRODUCER_API = Declaration(
    name="producer_api",
    title=Text(en="nodeos cannot be paused or resumed", zh="无法暂停或恢复 nodeos 出块"),
    texts={
        "answers": Text(en="the producer API is answered", zh="producer API 正常应答"),
        "not_needed": Text(
            en="an observer needs no producer API", zh="观察节点不需要 producer API"
        ),
        "not_asked": Text(en="the producer API has not been asked", zh="尚未查询 producer API"),
        "stumbles": Text(
            en="the producer API failed {count} times in a row (limit {limit}): {detail}",
            zh="producer API 连续失败 {count} 次(上限 {limit} 次): {detail}",
        ),
        "plugin_missing": Text(
            en="nodeos does not offer the producer API here: {detail}",
            zh="nodeos 在此地址未提供 producer API: {detail}",
        ),
        "fails": Text(
            en="the producer API failed {count} times in a row, while get_info is answered:"
            " {detail}",
            zh="get_info 正常, 但 producer API 连续失败 {count} 次: {detail}",
        ),
    },
    remedy=Text(
        en="This keeper cannot fence this host. Look at the load and the log of nodeos; watch by"
        " hand which host produces.",
        zh="eoskeeper 无法隔离本机出块。检查 nodeos 负载与日志, 并人工确认哪台主机在出块。",
    ),
    remedies={
        "plugin_missing": Text(
            en="Add plugin = eosio::producer_api_plugin to config.ini; with http-category-address"
            " set [nodeos] producer_url to the listener of producer_rw and producer_ro.",
            zh="在 config.ini 中加入 plugin = eosio::producer_api_plugin; 若使用"
            " http-category-address, 将 [nodeos] producer_url 设为 producer_rw 与 producer_ro"
            " 的监听地址。",
        )
    },
    depends_on=("process", "api_answers", "main_thread"),
    failed=severities(primary=Severity.CRITICAL, standby=Severity.CRITICAL),
)
