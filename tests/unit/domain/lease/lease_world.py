"""A small world for the lease alone: hosts, clocks, guards, and a register that misbehaves.

Virtual time in steps of a tenth of a second. The whole network, chain and nodeos are one flag a
host: it produces, or it does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import msgspec

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.lease.holding import evidence_age_s, has_lapsed, is_settled
from eoskeeper.domain.lease.register import (
    Lease,
    ReadRecord,
    Wish,
    WriteRecord,
    begin_lease,
    fold_lease,
    next_request,
)
from eoskeeper.domain.lease.timing import LeaseTiming
from eoskeeper.domain.register import (
    CasApplied,
    CasRefused,
    CasUnknown,
    LeaseRecord,
    RegisterFailed,
    RegisterRead,
    RegisterReason,
    Store,
    Version,
    encode_record,
)

TICK_S = 0.1
BACKUP_CHANCE = TICK_S / 60

Answer = RegisterRead | RegisterFailed | CasApplied | CasRefused | CasUnknown


@dataclass
class Broken:
    """Rules that are left out, one at a time, to see that the world notices."""

    no_fence: bool = False
    no_guard: bool = False
    impatient: bool = False
    counts_from_receipt: bool = False
    releases_unproven: bool = False
    trusts_a_backup: bool = False


@dataclass
class Register:
    """One record; versions never repeat, also after a backup was put back."""

    record: LeaseRecord | None = None
    written: int = 0
    revision: int = 1
    forgotten: int = 0
    kept: list[LeaseRecord | None] = field(default_factory=list)

    def apply(self, write: WriteRecord) -> bool:
        """Compare and swap."""
        if self.version() != write.expected:
            return False
        self.kept.append(self.record)
        self.revision += 1
        self.written, self.record = self.revision, write.record
        return True

    def restore(self, back: int) -> None:
        """Put back a backup from so many writes ago."""
        if len(self.kept) >= back:
            self.record = self.kept[-back]
            self.revision += 1
            self.written = self.revision
            self.forgotten += back + 1
            self.kept.clear()

    def version(self) -> Version:
        """Of the record that lies there."""
        return Version(self.written, b"" if self.record is None else encode_record(self.record))

    def store(self) -> Store:
        """What it says of itself: after a backup was put back, less than before."""
        return Store("c", self.revision - self.forgotten, 1)


@dataclass
class Host:
    """A machine of ours.

    Attributes:
        rate: of its clock against true time.
        produces: its nodeos would sign.
        stopping_s: true time until a stop that was begun is proven; None when none is.
        asleep_s: true time until the keeper goes on; its guard goes on meanwhile.
        sick_s: true time until its nodeos, which is proven to be gone, is back.
        guarded: by its own clock, when the guard stops it; None while it guards nothing.
        journalled: what it wrote last, or was about to, if that is that it holds.
        inbox: answers with the true time at which they come.
    """

    name: str
    rate: float
    lease: Lease
    produces: bool = False
    stopping_s: float | None = None
    asleep_s: float = 0.0
    sick_s: float = 0.0
    guarded: float | None = None
    runs: int = 1
    journalled: LeaseRecord | None = None
    inbox: list[tuple[float, Answer]] = field(default_factory=list)


def _unknown(now: Moment, detail: str) -> CasUnknown:
    return CasUnknown(now, now, RegisterReason.TIMEOUT, detail)


class LeaseWorld:
    """Three hosts and a register."""

    names: tuple[str, ...] = ("a", "b", "c")

    def __init__(
        self,
        seed: int,
        timing: LeaseTiming,
        broken: Broken | None = None,
        faults: float = 1.0,
        *,
        restored: bool = False,
    ) -> None:
        self.chance = Random(seed)  # noqa: S311 - has to replay
        self.timing = timing
        self.broken = broken or Broken()
        self.faults = faults
        self.restored = restored
        self.true_s = 0.0
        self.register = Register()
        self.late: list[tuple[float, WriteRecord]] = []
        self.hosts = [self._host(name) for name in self.names]
        self.doubles: list[str] = []
        self.produced_s = 0.0

    def _host(self, name: str) -> Host:
        rate = 1 + self.chance.uniform(-1, 1) * self.timing.clock_rate
        began = Moment(MonoS(0.0), UtcS(0.0))
        return Host(name, rate, self.begun(name, 1, None, began))

    def begun(self, name: str, runs: int, before: LeaseRecord | None, now: Moment) -> Lease:
        """A keeper begins."""
        return begin_lease(name, f"{name}{runs}", before, now)

    def talk(self, host: Host, now: Moment) -> None:
        """What hosts say to each other: here nothing."""

    def is_away(self, host: Host) -> bool:  # noqa: ARG002 - of the worlds that cut it off
        """This host cannot reach the register."""
        return False

    def run(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / TICK_S)):
            self.true_s += TICK_S
            self._apply_late()
            if self.restored and self.chance.random() < BACKUP_CHANCE:
                self.late.clear()
                self.register.restore(self.chance.randrange(1, 40))
            for host in self.hosts:
                self._guard(host)
                self._harm(host)
                self._live(host)
            producing = [host.name for host in self.hosts if host.produces]
            self.produced_s += TICK_S * (len(producing) == 1)
            if len(producing) > 1:
                self.doubles.append(f"{self.true_s:.1f} s: {' and '.join(producing)}")
                return

    # --- a host -----------------------------------------------------------------------------

    def _now(self, host: Host) -> Moment:
        own_s = 1000 + self.true_s * host.rate
        return Moment(MonoS(own_s), UtcS(own_s))

    def _harm(self, host: Host) -> None:
        roll = self.chance.random() / (self.faults or 1e-9)
        if roll < 0.0005:
            host.asleep_s = self.chance.choice((0.5, 5.0, 15.0, 40.0))
        elif roll < 0.001:
            # nodeos dies, which is a proven stop.
            host.produces, host.stopping_s, host.sick_s = False, None, self.chance.uniform(1, 60)
        elif roll < 0.0013 and not self.restored:  # one that begins after it cannot know
            host.runs += 1
            host.lease = self.begun(host.name, host.runs, host.journalled, self._now(host))
            host.inbox.clear()

    def _guard(self, host: Host) -> None:
        if self.broken.no_guard or host.guarded is None or not host.produces:
            return
        if self._now(host).mono_s >= host.guarded:
            host.produces, host.stopping_s = False, None

    def _live(self, host: Host) -> None:
        if host.stopping_s is not None:
            host.stopping_s -= TICK_S
            if host.stopping_s <= 0:
                host.produces, host.stopping_s = False, None
        host.sick_s = max(0.0, host.sick_s - TICK_S)
        host.asleep_s -= TICK_S
        if host.asleep_s > 0:
            return
        now = self._now(host)
        due = [answer for at_s, answer in host.inbox if at_s <= self.true_s]
        host.inbox = [one for one in host.inbox if one[0] > self.true_s]
        for answer in due:
            if host.lease.asked is not None:
                host.lease = fold_lease(host.lease, self._stamped(answer, now), self.timing)
                if self.broken.trusts_a_backup:
                    host.lease = msgspec.structs.replace(host.lease, went_back_at=None)
        self.talk(host, now)
        self._decide(host, now)
        host.lease, request = next_request(host.lease, self._wish(host), now, self._patience())
        if isinstance(request, WriteRecord):
            host.journalled = None if request.record.released else request.record
        if request is not None:
            self._send(host, request, now)

    def _patience(self) -> LeaseTiming:
        return self.timing if not self.broken.impatient else LeaseTiming(lease_s=4.0)

    def _stamped(self, answer: Answer, now: Moment) -> Answer:
        """With the time at which it came; its sending is as it was."""
        values = {name: getattr(answer, name) for name in answer.__struct_fields__}
        values["at"] = now
        if self.broken.counts_from_receipt:
            values["sent"] = now
        if isinstance(answer, CasRefused):
            values["read"] = RegisterRead(
                answer.sent, now, answer.read.record, answer.read.version, answer.read.store
            )
        return type(answer)(**values)

    def _decide(self, host: Host, now: Moment) -> None:
        lapsed = has_lapsed(host.lease, now, self.timing) and not self.broken.no_fence
        if host.produces and lapsed and host.stopping_s is None:
            host.stopping_s = self._stop_takes_s()
        tenure = host.lease.tenure
        if tenure is not None:
            # Only ever forward, and only by what was confirmed.
            host.guarded = now.mono_s - evidence_age_s(tenure, now) + self.timing.guard_s
        if not host.produces and host.sick_s == 0 and is_settled(host.lease, now, self.timing):
            host.produces = True

    def _stop_takes_s(self) -> float:
        """Now and then a pause hangs, and only the guard ends it."""
        if not self.broken.no_guard and self.chance.random() < 0.3 * self.faults:
            return 60.0
        return self.chance.uniform(0, self.timing.stop_s)

    def _wish(self, host: Host) -> Wish:
        if host.produces:
            return Wish.RELEASE if self._gives_up(host) else Wish.HOLD
        if host.sick_s > 0:
            return Wish.RELEASE
        return Wish.CLAIM

    def _gives_up(self, host: Host) -> bool:
        return self.broken.releases_unproven and host.stopping_s is not None

    # --- the line to the register -----------------------------------------------------------

    def _send(self, host: Host, request: ReadRecord | WriteRecord, now: Moment) -> None:
        timeout_s = self.timing.timeout_s
        there_s = self.chance.expovariate(1 / 0.05)
        back_s = self.chance.expovariate(1 / 0.05)
        trouble = 0.07 if self.is_away(host) else self.chance.random() / (self.faults or 1e-9)
        if isinstance(request, ReadRecord):
            answer: Answer = self._shown(now)
            if trouble < 0.1:
                answer = RegisterFailed(now, now, RegisterReason.TIMEOUT, "lost")
                there_s = timeout_s
            host.inbox.append((self.true_s + min(there_s + back_s, timeout_s), answer))
            return
        if trouble < 0.05:  # never arrives
            host.inbox.append((self.true_s + timeout_s, _unknown(now, "lost")))
        elif trouble < 0.1:  # arrives late, or twice
            for _ in range(self.chance.choice((1, 2))):
                self.late.append((self.true_s + self.chance.uniform(0, 30), request))
            host.inbox.append((self.true_s + timeout_s, _unknown(now, "late")))
        elif trouble < 0.15:  # is done, and nobody hears of it
            self.register.apply(request)
            host.inbox.append((self.true_s + timeout_s, _unknown(now, "unheard")))
        else:
            done = self.register.apply(request)
            shown = self._shown(now)
            answer = (
                CasApplied(now, now, self.register.version(), self.register.store())
                if done
                else CasRefused(now, now, shown)
            )
            slow_s = self.chance.choice((0.0, 0.0, 1.2)) if trouble < 0.4 else 0.0
            host.inbox.append((self.true_s + min(there_s + back_s + slow_s, timeout_s), answer))

    def _shown(self, now: Moment) -> RegisterRead:
        store = self.register.store()
        return RegisterRead(now, now, self.register.record, self.register.version(), store)

    def _apply_late(self) -> None:
        for at_s, write in [one for one in self.late if one[0] <= self.true_s]:
            self.register.apply(write)
            self.late.remove((at_s, write))
