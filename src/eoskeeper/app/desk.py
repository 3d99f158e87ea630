"""Desk: answers those who ask the running keeper; it reads the last report and passes orders on."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Collection

from eoskeeper.domain.chain_time import UtcS, format_utc
from eoskeeper.domain.events import Event
from eoskeeper.domain.memory import CommandAnswer
from eoskeeper.domain.report import Report
from eoskeeper.domain.samples import (
    AlarmAcknowledged,
    CommandKind,
    OperatorCommand,
    Sample,
    SilenceEnded,
    SilenceOrdered,
)
from eoskeeper.runtime.clock import Clock
from eoskeeper.runtime.control_messages import (
    AckRequest,
    ExplainRequest,
    Failure,
    FailureCode,
    HistoryRequest,
    PauseRequest,
    PingRequest,
    Request,
    Response,
    ResumeRequest,
    SilenceRequest,
    StatusRequest,
    UnsilenceRequest,
    answer,
)
from eoskeeper.runtime.journal import JournalReader

__all__ = ["Desk"]

ALL_RULES = "*"

ANSWER_WITHIN_S = 5.0
"""Longer than two cycles; the control socket waits longer still."""


class Desk:
    """Where the control socket and the status page ask."""

    def __init__(
        self,
        journal: JournalReader[Event],
        clock: Clock,
        tell: Callable[[Sample], None],
        rules: Collection[str] = (),
    ) -> None:
        """Take the journal to read, the clock to stamp orders, where orders go, and rule names."""
        self._rules = rules
        self._journal = journal
        self._clock = clock
        self._tell = tell
        self._report: Report | None = None
        self._published = asyncio.Condition()
        self._numbers = itertools.count(1)

    @property
    def report(self) -> Report | None:
        """The last one; None before the first cycle."""
        return self._report

    async def publish(self, report: Report) -> None:
        """Replace the last report and wake who waits for an answer."""
        self._report = report
        async with self._published:
            self._published.notify_all()

    async def handle(self, request: Request) -> Response:
        """Answer one request of the control socket."""
        match request:
            case PingRequest():
                return answer()
            case StatusRequest() | ExplainRequest():
                return self._status()
            case HistoryRequest():
                return answer(await asyncio.to_thread(self._history, request))
            case PauseRequest():
                return await self._order(CommandKind.PAUSE, request.by)
            case ResumeRequest():
                return await self._order(CommandKind.RESUME, request.by, request.others_paused)
            case SilenceRequest() | UnsilenceRequest() | AckRequest():
                return self._alarm_order(request)

    def _alarm_order(self, request: SilenceRequest | UnsilenceRequest | AckRequest) -> Response:
        """Refuse what names nothing; the next cycle carries the rest out and journals it."""
        now, rule, by = self._clock(), request.rule, request.by
        if rule not in {ALL_RULES, *self._rules}:
            known = ", ".join(sorted(self._rules))
            return Failure(FailureCode.REFUSED, f"no rule is named {rule!r}; there are: {known}")
        match request:
            case SilenceRequest():
                self._tell(SilenceOrdered(now, rule, request.for_s, by, request.reason))
                until = format_utc(UtcS(now.utc_s + request.for_s))
                return answer(f"silent about {rule} until {until}")
            case UnsilenceRequest():
                self._tell(SilenceEnded(now, rule, by))
                return answer(f"no longer silent about {rule}")
            case AckRequest():
                if not self._is_open(rule):
                    return Failure(FailureCode.REFUSED, f"no alarm of {rule} is open")
                self._tell(AlarmAcknowledged(now, rule, by))
                return answer(f"acknowledged {rule}: no repeats, nobody else is called")

    def _is_open(self, rule: str) -> bool:
        """Whether an alarm that people were told of goes by that name."""
        lines = self._report.alarms if self._report is not None else ()
        fired = {line.rule for line in lines if line.fired_utc is not None}
        return bool(fired) if rule == ALL_RULES else rule in fired

    def _status(self) -> Response:
        if self._report is None:
            return Failure(FailureCode.BUSY, "the keeper has just started; ask again in a second")
        return answer(self._report)

    def _history(self, request: HistoryRequest) -> list[Event]:
        events = self._journal.read_last(request.limit)
        since = request.since
        return [event for event in events if since is None or event.at.utc_s >= since]

    async def _order(
        self,
        kind: CommandKind,
        by: str,
        others_paused: bool = False,  # noqa: FBT001, FBT002 - the message's own field
    ) -> Response:
        number = f"{kind}-{next(self._numbers)}"
        self._tell(OperatorCommand(self._clock(), number, kind, by, others_paused))
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S), self._published:
                found = await self._published.wait_for(lambda: self._answer_to(number))
        except TimeoutError:
            return Failure(FailureCode.TIMED_OUT, "no cycle answered; the order may still count")
        assert isinstance(found, CommandAnswer)
        if not found.accepted:
            return Failure(FailureCode.REFUSED, found.reason)
        return answer(found)

    def _answer_to(self, number: str) -> CommandAnswer | None:
        if self._report is None:
            return None
        return next((a for a in self._report.answers if a.command_id == number), None)
