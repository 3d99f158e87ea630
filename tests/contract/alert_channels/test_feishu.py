"""FeishuChannel signs as documented and believes nothing but the code 0."""

from __future__ import annotations

import pytest

from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Message
from eoskeeper.effects.alert_channels.feishu import Feishu, FeishuChannel, signature
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
from tests.fakes.alert_service import feishu_gate, said

HOOK = "planted0-hook-4000-8000-0123456789ab"
SECRET = "planted-sign-secret"  # noqa: S105 - planted for the tests
GATE = feishu_gate(HOOK, SECRET, NOW.utc_s)


def channel_at(url: str, **settings: object) -> FeishuChannel:
    """A channel to the fake."""
    webhook = Secret(f"{url}/open-apis/bot/v2/hook/{HOOK}")
    table = {"webhook": webhook, "sign_secret": Secret(SECRET), **settings}
    return FeishuChannel(settings_of(Feishu, "feishu", table), now)


def test_the_signature_is_the_documented_one() -> None:
    """Computed with ``printf '' | openssl dgst -sha256 -hmac KEY -binary | base64``."""
    wanted = "8HE80RnxADyiAOjOjmbVgb+9HOT4IIgq6kWpACRcXGk="
    assert signature(Secret(SECRET), 1_700_000_000) == wanted


def test_a_signed_message_is_taken() -> None:
    """The whole text arrives, the title first."""
    attempt, service = send(channel_at, GATE)
    assert attempt.result is DeliveryResult.PROVEN
    (request,) = service.requests
    assert request.json()["msg_type"] == "text"
    assert request.json()["content"] == {"text": WHOLE_TEXT}


def test_without_a_secret_nothing_is_signed() -> None:
    """The bot checks keywords or addresses then."""
    gate = feishu_gate(HOOK, None, NOW.utc_s)
    attempt, service = send(lambda url: channel_at(url, sign_secret=None), gate)
    assert attempt.result is DeliveryResult.PROVEN
    assert service.requests[0].json().keys() == {"msg_type", "content"}


@pytest.mark.parametrize("secret", [Secret("another"), None])
def test_a_message_that_is_signed_otherwise_is_refused(secret: Secret | None) -> None:
    """The group's own words are told."""
    attempt, _ = send(lambda url: channel_at(url, sign_secret=secret), GATE)
    assert attempt.result is DeliveryResult.REFUSED
    assert attempt.detail.startswith("19021 sign match fail")


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ({"code": 0, "msg": "success"}, DeliveryResult.PROVEN),
        ({"StatusCode": 0, "StatusMessage": "success"}, DeliveryResult.PROVEN),
        ({"code": 0, "StatusCode": 19001}, DeliveryResult.REFUSED),
        ({"code": 19001, "StatusCode": 0}, DeliveryResult.REFUSED),
        ({"msg": "success"}, DeliveryResult.UNINTELLIGIBLE),
        ({"code": None, "StatusCode": None}, DeliveryResult.UNINTELLIGIBLE),
        ({"code": False}, DeliveryResult.UNINTELLIGIBLE),
        ({"code": 9499, "msg": "Bad Request", "data": {}}, DeliveryResult.REFUSED),
        ({"code": 19022, "msg": "Ip Not Allowed"}, DeliveryResult.REFUSED),
        ({"code": 19024, "msg": "Key Words Not Found"}, DeliveryResult.REFUSED),
        ({"code": 11232, "msg": "frequency limited"}, DeliveryResult.THROTTLED),
        ({"code": 2200, "msg": "internal error"}, DeliveryResult.UNAVAILABLE),
    ],
)
def test_both_codes_are_judged_though_the_status_is_200(
    body: dict[str, object], result: DeliveryResult
) -> None:
    """The older form may stand alone or beside that of today; neither may tell a failure."""
    attempt, _ = send(channel_at, GATE, said(200, body))
    assert attempt.result is result


def test_the_rate_limit_is_one_though_the_status_is_400() -> None:
    """Older parts of the platform tell it so, with a header of their own for the wait."""
    body = {"code": 99991400, "msg": "request trigger frequency limit"}
    headers = {"x-ogw-ratelimit-reset": "52"}
    attempt, _ = send(channel_at, GATE, said(400, body, headers))
    assert (attempt.result, attempt.retry_after_s) == (DeliveryResult.THROTTLED, 52.0)


def test_success_in_the_body_of_a_bad_request_proves_nothing() -> None:
    """Status and code must agree."""
    attempt, _ = send(channel_at, GATE, said(400, {"code": 0, "msg": "success"}))
    assert attempt.result is DeliveryResult.REFUSED


def test_a_long_message_is_cut_to_what_the_service_takes() -> None:
    """The whole body counts."""
    settings = {"mention_all": True, "mention_user_ids": ("ou_1",)}
    attempt, service = send(lambda url: channel_at(url, **settings), GATE, message=LONG)
    assert attempt.result is DeliveryResult.PROVEN
    text = service.requests[0].json()["content"]["text"]
    assert text.endswith('…\n<at user_id="ou_1"></at><at user_id="all"></at>')


@pytest.mark.parametrize("message", [CALM, MESSAGE])
def test_everybody_is_called_only_while_it_is_critical(message: Message) -> None:
    """An all-clear wakes nobody."""
    _, service = send(lambda url: channel_at(url, mention_all=True), GATE, message=message)
    called = "<at user_id" in service.requests[0].json()["content"]["text"]
    assert called is not message.resolved
