"""Lines: what a keeper talks to besides nodeos where a register keeps the lease.

They belong to the host: its guard, its clock since boot and its way to the register outlive the
keeper; what a keeper awaits does not.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Protocol

import msgspec

from eoskeeper.domain.asking import Asked
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.guard_samples import ExtendGuard, GuardRead
from eoskeeper.domain.hooks import HookCall
from eoskeeper.domain.lease.register import Answer, ReadRecord, WriteRecord
from eoskeeper.domain.register import CasApplied
from eoskeeper.domain.samples import Sample
from eoskeeper.simulation.broken import Broken
from eoskeeper.simulation.guard import Guard
from eoskeeper.simulation.nodeos import Nodeos
from eoskeeper.simulation.register import SimulatedRegister
from eoskeeper.simulation.timeline import Timeline

__all__ = ["Lines"]

KICK_MS = 1_000


class Asker(Protocol):
    """The life of a keeper that asks."""

    @property
    def goes_on(self) -> bool | None:
        """It is alive; None while it is stopped."""
        ...

    def moment(self) -> Moment:
        """Its clocks."""
        ...

    def tell(self, sample: Sample) -> None:
        """Take an answer, soon."""
        ...

    def tell_quietly(self, sample: Sample) -> None:
        """Take an answer, with the next tick."""
        ...


class Lines:
    """The lines of one host.

    Attributes:
        guard: of this host.
        broken: what is left out.
        prompt: the keeper takes in each answer at once; else a heartbeat's waits for its tick.
    """

    def __init__(  # noqa: PLR0913 - the parts of the world they lead to
        self,
        *,
        nodeos: Nodeos,
        register: SimulatedRegister,
        timeline: Timeline,
        chance: Random,
        rate: float,
        guard_s: float,
        broken: Broken,
    ) -> None:
        self.broken, self.prompt = broken, False
        self._name, self._register, self._timeline = nodeos.name, register, timeline
        self._rate, self._guard_s = rate, guard_s
        self._booted_ms = timeline.now_ms - chance.randrange(1_000, 10_000_000)
        self._held_up: list[Callable[[Moment], Answer]] = []
        self.guard = Guard(nodeos, timeline, chance, self.boot_s, rate, broken)
        if broken.guard_kicked_by_timer:
            timeline.after(KICK_MS, self._kick)

    def boot_s(self) -> float:
        """CLOCK_BOOTTIME of this host: keeper and guard read the same."""
        return (self._timeline.now_ms - self._booted_ms) / 1000 * self._rate

    def begin(self, life: int) -> str:
        """A keeper's life begins; gives its ``run``."""
        self._held_up.clear()
        return f"{self._name}{life}"

    def ask(self, request: Asked, asker: Asker) -> None:
        """Send to the register, or to the guard."""
        if isinstance(request, ReadRecord | WriteRecord):
            self._register.ask(
                self._name, request, asker.moment, lambda make: self._hear(make, asker)
            )
        else:
            assert not isinstance(request, HookCall), "nobody has hooks in this world"
            # An extension as usual waits for the tick, like a heartbeat: that saves a cycle.
            quiet = isinstance(request, ExtendGuard)
            tell = asker.tell_quietly if quiet else asker.tell
            self.guard.order(request, asker.moment, tell)

    def read_guard(self, now: Moment) -> list[GuardRead]:
        """How the guard is; nothing when it does not answer."""
        read = self.guard.read(now)
        return [] if read is None else [read]

    def take_in(self, now: Moment, inbox: list[Sample]) -> None:
        """A keeper goes on: answers that came meanwhile are read now."""
        inbox += [self._made(make, now) for make in self._held_up]
        self._held_up.clear()

    def _hear(self, make: Callable[[Moment], Answer], asker: Asker) -> None:
        going = asker.goes_on
        if going is None:
            self._held_up.append(make)
        elif going:
            answer = self._made(make, asker.moment())
            quiet = isinstance(answer, CasApplied) and not self.prompt
            (asker.tell_quietly if quiet else asker.tell)(answer)

    def _made(self, make: Callable[[Moment], Answer], at: Moment) -> Answer:
        answer = make(at)
        if self.broken.counts_from_receipt:
            return msgspec.structs.replace(answer, sent=at)
        return answer

    def _kick(self) -> None:
        self.guard.kick(self._guard_s)
        self._timeline.after(KICK_MS, self._kick)
