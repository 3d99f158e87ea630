"""Keeper: one host's keeper, its journal and its lives; it can be killed between any two steps.

Invariant: an event is in the journal before the action that follows from it is begun.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from eoskeeper.domain.actions import Action
from eoskeeper.domain.asking import Asked
from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.cycle import Step, step
from eoskeeper.domain.events import Event, KeeperStarted
from eoskeeper.domain.maintenance import is_maintained
from eoskeeper.domain.member_words import MemberWord
from eoskeeper.domain.memory import begin, restore
from eoskeeper.domain.policy import FailoverMode, Policy
from eoskeeper.domain.promising import said_word
from eoskeeper.domain.samples import CommandKind, OperatorCommand, PeerRead, Sample
from eoskeeper.domain.standing import State
from eoskeeper.simulation.broken import WHOLE
from eoskeeper.simulation.chain import Calendar
from eoskeeper.simulation.effects import WATCH_MS, Effects
from eoskeeper.simulation.lines import Lines
from eoskeeper.simulation.nodeos import Nodeos
from eoskeeper.simulation.oracle import Oracle
from eoskeeper.simulation.readings import Probes
from eoskeeper.simulation.timeline import Timeline

__all__ = ["Keeper"]

GUARD_ASKED_MS = 500
WAKE_MS = 10
"""From an outcome to the cycle that takes it in."""

_NOT_WATCHED = frozenset({State.HOLDER, State.RESUMING, State.OBSERVER})


class Keeper:
    """The keeper of one host; its journal outlives its lives.

    Attributes:
        kill_in: counts down the steps of cycles that do something; killed when it reaches zero.
        freeze_in: the same, but stopped, to go on from there when thawed.
        readings_late_ms: readings reach the cycle so much later than they were taken.
        period_ms: from one cycle to the next.
        peers: what the other keepers tell of themselves to this one; None: nobody is asked.
        on_cycle: told what each cycle was given, what it yielded, and when.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of the world it lives in
        self,
        nodeos: Nodeos,
        policy: Policy,
        timeline: Timeline,
        calendar: Calendar,
        oracle: Oracle,
        chance: Random,
        lines: Lines | None = None,
    ) -> None:
        self.nodeos, self.policy, self.lines = nodeos, policy, lines
        self.journal: list[Event] = []
        self.journal_ms: list[int] = []
        self.alive = self.frozen = False
        self.kill_in: int | None = None
        self.freeze_in: int | None = None
        self.restart_after_ms: int | None = None
        self.readings_late_ms = 0
        self.period_ms = 1_000
        self.peers: Callable[[str, Moment], list[PeerRead]] | None = None
        self.lives = 0
        self._timeline, self._calendar = timeline, calendar
        self._oracle, self._chance = oracle, chance
        self._work: deque[Callable[[], None]] = deque()
        self._inbox: list[Sample] = []
        self._mono_origin_ms = 0
        self._orders = 0
        self._ticks = 0
        self._frozen_at_life = 0
        self._readings_due_ms = 0
        self.on_cycle: list[Callable[[Sequence[Sample], Step, Moment], None]] = []
        self.memory = begin(self.moment(), policy)
        self._probes = Probes(nodeos, calendar)
        self._effects = Effects(_Life(self, 0), nodeos, timeline)
        nodeos.on_listen.append(self._nodeos_listens)
        if lines is not None:
            lines.guard.on_fenced.append(self._guard_fenced)

    # --- life -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin a life: with the journal, but without the memory, of the one before."""
        if self.alive:
            return
        self.alive, self.frozen = True, False
        self.lives += 1
        if self.lines is None:
            self._mono_origin_ms = self._timeline.now_ms - self._chance.randrange(1_000, 10_000_000)
        now, run = self.moment(), "" if self.lines is None else self.lines.begin(self.lives)
        self.memory = restore(self.journal, now, self.policy, run)
        role, mode = str(self.policy.role), str(self.policy.failover.mode)
        who = (self.policy.host, role, mode, run, self.memory.keeper_id)
        self._write(KeeperStarted(now, "simulated", *who))
        self._work.clear()
        self._inbox = []
        self._readings_due_ms = 0
        self._probes = Probes(self.nodeos, self._calendar)
        broken = WHOLE if self.lines is None else self.lines.broken
        self._effects = Effects(_Life(self, self.lives), self.nodeos, self._timeline, broken)
        self._tick_after(self._chance.randrange(self.period_ms))

    def kill(self) -> None:
        """SIGKILL: memory, and everything awaited, is gone; what was sent stays sent."""
        self.alive = False
        self._work.clear()

    def kill_and_restart(self, after_ms: int) -> None:
        """As systemd does."""
        self.kill()
        self._timeline.after(after_ms, self.start)

    def freeze(self) -> None:
        """SIGSTOP, or a host without CPU."""
        self.frozen = True
        self._frozen_at_life = self.nodeos.life

    def thaw(self) -> None:
        """Go on exactly where it was stopped."""
        if not self.frozen:
            return
        self.frozen = False
        if self.lines is not None:
            self.lines.take_in(self.moment(), self._inbox)
        self._work_off()
        self._tick_after(0)
        if self.nodeos.life != self._frozen_at_life and self.watching and self.nodeos.listening:
            self._effects.race(0)

    def order(
        self,
        kind: CommandKind,
        *,
        others_paused: bool = False,
        to: str = "",
        at_gap: bool = True,
        for_s: float = 0.0,
    ) -> None:
        """The operator types a command on this host."""
        if self.alive:
            self._orders += 1
            command = OperatorCommand(
                self.moment(),
                f"order{self._orders}",
                kind,
                "operator",
                others_paused,
                to=to,
                at_gap=at_gap,
                for_s=for_s,
            )
            self.tell(command)

    def moment(self) -> Moment:
        """This host's clocks, as this life sees them."""
        now_ms = self._timeline.now_ms
        local_s = (now_ms + self.nodeos.offset_ms) / 1000
        if self.lines is not None:
            return Moment(MonoS(self.lines.boot_s()), UtcS(local_s))
        return Moment(MonoS((now_ms - self._mono_origin_ms) / 1000), UtcS(local_s))

    def word(self, at: Moment) -> PeerRead | None:
        """What it tells another keeper of itself; None while it is away."""
        if not self.alive or self.frozen:
            return None
        node, standing = self.memory.node, self.memory.standing
        head, policy = node.head, self.policy
        return PeerRead(
            at=at,
            host=policy.host,
            role=str(policy.role),
            state=str(standing.state),
            may_produce=not self.nodeos.paused,
            head_number=None if head is None else head.head_number,
            summary="",
            server_version=None if head is None else head.server_version,
            paused=None if node.paused is None else node.paused.paused,
            word=self._word() if policy.members else None,
        )

    def _word(self) -> MemberWord:
        memory = self.memory
        maintained = is_maintained(memory, self.moment())
        return said_word(memory, self.policy, maintained=maintained)

    @property
    def state(self) -> State:
        """Where this host stands by its own account."""
        return self.memory.standing.state

    @property
    def watching(self) -> bool:
        """Its restart watch is armed: in ``auto``, wherever it may not produce."""
        automatic = self.policy.failover.mode is FailoverMode.AUTO
        return self.alive and not self.frozen and automatic and self.state not in _NOT_WATCHED

    # --- cycles ---------------------------------------------------------------------------------

    def _after(self, delay_ms: int, call: Callable[[], None]) -> None:
        """Run ``call`` later, if this life still goes on and is not stopped then."""
        life = self.lives

        def if_alive() -> None:
            if life == self.lives and self.alive and not self.frozen:
                call()

        self._timeline.after(delay_ms, if_alive)

    def _tick_after(self, delay_ms: int) -> None:
        """Begin a row of ticks; a row begun earlier ends."""
        self._ticks += 1
        self._after(delay_ms, partial(self._tick, self._ticks))

    def _tick(self, row: int) -> None:
        if row != self._ticks:
            return
        self._after(self.period_ms, partial(self._tick, row))
        readings = self._probes.read(self.moment())
        if self.lines is not None:
            self._inbox += self.lines.read_guard(self.moment())
        if self.peers is not None:
            self._inbox += self.peers(self.policy.host, self.moment())
        due_ms = max(self._timeline.now_ms + self.readings_late_ms, self._readings_due_ms)
        if due_ms > self._timeline.now_ms:
            # They stay in order: a reading never overtakes the one before.
            self._readings_due_ms = due_ms
            self._after(due_ms - self._timeline.now_ms, lambda: self._inbox.extend(readings))
        else:
            self._inbox += readings
        self._cycle()

    def tell(self, sample: Sample) -> None:
        """An outcome or an order; taken in soon, not at the next tick."""
        self._inbox.append(sample)
        self._after(WAKE_MS, self._cycle_if_told)

    def keep(self, sample: Sample) -> None:
        """A sample that can wait for the next tick."""
        self._inbox.append(sample)

    def _cycle_if_told(self) -> None:
        if self._inbox:
            self._cycle()

    def _cycle(self) -> None:
        samples, self._inbox = self._inbox, []
        now = self.moment()
        done = step(self.memory, samples, now, self.policy)
        self.memory = done.memory
        for look_on in self.on_cycle:
            look_on(samples, done, now)
        if not done.events and not done.actions and not done.requests:
            return
        self._work += [partial(self._write, event) for event in done.events]
        self._work += [partial(self._perform, action) for action in done.actions]
        self._work += [partial(self._ask, request) for request in done.requests]
        self._work_off()

    def _work_off(self) -> None:
        """Journal, then act; between any two of these the keeper may be killed or stopped."""
        self._count_down()
        while self._work and self.alive and not self.frozen:
            self._work.popleft()()
            self._count_down()

    def _count_down(self) -> None:
        if self.kill_in is not None and self.alive and not self.frozen:
            self.kill_in -= 1
            if self.kill_in <= 0:
                self.kill_in = None
                self.kill_and_restart(self.restart_after_ms or 5_000)
        if self.freeze_in is not None and self.alive:
            self.freeze_in -= 1
            if self.freeze_in <= 0:
                self.freeze_in = None
                self.freeze()
                self._timeline.after(self.restart_after_ms or 5_000, self.thaw)

    def _write(self, event: Event) -> None:
        self.journal.append(event)
        self.journal_ms.append(self._timeline.now_ms)

    def _perform(self, action: Action) -> None:
        self._oracle.performs(self.policy.host, action, self.journal, self._timeline.now_ms)
        self._effects.perform(action)

    def _ask(self, request: Asked) -> None:
        if self.lines is not None:
            self.lines.ask(request, _Life(self, self.lives))

    def _guard_fenced(self) -> None:
        """It is asked twice a second."""
        self._after(self._chance.randrange(GUARD_ASKED_MS), self._read_guard)

    def _read_guard(self) -> None:
        if self.lines is not None:
            self._inbox += self.lines.read_guard(self.moment())
            self._cycle_if_told()

    def _nodeos_listens(self) -> None:
        if self.watching:
            self._effects.race(self._chance.randrange(WATCH_MS))


class _Life:
    """One life of a keeper as its effects know it: outcomes do not reach the next."""

    def __init__(self, keeper: Keeper, life: int) -> None:
        self._keeper, self._life = keeper, life

    @property
    def goes_on(self) -> bool | None:
        if not self._goes_on:
            return False
        return None if self._keeper.frozen else True

    @property
    def watching(self) -> bool:
        return self._goes_on and self._keeper.watching

    def moment(self) -> Moment:
        return self._keeper.moment()

    def tell(self, sample: Sample) -> None:
        if self._goes_on:
            self._keeper.tell(sample)

    def tell_quietly(self, sample: Sample) -> None:
        """It waits for the next tick."""
        if self._goes_on:
            self._keeper.keep(sample)

    @property
    def _goes_on(self) -> bool:
        return self._keeper.lives == self._life and self._keeper.alive
