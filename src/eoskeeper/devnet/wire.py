"""The line of one host: every p2p link goes through here and can be cut, or cut one way.

The mode lies in a small file, so that it outlives a crash of either side. Standard library only:
one such process runs beside every host.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

# Source: spring v1.2.2 plugins/net_plugin/include/eosio/net_plugin/protocol.hpp, net_message.
SIGNED_BLOCK = 7
HEADER_BYTES = 4
CHUNK_BYTES = 65_536
POLL_S = 0.05
# Short, so that a link returns soon after its cable; Linux would try for two minutes.
DIAL_TIMEOUT_S = 2.0
Address = tuple[str, int]


class WireMode(StrEnum):
    """What the line does: everything, nothing, or hear but not send blocks."""

    OPEN = "open"
    CUT = "cut"
    MUTE = "mute"


class FrameFilter:
    """Takes a p2p byte stream in pieces and leaves out whole frames of blocks.

    A frame is a little-endian uint32 length, then that many bytes, of which the first is the type.
    Whether to drop is asked once a frame, at its start: a half-sent frame would break the link.
    """

    def __init__(self, drops_blocks: Callable[[], bool]) -> None:
        self._drops_blocks = drops_blocks
        self._head = b""
        self._left = 0
        self._dropping = False

    def feed(self, data: bytes) -> bytes:
        """Return what of the stream may go on."""
        passed = bytearray()
        while data:
            if not self._left:
                data = self._start_frame(data, passed)
            piece, data = data[: self._left], data[self._left :]
            self._left -= len(piece)
            if not self._dropping:
                passed += piece
        return bytes(passed)

    def _start_frame(self, data: bytes, passed: bytearray) -> bytes:
        """Collect the length and the type, decide, and return the rest of the data."""
        self._head += data
        length = int.from_bytes(self._head[:HEADER_BYTES], "little")
        # A frame of length zero has no type; nodeos closes the link upon it.
        needed = HEADER_BYTES if not length else HEADER_BYTES + 1
        if len(self._head) < needed:
            return b""
        head, rest = self._head[:HEADER_BYTES], self._head[HEADER_BYTES:]
        is_block = bool(length) and rest[0] == SIGNED_BLOCK
        self._head, self._left = b"", length
        self._dropping = is_block and self._drops_blocks()
        if not self._dropping:
            passed += head
        return rest


def obeyed_file(mode_file: Path) -> Path:
    """Return the file in which the wire repeats the order that it has carried out."""
    return mode_file.with_name(f"{mode_file.name}.obeyed")


@dataclass(frozen=True)
class Route:
    """A listening port and where it leads.

    `inward` says that the host is the one dialled: its blocks then flow from the target back.
    """

    listen: Address
    target: Address
    inward: bool


class Wire:
    """All links of one host, obeying the mode file."""

    def __init__(self, routes: list[Route], mode_file: Path) -> None:
        self._routes = routes
        self._mode_file = mode_file
        self._seen: tuple[int, int] | None = None
        self._order = ""
        self._mode = WireMode.OPEN
        self._servers: list[asyncio.Server] = []
        self._links: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve for ever, looking at the mode file every 50 ms."""
        while True:
            order = self._read_order()
            if order != self._order or not (self._servers or self._mode is WireMode.CUT):
                await self._obey(order)
            await asyncio.sleep(POLL_S)

    def _read_order(self) -> str:
        """Return the file's text, such as `mute 3`; an unreadable file changes nothing.

        It is replaced, never written into, so that a look at its entry tells whether it is new.
        """
        try:
            entry = os.stat(self._mode_file)  # noqa: PTH116  twice as fast, twenty times a second
            seen = (entry.st_ino, entry.st_mtime_ns)
            if seen == self._seen:
                return self._order
            order = self._mode_file.read_text().strip()
            WireMode(order.partition(" ")[0])
        except (OSError, ValueError):
            return self._order
        self._seen = seen
        return order

    async def _obey(self, order: str) -> None:
        """Change the mode.

        The number behind the mode counts the heals: after one all links start afresh, for a link
        that lay dead for a while would wait long before it tries again.
        """
        renewed = order.partition(" ")[2] != self._order.partition(" ")[2]
        self._order = order
        self._mode = WireMode(order.partition(" ")[0] or WireMode.OPEN)
        if self._mode is WireMode.CUT or renewed:
            self._close()
        if self._mode is not WireMode.CUT and not self._servers:
            self._servers = [await self._listen(route) for route in self._routes]
        obeyed_file(self._mode_file).write_text(order)

    def _close(self) -> None:
        for server in self._servers:
            server.close()
        self._servers = []
        for link in self._links:
            link.cancel()

    async def _listen(self, route: Route) -> asyncio.Server:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._links.add(task)
            try:
                await self._carry(route, reader, writer)
            except (OSError, TimeoutError, asyncio.CancelledError):
                pass  # a broken link is this program's daily bread; the host dials again
            finally:
                self._links.discard(task)
                writer.transport.abort()

        return await asyncio.start_server(accept, *route.listen)

    async def _carry(
        self, route: Route, near: asyncio.StreamReader, near_writer: asyncio.StreamWriter
    ) -> None:
        async with asyncio.timeout(DIAL_TIMEOUT_S):
            far, far_writer = await asyncio.open_connection(*route.target)
        outgoing = FrameFilter(lambda: self._mode is WireMode.MUTE)
        incoming = FrameFilter(lambda: False)
        if route.inward:
            outgoing, incoming = incoming, outgoing
        try:
            await _first_of(_pump(near, far_writer, outgoing), _pump(far, near_writer, incoming))
        finally:
            far_writer.transport.abort()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, frames: FrameFilter
) -> None:
    while data := await reader.read(CHUNK_BYTES):
        writer.write(frames.feed(data))
        await writer.drain()


class _LinkEndedError(Exception):
    """One direction has ended, so the other shall."""


async def _first_of(*pumps: Coroutine[Any, Any, None]) -> None:
    """Run both directions until one ends."""

    async def ended(pump: Coroutine[Any, Any, None]) -> None:
        await pump
        raise _LinkEndedError

    with contextlib.suppress(BaseExceptionGroup):
        async with asyncio.TaskGroup() as group:
            for pump in pumps:
                group.create_task(ended(pump))
