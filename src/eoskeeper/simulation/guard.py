"""Guard: a host's guard around the real guard's own table of states, in virtual time.

It survives its keeper, can be killed and stopped itself, and keeps its deadline over a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.guard_samples import (
    ArmGuard,
    ExtendGuard,
    GuardAnswer,
    GuardLost,
    GuardMode,
    GuardOrder,
    GuardPhase,
    GuardRead,
    GuardRefused,
)
from eoskeeper.guard import deadline
from eoskeeper.guard.deadline import Limits, Mode, Phase, State
from eoskeeper.simulation.broken import Broken
from eoskeeper.simulation.ladder import Ladder
from eoskeeper.simulation.nodeos import Api, Nodeos, Stall
from eoskeeper.simulation.timeline import Timeline

__all__ = ["Guard"]

LONGEST_S = 60.0
"""So far ahead a deadline may lie."""

ANSWER_MS = 5
LOST_MS = 1_000
"""A keeper waits so long for an answer."""

RECHECK_MS = 200
UNREAD_MS = 3_200
"""A paused nodeos that answers no more is fenced by more than a pause after that."""

SILENT_MS = 9_000
"""systemd kills a guard that has fed its watchdog so long ago, and starts the next one."""

AGAIN_MS = 1_000
"""A ladder that proved nothing is climbed again."""


class Guard:
    """The guard of one host.

    Attributes:
        on_fenced: told when a climb has ended.
        never_again: nobody starts it again when it is killed.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of the world it lives in
        self,
        nodeos: Nodeos,
        timeline: Timeline,
        chance: Random,
        boot_s: Callable[[], float],
        rate: float,
        broken: Broken,
    ) -> None:
        self.state = State()
        self.alive, self.frozen, self.never_again = True, False, False
        self.on_fenced: list[Callable[[], None]] = []
        self._nodeos, self._timeline, self._chance = nodeos, timeline, chance
        self._boot_s, self._rate, self._broken = boot_s, rate, broken
        self._lives = 1
        self._fed_ms = 0
        self._climbing = False
        self._waiting: list[Callable[[], None]] = []
        nodeos.on_change.append(self._nodeos_changed)

    # --- what befalls it ------------------------------------------------------------------------

    def kill(self, back_after_ms: int | None) -> None:
        """SIGKILL; what is in its memory file stays."""
        if not self.alive:
            return
        self.alive = self.frozen = self._climbing = False
        self._lives += 1
        self._waiting.clear()
        if back_after_ms is not None:
            self._timeline.after(back_after_ms, self.start)

    def start(self) -> None:
        """Go on with the memory of the one before: the deadline first."""
        if self.alive:
            return
        self.alive = True
        self._lives += 1
        self._look()

    def freeze(self, *, watched: bool = True) -> None:
        """SIGSTOP; its watchdog goes on, unless the whole host is suspended."""
        if not self.alive or self.frozen:
            return
        self.frozen = True
        if not watched:
            return
        if self.state.phase is not Phase.ARMED:
            self._fed_ms = self._timeline.now_ms
        life, due_ms = self._lives, max(self._fed_ms + SILENT_MS, self._timeline.now_ms)

        def silent() -> None:
            if life == self._lives and self.frozen:
                self.kill(self._chance.randrange(200, 1_000))

        self._timeline.at(due_ms, silent)

    def thaw(self) -> None:
        """Go on: first the deadline, then what was asked meanwhile."""
        if not self.frozen:
            return
        self.frozen = False
        self._look()
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            call()

    # --- what it is told ------------------------------------------------------------------------

    def read(self, now: Moment) -> GuardRead | None:
        """Its answer to the question for its state; None when it does not answer at once."""
        if not self.alive or self.frozen or self._climbing:
            return None
        self._look()
        return self._tell(now, now) if self._is_free() else None

    def _is_free(self) -> bool:
        return not self._climbing

    def order(
        self,
        order: GuardOrder,
        clock: Callable[[], Moment],
        tell: Callable[[GuardAnswer], None],
    ) -> None:
        """Carry out an order; who waits too long is told that it is lost: it may be done yet."""
        asked, life, open_ = clock(), self._lives, [True]

        def lost() -> None:
            if open_:
                open_.clear()
                tell(GuardLost(clock(), asked, "no answer in time"))

        def arrive() -> None:
            if life != self._lives or not self.alive:
                return
            if self.frozen or self._climbing:
                self._waiting.append(arrive)
                return
            self._look()
            refused = self._obey(order)
            if open_:
                open_.clear()
                read = self._tell(clock(), asked)
                tell(read if refused is None else GuardRefused(clock(), refused, read))

        self._timeline.after(LOST_MS, lost)
        self._timeline.after(ANSWER_MS, arrive)

    def kick(self, ahead_s: float) -> None:
        """A timer moves the deadline, for no evidence: what must never be."""
        if self.alive and not self.frozen and self.state.phase is Phase.ARMED:
            self.state = self.state._replace(until_s=self._boot_s() + ahead_s)
            self._await_deadline()

    def _obey(self, order: GuardOrder) -> str | None:
        limits = Limits(self._boot_s(), LONGEST_S)
        match order:
            case ArmGuard():
                if not self._nodeos.listening:
                    return "nodeos is not there"
                if self._nodeos.stall is Stall.FROZEN:
                    return "nodeos is frozen: it needs a thaw, with its permit"
                mode = Mode(order.mode)
                told = deadline.arm(self.state, order.term, order.until_s, mode, limits)
            case ExtendGuard():
                told = deadline.extend(
                    self.state, order.term, order.until_s, order.evidence, limits
                )
            case _:
                told = deadline.disarm(self.state, order.term, order.proof, now_s=limits.now_s)
        if isinstance(told, str):
            return told
        self.state = told
        self._fed_ms = self._timeline.now_ms
        self._await_deadline()
        return None

    def _tell(self, at: Moment, asked: Moment) -> GuardRead:
        state = self.state
        return GuardRead(
            at=at,
            asked=asked,
            phase=GuardPhase(state.phase),
            mode=GuardMode(state.mode),
            term=state.term,
            until_s=state.until_s,
            can_hold=self._nodeos.listening,
            reason=state.reason,
            how=state.how,
        )

    # --- what it does by itself -----------------------------------------------------------------

    def _await_deadline(self) -> None:
        if self.state.phase is Phase.ARMED:
            left_s = max(0.0, self.state.until_s - self._boot_s()) / self._rate
            self._timeline.after(int(left_s * 1000) + 1, self._look)

    def _look(self) -> None:
        """Let the deadline do what it does, and see whether a fence still holds."""
        if not self.alive or self.frozen or self._climbing or self._broken.no_guard:
            return
        before = self.state
        self.state = deadline.expire(before, self._boot_s())
        if self.state.phase is before.phase and not self._must_climb():
            return
        if self.state.phase is Phase.FENCED:
            self._climb()

    def _must_climb(self) -> bool:
        """Whether what was fenced could produce again."""
        if self.state.phase is not Phase.FENCED:
            return False
        nodeos = self._nodeos
        if not self.state.how:
            return True
        if not nodeos.listening or nodeos.stall is Stall.FROZEN:
            return False
        return self.state.how != "pause" or not nodeos.paused

    def _climb(self) -> None:
        self.state = self.state._replace(how="")
        self._climbing = True
        life = self._lives
        ladder = Ladder(self._nodeos, self._timeline, lambda: self._goes_on(life), self._broken)
        strict = self.state.mode is Mode.FREEZE and not self._broken.forgets_resume
        ladder.climb(self._climbed, resume_may_come=strict)

    def _goes_on(self, life: int) -> bool | None:
        if life != self._lives or not self.alive:
            return False
        return None if self.frozen else True

    def _climbed(self, how: str) -> None:
        self._climbing = False
        self.state = deadline.fence(self.state, self.state.reason, how)
        if not how:
            self._timeline.after(AGAIN_MS, self._look)
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            call()
        for told in self.on_fenced:
            told()
        self._look()

    def _nodeos_changed(self) -> None:
        """It looks five times a second while it has fenced: at the latest then."""
        if self.state.phase is not Phase.FENCED or self._broken.no_guard:
            return
        self._timeline.after(RECHECK_MS, self._look)
        if self._is_unread():
            life = self._nodeos.life
            self._timeline.after(UNREAD_MS, lambda: self._fence_unread(life))

    def _is_unread(self) -> bool:
        nodeos = self._nodeos
        hung = nodeos.stall is Stall.MAIN_HUNG or nodeos.api is not Api.WELL
        return self.state.how == "pause" and nodeos.listening and hung

    def _fence_unread(self, life: int) -> None:
        fenced = self.state.phase is Phase.FENCED and not self._climbing
        if (
            fenced
            and life == self._nodeos.life
            and self._goes_on(self._lives)
            and self._is_unread()
        ):
            self.state = self.state._replace(how="", reason="a paused nodeos answers no more")
            self._climb()
