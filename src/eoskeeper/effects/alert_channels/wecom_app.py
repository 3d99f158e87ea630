"""Enterprise WeChat application message: to members, departments or tags, on their phones.

Source: "发送应用消息", developer.work.weixin.qq.com/document/path/90236: 30 messages a minute to a
member, sizes of each form, receivers that are not valid; "获取access_token", path/91039; global
codes, path/90313: -1 busy, 40014 and 42001 token not valid or expired, 45009 too often, 45033 too
many at once, 81013 no valid receiver.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment, MonoS
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Attempt, ChannelSettings, Message
from eoskeeper.effects.alert_channels.coded_answer import CodeTable, understood
from eoskeeper.effects.alert_channels.exchange import Answer, Client, Request
from eoskeeper.effects.alert_channels.wecom_forms import AppForm, content_of

__all__ = ["WecomApp", "WecomAppChannel"]

TOKEN_MARGIN_S = 300.0
"""A token is given up so long before its end, so that it does not end on the way."""

_CODES = CodeTable(frozenset({45009, 45033}), frozenset({-1}))

_TOKEN_CODES = frozenset({40001, 40014, 42001})
"""40001 is of the secret; some releases of the service tell it of a token, too."""

Api = Annotated[str, Meta(pattern=r"^https?://[^/@?#\s]+(/[^@?#\s]*)?$")]
Link = Annotated[str, Meta(pattern=r"^https?://\S+$", max_length=2048)]
UserId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.@-]{1,64}$")]
Number = Annotated[int, Meta(ge=1)]


class WecomApp(ChannelSettings, frozen=True, tag="wecom_app"):
    """The table ``[alarm.channels.NAME]`` with ``kind = "wecom_app"``.

    Attributes:
        corp_id: the enterprise's id.
        secret: the application's.
        agent_id: the application's number.
        to_user: user ids; ``@all`` for everybody who may see the application.
        to_party: numbers of departments.
        to_tag: numbers of tags.
        form: ``textcard`` and ``news`` need ``link_url`` and take 512 bytes, ``text`` 2048.
        link_url: what a touch on the card opens, for example the keeper's page.
        api_url: another address, for a proxy inside a closed network.
    """

    corp_id: Annotated[str, Meta(min_length=1, max_length=64)]
    secret: Secret
    agent_id: Number
    to_user: Annotated[tuple[UserId, ...], Meta(max_length=1000)] = ()
    to_party: Annotated[tuple[Number, ...], Meta(max_length=100)] = ()
    to_tag: Annotated[tuple[Number, ...], Meta(max_length=100)] = ()
    form: AppForm = "text"
    link_url: Link | None = None
    api_url: Api = "https://qyapi.weixin.qq.com"

    def __post_init__(self) -> None:
        """Check what depends on more than one key.

        Raises:
            ValueError: nobody receives, or a card has no link.
        """
        if not (self.to_user or self.to_party or self.to_tag):
            message = "nobody receives: set to_user, to_party or to_tag"
            raise ValueError(message)
        if self.form != "text" and self.link_url is None:
            message = f"form {self.form} needs link_url"
            raise ValueError(message)


class _Token(msgspec.Struct, frozen=True):
    errcode: int
    errmsg: str = ""
    access_token: str = ""
    expires_in: float = 0.0


class _Said(msgspec.Struct, frozen=True):
    """What a message is answered; the lists have ``|`` between names."""

    errcode: int
    errmsg: str = ""
    invaliduser: str | None = None
    invalidparty: str | None = None
    invalidtag: str | None = None
    unlicenseduser: str | None = None


class _Kept(NamedTuple):
    token: str
    until: MonoS


class _Stale(NamedTuple):
    """The token is not taken any more."""

    attempt: Attempt


class WecomAppChannel:
    """Sends as one application; keeps its access token as long as the service lets it."""

    def __init__(self, settings: WecomApp, clock: Callable[[], Moment]) -> None:
        """Nothing is opened, and no token asked for, before the first message."""
        self._settings = settings
        self._clock = clock
        self._client = Client()
        self._kept: _Kept | None = None

    async def send(self, message: Message) -> Attempt:
        """Proven by the code 0 with at least one valid receiver.

        A token that the service does not take is replaced once.
        """
        deadline = self._clock().mono_s + self._settings.timeout_s
        outcome = await self._send_once(message, deadline)
        if isinstance(outcome, _Stale):
            self._kept = None
            outcome = await self._send_once(message, deadline)
        return outcome.attempt if isinstance(outcome, _Stale) else outcome

    async def close(self) -> None:
        """Let the session go."""
        await self._client.close()

    async def _send_once(self, message: Message, deadline: float) -> Attempt | _Stale:
        settings = self._settings
        token = await self._token(deadline)
        if isinstance(token, Attempt):
            return token
        url = f"{_base(settings)}/message/send?access_token={quote(token, safe='')}"
        answer = await self._exchange(Request.of_json(url, _content(settings, message)), deadline)
        if isinstance(answer, Attempt):
            return answer
        secrets = (token, settings.secret)
        said = understood(answer, _Said, secrets)
        if isinstance(said, Attempt):
            return said
        failure = _CODES.failure(answer, said.errcode, said.errmsg, secrets)
        if failure is None:
            return _received(settings, said)
        return _Stale(failure) if said.errcode in _TOKEN_CODES else failure

    async def _token(self, deadline: float) -> str | Attempt:
        """The kept one, or a new one."""
        kept, settings = self._kept, self._settings
        if kept is not None and self._clock().mono_s < kept.until:
            return kept.token
        query = urlencode({"corpid": settings.corp_id, "corpsecret": settings.secret.reveal()})
        request = Request(method="GET", url=f"{_base(settings)}/gettoken?{query}")
        answer = await self._exchange(request, deadline)
        if isinstance(answer, Attempt):
            return answer
        said = understood(answer, _Token, (settings.secret,))
        if isinstance(said, Attempt):
            return said
        failure = _CODES.failure(answer, said.errcode, said.errmsg, (settings.secret,))
        return failure or self._keep(said)

    def _keep(self, said: _Token) -> str | Attempt:
        if not said.access_token:
            return Attempt(DeliveryResult.UNINTELLIGIBLE, "success, but no access token")
        margin_s = min(TOKEN_MARGIN_S, said.expires_in / 2)
        until = MonoS(self._clock().mono_s + said.expires_in - margin_s)
        self._kept = _Kept(said.access_token, until)
        return said.access_token

    async def _exchange(self, request: Request, deadline: float) -> Answer | Attempt:
        """With what is left of the attempt's time."""
        left_s = max(deadline - self._clock().mono_s, 0.0)
        answer = await self._client.exchange(request, left_s)
        if isinstance(answer, Attempt) and answer.result is DeliveryResult.TIMED_OUT:
            detail = f"no whole answer in {self._settings.timeout_s:g} s"
            return Attempt(DeliveryResult.TIMED_OUT, detail)
        return answer


def _base(settings: WecomApp) -> str:
    return f"{settings.api_url.rstrip('/')}/cgi-bin"


def _content(settings: WecomApp, message: Message) -> dict[str, object]:
    return {
        "touser": "|".join(settings.to_user),
        "toparty": "|".join(map(str, settings.to_party)),
        "totag": "|".join(map(str, settings.to_tag)),
        "agentid": settings.agent_id,
        **content_of(settings.form, message, settings.link_url or ""),
    }


def _received(settings: WecomApp, said: _Said) -> Attempt:
    """Code 0 is told, too, when some receivers do not exist: not so when none is left."""
    users = _names(said.invaliduser) | _names(said.unlicenseduser)
    wrong = (
        {one for one in settings.to_user if one.casefold() in users},
        {one for one in settings.to_party if str(one) in _names(said.invalidparty)},
        {one for one in settings.to_tag if str(one) in _names(said.invalidtag)},
    )
    asked = (set(settings.to_user), set(settings.to_party), set(settings.to_tag))
    count, total = sum(len(some) for some in wrong), sum(len(some) for some in asked)
    if count == total:
        return Attempt(DeliveryResult.REFUSED, f"none of {total} receivers is valid")
    detail = f"taken, but {count} of {total} receivers are not valid" if count else "taken"
    return Attempt(DeliveryResult.PROVEN, detail)


def _names(listed: str | None) -> set[str]:
    return {one.strip().casefold() for one in (listed or "").split("|") if one.strip()}
