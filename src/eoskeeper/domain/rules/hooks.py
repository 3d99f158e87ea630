"""Rule hooks: whether the operator's own commands around a holdership end well."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.hooks import HookResult
from eoskeeper.domain.rules.rule import Declaration, Limits, View, severities

__all__ = ["HOOKS", "HooksRule"]


class HooksRule(Limits, frozen=True, kw_only=True):
    """A command that fails has left something undone; a veto is an answer.

    Attributes:
        told_s: how long the end of a command is told, in seconds.
    """

    told_s: Annotated[float, Meta(ge=10, le=86400)] = 600.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the newest end of each command; nothing where there are none."""
        if not view.policy.hooks.runs_any:
            return ()
        recent = [
            ran for ran in view.vitals.hooks.values() if now.mono_s - ran.at.mono_s <= self.told_s
        ]
        bad = [ran for ran in recent if ran.result is not HookResult.DONE]
        if not bad:
            return (Finding("hooks", Grade.OK, "well"),)
        worst = min(bad, key=lambda ran: (ran.result is HookResult.VETOED, -ran.at.mono_s))
        vetoed = worst.result is HookResult.VETOED
        figures: dict[str, Figure] = {
            "name": str(worst.name),
            "result": str(worst.result),
            "detail": worst.detail,
            "ago_s": now.mono_s - worst.at.mono_s,
        }
        grade = Grade.DEGRADED if vetoed else Grade.FAILED
        return (Finding("hooks", grade, "vetoed" if vetoed else "bad_end", figures),)


HOOKS = Declaration(
    name="hooks",
    title=Text(en="A hook failed", zh="钩子执行失败"),
    texts={
        "well": Text(en="no hook has failed of late", zh="近期没有钩子失败"),
        "vetoed": Text(
            en="{name} forbade this host to hold, {ago_s:.0f} s ago ({detail})",
            zh="{name} 在 {ago_s:.0f} 秒前禁止本机出块({detail})",
        ),
        "bad_end": Text(
            en="{name} ended as {result}, {ago_s:.0f} s ago: {detail}",
            zh="{name} 在 {ago_s:.0f} 秒前异常结束({result}): {detail}",
        ),
    },
    remedy=Text(
        en="eoskeeper history shows what it printed. Run the command by hand as the keeper's user; "
        "it has no shell, and only the environment that docs/hooks.md lists.",
        zh="eoskeeper history 可查看其输出。请以 keeper 用户手动运行该命令; "
        "它不经过 shell, 环境变量仅限 docs/hooks.md 所列。",
    ),
    failed=severities(primary=Severity.WARNING, standby=Severity.WARNING),
    degraded=severities(primary=Severity.INFO, standby=Severity.INFO),
)
