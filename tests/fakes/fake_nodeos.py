"""A nodeos that lives in memory: answers like the real one, and misbehaves on command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import Self

from aiohttp import web

from eoskeeper.domain.chain_time import Slot, slot_utc
from eoskeeper.domain.samples import Block

__all__ = ["CHAIN_ID", "FakeChain", "FakeNodeos", "Misbehaviour"]

CHAIN_ID = "ab" * 32
KEY = "EOS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV"
SPRING_SAVANNA_VERSION = 2**31
"""``schedule_version`` of a block header on Savanna."""


class Misbehaviour(StrEnum):
    """What the fake can do wrong."""

    WRONG_JSON = "wrong_json"
    WRONG_SHAPE = "wrong_shape"
    STATUS_500 = "status_500"
    STATUS_404 = "status_404"
    STATUS_429 = "status_429"
    STATUS_503 = "status_503"
    HANG = "hang"
    DRIP = "drip"
    HUGE = "huge"
    WRONG_CHAIN = "wrong_chain"
    RESET = "reset"
    RESET_ONCE = "reset_once"
    HTML = "html"
    TRUNCATED = "truncated"
    STATUS_200 = "status_200"
    """A right answer with 200 where nodeos says 201."""
    DONE_THEN_503 = "done_then_503"
    """The call is carried out, its answer is lost to Busy."""


class FakeChain:
    """A chain of blocks that grows, forks and forgets."""

    def __init__(self, producers: list[str], first_slot: int = 1_600_000_000) -> None:
        """Begin with block 1; ``producers`` are in slot order."""
        self.producers = producers
        self.blocks: dict[int, Block] = {}
        self._forks = 0
        self._append(1, Slot(first_slot))

    @property
    def head(self) -> Block:
        """Newest block."""
        return self.blocks[max(self.blocks)]

    def grow(self, count: int, *, skip_slots: int = 0) -> None:
        """Append blocks, one a slot, after ``skip_slots`` empty ones."""
        for index in range(count):
            step = 1 + (skip_slots if index == 0 else 0)
            self._append(self.head.number + 1, Slot(self.head.slot + step))

    def fork(self, depth: int, count: int) -> None:
        """Drop the newest ``depth`` blocks and grow ``count`` others in later slots."""
        self._forks += 1
        slot = self.head.slot
        for number in range(self.head.number - depth + 1, self.head.number + 1):
            del self.blocks[number]
        for index in range(count):
            self._append(self.head.number + 1, Slot(slot + 1 + index))

    def prune(self, below: int) -> None:
        """Forget the blocks below a height, never the head."""
        for number in [one for one in self.blocks if one < min(below, self.head.number)]:
            del self.blocks[number]

    def _append(self, number: int, slot: Slot) -> None:
        previous = self.blocks[number - 1].block_id if number - 1 in self.blocks else "0" * 64
        self.blocks[number] = Block(
            number=number,
            block_id=f"{number:08x}{self._forks:08x}{slot:048x}",
            previous=previous,
            slot=slot,
            producer=self.producers[slot // 12 % len(self.producers)],
            schedule_version=SPRING_SAVANNA_VERSION,
        )


class FakeNodeos:
    """HTTP server over a ``FakeChain``; an async context manager."""

    def __init__(self, chain: FakeChain, *, port: int = 0, has_block_info: bool = True) -> None:
        """Listen on ``port`` (0: any free one) of 127.0.0.1 once entered."""
        self.chain = chain
        self.paused = False
        self.implicitly_paused = False
        self.finalizer_info: object = None
        """What ``get_finalizer_info`` says; None: a nodeos that has no such call."""
        self.requests: list[str] = []
        self.connections = 0
        self.wrong: dict[str, Misbehaviour] = {}
        self.has_block_info = has_block_info
        self.port = port
        self._released = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Base address."""
        return f"http://127.0.0.1:{self.port}"

    def misbehave(self, how: Misbehaviour | None, path: str = "*") -> None:
        """Do ``how`` on a path (``*``: on all); None: behave again."""
        if how is None:
            self.wrong.pop(path, None)
        else:
            self.wrong[path] = how

    def release(self) -> None:
        """Carry out and answer the requests that hang: a process that goes on."""
        self.wrong = {path: how for path, how in self.wrong.items() if how is not Misbehaviour.HANG}
        self._released.set()

    async def __aenter__(self) -> Self:
        """Start listening."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening and break what is open."""
        assert self._runner is not None
        self._released.set()
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request.path)
        body = await request.read()
        how = self.wrong.get(request.path) or self.wrong.get("*")
        if how is Misbehaviour.HANG:
            await self._released.wait()
            how = None
        if how is Misbehaviour.RESET_ONCE:
            self.wrong = {}
            how = Misbehaviour.RESET
        if how is Misbehaviour.RESET:
            return _reset(request)
        if how in _WRONG_ANSWERS:
            return _WRONG_ANSWERS[how]()
        status, content = self._answer(request.path, body)
        if how is Misbehaviour.DONE_THEN_503:
            return _error(503, "Busy", 503, "Too many bytes in flight")
        text = json.dumps(content, separators=(",", ":"))
        match how:
            case Misbehaviour.WRONG_CHAIN:
                text = text.replace(CHAIN_ID, "cd" * 32)
            case Misbehaviour.STATUS_200:
                status = 200
            case Misbehaviour.TRUNCATED:
                return await _truncated(request, text)
            case Misbehaviour.DRIP:
                return await _drip(request, text)
            case _:
                pass
        return _json(status, text)

    def _answer(self, path: str, body: bytes) -> tuple[int, object]:
        calls: dict[str, Callable[[], tuple[int, object]]] = {
            "/v1/chain/get_info": lambda: (200, self._info()),
            "/v1/chain/get_producer_schedule": lambda: (200, self._schedule()),
            "/v1/chain/get_block": lambda: self._block(json.loads(body)["block_num_or_id"]),
            "/v1/net/connections": lambda: (201, _CONNECTIONS),
            "/v1/db_size/get": lambda: (200, _DATABASE_SIZE),
            "/v1/producer/paused": lambda: (201, self.paused or self.implicitly_paused),
            "/v1/producer/pause": lambda: self._set_paused(paused=True),
            "/v1/producer/resume": lambda: self._set_paused(paused=False),
        }
        if self.has_block_info:
            calls["/v1/chain/get_block_info"] = lambda: self._block(json.loads(body)["block_num"])
        if self.finalizer_info is not None:
            calls["/v1/chain/get_finalizer_info"] = lambda: (200, self.finalizer_info)
        takes_body = path in {"/v1/chain/get_block", "/v1/chain/get_block_info"}
        if path not in calls:
            return 404, _error_body(404, "Not Found", 0, "Unknown Endpoint")
        if takes_body != (body.strip() not in {b"", b"{}"}):
            return 400, _error_body(400, "Invalid Request", 3200006, "Unable to parse valid input")
        return calls[path]()

    def _set_paused(self, *, paused: bool) -> tuple[int, object]:
        self.paused = paused
        return 201, {"result": "ok"}

    def _info(self) -> dict[str, object]:
        head = self.chain.head
        irreversible = self.chain.blocks.get(head.number - 2) or head
        return {
            "server_version": "00fa4e00",
            "chain_id": CHAIN_ID,
            "head_block_num": head.number,
            "last_irreversible_block_num": irreversible.number,
            "last_irreversible_block_id": irreversible.block_id,
            "head_block_id": head.block_id,
            "head_block_time": _time(head),
            "head_block_producer": head.producer,
            "server_version_string": "v1.3.0-fake",
            "fork_db_head_block_num": head.number,
            "fork_db_head_block_id": head.block_id,
        }

    def _block(self, number: str | int) -> tuple[int, object]:
        block = self.chain.blocks.get(int(number))
        if block is None:
            detail = f"Could not find block: {number}"
            return 400, _error_body(400, "Unknown Block", 3100002, detail)
        return 200, {
            "block_num": block.number,
            "id": block.block_id,
            "timestamp": _time(block),
            "producer": block.producer,
            "previous": block.previous,
            "schedule_version": block.schedule_version,
        }

    def _schedule(self) -> dict[str, object]:
        authority = [0, {"threshold": 1, "keys": [{"key": KEY, "weight": 1}]}]
        producers = [{"producer_name": one, "authority": authority} for one in self.chain.producers]
        return {"active": {"version": 1, "producers": producers}, "pending": None, "proposed": None}


def _time(block: Block) -> str:

    stamp = datetime.fromtimestamp(slot_utc(block.slot), UTC)
    return stamp.strftime("%Y-%m-%dT%H:%M:%S.") + f"{stamp.microsecond // 1000:03d}"


def _json(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text, content_type="application/json")


def _error_body(status: int, message: str, code: int, detail: str) -> dict[str, object]:
    error = {"code": code, "name": "exception", "what": detail, "details": [{"message": detail}]}
    return {"code": status, "message": message, "error": error}


def _error(status: int, message: str, code: int, detail: str) -> web.Response:
    return _json(status, json.dumps(_error_body(status, message, code, detail)))


def _reset(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _truncated(request: web.Request, text: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(len(text))})
    await response.prepare(request)
    await response.write(text[: len(text) // 2].encode())
    assert request.transport is not None
    request.transport.close()
    return response


async def _drip(request: web.Request, text: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(len(text))})
    await response.prepare(request)
    for char in text:
        await response.write(char.encode())
        await asyncio.sleep(0.05)
    return response


_WRONG_ANSWERS: dict[Misbehaviour | None, Callable[[], web.Response]] = {
    Misbehaviour.WRONG_JSON: lambda: _json(200, "}12,"),
    Misbehaviour.WRONG_SHAPE: lambda: _json(200, '{"head_block_num":"many","paused":1}'),
    Misbehaviour.HTML: lambda: web.Response(text="<html>hello</html>", content_type="text/html"),
    Misbehaviour.HUGE: lambda: _json(200, '"' + "x" * 9 * 2**20 + '"'),
    Misbehaviour.STATUS_404: lambda: _error(404, "Not Found", 0, "Unknown Endpoint"),
    Misbehaviour.STATUS_429: lambda: _error(429, "Busy", 429, "Too many bytes in flight"),
    Misbehaviour.STATUS_500: lambda: _error(500, "Internal Service Error", 3000000, "oops"),
    Misbehaviour.STATUS_503: lambda: _error(503, "Busy", 503, "Too many bytes in flight"),
}

_HANDSHAKE = {
    "generation": 1,
    "node_id": "12" * 32,
    "agent": "other host",
    "p2p_address": "10.0.0.2:9876 - 1212121",
}
_CONNECTIONS = [
    {
        "peer": "10.0.0.2:9876",
        "connecting": False,
        "is_socket_open": True,
        "remote_ip": "10.0.0.2",
        "remote_port": "9876",
        "last_handshake": _HANDSHAKE,
    }
]
_DATABASE_SIZE = {"free_bytes": "5000000000", "used_bytes": 4481632, "size": "5004481632"}
