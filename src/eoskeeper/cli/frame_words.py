"""Words of ``eoskeeper watch``, in both languages; the status page uses the same terms."""

from __future__ import annotations

from collections.abc import Mapping

from eoskeeper.domain.findings import Figure, Language, Severity, Text
from eoskeeper.domain.policy import FailoverMode
from eoskeeper.domain.production import SlotOutcome
from eoskeeper.domain.standing import State
from eoskeeper.domain.turns import CELLS

__all__ = [
    "CELL_MARKS",
    "MODES",
    "OUTCOME_OF_LETTER",
    "SEVERITIES",
    "STATES",
    "STATE_MEANINGS",
    "WORDS",
    "say",
    "state_name",
]

CELL_MARKS: Mapping[SlotOutcome, str] = {
    SlotOutcome.PRODUCED: "#",
    SlotOutcome.MISSED: ".",
    SlotOutcome.LOST: "x",
    SlotOutcome.UNKNOWN: "?",
    SlotOutcome.PENDING: "-",
}
"""A slot in one character, which alone carries the meaning; colour only repeats it."""

OUTCOME_OF_LETTER: Mapping[str, SlotOutcome] = {
    CELLS[outcome]: outcome
    for outcome in (
        SlotOutcome.PRODUCED,
        SlotOutcome.MISSED,
        SlotOutcome.LOST,
        SlotOutcome.UNKNOWN,
    )
}
"""The letters of a peer's last own turn."""

STATES: Mapping[State, Text] = {
    State.LEARNING: Text(en="learning", zh="观察中"),
    State.STANDBY: Text(en="standby", zh="备用"),
    State.RESUMING: Text(en="resuming", zh="恢复中"),
    State.HOLDER: Text(en="holder", zh="持有者"),
    State.FENCING: Text(en="fencing", zh="隔离中"),
    State.RESTARTED: Text(en="restarted", zh="已重启"),
    State.ISOLATED: Text(en="isolated", zh="已孤立"),
    State.LAPSED: Text(en="lapsed", zh="已失效"),
    State.HELD: Text(en="held", zh="人工暂停"),
    State.OBSERVER: Text(en="observer", zh="观察"),
}

STATE_MEANINGS: Mapping[State, Text] = {
    State.LEARNING: Text(
        en="resumes nothing before it has seen a whole round",
        zh="看完一整轮之前不恢复出块",
    ),
    State.STANDBY: Text(
        en="paused, takes over after its own delay", zh="已暂停, 等待自己的延迟后可接管"
    ),
    State.RESUMING: Text(en="may produce: a resume is under way", zh="正在恢复出块, 本机可能出块"),
    State.HOLDER: Text(en="entitled to produce", zh="有权出块"),
    State.FENCING: Text(
        en="may produce: it must stop, and no proof is there yet",
        zh="必须停止出块但尚无证明, 本机可能出块",
    ),
    State.RESTARTED: Text(
        en="nodeos came back paused; is the lease still ours?",
        zh="nodeos 重启后处于暂停, 正在确认租约是否仍有效",
    ),
    State.ISOLATED: Text(
        en="heard nobody and stopped; returns after a round with others",
        zh="听不到其他出块者而停止, 听到一整轮后自行恢复",
    ),
    State.LAPSED: Text(
        en="its turns did not stay; last in line to take over",
        zh="出的块未能留在链上而停止, 接管顺序排在最后",
    ),
    State.HELD: Text(
        en="the operator's pause; eoskeeper resume ends it",
        zh="已由人工暂停, 用 eoskeeper resume 结束",
    ),
    State.OBSERVER: Text(en="only watches", zh="本机只观察"),
}

MODES: Mapping[FailoverMode, Text] = {
    FailoverMode.AUTO: Text(en="automatic", zh="自动"),
    FailoverMode.ADVISE: Text(en="advises only", zh="仅建议"),
    FailoverMode.OFF: Text(en="off", zh="关闭"),
}

SEVERITIES: Mapping[Severity, Text] = {
    Severity.CRITICAL: Text(en="!! CRITICAL", zh="!! 严重"),
    Severity.WARNING: Text(en="!  WARNING", zh="!  警告"),
    Severity.INFO: Text(en="i  INFO", zh="i  提示"),
}

WORDS: Mapping[str, Text] = {
    # what stands above everything
    "header": Text(en="{producer}, seen from {host}", zh="{producer}, 观察主机 {host}"),
    "no_producer": Text(en="no producer", zh="无出块账户"),
    "verdict.one": Text(en="{host} produces", zh="由 {host} 出块"),
    "verdict.several": Text(
        en="several hosts say that they produce: {hosts}", zh="多台主机报告正在出块: {hosts}"
    ),
    "verdict.empty": Text(
        en="own turns in a row without a block: {count}", zh="连续没有块的我方轮次: {count}"
    ),
    "verdict.unknown": Text(en="who produces is not known", zh="未知由谁出块"),
    "verdict.last": Text(
        en="{host} made the last own turn; who produces now is not known",
        zh="上一出块轮次由 {host} 出块; 未知当前由谁出块",
    ),
    "own_state": Text(
        en="{host} is {state} for {lasted}: {meaning}", zh="{host} {state}已 {lasted}: {meaning}"
    ),
    "mode": Text(en="failover {mode}", zh="故障切换 {mode}"),
    "next_turn": Text(en="next own turn in {wait}", zh="下一出块轮次在 {wait}后"),
    # what is wrong with the view itself
    "stale": Text(
        en="THE REPORT IS {age} OLD: the keeper answers, its cycle does not run",
        zh="报告已是 {age}前的: keeper 有应答, 但没有新数据",
    ),
    "away": Text(
        en="NO ANSWER FROM THE KEEPER; what you see is {age} old",
        zh="KEEPER 没有应答; 所示为 {age}前的数据",
    ),
    "never": Text(
        en="NO ANSWER FROM THE KEEPER; asking again every second",
        zh="KEEPER 没有应答; 每秒重试",
    ),
    "no_decisions": Text(en="the journal cannot be read: {why}", zh="无法读取日志: {why}"),
    # hosts
    "hosts": Text(en="Hosts", zh="主机"),
    "host": Text(en="host", zh="主机"),
    "role": Text(en="role", zh="角色"),
    "state": Text(en="state", zh="状态"),
    "producing": Text(en="producing", zh="出块"),
    "head": Text(en="head", zh="头块"),
    "age": Text(en="age s", zh="时延秒"),
    "lag": Text(en="irrev.", zh="不可逆"),
    "links": Text(en="links", zh="链接"),
    "last_turn": Text(en="last turn", zh="上一轮次"),
    "term": Text(en="term", zh="任期"),
    "silent": Text(en="silent", zh="无应答"),
    "silent_note": Text(
        en="{host} is silent for {age}; it was {state} and its figures are from then",
        zh="{host} 已 {age}无应答; 当时状态为 {state}, 所示为当时的数值",
    ),
    "card_figures": Text(
        en="head {head}, {age} s old, irrev. {lag}", zh="头块 {head}, 时延 {age} 秒, 不可逆 {lag}"
    ),
    "card_turn": Text(en="links {links}, term {term}", zh="链接 {links}, 任期 {term}"),
    "yes": Text(en="yes", zh="正在出块"),
    "no": Text(en="no", zh="未出块"),
    "paused": Text(en="paused", zh="已暂停"),
    "paused_may": Text(en="may, paused", zh="可能, 已暂停"),
    "may": Text(en="may", zh="可能出块"),
    # turns
    "own_turns": Text(en="Own turns, newest first", zh="我方轮次, 从新到旧"),
    "no_turns": Text(en="no own turn is known yet", zh="尚未见到我方轮次"),
    "made": Text(en="{made} of 12", zh="{made}/12"),
    "by": Text(en="by {host}", zh="由 {host}"),
    "by_unknown": Text(en="by ?", zh="由 ?"),
    "legend": Text(
        en="# made  . missed  x lost in a fork  ? unknown  - to come",
        zh="# 已出块  . 漏块  x 因分叉丢失  ? 未知  - 待定",
    ),
    "round": Text(en="Last round", zh="上一大轮"),
    "round_now": Text(en="Last round; > {producer} is on turn", zh="上一大轮; > 当前 {producer}"),
    "no_round": Text(en="no whole round has been seen yet", zh="尚未见到完整的一大轮"),
    # alarms
    "alarms": Text(en="Open alarms: {count}", zh="未结束的告警: {count}"),
    "no_alarms": Text(en="none", zh="无"),
    "held_back": Text(en="{count} more not yet for long enough", zh="另有 {count} 项持续时间尚短"),
    "lasting": Text(en="for {lasted}", zh="已持续 {lasted}"),
    "remedy": Text(en="do: {remedy}", zh="处理办法: {remedy}"),
    "acknowledged": Text(en="acknowledged by {name}", zh="{name} 已确认"),
    "silenced": Text(en="silenced until {time}", zh="静默至 {time}"),
    "muted": Text(en="explained by {rule}", zh="由 {rule} 解释"),
    # decisions
    "decisions": Text(en="Decisions, newest first (UTC)", zh="决定, 从新到旧 (UTC)"),
    "nothing_decided": Text(en="nothing yet", zh="尚无记录"),
    # the rest
    "failures": Text(en="No reading", zh="没有读数"),
    "telemetry": Text(en="Telemetry", zh="监控数据"),
    "telemetry_fine": Text(
        en="{target}: {accepted} points taken, {spooled} waiting on disk",
        zh="{target}: 已接收 {accepted} 个点, 磁盘待补发 {spooled}",
    ),
    "telemetry_failing": Text(
        en="FAILING for {lasted}: {problem}", zh="已失败 {lasted}: {problem}"
    ),
    "telemetry_lost": Text(
        en="given up: {dropped} points, refused: {rejected}",
        zh="已放弃 {dropped} 个点, 被拒收 {rejected}",
    ),
    "more": Text(en="... {count} more lines", zh="... 另有 {count} 行"),
    "not_shown": Text(en="a taller window also shows: {names}", zh="窗口更高时另显示: {names}"),
    # the command itself
    "no_terminal": Text(
        en="not a terminal: one frame only, as with --once",
        zh="输出不是终端: 只显示一帧, 等同 --once",
    ),
}


def say(key: str, language: Language, **figures: Figure) -> str:
    """One of the words; a key that is missing is a bug."""
    return WORDS[key].say(language, figures)


def state_name(state: str, language: Language) -> str:
    """A state's name; what a keeper of another version calls it, where we know no such state."""
    return STATES[State(state)].say(language) if state in set(State) else state
