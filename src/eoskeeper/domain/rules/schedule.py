"""Rule schedule: whether our producer is scheduled, stays so, and with a key that can sign."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import SLOT_S, Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, Limits, View, severities
from eoskeeper.domain.rules.sight import age_s, schedule_in_sight
from eoskeeper.domain.samples import NotProducingReason, Schedule, ScheduledProducer, ScheduleRead

__all__ = ["SCHEDULE", "ScheduleRule"]


class ScheduleRule(Limits, frozen=True, kw_only=True):
    """Votes and contracts decide about the schedule; no fault of a host is in it.

    A producer that never was in the schedule while this keeper watched is a candidate, which is
    normal. That it has left is told by its blocks in what is known of the chain. After a restart
    of the keeper those may be gone: then a host that once held production says *unknown*, which
    leaves an alarm that is open as it is. Source: ``get_producer_schedule``; on Savanna
    ``proposed`` is always null.

    Attributes:
        no_key_rounds: for so many rounds nodeos's word that it has no key for our turn counts; it
            repeats it in every own turn.
    """

    no_key_rounds: Annotated[float, Meta(ge=1, le=100)] = 2.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the active schedule and the one that follows."""
        producer, read = view.policy.producer, schedule_in_sight(view, now)
        if producer is None:
            return (Finding("schedule", Grade.OK, "no_producer"),)
        if read is None:
            return (Finding("schedule", Grade.UNKNOWN, "no_reading"),)
        entry, following = _entry(read.active, producer), _following(read)
        figures: dict[str, Figure] = {
            "producer": producer,
            "count": len(read.active.producers),
            "version": read.active.version,
        }
        if following is not None:
            figures["next_version"] = following.version
        heir = None if following is None else _entry(following, producer)
        if entry is None:
            grade, code = _absent(view, entering=heir is not None)
        else:
            figures["place"] = read.active.producers.index(entry) + 1
            leaving = following is not None and heir is None
            grade, code = self._present(view, now, entry, heir, leaving=leaving)
        return (Finding("schedule", grade, code, figures),)

    def _present(
        self,
        view: View,
        now: Moment,
        entry: ScheduledProducer,
        heir: ScheduledProducer | None,
        *,
        leaving: bool,
    ) -> tuple[Grade, str]:
        if self._has_no_key(view, now):
            return Grade.FAILED, "no_key"
        if leaving:
            return Grade.DEGRADED, "leaving"
        if heir is not None and set(heir.keys) != set(entry.keys):
            return Grade.DEGRADED, "key_changes"
        return Grade.OK, "scheduled"

    def _has_no_key(self, view: View, now: Moment) -> bool:
        """Said of late, and not by a nodeos that has been restarted since."""
        line, renewed = view.vitals.not_producing, view.node.new_since
        if line is None or line.reason is not NotProducingReason.NO_KEY:
            return False
        if renewed is not None and renewed.mono_s > line.at.mono_s:
            return False
        limit_s = self.no_key_rounds * view.node.roster.round_slots * SLOT_S
        return (age_s(line.at, now) or 0.0) <= limit_s


def _entry(schedule: Schedule, producer: str) -> ScheduledProducer | None:
    return next((one for one in schedule.producers if one.account == producer), None)


def _following(read: ScheduleRead) -> Schedule | None:
    """The schedule that comes next; old versions tell an empty one where there is none."""
    given = [one for one in (read.pending, read.proposed) if one is not None and one.producers]
    return given[0] if given else None


def _absent(view: View, *, entering: bool) -> tuple[Grade, str]:
    if entering:
        return Grade.OK, "entering"
    if view.node.chain.own:
        return Grade.FAILED, "left"
    if view.standing.held_from is not None:
        return Grade.UNKNOWN, "once_scheduled"
    return Grade.OK, "not_scheduled"


SCHEDULE = Declaration(
    name="schedule",
    title=Text(en="Place in the schedule", zh="出块名单异常"),
    texts={
        "scheduled": Text(
            en="{producer} is number {place} of {count} in schedule {version}",
            zh="{producer} 在第 {version} 版名单中排第 {place}, 共 {count} 个",
        ),
        "entering": Text(
            en="{producer} will enter the schedule with version {next_version}",
            zh="{producer} 将随第 {next_version} 版进入出块名单",
        ),
        "not_scheduled": Text(
            en="{producer} is not in schedule {version}, a candidate",
            zh="{producer} 不在第 {version} 版名单中, 为候选",
        ),
        "once_scheduled": Text(
            en="{producer} is not in schedule {version}; when it left is not known",
            zh="{producer} 不在第 {version} 版名单中, 离开时间未知",
        ),
        "left": Text(
            en="{producer} has left the schedule (version {version}, {count} producers)",
            zh="{producer} 已离开出块名单(第 {version} 版, 共 {count} 个)",
        ),
        "leaving": Text(
            en="{producer} is not in schedule {next_version}, which is about to become active",
            zh="{producer} 不在即将生效的第 {next_version} 版名单中",
        ),
        "key_changes": Text(
            en="schedule {next_version} gives {producer} another signing key",
            zh="第 {next_version} 版名单中 {producer} 的签名公钥已变更",
        ),
        "no_key": Text(
            en="nodeos says that it has no key to sign the blocks of {producer}",
            zh="nodeos 报告没有 {producer} 的签名私钥",
        ),
        "no_producer": Text(en="no producer is configured", zh="未配置出块账户"),
        "no_reading": Text(en="the schedule has not been read of late", zh="近期未读到出块名单"),
    },
    remedy=Text(
        en="Look at votes and at the producers table (cleos get table eosio eosio producers):"
        " unregistered, removed, kicked or outvoted? Register again (regproducer) if it was not"
        " meant.",
        zh="查看投票与 producers 表(cleos get table eosio eosio producers): 是否被注销、移除、踢出"
        "或票数落后? 若非本意, 重新注册(regproducer)。",
    ),
    remedies={
        "key_changes": Text(
            en="Make sure that every host has this key in signature-provider before the schedule"
            " becomes active; if nobody of you changed it, find out who did regproducer.",
            zh="确保新名单生效前每台主机的 signature-provider 都已配置该公钥的私钥;"
            " 若不是自己更换, 查明是谁执行了 regproducer。",
        ),
        "no_key": Text(
            en="Put the private key of the schedule's public key into signature-provider (or start"
            " keosd) and restart nodeos, or set the old key again with regproducer.",
            zh="在 signature-provider 中配置名单公钥对应的私钥(或启动 keosd)并重启 nodeos,"
            " 或用 regproducer 改回旧公钥。",
        ),
    },
    depends_on=("process", "api_answers", "main_thread"),
    failed=severities(primary=Severity.CRITICAL, standby=Severity.WARNING, observer=Severity.INFO),
    degraded=severities(primary=Severity.WARNING, standby=Severity.WARNING, observer=Severity.INFO),
)
