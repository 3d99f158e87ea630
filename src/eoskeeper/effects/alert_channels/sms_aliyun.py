"""Text messages through Aliyun's short message service (Dysms), by a template of the account.

Source: Dysms 2017-05-25 SendSms; https://help.aliyun.com/document_detail/101346.html (codes);
https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment, format_utc
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Attempt, ChannelSettings, Message
from eoskeeper.effects.alert_channels.exchange import Answer, Client, Request, printable
from eoskeeper.effects.alert_channels.sms_text import (
    clip,
    fill,
    message_values,
    refuse_unknown,
)

__all__ = ["SmsAliyun", "SmsAliyunChannel", "authorization"]

_ALGORITHM = "ACS3-HMAC-SHA256"
_THROTTLED = {"isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL"}
_ILL = {"SystemError", "InternalError", "ServiceUnavailable"}
_DENIED = "isp.RAM_PERMISSION_DENY"
"""The one ``isp.`` code that is the account's fault and not the service's.

Source: https://help.aliyun.com/document_detail/101346.html
"""


class SmsAliyun(ChannelSettings, frozen=True, tag="sms_aliyun"):
    """A channel with ``kind = "sms_aliyun"``.

    Attributes:
        access_key_id: of a user who may call ``dysms:SendSms`` and nothing else.
        sign_name: the approved signature, without its brackets.
        template_code: of an approved template, like ``SMS_154950909``.
        template_param: the template's variables and what they hold: words and ``{title}``,
            ``{lines}``, ``{text}``, ``{host}``, ``{time}``.
        mobiles: receivers; none takes those of ``alarm.mobiles``.
        max_chars: of one variable; the service takes 35 in most kinds of them.
        strip_addresses: make addresses harmless, which the service refuses in variables.
        api_url: of another region, or of a test.
    """

    access_key_id: str
    access_key_secret: Secret
    sign_name: str
    template_code: str
    template_param: dict[str, str] = msgspec.field(
        default_factory=lambda: {"title": "{title}", "host": "{host}", "text": "{lines}"}
    )
    mobiles: tuple[str, ...] = ()
    max_chars: Annotated[int, Meta(ge=5, le=500)] = 35
    strip_addresses: bool = True
    api_url: str = "https://dysmsapi.aliyuncs.com/"

    def __post_init__(self) -> None:
        """Refuse a variable that names what no message has; see ``refuse_unknown``."""
        refuse_unknown(self.template_param.values())


class SmsAliyunChannel:
    """One account of the service.

    Args:
        nonce: a text that never comes twice.
    """

    def __init__(
        self,
        settings: SmsAliyun,
        clock: Callable[[], Moment],
        nonce: Callable[[], str] = secrets.token_hex,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._nonce = nonce
        self._client = Client()

    async def send(self, message: Message) -> Attempt:
        """One request for all numbers; the service answers for all of them together."""
        if not self._settings.mobiles:
            return Attempt(DeliveryResult.REFUSED, "no mobile number is configured")
        request = self._request(message)
        answer = await self._client.exchange(request, self._settings.timeout_s)
        if isinstance(answer, Attempt):
            return answer
        return _judged(answer, (self._settings.access_key_secret,))

    async def close(self) -> None:
        """Let the session go."""
        await self._client.close()

    def _request(self, message: Message) -> Request:
        settings = self._settings
        url = settings.api_url.rstrip("/")
        query = _query(
            {
                "PhoneNumbers": ",".join(settings.mobiles),
                "SignName": settings.sign_name,
                "TemplateCode": settings.template_code,
                "TemplateParam": msgspec.json.encode(_variables(settings, message)).decode(),
            }
        )
        signed = {
            "host": urlsplit(url).netloc,
            "x-acs-action": "SendSms",
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": format_utc(self._clock().utc_s)[:19] + "Z",
            "x-acs-signature-nonce": self._nonce(),
            "x-acs-version": "2017-05-25",
        }
        granted = authorization(
            query, signed, settings.access_key_id, settings.access_key_secret.reveal()
        )
        headers = {**signed, "Authorization": granted}
        return Request(method="POST", url=f"{url}/?{query}", headers=headers)


def authorization(query: str, signed: Mapping[str, str], key_id: str, key_secret: str) -> str:
    """The header ``Authorization`` of a POST to ``/`` without a body.

    Args:
        query: canonical: sorted by name and percent-encoded.
        signed: all headers that count, their names in small letters; the body's digest with them.
    """
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name].strip()}\n" for name in sorted(signed))
    digest = signed["x-acs-content-sha256"]
    canonical = f"POST\n/\n{query}\n{lines}\n{names}\n{digest}"
    to_sign = f"{_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(key_secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{_ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"


def _query(parameters: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote(parameters[name], safe='')}" for name in sorted(parameters))


def _variables(settings: SmsAliyun, message: Message) -> dict[str, str]:
    values = message_values(message, settings.max_chars, strip_addresses=settings.strip_addresses)
    return {
        name: clip(fill(template, values), settings.max_chars)
        for name, template in settings.template_param.items()
    }


class _Said(msgspec.Struct, frozen=True):
    """Source: SendSms, "response parameters"; errors of the gateway before it have the same."""

    Code: str
    Message: str = ""


def _judged(answer: Answer, hidden: tuple[Secret, ...]) -> Attempt:
    try:
        said = msgspec.json.decode(answer.body, type=_Said)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        failure = answer.failure()
        detail = f"HTTP {answer.status} without a Code"
        return failure or Attempt(DeliveryResult.UNINTELLIGIBLE, detail)
    detail = printable(f"{said.Code}: {said.Message}", hidden)
    if said.Code != "OK":
        return Attempt(_result_of(said.Code), detail, answer.retry_after_s)
    # An error status beside an OK is no answer of the service's.
    return answer.failure(detail) or Attempt(DeliveryResult.PROVEN, detail)


def _result_of(code: str) -> DeliveryResult:
    if code in _THROTTLED or code.startswith("Throttling"):
        return DeliveryResult.THROTTLED
    if code in _ILL or (code.startswith("isp.") and code != _DENIED):
        return DeliveryResult.UNAVAILABLE
    return DeliveryResult.REFUSED
