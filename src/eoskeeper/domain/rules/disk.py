"""Rule disk: how full the file systems are that nodeos and the keeper write to."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, Limits, View, severities
from eoskeeper.domain.samples import FolderUse, NodeNote

__all__ = ["DISK", "Disk"]

STALE_S = 90.0
"""Three looks at the folders."""

NOTE_S = 600.0
"""A warning of nodeos counts so long; it repeats its own more often."""

NODEOS = "nodeos"
"""Subject of what nodeos itself warns of: it may watch folders that we do not know."""

GIB = 1024**3


class Disk(Limits, frozen=True, kw_only=True):
    """nodeos ends itself when a disk passes its own threshold, so ours lie below it.

    Attributes:
        degraded_percent: used share, from which on it is degraded.
        failed_percent: used share, from which on it is failed. Source:
            ``resource-monitor-space-threshold``, default 90, EOSIO 2.1.0 to spring v1.2.2.
    """

    degraded_percent: Annotated[float, Meta(ge=1, le=100)] = 80.0
    failed_percent: Annotated[float, Meta(ge=1, le=100)] = 87.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade each folder, and what nodeos says itself."""
        read = view.vitals.folders
        if read is None:
            return (Finding("disk", Grade.UNKNOWN, "no_reading"), _warned(view, now))
        age_s = now.mono_s - read.at.mono_s
        if age_s > STALE_S:
            old = (self._stale(folder, age_s) for folder in read.folders)
            return (*old, _warned(view, now))
        return (*(self._graded(folder) for folder in read.folders), _warned(view, now))

    def _graded(self, folder: FolderUse) -> Finding:
        figures: dict[str, Figure] = {
            "path": folder.path,
            "used_percent": folder.used_percent,
            "free_gib": folder.free_bytes / GIB,
            "limit_percent": self.degraded_percent,
        }
        if folder.used_percent >= self.failed_percent:
            figures["limit_percent"] = self.failed_percent
            return Finding("disk", Grade.FAILED, "full", figures, folder.path)
        if folder.used_percent >= self.degraded_percent:
            return Finding("disk", Grade.DEGRADED, "filling", figures, folder.path)
        return Finding("disk", Grade.OK, "room", figures, folder.path)

    @staticmethod
    def _stale(folder: FolderUse, age_s: float) -> Finding:
        """A disk that does not answer hangs the look at all of them."""
        figures: dict[str, Figure] = {"path": folder.path, "age_s": age_s}
        return Finding("disk", Grade.UNKNOWN, "stale", figures, folder.path)


def _warned(view: View, now: Moment) -> Finding:
    """What nodeos's own resource monitor printed lately."""
    for note, grade, code in _WARNINGS:
        line = view.vitals.notes.get(note)
        if line is not None and now.mono_s - line.at.mono_s <= NOTE_S:
            return Finding("disk", grade, code, {"text": line.text}, NODEOS)
    return Finding("disk", Grade.OK, "no_warning", {}, NODEOS)


_WARNINGS = (
    (NodeNote.DISK_FULL, Grade.FAILED, "nodeos_full"),
    (NodeNote.DISK_LOW, Grade.DEGRADED, "nodeos_low"),
)

DISK = Declaration(
    name="disk",
    title=Text(en="A disk is filling up", zh="磁盘空间不足"),
    texts={
        "room": Text(
            en="{path}: {used_percent:.0f} % used, {free_gib:.1f} GiB free",
            zh="{path}: 已用 {used_percent:.0f} %, 剩余 {free_gib:.1f} GiB",
        ),
        "filling": Text(
            en="{path}: {used_percent:.1f} % used, {free_gib:.1f} GiB free (limit "
            "{limit_percent:g} %)",
            zh="{path}: 已用 {used_percent:.1f} %, 剩余 {free_gib:.1f} GiB"
            "(上限 {limit_percent:g} %)",
        ),
        "full": Text(
            en="{path}: {used_percent:.1f} % used, {free_gib:.1f} GiB free (limit "
            "{limit_percent:g} %); nodeos shuts itself down at 90 %",
            zh="{path}: 已用 {used_percent:.1f} %, 剩余 {free_gib:.1f} GiB"
            "(上限 {limit_percent:g} %); 到 90 % 时 nodeos 会自行退出",
        ),
        "nodeos_full": Text(
            en="nodeos says that a disk passed its threshold: {text}",
            zh="nodeos 报告磁盘超过阈值: {text}",
        ),
        "nodeos_low": Text(
            en="nodeos says that a disk comes near its threshold: {text}",
            zh="nodeos 报告磁盘接近阈值: {text}",
        ),
        "no_warning": Text(en="nodeos has not warned", zh="nodeos 没有发出磁盘警告"),
        "no_reading": Text(en="no folder has been looked at yet", zh="尚未查看任何目录"),
        "stale": Text(
            en="{path}: last looked at {age_s:.0f} s ago", zh="{path}: 上次查看在 {age_s:.0f} 秒前"
        ),
    },
    remedy=Text(
        en="Free space: old snapshots, logs, and the block log (block-log-retain-blocks); or grow "
        "the disk. Do not delete the state folder of a running nodeos.",
        zh="清理旧快照、日志和区块日志(block-log-retain-blocks), 或扩容磁盘。"
        "nodeos 运行时不要删除 state 目录。",
    ),
    # A nodeos that its disk ended says so itself, with the remedy: one alarm, not two.
    depends_on=("process",),
    failed=severities(
        primary=Severity.CRITICAL, standby=Severity.CRITICAL, observer=Severity.WARNING
    ),
    degraded=severities(
        primary=Severity.WARNING, standby=Severity.WARNING, observer=Severity.WARNING
    ),
)
