"""Register: the shared record behind a network that loses, delays and repeats.

Every request is answered, at the latest at its time limit; one that was given up may still arrive.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import msgspec

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.lease.register import Answer, ReadRecord, Request
from eoskeeper.domain.register import (
    CasUnknown,
    RegisterFailed,
    RegisterReason,
    Seen,
    cas_answer,
    read_answer,
)
from eoskeeper.domain.register_model import Fault, FaultKind, RegisterModel
from eoskeeper.simulation.broken import WHOLE, Broken
from eoskeeper.simulation.timeline import START_MS, Timeline

__all__ = ["SimulatedRegister"]

USUAL_MS = 30
"""Mean of one way to the register."""

LATEST_S = 30.0
"""A request that was held up arrives so much later at most."""

_TROUBLES = (
    Fault(FaultKind.REQUEST_LOST),
    Fault(FaultKind.ANSWER_LOST),
    Fault(FaultKind.LATE),
    Fault(FaultKind.LATE),
    Fault(FaultKind.DUPLICATED),
    Fault(FaultKind.STALE, changes=1),
    Fault(FaultKind.STALE, changes=4),
)
_WELL = Fault()


class SimulatedRegister:
    """One store for all hosts, and each host's way to it.

    Attributes:
        unreachable: hosts whose requests get lost.
        unheard: hosts that no answer reaches; their requests arrive.
        trouble: share of all requests that something befalls.
        slow_ms: what each way takes longer than usual, at most.
        timeout_ms: a request counts as unanswered after that.
        late_answers_ms: the same of the way back to a host, at least.
    """

    def __init__(
        self, timeline: Timeline, chance: Random, timeout_s: float, broken: Broken = WHOLE
    ) -> None:
        self.model = RegisterModel()
        self.unreachable: set[str] = set()
        self.unheard: set[str] = set()
        self.trouble = 0.0
        self.slow_ms = 0
        self.late_answers_ms: dict[str, int] = {}
        self._timeline, self._chance, self._broken = timeline, chance, broken
        self.timeout_ms = round(timeout_s * 1000)
        self._down_until_ms = 0

    def restore_after(self, down_ms: int, changes: int) -> None:
        """Answer nobody for so long, and then be as so many changes ago."""
        self._down_until_ms = max(self._down_until_ms, self._timeline.now_ms + down_ms)
        self._timeline.after(down_ms, lambda: self.model.restore(changes))

    def ask(
        self,
        host: str,
        request: Request,
        clock: Callable[[], Moment],
        tell: Callable[[Callable[[Moment], Answer]], None],
    ) -> None:
        """Send a request.

        Args:
            host: that asks.
            request: to be sent now.
            clock: of that host; read when the request is sent.
            tell: called once with what makes the answer from the time at which it is taken in.
        """
        sent, timeline = clock(), self._timeline
        open_ = [True]

        def close(make: Callable[[Moment], Answer]) -> None:
            if open_:
                open_.clear()
                tell(make)

        def arrive() -> None:
            if host in self.unreachable or timeline.now_ms < self._down_until_ms:
                return
            seen = self._apply(request)
            if seen is None:
                return
            back_ms = self._way_ms() + self.late_answers_ms.get(host, 0)
            timeline.after(back_ms, lambda: come_back(seen))

        def come_back(seen: Seen) -> None:
            if host not in self.unreachable and host not in self.unheard:
                close(lambda at: _answer(request, sent, at, seen))

        timeline.after(self.timeout_ms, lambda: close(lambda at: _no_answer(request, sent, at)))
        timeline.after(self._way_ms(), arrive)

    def _way_ms(self) -> int:
        way_ms = 1 + int(self._chance.expovariate(1 / USUAL_MS))
        return way_ms + (self._chance.randrange(self.slow_ms) if self.slow_ms else 0)

    def _apply(self, request: Request) -> Seen | None:
        now_s = (self._timeline.now_ms - START_MS) / 1000
        fault = self._fault()
        if isinstance(request, ReadRecord):
            return self.model.read(now_s, fault)
        record = request.record
        if self._broken.leaves_every_slot and record.released:
            record = msgspec.structs.replace(record, stopped_from=0)
        return self.model.cas(now_s, request.expected, record, fault)

    def _fault(self) -> Fault:
        if not self.trouble or self._chance.random() >= self.trouble:
            return _WELL
        fault = self._chance.choice(_TROUBLES)
        if fault.kind not in {FaultKind.LATE, FaultKind.DUPLICATED}:
            return fault
        return msgspec.structs.replace(fault, delay_s=self._chance.uniform(0.1, LATEST_S))


def _answer(request: Request, sent: Moment, at: Moment, seen: Seen) -> Answer:
    if isinstance(request, ReadRecord):
        return read_answer(sent, at, seen)
    return cas_answer(sent, at, seen)


def _no_answer(request: Request, sent: Moment, at: Moment) -> Answer:
    detail = "no answer in time"
    if isinstance(request, ReadRecord):
        return RegisterFailed(sent, at, RegisterReason.TIMEOUT, detail)
    return CasUnknown(sent, at, RegisterReason.TIMEOUT, detail)
