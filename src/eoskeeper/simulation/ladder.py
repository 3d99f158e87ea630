"""Ladder: the fence ladder on a simulated nodeos, climbed by its keeper or by its guard.

The rungs and their budgets are those of ``guard/ladder.py``: with all of them K = 2.5 s.
"""

from __future__ import annotations

from collections.abc import Callable

from eoskeeper.simulation.broken import WHOLE, Broken
from eoskeeper.simulation.nodeos import Answer, Nodeos, Request
from eoskeeper.simulation.timeline import Call, Timeline

__all__ = ["DRAIN_MS", "Ladder"]

FIND_MS = 60
"""Until it is known who listens."""

ACKNOWLEDGE_MS = 900
SILENT_ACKNOWLEDGE_MS = 300
DRAIN_MS = 600
READ_BACK_MS = 200
"""These are the 1.7 s of the rung *pause*; one that has been silent has less to answer in."""

STOP_MS = 250
KILL_MS = 250
LATER_MS = 200
"""A climber that is stopped looks again whether it goes on."""


class Ladder:
    """One climb after another; who is killed climbs no further, who is stopped goes on later."""

    def __init__(
        self,
        nodeos: Nodeos,
        timeline: Timeline,
        goes_on: Callable[[], bool | None],
        broken: Broken = WHOLE,
    ) -> None:
        """Climb for somebody.

        Args:
            nodeos: to be fenced.
            timeline: of the world.
            goes_on: whether the climber does; None while it is stopped.
            broken: what is left out.
        """
        self._nodeos, self._timeline, self._goes_on = nodeos, timeline, goes_on
        self._drain_ms = 1 if broken.no_drain else DRAIN_MS
        self._believes_strangers = broken.believes_strangers

    def climb(
        self, done: Callable[[str], None], *, silent: bool = False, resume_may_come: bool = False
    ) -> None:
        """Go up until a rung is proven; ``done`` is told its name, "" when none is."""
        acknowledge_ms = SILENT_ACKNOWLEDGE_MS if silent else ACKNOWLEDGE_MS

        def paused(how: str) -> None:
            if resume_may_come and how == "pause":
                self._freeze(done)
            else:
                done(how)

        self._after(FIND_MS, lambda: self._begin(paused, acknowledge_ms))

    def _begin(self, done: Callable[[str], None], acknowledge_ms: int) -> None:
        if not self._nodeos.listening:
            done("ended")
            return

        def acknowledged(answer: Answer | None) -> None:
            if answer is Answer.OK:
                self._after(self._drain_ms, lambda: self._read_back(done))
            else:
                self._after(0, lambda: self._freeze(done))

        self._ask(Request.PAUSE, acknowledge_ms, acknowledged)

    def _read_back(self, done: Callable[[str], None]) -> None:
        def read(answer: Answer | None) -> None:
            if answer is Answer.SAYS_PAUSED:
                self._after(0, lambda: done("pause"))
            else:
                self._after(0, lambda: self._freeze(done))

        self._ask(Request.PAUSED, READ_BACK_MS, read)

    def _freeze(self, done: Callable[[str], None]) -> None:
        if not self._nodeos.listening:
            done("ended")
        elif self._nodeos.hold_fast(believes_strangers=self._believes_strangers):
            self._after(1, lambda: done("freeze"))
        else:
            self._after(STOP_MS, lambda: self._kill(done))

    def _kill(self, done: Callable[[str], None]) -> None:
        self._nodeos.kill_for_good()
        self._after(KILL_MS // 2, lambda: done("kill"))

    def _ask(self, request: Request, within_ms: int, then: Callable[[Answer | None], None]) -> None:
        open_ = [True]

        def close(answer: Answer | None) -> None:
            if open_:
                open_.clear()
                then(answer)

        self._timeline.after(within_ms, lambda: close(None))
        self._nodeos.ask(request, close)

    def _after(self, delay_ms: int, call: Call) -> None:
        def if_going_on() -> None:
            going = self._goes_on()
            if going:
                call()
            elif going is None:
                self._after(LATER_MS, call)

        self._timeline.after(delay_ms, if_going_on)
