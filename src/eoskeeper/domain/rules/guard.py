"""Rule guard: whether the second process that stops production in need is there and able to."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.guard_samples import GuardPhase
from eoskeeper.domain.rules.rule import Declaration, HoldSeconds, Limits, View, severities

__all__ = ["GUARD", "GuardRule"]


class GuardRule(Limits, frozen=True, kw_only=True):
    """With a lease, a host without its guard does not hold; on the chain it is only less safe.

    Attributes:
        silent_s: seconds without an answer. The keeper asks twice a second, and systemd starts a
            guard that died within a second. ``hold_s`` lets a nodeos that restarts be told first.
    """

    hold_s: HoldSeconds = 5.0
    silent_s: Annotated[float, Meta(ge=1, le=3600)] = 2.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the newest answer; nothing where no guard is configured."""
        if view.policy.guard is None:
            return ()
        read = view.vitals.guard
        last = view.vitals.started if read is None else read.at
        silent_s = now.mono_s - last.mono_s
        if silent_s > self.silent_s:
            code = "absent" if read is None else "silent"
            figures: dict[str, Figure] = {"silent_s": silent_s}
            return (Finding("guard", Grade.FAILED, code, figures),)
        if read is None:
            return (Finding("guard", Grade.UNKNOWN, "waited"),)
        if read.phase is GuardPhase.FENCED:
            fenced: dict[str, Figure] = {"why": read.reason, "how": read.how or "no proof yet"}
            # A proven stop is told by the change of state; it lasts until the next term is armed.
            grade = Grade.OK if read.how else Grade.FAILED
            return (Finding("guard", grade, "fenced" if read.how else "unproven", fenced),)
        if not read.can_hold:
            unclear: dict[str, Figure] = {"why": read.unclear}
            return (Finding("guard", Grade.DEGRADED, "cannot_hold", unclear),)
        return (Finding("guard", Grade.OK, str(read.phase)),)


GUARD = Declaration(
    name="guard",
    title=Text(en="The guard does not watch", zh="看护进程未工作"),
    texts={
        "idle": Text(
            en="the guard stands by; this host does not hold", zh="看护进程就绪; 本机未出块"
        ),
        "armed": Text(en="the guard is armed", zh="看护进程已待命"),
        "looking": Text(
            en="the guard looks whether the chain hears this host",
            zh="看护进程正在确认链上能收到本机的块",
        ),
        "waited": Text(en="the guard has not answered yet", zh="看护进程尚未应答"),
        "absent": Text(
            en="no guard has answered for {silent_s:.0f} s: with a lease this host does not hold",
            zh="看护进程 {silent_s:.0f} 秒无应答: 使用租约时本机不会出块",
        ),
        "silent": Text(
            en="the guard has been silent for {silent_s:.0f} s: with a lease this host stops",
            zh="看护进程已 {silent_s:.0f} 秒无应答: 使用租约时本机将停止出块",
        ),
        "fenced": Text(
            en="the guard has stopped production here ({how}): {why}",
            zh="看护进程已停止本机出块({how}): {why}",
        ),
        "unproven": Text(
            en="the guard cannot prove that production here has stopped: {why}",
            zh="看护进程无法确认本机已停止出块: {why}",
        ),
        "cannot_hold": Text(
            en="the guard could not stop nodeos: {why}", zh="看护进程无法控制 nodeos: {why}"
        ),
    },
    remedy=Text(
        en="systemctl status eoskeeper-guard, and its journal. Where guard.start is true the "
        "keeper starts one: look into the keeper's own log. docs/guard.md tells the rest.",
        zh="查看 systemctl status eoskeeper-guard 及其日志; guard.start 为 true 时由 keeper 启动, "
        "请查看 keeper 日志。详见 docs/guard.md。",
    ),
    remedies={
        "unproven": Text(
            en="Make sure by hand that nodeos of this host cannot produce: stop it, or switch the "
            "host off.",
            zh="请手动确认本机 nodeos 不会出块: 停止该进程, 或关闭主机。",
        ),
    },
    depends_on=("process",),
    failed=severities(primary=Severity.CRITICAL, standby=Severity.WARNING),
    degraded=severities(primary=Severity.WARNING, standby=Severity.INFO),
)
