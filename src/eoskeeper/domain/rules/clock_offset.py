"""Rule clock_offset: how far this host's wall clock is from true time.

Slots are wall time: a clock that is wrong makes blocks early or late, and an own turn collides.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.arrival import arrival
from eoskeeper.domain.rules.rule import Declaration, Limits, View, severities
from eoskeeper.domain.samples import ClockOffsetRead

__all__ = ["CLOCK_OFFSET", "ClockOffset", "clock_in_sight"]

STALE_S = 1800.0
"""Three queries; a clock that nobody disciplines drifts by some milliseconds in that time."""

WITNESSES = 3
"""So many producers are not all wrong in the same way."""


def clock_in_sight(view: View, now: Moment) -> ClockOffsetRead | None:
    """The newest answer of an NTP server, while it still says something."""
    read = view.vitals.clock_offset
    return read if read is not None and now.mono_s - read.at.mono_s <= STALE_S else None


class ClockOffset(Limits, frozen=True, kw_only=True):
    """Without an answer of NTP the blocks themselves are asked: all too early is a clock behind.

    All too late has other causes too, and is told by ``block_arrival``.

    Attributes:
        degraded_ms: milliseconds beyond the possible error of the query.
        failed_ms: the same; half a slot, so that a block falls into its neighbour's time.
        early_ms: milliseconds before its own time that a block of another producer may arrive.
            Source: blocks leave up to 450 ms early, spring v1.2.2 config.hpp:82.
    """

    degraded_ms: Annotated[float, Meta(ge=1, le=10_000)] = 50.0
    failed_ms: Annotated[float, Meta(ge=1, le=10_000)] = 250.0
    early_ms: Annotated[float, Meta(ge=500, le=10_000)] = 600.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the newest answer, else the blocks."""
        read = clock_in_sight(view, now)
        if read is None:
            return (self._by_blocks(view, now),)
        figures: dict[str, Figure] = {
            "offset_ms": abs(read.offset_s) * 1000,
            "error_ms": read.error_s * 1000,
            "limit_ms": self.degraded_ms,
            "server": read.server,
        }
        beyond_ms = (abs(read.offset_s) - read.error_s) * 1000
        code = "ahead" if read.offset_s > 0 else "behind"
        if beyond_ms > self.failed_ms:
            figures["limit_ms"] = self.failed_ms
            return (Finding("clock_offset", Grade.FAILED, code, figures),)
        if beyond_ms > self.degraded_ms:
            return (Finding("clock_offset", Grade.DEGRADED, code, figures),)
        return (Finding("clock_offset", Grade.OK, "right", figures),)

    def _by_blocks(self, view: View, now: Moment) -> Finding:
        seen = arrival(view, now)
        if seen is not None and len(seen.by_producer) >= WITNESSES:
            latest_ms = max(seen.by_producer.values())
            if latest_ms < -self.early_ms:
                figures = {"early_ms": -latest_ms, "limit_ms": self.early_ms}
                return Finding("clock_offset", Grade.DEGRADED, "blocks_too_early", figures)
        return Finding("clock_offset", Grade.UNKNOWN, "no_answer")


CLOCK_OFFSET = Declaration(
    name="clock_offset",
    title=Text(en="This host's clock is wrong", zh="本机时钟不准"),
    texts={
        "right": Text(
            en="{offset_ms:.0f} ms off (error at most {error_ms:.0f} ms, {server})",
            zh="偏差 {offset_ms:.0f} 毫秒(误差不超过 {error_ms:.0f} 毫秒, {server})",
        ),
        "ahead": Text(
            en="{offset_ms:.0f} ms ahead of {server} (error at most {error_ms:.0f} ms, limit "
            "{limit_ms:g} ms)",
            zh="比 {server} 快 {offset_ms:.0f} 毫秒(误差不超过 {error_ms:.0f} 毫秒, "
            "上限 {limit_ms:g} 毫秒)",
        ),
        "behind": Text(
            en="{offset_ms:.0f} ms behind {server} (error at most {error_ms:.0f} ms, limit "
            "{limit_ms:g} ms)",
            zh="比 {server} 慢 {offset_ms:.0f} 毫秒(误差不超过 {error_ms:.0f} 毫秒, "
            "上限 {limit_ms:g} 毫秒)",
        ),
        "blocks_too_early": Text(
            en="the blocks of all other producers arrive at least {early_ms:.0f} ms before their "
            "own time (limit {limit_ms:g} ms): this clock is behind; no NTP server answers",
            zh="所有其他 BP 的区块都比自身时间早到至少 {early_ms:.0f} 毫秒"
            "(上限 {limit_ms:g} 毫秒): 本机时钟偏慢; 没有 NTP 服务器应答",
        ),
        "no_answer": Text(en="no NTP server has answered lately", zh="近期没有 NTP 服务器应答"),
    },
    remedy=Text(
        en="Run chrony on this host and see 'chronyc tracking' and 'chronyc sources'; on a virtual "
        "machine stop the hypervisor from setting the clock beside it. Let chrony slew a producing "
        "host (makestep only at boot).",
        zh="在本机运行 chrony, 查看 'chronyc tracking' 与 'chronyc sources'; 虚拟机上不要让宿主机"
        "同时校时。出块主机应平滑校时(makestep 仅限开机时)。",
    ),
    failed=severities(
        primary=Severity.CRITICAL, standby=Severity.CRITICAL, observer=Severity.WARNING
    ),
    degraded=severities(primary=Severity.WARNING, standby=Severity.WARNING, observer=Severity.INFO),
)
