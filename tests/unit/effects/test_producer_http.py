"""Addresses and answers as the producer calls read them."""

from __future__ import annotations

import asyncio

import pytest

from eoskeeper.effects import producer_http as http
from tests.fakes.loop_clock import clock_from


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("http://127.0.0.1:8888", "127.0.0.1", 8888, ""),
        ("http://[::1]:8889", "::1", 8889, ""),
        ("http://nodeos:8888", "nodeos", 8888, ""),
        ("http://127.0.0.1", "127.0.0.1", 80, ""),
        ("unix:///run/nodeos.sock", "", 0, "/run/nodeos.sock"),
    ],
)
def test_reads_the_forms_of_an_address(url: str, host: str, port: int, path: str) -> None:
    """TCP with IP or name, and a socket file."""
    address = http.parse_address(url)
    assert (address.host, address.port, address.path) == (host, port, path)


@pytest.mark.parametrize("url", ["https://127.0.0.1:8888", "http://a@b:1", "unix://relative", ""])
def test_refuses_other_forms(url: str) -> None:
    """What cannot be spoken to is refused at once."""
    with pytest.raises(ValueError, match="not of the form"):
        http.parse_address(url)


@pytest.mark.parametrize(
    ("answer", "progress", "status", "body"),
    [
        (b"HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\ntrue", "answered", 201, b"true"),
        (b"HTTP/1.1 201 Created\r\ncontent-length:4\r\n\r\ntrueX", "answered", 201, b"true"),
        (b"HTTP/1.0 201 Created\r\n\r\ntrue", "answered", 201, b"true"),
        (b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\ntrue", "no_answer", 0, b""),
        (b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n", "no_answer", 0, b""),
        (b"HTTP/1.1 201 Created\r\nContent-Length: x\r\n\r\n", "no_answer", 0, b""),
        (b"HTTP/1.1 what\r\n\r\n", "no_answer", 0, b""),
        (b"HTTP/1.1 20", "no_answer", 0, b""),
        (b"\x16\x03\x01", "no_answer", 0, b""),
        (b"", "no_answer", 0, b""),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000, "no_answer", 0, b""),
    ],
)
def test_only_a_whole_answer_is_an_answer(
    answer: bytes, progress: str, status: int, body: bytes
) -> None:
    """Anything short of status, head and the whole body leaves it open what happened."""

    async def run() -> http.Exchange:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"{}")
            writer.write(answer)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            address = http.parse_address(f"http://127.0.0.1:{port}")
            return await http.ask(address, "paused", timeout_s=1.0, clock=clock_from())

    exchange = asyncio.run(run())
    assert (exchange.progress.value, exchange.status, exchange.body) == (progress, status, body)
    assert exchange.sent is not None


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (201, b'{"result":"ok"}', True),
        (200, b'{"result":"ok"}', True),
        (202, b'{"result":"ok"}', True),
        (201, b'{"result":"no"}', False),
        (201, b"ok", False),
        (201, b"\xff", False),
        (500, b'{"result":"ok"}', False),
    ],
)
def test_only_ok_acknowledges(status: int, body: bytes, *, expected: bool) -> None:
    """A success status with another body is no acknowledgement."""
    exchange = http.Exchange(http.Progress.ANSWERED, status=status, body=body)
    assert http.acknowledged(exchange) is expected


def test_a_unix_socket_is_spoken_to(tmp_path: object) -> None:
    """The same call through a socket file."""

    async def run() -> http.Exchange:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"{}")
            writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 15\r\n\r\n" + b'{"result":"ok"}')
            writer.close()

        server = await asyncio.start_unix_server(serve, f"{tmp_path}/s")
        async with server:
            address = http.parse_address(f"unix://{tmp_path}/s")
            return await http.ask(address, "pause", timeout_s=1.0, clock=clock_from())

    assert http.acknowledged(asyncio.run(run()))
