"""The forms of an Enterprise WeChat application message: text, text card and news.

Source: "发送应用消息", developer.work.weixin.qq.com/document/path/90236: content of text 2048
bytes; title 128 bytes and description 512 bytes of a card or an article; a card's description
takes ``<br>`` and ``<div class="gray">``, ``normal`` or ``highlight``; news has 1 to 8 articles.
"""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Literal

from eoskeeper.domain.findings import Severity
from eoskeeper.effects.alert_channels.channel import Message
from eoskeeper.effects.alert_channels.shortening import shortened, text_of, utf8_bytes

__all__ = ["AppForm", "content_of"]

AppForm = Literal["text", "textcard", "news"]

TEXT_LIMIT_BYTES = 2048
TITLE_LIMIT_BYTES = 128
DESCRIPTION_LIMIT_BYTES = 512


def content_of(form: AppForm, message: Message, link_url: str) -> dict[str, object]:
    """The part of a request that tells the message.

    Args:
        link_url: opened by a touch on a card or an article; unused by text.
    """
    text = text_of(message)
    if form == "text":
        return {"msgtype": "text", "text": {"content": shortened(text, TEXT_LIMIT_BYTES)}}
    title, _, rest = text.partition("\n")
    head = {"title": shortened(title, TITLE_LIMIT_BYTES), "url": link_url}
    if form == "textcard":
        return {"msgtype": "textcard", "textcard": {**head, "description": _card(message, rest)}}
    description = shortened(rest or title, DESCRIPTION_LIMIT_BYTES)
    return {"msgtype": "news", "news": {"articles": [{**head, "description": description}]}}


def _card(message: Message, rest: str) -> str:
    """A grey line of where and when, then the lines; what is alarming stands out."""
    urgent = message.severity is Severity.CRITICAL and not message.resolved
    kind = "highlight" if urgent else "normal"
    at = datetime.fromtimestamp(message.at_utc, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    where = shortened(f"{message.host} {at}", TITLE_LIMIT_BYTES)

    def drawn(lines: str) -> str:
        body = escape(lines, quote=False).replace("\n", "<br>")
        return (
            f'<div class="gray">{escape(where, quote=False)}</div><div class="{kind}">{body}</div>'
        )

    def size(lines: str) -> int:
        return utf8_bytes(drawn(lines))

    return drawn(shortened(rest, DESCRIPTION_LIMIT_BYTES, size))
