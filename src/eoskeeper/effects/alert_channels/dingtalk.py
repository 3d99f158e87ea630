"""DingTalk custom bot: a webhook that writes into one group chat.

Source: "自定义机器人接入" and "自定义机器人安全设置", open.dingtalk.com/document/robots: 20
messages a minute, beyond that ten minutes of silence; a body of at most 20,000 bytes; code 310000
when keyword, address or signature do not fit, 130101 and 410100 when too often, -1 when busy.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import urlencode

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment, UtcS
from eoskeeper.domain.findings import Severity
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Attempt, ChannelSettings, Message
from eoskeeper.effects.alert_channels.coded_answer import (
    CodeTable,
    ErrorCode,
    understood,
)
from eoskeeper.effects.alert_channels.exchange import Client, Request
from eoskeeper.effects.alert_channels.shortening import (
    json_bytes,
    shortened,
    text_of,
    without_links,
)

__all__ = ["Dingtalk", "DingtalkChannel", "signed"]

TEXT_LIMIT_BYTES = 16_000
"""Of the body's 20,000; the rest is for title, mentions and form."""

TITLE_LIMIT_BYTES = 128
"""Of the line that the list of chats shows for markdown."""

_CODES = CodeTable(frozenset({130101, 410100}), frozenset({-1}), 600.0)


class Dingtalk(ChannelSettings, frozen=True, tag="dingtalk"):
    """The table ``[alarm.channels.NAME]`` with ``kind = "dingtalk"``.

    Attributes:
        webhook: the whole address that the group shows, with its access token.
        sign_secret: begins with SEC; None when the bot checks keywords or addresses instead.
        mention_mobiles: members who are called, unless the message is an all-clear or for
            information.
        mention_user_ids: the same by user id.
        mention_all: call everybody when it is critical.
    """

    webhook: Secret
    sign_secret: Secret | None = None
    form: Literal["text", "markdown"] = "text"
    mention_mobiles: tuple[Annotated[str, Meta(pattern=r"^\+?[0-9-]{5,20}$")], ...] = ()
    mention_user_ids: tuple[Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.@$:-]{1,64}$")], ...] = ()
    mention_all: bool = False


class DingtalkChannel:
    """Sends to one group; the clock is for the signature, which is good for an hour."""

    def __init__(self, settings: Dingtalk, clock: Callable[[], Moment]) -> None:
        """Nothing is opened before the first message."""
        self._settings = settings
        self._clock = clock
        self._client = Client()

    async def send(self, message: Message) -> Attempt:
        """Proven by the code 0."""
        settings = self._settings
        secret = settings.sign_secret
        keys = (settings.webhook,) if secret is None else (settings.webhook, secret)
        url = signed(settings.webhook, secret, self._clock().utc_s)
        request = Request.of_json(url, _content(settings, message))
        answer = await self._client.exchange(request, settings.timeout_s)
        if isinstance(answer, Attempt):
            return answer
        said = understood(answer, ErrorCode, keys)
        if isinstance(said, Attempt):
            return said
        failure = _CODES.failure(answer, said.errcode, said.errmsg, keys)
        return failure or Attempt(DeliveryResult.PROVEN, "taken by the group")

    async def close(self) -> None:
        """Let the session go."""
        await self._client.close()


def signed(webhook: Secret, secret: Secret | None, now: UtcS) -> str:
    """The address to post to at this time.

    Source: "自定义机器人安全设置": HMAC-SHA256 of the milliseconds, a line end and the secret,
    keyed by the secret; base64, then URL-encoded.
    """
    if secret is None:
        return webhook.reveal()
    timestamp_ms = str(round(now * 1000))
    signature = hmac.digest(
        secret.reveal().encode(), f"{timestamp_ms}\n{secret.reveal()}".encode(), hashlib.sha256
    )
    query = urlencode({"timestamp": timestamp_ms, "sign": base64.b64encode(signature).decode()})
    whole = webhook.reveal()
    return f"{whole}{'&' if '?' in whole else '?'}{query}"


def _content(settings: Dingtalk, message: Message) -> dict[str, object]:
    """A member is called only when the text names them, too."""
    text = text_of(message)
    title, _, rest = text.partition("\n")
    mobiles, user_ids, everybody = _mentioned(settings, message)
    names = " ".join(f"@{one}" for one in (*mobiles, *user_ids))
    at = {"atMobiles": mobiles, "atUserIds": user_ids, "isAtAll": everybody}
    if settings.form == "markdown":
        lines = without_links(rest).replace("\n", "\n\n")
        body = shortened(f"**{title}**\n\n{lines}", TEXT_LIMIT_BYTES, json_bytes)
        head = shortened(title, TITLE_LIMIT_BYTES)
        markdown = {"title": head, "text": f"{body}\n\n{names}".rstrip()}
        return {"msgtype": "markdown", "markdown": markdown, "at": at}
    body = shortened(text, TEXT_LIMIT_BYTES, json_bytes)
    return {"msgtype": "text", "text": {"content": f"{body}\n{names}".rstrip()}, "at": at}


def _mentioned(settings: Dingtalk, message: Message) -> tuple[list[str], list[str], bool]:
    """Telephone numbers, user ids, and whether everybody is called."""
    if message.resolved or message.severity is Severity.INFO:
        return [], [], False
    everybody = settings.mention_all and message.severity is Severity.CRITICAL
    return list(settings.mention_mobiles), list(settings.mention_user_ids), everybody
