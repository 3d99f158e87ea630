"""A message service on loopback: honest by its own reading of the documents, or bad on purpose."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiohttp import web

HOUR_S = 3600


class Received(NamedTuple):
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - a test looks into it as it likes
        """The body's value."""
        return json.loads(self.body)


Gate = Callable[[Received], dict[str, Any]]
"""What the real service would say to a request."""

Misbehaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


class AlertService:
    """Records every request; says what ``next_answers`` hold, then what the gate says.

    A None among the next answers is an honest one.
    """

    def __init__(self, gate: Gate, *next_answers: Misbehaviour | None) -> None:
        self.gate = gate
        self.next_answers = deque(next_answers)
        self.requests: list[Received] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer, or do worse."""
        received = Received(
            request.method,
            request.path,
            dict(request.query),
            dict(request.headers),
            await request.read(),
        )
        self.requests.append(received)
        answer = self.next_answers.popleft() if self.next_answers else None
        return web.json_response(self.gate(received)) if answer is None else await answer(request)


@asynccontextmanager
async def serving(gate: Gate, *next_answers: Misbehaviour | None) -> AsyncIterator[AlertService]:
    """Serve on a free port until the end of the block."""
    service = AlertService(gate, *next_answers)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", service.handle)
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield service
    finally:
        await runner.cleanup()


def said(
    status: int, body: str | bytes | dict[str, Any], headers: dict[str, str] | None = None
) -> Misbehaviour:
    """An answer word for word."""

    async def say(_: web.Request) -> web.StreamResponse:
        if isinstance(body, dict):
            return web.json_response(body, status=status, headers=headers)
        raw = body.encode() if isinstance(body, str) else body
        return web.Response(body=raw, status=status, headers=headers)

    return say


async def hang(_: web.Request) -> web.StreamResponse:
    """Say nothing."""
    await asyncio.sleep(60)
    return web.Response()


async def begin_only(request: web.Request) -> web.StreamResponse:
    """Say half of a success, then nothing."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b'{"errcode":0,"code":0')
    await asyncio.sleep(60)
    return response


async def reset(request: web.Request) -> web.StreamResponse:
    """Break the connection off without a word."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def no_http(request: web.Request) -> web.StreamResponse:
    """Say something that is no HTTP."""
    assert isinstance(request.transport, asyncio.Transport)
    request.transport.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    request.transport.close()
    return web.Response()


def parrot(key: str, words: str) -> Misbehaviour:
    """Refuse and quote everything that was asked."""

    async def say(request: web.Request) -> web.StreamResponse:
        quoted = f"{request.url} {request.path_qs} {(await request.read()).decode()}"
        return web.json_response({key: 99999, words: quoted})

    return say


def wecom_bot_gate(key: str) -> Gate:
    """A group of Enterprise WeChat."""

    def gate(received: Received) -> dict[str, Any]:
        if received.path != "/cgi-bin/webhook/send" or received.query.get("key") != key:
            return {"errcode": 93000, "errmsg": "invalid webhook url"}
        body = received.json()
        content = body[body["msgtype"]]["content"]
        limit = {"text": 2048, "markdown": 4096}[body["msgtype"]]
        if not content or len(content.encode()) > limit:
            return {"errcode": 45002, "errmsg": "content size out of limit"}
        return {"errcode": 0, "errmsg": "ok"}

    return gate


def dingtalk_gate(access_token: str, secret: str | None, now_s: float) -> Gate:
    """A group of DingTalk at this time."""

    def gate(received: Received) -> dict[str, Any]:
        if received.query.get("access_token") != access_token:
            return {"errcode": 300005, "errmsg": "token is not exist"}
        if secret is not None and not signed(received.query):
            return {"errcode": 310000, "errmsg": "sign not match"}
        if len(received.body) > 20_000:
            return {"errcode": 40035, "errmsg": "body too large"}
        return {"errcode": 0, "errmsg": "ok"}

    def signed(query: dict[str, str]) -> bool:
        timestamp = query.get("timestamp", "0")
        assert secret is not None
        mac = hmac.new(secret.encode(), digestmod=hashlib.sha256)
        mac.update(timestamp.encode() + b"\n" + secret.encode())
        fresh = abs(int(timestamp) - now_s * 1000) <= HOUR_S * 1000
        return fresh and query.get("sign") == base64.b64encode(mac.digest()).decode()

    return gate


def feishu_gate(hook: str, secret: str | None, now_s: float) -> Gate:
    """A group of Feishu at this time."""

    def gate(received: Received) -> dict[str, Any]:
        body = received.json()
        if received.path != f"/open-apis/bot/v2/hook/{hook}":
            return {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}
        if secret is not None and not signed(body):
            return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}
        if len(received.body) > 20 * 1024 or not body["content"]["text"]:
            return {"code": 9499, "msg": "Bad Request", "data": {}}
        return {"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "ok"}

    def signed(body: dict[str, Any]) -> bool:
        timestamp = body.get("timestamp", "0")
        mac = hmac.new(f"{timestamp}\n{secret}".encode(), digestmod=hashlib.sha256)
        fresh = isinstance(timestamp, str) and abs(int(timestamp) - now_s) <= HOUR_S
        return fresh and body.get("sign") == base64.b64encode(mac.digest()).decode()

    return gate


class WecomEnterprise:
    """An enterprise of Enterprise WeChat with one application; call it as a gate.

    Attributes:
        tokens: how many were given out; only the last one is good.
    """

    def __init__(self, corp_id: str, secret: str, agent_id: int, users: set[str]) -> None:
        self.corp_id = corp_id
        self.secret = secret
        self.agent_id = agent_id
        self.users = users
        self.parties = {"1"}
        self.tokens = 0
        self.expires_in = 7200

    def token(self) -> str:
        """The one that is good."""
        return f"planted/token+{self.tokens}=="

    def __call__(self, received: Received) -> dict[str, Any]:
        """Answer as documented."""
        if received.path == "/cgi-bin/gettoken":
            return self._give_token(received.query)
        if received.path != "/cgi-bin/message/send":
            return {"errcode": 60022, "errmsg": "no such address"}
        if received.query.get("access_token") != self.token():
            return {"errcode": 40014, "errmsg": "invalid access_token"}
        return self._take(received.json())

    def _give_token(self, query: dict[str, str]) -> dict[str, Any]:
        if query.get("corpid") != self.corp_id:
            return {"errcode": 40013, "errmsg": "invalid corpid"}
        if query.get("corpsecret") != self.secret:
            return {"errcode": 40001, "errmsg": "invalid credential"}
        self.tokens += 1
        token = {"access_token": self.token(), "expires_in": self.expires_in}
        return {"errcode": 0, "errmsg": "ok", **token}

    def _take(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("agentid") != self.agent_id:
            return {"errcode": 40056, "errmsg": "invalid agentid"}
        if not _fits(body):
            return {"errcode": 45002, "errmsg": "content size out of limit"}
        users = [one for one in body["touser"].split("|") if one]
        parties = [one for one in body["toparty"].split("|") if one]
        wrong_users = [one.lower() for one in users if one not in {*self.users, "@all"}]
        wrong_parties = [one for one in parties if one not in self.parties]
        return {
            "errcode": 0,
            "errmsg": "ok",
            "invaliduser": "|".join(wrong_users),
            "invalidparty": "|".join(wrong_parties),
        }


def _fits(body: dict[str, Any]) -> bool:
    content = body[body["msgtype"]]
    if body["msgtype"] == "text":
        return 0 < len(content["content"].encode()) <= 2048
    cards = content["articles"] if body["msgtype"] == "news" else [content]
    return all(
        0 < len(card["title"].encode()) <= 128
        and 0 < len(card["description"].encode()) <= 512
        and card["url"].startswith("http")
        for card in cards
    )
