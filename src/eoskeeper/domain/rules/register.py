"""Rule register: whether the store that the lease lies in answers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, Limits, View, severities

__all__ = ["REGISTER", "RegisterRule"]


class RegisterRule(Limits, frozen=True, kw_only=True):
    """A holder without it stops at the fence age, a standby without it cannot take over.

    Attributes:
        silent_s: seconds without an answer that says what lies there. An election of etcd takes
            one or two; the holder fences at ``lease.fence_age_s``.
    """

    silent_s: Annotated[float, Meta(ge=1, le=3600)] = 4.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the newest answers; nothing where the chain is the register."""
        if view.policy.lease is None:
            return ()
        told = view.vitals
        since = told.register_failing
        if since is None:
            code = "waited" if told.register_answered is None else "answers"
            grade = Grade.UNKNOWN if told.register_answered is None else Grade.OK
            return (Finding("register", grade, code),)
        silent_s = now.mono_s - since.mono_s
        figures: dict[str, Figure] = {"silent_s": silent_s, "why": told.register_why}
        if silent_s > self.silent_s:
            return (Finding("register", Grade.FAILED, "silent", figures),)
        return (Finding("register", Grade.OK, "hiccup", figures),)


REGISTER = Declaration(
    name="register",
    title=Text(en="etcd does not answer", zh="etcd 无响应"),
    texts={
        "answers": Text(en="etcd answers", zh="etcd 响应正常"),
        "hiccup": Text(
            en="the last answer of etcd failed, {silent_s:.0f} s ago: {why}",
            zh="etcd 最近一次请求在 {silent_s:.0f} 秒前失败: {why}",
        ),
        "waited": Text(en="etcd has not been asked yet", zh="尚未查询 etcd"),
        "silent": Text(
            en="etcd has told nothing of the lease for {silent_s:.0f} s ({why}): a holder stops, "
            "and no standby can take over",
            zh="etcd 已 {silent_s:.0f} 秒未给出租约信息({why}): 当前出块主机将停止, 备用机无法接管",
        ),
    },
    remedy=Text(
        en="Bring more than half of the members back: etcdctl endpoint status --cluster tells "
        "which answer. docs/etcd.md names the remedy for each reason.",
        zh="恢复半数以上的 etcd 成员: etcdctl endpoint status --cluster 可查看各成员状态。"
        "每种原因的处理方法见 docs/etcd.md。",
    ),
    failed=severities(primary=Severity.CRITICAL, standby=Severity.CRITICAL),
)
