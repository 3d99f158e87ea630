"""A TCP proxy that delivers requests and loses answers, when told to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from enum import StrEnum
from urllib.parse import urlsplit

__all__ = ["Losing", "LosingProxy", "losing_proxy"]

RECEIVE_BYTES = 65_536


class Losing(StrEnum):
    """What becomes of an answer."""

    NOTHING = "nothing"
    SILENT = "silent"
    """It never comes, and the connection stays."""
    CUT = "cut"
    """The connection ends instead."""


class LosingProxy:
    """In front of one endpoint.

    Attributes:
        losing: looked at for each piece of each answer.
        lost: pieces so far.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname, parts.port)
        self.url = ""
        self.losing = Losing.NOTHING
        self.lost = 0

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join one connection to the target."""
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            try:
                async with asyncio.TaskGroup() as group:
                    back = group.create_task(self._answers(far_reader, writer))
                    while data := await reader.read(RECEIVE_BYTES):
                        far_writer.write(data)
                        await far_writer.drain()
                    back.cancel()
            finally:
                far_writer.close()
                writer.close()

    async def _answers(self, far: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        while data := await far.read(RECEIVE_BYTES):
            if self.losing is Losing.NOTHING:
                near.write(data)
                await near.drain()
                continue
            self.lost += 1
            if self.losing is Losing.CUT:
                near.close()


@contextlib.asynccontextmanager
async def losing_proxy(target: str) -> AsyncIterator[LosingProxy]:
    """The proxy while it listens."""
    proxy = LosingProxy(target)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
