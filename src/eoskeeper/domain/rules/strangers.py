"""Rule strangers: whether a host that is no member of the cluster makes our blocks."""

from __future__ import annotations

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.members import last_claims
from eoskeeper.domain.rules.rule import Declaration, Limits, View, on_every_role

__all__ = ["STRANGERS", "Strangers"]


class Strangers(Limits, frozen=True, kw_only=True):
    """A forgotten host, a test machine or a thief has our signing key, and produces with it.

    Told only on proof: a block of ours in the last own turn that no member says it made, though
    each says that it was paused then. A member that is silent, or was not paused, may have made it.
    """

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Compare our blocks on the chain with the members' words."""
        if not view.policy.members:
            return (Finding("strangers", Grade.OK, "no_members"),)
        count, found = last_claims(view.node, view.standing, view.policy, now)
        if found.strange:
            figures: dict[str, Figure] = {"number": found.strange[-1].number}
            return (Finding("strangers", Grade.FAILED, "stranger", figures),)
        if found.open:
            figures = {"number": found.open[-1].number, "hosts": ", ".join(found.silent)}
            return (Finding("strangers", Grade.UNKNOWN, "open", figures),)
        return (Finding("strangers", Grade.OK, "claimed", {"count": count}),)


STRANGERS = Declaration(
    name="strangers",
    title=Text(en="A stranger makes our blocks", zh="陌生主机在用我方密钥出块"),
    texts={
        "claimed": Text(
            en="the members made all {count} blocks of the last own turns",
            zh="最近我方轮次的 {count} 个块都由成员主机产出",
        ),
        "stranger": Text(
            en="block #{number} of ours was made while every member was paused",
            zh="我方块 #{number} 产出时所有成员主机都处于暂停状态",
        ),
        "open": Text(
            en="no member says that it made block #{number}; {hosts} may have",
            zh="没有成员主机认领块 #{number}; 可能是 {hosts}",
        ),
        "no_members": Text(
            en="the hosts give each other no sealed words: see docs/members.md",
            zh="主机之间没有启用密封消息: 见 docs/members.md",
        ),
    },
    remedy=Text(
        en="Find the host: look at every machine that ever had this signing key, test machines and"
        " backups too, and stop its nodeos. If there is none of yours, the key is stolen: register"
        " a new one (regproducer) at once. No host of the cluster takes over meanwhile.",
        zh="查找该主机: 检查所有曾持有此签名密钥的机器(包括测试机和备份机), 停止其 nodeos。"
        "若都不是, 说明密钥已泄露: 立即用新密钥 regproducer。在此期间集群中没有主机会接管出块。",
    ),
    failed=on_every_role(Severity.CRITICAL),
)
