"""DingtalkChannel signs as documented and believes nothing but the code 0."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from eoskeeper.domain.chain_time import UtcS
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.dingtalk import Dingtalk, DingtalkChannel, signed
from tests.contract.alert_channels.sending import (
    CALM,
    LONG,
    MESSAGE,
    NOW,
    WHOLE_TEXT,
    now,
    send,
    settings_of,
)
from tests.fakes.alert_service import dingtalk_gate, said

TOKEN = "planted-access-token-0123456789"  # noqa: S105 - planted for the tests
SECRET = "SECplanted-sign-secret"  # noqa: S105 - planted for the tests
GATE = dingtalk_gate(TOKEN, SECRET, NOW.utc_s)


def channel_at(url: str, **settings: object) -> DingtalkChannel:
    """A channel to the fake."""
    webhook = Secret(f"{url}/robot/send?access_token={TOKEN}")
    table = {"webhook": webhook, "sign_secret": Secret(SECRET), **settings}
    return DingtalkChannel(settings_of(Dingtalk, "dingtalk", table), now)


@pytest.mark.parametrize(
    ("utc_s", "sign"),
    [
        (1_700_000_000.0, "J4WgdsKSCBjuNYtnvHFZluwAAbNHgumH/L12EqrwXtc="),
        (1_700_000_000.001, "f0xuIgRiVjw9D6KxcM/BctkdLE3QLYix6D+L+l3fsK8="),
    ],
)
def test_the_signature_is_the_documented_one(utc_s: float, sign: str) -> None:
    """Computed with ``openssl dgst -sha256 -hmac SECRET -binary | base64``."""
    url = signed(Secret("https://host/robot/send?access_token=t"), Secret(SECRET), UtcS(utc_s))
    query = parse_qs(urlsplit(url).query, strict_parsing=True)
    wanted = {"access_token": ["t"], "timestamp": [str(round(utc_s * 1000))], "sign": [sign]}
    assert query == wanted
    assert "%2F" in url
    assert "+" not in url


def test_a_signed_message_is_taken() -> None:
    """The whole text arrives, the title first."""
    attempt, service = send(channel_at, GATE)
    assert attempt.result is DeliveryResult.PROVEN
    (request,) = service.requests
    assert (request.method, request.path) == ("POST", "/robot/send")
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert request.json()["msgtype"] == "text"
    assert request.json()["text"]["content"] == WHOLE_TEXT


def test_a_plus_in_the_signature_arrives_as_a_plus() -> None:
    """An address that is encoded twice, or not at all, would be refused."""
    later = msgspec.structs.replace(NOW, utc_s=UtcS(1_700_000_000.001))

    def later_at(url: str) -> DingtalkChannel:
        webhook = Secret(f"{url}/robot/send?access_token={TOKEN}")
        return DingtalkChannel(Dingtalk(webhook=webhook, sign_secret=Secret(SECRET)), lambda: later)

    attempt, service = send(later_at, GATE)
    assert attempt.result is DeliveryResult.PROVEN
    assert "+" in service.requests[0].query["sign"]


@pytest.mark.parametrize(
    "settings",
    [{"sign_secret": Secret("SECanother")}, {"sign_secret": None}],
    ids=["wrong secret", "none"],
)
def test_a_message_that_is_signed_otherwise_is_refused(settings: dict[str, object]) -> None:
    """The group's own words are told."""
    attempt, _ = send(lambda url: channel_at(url, **settings), GATE)
    assert attempt.result is DeliveryResult.REFUSED
    assert attempt.detail == "310000 sign not match"


def test_a_wrong_clock_is_refused() -> None:
    """The signature is good for an hour."""
    attempt, _ = send(channel_at, dingtalk_gate(TOKEN, SECRET, NOW.utc_s + 3601))
    assert attempt.result is DeliveryResult.REFUSED


@pytest.mark.parametrize(
    ("code", "result"),
    [
        (310000, DeliveryResult.REFUSED),
        (300001, DeliveryResult.REFUSED),
        (400102, DeliveryResult.REFUSED),
        (430102, DeliveryResult.REFUSED),
        (130101, DeliveryResult.THROTTLED),
        (410100, DeliveryResult.THROTTLED),
        (-1, DeliveryResult.UNAVAILABLE),
    ],
)
def test_a_code_is_judged_though_the_status_is_200(code: int, result: DeliveryResult) -> None:
    """Too many messages silence the bot for ten minutes."""
    attempt, _ = send(channel_at, GATE, said(200, {"errcode": code, "errmsg": "words"}))
    wait_s = 600.0 if result is DeliveryResult.THROTTLED else None
    assert (attempt.result, attempt.detail) == (result, f"{code} words")
    assert attempt.retry_after_s == wait_s


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_long_message_is_cut_to_what_the_service_takes(form: str) -> None:
    """In every form, with everybody who is called."""
    called = {"mention_mobiles": ("13800000000",), "mention_user_ids": ("zhang",)}
    settings = {"form": form, "mention_all": True, **called}
    attempt, service = send(lambda url: channel_at(url, **settings), GATE, message=LONG)
    assert attempt.result is DeliveryResult.PROVEN
    body = service.requests[0].json()
    assert body["at"] == {"atMobiles": ["13800000000"], "atUserIds": ["zhang"], "isAtAll": True}
    text = body["text"]["content"] if form == "text" else body["markdown"]["text"]
    assert text.endswith(("…\n@13800000000 @zhang", "…\n\n@13800000000 @zhang"))


@pytest.mark.parametrize("message", [CALM, MESSAGE])
def test_everybody_is_called_only_while_it_is_critical(message: object) -> None:
    """An all-clear wakes nobody."""
    assert isinstance(message, type(MESSAGE))
    settings = {"mention_all": True, "mention_user_ids": ("zhang",)}
    _, service = send(lambda url: channel_at(url, **settings), GATE, message=message)
    at = service.requests[0].json()["at"]
    assert at["isAtAll"] is not message.resolved
    assert at["atUserIds"] == ([] if message.resolved else ["zhang"])
