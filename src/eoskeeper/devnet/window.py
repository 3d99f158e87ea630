"""A window into a host: a port of this machine's loopback that leads to one of the host's own.

A browser of the person who tries the devnet is not in the host's network namespace, and must not
have to be. Standard library only, and every connection has its own socket made in the namespace.
"""

import asyncio
import contextlib
import sys

from eoskeeper.devnet.namespaces import socket_in

CHUNK_BYTES = 65_536
DIAL_TIMEOUT_S = 2.0


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, until either side ends."""
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    writer.close()


class Window:
    """Leads from a port here to a port of the loopback in a namespace."""

    def __init__(self, namespace: str, target: int) -> None:
        self._namespace = namespace
        self._target = target

    async def serve(self, port: int) -> None:
        """Serve for ever."""
        server = await asyncio.start_server(self._lead, "127.0.0.1", port)
        await server.serve_forever()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await self._dial()
        except (OSError, TimeoutError):
            writer.close()
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(_copy(reader, there_writer))
            group.create_task(_copy(there_reader, writer))

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        there = await asyncio.to_thread(socket_in, self._namespace)
        there.setblocking(False)  # noqa: FBT003 - the standard library's own parameter
        async with asyncio.timeout(DIAL_TIMEOUT_S):
            await asyncio.get_running_loop().sock_connect(there, ("127.0.0.1", self._target))
        return await asyncio.open_connection(sock=there)


def main() -> None:
    """Run until a signal ends it; arguments: the namespace, the port here, the port there."""
    namespace, port, target = sys.argv[1:]
    asyncio.run(Window(namespace, int(target)).serve(int(port)))


if __name__ == "__main__":
    main()
