"""Text messages through Tencent Cloud's short message service, by a template of the account.

Source: https://cloud.tencent.com/document/api/382/55981 (SendSms, version 2021-01-11) and
https://www.tencentcloud.com/document/api/614/42761 (signature TC3-HMAC-SHA256).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment, format_utc
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Attempt, ChannelSettings, Message
from eoskeeper.effects.alert_channels.exchange import Answer, Client, Request, printable
from eoskeeper.effects.alert_channels.sms_receivers import combined
from eoskeeper.effects.alert_channels.sms_text import (
    clip,
    fill,
    message_values,
    refuse_unknown,
)

__all__ = ["SmsTencent", "SmsTencentChannel", "authorization"]

_ALGORITHM = "TC3-HMAC-SHA256"
_CONTENT_TYPE = "application/json; charset=utf-8"
_SERVICE = "sms"


class SmsTencent(ChannelSettings, frozen=True, tag="sms_tencent"):
    """A channel with ``kind = "sms_tencent"``.

    Attributes:
        secret_id: of a user who may call ``sms:SendSms`` and nothing else.
        sdk_app_id: of the application in the console, like ``1400006666``.
        sign_name: the approved signature, without its brackets.
        template_id: of an approved template.
        template_param: what the template's variables hold, in their order: words and
            ``{title}``, ``{lines}``, ``{text}``, ``{host}``, ``{time}``.
        mobiles: receivers; none takes those of ``alarm.mobiles``.
        max_chars: of one variable; what the template was approved for.
        strip_addresses: make addresses harmless, which the service refuses in variables.
        api_url: of another region, or of a test.
    """

    secret_id: str
    secret_key: Secret
    sdk_app_id: str
    sign_name: str
    template_id: str
    template_param: tuple[str, ...] = ("{title}", "{host}", "{lines}")
    mobiles: tuple[str, ...] = ()
    region: str = "ap-guangzhou"
    max_chars: Annotated[int, Meta(ge=5, le=500)] = 35
    strip_addresses: bool = True
    api_url: str = "https://sms.tencentcloudapi.com/"

    def __post_init__(self) -> None:
        """Refuse a variable that names what no message has; see ``refuse_unknown``."""
        refuse_unknown(self.template_param)


class SmsTencentChannel:
    """One account of the service."""

    def __init__(self, settings: SmsTencent, clock: Callable[[], Moment]) -> None:
        self._settings = settings
        self._clock = clock
        self._client = Client()

    async def send(self, message: Message) -> Attempt:
        """One request for all numbers; the service answers for each of them."""
        if not self._settings.mobiles:
            return Attempt(DeliveryResult.REFUSED, "no mobile number is configured")
        request = self._request(message)
        answer = await self._client.exchange(request, self._settings.timeout_s)
        if isinstance(answer, Attempt):
            return answer
        return _judged(answer, (self._settings.secret_key,))

    async def close(self) -> None:
        """Let the session go."""
        await self._client.close()

    def _request(self, message: Message) -> Request:
        settings = self._settings
        body = msgspec.json.encode(_content(settings, message))
        host = urlsplit(settings.api_url).netloc
        seconds = int(self._clock().utc_s)
        granted = authorization(
            body, host, _SERVICE, seconds, settings.secret_id, settings.secret_key.reveal()
        )
        headers = {
            "Authorization": granted,
            "Content-Type": _CONTENT_TYPE,
            "Host": host,
            "X-TC-Action": "SendSms",
            "X-TC-Timestamp": str(seconds),
            "X-TC-Version": "2021-01-11",
            "X-TC-Region": settings.region,
        }
        url = settings.api_url.rstrip("/") + "/"
        return Request(method="POST", url=url, headers=headers, body=body)


def authorization(  # noqa: PLR0913, PLR0917 - all of what the service signs
    body: bytes, host: str, service: str, seconds: int, secret_id: str, secret_key: str
) -> str:
    """The header ``Authorization`` of a POST of JSON to ``/``.

    Args:
        seconds: since 1970 UTC, as in ``X-TC-Timestamp``; the service takes five minutes' error.
    """
    names = "content-type;host"
    lines = f"content-type:{_CONTENT_TYPE}\nhost:{host}\n"
    canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    day = format_utc(seconds)[:10]
    scope = f"{day}/{service}/tc3_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"TC3{secret_key}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    to_sign = f"{_ALGORITHM}\n{seconds}\n{scope}\n{digest}"
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return (
        f"{_ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )


def _content(settings: SmsTencent, message: Message) -> dict[str, object]:
    values = message_values(message, settings.max_chars, strip_addresses=settings.strip_addresses)
    variables = [
        clip(fill(template, values), settings.max_chars) for template in settings.template_param
    ]
    return {
        "PhoneNumberSet": settings.mobiles,
        "SmsSdkAppId": settings.sdk_app_id,
        "SignName": settings.sign_name,
        "TemplateId": settings.template_id,
        "TemplateParamSet": variables,
    }


class _Status(msgspec.Struct, frozen=True):
    Code: str
    Message: str = ""
    PhoneNumber: str = ""


class _Error(msgspec.Struct, frozen=True):
    Code: str
    Message: str = ""


class _Response(msgspec.Struct, frozen=True):
    SendStatusSet: tuple[_Status, ...] = ()
    Error: _Error | None = None


class _Said(msgspec.Struct, frozen=True):
    """Source: SendSms, "output parameters" and "error codes"."""

    Response: _Response


def _judged(answer: Answer, hidden: tuple[Secret, ...]) -> Attempt:
    try:
        said = msgspec.json.decode(answer.body, type=_Said).Response
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        failure = answer.failure()
        detail = f"HTTP {answer.status} without a Response"
        return failure or Attempt(DeliveryResult.UNINTELLIGIBLE, detail)
    if said.Error is not None:
        told = _told(said.Error.Code, said.Error.Message, answer.retry_after_s, hidden)
        proven = told.result is DeliveryResult.PROVEN
        return Attempt(DeliveryResult.UNINTELLIGIBLE, told.detail) if proven else told
    statuses = [
        (one.PhoneNumber, _told(one.Code, one.Message, answer.retry_after_s, hidden))
        for one in said.SendStatusSet
    ]
    # An error status beside an Ok is no answer of the service's.
    return answer.failure() or combined(statuses)


def _told(
    code: str, words: str, retry_after_s: float | None, hidden: tuple[Secret, ...]
) -> Attempt:
    return Attempt(_result_of(code), printable(f"{code}: {words}", hidden), retry_after_s)


def _result_of(code: str) -> DeliveryResult:
    kind = code.split(".", 1)[0]
    if code == "Ok":
        return DeliveryResult.PROVEN
    if kind in {"LimitExceeded", "RequestLimitExceeded"}:
        return DeliveryResult.THROTTLED
    if kind in {"InternalError", "ServiceUnavailable"}:
        return DeliveryResult.UNAVAILABLE
    return DeliveryResult.REFUSED
