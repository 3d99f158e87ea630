"""Words of the rule process: what each end of nodeos means, and how to bring it back."""

from __future__ import annotations

from collections.abc import Mapping

from eoskeeper.domain.findings import Text

__all__ = ["REMEDIES", "REMEDY", "TEXTS", "TITLE"]

TITLE = Text(en="nodeos is not running", zh="nodeos 没有正常运行")

TEXTS: Mapping[str, Text] = {
    "running": Text(en="running as process {pid}", zh="正在运行, 进程号 {pid}"),
    "restarted": Text(
        en="restarted {restarted_s:.0f} s ago as process {pid}",
        zh="{restarted_s:.0f} 秒前重启, 新进程号 {pid}",
    ),
    "blocked": Text(
        en="process {pid} waits for a disk and has not answered for {silent_s:.0f} s",
        zh="进程 {pid} 在等待磁盘, 已 {silent_s:.0f} 秒无应答",
    ),
    "frozen": Text(
        en="process {pid} is frozen: stopped by a signal, a debugger or a freezer",
        zh="进程 {pid} 已冻结: 被信号、调试器或 freezer 停住",
    ),
    "zombie": Text(
        en="process {pid} has ended and its parent has not noticed (zombie)",
        zh="进程 {pid} 已结束但父进程未回收(僵尸进程)",
    ),
    "gone": Text(
        en="gone for {gone_s:.0f} s, for a reason that neither log nor systemd tells",
        zh="已消失 {gone_s:.0f} 秒, 日志与 systemd 均未说明原因",
    ),
    "never_seen": Text(
        en="no nodeos listens on its API port, for {gone_s:.0f} s since the keeper began to look",
        zh="keeper 启动后 {gone_s:.0f} 秒内没有 nodeos 监听 API 端口",
    ),
    "awaited": Text(
        en="no nodeos yet, {gone_s:.0f} s after the keeper began to look",
        zh="keeper 启动 {gone_s:.0f} 秒, 尚未见到 nodeos",
    ),
    "ended_clean": Text(
        en="gone for {gone_s:.0f} s: it was asked to stop and did so cleanly",
        zh="已停止 {gone_s:.0f} 秒: 收到停止请求后正常退出",
    ),
    "ended_killed": Text(
        en="gone for {gone_s:.0f} s: killed by SIGKILL, by somebody or for lack of memory",
        zh="已消失 {gone_s:.0f} 秒: 被 SIGKILL 杀死(人为或内存不足)",
    ),
    "ended_by_signal": Text(
        en="gone for {gone_s:.0f} s: ended by signal {exit_status}",
        zh="已消失 {gone_s:.0f} 秒: 被信号 {exit_status} 结束",
    ),
    "ended_status": Text(
        en="gone for {gone_s:.0f} s: ended with status {exit_status}",
        zh="已消失 {gone_s:.0f} 秒: 退出码 {exit_status}",
    ),
    "ended_dirty": Text(
        en="gone for {gone_s:.0f} s: it refuses to start because its database is dirty",
        zh="已消失 {gone_s:.0f} 秒: 数据库带 dirty 标记, 拒绝启动",
    ),
    "ended_database_full": Text(
        en="gone for {gone_s:.0f} s: its state database is full",
        zh="已消失 {gone_s:.0f} 秒: 状态数据库已满",
    ),
    "ended_disk_full": Text(
        en="gone for {gone_s:.0f} s: it shut down because a disk is full",
        zh="已消失 {gone_s:.0f} 秒: 磁盘已满, 自行退出",
    ),
    "ended_memory": Text(
        en="gone for {gone_s:.0f} s: out of memory, or its state database is full",
        zh="已消失 {gone_s:.0f} 秒: 内存耗尽或状态数据库已满",
    ),
    "ended_safety_file": Text(
        en="gone for {gone_s:.0f} s: its finalizer safety file is damaged",
        zh="已消失 {gone_s:.0f} 秒: finalizer 的 safety.dat 已损坏",
    ),
    "ended_error": Text(
        en="gone for {gone_s:.0f} s: it gave up with an error, most often a wrong option or a "
        "port in use",
        zh="已消失 {gone_s:.0f} 秒: 因错误退出, 多为配置项有误或端口被占用",
    ),
    "not_visible": Text(en="its process has not been seen", zh="尚未看到其进程"),
    "stale": Text(
        en="its process was last looked at {age_s:.0f} s ago", zh="上次查看进程在 {age_s:.0f} 秒前"
    ),
}
"""By code, as ``Declaration.texts``."""

REMEDY = Text(
    en="Read the end of the nodeos log and start it again with pause-on-startup = true; the keeper "
    "resumes it only when this host is entitled to produce.",
    zh="查看 nodeos 日志末尾, 以 pause-on-startup = true 重新启动; 仅当本机有出块资格时 keeper "
    "才会恢复出块。",
)
"""Where no code has its own."""

_CLEAN = Text(
    en="Start it when the work on it is done. If nobody stopped it: a nodeos whose state database "
    "or disk is full stops just as cleanly, see the lines before the end of its log.",
    zh="维护完成后启动。若无人停止它: 状态数据库或磁盘满时 nodeos 也会正常退出, "
    "请看日志末尾之前的几行。",
)
_MEMORY = Text(
    en="Raise chain-state-db-size-mb, or give the machine memory; then start nodeos. If it says "
    "dirty now, start it from a snapshot.",
    zh="调大 chain-state-db-size-mb 或增加内存, 然后启动 nodeos。若提示 dirty, 请从快照启动。",
)

REMEDIES: Mapping[str, Text] = {
    "restarted": Text(
        en="Find out who restarted it (systemctl status, the log before the start). A restart "
        "forgets a pause unless pause-on-startup = true is set.",
        zh="查明谁重启了它(systemctl status 及启动前的日志)。未设 pause-on-startup = true 时, "
        "重启会丢失暂停状态。",
    ),
    "blocked": Text(
        en="Look at the disk: dmesg for errors, iostat -x for its load, the mount if it is remote.",
        zh="检查磁盘: dmesg 看错误, iostat -x 看负载, 网络盘检查挂载。",
    ),
    "frozen": Text(
        en="Do not simply continue it: it would go on as if no time had passed, and may produce "
        "beside another host. See that another host produces, then end it (kill -9) and start it "
        "paused.",
        zh="不要直接 SIGCONT: 它会当作时间没有流逝, 可能与另一台主机双出块。确认其他主机已在"
        "出块后 kill -9 结束它, 再以暂停状态启动。",
    ),
    "zombie": Text(
        en="Restart the supervisor that started nodeos (its parent process), then nodeos.",
        zh="重启启动 nodeos 的父进程(守护程序), 再启动 nodeos。",
    ),
    "never_seen": Text(
        en="Start nodeos, or mend nodeos.url in the keeper's configuration. A nodeos that replays "
        "or loads a snapshot listens only when it is done: see its log.",
        zh="启动 nodeos, 或更正 keeper 配置中的 nodeos.url。重放或加载快照时 nodeos 尚未监听, "
        "请看其日志。",
    ),
    "ended_clean": _CLEAN,
    "ended_killed": Text(
        en="See dmesg for 'Out of memory'. The database is most likely dirty: start from a "
        "snapshot with an empty state folder, or with --replay-blockchain.",
        zh="查看 dmesg 是否有 'Out of memory'。数据库多半已带 dirty 标记: 清空 state 目录后从快照"
        "启动, 或用 --replay-blockchain。",
    ),
    "ended_dirty": Text(
        en="First make sure that no other nodeos runs on that data folder: it causes the same "
        "message. Then start from a snapshot with an empty state folder, or with "
        "--replay-blockchain. Keep finalizers/safety.dat.",
        zh="先确认没有另一个 nodeos 在用同一数据目录(提示相同)。然后清空 state 目录从快照启动, "
        "或用 --replay-blockchain。务必保留 finalizers/safety.dat。",
    ),
    "ended_database_full": Text(
        en="Raise chain-state-db-size-mb in config.ini, then start nodeos; from a snapshot if it "
        "says dirty. Do the same on every host.",
        zh="在 config.ini 中调大 chain-state-db-size-mb 后启动; 若提示 dirty, 从快照启动。"
        "所有主机同样修改。",
    ),
    "ended_disk_full": Text(
        en="Free space (old snapshots, logs, block log) until below resource-monitor-space-"
        "threshold, then start nodeos; before that it stops again at once.",
        zh="清理空间(旧快照、日志、区块日志)至低于 resource-monitor-space-threshold 再启动, "
        "否则会立即再次退出。",
    ),
    "ended_memory": _MEMORY,
    "ended_safety_file": Text(
        en="Do not restore an old copy of safety.dat: voting with it may contradict earlier votes. "
        "Create a new finalizer key (regfinkey, actfinkey), remove the old one from "
        "signature-provider and the damaged file, then start.",
        zh="不要恢复旧的 safety.dat, 否则可能投出矛盾的票。新建 finalizer 密钥(regfinkey, "
        "actfinkey), 从 signature-provider 移除旧密钥并删除损坏的文件后启动。",
    ),
    "ended_error": Text(
        en="Read the error above the end of its log: a wrong option, a key that cannot be read, or "
        "a port in use by another process (ss -ltnp). Mend config.ini and start it.",
        zh="查看日志末尾之前的错误: 配置项有误、密钥无法读取或端口被其他进程占用(ss -ltnp)。"
        "修正 config.ini 后启动。",
    ),
}
"""By code, as ``Declaration.remedies``."""
