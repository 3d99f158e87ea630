"""Tencent's text messages: signed as documented, delivered only when a status says Ok."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Attempt
from eoskeeper.effects.alert_channels.sms_tencent import (
    SmsTencent,
    SmsTencentChannel,
    authorization,
)
from tests.fakes import sms_service
from tests.fakes.sms_service import (
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

SECRET = "a-secret-key+/="  # noqa: S105 - of this test


def statuses(*codes: str) -> str:
    """A whole answer for as many numbers."""
    each = [
        {"SerialNo": "1", "PhoneNumber": f"+8613800000{at:03d}", "Code": code, "Message": "words"}
        for at, code in enumerate(codes)
    ]
    return json.dumps({"Response": {"SendStatusSet": each, "RequestId": "a0aabda6"}})


def failure(code: str, words: str = "words") -> str:
    """The answer when the call itself fails."""
    error = {"Code": code, "Message": words}
    return json.dumps({"Response": {"Error": error, "RequestId": "a0aabda6"}})


def table(url: str, **changes: object) -> SmsTencent:
    """A whole configuration."""
    fields: dict[str, object] = {
        "secret_id": "AKID-1",
        "secret_key": Secret(SECRET),
        "sdk_app_id": "1400006666",
        "sign_name": "某某节点",
        "template_id": "1110",
        "mobiles": MOBILES,
        "timeout_s": 0.5,
        "api_url": url,
    }
    return SmsTencent(**(fields | changes))  # type: ignore[arg-type]  # a test's own table


async def send(url: str, **changes: object) -> Attempt:
    """One attempt."""
    channel = SmsTencentChannel(table(url, **changes), lambda: NOW)
    try:
        return await channel.send(MESSAGE)
    finally:
        await channel.close()


def strict(asked: Asked) -> Said:
    """Answers like the service: a wrong signature is an error with status 200."""
    if sms_service.signature_in(asked) == sms_service.tencent_signature(asked, SECRET):
        return answer(statuses("Ok", "Ok"))
    return answer(failure("AuthFailure.SignatureFailure"))


def test_the_signature_is_that_of_the_documentation() -> None:
    """The fixed example of the page on signature version 3."""
    body = (
        rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    )
    granted = authorization(
        body,
        "cvm.tencentcloudapi.com",
        "cvm",
        1551113065,
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
    )
    assert granted == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/"
        "tc3_request, SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


def test_a_message_is_proven_when_every_status_is_ok() -> None:
    """And what the service was asked holds the template's variables in their order."""
    attempt, [asked] = sms_service.ask(send, strict)

    assert attempt == Attempt(DeliveryResult.PROVEN, "2 taken: Ok: words")
    assert asked.headers["x-tc-timestamp"] == "1751788800"
    assert asked.headers["x-tc-action"] == "SendSms"
    assert json.loads(asked.body) == {
        "PhoneNumberSet": list(MOBILES),
        "SmsSdkAppId": "1400006666",
        "SignName": "某某节点",
        "TemplateId": "1110",
        "TemplateParamSet": [
            "bp-1 172-16-9-41: head age 12.5 s",
            "bp-1-example-com",
            "see http wiki-example-com/head_ag..",
        ],
    }


def test_a_wrong_key_is_refused() -> None:
    """The service compares signatures; so this one is not accepted by chance."""
    attempt, _ = sms_service.ask(lambda url: send(url, secret_key=Secret("another")), strict)
    assert attempt == Attempt(DeliveryResult.REFUSED, "AuthFailure.SignatureFailure: words")


def test_one_receiver_of_two_is_proof_and_the_detail_tells_of_the_other() -> None:
    """Somebody has been told; a second attempt would tell the first one twice."""
    said = answer(statuses("Ok", "FailedOperation.PhoneNumberInBlacklist"))
    attempt, _ = sms_service.ask(send, said)
    assert attempt == Attempt(
        DeliveryResult.PROVEN,
        "1 of 2 taken; ...0001: FailedOperation.PhoneNumberInBlacklist: words",
    )


@pytest.mark.parametrize(
    ("codes", "result"),
    [
        (("LimitExceeded.PhoneNumberDailyLimit",), DeliveryResult.THROTTLED),
        (("InternalError.Timeout",), DeliveryResult.UNAVAILABLE),
        (("InvalidParameterValue.IncorrectPhoneNumber",), DeliveryResult.REFUSED),
        (("OK",), DeliveryResult.REFUSED),
        (("Ok.Not",), DeliveryResult.REFUSED),
        (
            ("FailedOperation.ContainSensitiveWord", "LimitExceeded.DeliveryFrequencyLimit"),
            DeliveryResult.THROTTLED,
        ),
        ((), DeliveryResult.UNINTELLIGIBLE),
    ],
)
def test_no_receiver_is_no_delivery(codes: tuple[str, ...], result: DeliveryResult) -> None:
    """What another attempt may mend counts before what it cannot."""
    attempt, _ = sms_service.ask(send, answer(statuses(*codes)))
    assert attempt.result is result


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("RequestLimitExceeded", DeliveryResult.THROTTLED),
        ("LimitExceeded.AppCountryOrRegionDailyLimit", DeliveryResult.THROTTLED),
        ("InternalError", DeliveryResult.UNAVAILABLE),
        ("AuthFailure.SecretIdNotFound", DeliveryResult.REFUSED),
        ("Ok", DeliveryResult.UNINTELLIGIBLE),
    ],
)
def test_an_error_has_its_class(code: str, result: DeliveryResult) -> None:
    """An error that calls itself Ok delivers nothing either."""
    attempt, _ = sms_service.ask(send, answer(failure(code, f"said {SECRET}")))
    assert attempt.result is result
    assert SECRET not in attempt.detail


@pytest.mark.parametrize(("said", "result"), WHOLE_FAILURES)
def test_whatever_is_no_answer_of_the_service_delivers_nothing(
    said: Said, result: DeliveryResult
) -> None:
    """Each kind has its class, which decides whether another attempt is worth it."""
    attempt, _ = sms_service.ask(send, said)
    assert attempt.result is result


def test_an_ok_beside_an_error_status_is_no_delivery() -> None:
    """Something between us and the service made that answer."""
    attempt, _ = sms_service.ask(send, answer(statuses("Ok"), 502))
    assert attempt.result is DeliveryResult.UNAVAILABLE


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
    assert SECRET not in repr(table("http://127.0.0.1:1"))


def test_a_variable_that_no_message_has_is_a_problem_of_the_configuration() -> None:
    """Not one of the night when it is needed."""
    with pytest.raises(ValueError, match=r"nothing is known of \{nonsense\}"):
        table("http://127.0.0.1:1", template_param=("{nonsense}",))
