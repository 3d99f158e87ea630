"""Text messages through any HTTP gateway that takes an account, numbers and a text.

What is sent and which answer means yes is written in the configuration: there are hundreds of
such gateways, and all that they have in common is that status 200 alone proves nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Attempt, ChannelSettings, Message
from eoskeeper.effects.alert_channels.exchange import Answer, Client, Request, printable
from eoskeeper.effects.alert_channels.sms_receivers import combined
from eoskeeper.effects.alert_channels.sms_success import Success
from eoskeeper.effects.alert_channels.sms_text import (
    MESSAGE_PLACEHOLDERS,
    fill,
    message_values,
    placeholders_in,
)

__all__ = ["SmsGateway", "SmsGatewayChannel"]

_OK, _REDIRECT = 200, 300
_RECEIVERS = {"mobiles", "mobile"}
_KNOWN = MESSAGE_PLACEHOLDERS | _RECEIVERS | {"password"}


class SmsGateway(ChannelSettings, frozen=True, tag="sms_gateway"):
    """A channel with ``kind = "sms_gateway"``.

    Attributes:
        url: may hold a password, so it is kept like one.
        success: which answer means yes; there is no default.
        parameters: names and templates; ``{mobiles}``, ``{mobile}``, ``{text}``, ``{title}``,
            ``{lines}``, ``{host}``, ``{time}`` and ``{password}`` are filled in. They are the
            query of a GET and the body of a POST.
        headers: as they are, with ``{password}`` filled in.
        password: what ``{password}`` stands for; so it can be read from a file.
        mobiles: receivers; none takes those of ``alarm.mobiles``.
        separator: between the numbers of ``{mobiles}``.
        one_by_one: a request for each number, which is ``{mobile}`` then.
        encoding: of what is sent and, unless it is UTF-8, of the answer.
        max_chars: of each filled-in part of the message; a carrier bills 70 characters a piece.
        strip_addresses: make addresses harmless, which carriers would refuse.
    """

    url: Secret
    success: Success
    parameters: dict[str, str]
    method: Literal["GET", "POST"] = "POST"
    body: Literal["form", "json"] = "form"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    password: Secret | None = None
    mobiles: tuple[str, ...] = ()
    separator: Annotated[str, Meta(min_length=1, max_length=3)] = ","
    one_by_one: bool = False
    encoding: Literal["utf-8", "gbk"] = "utf-8"
    max_chars: Annotated[int, Meta(ge=20, le=1000)] = 300
    strip_addresses: bool = True

    def __post_init__(self) -> None:
        """Refuse parameters that cannot make a message for anybody.

        Raises:
            ValueError: they cannot.
        """
        named = placeholders_in(self.parameters.values())
        in_headers = placeholders_in(self.headers.values())
        receiver = "mobile" if self.one_by_one else "mobiles"
        if unknown := sorted(named - _KNOWN):
            message = f"parameters: nothing is known of {{{unknown[0]}}}"
        elif in_headers - {"password"}:
            message = "headers: only {password} is filled in there"
        elif named & _RECEIVERS != {receiver}:
            message = f"parameters: {{{receiver}}} must name the receivers, and nothing else"
        elif not named & {"text", "title"}:
            message = "parameters: {text} or {title} must stand somewhere"
        elif "password" in named | in_headers and self.password is None:
            message = "{password} is used, but there is no password"
        else:
            return
        raise ValueError(message)


class SmsGatewayChannel:
    """One gateway account."""

    def __init__(self, settings: SmsGateway, clock: Callable[[], Moment]) -> None:
        """Every channel is given the clock; ``{time}`` is the message's own."""
        self._settings = settings
        self._clock = clock
        self._client = Client()
        self._secrets = _secrets(settings)

    async def send(self, message: Message) -> Attempt:
        """Send to all numbers at once, or one request for each of them side by side."""
        settings = self._settings
        if not settings.mobiles:
            return Attempt(DeliveryResult.REFUSED, "no mobile number is configured")
        values = message_values(
            message, settings.max_chars, strip_addresses=settings.strip_addresses
        )
        if settings.password is not None:
            values["password"] = settings.password.reveal()
        if not settings.one_by_one:
            return await self._ask(values | {"mobiles": settings.separator.join(settings.mobiles)})
        async with asyncio.TaskGroup() as tasks:
            asked = [
                (mobile, tasks.create_task(self._ask(values | {"mobile": mobile})))
                for mobile in settings.mobiles
            ]
        return combined([(mobile, task.result()) for mobile, task in asked])

    async def close(self) -> None:
        """Let the session go."""
        await self._client.close()

    async def _ask(self, values: Mapping[str, str]) -> Attempt:
        request = _request(self._settings, values)
        answer = await self._client.exchange(request, self._settings.timeout_s)
        return answer if isinstance(answer, Attempt) else self._judged(answer)

    def _judged(self, answer: Answer) -> Attempt:
        text = _text(answer.body, self._settings.encoding)
        said = printable(text or "", self._secrets)
        if not _OK <= answer.status < _REDIRECT:
            failure = answer.failure(said)
            return failure or Attempt(DeliveryResult.UNINTELLIGIBLE, said)
        if text is None:
            detail = f"{len(answer.body)} bytes that are no text"
            return Attempt(DeliveryResult.UNINTELLIGIBLE, detail)
        return Attempt(self._settings.success.judge(text), said or "an empty answer")


def _request(settings: SmsGateway, values: Mapping[str, str]) -> Request:
    parameters = {name: fill(value, values) for name, value in settings.parameters.items()}
    headers = {name: fill(value, values) for name, value in settings.headers.items()}
    url = settings.url.reveal()
    if settings.method == "GET":
        query = _encoded(parameters, settings.encoding)
        joint = "&" if "?" in url else "?"
        return Request(method="GET", url=f"{url}{joint}{query}", headers=headers)
    if settings.body == "json":
        body = msgspec.json.encode(parameters).decode().encode(settings.encoding, "replace")
        kind = "application/json"
    else:
        body = _encoded(parameters, settings.encoding).encode()
        kind = "application/x-www-form-urlencoded"
    kind_header = {"Content-Type": f"{kind}; charset={settings.encoding}"}
    return Request(method="POST", url=url, headers=kind_header | headers, body=body)


def _encoded(parameters: Mapping[str, str], encoding: str) -> str:
    """With %20 for a space, which both a query and a form may hold."""
    return urlencode(
        list(parameters.items()), encoding=encoding, errors="replace", quote_via=quote, safe=""
    )


def _text(body: bytes, encoding: str) -> str | None:
    """A gateway that wants GBK may answer in either."""
    for one in ("utf-8-sig", encoding):
        try:
            return body.decode(one)
        except UnicodeDecodeError:
            continue
    return None


def _secrets(settings: SmsGateway) -> tuple[Secret | str, ...]:
    """What a gateway might quote: the password, the address, and what stands in its query."""
    url = settings.url.reveal()
    try:
        query = urlsplit(url).query
    except ValueError:
        query = ""
    quoted = [value for _, value in parse_qsl(query, max_num_fields=None) if len(value) > 1]
    password = () if settings.password is None else (settings.password,)
    return (*password, settings.url, *quoted)
