"""The dead man's ping counts when the watch took it, and only then."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Attempt
from eoskeeper.effects.heartbeat import Heartbeat, beat
from tests.fakes import sms_service
from tests.fakes.sms_service import Said, answer

UUID = "5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278"


async def ping(url: str, *, ok: bool = True, rest: str = "") -> Attempt:
    """One ping of a check."""
    return await beat(Secret(f"{url}/{UUID}{rest}"), 0.5, ok=ok)


@pytest.mark.parametrize(
    ("ok", "rest", "target"),
    [
        (True, "", f"/{UUID}"),
        (False, "", f"/{UUID}/fail"),
        (False, "/", f"/{UUID}/fail"),
        (True, "?create=1", f"/{UUID}?create=1"),
        (False, "?create=1", f"/{UUID}/fail?create=1"),
    ],
)
def test_a_ping_goes_to_the_check_and_its_failure_to_the_path_below(
    ok: bool,  # noqa: FBT001 - a column of the table
    rest: str,
    target: str,
) -> None:
    """Before a query, where the watch looks for it."""
    attempt, [asked] = sms_service.ask(lambda url: ping(url, ok=ok, rest=rest), answer("OK"))
    assert attempt == Attempt(DeliveryResult.PROVEN, "HTTP 200 OK")
    assert (asked.method, asked.target) == ("GET", target)


@pytest.mark.parametrize(
    ("said", "result"),
    [
        (answer("", 204), DeliveryResult.PROVEN),
        (answer("OK (not found)"), DeliveryResult.REFUSED),
        (answer("OK (rate limited)\n"), DeliveryResult.THROTTLED),
        (answer("not found", 404), DeliveryResult.REFUSED),
        (answer("", 429), DeliveryResult.THROTTLED),
        (answer("", 500), DeliveryResult.UNAVAILABLE),
        (answer("", 302, ["Location: http://127.0.0.1:1/"]), DeliveryResult.UNINTELLIGIBLE),
        (b"no HTTP\r\n\r\n", DeliveryResult.UNINTELLIGIBLE),
        (b"", DeliveryResult.UNAVAILABLE),
        (None, DeliveryResult.TIMED_OUT),
    ],
)
def test_an_answer_has_its_class(said: Said, result: DeliveryResult) -> None:
    """The watch says 200 to a ping that it did not count, too."""
    attempt, _ = sms_service.ask(ping, said)
    assert attempt.result is result


def test_nobody_there_is_unavailable() -> None:
    """The keeper says so and goes on."""
    assert sms_service.ask_nobody(ping).result is DeliveryResult.UNAVAILABLE


@pytest.mark.parametrize("ok", [True, False])
@pytest.mark.parametrize("url", ["http://[", "nonsense", "", "http://"])
def test_an_address_that_is_none_is_refused(url: str, *, ok: bool) -> None:
    """A value and no exception."""
    attempt = sms_service.run(beat(Secret(url), 0.5, ok=ok))
    assert attempt.result is DeliveryResult.REFUSED


def test_the_address_is_a_secret_in_every_detail() -> None:
    """Whoever has it can keep a dead keeper alive."""

    async def kept(url: str) -> Attempt:
        heartbeat = Heartbeat(Secret(f"{url}/{UUID}"), 0.5)
        assert UUID not in repr(heartbeat)
        try:
            await heartbeat.beat(ok=True)
            return await heartbeat.beat(ok=True)
        finally:
            await heartbeat.close()

    attempt, asked = sms_service.ask(
        kept, lambda asked: answer(f"http://{asked.headers['host']}{asked.target} gone", 404)
    )
    assert len(asked) == 2
    assert UUID not in attempt.detail


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([302, 400, 404, 429, 500, 503]))
def test_no_error_status_proves_anything(body: bytes, status: int) -> None:
    """Nor does any body make an exception."""
    attempt, _ = sms_service.ask(ping, answer(body, status))
    assert attempt.result is not DeliveryResult.PROVEN
    assert attempt.detail.isprintable()
