"""WecomBotChannel writes into a group and believes nothing but the code 0."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.findings import Severity
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Message
from eoskeeper.effects.alert_channels.wecom_bot import WecomBot, WecomBotChannel
from tests.contract.alert_channels.sending import (
    CALM,
    LONG,
    MESSAGE,
    WHOLE_TEXT,
    now,
    send,
    settings_of,
)
from tests.fakes.alert_service import said, wecom_bot_gate

KEY = "planted0-key0-4000-8000-0123456789ab"
GATE = wecom_bot_gate(KEY)

INFORMATION = msgspec.structs.replace(MESSAGE, severity=Severity.INFO)
WARNING = msgspec.structs.replace(MESSAGE, severity=Severity.WARNING)


def channel_at(url: str, **settings: object) -> WecomBotChannel:
    """A channel to the fake."""
    table = {"webhook": Secret(f"{url}/cgi-bin/webhook/send?key={KEY}"), **settings}
    return WecomBotChannel(settings_of(WecomBot, "wecom_bot", table), now)


def test_a_message_is_taken() -> None:
    """The whole text arrives, the title first."""
    attempt, service = send(channel_at, GATE)
    assert attempt.result is DeliveryResult.PROVEN
    (request,) = service.requests
    assert request.json()["text"]["content"] == WHOLE_TEXT


def test_markdown_makes_the_title_bold() -> None:
    """And changes nothing else."""
    attempt, service = send(lambda url: channel_at(url, form="markdown"), GATE)
    assert attempt.result is DeliveryResult.PROVEN
    content = service.requests[0].json()["markdown"]["content"]
    assert content == "\n".join((f"**{MESSAGE.title}**", *MESSAGE.lines))


def test_another_key_is_refused() -> None:
    """The service's own words are told."""
    attempt, _ = send(channel_at, wecom_bot_gate("another"))
    assert attempt.result is DeliveryResult.REFUSED
    assert attempt.detail == "93000 invalid webhook url"


@pytest.mark.parametrize(
    ("code", "result"),
    [
        (93000, DeliveryResult.REFUSED),
        (45002, DeliveryResult.REFUSED),
        (45009, DeliveryResult.THROTTLED),
        (45033, DeliveryResult.THROTTLED),
        (-1, DeliveryResult.UNAVAILABLE),
    ],
)
def test_a_code_is_judged_though_the_status_is_200(code: int, result: DeliveryResult) -> None:
    """The limit is of a minute."""
    attempt, _ = send(channel_at, GATE, said(200, {"errcode": code, "errmsg": "words"}))
    wait_s = 60.0 if result is DeliveryResult.THROTTLED else None
    assert (attempt.result, attempt.detail) == (result, f"{code} words")
    assert attempt.retry_after_s == wait_s


@pytest.mark.parametrize(("form", "limit"), [("text", 2048), ("markdown", 4096)])
def test_a_long_message_is_cut_to_what_the_service_takes(form: str, limit: int) -> None:
    """At the end of a line, and not much shorter than it must be."""
    attempt, service = send(lambda url: channel_at(url, form=form), GATE, message=LONG)
    assert attempt.result is DeliveryResult.PROVEN
    content = service.requests[0].json()[form]["content"]
    assert content.endswith("counted\n…")
    assert limit - 64 < len(content.encode()) <= limit


@pytest.mark.parametrize(
    ("message", "user_ids", "mobiles"),
    [
        (MESSAGE, ["zhang", "@all"], ["13800000000"]),
        (WARNING, ["zhang"], ["13800000000"]),
        (INFORMATION, [], []),
        (CALM, [], []),
    ],
    ids=["critical", "warning", "information", "all-clear"],
)
def test_people_are_called_only_when_there_is_something_to_do(
    message: Message, user_ids: list[str], mobiles: list[str]
) -> None:
    """Everybody when it is critical, some when it is a warning, nobody else."""
    called = {"mention_user_ids": ("zhang",), "mention_mobiles": ("13800000000",)}
    settings = {**called, "mention_all": True}
    _, service = send(lambda url: channel_at(url, **settings), GATE, message=message)
    text = service.requests[0].json()["text"]
    assert (text["mentioned_list"], text["mentioned_mobile_list"]) == (user_ids, mobiles)


def test_a_markdown_message_that_calls_somebody_goes_as_text() -> None:
    """The service calls nobody by telephone number, nor everybody, in markdown."""
    settings = {"form": "markdown", "mention_all": True}
    _, service = send(lambda url: channel_at(url, **settings), GATE)
    assert service.requests[0].json()["msgtype"] == "text"


def test_a_strangers_text_calls_nobody() -> None:
    """Evidence may quote another host; its tags and links stay words."""
    hostile = "<@all> <a href='http://evil'>x</a> [x](http://evil)\x07\udcff"
    message = msgspec.structs.replace(CALM, lines=(hostile,))
    _, service = send(lambda url: channel_at(url, form="markdown"), GATE, message=message)
    content = service.requests[0].json()["markdown"]["content"]
    assert content.endswith("< @all> < a href='http://evil'>x< /a> [x] (http://evil) ?")
