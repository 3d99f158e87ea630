"""Effects: carry out a keeper's pauses and resumes on its nodeos, with what can go wrong.

The outcomes are those of the real effects: acknowledged, drained and read back is *proven*; a
request without an answer is *unproven* and may still happen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from eoskeeper.domain.actions import Action, FenceCause, Pause, Resume, Terminate
from eoskeeper.domain.chain_time import Moment, slot_at
from eoskeeper.domain.samples import ActionOutcome, OutcomeResult, RestartPaused, Sample
from eoskeeper.simulation.broken import WHOLE, Broken
from eoskeeper.simulation.ladder import Ladder
from eoskeeper.simulation.nodeos import Answer, Nodeos, Request
from eoskeeper.simulation.timeline import Timeline

__all__ = ["Effects", "Owner"]

TIMEOUT_MS = 2_000
DRAIN_MS = 600
WATCH_MS = 100
"""From one try of the restart watch to the next."""

_UNSENT = {
    Answer.NOBODY: OutcomeResult.NEVER_SENT,
    Answer.GARBAGE: OutcomeResult.UNPROVEN,
    Answer.BROKEN: OutcomeResult.UNPROVEN,
}


class Owner(Protocol):
    """The keeper's life that these effects belong to."""

    @property
    def watching(self) -> bool:
        """Its restart watch is armed."""
        ...

    @property
    def goes_on(self) -> bool | None:
        """It is alive; None while it is stopped."""
        ...

    def moment(self) -> Moment:
        """Its clocks."""
        ...

    def tell(self, sample: Sample) -> None:
        """Take an outcome."""
        ...


class Effects:
    """The effects of one life of a keeper; what it sent outlives it, what it awaits does not."""

    def __init__(
        self, owner: Owner, nodeos: Nodeos, timeline: Timeline, broken: Broken = WHOLE
    ) -> None:
        self._owner = owner
        self._nodeos = nodeos
        self._timeline = timeline
        self._broken = broken
        self._drain_ms = 1 if broken.no_drain else DRAIN_MS
        self._ladder = Ladder(nodeos, timeline, lambda: owner.goes_on, broken)

    def perform(self, action: Action) -> None:
        """Begin; the outcome is told later."""
        match action:
            case Pause(to_the_end=True):
                self._stop(action)
            case Pause():
                self._pause(action.action_id)
            case Resume():
                self._resume(action)
            case Terminate():
                left = self._nodeos.terminate(action.pid)
                result = OutcomeResult.PROVEN if left else OutcomeResult.NEVER_SENT
                self._timeline.after(1, lambda: self._tell(action.action_id, result, None))

    def _stop(self, action: Pause) -> None:
        """To the end of the ladder."""
        sent = self._owner.moment()

        def climbed(how: str) -> None:
            result = OutcomeResult.PROVEN if how else OutcomeResult.UNPROVEN
            self._tell(action.action_id, result, sent)

        if self._broken.believes_every_stop:
            self._ask(Request.PAUSE, lambda _answer: climbed("believed"))
        else:
            self._ladder.climb(
                climbed,
                silent=action.cause is FenceCause.HUNG,
                resume_may_come=action.resume_may_come and not self._broken.forgets_resume,
            )

    def _pause(self, number: int) -> None:
        sent = self._owner.moment()

        def acknowledged(answer: Answer | None) -> None:
            if answer is not Answer.OK:
                self._tell(number, _result(answer), sent)
            else:
                self._timeline.after(self._drain_ms, lambda: self._read_back(number, sent))

        self._ask(Request.PAUSE, acknowledged)

    def _resume(self, action: Resume) -> None:
        sent = self._owner.moment()
        if slot_at(sent.utc_s) + 1 >= action.permit.not_after_slot:
            self._tell(action.action_id, OutcomeResult.CANCELLED, None)
            return

        def acknowledged(answer: Answer | None) -> None:
            if answer is not Answer.OK:
                forgotten = self._broken.forgets_resume
                result = OutcomeResult.NEVER_SENT if forgotten else _result(answer)
                self._tell(action.action_id, result, sent)
            else:
                self._read_back(action.action_id, sent, Answer.SAYS_UNPAUSED)

        self._ask(Request.RESUME, acknowledged)

    def _read_back(self, number: int, sent: Moment, wanted: Answer = Answer.SAYS_PAUSED) -> None:
        def read(answer: Answer | None) -> None:
            proven = answer is wanted
            self._tell(number, OutcomeResult.PROVEN if proven else OutcomeResult.UNPROVEN, sent)

        self._ask(Request.PAUSED, read)

    def _tell(self, number: int, result: OutcomeResult, sent: Moment | None) -> None:
        """A request that nobody listened to was not sent."""
        decisive = None if result is OutcomeResult.NEVER_SENT else sent
        self._owner.tell(ActionOutcome(self._owner.moment(), number, result, str(result), decisive))

    def _ask(self, request: Request, then: Callable[[Answer | None], None]) -> None:
        """One request with its time limit; ``None`` is no answer in time."""
        open_ = [True]

        def close(answer: Answer | None) -> None:
            if open_:
                open_.clear()
                then(answer)

        self._timeline.after(TIMEOUT_MS, lambda: close(None))
        self._nodeos.ask(request, close)

    # --- the restart watch ----------------------------------------------------------------------

    def race(self, first_try_ms: int) -> None:
        """Nodeos has begun to listen: pause it before it can produce."""
        life = self._nodeos.life
        self._timeline.after(first_try_ms, lambda: self._try_pause(life, 1))

    def _try_pause(self, life: int, attempt: int) -> None:
        if not self._owner.watching or life != self._nodeos.life:
            return
        sent = self._owner.moment()

        def acknowledged(answer: Answer | None) -> None:
            if answer is Answer.OK:
                self._timeline.after(DRAIN_MS, lambda: self._prove(life, sent, attempt))
            else:
                again = lambda: self._try_pause(life, attempt + 1)  # noqa: E731 - read once, just below
                self._timeline.after(WATCH_MS, again)

        self._ask(Request.PAUSE, acknowledged)

    def _prove(self, life: int, sent: Moment, attempt: int) -> None:
        def read(answer: Answer | None) -> None:
            if not self._owner.watching:
                self._tell_race(sent, OutcomeResult.CANCELLED, attempt)
            elif answer is Answer.SAYS_PAUSED:
                self._tell_race(sent, OutcomeResult.PROVEN, attempt)
            else:
                self._try_pause(life, attempt + 1)

        self._ask(Request.PAUSED, read)

    def _tell_race(self, sent: Moment, result: OutcomeResult, attempts: int) -> None:
        moment = self._owner.moment()
        self._owner.tell(RestartPaused(moment, sent, result, attempts, str(result)))


def _result(answer: Answer | None) -> OutcomeResult:
    return OutcomeResult.UNPROVEN if answer is None else _UNSENT[answer]
