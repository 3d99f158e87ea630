"""Whatever a chat service does, its channel gives a value: true, in time, without a secret."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Attempt, Channel
from eoskeeper.effects.alert_channels.dingtalk import Dingtalk
from eoskeeper.effects.alert_channels.exchange import DETAIL_LIMIT
from eoskeeper.effects.alert_channels.feishu import Feishu
from eoskeeper.effects.alert_channels.wecom_app import WecomApp
from eoskeeper.effects.alert_channels.wecom_bot import WecomBot
from tests.contract.alert_channels import (
    test_dingtalk,
    test_feishu,
    test_wecom_app,
    test_wecom_bot,
)
from tests.contract.alert_channels.sending import MESSAGE, send
from tests.fakes.alert_service import (
    Gate,
    Misbehaviour,
    begin_only,
    hang,
    no_http,
    parrot,
    reset,
    said,
    serving,
)

R = DeliveryResult


class Case(NamedTuple):
    """One channel.

    Attributes:
        steps: honest answers before the one that is tried.
        codes: keys that the code may stand in.
    """

    channel_at: Callable[[str], Channel]
    gate: Callable[[], Gate]
    steps: int
    codes: tuple[str, ...]
    words: str
    secrets: tuple[str, ...]


APP = (test_wecom_app.channel_at, test_wecom_app.enterprise)
APP_SECRETS = (test_wecom_app.SECRET, "planted-app-secret", "planted/token", "planted%2Ftoken")
CASES = {
    "wecom_app_token": Case(*APP, 0, ("errcode",), "errmsg", APP_SECRETS),
    "wecom_app": Case(*APP, 1, ("errcode",), "errmsg", APP_SECRETS),
    "wecom_bot": Case(
        test_wecom_bot.channel_at,
        lambda: test_wecom_bot.GATE,
        0,
        ("errcode",),
        "errmsg",
        (test_wecom_bot.KEY,),
    ),
    "dingtalk": Case(
        test_dingtalk.channel_at,
        lambda: test_dingtalk.GATE,
        0,
        ("errcode",),
        "errmsg",
        (test_dingtalk.TOKEN, test_dingtalk.SECRET),
    ),
    "feishu": Case(
        test_feishu.channel_at,
        lambda: test_feishu.GATE,
        0,
        ("code", "StatusCode"),
        "msg",
        (test_feishu.HOOK, test_feishu.SECRET),
    ),
}

every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())

OVERSIZED = b'{"errcode":0,"code":0,"errmsg":"' + b"x" * 70_000 + b'"}'


def safe(attempt: Attempt, case: Case) -> Attempt:
    """The attempt, which shows no secret and fits in a line."""
    shown = repr(attempt)
    assert not any(secret in shown for secret in case.secrets)
    assert len(attempt.detail) <= DETAIL_LIMIT
    assert attempt.detail.isprintable()
    return attempt


@every_case
@pytest.mark.parametrize(
    ("trouble", "result"),
    [
        (said(429, "slow down", {"Retry-After": "7"}), R.THROTTLED),
        (said(429, {"errcode": 0, "code": 0}, {"Retry-After": "7"}), R.THROTTLED),
        (said(500, "<html>"), R.UNAVAILABLE),
        (said(503, {"errcode": 0, "code": 0}), R.UNAVAILABLE),
        (said(503, {"errcode": 99999, "code": 99999}), R.UNAVAILABLE),
        (said(408, ""), R.UNAVAILABLE),
        (said(404, "<html>"), R.REFUSED),
        (said(403, {"errcode": 0, "code": 0}), R.REFUSED),
        (said(204, ""), R.UNINTELLIGIBLE),
        (said(302, "", {"Location": "/elsewhere"}), R.UNINTELLIGIBLE),
        (said(200, ""), R.UNINTELLIGIBLE),
        (said(200, "ok"), R.UNINTELLIGIBLE),
        (said(200, "<html>" * 1000), R.UNINTELLIGIBLE),
        (said(200, b"\xff\xfe\x00"), R.UNINTELLIGIBLE),
        (said(200, b'{"errcode":0,"code":0,"x":"\xff"}'), R.UNINTELLIGIBLE),
        (said(200, "[" * 20_000), R.UNINTELLIGIBLE),
        (said(200, "{}"), R.UNINTELLIGIBLE),
        (said(200, "[0]"), R.UNINTELLIGIBLE),
        (said(200, "0"), R.UNINTELLIGIBLE),
        (said(200, {"errmsg": "ok", "msg": "success"}), R.UNINTELLIGIBLE),
        (said(200, {"errcode": "0", "code": "0"}), R.UNINTELLIGIBLE),
        (said(200, {"errcode": None, "code": None}), R.UNINTELLIGIBLE),
        (said(200, {"errcode": False, "code": False}), R.UNINTELLIGIBLE),
        (said(200, {"errcode": 0, "code": 0, "errmsg": 1, "msg": 1}), R.UNINTELLIGIBLE),
        (said(200, {"errcode": 99999, "code": 99999}), R.REFUSED),
        (said(200, OVERSIZED), R.UNINTELLIGIBLE),
        (no_http, R.UNINTELLIGIBLE),
        (reset, R.UNAVAILABLE),
        (hang, R.TIMED_OUT),
        (begin_only, R.TIMED_OUT),
    ],
)
def test_a_trouble_has_its_class(case: Case, trouble: Misbehaviour, result: R) -> None:
    """And none of them is a success; nothing is asked again but a token."""
    attempt, service = send(case.channel_at, case.gate(), *[None] * case.steps, trouble)
    assert safe(attempt, case).result is result
    assert attempt.retry_after_s == (7.0 if result is R.THROTTLED else None)
    assert len(service.requests) == case.steps + 1


@every_case
def test_nobody_listens(case: Case) -> None:
    """Neither the address nor the key is told."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"

        async def run() -> Attempt:
            channel = case.channel_at(url)
            try:
                return await channel.send(MESSAGE)
            finally:
                await channel.close()

        attempt = safe(asyncio.run(run()), case)
    assert attempt.result is DeliveryResult.UNAVAILABLE
    assert attempt.detail.startswith("no connection: ConnectionRefusedError")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://host",
        "no address",
        "http://",
        "http://[bad",
        "//x",
        "http://a..b/",
        "http://h:x/",
        "http://h:0/",
    ],
)
@pytest.mark.parametrize("name", ["wecom_bot", "dingtalk", "feishu"])
def test_an_address_that_is_none_is_refused(name: str, url: str) -> None:
    """It is a secret, so nobody looked at it before."""
    case = CASES[name]

    async def run() -> Attempt:
        channel = case.channel_at(url)
        try:
            return await channel.send(MESSAGE)
        finally:
            await channel.close()

    assert safe(asyncio.run(run()), case).result is DeliveryResult.REFUSED


@every_case
def test_a_service_that_quotes_the_request_gives_no_secret_away(case: Case) -> None:
    """Its words are told without them."""
    quoting = parrot(case.codes[0], case.words)
    attempt, _ = send(case.channel_at, case.gate(), *[None] * case.steps, quoting)
    assert safe(attempt, case).result is DeliveryResult.REFUSED
    assert "***" in attempt.detail


@every_case
def test_a_channel_shows_no_secret_of_itself(case: Case) -> None:
    """Nor do its settings."""
    channel = case.channel_at("http://127.0.0.1:1")
    shown = f"{channel!r} {vars(channel)!r}"
    assert not any(secret in shown for secret in case.secrets)


KINDS = {"wecom_app": WecomApp, "wecom_bot": WecomBot, "dingtalk": Dingtalk, "feishu": Feishu}


@pytest.mark.parametrize(("tag", "kind"), KINDS.items())
def test_the_kind_of_a_table_tells_its_channel(tag: str, kind: type[msgspec.Struct]) -> None:
    """And a key of another kind is a problem."""
    union = WecomApp | WecomBot | Dingtalk | Feishu
    own: dict[str, object] = {"webhook": Secret("https://host/x")}
    table = {"kind": tag, **(test_wecom_app.TABLE if tag == "wecom_app" else own)}
    assert type(msgspec.convert(table, union)) is kind
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({**table, "another": 1}, union)


codes = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
json_values = st.recursive(
    codes, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
json_answers = st.dictionaries(
    st.sampled_from(
        ["errcode", "code", "StatusCode", "errmsg", "msg", "invaliduser", "expires_in"]
    ),
    st.just(0) | json_values,
    max_size=4,
).map(lambda value: json.dumps(value).encode())
answers = st.binary(max_size=200) | json_answers | json_values.map(lambda v: json.dumps(v).encode())
statuses = st.sampled_from([200, 200, 200, 201, 400, 429, 500])


def documented_success(status: int, body: bytes, case: Case) -> bool:
    """By another reader of JSON than the channel's."""
    if status != 200:
        return False
    try:
        value: Any = json.loads(body.decode())
    except ValueError:
        return False
    told = [value[key] for key in case.codes if key in value] if isinstance(value, dict) else []
    told = [code for code in told if code is not None]
    return bool(told) and all(code == 0 and not isinstance(code, bool) for code in told)


@every_case
def test_no_answer_raises_and_none_proves_but_the_documented_one(case: Case) -> None:
    """Random bytes, random JSON, and JSON that is nearly right."""
    with asyncio.Runner() as runner:

        @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
        @given(status=statuses, body=answers)
        def check(status: int, body: bytes) -> None:
            attempt = runner.run(tried(status, body))
            if safe(attempt, case).result is DeliveryResult.PROVEN:
                assert documented_success(status, body, case)

        async def tried(status: int, body: bytes) -> Attempt:
            service.next_answers.extend([*[None] * case.steps, said(status, body)])
            channel = case.channel_at(service.url)
            try:
                return await channel.send(MESSAGE)
            finally:
                await channel.close()
                service.next_answers.clear()

        context = serving(case.gate())
        service = runner.run(context.__aenter__())
        try:
            check()
        finally:
            runner.run(context.__aexit__(None, None, None))
