"""Aliyun's text messages: signed as documented, delivered only when its Code says OK."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Attempt
from eoskeeper.effects.alert_channels.sms_aliyun import SmsAliyun, SmsAliyunChannel, authorization
from tests.fakes import sms_service
from tests.fakes.sms_service import (
    ADDRESS,
    ANSWERS,
    MESSAGE,
    MOBILES,
    NOW,
    STATUSES,
    WHOLE_FAILURES,
    Asked,
    Said,
    answer,
)

SECRET = "an-access-key-secret+/="  # noqa: S105 - of this test
OK = '{"Code":"OK","Message":"OK","BizId":"9006","RequestId":"F655A8D5"}'


def table(url: str, **changes: object) -> SmsAliyun:
    """A whole configuration."""
    fields: dict[str, object] = {
        "access_key_id": "LTAI-1",
        "access_key_secret": Secret(SECRET),
        "sign_name": "某某节点",
        "template_code": "SMS_1",
        "mobiles": MOBILES,
        "timeout_s": 0.5,
        "api_url": url,
    }
    return SmsAliyun(**(fields | changes))  # type: ignore[arg-type]  # a test's own table


async def send(url: str, **changes: object) -> Attempt:
    """One attempt."""
    channel = SmsAliyunChannel(table(url, **changes), lambda: NOW)
    try:
        return await channel.send(MESSAGE)
    finally:
        await channel.close()


def strict(asked: Asked) -> Said:
    """Answers like the service: a wrong signature is an error."""
    if sms_service.signature_in(asked) == sms_service.aliyun_signature(asked, SECRET):
        return answer(OK)
    return answer('{"Code":"SignatureDoesNotMatch","Message":"not matched"}', 400)


def test_the_signature_is_that_of_the_documentation() -> None:
    """The fixed example of the page on signature version 3."""
    signed = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
    granted = authorization(query, signed, "YourAccessKeyId", "YourAccessKeySecret")
    assert granted == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;"
        "x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_a_message_is_proven_when_the_service_says_ok() -> None:
    """And what it was asked holds the template's variables, short and without addresses."""
    attempt, [asked] = sms_service.ask(send, strict)

    assert attempt == Attempt(DeliveryResult.PROVEN, "OK: OK")
    assert asked.headers["x-acs-date"] == "2025-07-06T08:00:00Z"
    assert asked.query["PhoneNumbers"] == "13800000001,13900000002"
    assert asked.query["SignName"] == "某某节点"
    variables = json.loads(asked.query["TemplateParam"])
    assert variables == {
        "title": "bp-1 172-16-9-41: head age 12.5 s",
        "host": "bp-1-example-com",
        "text": "see http wiki-example-com/head_ag..",
    }
    assert max(map(len, variables.values())) <= 35


def test_a_wrong_secret_is_refused() -> None:
    """The service compares signatures; so this one is not accepted by chance."""
    attempt, _ = sms_service.ask(lambda url: send(url, access_key_secret=Secret("another")), strict)
    assert attempt.result is DeliveryResult.REFUSED
    assert "SignatureDoesNotMatch" in attempt.detail


def test_no_two_requests_have_one_nonce() -> None:
    """The service refuses a nonce that it has seen."""

    async def twice(url: str) -> Attempt:
        await send(url)
        return await send(url)

    _, asked = sms_service.ask(twice, strict)
    assert len({one.headers["x-acs-signature-nonce"] for one in asked}) == 2


@pytest.mark.parametrize(
    ("code", "status", "result"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", 200, DeliveryResult.THROTTLED),
        ("isv.DAY_LIMIT_CONTROL", 200, DeliveryResult.THROTTLED),
        ("Throttling.User", 400, DeliveryResult.THROTTLED),
        ("isp.SYSTEM_ERROR", 200, DeliveryResult.UNAVAILABLE),
        ("isp.GATEWAY_ERROR", 200, DeliveryResult.UNAVAILABLE),
        ("SystemError", 500, DeliveryResult.UNAVAILABLE),
        ("ServiceUnavailable", 503, DeliveryResult.UNAVAILABLE),
        ("isp.RAM_PERMISSION_DENY", 200, DeliveryResult.REFUSED),
        ("isv.OUT_OF_SERVICE", 200, DeliveryResult.REFUSED),
        ("isv.PARAM_LENGTH_LIMIT", 200, DeliveryResult.REFUSED),
        ("SignatureNonceUsed", 400, DeliveryResult.REFUSED),
        ("ok", 200, DeliveryResult.REFUSED),
        ("OK", 500, DeliveryResult.UNAVAILABLE),
        ("OK", 204, DeliveryResult.UNINTELLIGIBLE),
    ],
)
def test_a_code_has_its_class(code: str, status: int, result: DeliveryResult) -> None:
    """With status 200 as well, and OK counts with 200 only."""
    said = answer(json.dumps({"Code": code, "Message": f"said {SECRET}"}), status)
    attempt, _ = sms_service.ask(send, said)
    assert attempt.result is result
    assert SECRET not in attempt.detail
    assert code in attempt.detail or status == 204


@pytest.mark.parametrize(("said", "result"), WHOLE_FAILURES)
def test_whatever_is_no_answer_of_the_service_delivers_nothing(
    said: Said, result: DeliveryResult
) -> None:
    """Each kind has its class, which decides whether another attempt is worth it."""
    attempt, _ = sms_service.ask(send, said)
    assert attempt.result is result


def test_nobody_there_is_unavailable() -> None:
    """A refused connection is worth another attempt."""
    assert sms_service.ask_nobody(send).result is DeliveryResult.UNAVAILABLE


def test_without_a_number_nothing_is_asked() -> None:
    """The service's own error would cost an attempt and say less."""
    attempt, asked = sms_service.ask(lambda url: send(url, mobiles=()), strict)
    assert (attempt.result, asked) == (DeliveryResult.REFUSED, [])


@settings(max_examples=60, deadline=None)
@given(ANSWERS, STATUSES)
def test_no_answer_but_its_ok_proves_anything(body: bytes, status: int) -> None:
    """Nor does any answer make an exception."""
    attempt, _ = sms_service.ask(send, answer(body, status))
    assert attempt.result is not DeliveryResult.PROVEN
    assert attempt.detail.isprintable()
    assert len(attempt.detail) <= 300


def test_nothing_shows_the_secret() -> None:
    """Tables are printed by the command ``check`` and in logs."""
    shown = repr(table("http://127.0.0.1:1"))
    assert SECRET not in shown
    assert ADDRESS not in shown


def test_a_variable_that_no_message_has_is_a_problem_of_the_configuration() -> None:
    """Not one of the night when it is needed."""
    with pytest.raises(ValueError, match=r"nothing is known of \{nonsense\}"):
        table("http://127.0.0.1:1", template_param={"a": "{nonsense}"})
