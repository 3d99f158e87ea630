"""Rule peer_keepers: whether the keepers of the other hosts can be heard.

Failover does not need them; but who hears nothing of the other host is told so beforehand.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, Limits, View, on_every_role
from eoskeeper.domain.samples import FailureReason

__all__ = ["PEER_KEEPERS", "PeerKeepers"]


class PeerKeepers(Limits, frozen=True, kw_only=True):
    """Each peer is asked every 2 s.

    Attributes:
        limit_s: seconds of failures in a row; a keeper that restarts is back before.
    """

    limit_s: Annotated[float, Meta(ge=2, le=3600)] = 15.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """One finding for each peer that was heard, or asked in vain."""
        hosts = sorted({*view.node.peers, *view.vitals.peer_failing})
        if not hosts:
            return (Finding("peer_keepers", Grade.UNKNOWN, "none"),)
        return tuple(self._peer(view, now, host) for host in hosts)

    def _peer(self, view: View, now: Moment, host: str) -> Finding:
        row, read = view.vitals.peer_failing.get(host), view.node.peers.get(host)
        figures: dict[str, Figure] = {"host": host, "limit_s": self.limit_s}
        if row is not None:
            figures |= {"age_s": now.mono_s - row.since.mono_s, "detail": row.detail}
            if now.mono_s - row.since.mono_s > self.limit_s:
                code = _CODES.get(row.reason, "silent")
                return Finding("peer_keepers", Grade.FAILED, code, figures, host)
            return Finding("peer_keepers", Grade.UNKNOWN, "missed", figures, host)
        assert read is not None, "a host is known by its word or by its silence"
        figures |= {"age_s": now.mono_s - read.at.mono_s, "state": read.state}
        if now.mono_s - read.at.mono_s > self.limit_s:
            # Not even a failure was told since: nobody asks any more, which says nothing of it.
            return Finding("peer_keepers", Grade.UNKNOWN, "stale", figures, host)
        return Finding("peer_keepers", Grade.OK, "heard", figures, host)


_CODES = {
    FailureReason.REFUSED: "refused",
    FailureReason.NOT_PERMITTED: "not_permitted",
    FailureReason.NOT_JSON: "unintelligible",
    FailureReason.UNEXPECTED_SHAPE: "unintelligible",
    FailureReason.HTTP_STATUS: "unintelligible",
    FailureReason.TOO_LARGE: "unintelligible",
}

PEER_KEEPERS = Declaration(
    name="peer_keepers",
    title=Text(en="A peer keeper is not heard", zh="听不到对端 keeper"),
    texts={
        "heard": Text(
            en="{host}: {state}, {age_s:.0f} s ago", zh="{host}: {state}, {age_s:.0f} 秒前"
        ),
        "silent": Text(
            en="{host}: no answer for {age_s:.0f} s (limit {limit_s:g} s): {detail}",
            zh="{host}: 已 {age_s:.0f} 秒无应答(上限 {limit_s:g} 秒): {detail}",
        ),
        "refused": Text(
            en="{host}: nobody listens there for {age_s:.0f} s, so no keeper runs ({detail})",
            zh="{host}: 端口无人监听已 {age_s:.0f} 秒, keeper 没有运行({detail})",
        ),
        "not_permitted": Text(
            en="{host}: refuses our token for {age_s:.0f} s ({detail})",
            zh="{host}: 拒绝我方 token 已 {age_s:.0f} 秒({detail})",
        ),
        "unintelligible": Text(
            en="{host}: what answers for {age_s:.0f} s is not that keeper: {detail}",
            zh="{host}: {age_s:.0f} 秒以来的应答都不是该 keeper 的: {detail}",
        ),
        "missed": Text(
            en="{host}: no answer for {age_s:.0f} s: {detail}",
            zh="{host}: {age_s:.0f} 秒无应答: {detail}",
        ),
        "stale": Text(
            en="{host}: last asked {age_s:.0f} s ago", zh="{host}: 上次询问在 {age_s:.0f} 秒前"
        ),
        "none": Text(
            en="no peer keeper is configured or heard yet", zh="未配置或尚未听到对端 keeper"
        ),
    },
    remedy=Text(
        en="See whether that host and its keeper run, and whether its web port is open to this "
        "host (firewall, VPN). Do not take over by hand because of this alone: its nodeos may "
        "produce.",
        zh="检查对端主机与 keeper 是否在运行、其 web 端口是否对本机开放(防火墙, VPN)。"
        "不要仅因此手动接管: 对端 nodeos 可能仍在出块。",
    ),
    remedies={
        "refused": Text(
            en="Start the keeper there (systemctl status eoskeeper), or mend the port in "
            "[peers.HOST] here and [web] there.",
            zh="在对端启动 keeper(systemctl status eoskeeper), 或核对本机 [peers.HOST] 与对端 "
            "[web] 的端口。",
        ),
        "not_permitted": Text(
            en="Give both hosts the same token: web.token there, token in [peers.HOST] here.",
            zh="让两台主机使用同一 token: 对端的 web.token 与本机 [peers.HOST] 的 token。",
        ),
        "unintelligible": Text(
            en="Mend the address or the name of this peer in [peers.HOST], or bring both keepers "
            "to the same version.",
            zh="核对 [peers.HOST] 中该主机的地址与名称, 或让两端 keeper 版本一致。",
        ),
    },
    depends_on=("isolation",),
    failed=on_every_role(Severity.WARNING),
)
