"""What the guard does in each tick: first the deadline, then what is asked, never the reverse.

One thread: while it climbs, nobody is answered; that is bounded by K.
"""

from __future__ import annotations

from eoskeeper.guard import cgroup, deadline, hold
from eoskeeper.guard.clock import Clock
from eoskeeper.guard.deadline import Limits, Mode, Phase, State
from eoskeeper.guard.feeding import Feeder
from eoskeeper.guard.hold import Held, Step
from eoskeeper.guard.ladder import Climb, Target, climb, find, still_fenced
from eoskeeper.guard.look import Hearing, fold, reason_to_fence
from eoskeeper.guard.memory import Memory
from eoskeeper.guard.process import listening_inodes
from eoskeeper.guard.scribe import Scribe
from eoskeeper.guard.settings import Settings
from eoskeeper.guard.wire import ask, parse_head

__all__ = ["Guard"]

LOOK_S = 1.0
"""From one ``get_info`` to the next in mode ``look``; also how often the target is looked at."""

ANSWER_S = 0.5
"""For ``get_info`` in mode ``look``."""

RECHECK_S = 0.2
"""From one look at a fence to the next: nodeos needs some 400 ms to its first block."""

UNKNOWN_LIMIT_S = 3.0
"""So long a proven pause may go unread before more than a pause is taken."""


class Guard:
    """The state, the processes that it is about, and what was done."""

    def __init__(
        self, settings: Settings, memory: Memory, scribe: Scribe, feeder: Feeder, clock: Clock
    ) -> None:
        """Go on with the state in ``memory``."""
        self.settings = settings
        self.state = memory.load()
        self.last: Climb | None = None
        self._memory = memory
        self._scribe = scribe
        self._feeder = feeder
        self._clock = clock
        self._target = find(settings)
        self._hearing = Hearing(clock())
        self._due_s = 0.0
        self._unread_since_s: float | None = None
        self._leaving: set[Held] = set()
        self.to_tell: list[dict[str, object]] = []

    @property
    def can_hold(self) -> bool:
        """Whether nodeos is in hand, and nobody unknown beside it."""
        return bool(self._target.held) and not self._target.unclear

    def wait_s(self) -> float:
        """How long nothing will be due."""
        left_s = self.settings.tick_s
        if self.state.phase is Phase.ARMED:
            left_s = min(left_s, self.state.until_s - self._clock())
        return max(0.0, left_s)

    def tick(self) -> None:
        """Do what is due."""
        self.expire()
        now_s = self._clock()
        if self.state.phase is not Phase.ARMED or self.state.mode is Mode.LOOK:
            self._feed()
        if now_s < self._due_s:
            return
        match self.state.phase:
            case Phase.IDLE | Phase.ARMED:
                self._due_s = now_s + LOOK_S
                self._refresh()
            case Phase.LOOKING:
                self._due_s = now_s + LOOK_S
                self._look()
            case Phase.FENCED:
                self._due_s = now_s + RECHECK_S
                self._recheck()

    def expire(self) -> None:
        """Let the deadline do what it does; called before anything else is."""
        before, now_s = self.state, self._clock()
        self.state = deadline.expire(before, now_s)
        if self.state.phase is before.phase:
            return
        if self.state.phase is Phase.LOOKING:
            self._hearing, self._due_s = Hearing(now_s), 0.0
            self._memory.save(self.state)
            return
        self._fence()

    def arm(self, term: int, until_s: float, mode: Mode) -> str | None:
        """Begin to guard; a text when it is refused, as with the others here."""
        self._refresh()
        if not self.can_hold:
            return self._target.unclear or "nodeos is not there"
        if mode is Mode.LOOK and not self.settings.own_producers:
            return "mode look needs own_producers: without them our own blocks are others'"
        if self._is_held_fast():
            return "nodeos is frozen: it needs a thaw, with its permit"
        refused = self._take(deadline.arm(self.state, term, until_s, mode, self._limits()))
        if refused is None:
            self._scribe.write(
                {"entry": "armed", "at_boot_s": self._clock(), **self.state._asdict()},
                self.settings.record_s,
            )
        return refused

    def extend(self, term: int, until_s: float, evidence: str) -> str | None:
        """Move the deadline, which feeds the watchdog."""
        limits = self._limits()
        return self._take(deadline.extend(self.state, term, until_s, evidence, limits))

    def disarm(self, term: int, proof: str) -> str | None:
        """Stop guarding."""
        refused = self._take(deadline.disarm(self.state, term, proof, now_s=self._clock()))
        if refused is None:
            self._scribe.write(
                {"entry": "disarmed", "at_boot_s": self._clock(), "term": term, "proof": proof},
                self.settings.record_s,
            )
        return refused

    def fence(self, reason: str) -> None:
        """Climb now."""
        self.state = deadline.fence(self.state, reason[:200])
        self._fence()

    def thaw(self, permit: str) -> Step:
        """Continue what is frozen; it ends then, by the SIGTERM that waits for it.

        It is not stopped again while it ends; where it still listens it is paused, and whatever
        comes after it is fenced.
        """
        if self.state.phase is not Phase.FENCED:
            return Step(proven=False, detail="nothing is fenced")
        if not permit.strip():
            return Step(proven=False, detail="a thaw needs the words of its permit")
        self._scribe.write(
            {"entry": "thaw", "at_boot_s": self._clock(), "permit": permit[:200]},
            self.settings.record_s,
        )
        steps = []
        for one in self._target.held:
            hold.leave_sigterm(one)
            self._leaving.add(one)
            group = cgroup.group_of(one.life.pid)
            if group is not None and cgroup.is_frozen(group):
                steps.append(cgroup.thaw_group(group, permit))
            steps.append(hold.thaw(one, permit))
        proven = all(step.proven for step in steps)
        return Step(proven, "; ".join(step.detail for step in steps) or "nobody is held")

    def tell(self) -> dict[str, object]:
        """Everything that a keeper wants to know."""
        return {
            **self.state._asdict(),
            "now_boot_s": self._clock(),
            "can_hold": self.can_hold,
            "unclear": self._target.unclear,
            "holds": [list(one.life) for one in self._target.held],
            "heard": self._hearing._asdict() if self.state.phase is Phase.LOOKING else None,
            "last": None if self.last is None else _told(self.last),
        }

    def _limits(self) -> Limits:
        return Limits(self._clock(), self.settings.longest_s)

    def _take(self, outcome: State | str) -> str | None:
        if isinstance(outcome, str):
            return outcome
        if not self._memory.save(outcome):
            return "its memory cannot be written"
        self.state = outcome
        self._feeder.feed()
        return None

    def _feed(self) -> None:
        """Not after a fence that proved nothing: that is the last rung."""
        if self.state.phase is not Phase.FENCED or self.state.how:
            self._feeder.feed()

    def _refresh(self) -> None:
        """Look for nodeos again if its sockets are not the ones that were seen."""
        held = self._target.held
        same = self._target.inodes == listening_inodes(self.settings.api)
        if same and not self._target.unclear and not any(hold.is_gone(one) for one in held):
            return
        self._target = find(self.settings, held)

    def _is_held_fast(self) -> bool:
        return any(hold.is_stopped(one) for one in self._target.held)

    def _look(self) -> None:
        answer = ask(self.settings.api, "/v1/chain/get_info", self._clock() + ANSWER_S, self._clock)
        head = parse_head(answer)
        self._hearing = fold(self._hearing, head, self._clock(), self.settings)
        reason = reason_to_fence(self._hearing, self.settings)
        if reason is not None:
            self.fence(reason)

    def _recheck(self) -> None:
        """Whether the fence still holds; what nodeos does not tell is waited for a little."""
        self._refresh()
        self._leaving = {one for one in self._leaving if one in self._target.held}
        now_s = self._clock()
        target = self._without_leaving()
        fenced = still_fenced(self.state.how, target, self.settings, self._clock)
        if fenced is None:
            if self._unread_since_s is None:
                self._unread_since_s = now_s
            if now_s - self._unread_since_s < UNKNOWN_LIMIT_S:
                return
            self.fence("a paused nodeos answers no more")
        elif not fenced.proven or not self.state.how:
            again = f"fenced before, but {fenced.detail}"
            self.fence(again if self.state.how else self.state.reason)
        self._unread_since_s = None

    def _fence(self) -> None:
        """Write down the intent, climb, write down the result, tell.

        The memory is written first: a guard that dies while it climbs climbs again.
        """
        self.state = self.state._replace(how="")
        self._memory.save(self.state)
        reason = self.state.reason
        intent = {"entry": "intent", "at_boot_s": self._clock(), **self.state._asdict()}
        self._scribe.write(intent, self.settings.record_s)
        self._target = find(self.settings, self._target.held)
        climbed = climb(
            self._without_leaving(),
            self.settings,
            self._clock,
            resume_may_come=self.state.mode is Mode.FREEZE,
        )
        self.last = climbed
        self.state = deadline.fence(self.state, reason, climbed.how)
        self._memory.save(self.state)
        result: dict[str, object] = {"term": self.state.term, "reason": reason, **_told(climbed)}
        self._scribe.write({"entry": "result", **result}, self.settings.record_s)
        self._due_s = 0.0
        self._feeder.tell(f"fenced: {climbed.how or 'unproven'}: {reason}")
        self.to_tell.append({"event": "fenced", **result})

    def _without_leaving(self) -> Target:
        """Those that end need not be held; that they do not listen hinders no pause."""
        if not self._leaving:
            return self._target
        kept = tuple(one for one in self._target.held if one not in self._leaving)
        return self._target._replace(held=kept, silent=False)


def _told(climbed: Climb) -> dict[str, object]:
    return {**climbed._asdict(), "rungs": [rung._asdict() for rung in climbed.rungs]}
