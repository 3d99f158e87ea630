"""Rule telemetry: whether the points for the database outside arrive there."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment, UtcS
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, Limits, View, on_every_role

__all__ = ["TELEMETRY", "Telemetry"]

LOSS_S = 3600.0
"""Points that were given up or refused are told for so long."""


class Telemetry(Limits, frozen=True, kw_only=True):
    """An outage is bridged on disk, so there is time; what is lost is lost for good.

    Attributes:
        silent_s: seconds without an answer that took points. A restart of InfluxDB takes less.
    """

    silent_s: Annotated[float, Meta(ge=10, le=86400)] = 300.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the newest look at the keeper's own telemetry; nothing where none is sent."""
        told = view.vitals.keeper.telemetry if view.vitals.keeper else None
        if told is None:
            return ()
        since = told.failing_since_utc
        figures: dict[str, Figure] = {
            "target": told.target,
            "spooled": told.spooled,
            "dropped": told.dropped,
            "rejected": told.rejected,
            "silent_s": 0.0 if since is None else max(now.utc_s - since, 0.0),
            "problem": told.last_problem,
        }
        if _is_recent(told.last_dropped_utc, now):
            return (Finding("telemetry", Grade.FAILED, "dropped", figures),)
        if since is not None and now.utc_s - since > self.silent_s:
            return (Finding("telemetry", Grade.DEGRADED, "silent", figures),)
        if _is_recent(told.last_rejected_utc, now):
            return (Finding("telemetry", Grade.DEGRADED, "rejected", figures),)
        if told.last_success_utc is None:
            return (Finding("telemetry", Grade.UNKNOWN, "nothing_sent", figures),)
        return (Finding("telemetry", Grade.OK, "arriving", figures),)


def _is_recent(at: UtcS | None, now: Moment) -> bool:
    return at is not None and abs(now.utc_s - at) <= LOSS_S


TELEMETRY = Declaration(
    name="telemetry",
    title=Text(en="Telemetry does not arrive", zh="监控数据未能写入"),
    texts={
        "arriving": Text(
            en="points arrive at {target}; {spooled} wait on disk",
            zh="数据正常写入 {target}, 磁盘上待补发 {spooled} 个点",
        ),
        "silent": Text(
            en="{target} has taken nothing for {silent_s:.0f} s ({problem}); "
            "{spooled} points wait on disk",
            zh="{target} 已 {silent_s:.0f} 秒未接收数据({problem}); 磁盘上待补发 {spooled} 个点",
        ),
        "dropped": Text(
            en="{dropped} points were given up so far, some in the last hour: the disk "
            "space for an outage is used up",
            zh="迄今共放弃 {dropped} 个点, 最近一小时内仍有放弃: 断网缓存空间已用尽",
        ),
        "rejected": Text(
            en="{target} refused {rejected} points since the start, some in the last hour: "
            "{problem}",
            zh="启动以来 {target} 共拒收 {rejected} 个点, 最近一小时内仍有拒收: {problem}",
        ),
        "nothing_sent": Text(en="nothing has been sent yet", zh="尚未发送数据"),
    },
    remedy=Text(
        en="Ask the address of influxdb.url from this host (curl -i URL/ping) and read the log "
        "of InfluxDB. What waits on disk is sent by itself as soon as it answers.",
        zh="在本机访问 influxdb.url(curl -i URL/ping), 并查看 InfluxDB 日志。"
        "恢复后会自动补发磁盘上的数据。",
    ),
    remedies={
        "dropped": Text(
            en="Bring InfluxDB back, or give the spool more room: influxdb.spool_mib.",
            zh="尽快恢复 InfluxDB, 或增大缓存空间: influxdb.spool_mib。",
        ),
        "rejected": Text(
            en="The server's words say which field or table it does not take; a field that had "
            "another type before has to be dropped or renamed there.",
            zh="服务器的答复说明了拒收的字段或表; 若字段类型与旧数据不同, 需在数据库中删除或改名。",
        ),
    },
    failed=on_every_role(Severity.WARNING),
    degraded=on_every_role(Severity.INFO),
)
