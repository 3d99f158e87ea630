"""Messages through the library apprise, which speaks to more than a hundred services.

The library judges the services' answers itself and mostly by the HTTP status alone, and tells
only yes or no: best effort. Where it matters, use a channel of our own, or ``trust = false``.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from typing import Protocol

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Severity
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Attempt, ChannelSettings, Message

__all__ = ["Apprise", "AppriseChannel", "Notifier", "import_notifier"]

_REMEDY = "the library is not installed: pip install eoskeeper[apprise]"
_KINDS = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "failure"}


class Apprise(ChannelSettings, frozen=True, tag="apprise"):
    """A channel with ``kind = "apprise"``.

    Attributes:
        urls: in apprise's notation; each holds its service's keys.
        trust: take the library's yes for the proof. False counts it as unintelligible, so that
            the fallback gets the message as well; then ``fallback`` must be named and
            ``attempts`` be 1, because each attempt may reach people.
    """

    urls: tuple[Secret, ...]
    trust: bool = True

    def __post_init__(self) -> None:
        """Refuse no address, and distrust that nothing follows from.

        Raises:
            ValueError: see ``trust``.
        """
        if not self.urls:
            message = "urls: at least one"
            raise ValueError(message)
        if not self.trust and (self.fallback is None or self.attempts != 1):
            message = "trust = false needs a fallback, and attempts = 1"
            raise ValueError(message)


class Notifier(Protocol):
    """What is used of ``apprise.Apprise``; arguments by place where versions 1 and 2 differ."""

    def add(self, url: str, /) -> bool:
        """Take an address; False when it is none."""

    def notify(self, body: str, title: str, notify_type: str) -> object:
        """Send to all: true only when all services took it.

        Source: apprise 1.x answers a bool or None, 2.2.0 an ``AppriseResult`` with a truth value.
        """


def import_notifier() -> Notifier:
    """The library's own, without addresses.

    Raises:
        ImportError: the library is not installed.
    """
    notifier: Notifier = importlib.import_module("apprise").Apprise()
    return notifier


class AppriseChannel:
    """All addresses at once; the library works in a thread, one message at a time.

    Args:
        notifier: makes one without addresses; called in the thread, because the import is slow.
    """

    def __init__(
        self,
        settings: Apprise,
        clock: Callable[[], Moment],
        notifier: Callable[[], Notifier] = import_notifier,
    ) -> None:
        """Every channel is given the clock; this one needs no time."""
        self._settings = settings
        self._clock = clock
        self._notifier = notifier
        self._running: asyncio.Future[Attempt] | None = None

    async def send(self, message: Message) -> Attempt:
        """Send once; a thread that outlives its time is left behind, and only one ever is."""
        if self._running is not None and not self._running.done():
            return Attempt(DeliveryResult.UNAVAILABLE, "the library still has an earlier message")
        loop = asyncio.get_running_loop()
        self._running = loop.run_in_executor(None, self._hand_over, message)
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return await asyncio.shield(self._running)
        except TimeoutError:
            detail = f"the library did not end in {self._settings.timeout_s:g} s"
            return Attempt(DeliveryResult.TIMED_OUT, detail)

    async def close(self) -> None:
        """Nothing is open."""

    def _hand_over(self, message: Message) -> Attempt:
        """In the thread; what the library says in words may quote an address and is dropped."""
        try:
            notifier = self._notifier()
        except ImportError:
            return Attempt(DeliveryResult.REFUSED, _REMEDY)
        try:
            for place, url in enumerate(self._settings.urls, start=1):
                if not notifier.add(url.reveal()):
                    detail = f"urls: the library does not understand number {place}"
                    return Attempt(DeliveryResult.REFUSED, detail)
            said = notifier.notify(
                body="\n".join(message.lines) or message.title,
                title=message.title if message.lines else "",
                notify_type="success" if message.resolved else _KINDS[message.severity],
            )
            return self._judged(taken=bool(said))
        except Exception as error:  # noqa: BLE001 - plugins of a hundred services raise anything
            return Attempt(DeliveryResult.UNAVAILABLE, f"apprise failed: {type(error).__name__}")

    def _judged(self, *, taken: bool) -> Attempt:
        if not taken:
            detail = "apprise says not sent to all addresses, and not why"
            return Attempt(DeliveryResult.UNAVAILABLE, detail)
        detail = "apprise says sent (not the service's own answer)"
        trusted = DeliveryResult.PROVEN if self._settings.trust else DeliveryResult.UNINTELLIGIBLE
        return Attempt(trusted, detail)
