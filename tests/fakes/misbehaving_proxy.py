"""A TCP proxy in front of a real nodeos that misbehaves as a file tells it.

``python misbehaving_proxy.py LISTEN_PORT TARGET_PORT MODE_FILE [LISTEN_IP] [TARGET_IP]``; the file
holds ``pass``, ``hang``, ``500``, ``garbage``, ``wrong_chain`` or ``delay SECONDS``, read anew for
each piece of each direction. Standard library only, so that any Python in any namespace runs it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
from pathlib import Path

__all__ = ["Proxy", "main"]

BODY_500 = b'{"code":500,"message":"Internal Service Error"}'
ANSWER_500 = b"HTTP/1.1 500 Error\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY_500), BODY_500)
GARBAGE = b"\x16\x03\x01\x00 this is not HTTP\r\n\r\n"
POLL_S = 0.05


class Proxy:
    """One listening port, one target, one mode file."""

    def __init__(self, target_ip: str, target_port: int, mode_file: Path) -> None:
        """Nothing is opened before ``serve``."""
        self._target_ip = target_ip
        self._target_port = target_port
        self._mode_file = mode_file

    async def serve(self, listen_ip: str, listen_port: int) -> None:
        """Listen for ever."""
        server = await asyncio.start_server(self._accept, listen_ip, listen_port)
        async with server:
            await server.serve_forever()

    def mode(self) -> tuple[str, float]:
        """Word and seconds; a file that is missing or empty means pass."""
        try:
            words = self._mode_file.read_text().split()
        except OSError:
            return "pass", 0.0
        word = words[0] if words else "pass"
        return word, float(words[1]) if len(words) > 1 else 0.0

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            try:
                await self._join(reader, writer)
            finally:
                writer.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._target_ip, self._target_port)
        try:
            async with asyncio.TaskGroup() as tasks:
                back = tasks.create_task(self._answers(far_reader, writer))
                await self._requests(reader, far_writer, writer)
                back.cancel()
        finally:
            far_writer.close()

    async def _requests(
        self,
        reader: asyncio.StreamReader,
        far: asyncio.StreamWriter,
        near: asyncio.StreamWriter,
    ) -> None:
        """Hold requests while hanging: they go through, late, when the mode changes."""
        while data := await reader.read(65536):
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
