"""Rule version_differs: whether the hosts of this producer run the same nodeos."""

from __future__ import annotations

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, HoldSeconds, Limits, View, on_every_role

__all__ = ["VERSION_DIFFERS", "VersionDiffers"]

STALE_S = 30.0
"""What a host was last heard to run says nothing of it now: peers are asked every 2 s."""


class VersionDiffers(Limits, frozen=True, kw_only=True):
    """A standby with another version may refuse a block that the primary takes.

    Held back for long by default: an upgrade, host by host, is meant to differ for a while.
    """

    hold_s: HoldSeconds = 1800.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Compare our newest word with those of the peers."""
        head = view.node.head
        if head is None or now.mono_s - head.at.mono_s > STALE_S:
            return (Finding("version_differs", Grade.UNKNOWN, "own_unknown"),)
        others = {
            peer.host: peer.server_version
            for peer in view.node.peers.values()
            if peer.server_version and now.mono_s - peer.at.mono_s <= STALE_S
        }
        if not others:
            return (Finding("version_differs", Grade.UNKNOWN, "peers_unknown"),)
        versions = {view.policy.host: head.server_version, **others}
        who = "; ".join(f"{host} {version}" for host, version in sorted(versions.items()))
        figures: dict[str, Figure] = {"who": who, "own": head.server_version}
        if len(set(versions.values())) > 1:
            return (Finding("version_differs", Grade.DEGRADED, "differs", figures),)
        return (Finding("version_differs", Grade.OK, "same", figures),)


VERSION_DIFFERS = Declaration(
    name="version_differs",
    title=Text(en="The hosts run different versions of nodeos", zh="各主机的 nodeos 版本不一致"),
    texts={
        "same": Text(en="all run {own}", zh="均为 {own}"),
        "differs": Text(en="the versions are: {who}", zh="各主机版本: {who}"),
        "own_unknown": Text(
            en="our own nodeos has not answered lately", zh="本机 nodeos 近期没有应答"
        ),
        "peers_unknown": Text(
            en="no peer keeper has told its version lately", zh="近期没有 peer keeper 报告版本"
        ),
    },
    remedy=Text(
        en="Finish the upgrade: bring every host to the same version and build of nodeos, the "
        "standby first, then switch over and do the other.",
        zh="完成升级: 所有主机使用同一 nodeos 版本与构建, 先备用节点, 切换后再升级另一台。",
    ),
    degraded=on_every_role(Severity.INFO),
)
