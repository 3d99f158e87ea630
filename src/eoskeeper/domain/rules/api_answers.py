"""Rule api_answers: whether nodeos answers the first question that it is asked, get_info."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, Limits, View, severities
from eoskeeper.domain.samples import FailureReason, ProbeName

__all__ = ["API_ANSWERS", "ApiAnswers"]

_CODES: Mapping[FailureReason, str] = {
    FailureReason.REFUSED: "refused",
    FailureReason.TIMED_OUT: "timed_out",
    FailureReason.OVERLOADED: "overloaded",
    FailureReason.DISCONNECTED: "disconnected",
    FailureReason.NOT_PERMITTED: "not_permitted",
}


class ApiAnswers(Limits, frozen=True, kw_only=True):
    """One question may be lost to a long block; a row of them is a node that cannot be asked.

    While this is so everything that the API tells is unknown. A node that cannot be asked may
    still produce: nothing is moved for this reason.

    Attributes:
        failures: in a row; 5 as in 2018. They come one a second, each time-out a little later.
    """

    failures: Annotated[int, Meta(ge=2, le=1000)] = 5

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the row of failures of get_info."""
        row = view.vitals.failing.get(ProbeName.GET_INFO)
        if row is None:
            if view.node.head is None:
                return (Finding("api_answers", Grade.UNKNOWN, "not_asked"),)
            return (Finding("api_answers", Grade.OK, "answers"),)
        figures: dict[str, Figure] = {
            "count": row.count,
            "limit": self.failures,
            "for_s": now.mono_s - row.since.mono_s,
            "detail": row.detail,
        }
        if row.count < self.failures:
            return (Finding("api_answers", Grade.UNKNOWN, "stumbles", figures),)
        code = _CODES.get(row.reason, "wrong_answer")
        return (Finding("api_answers", Grade.FAILED, code, figures),)


API_ANSWERS = Declaration(
    name="api_answers",
    title=Text(en="nodeos does not answer", zh="nodeos 接口无响应"),
    texts={
        "answers": Text(en="get_info is answered", zh="get_info 正常应答"),
        "not_asked": Text(en="get_info has not been asked yet", zh="尚未查询 get_info"),
        "stumbles": Text(
            en="get_info failed {count} times in a row (limit {limit}): {detail}",
            zh="get_info 连续失败 {count} 次(上限 {limit} 次): {detail}",
        ),
        "refused": Text(
            en="nobody listens on the API for {for_s:.0f} s: nodeos starts, replays or is gone",
            zh="接口端口已 {for_s:.0f} 秒无人监听: nodeos 正在启动、重放或已退出",
        ),
        "timed_out": Text(
            en="get_info timed out {count} times in a row, {for_s:.0f} s: nodeos is busy or hangs",
            zh="get_info 连续超时 {count} 次, {for_s:.0f} 秒: nodeos 过忙或卡死",
        ),
        "overloaded": Text(
            en="nodeos says for {for_s:.0f} s that it has too many requests: {detail}",
            zh="nodeos 已 {for_s:.0f} 秒报告请求过多: {detail}",
        ),
        "disconnected": Text(
            en="nodeos has broken the connection {count} times in a row: {detail}",
            zh="nodeos 连续 {count} 次断开连接: {detail}",
        ),
        "not_permitted": Text(
            en="the keeper may not connect to the API: {detail}",
            zh="eoskeeper 无权连接接口: {detail}",
        ),
        "wrong_answer": Text(
            en="get_info gave {count} answers in a row that cannot be used: {detail}",
            zh="get_info 连续 {count} 次返回无法使用的应答: {detail}",
        ),
    },
    remedy=Text(
        en="Look at the nodeos log and at its load (top). Do not start a second nodeos beside it.",
        zh="查看 nodeos 日志和负载(top)。不要在旁边启动第二个 nodeos。",
    ),
    remedies={
        "refused": Text(
            en="See in the nodeos log whether it replays; if it has ended, find the reason there"
            " before starting it. Check http-server-address and [nodeos] url.",
            zh="查看 nodeos 日志是否正在重放; 若已退出, 先查明原因再启动。"
            "核对 http-server-address 与 [nodeos] url。",
        ),
        "overloaded": Text(
            en="Keep public API traffic off this node; raise http-max-bytes-in-flight-mb or"
            " http-max-in-flight-requests.",
            zh="不要让公共 API 流量进入本节点; 调大 http-max-bytes-in-flight-mb 或"
            " http-max-in-flight-requests。",
        ),
        "not_permitted": Text(
            en="Give the keeper's user the right to the socket file named in [nodeos] url.",
            zh="授予 eoskeeper 用户访问 [nodeos] url 所指套接字文件的权限。",
        ),
        "wrong_answer": Text(
            en="Check that [nodeos] url leads to nodeos with chain_api_plugin, and that its host is"
            " an IP or listed in http-alias.",
            zh="确认 [nodeos] url 指向启用 chain_api_plugin 的 nodeos, 且主机为 IP 或已列入"
            " http-alias。",
        ),
    },
    depends_on=("process",),
    failed=severities(
        primary=Severity.CRITICAL, standby=Severity.CRITICAL, observer=Severity.WARNING
    ),
)
