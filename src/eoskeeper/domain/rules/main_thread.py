"""Rule main_thread: whether the thread that makes and applies blocks still works."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.rules.rule import Declaration, Limits, View, severities
from eoskeeper.domain.rules.sight import head_in_sight
from eoskeeper.domain.samples import FailureReason, ProbeName
from eoskeeper.domain.vitals import FailureRow, Vitals

__all__ = ["MAIN_THREAD", "MainThread"]

ASKED_OF_IT = (ProbeName.PAUSED, ProbeName.SCHEDULE)
"""Calls that wait for the main thread of a producer in every version."""


class MainThread(Limits, frozen=True, kw_only=True):
    """``get_info`` is answered from a cache while the thread behind it hangs.

    Proven by three things together: get_info is answered, its head stands, and no call that needs
    the main thread was answered since. A chain that merely stands answers those calls.
    Source: spring v1.1.0 and later, chain_api_plugin.cpp ``add_async_api``, get_info_db.cpp.

    Attributes:
        limit_s: seconds without a higher head.
        failures: time-outs in a row; each takes a poll of several seconds.
    """

    limit_s: Annotated[float, Meta(ge=1, le=3600)] = 10.0
    failures: Annotated[int, Meta(ge=1, le=100)] = 2

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade what is answered and what is not."""
        head, moved = head_in_sight(view, now), view.vitals.head_moved
        if head is None or moved is None:
            return (Finding("main_thread", Grade.UNKNOWN, "no_reading"),)
        standing_s = head.at.mono_s - moved.mono_s
        row = _timed_out(view.vitals)
        if row is None:
            return (Finding("main_thread", Grade.OK, "works"),)
        figures: dict[str, Figure] = {
            "age_s": standing_s,
            "limit_s": self.limit_s,
            "count": row.count,
        }
        if row.count < self.failures or _answered_since(view.node, moved):
            return (Finding("main_thread", Grade.UNKNOWN, "late", figures),)
        if standing_s <= self.limit_s:
            return (Finding("main_thread", Grade.UNKNOWN, "late", figures),)
        return (Finding("main_thread", Grade.FAILED, "hangs", figures),)


def _timed_out(vitals: Vitals) -> FailureRow | None:
    """The longest row of time-outs of a call that needs the main thread."""
    rows = [vitals.failing[probe] for probe in ASKED_OF_IT if probe in vitals.failing]
    late = [row for row in rows if row.reason is FailureReason.TIMED_OUT]
    return max(late, key=lambda row: row.count, default=None)


def _answered_since(node: NodeState, moved: Moment) -> bool:
    """The head is read first in a poll: what was answered a poll later is proof of life."""
    read = [reading.at for reading in (node.paused, node.schedule) if reading is not None]
    return any(at.mono_s > moved.mono_s + ONE_POLL_S for at in read)


ONE_POLL_S = 3.0
"""Calls of the poll that saw the head rise last may have been answered just before the hang."""


MAIN_THREAD = Declaration(
    name="main_thread",
    title=Text(en="Main thread of nodeos hangs", zh="nodeos 主线程卡死"),
    texts={
        "works": Text(en="the main thread answers", zh="主线程正常应答"),
        "late": Text(
            en="a call that needs the main thread timed out {count} times in a row",
            zh="需要主线程的请求连续超时 {count} 次",
        ),
        "hangs": Text(
            en="get_info is answered, but its head has stood for {age_s:.0f} s and {count} calls"
            " that need the main thread timed out",
            zh="get_info 仍有应答, 但头块已停 {age_s:.0f} 秒, 需要主线程的请求连续超时 {count} 次",
        ),
        "no_reading": Text(en="get_info has not been answered of late", zh="get_info 近期无应答"),
    },
    remedy=Text(
        en="nodeos cannot produce. Keep a stack trace if you can (gdb -p PID, thread apply all bt),"
        " then stop it with SIGTERM, after 30 s with SIGKILL, and start it paused"
        " (pause-on-startup).",
        zh="nodeos 已无法出块。如有可能保留堆栈(gdb -p PID, thread apply all bt), 然后用 SIGTERM"
        " 停止, 30 秒后仍未退出则用 SIGKILL, 再以暂停方式启动(pause-on-startup)。",
    ),
    depends_on=("process", "api_answers"),
    failed=severities(
        primary=Severity.CRITICAL, standby=Severity.CRITICAL, observer=Severity.WARNING
    ),
)
