"""A site whose lease lies in a register in memory, with a guard that does what it is told."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from eoskeeper.domain.chain_time import Moment, MonoS
from eoskeeper.domain.cycle import Step
from eoskeeper.domain.events import LeaseWritten
from eoskeeper.domain.guard_samples import (
    ArmGuard,
    DisarmGuard,
    ExtendGuard,
    GuardMode,
    GuardPhase,
    GuardRead,
)
from eoskeeper.domain.hooks import HookCall
from eoskeeper.domain.lease.register import ReadRecord, WriteRecord
from eoskeeper.domain.lease.timing import LeaseTiming
from eoskeeper.domain.memory import begin
from eoskeeper.domain.policy import FailoverMode, FailoverSettings, Role
from eoskeeper.domain.register import (
    CasUnknown,
    LeaseRecord,
    RegisterFailed,
    RegisterReason,
    cas_answer,
    read_answer,
)
from eoskeeper.domain.register_model import Fault, RegisterModel
from eoskeeper.domain.samples import Sample
from tests.unit.domain.scene import START_SLOT, Site, moment_at, policy_of

__all__ = ["LeasedSite", "leased_holder", "leased_standby"]

NO_FAULT = Fault()


class LeasedSite(Site):
    """Its attributes are plights, as those of ``Site``.

    Attributes:
        register: shared with the other hosts, of which ``write_elsewhere`` plays one.
        etcd_answers: requests come back; those that do not are lost on their way.
        guard_answers: the guard tells how it is, and obeys.
        guard_phase: what it says.
    """

    def __init__(self, role: Role, *, paused: bool = True, elsewhere: bool = True) -> None:
        policy = policy_of(role, FailoverMode.AUTO, FailoverSettings())
        policy = msgspec.structs.replace(policy, lease=LeaseTiming(), guard=GuardMode.DEADLINE)
        memory = begin(moment_at(START_SLOT), policy, "run-1")
        super().__init__(policy, memory, paused=paused, elsewhere=elsewhere)
        self.register = RegisterModel()
        self.etcd_answers = self.guard_answers = True
        self.guard_phase = GuardPhase.IDLE
        self.guard_term = -1
        self.guard_until = MonoS(0.0)
        self.guard_mode = GuardMode.DEADLINE
        self.calls: list[HookCall] = []
        self.orders: list[ArmGuard | ExtendGuard | DisarmGuard] = []

    def tick(self, *orders: Callable[[Moment], Sample]) -> Step:
        """One second goes by; then what was asked is answered, for the next one."""
        done = super().tick(*orders)
        for asked in done.requests:
            match asked:
                case ReadRecord() | WriteRecord():
                    self._ask_register(asked)
                case HookCall():
                    self.calls.append(asked)
                case _:
                    self._order_guard(asked)
        if self.guard_answers:
            self._due.append(self._guard_read())
        return done

    def put(self, host: str, *, released: bool = False) -> None:
        """Another host's record takes the place of what is there."""
        shown = self.register.read(0.0, NO_FAULT)
        assert shown is not None
        term = 1 if shown.record is None else shown.record.term + 1
        record = LeaseRecord(host, term, 1, released=released, run="other")
        self.register.cas(0.0, shown.version, record, NO_FAULT)

    def give_to(self, heir: str) -> None:
        """The other host gives back what it holds, to an heir."""
        shown = self.register.read(0.0, NO_FAULT)
        assert shown is not None
        assert shown.record is not None
        given = msgspec.structs.replace(
            shown.record, beat=shown.record.beat + 1, released=True, heir=heir
        )
        self.register.cas(0.0, shown.version, given, NO_FAULT)

    def beat(self) -> None:
        """The other host's heartbeat."""
        record = self.record
        assert record is not None
        self.rewrite(msgspec.structs.replace(record, beat=record.beat + 1))

    def rewrite(self, record: LeaseRecord) -> None:
        """Whatever is there becomes this."""
        shown = self.register.read(0.0, NO_FAULT)
        assert shown is not None
        self.register.cas(0.0, shown.version, record, NO_FAULT)

    @property
    def record(self) -> LeaseRecord | None:
        """What lies in the register now."""
        shown = self.register.read(0.0, NO_FAULT)
        assert shown is not None
        return shown.record

    @property
    def written(self) -> list[LeaseWritten]:
        """Every change of the lease that was journalled."""
        return [event for event in self.events if isinstance(event, LeaseWritten)]

    @property
    def holds(self) -> bool:
        """The keeper has confirmed the lease."""
        return self.memory.lease is not None and self.memory.lease.tenure is not None

    def _ask_register(self, asked: ReadRecord | WriteRecord) -> None:
        now, at = self.now, moment_at(self.slot + 2)
        if isinstance(asked, ReadRecord):
            seen = self.register.read(0.0, NO_FAULT) if self.etcd_answers else None
            failed = RegisterFailed(now, at, RegisterReason.TIMEOUT, "lost")
            self._due.append(failed if seen is None else read_answer(now, at, seen))
            return
        if not self.etcd_answers:
            self._due.append(CasUnknown(now, at, RegisterReason.TIMEOUT, "lost"))
            return
        seen = self.register.cas(0.0, asked.expected, asked.record, NO_FAULT)
        assert seen is not None
        self._due.append(cas_answer(now, at, seen))

    def _order_guard(self, order: ArmGuard | ExtendGuard | DisarmGuard) -> None:
        self.orders.append(order)
        if not self.guard_answers:
            return
        match order:
            case ArmGuard(term, until_s, mode):
                self.guard_phase, self.guard_mode = GuardPhase.ARMED, mode
                self.guard_term, self.guard_until = term, until_s
            case ExtendGuard(_, until_s):
                self.guard_until = until_s
            case DisarmGuard():
                self.guard_phase = GuardPhase.IDLE

    def _guard_read(self) -> GuardRead:
        fenced = self.guard_phase is GuardPhase.FENCED
        return GuardRead(
            moment_at(self.slot + 2),
            moment_at(self.slot + 1),
            self.guard_phase,
            self.guard_mode,
            self.guard_term,
            self.guard_until,
            can_hold=True,
            reason="the deadline has passed" if fenced else "",
            how="pause" if fenced else "",
        )


def leased_holder() -> LeasedSite:
    """A host that produced before there was a lease, and has taken the first one."""
    site = LeasedSite(Role.PRIMARY, paused=False, elsewhere=False)
    site.run(62)
    assert site.holds
    assert site.guard_phase is GuardPhase.ARMED
    return site


def leased_standby(role: Role = Role.FIRST_STANDBY) -> LeasedSite:
    """A standby that has watched two rounds while another host holds and beats."""
    site = LeasedSite(role)
    site.put("there")
    for second in range(48):
        if second % 2:
            site.beat()
        site.tick()
    return site
