"""Ports: what the pages are made from; whoever starts the server brings it along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from eoskeeper.domain.records import Curves, EventRecord, EventSource, Quantity, TurnRecord

__all__ = ["Assets", "File", "HistoryReader", "Log", "Offers", "Subscription", "Subscriptions"]


class Log(Protocol):
    """The two levels used here."""

    def info(self, event: str, **details: object) -> object:
        """Log where it listens."""

    def warning(self, event: str, **details: object) -> object:
        """Log why it does not."""


class HistoryReader(Protocol):
    """Reads what is kept; times are UTC seconds, ``from_utc`` is inside and ``to_utc`` is not."""

    async def curves(
        self, quantities: Sequence[Quantity], from_utc: float, to_utc: float, points: int
    ) -> Curves:
        """Some quantities in at most so many steps."""

    async def turns(
        self, *, producer: str | None, ours: bool, from_utc: float, to_utc: float, limit: int
    ) -> tuple[TurnRecord, ...]:
        """The newest turns of the span, oldest first.

        Args:
            producer: only of this one; None of all.
            ours: only our own.
            from_utc: begin of the span.
            to_utc: its end.
            limit: at most so many.
        """

    async def events(
        self, *, source: EventSource | None, limit: int, before: int | None, after: int | None
    ) -> tuple[EventRecord, ...]:
        """The newest events, newest first.

        Args:
            source: only of this journal.
            limit: at most so many.
            before: only with a smaller number.
            after: only with a greater number.
        """


class Subscription(Protocol):
    """A client's place in the stream."""

    async def take(self, timeout_s: float) -> bytes:
        """All that has come since, whole messages; empty when nothing came in time."""

    def leave(self) -> None:
        """Give the place back."""


class Subscriptions(Protocol):
    """Where clients of the stream get a place."""

    def join(self, drop: Callable[[], None]) -> Subscription | None:
        """A place, or None when all are taken.

        Args:
            drop: called once when the client has fallen too far behind.
        """


class File(msgspec.Struct, frozen=True):
    """A file of the page.

    Attributes:
        tag: changes with the content.
    """

    content_type: str
    tag: str
    content: bytes


class Assets(Protocol):
    """The files of the page."""

    async def find(self, name: str) -> File | None:
        """A file by its name; None when there is none."""


class Offers(msgspec.Struct, frozen=True, kw_only=True):
    """What is served besides the report.

    Attributes:
        history: None when it is off.
        metrics: in the text form of Prometheus; None when there are none.
        feed: of what is new; None serves no stream.
        page: None serves no page.
        member: the sealed answer to a member's question, by its name and number; None to a
            stranger's, or before the first report. None gives no such answers.
    """

    history: HistoryReader | None = None
    metrics: Callable[[], bytes] | None = None
    feed: Subscriptions | None = None
    page: Assets | None = None
    member: Callable[[str, str], bytes | None] | None = None
