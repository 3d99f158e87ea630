"""Desk: answers those who ask the running keeper; it reads the last report and passes orders on."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import TypeVar

from eoskeeper.domain.alerting.orders import AlarmAnswer
from eoskeeper.domain.alerting.setup import Order
from eoskeeper.domain.chain_time import Moment
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
    MaintenanceRequest,
    PauseRequest,
    PingRequest,
    Request,
    Response,
    ResumeRequest,
    SilenceRequest,
    StatusRequest,
    SwitchoverRequest,
    UnsilenceRequest,
    answer,
)
from eoskeeper.runtime.journal import JournalReader

__all__ = ["Desk"]

ANSWERS_KEPT = 16

ANSWER_WITHIN_S = 5.0
"""Longer than two cycles; the control socket waits longer still."""


_UNANSWERED = Failure(FailureCode.TIMED_OUT, "no cycle answered; the order may still count")

Found = TypeVar("Found")


class Desk:
    """Where the control socket and the status page ask."""

    def __init__(
        self,
        journal: JournalReader[Event],
        clock: Clock,
        tell: Callable[[Sample], None],
    ) -> None:
        """Take the journal to read, the clock to stamp orders, and where orders go."""
        self._journal = journal
        self._clock = clock
        self._tell = tell
        self._report: Report | None = None
        self._alarm_answers: tuple[AlarmAnswer, ...] = ()
        self._published = asyncio.Condition()
        self._numbers = itertools.count(1)

    @property
    def report(self) -> Report | None:
        """The last one; None before the first cycle."""
        return self._report

    async def publish(self, report: Report, alarm_answers: Sequence[AlarmAnswer] = ()) -> None:
        """Replace the last report and wake who waits for an answer.

        Args:
            report: of the cycle.
            alarm_answers: to the orders about alarms that it took in.
        """
        self._report = report
        self._alarm_answers = (*self._alarm_answers, *alarm_answers)[-ANSWERS_KEPT:]
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
            case PauseRequest() | ResumeRequest() | MaintenanceRequest():
                return await self._order(request)
            case SwitchoverRequest():
                return await self._switchover(request)
            case SilenceRequest() | UnsilenceRequest() | AckRequest():
                return await self._alarm_order(request)

    async def _alarm_order(
        self, request: SilenceRequest | UnsilenceRequest | AckRequest
    ) -> Response:
        order = _order_of(request, self._clock())
        self._tell(order)
        found = await self._wait_for(
            lambda: next((one for one in self._alarm_answers if one.order == order), None)
        )
        if found is None:
            return _UNANSWERED
        if not found.accepted:
            return Failure(FailureCode.REFUSED, found.text)
        return answer(found.text)

    def _status(self) -> Response:
        if self._report is None:
            return Failure(FailureCode.BUSY, "the keeper has just started; ask again in a second")
        return answer(self._report)

    def _history(self, request: HistoryRequest) -> list[Event]:
        events = self._journal.read_last(request.limit)
        since = request.since
        return [event for event in events if since is None or event.at.utc_s >= since]

    async def _order(self, request: PauseRequest | ResumeRequest | MaintenanceRequest) -> Response:
        found = await self._answer_of(_command_of(request, self._clock(), self._number()))
        if found is None:
            return _UNANSWERED
        return answer(found) if found.accepted else Failure(FailureCode.REFUSED, found.reason)

    async def _switchover(self, request: SwitchoverRequest) -> Response:
        """Its answer has the readiness list, also when the order is refused."""
        order = OperatorCommand(
            self._clock(),
            self._number(),
            CommandKind.SWITCHOVER,
            request.by,
            to=request.to,
            at_gap=request.at_gap,
            dry_run=request.dry_run,
        )
        found = await self._answer_of(order)
        return _UNANSWERED if found is None else answer(found)

    def _number(self) -> str:
        return f"order-{next(self._numbers)}"

    async def _answer_of(self, order: OperatorCommand) -> CommandAnswer | None:
        self._tell(order)
        return await self._wait_for(lambda: self._answer_to(order.command_id))

    async def _wait_for(self, find: Callable[[], Found | None]) -> Found | None:
        """What a cycle to come will have found; None when none does in time."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S), self._published:
                await self._published.wait_for(lambda: find() is not None)
                return find()
        except TimeoutError:
            return None

    def _answer_to(self, number: str) -> CommandAnswer | None:
        if self._report is None:
            return None
        return next((a for a in self._report.answers if a.command_id == number), None)


def _command_of(
    request: PauseRequest | ResumeRequest | MaintenanceRequest, now: Moment, number: str
) -> OperatorCommand:
    match request:
        case PauseRequest(by):
            return OperatorCommand(now, number, CommandKind.PAUSE, by)
        case ResumeRequest(by, others_paused):
            return OperatorCommand(now, number, CommandKind.RESUME, by, others_paused)
        case MaintenanceRequest(by, for_s):
            return OperatorCommand(now, number, CommandKind.MAINTENANCE, by, for_s=for_s)


def _order_of(request: SilenceRequest | UnsilenceRequest | AckRequest, now: Moment) -> Order:
    match request:
        case SilenceRequest():
            return SilenceOrdered(now, request.rule, request.for_s, request.by, request.reason)
        case UnsilenceRequest():
            return SilenceEnded(now, request.rule, request.by)
        case AckRequest():
            return AlarmAcknowledged(now, request.rule, request.by)
