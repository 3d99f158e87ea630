"""Client adds nothing to a request, and reads how long a service asks to wait."""

from __future__ import annotations

import asyncio

import pytest

from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Attempt
from eoskeeper.effects.alert_channels.exchange import Answer, Client, Request, printable
from tests.fakes.alert_service import AlertService, Misbehaviour, said, serving


def asked(*answers: Misbehaviour, times: int = 1) -> tuple[Answer | Attempt, AlertService]:
    """The last answer of some."""

    async def run() -> tuple[Answer | Attempt, AlertService]:
        async with serving(lambda _: {}, *answers) as service:
            client = Client()
            request = Request(method="GET", url=f"{service.url}/a?b=%2B%2F%3D")
            got = [await client.exchange(request, 2.0) for _ in range(times)]
            await client.close()
            return got[-1], service

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "9" * 400}, 86_400.0),
        ({"Retry-After": "-7"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "٣"}, None),
        (
            {
                "Date": "Tue, 14 Nov 2023 22:13:20 GMT",
                "Retry-After": "Tue, 14 Nov 2023 22:14:00 GMT",
            },
            40.0,
        ),
        (
            {
                "Date": "Tue, 14 Nov 2023 22:13:20 GMT",
                "Retry-After": "Tue, 14 Nov 2023 22:13:00 GMT",
            },
            0.0,
        ),
    ],
)
def test_a_wait_is_read_in_seconds_or_as_a_date(
    headers: dict[str, str], wait_s: float | None
) -> None:
    """A date is compared with the answer's own, not with our clock; nobody waits for ever."""
    answer, _ = asked(said(429, "", headers))
    assert isinstance(answer, Answer)
    assert answer.retry_after_s == wait_s


def test_a_cookie_is_not_kept_and_no_proxy_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of an answer, and nothing of the environment, is in the next request."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    answer, service = asked(said(200, "", {"Set-Cookie": "a=b"}), times=2)
    assert isinstance(answer, Answer)
    assert [request.headers.get("Cookie") for request in service.requests] == [None, None]
    assert service.requests[1].query == {"b": "+/="}


def test_a_request_shows_nothing_of_itself() -> None:
    """Address, headers and body may all hold a key."""
    request = Request.of_json("https://host/?key=planted", {"key": "planted"}, {"k": "planted"})
    assert "planted" not in f"{request!r} {request}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb\x1b[31m", "a b [31m"),
        ("key plan/ted+1 and plan%2Fted%2B1 and plan/ted%2B1", "key *** and *** and ***"),
        ("x" * 299 + "plan/ted+1", "x" * 299 + "*"),
    ],
)
def test_foreign_text_is_one_line_without_secrets(text: str, shown: str) -> None:
    """Not even the beginning of one is left where the text is cut."""
    assert printable(text, [Secret("plan/ted+1"), ""]) == shown
