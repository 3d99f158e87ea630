"""PeerProbe makes a value of whatever a peer keeper, or a stranger in its place, answers."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import pytest

from eoskeeper.config import Secret
from eoskeeper.domain.report import Report
from eoskeeper.domain.samples import FailureReason, PeerRead, ProbeFailed, ProbeName
from eoskeeper.probes.peers import ANSWER_LIMIT_BYTES, PeerProbe
from tests.unit.web.serving import NOW, TOKEN, a_report, serving

REPORT = (
    b'{"host":"bp-1","role":"B","state":"standby","may_produce":false,"head_number":7,'
    b'"summary":"s"}'
)
HEAD = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n%s\r\n"
TIMEOUT_S = 0.5


async def read(url: str, token: str | None = None) -> PeerRead | ProbeFailed:
    """One reading of a peer that must call itself bp-1."""
    secret = Secret(token) if token else None
    async with PeerProbe("bp-1", url, secret, TIMEOUT_S, lambda: NOW) as probe:
        return await probe.read()


def failure_of(reading: PeerRead | ProbeFailed) -> FailureReason:
    """The reason; every failure is the peer probe's and names the peer."""
    assert isinstance(reading, ProbeFailed)
    assert (reading.probe, reading.at) == (ProbeName.PEER, NOW)
    assert reading.detail.startswith("bp-1: ")
    assert TOKEN not in reading.detail
    return reading.reason


def read_keeper(
    report: Report | None, *, token: str | None = None, theirs: str | None = None
) -> PeerRead | ProbeFailed:
    """A reading of a real web server."""

    async def run() -> PeerRead | ProbeFailed:
        async with serving(report, token=theirs) as served:
            return await read(f"http://127.0.0.1:{served.port}", token)

    return asyncio.run(run())


def read_stranger(*said: bytes, pause_s: float = 0.0) -> PeerRead | ProbeFailed:
    """A reading of somebody who says these pieces, with a pause after each."""

    async def stranger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.CancelledError):
            await reader.readuntil(b"\r\n\r\n")
            for piece in said:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause_s)
        writer.close()

    async def run() -> PeerRead | ProbeFailed:
        async with await asyncio.start_server(stranger, "127.0.0.1", 0) as server:
            async with asyncio.timeout(5):
                return await read(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    return asyncio.run(run())


def answering(body: bytes, status: int = 200, headers: bytes = b"") -> bytes:
    """A whole answer."""
    return HEAD % (status, len(body), headers) + body


def test_a_peer_is_read_as_it_reports_itself() -> None:
    """Through the web server of another keeper."""
    assert read_keeper(a_report()) == PeerRead(
        at=NOW,
        host="bp-1",
        role="B",
        state="standby",
        may_produce=False,
        head_number=7,
        summary="B standby; head #7 0.4 s old",
        term=3,
    )


def test_a_peer_with_a_token_is_read_with_it() -> None:
    """The token goes with the request."""
    assert isinstance(read_keeper(a_report(), token=TOKEN, theirs=TOKEN), PeerRead)


@pytest.mark.parametrize("token", [None, "another-0123456789abcdef"])
def test_without_the_token_of_the_peer_we_may_not_ask(token: str | None) -> None:
    """A reason of its own: only the operator can mend it."""
    reading = read_keeper(a_report(), token=token, theirs=TOKEN)
    assert failure_of(reading) is FailureReason.NOT_PERMITTED


def test_a_peer_that_has_just_started_has_no_report() -> None:
    """It answers, and knows nothing yet."""
    assert failure_of(read_keeper(None)) is FailureReason.OVERLOADED


def test_a_peer_of_another_name_is_none() -> None:
    """Two peers with exchanged addresses, or this host itself, would be told as the wrong one."""
    reading = read_keeper(a_report(host="bp-2"))
    assert failure_of(reading) is FailureReason.UNEXPECTED_SHAPE
    assert isinstance(reading, ProbeFailed)
    assert "'bp-2'" in reading.detail


def test_a_peer_whose_keeper_is_away_refuses() -> None:
    """The port is there and nobody listens."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        reading = asyncio.run(read(f"http://127.0.0.1:{nobody.getsockname()[1]}"))
    assert failure_of(reading) is FailureReason.REFUSED


@pytest.mark.parametrize(
    "said",
    [
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\n", b""),
        (HEAD % (200, 500, b""), b"{"),
        (HEAD % (200, 500, b""), *[b"{"] * 100),
    ],
)
def test_a_peer_that_hangs_or_drips_is_left_after_its_time(said: tuple[bytes, ...]) -> None:
    """The limit is for the whole answer, not for each byte."""
    assert failure_of(read_stranger(*said, pause_s=0.4)) is FailureReason.TIMED_OUT


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", FailureReason.NOT_JSON),
        (answering(b"<html>"), FailureReason.NOT_JSON),
        (answering(b""), FailureReason.NOT_JSON),
        (answering(b"\xff\xfe"), FailureReason.NOT_JSON),
        (answering(REPORT.replace(b"bp-1", b"\xff")), FailureReason.NOT_JSON),
        (answering(b'{"x":' * 30_000), FailureReason.NOT_JSON),
        (answering(b"[]"), FailureReason.UNEXPECTED_SHAPE),
        (answering(b'{"host":"bp-1"}'), FailureReason.UNEXPECTED_SHAPE),
        (answering(REPORT.replace(b"7", b"-7")), FailureReason.UNEXPECTED_SHAPE),
        (answering(REPORT.replace(b"false", b"0")), FailureReason.UNEXPECTED_SHAPE),
        (answering(REPORT.replace(b"standby", b"[/]")), FailureReason.UNEXPECTED_SHAPE),
        (answering(REPORT.replace(b'"B"', b'"\\u001b[2J"')), FailureReason.UNEXPECTED_SHAPE),
        (answering(b"", 404), FailureReason.HTTP_STATUS),
        (answering(b"", 302, b"Location: /api/other\r\n"), FailureReason.HTTP_STATUS),
        (answering(b"", 429), FailureReason.OVERLOADED),
        (answering(b" " * (ANSWER_LIMIT_BYTES + 1)), FailureReason.TOO_LARGE),
        (HEAD % (200, 500, b"") + b"{", FailureReason.DISCONNECTED),
        (b"", FailureReason.DISCONNECTED),
    ],
)
def test_a_stranger_in_place_of_a_peer_is_a_failure(said: bytes, reason: FailureReason) -> None:
    """Each with its own reason; none raises, and nothing is printed that could not be."""
    assert failure_of(read_stranger(said)) is reason


def test_a_later_version_may_tell_more() -> None:
    """Keepers of a cluster are not upgraded in the same moment."""
    reading = read_stranger(answering(REPORT.replace(b"{", b'{"new":[1],', 1)))
    assert isinstance(reading, PeerRead)


def test_a_summary_is_made_safe_to_print() -> None:
    """A peer does not write escape sequences to our terminals."""
    reading = read_stranger(answering(REPORT.replace(b'"s"', b'"\\u001b[2J"')))
    assert isinstance(reading, PeerRead)
    assert reading.summary == "?[2J"


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example", "host.invalid"])
def test_a_host_without_an_address_is_missing(host: str) -> None:
    """Names that nobody has, and names that nobody can have. Source: RFC 2606, 2."""
    reading = asyncio.run(read(f"http://{host}:8686"))
    assert failure_of(reading) in {FailureReason.MISSING, FailureReason.TIMED_OUT}
