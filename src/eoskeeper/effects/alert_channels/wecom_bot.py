"""Enterprise WeChat group bot: a webhook that writes into one group chat.

Source: "消息推送配置说明", developer.work.weixin.qq.com/document/path/91770: 20 messages a
minute, text up to 2048 bytes, markdown up to 4096; codes: document/path/90313 (93000: no such
webhook; 45009: too often; -1: busy).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
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
from eoskeeper.effects.alert_channels.shortening import shortened, text_of, without_links

__all__ = ["WecomBot", "WecomBotChannel"]

TEXT_LIMIT_BYTES = 2048
MARKDOWN_LIMIT_BYTES = 4096

_CODES = CodeTable(frozenset({45009, 45033}), frozenset({-1}), 60.0)
_EVERYBODY = "@all"


class WecomBot(ChannelSettings, frozen=True, tag="wecom_bot"):
    """The table ``[alarm.channels.NAME]`` with ``kind = "wecom_bot"``.

    Attributes:
        webhook: the whole address that the group shows, with its key.
        form: markdown calls nobody; a message that must is sent as text.
        mention_user_ids: members who are called, unless the message is an all-clear or for
            information.
        mention_mobiles: the same by telephone number.
        mention_all: call everybody when it is critical.
    """

    webhook: Secret
    form: Literal["text", "markdown"] = "text"
    mention_user_ids: tuple[Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.@-]{1,64}$")], ...] = ()
    mention_mobiles: tuple[Annotated[str, Meta(pattern=r"^\+?[0-9-]{5,20}$")], ...] = ()
    mention_all: bool = False


class WecomBotChannel:
    """Sends to one group."""

    def __init__(self, settings: WecomBot, clock: Callable[[], Moment]) -> None:
        """Every channel is given the clock; this one needs no time."""
        self._settings = settings
        self._clock = clock
        self._client = Client()

    async def send(self, message: Message) -> Attempt:
        """Proven by the code 0."""
        settings = self._settings
        keys = (settings.webhook,)
        request = Request.of_json(settings.webhook.reveal(), _content(settings, message))
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


def _content(settings: WecomBot, message: Message) -> dict[str, object]:
    text = text_of(message)
    user_ids, mobiles = _mentioned(settings, message)
    if settings.form == "markdown" and not user_ids and not mobiles:
        title, _, rest = text.partition("\n")
        markdown = shortened(f"**{title}**\n{without_links(rest)}", MARKDOWN_LIMIT_BYTES)
        return {"msgtype": "markdown", "markdown": {"content": markdown}}
    content = {
        "content": shortened(text, TEXT_LIMIT_BYTES),
        "mentioned_list": user_ids,
        "mentioned_mobile_list": mobiles,
    }
    return {"msgtype": "text", "text": content}


def _mentioned(settings: WecomBot, message: Message) -> tuple[list[str], list[str]]:
    """User ids and telephone numbers."""
    if message.resolved or message.severity is Severity.INFO:
        return [], []
    everybody = settings.mention_all and message.severity is Severity.CRITICAL
    user_ids = [*settings.mention_user_ids, *([_EVERYBODY] if everybody else [])]
    return user_ids, list(settings.mention_mobiles)
