"""Rule standby_unpaused: whether nodeos could produce on a host that is not entitled to."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.actions import FenceCause
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import Declaration, Limits, View, severities
from eoskeeper.domain.rules.sight import age_s, paused_in_sight
from eoskeeper.domain.samples import PausedRead
from eoskeeper.domain.standing import Standing, State

__all__ = ["STANDBY_UNPAUSED", "StandbyUnpaused"]


CROSSING_S = 1.0
"""From sending a pause to having read it back: two questions on two connections may cross."""


class StandbyUnpaused(Limits, frozen=True, kw_only=True):
    """A pause is all that keeps two hosts with one key from producing at once.

    A host that is still learning may be the one that produces; one that resumes or holds is
    entitled. While a host is fenced its node is unpaused for a moment; that the pause does not
    take is told after a while, and at once when it was not entitled in the first place.

    Attributes:
        fence_s: seconds that a pause may need: a request, a block to drain, a second try.
    """

    fence_s: Annotated[float, Meta(ge=2, le=60)] = 10.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade what nodeos says of its pause against the host's standing."""
        standing, read = view.standing, paused_in_sight(view, now)
        if standing.state is State.OBSERVER or view.policy.producer is None:
            return (Finding("standby_unpaused", Grade.OK, "no_producer_here"),)
        if standing.state in {State.RESUMING, State.HOLDER}:
            return (Finding("standby_unpaused", Grade.OK, "entitled"),)
        if read is None:
            return (Finding("standby_unpaused", Grade.UNKNOWN, "no_reading"),)
        figures = {"state": standing.state.value}
        if read.paused:
            return (Finding("standby_unpaused", Grade.OK, "paused", figures),)
        grade, code = self._unpaused(standing, read, now)
        return (Finding("standby_unpaused", grade, code, figures),)

    def _unpaused(self, standing: Standing, read: PausedRead, now: Moment) -> tuple[Grade, str]:
        if standing.state is State.LEARNING:
            return Grade.UNKNOWN, "learning"
        if standing.state is not State.FENCING:
            # Asked before the pause that led here was proven: it tells of the time before.
            since_then = read.asked.mono_s >= standing.since.mono_s
            return (Grade.FAILED, "unpaused") if since_then else (Grade.UNKNOWN, "fencing")
        if standing.cause is FenceCause.NOT_ENTITLED and not _crossed(standing, read):
            return Grade.FAILED, "unpaused"
        if (age_s(standing.since, now) or 0.0) > self.fence_s:
            return Grade.FAILED, "fence_fails"
        return Grade.UNKNOWN, "fencing"


def _crossed(standing: Standing, read: PausedRead) -> bool:
    """Asked while the newest proven pause was on its way: it may tell of the time before."""
    confirmed = standing.confirmed
    return confirmed is not None and read.asked.mono_s < confirmed.mono_s + CROSSING_S


STANDBY_UNPAUSED = Declaration(
    name="standby_unpaused",
    title=Text(en="Unpaused without entitlement", zh="备用节点未暂停出块"),
    texts={
        "paused": Text(en="nodeos is paused ({state})", zh="nodeos 已暂停出块({state})"),
        "entitled": Text(en="this host may produce", zh="本机有权出块"),
        "no_producer_here": Text(en="no producer here", zh="本机无出块账户"),
        "no_reading": Text(
            en="whether nodeos is paused has not been read of late", zh="近期未读到暂停状态"
        ),
        "learning": Text(
            en="nodeos is not paused; who produces is not known yet",
            zh="nodeos 未暂停; 尚不知道由谁出块",
        ),
        "fencing": Text(
            en="nodeos is not paused yet, the pause is under way", zh="正在暂停 nodeos, 尚未生效"
        ),
        "unpaused": Text(
            en="nodeos is not paused, but this host is not entitled to produce ({state})",
            zh="nodeos 未暂停, 但本机无权出块({state})",
        ),
        "fence_fails": Text(
            en="production here must stop, but nodeos still is not paused",
            zh="本机必须停止出块, 但 nodeos 仍未暂停",
        ),
    },
    remedy=Text(
        en="Pause it at once: eoskeeper pause, or curl -X POST URL/v1/producer/pause; if that"
        " fails stop nodeos. Then set pause-on-startup = true in its config.ini. Never resume by"
        " hand past the keeper: use eoskeeper resume.",
        zh="立即暂停: eoskeeper pause 或 curl -X POST URL/v1/producer/pause; 若失败则停止 nodeos。"
        "然后在 config.ini 中设置 pause-on-startup = true。不要绕过 eoskeeper 手动恢复出块,"
        " 应使用 eoskeeper resume。",
    ),
    depends_on=(),
    failed=severities(primary=Severity.CRITICAL, standby=Severity.CRITICAL),
)
