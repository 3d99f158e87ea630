"""WecomAppChannel keeps its token, replaces it once, and looks at who received."""

from __future__ import annotations

import asyncio
from itertools import count

import msgspec
import pytest

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.wecom_app import WecomApp, WecomAppChannel
from tests.contract.alert_channels.sending import (
    LONG,
    MESSAGE,
    NOW,
    WHOLE_TEXT,
    now,
    send,
    settings_of,
)
from tests.fakes.alert_service import WecomEnterprise, hang, said, serving

CORP = "wwplanted0corp"
SECRET = "planted-app-secret+/0123456789"  # noqa: S105 - planted for the tests
TABLE: dict[str, object] = {
    "corp_id": CORP,
    "secret": Secret(SECRET),
    "agent_id": 1000002,
    "to_user": ("Zhang",),
}


def enterprise() -> WecomEnterprise:
    """With one member."""
    return WecomEnterprise(CORP, SECRET, 1000002, {"Zhang"})


def channel_at(url: str, **settings: object) -> WecomAppChannel:
    """A channel to the fake."""
    table = {**TABLE, "api_url": url, **settings}
    return WecomAppChannel(settings_of(WecomApp, "wecom_app", table), now)


def test_a_message_is_taken() -> None:
    """A token first; then the whole text arrives, the title first."""
    attempt, service = send(channel_at, enterprise())
    assert (attempt.result, attempt.detail) == (DeliveryResult.PROVEN, "taken")
    asked, sent = service.requests
    assert (asked.method, asked.path) == ("GET", "/cgi-bin/gettoken")
    assert (sent.method, sent.path) == ("POST", "/cgi-bin/message/send")
    body = sent.json()
    assert (body["touser"], body["toparty"], body["totag"]) == ("Zhang", "", "")
    assert body["text"] == {"content": WHOLE_TEXT}


def test_the_token_is_kept() -> None:
    """The service bars those who ask for it too often."""
    gate = enterprise()
    attempt, service = send(channel_at, gate, times=3)
    assert attempt.result is DeliveryResult.PROVEN
    assert (gate.tokens, len(service.requests)) == (1, 4)


@pytest.mark.parametrize(("later_s", "tokens"), [(6899.0, 1), (6900.0, 2), (9999.0, 2)])
def test_a_token_is_replaced_before_it_ends(later_s: float, tokens: int) -> None:
    """It lasts two hours; five minutes earlier another is asked for."""
    gate = enterprise()
    at_s = float(NOW.mono_s)

    def clock() -> Moment:
        return Moment(mono_s=MonoS(at_s), utc_s=UtcS(0.0))

    async def run() -> None:
        nonlocal at_s
        async with serving(gate) as service:
            settings = settings_of(WecomApp, "wecom_app", {**TABLE, "api_url": service.url})
            channel = WecomAppChannel(settings, clock)
            await channel.send(MESSAGE)
            at_s += later_s
            assert (await channel.send(MESSAGE)).result is DeliveryResult.PROVEN
            await channel.close()

    asyncio.run(run())
    assert gate.tokens == tokens


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_token_that_is_not_taken_is_replaced_within_the_attempt(code: int) -> None:
    """The service may end one early."""
    gate = enterprise()
    attempt, service = send(channel_at, gate, None, said(200, {"errcode": code, "errmsg": "old"}))
    assert attempt.result is DeliveryResult.PROVEN
    assert (gate.tokens, len(service.requests)) == (2, 4)


def test_a_token_is_replaced_only_once() -> None:
    """A service that takes no token at all is not asked for ever."""
    old = said(200, {"errcode": 42001, "errmsg": "access_token expired"})
    attempt, service = send(channel_at, enterprise(), None, old, None, old)
    assert attempt.result is DeliveryResult.REFUSED
    assert attempt.detail == "42001 access_token expired"
    assert len(service.requests) == 4


@pytest.mark.parametrize(
    ("settings", "detail"),
    [
        ({"secret": Secret("another")}, "40001 invalid credential"),
        ({"corp_id": "another"}, "40013 invalid corpid"),
        ({"agent_id": 7}, "40056 invalid agentid"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, object], detail: str) -> None:
    """The service's own words are told."""
    attempt, _ = send(lambda url: channel_at(url, **settings), enterprise())
    assert (attempt.result, attempt.detail) == (DeliveryResult.REFUSED, detail)


@pytest.mark.parametrize(
    ("settings", "result", "detail"),
    [
        ({"to_user": ("Nobody",)}, DeliveryResult.REFUSED, "none of 1 receivers is valid"),
        (
            {"to_user": ("Nobody",), "to_party": (9,)},
            DeliveryResult.REFUSED,
            "none of 2 receivers is valid",
        ),
        (
            {"to_user": ("Zhang", "Nobody"), "to_party": (9, 1)},
            DeliveryResult.PROVEN,
            "taken, but 2 of 4 receivers are not valid",
        ),
        ({"to_user": (), "to_party": (1,)}, DeliveryResult.PROVEN, "taken"),
        ({"to_user": ("@all",)}, DeliveryResult.PROVEN, "taken"),
    ],
)
def test_success_without_a_valid_receiver_is_none(
    settings: dict[str, object], result: DeliveryResult, detail: str
) -> None:
    """The code is 0 all the same; the service names receivers in small letters."""
    attempt, _ = send(lambda url: channel_at(url, **settings), enterprise())
    assert (attempt.result, attempt.detail) == (result, detail)


@pytest.mark.parametrize("key", ["invaliduser", "unlicenseduser"])
def test_a_member_without_a_licence_receives_nothing(key: str) -> None:
    """Told in a list of its own."""
    body = {"errcode": 0, "errmsg": "ok", key: "zhang"}
    attempt, _ = send(channel_at, enterprise(), None, said(200, body))
    assert attempt.result is DeliveryResult.REFUSED


@pytest.mark.parametrize(
    ("code", "result"),
    [
        (81013, DeliveryResult.REFUSED),
        (60020, DeliveryResult.REFUSED),
        (45009, DeliveryResult.THROTTLED),
        (45033, DeliveryResult.THROTTLED),
        (-1, DeliveryResult.UNAVAILABLE),
    ],
)
@pytest.mark.parametrize("step", [0, 1], ids=["token", "message"])
def test_a_code_is_judged_though_the_status_is_200(
    code: int, result: DeliveryResult, step: int
) -> None:
    """At either step."""
    bad = said(200, {"errcode": code, "errmsg": "words"})
    attempt, _ = send(channel_at, enterprise(), *[None] * step, bad)
    assert (attempt.result, attempt.detail) == (result, f"{code} words")


@pytest.mark.parametrize("body", [{"errcode": 0}, {"errcode": 0, "access_token": ""}])
def test_success_without_a_token_is_unintelligible(body: dict[str, object]) -> None:
    """Nothing is sent then."""
    attempt, service = send(channel_at, enterprise(), said(200, body))
    assert attempt.result is DeliveryResult.UNINTELLIGIBLE
    assert len(service.requests) == 1


def test_both_steps_share_the_time_of_one_attempt() -> None:
    """A slow token leaves less for the message."""
    steps = count()

    def clock() -> Moment:
        return Moment(mono_s=MonoS(100.0 + 0.2 * next(steps)), utc_s=NOW.utc_s)

    async def run() -> None:
        async with serving(enterprise(), None, hang) as service:
            settings = settings_of(WecomApp, "wecom_app", {**TABLE, "api_url": service.url})
            channel = WecomAppChannel(settings, clock)
            async with asyncio.timeout(0.45):
                attempt = await channel.send(MESSAGE)
            assert attempt.result is DeliveryResult.TIMED_OUT
            assert attempt.detail == "no whole answer in 0.5 s"
            await channel.close()

    asyncio.run(run())


@pytest.mark.parametrize("message", [MESSAGE, LONG])
@pytest.mark.parametrize("form", ["text", "textcard", "news"])
def test_every_form_fits(form: str, message: object) -> None:
    """Long or short."""
    assert isinstance(message, type(MESSAGE))
    settings = {"form": form, "link_url": "https://keeper.example/"}
    attempt, service = send(lambda url: channel_at(url, **settings), enterprise(), message=message)
    assert attempt.result is DeliveryResult.PROVEN
    assert service.requests[1].json()["msgtype"] == form


def test_a_card_tells_where_and_when_and_stands_out() -> None:
    """Signs of HTML in the text stay signs, and are never cut in two."""
    settings = {"form": "textcard", "link_url": "https://keeper.example/"}
    _, service = send(lambda url: channel_at(url, **settings), enterprise(), message=LONG)
    card = service.requests[1].json()["textcard"]
    assert card["title"] == MESSAGE.title
    where = '<div class="gray">bp-1 2023-11-14 22:13:20 UTC</div>'
    assert card["description"].startswith(where + '<div class="highlight">十二 blocks &lt; missed')
    assert card["description"].endswith("&amp; counted<br>…</div>")


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"to_user": ()}, "nobody receives"),
        ({"form": "textcard"}, "needs link_url"),
        ({"form": "news"}, "needs link_url"),
        ({"to_user": ("a|b",)}, "to_user"),
        ({"api_url": "https://host/?key=1"}, "api_url"),
    ],
)
def test_settings_that_can_send_nothing_are_a_problem(
    settings: dict[str, object], problem: str
) -> None:
    """Found when the configuration is read."""
    with pytest.raises(msgspec.ValidationError, match=problem):
        settings_of(WecomApp, "wecom_app", {**TABLE, **settings})
