"""Rule log_alive: whether nodeos's log still tells of the blocks that the API shows.

Only this host's log proves who made our blocks, so a log that ends unnoticed takes that proof away.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment, slot_utc
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, HoldSeconds, Limits, View, on_every_role
from eoskeeper.domain.samples import FailureReason, ProbeName
from eoskeeper.domain.vitals import FailureRow

__all__ = ["LOG_ALIVE", "LogAlive"]


class LogAlive(Limits, frozen=True, kw_only=True):
    """Every applied block is one line, twice a second, on a paused standby too.

    A head that is old says why no lines come: syncing nodes print every thousandth block only.

    Attributes:
        limit_s: seconds without a block line while the head is fresh. A second would do for a
            healthy log; the rest is for rotation and for a journal under load.
        reader_limit_s: seconds for which the log may be unreadable: between the two steps of a
            rotation no file is there.
    """

    hold_s: HoldSeconds = 5.0
    limit_s: Annotated[float, Meta(ge=2, le=3600)] = 30.0
    reader_limit_s: Annotated[float, Meta(ge=1, le=3600)] = 10.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the reader first, then what it reads."""
        if view.vitals.process_gone is not None or view.node.refused:
            # Whoever is not there writes nothing.
            return (Finding("log_alive", Grade.UNKNOWN, "node_down"),)
        row = view.vitals.failing.get(ProbeName.LOG)
        if row is not None:
            return (self._unreadable(row, now),)
        if view.node.log_pass is None:
            return (Finding("log_alive", Grade.UNKNOWN, "not_followed"),)
        return (self._silence(view, now),)

    def _unreadable(self, row: FailureRow, now: Moment) -> Finding:
        age_s = now.mono_s - row.since.mono_s
        figures: dict[str, Figure] = {"age_s": age_s, "detail": row.detail}
        if age_s <= self.reader_limit_s:
            return Finding("log_alive", Grade.UNKNOWN, "interrupted", figures)
        code = _READER_CODES.get(row.reason, "unreadable")
        return Finding("log_alive", Grade.FAILED, code, figures)

    def _silence(self, view: View, now: Moment) -> Finding:
        age_s = _line_age_s(view, now)
        figures = {"age_s": age_s, "limit_s": self.limit_s}
        if not _is_head_fresh(view, now):
            return Finding("log_alive", Grade.UNKNOWN, "head_old", figures)
        never = view.node.logbook.last_at is None
        if age_s > self.limit_s:
            return Finding("log_alive", Grade.FAILED, "no_lines" if never else "silent", figures)
        if never:
            return Finding("log_alive", Grade.UNKNOWN, "no_line_yet", figures)
        return Finding("log_alive", Grade.OK, "alive", figures)


def _line_age_s(view: View, now: Moment) -> float:
    """Since the newest block line was read, or printed: a dead file is read in one go at start."""
    first, last = view.node.first_head, view.node.logbook.last_at
    if last is None:
        return 0.0 if first is None else now.mono_s - first.mono_s
    log_pass = view.node.log_pass
    age_s = now.mono_s - last.mono_s
    if log_pass is None or not log_pass.at_end or log_pass.latest_logged_utc is None:
        return age_s
    return max(age_s, now.utc_s - log_pass.latest_logged_utc)


def _is_head_fresh(view: View, now: Moment) -> bool:
    """Read lately, and synced."""
    head, limits = view.node.head, view.policy.failover
    if head is None or now.mono_s - head.at.mono_s > limits.reading_age_limit_s:
        return False
    return now.utc_s - slot_utc(head.head_slot) <= limits.head_age_limit_s


_READER_CODES = {
    FailureReason.MISSING: "missing",
    FailureReason.NOT_PERMITTED: "not_permitted",
}

LOG_ALIVE = Declaration(
    name="log_alive",
    title=Text(en="The nodeos log is not readable or has stopped", zh="nodeos 日志读不到或已停止"),
    texts={
        "alive": Text(
            en="newest block line {age_s:.1f} s ago", zh="最近一行出块日志在 {age_s:.1f} 秒前"
        ),
        "silent": Text(
            en="no block line for {age_s:.0f} s while the head moves on (limit {limit_s:g} s)",
            zh="头块在前进, 日志却已 {age_s:.0f} 秒没有区块行(上限 {limit_s:g} 秒)",
        ),
        "no_lines": Text(
            en="not one block line in {age_s:.0f} s while the head moves on (limit {limit_s:g} s)",
            zh="头块在前进, 但 {age_s:.0f} 秒内日志一条区块行也没有(上限 {limit_s:g} 秒)",
        ),
        "missing": Text(
            en="the log is not there since {age_s:.0f} s: {detail}",
            zh="日志不存在已 {age_s:.0f} 秒: {detail}",
        ),
        "not_permitted": Text(
            en="the log may not be read since {age_s:.0f} s: {detail}",
            zh="无权读取日志已 {age_s:.0f} 秒: {detail}",
        ),
        "unreadable": Text(
            en="the log cannot be read since {age_s:.0f} s: {detail}",
            zh="日志读取失败已 {age_s:.0f} 秒: {detail}",
        ),
        "interrupted": Text(
            en="the log is unreadable since {age_s:.0f} s: {detail}",
            zh="日志暂时读不到, 已 {age_s:.0f} 秒: {detail}",
        ),
        "no_line_yet": Text(
            en="no block line seen yet, in {age_s:.0f} s", zh="{age_s:.0f} 秒内尚未见到区块行"
        ),
        "head_old": Text(
            en="the head is not fresh, so block lines are not due",
            zh="头块不新, 此时日志不一定有区块行",
        ),
        "node_down": Text(en="nodeos is not running", zh="nodeos 未运行"),
        "not_followed": Text(en="no log has been followed", zh="没有跟读任何日志"),
    },
    remedy=Text(
        en="Compare [nodeos.log] in the configuration with where nodeos writes (stderr, journal or "
        "file); see whether its logging.json still prints the default logger at info level, and "
        "whether rotation moved the file away from under a running redirection (copytruncate).",
        zh="核对配置中的 [nodeos.log] 与 nodeos 实际写日志的位置(stderr、journal 或文件); "
        "检查 logging.json 的 default logger 是否仍为 info 级别, 以及日志轮转是否"
        "移走了仍在重定向写入的文件(应使用 copytruncate)。",
    ),
    remedies={
        "missing": Text(
            en="Set the path of the log that nodeos writes, or create it by starting nodeos with "
            "its output redirected there.",
            zh="把配置改为 nodeos 实际写入的日志路径, 或将 nodeos 输出重定向到该文件。",
        ),
        "not_permitted": Text(
            en="Let the keeper's user read the log: chmod/setfacl for a file, the group "
            "systemd-journal for the journal; then restart the keeper.",
            zh="让 keeper 的用户有权读日志: 文件用 chmod/setfacl, journal 则加入 "
            "systemd-journal 组; 然后重启 keeper。",
        ),
    },
    depends_on=("process", "api_answers", "head_progress"),
    failed=on_every_role(Severity.WARNING),
)
