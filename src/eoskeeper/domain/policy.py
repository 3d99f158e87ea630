"""Policy: who this host is and the limits that its decisions keep to.

Every limit has its reason beside it. Each count of empty own turns belongs to one host, so
that two candidates never act in the same gap.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from eoskeeper.domain.guard_samples import GuardMode
from eoskeeper.domain.hooks import HookSettings
from eoskeeper.domain.lease.timing import LeaseTiming

__all__ = [
    "CANDIDATE_PERIOD_TURNS",
    "DEFAULT_TAKEOVER_TURNS",
    "FailoverMode",
    "FailoverSettings",
    "Policy",
    "Role",
]

CANDIDATE_PERIOD_TURNS = 10
"""Counts of empty own turns are shared out among the hosts modulo 10: see ``Policy.may_act_at``."""


class Role(StrEnum):
    """What the host is for; the letters are those of 2018."""

    PRIMARY = "A"
    FIRST_STANDBY = "B"
    SECOND_STANDBY = "C"
    OBSERVER = "F"

    @property
    def is_standby(self) -> bool:
        """Stands by for another host."""
        return self in {Role.FIRST_STANDBY, Role.SECOND_STANDBY}


DEFAULT_TAKEOVER_TURNS: dict[Role, int | None] = {
    Role.PRIMARY: 10,
    Role.FIRST_STANDBY: 2,
    Role.SECOND_STANDBY: 7,
    Role.OBSERVER: None,
}
"""Whole own turns that must be empty before a host of that role may act: 2 and 7 as in 2018. A
primary that lost its lease comes last."""

DEFAULT_WINDOW_TURNS: dict[Role, int] = {
    Role.PRIMARY: 2,
    Role.FIRST_STANDBY: 5,
    Role.SECOND_STANDBY: 3,
    Role.OBSERVER: 1,
}
"""Counts that a role owns from its delay on: B 2 to 6, C 7 to 9, A 10 and 11, B again 12 to 16."""


_CLAIM_RANK: dict[Role, int] = {
    Role.FIRST_STANDBY: 0,
    Role.SECOND_STANDBY: 1,
    Role.PRIMARY: 2,
    Role.OBSERVER: 3,
}
"""Order in which a lease that is free is claimed: as with the chain, who lost it comes last."""


CLAIM_STEP_S = 1.0
"""From one rank to the next: those who wait look each second. It is courtesy only; of two who
claim at once the register lets one win."""


class FailoverMode(StrEnum):
    """How far the keeper goes."""

    AUTO = "auto"
    ADVISE = "advise"
    """Decides everything, does nothing, tells what it would have done."""
    OFF = "off"


Turns = Annotated[int, Meta(ge=1, le=99)]
Seconds = Annotated[float, Meta(ge=0.1, le=3600)]


class FailoverSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Limits of failover by the chain register; the table ``[failover]``.

    Attributes:
        mode: ``auto`` acts, ``advise`` only tells, ``off`` only watches.
        takeover_after_turns: whole own turns in a row that must be empty before this host may
            take over; None takes the role's own (A 10, B 2, C 7).
        takeover_window_turns: how many counts from that number on are this host's own; None
            takes the role's (A 2, B 5, C 3), or 1 where ``takeover_after_turns`` is given. The
            windows of two hosts must not overlap modulo 10.
        first_standby_turns: the smallest such number in the cluster: as many own turns without a
            block that stays end this host's own lease. The same on every host.
        isolation_s: seconds without a block of any other producer, one own turn not counted
            (nobody else speaks in it), after which a producing host is alone and stops. The 2018
            program had no such rule.
        resume_lead_s: seconds before its own turn at which a candidate resumes; later leaves no
            time for the request, earlier takes time from the old holder's fence.
        finality_stall_s: so many seconds' worth of blocks without a move of the last irreversible
            block, and the whole network counts as stalled: no candidate moves. 20 as in 2018.
        head_age_limit_s: a head older than this is not synced; above one missing turn (6 s).
        reading_age_limit_s: a reading older than this is no reading.
        hang_s: with a lease in a register: a holder whose API does not answer, and whose log shows
            no block, for so long is stopped by force and gives its lease back.
        give_back_to: with a lease in a register, or with members: the host that is to hold
            whenever it can; the holder hands over to it by itself, as in a switchover. None, the
            default, gives nothing back.
        give_back_after_s: for so long that host must have been ready without a break.
        failsafe: with a lease in a register, and with members: a holder whom the register does not
            answer goes on as long as every member promises to claim nothing for one lease.
    """

    mode: FailoverMode = FailoverMode.AUTO
    takeover_after_turns: Turns | None = None
    takeover_window_turns: Annotated[int, Meta(ge=1, le=9)] | None = None
    first_standby_turns: Turns = 2
    isolation_s: Seconds = 30.0
    resume_lead_s: Annotated[float, Meta(ge=1.0, le=10.0)] = 3.0
    finality_stall_s: Seconds = 20.0
    head_age_limit_s: Seconds = 10.0
    reading_age_limit_s: Seconds = 5.0
    hang_s: Annotated[float, Meta(ge=2.0, le=60.0)] = 2.5
    give_back_to: str | None = None
    give_back_after_s: Annotated[float, Meta(ge=60.0, le=86_400.0)] = 600.0
    failsafe: bool = False


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """All that a decision may depend on besides what was seen.

    Attributes:
        host: name of this host, unique in its cluster.
        producer: our account; None on an observer without one.
        chain_id: 64 hex digits; None accepts the first one seen and holds on to it.
        lease: limits of the lease in a register; None: the chain itself is the register.
        guard: how a guard watches over this keeper; None: there is none, and with a lease in a
            register this host cannot hold then.
        hooks: the operator's own commands around a holdership.
        members: the other hosts of the cluster whose sealed words are heard; empty: none are.
    """

    host: str
    role: Role
    producer: str | None = None
    chain_id: str | None = None
    failover: FailoverSettings = FailoverSettings()
    lease: LeaseTiming | None = None
    guard: GuardMode | None = None
    hooks: HookSettings = HookSettings()
    members: frozenset[str] = frozenset()

    @property
    def roster(self) -> tuple[str, ...]:
        """Who has to promise, this host included; empty without the failsafe."""
        if not self.failover.failsafe or not self.members:
            return ()
        return tuple(sorted({self.host, *self.members}))

    @property
    def claim_delay_s(self) -> float:
        """How much later than the first in line this host claims a lease that is free."""
        if self.lease is None:
            return 0.0
        return _CLAIM_RANK[self.role] * CLAIM_STEP_S

    @property
    def takeover_after_turns(self) -> int | None:
        """Delay of this host as a candidate, in whole own turns; None never takes over."""
        configured = self.failover.takeover_after_turns
        return DEFAULT_TAKEOVER_TURNS[self.role] if configured is None else configured

    @property
    def takeover_window_turns(self) -> int:
        """Counts from the delay on in which this host, and no other, may act."""
        limits = self.failover
        if limits.takeover_window_turns is not None:
            return limits.takeover_window_turns
        return DEFAULT_WINDOW_TURNS[self.role] if limits.takeover_after_turns is None else 1

    def may_act_at(self, empty_turns: int, *, lapsed: bool) -> bool:
        """Whether this host is the one that may take over after so many empty own turns.

        A delay alone ("at least N") would let a standby that was late and the one after it
        resume in the same gap. So each count belongs to one host: those from its delay on, as
        far as its window reaches, and again every ten turns. A host that lost its lease by
        turns skips its first window.
        """
        delay = self.takeover_after_turns
        if delay is None:
            return False
        beyond = empty_turns - delay - (CANDIDATE_PERIOD_TURNS if lapsed else 0)
        return beyond >= 0 and beyond % CANDIDATE_PERIOD_TURNS < self.takeover_window_turns
