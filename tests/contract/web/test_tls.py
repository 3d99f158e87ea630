"""Encrypted and with client certificates: who may read, and what silent strangers can take."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from eoskeeper.config import Secret
from eoskeeper.web.connections import MAX_CONNECTIONS
from eoskeeper.web.server import WEB_CANNOT_LISTEN, WebSettings, serve
from eoskeeper.web.tls import (
    WEB_CERTIFICATE_KEPT,
    WEB_CERTIFICATE_RENEWED,
    server_context,
    watch_certificate,
)
from tests.contract.web.certificates import Pair, authority, client_context, signed
from tests.unit.runtime.recording_log import RecordingLog
from tests.unit.web.serving import NOW, TOKEN, Answer, Served, a_report, closed, parsed, serving
from tests.unit.web.serving import until_logged as until_told

BEARER = f"Authorization: Bearer {TOKEN}"


class Papers(NamedTuple):
    """Everybody's."""

    ours: Pair
    server: Pair
    client: Pair
    stranger: Pair


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Our authority with a server and a client, and a client of somebody else's."""
    folder = tmp_path_factory.mktemp("papers")
    ours, theirs = authority(folder, "ours"), authority(folder, "theirs")
    return Papers(
        ours,
        signed(folder, "server", ours),
        signed(folder, "client", ours),
        signed(folder, "stranger", theirs),
    )


def against(
    papers: Papers,
    check: Callable[[Served], Awaitable[None]],
    *,
    token: str | None = None,
    with_clients: bool = False,
) -> None:
    """Run a check against an encrypted server."""

    async def run() -> None:
        async with (
            asyncio.timeout(20),
            serving(
                a_report(),
                token=token,
                certificate=papers.server.certificate,
                key=papers.server.key,
                client_ca=papers.ours.certificate if with_clients else None,
            ) as served,
        ):
            await check(served)

    asyncio.run(run())


async def ask(served: Served, context: ssl.SSLContext, *headers: str) -> Answer:
    """One request to ``/api/status``."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, ssl=context)
    lines = ("GET /api/status HTTP/1.1", "Host: 127.0.0.1", *headers, "", "")
    writer.write("\r\n".join(lines).encode())
    try:
        return parsed(await reader.read())
    finally:
        await closed(writer)


@pytest.mark.parametrize(
    ("token", "with_clients", "shows", "says", "status"),
    [
        (None, False, False, False, 200),
        (TOKEN, False, False, False, 401),
        (TOKEN, False, False, True, 200),
        (TOKEN, True, True, False, 200),
        (TOKEN, True, False, True, 200),
        (TOKEN, True, False, False, 401),
        (None, True, True, False, 200),
        (None, True, False, False, 403),
        (None, True, False, True, 403),
        (TOKEN, False, True, False, 401),
    ],
)
def test_a_client_certificate_is_as_good_as_the_token(
    papers: Papers, token: str | None, *, with_clients: bool, shows: bool, says: bool, status: int
) -> None:
    """Where the server takes any; else it counts for nothing."""
    context = client_context(papers.ours, papers.client if shows else None)

    async def check(served: Served) -> None:
        answer = await ask(served, context, *((BEARER,) if says else ()))
        assert answer.status == status
        assert (b"bp-1" in answer.body) == (status == 200)

    against(papers, check, token=token, with_clients=with_clients)


def test_a_certificate_of_another_authority_is_not_let_in(papers: Papers) -> None:
    """Not even with the token: who shows papers that are wrong is not who it says it is."""
    context = client_context(papers.ours, papers.stranger)

    async def check(served: Served) -> None:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await ask(served, context, BEARER)
        good = await ask(served, client_context(papers.ours, papers.client))
        assert good.status == 200

    against(papers, check, token=TOKEN, with_clients=True)


def test_silent_strangers_do_not_take_all_file_descriptors(papers: Papers) -> None:
    """Those that begin no handshake have a bound as well; when they go, there is room again."""
    context = client_context(papers.ours)

    async def check(served: Served) -> None:
        silent = [
            await asyncio.open_connection("127.0.0.1", served.port)
            for _ in range(MAX_CONNECTIONS + 8)
        ]
        async with asyncio.timeout(5):
            for reader, _ in silent[MAX_CONNECTIONS:]:
                assert await reader.read() == b""
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await ask(served, context)
        for _, writer in silent:
            await closed(writer)
        await asyncio.sleep(0.2)
        assert (await ask(served, context)).status == 200

    against(papers, check)


def test_who_speaks_no_tls_is_no_event(papers: Papers, caplog: pytest.LogCaptureFixture) -> None:
    """A stranger fills no log, and harms nobody."""

    async def check(served: Served) -> None:
        for said in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x00\x00", b""):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            writer.write(said)
            writer.write_eof()
            await reader.read()
            await closed(writer)
        assert (await ask(served, client_context(papers.ours))).status == 200
        assert len(served.log.entries) == 1

    against(papers, check)
    assert caplog.records == []


def test_a_server_without_its_files_waits_for_them(papers: Papers, tmp_path: Path) -> None:
    """It is told once where to look; failover goes on meanwhile."""
    log = RecordingLog()
    certificate, key = tmp_path / "late.pem", tmp_path / "late.key"

    async def run() -> None:
        settings = WebSettings(
            host="127.0.0.1", port=0, retry_s=0.02, certificate=certificate, key=key
        )
        async with asyncio.TaskGroup() as group:
            task = group.create_task(serve(settings, lambda: None, lambda: NOW, log))
            await until_told(log, WEB_CANNOT_LISTEN)
            key.write_bytes(papers.server.key.read_bytes())
            certificate.write_bytes(papers.server.certificate.read_bytes())
            await until_told(log, "web_listening")
            task.cancel()

    asyncio.run(run())
    assert log.entries[0].details["setting"] == "web.certificate"


def test_a_renewed_certificate_is_taken_without_a_restart(papers: Papers, tmp_path: Path) -> None:
    """And one that does not fit its key is told, and the old one kept."""
    log = RecordingLog()
    certificate, key = tmp_path / "own.pem", tmp_path / "own.key"
    key.write_bytes(papers.server.key.read_bytes())
    certificate.write_bytes(papers.server.certificate.read_bytes())
    settings = WebSettings(
        host="127.0.0.1", port=0, token=Secret(TOKEN), certificate=certificate, key=key
    )

    async def run() -> None:
        context = server_context(settings)
        assert context is not None
        async with asyncio.TaskGroup() as group:
            task = group.create_task(watch_certificate(context, settings, log, period_s=0.02))
            await asyncio.sleep(0.1)
            assert log.events() == []
            certificate.write_bytes(papers.client.certificate.read_bytes())
            await until_told(log, WEB_CERTIFICATE_KEPT)
            assert served_name(context, papers) == "server"
            key.write_bytes(papers.client.key.read_bytes())
            os.utime(key, (1, 1))
            await until_told(log, WEB_CERTIFICATE_RENEWED)
            task.cancel()
        assert served_name(context, papers) == "client"

    asyncio.run(run())


def served_name(context: ssl.SSLContext, papers: Papers) -> str:
    """Whom a handshake with this server names."""
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(ours, theirs, server_side=True)
    client = client_context(papers.ours).wrap_bio(theirs, ours, server_hostname="localhost")
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    certificate = client.getpeercert()
    assert certificate is not None
    subject = certificate["subject"]
    assert isinstance(subject, tuple)
    return str(subject[0][0][1])


def test_the_address_of_an_encrypted_server_is_free_again(papers: Papers) -> None:
    """As soon as it ends."""
    ports: list[int] = []

    async def check(served: Served) -> None:
        ports.append(served.port)
        assert (await ask(served, client_context(papers.ours))).status == 200

    against(papers, check)
    with socket.create_server(("127.0.0.1", ports[0])):
        pass
