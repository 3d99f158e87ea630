"""The library apprise behind its port: its word is taken as far as the operator says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from eoskeeper.domain.findings import Severity
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.apprise_transport import Apprise, AppriseChannel, Notifier
from eoskeeper.effects.alert_channels.channel import Attempt, Message
from tests.fakes import sms_service
from tests.fakes.sms_service import MESSAGE, NOW

URL = "tgram://123:hush-hush/chat"


class FakeNotifier:
    """Takes addresses, and says what it is told to."""

    def __init__(self, said: object = 1, *, understands: bool = True) -> None:
        self.said = said
        self.understands = understands
        self.urls: list[str] = []
        self.sent: list[tuple[str, str, str]] = []
        self.threads: list[threading.Thread] = []

    def add(self, url: str, /) -> bool:
        """See ``Notifier``."""
        self.urls.append(url)
        return self.understands

    def notify(self, body: str, title: str, notify_type: str) -> object:
        """See ``Notifier``."""
        self.threads.append(threading.current_thread())
        self.sent.append((title, body, notify_type))
        if isinstance(self.said, BaseException):
            raise self.said
        return self.said() if callable(self.said) else self.said


class Result:
    """What version 2 of the library answers with: something with a truth value."""

    def __init__(self, *, success: bool) -> None:
        self.success = success

    def __bool__(self) -> bool:
        return self.success


def send(
    notifier: Notifier | Callable[[], Notifier],
    table: Apprise | None = None,
    message: Message = MESSAGE,
) -> Attempt:
    """One attempt."""
    make = notifier if callable(notifier) else lambda: notifier
    channel = AppriseChannel(
        table or Apprise(urls=(Secret(URL),), timeout_s=2.0), lambda: NOW, make
    )
    return sms_service.run(channel.send(message))


@pytest.mark.parametrize("said", [True, Result(success=True)])
def test_the_librarys_yes_is_the_proof_and_the_detail_says_whose_word_it_is(said: object) -> None:
    """Of both versions of the library, and not in the thread of the event loop."""
    notifier = FakeNotifier(said)
    attempt = send(notifier)
    assert attempt == Attempt(
        DeliveryResult.PROVEN, "apprise says sent (not the service's own answer)"
    )
    assert notifier.urls == [URL]
    assert notifier.sent == [(MESSAGE.title, "\n".join(MESSAGE.lines), "failure")]
    assert notifier.threads != [threading.main_thread()]


@pytest.mark.parametrize("said", [False, None, Result(success=False), 0, ""])
def test_anything_else_that_the_library_says_is_no_delivery(said: object) -> None:
    """None means that there was nobody to send to."""
    assert send(FakeNotifier(said)).result is DeliveryResult.UNAVAILABLE


def test_without_trust_a_yes_proves_nothing() -> None:
    """So that the fallback gets the message as well."""
    table = Apprise(urls=(Secret(URL),), trust=False, fallback="sms", attempts=1)
    assert send(FakeNotifier(), table).result is DeliveryResult.UNINTELLIGIBLE


def test_a_missing_library_is_refused_with_the_remedy() -> None:
    """Trying again will not install it."""

    def missing() -> Notifier:
        raise ModuleNotFoundError(name="apprise")

    attempt = send(missing)
    assert attempt.result is DeliveryResult.REFUSED
    assert "pip install eoskeeper[apprise]" in attempt.detail


def test_an_address_that_the_library_does_not_know_is_refused_by_its_place() -> None:
    """The address itself holds a key."""
    table = Apprise(urls=(Secret(URL), Secret(URL)))
    attempt = send(FakeNotifier(understands=False), table)
    assert attempt == Attempt(
        DeliveryResult.REFUSED, "urls: the library does not understand number 1"
    )


def test_an_exception_of_the_library_is_told_by_its_type_only() -> None:
    """What it says may quote an address."""
    attempt = send(FakeNotifier(RuntimeError(f"cannot reach {URL}")))
    assert attempt == Attempt(DeliveryResult.UNAVAILABLE, "apprise failed: RuntimeError")


def test_a_library_that_hangs_is_left_behind_once_and_never_twice() -> None:
    """Each thread left behind costs one of a small number."""
    released = threading.Event()
    notifier = FakeNotifier(lambda: released.wait(10))
    channel = AppriseChannel(
        Apprise(urls=(Secret(URL),), timeout_s=0.5), lambda: NOW, lambda: notifier
    )

    async def main() -> list[DeliveryResult]:
        first = await channel.send(MESSAGE)
        second = await channel.send(MESSAGE)
        released.set()
        await asyncio.get_running_loop().shutdown_default_executor()
        return [first.result, second.result]

    assert sms_service.run(main()) == [
        DeliveryResult.TIMED_OUT,
        DeliveryResult.UNAVAILABLE,
    ]
    assert len(notifier.sent) == 1


def test_a_library_that_came_back_late_is_used_again() -> None:
    """One slow service is no reason to stay silent."""
    released = threading.Event()
    notifier = FakeNotifier(lambda: released.wait(10))
    channel = AppriseChannel(
        Apprise(urls=(Secret(URL),), timeout_s=0.5), lambda: NOW, lambda: notifier
    )

    async def main() -> list[DeliveryResult]:
        first = await channel.send(MESSAGE)
        released.set()
        await asyncio.sleep(0.2)
        return [first.result, (await channel.send(MESSAGE)).result]

    assert sms_service.run(main()) == [DeliveryResult.TIMED_OUT, DeliveryResult.PROVEN]


@pytest.mark.parametrize(
    ("severity", "resolved", "kind"),
    [
        (Severity.INFO, False, "info"),
        (Severity.WARNING, False, "warning"),
        (Severity.CRITICAL, False, "failure"),
        (Severity.CRITICAL, True, "success"),
    ],
)
def test_the_kind_of_a_message_is_told_in_the_librarys_words(
    severity: Severity,
    resolved: bool,  # noqa: FBT001 - a column of the table
    kind: str,
) -> None:
    """Services show it as a colour or a sign."""
    notifier = FakeNotifier()
    message = Message(
        title="t", lines=(), severity=severity, resolved=resolved, host="h", at_utc=MESSAGE.at_utc
    )
    send(notifier, message=message)
    assert notifier.sent == [("", "t", kind)]


@pytest.mark.parametrize(
    "changes",
    [
        {"urls": ()},
        {"trust": False, "attempts": 1},
        {"trust": False, "fallback": "sms", "attempts": 3},
    ],
)
def test_a_table_that_makes_no_sense_is_a_problem(changes: dict[str, object]) -> None:
    """Distrust without a fallback loses the message; with attempts it repeats it."""
    fields: dict[str, object] = {"urls": (Secret(URL),)}
    with pytest.raises(ValueError, match=r"urls|trust"):
        Apprise(**(fields | changes))  # type: ignore[arg-type]  # a test's own table


def test_nothing_shows_an_address() -> None:
    """Tables are printed by the command ``check`` and in logs."""
    assert "hush" not in repr(Apprise(urls=(Secret(URL),)))
