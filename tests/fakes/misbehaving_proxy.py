"""A TCP proxy in front of a real nodeos that misbehaves as a file tells it.

``python misbehaving_proxy.py LISTEN_PORT TARGET_PORT MODE_FILE [LISTEN_IP] [TARGET_IP]``; the file
holds ``pass``, ``hang``, ``500``, ``garbage``, ``wrong_chain`` or ``delay SECONDS``, read anew for
each piece of each direction. Standard library only, so that any Python in any namespace runs it.

``late SECONDS PATH`` holds requests for one path so long and delivers them all the same when the
client has gone; ``undone SECONDS PATH OTHER`` delivers them at once and posts to the other path
later. What is delivered late has a line in MODE_FILE.late. The proxy's own connections carry the
firewall mark 1, so that a rule can lead all others here.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import sys
from pathlib import Path

__all__ = ["Proxy", "main"]

BODY_500 = b'{"code":500,"message":"Internal Service Error"}'
ANSWER_500 = b"HTTP/1.1 500 Error\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY_500), BODY_500)
GARBAGE = b"\x16\x03\x01\x00 this is not HTTP\r\n\r\n"
POLL_S = 0.05
LONGEST_S = 60.0
MARK = 1
"""Source: socket(7), SO_MARK; needs the right to set it."""


class Proxy:
    """One listening port, one target, one mode file."""

    def __init__(self, target_ip: str, target_port: int, mode_file: Path) -> None:
        """Nothing is opened before ``serve``."""
        self._target_ip = target_ip
        self._target_port = target_port
        self._mode_file = mode_file
        self._later = asyncio.TaskGroup()

    async def serve(self, listen_ip: str, listen_port: int) -> None:
        """Listen for ever."""
        server = await asyncio.start_server(self._accept, listen_ip, listen_port)
        async with self._later, server:
            await server.serve_forever()

    def mode(self) -> tuple[str, float]:
        """Word and seconds; a file that is missing or empty means pass."""
        try:
            words = self._mode_file.read_text().split()
        except OSError:
            return "pass", 0.0
        word = words[0] if words else "pass"
        return word, float(words[1]) if len(words) > 1 else 0.0

    def order(self) -> tuple[str, float, list[bytes]] | None:
        """What is to happen to the requests for one path: word, seconds, paths."""
        try:
            words = self._mode_file.read_text().split()
        except OSError:
            return None
        if not words or words[0] not in {"late", "undone"}:
            return None
        return words[0], min(float(words[1]), LONGEST_S), [one.encode() for one in words[2:]]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            try:
                await self._join(reader, writer)
            finally:
                writer.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await self._dial()
        try:
            async with asyncio.TaskGroup() as tasks:
                back = tasks.create_task(self._answers(far_reader, writer))
                await self._requests(reader, far_writer, writer)
                back.cancel()
        finally:
            far_writer.close()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        plain.setblocking(False)  # noqa: FBT003 - the library's own form
        with contextlib.suppress(PermissionError):
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(plain, (self._target_ip, self._target_port))
        return await asyncio.open_connection(sock=plain)

    async def _send_later(self, after_s: float, request: bytes) -> None:
        """On a line of its own: nobody waits for the answer."""
        await asyncio.sleep(after_s)
        with self._mode_file.with_suffix(".late").open("ab") as told:
            told.write(request.partition(b"\r")[0] + b"\n")
        with contextlib.suppress(OSError):
            reader, writer = await self._dial()
            writer.write(request)
            await writer.drain()
            await reader.read(65536)
            writer.close()

    def _takes(self, data: bytes) -> bool:
        """Carry out an order for this request; tell whether it is not to go on by itself."""
        order = self.order()
        if order is None or not data.startswith(b"POST " + order[2][0] + b" "):
            return False
        word, seconds, paths = order
        if word == "late":
            self._later.create_task(self._send_later(seconds, data))
            return True
        opposite = data.replace(paths[0], paths[1], 1)
        self._later.create_task(self._send_later(seconds, opposite))
        return False

    async def _requests(
        self,
        reader: asyncio.StreamReader,
        far: asyncio.StreamWriter,
        near: asyncio.StreamWriter,
    ) -> None:
        """Hold requests while hanging: they go through, late, when the mode changes."""
        while data := await reader.read(65536):
            if self._takes(data):
                continue
            word, seconds = self.mode()
            while word == "hang":
                await asyncio.sleep(POLL_S)
                word, seconds = self.mode()
            if word == "500":
                near.write(ANSWER_500)
            elif word == "garbage":
                near.write(GARBAGE)
                return
            else:
                await asyncio.sleep(seconds if word == "delay" else 0)
                far.write(data)
                await far.drain()

    async def _answers(self, far: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        while data := await far.read(65536):
            word, _ = self.mode()
            while word == "hang":
                await asyncio.sleep(POLL_S)
                word, _ = self.mode()
            near.write(_with_wrong_chain(data) if word == "wrong_chain" else data)
            await near.drain()
        near.close()


def _with_wrong_chain(data: bytes) -> bytes:
    """Of the same length, so that Content-Length still holds."""
    return re.sub(rb'("chain_id":")[0-9a-f]{64}', rb"\g<1>" + b"ee" * 32, data)


def main(arguments: list[str]) -> None:
    """Run until killed."""
    listen_port, target_port, mode_file, *addresses = arguments
    listen_ip, target_ip = [*addresses, *["127.0.0.1"] * 2][:2]
    proxy = Proxy(target_ip, int(target_port), Path(mode_file))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(proxy.serve(listen_ip, int(listen_port)))


if __name__ == "__main__":
    main(sys.argv[1:])
