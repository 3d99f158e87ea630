"""The gateway of anybody: asked as configured, delivered only by the configured word."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

import msgspec
import pytest
from hypothesis import given, settings

from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Attempt
from eoskeeper.effects.alert_channels.sms_gateway import SmsGateway, SmsGatewayChannel
from eoskeeper.effects.alert_channels.sms_success import Success
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

PASSWORD = "p&ss wörd+/="  # noqa: S105 - of this test
KEY = "key-in-the-address"
OK = '{"code":"0","msg":"ok"}'
TEXT = "bp-1 172-16-9-41: head age 12.5 s; see http wiki-example-com/head_age; 磁盘剩余 3.5 GB"


def table(url: str, **changes: object) -> SmsGateway:
    """A gateway as many are."""
    fields: dict[str, object] = {
        "url": Secret(f"{url}/send?key={KEY}"),
        "parameters": {
            "account": "n1",
            "pswd": "{password}",
            "mobile": "{mobiles}",
            "msg": "{text}",
            "at": "{time}",
        },
        "success": Success(json_path="code", equals="0"),
        "password": Secret(PASSWORD),
        "mobiles": MOBILES,
        "timeout_s": 0.5,
    }
    return SmsGateway(**(fields | changes))  # type: ignore[arg-type]  # a test's own table


async def send(url: str, **changes: object) -> Attempt:
    """One attempt."""
    channel = SmsGatewayChannel(table(url, **changes), lambda: NOW)
    try:
        return await channel.send(MESSAGE)
    finally:
        await channel.close()


EXPECTED = {
    "account": "n1",
    "pswd": PASSWORD,
    "mobile": "13800000001,13900000002",
    "msg": TEXT,
    "at": "2025-07-06 08:00:00 UTC",
}


def test_a_form_is_posted_and_its_answer_proves_delivery() -> None:
    """The address keeps its own query."""
    attempt, [asked] = sms_service.ask(send, answer(OK))
    assert attempt == Attempt(DeliveryResult.PROVEN, OK)
    assert (asked.method, asked.query) == ("POST", {"key": KEY})
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded; charset=utf-8"
    assert dict(parse_qsl(asked.body.decode())) == EXPECTED


def test_a_get_has_everything_in_its_query() -> None:
    """Beside what the address has there already."""
    attempt, [asked] = sms_service.ask(lambda url: send(url, method="GET"), answer(OK, 202))
    assert attempt.result is DeliveryResult.PROVEN
    assert asked.method == "GET"
    assert asked.query == EXPECTED | {"key": KEY}


def test_json_is_posted_as_json_with_the_configured_headers() -> None:
    """A quotation mark in the password must not end a string."""
    hard = Secret('a"b\\c')
    attempt, [asked] = sms_service.ask(
        lambda url: send(
            url, body="json", password=hard, headers={"Authorization": "Basic {password}"}
        ),
        answer(OK),
    )
    assert attempt.result is DeliveryResult.PROVEN
    assert json.loads(asked.body) == EXPECTED | {"pswd": 'a"b\\c'}
    assert asked.headers["authorization"] == 'Basic a"b\\c'
    assert asked.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_chinese_goes_out_and_comes_back_in_gbk(method: str) -> None:
    """Old gateways know nothing else; a letter that GBK has not becomes a question mark."""
    said = answer("成功:1234".encode("gbk"))
    changes = {"encoding": "gbk", "success": Success(text_contains="成功"), "method": method}
    attempt, [asked] = sms_service.ask(lambda url: send(url, **changes), said)
    assert attempt == Attempt(DeliveryResult.PROVEN, "成功:1234")
    sent = asked.body.decode() if method == "POST" else urlsplit(asked.target).query
    assert "磁盘剩余".encode("gbk") in unquote_to_bytes(sent)
    assert dict(parse_qsl(sent, encoding="gbk"))["pswd"] == PASSWORD.replace("ö", "?")


def test_one_by_one_asks_for_each_number() -> None:
    """For gateways that take one; who has it and who has not is told."""

    def some(asked: Asked) -> Said:
        return answer(OK if b"13800000001" in asked.body else '{"code":"7"}')

    parameters = {"to": "{mobile}", "text": "{text}"}
    attempt, asked = sms_service.ask(
        lambda url: send(url, one_by_one=True, parameters=parameters), some
    )
    assert attempt == Attempt(DeliveryResult.PROVEN, '1 of 2 taken; ...0002: {"code":"7"}')
    assert len(asked) == 2


def test_one_by_one_ends_in_time_however_many_numbers_there_are() -> None:
    """They are asked side by side; one after the other would take a time limit each."""
    parameters = {"to": "{mobile}", "text": "{text}"}
    numbers = tuple(f"1380000{at:04d}" for at in range(4))
    changes = {"one_by_one": True, "parameters": parameters, "mobiles": numbers}
    attempt, asked = sms_service.ask(lambda url: send(url, timeout_s=0.5, **changes), None)
    assert attempt.result is DeliveryResult.TIMED_OUT
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("said", "result"),
    [
        (answer('{"code":"108","msg":"no money"}'), DeliveryResult.REFUSED),
        (answer('{"code":0}', 429, ["Retry-After: 7"]), DeliveryResult.THROTTLED),
        (answer(OK, 500), DeliveryResult.UNAVAILABLE),
        (answer(OK, 403), DeliveryResult.REFUSED),
        *WHOLE_FAILURES,
    ],
)
def test_whatever_is_not_the_success_delivers_nothing(said: Said, result: DeliveryResult) -> None:
    """Status 200 with an error inside above all."""
    attempt, _ = sms_service.ask(send, said)
    assert attempt.result is result


def test_a_wait_that_the_gateway_asks_for_is_handed_on() -> None:
    """Whoever retries must respect it."""
    attempt, _ = sms_service.ask(send, answer("", 429, ["Retry-After: 7"]))
    assert attempt.retry_after_s == pytest.approx(7.0)


def test_nobody_there_is_unavailable() -> None:
    """A refused connection is worth another attempt."""
    assert sms_service.ask_nobody(send).result is DeliveryResult.UNAVAILABLE


def test_without_a_number_nothing_is_asked() -> None:
    """Some gateways say yes to an empty list."""
    attempt, asked = sms_service.ask(lambda url: send(url, mobiles=()), answer(OK))
    assert (attempt.result, asked) == (DeliveryResult.REFUSED, [])


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_answer_that_quotes_what_was_sent_spills_no_secret(method: str, status: int) -> None:
    """In plain or in the form that it came in."""

    def echo(asked: Asked) -> Said:
        return answer(asked.target.encode() + b" " + asked.body + f" {PASSWORD}".encode(), status)

    attempt, _ = sms_service.ask(lambda url: send(url, method=method), echo)
    assert attempt.result is not DeliveryResult.PROVEN
    for secret in (PASSWORD, "p%26ss", KEY):
        assert secret not in attempt.detail


def test_nothing_shows_the_secrets_of_the_table() -> None:
    """Tables are printed by the command ``check`` and in logs."""
    shown = repr(table("http://127.0.0.1:1"))
    assert PASSWORD not in shown
    assert KEY not in shown


@settings(max_examples=80, deadline=None)
@given(ANSWERS, STATUSES)
def test_no_answer_but_the_success_proves_anything(body: bytes, status: int) -> None:
    """Nor does any answer make an exception."""
    rule = Success(json_path="code.0", equals="sent-ok-77")
    attempt, _ = sms_service.ask(lambda url: send(url, success=rule), answer(body, status))
    assert attempt.result is not DeliveryResult.PROVEN
    assert attempt.detail.isprintable()
    assert len(attempt.detail) <= 300


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"parameters": {"a": "{mobiles}{text}{nonsense}"}}, "nothing is known of"),
        ({"parameters": {"a": "{text}"}}, "must name the receivers"),
        ({"parameters": {"a": "{mobile}{text}"}}, "must name the receivers"),
        ({"parameters": {"a": "{mobiles}{text}"}, "one_by_one": True}, "must name the receivers"),
        ({"parameters": {"a": "{mobiles}"}}, "must stand somewhere"),
        ({"password": None}, "there is no password"),
        ({"headers": {"X": "{text}"}}, "only {password}"),
    ],
)
def test_a_table_that_cannot_reach_anybody_is_a_problem(
    changes: dict[str, object], problem: str
) -> None:
    """Of the configuration, not of the night when it is needed."""
    with pytest.raises(ValueError, match=problem.replace("{", r"\{")):
        table("http://127.0.0.1:1", **changes)


def test_a_table_without_a_success_rule_is_a_problem() -> None:
    """Status 200 alone proves nothing, so nothing is assumed."""
    with pytest.raises(msgspec.ValidationError, match="success"):
        msgspec.convert(
            {"kind": "sms_gateway", "url": "http://a", "parameters": {"a": "{mobiles}{text}"}},
            SmsGateway,
            dec_hook=lambda kind, text: kind(text),
        )
