"""Feishu (Lark) custom bot: a webhook that writes into one group chat.

Source: "Custom bot usage guide", open.feishu.cn/document/client-docs/bot-v3/add-custom-bot:
100 messages a minute and 5 a second, a body of at most 20 KB; codes 9499 (bad body), 19001 (no
such webhook), 19021 (signature), 19022 (address), 19024 (keyword), 11232 (too often).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment, UtcS
from eoskeeper.domain.findings import Severity
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Attempt, ChannelSettings, Message
from eoskeeper.effects.alert_channels.coded_answer import CodeTable, understood
from eoskeeper.effects.alert_channels.exchange import Answer, Client, Request
from eoskeeper.effects.alert_channels.shortening import json_bytes, shortened, text_of

__all__ = ["Feishu", "FeishuChannel", "signature"]

TEXT_LIMIT_BYTES = 16_000
"""Of the body's 20 KB; the rest is for mentions and form."""

_CODES = CodeTable(frozenset({11232, 99991400}), frozenset({2200}))
"""99991400 is the platform's own rate limit, 2200 its internal error."""


class Feishu(ChannelSettings, frozen=True, tag="feishu"):
    """The table ``[alarm.channels.NAME]`` with ``kind = "feishu"``.

    Attributes:
        webhook: the whole address that the group shows; its last part is the key.
        sign_secret: None when the bot checks keywords or addresses instead.
        mention_user_ids: ``open_id`` (``ou_...``) or ``user_id`` of members who are called, unless
            the message is an all-clear or for information. A custom bot cannot call by telephone
            number.
        mention_all: call everybody when it is critical.
    """

    webhook: Secret
    sign_secret: Secret | None = None
    mention_user_ids: tuple[Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")], ...] = ()
    mention_all: bool = False


class _Said(msgspec.Struct, frozen=True):
    """The form of today and, beside or instead of it, the older one."""

    code: int | None = None
    msg: str = ""
    old_code: int | None = msgspec.field(default=None, name="StatusCode")
    old_message: str = msgspec.field(default="", name="StatusMessage")


class FeishuChannel:
    """Sends to one group; the clock is for the signature, which is good for an hour."""

    def __init__(self, settings: Feishu, clock: Callable[[], Moment]) -> None:
        """Nothing is opened before the first message."""
        self._settings = settings
        self._clock = clock
        self._client = Client()

    async def send(self, message: Message) -> Attempt:
        """Proven by the code 0, in the form of today or the older one."""
        settings = self._settings
        content = _content(settings, message, self._clock().utc_s)
        request = Request.of_json(settings.webhook.reveal(), content)
        answer = await self._client.exchange(request, settings.timeout_s)
        return answer if isinstance(answer, Attempt) else _judged(answer, settings)

    async def close(self) -> None:
        """Let the session go."""
        await self._client.close()


def signature(secret: Secret, timestamp_s: int) -> str:
    """The signature at this time, in seconds of UTC.

    Source: "Custom bot usage guide", signature verification: HMAC-SHA256 of nothing, keyed by the
    seconds, a line end and the secret; base64.
    """
    key = f"{timestamp_s}\n{secret.reveal()}".encode()
    return base64.b64encode(hmac.digest(key, b"", hashlib.sha256)).decode()


def _judged(answer: Answer, settings: Feishu) -> Attempt:
    keys = tuple(one for one in (settings.webhook, settings.sign_secret) if one is not None)
    said = understood(answer, _Said, keys)
    if isinstance(said, Attempt):
        return said
    codes = [code for code in (said.code, said.old_code) if code is not None]
    if not codes:
        without = Attempt(DeliveryResult.UNINTELLIGIBLE, "an answer without a code")
        return answer.failure() or without
    code = next((code for code in codes if code), 0)
    failure = _CODES.failure(answer, code, said.msg or said.old_message, keys)
    return failure or Attempt(DeliveryResult.PROVEN, "taken by the group")


def _content(settings: Feishu, message: Message, now: UtcS) -> dict[str, object]:
    body = shortened(text_of(message), TEXT_LIMIT_BYTES, json_bytes)
    text = f"{body}\n{_mentions(settings, message)}".rstrip()
    content: dict[str, object] = {"msg_type": "text", "content": {"text": text}}
    if settings.sign_secret is None:
        return content
    timestamp_s = int(now)
    sign = signature(settings.sign_secret, timestamp_s)
    return {"timestamp": str(timestamp_s), "sign": sign, **content}


def _mentions(settings: Feishu, message: Message) -> str:
    if message.resolved or message.severity is Severity.INFO:
        return ""
    everybody = settings.mention_all and message.severity is Severity.CRITICAL
    called = (*settings.mention_user_ids, *(["all"] if everybody else []))
    return "".join(f'<at user_id="{one}"></at>' for one in called)
