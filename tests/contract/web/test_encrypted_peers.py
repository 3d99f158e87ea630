"""A peer keeper is read over an encrypted line, by papers that both sides check."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from eoskeeper.config import Secret
from eoskeeper.domain.samples import FailureReason, PeerRead, ProbeFailed
from eoskeeper.probes.peers import PeerProbe
from eoskeeper.probes.tls_line import Papers
from tests.contract.web.certificates import Pair, authority, signed
from tests.unit.web.serving import NOW, TOKEN, a_report, serving


class Drawer:
    """Everybody's certificates."""

    def __init__(self, folder: Path) -> None:
        self.ours, self.theirs = authority(folder, "ours"), authority(folder, "theirs")
        self.server = signed(folder, "server", self.ours)
        self.client = signed(folder, "client", self.ours)
        self.stranger = signed(folder, "stranger", self.theirs)


@pytest.fixture(scope="module")
def drawer(tmp_path_factory: pytest.TempPathFactory) -> Drawer:
    """Made once."""
    return Drawer(tmp_path_factory.mktemp("drawer"))


def papers(trusted: Pair, shown: Pair | None = None) -> Papers:
    """For the probe."""
    return Papers(
        ca=trusted.certificate,
        certificate=shown.certificate if shown else None,
        key=shown.key if shown else None,
    )


def read(
    drawer: Drawer, ours: Papers | None, *, token: str | None = None, host: str = "127.0.0.1"
) -> PeerRead | ProbeFailed:
    """One reading of a peer that asks for a client certificate or the token."""

    async def run() -> PeerRead | ProbeFailed:
        async with serving(
            a_report(),
            token=TOKEN,
            certificate=drawer.server.certificate,
            key=drawer.server.key,
            client_ca=drawer.ours.certificate,
        ) as served:
            url = f"https://{host}:{served.port}"
            secret = Secret(token) if token else None
            async with PeerProbe("bp-1", url, secret, 3.0, lambda: NOW, ours) as probe:
                return await probe.read()

    return asyncio.run(run())


def failure(reading: PeerRead | ProbeFailed) -> tuple[FailureReason, str]:
    """Why there is no reading."""
    assert isinstance(reading, ProbeFailed)
    return reading.reason, reading.detail


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_certificate_opens_a_peer_without_a_token(drawer: Drawer, host: str) -> None:
    """By address and by name, as its certificate says."""
    reading = read(drawer, papers(drawer.ours, drawer.client), host=host)
    assert isinstance(reading, PeerRead)
    assert reading.host == "bp-1"


def test_a_token_opens_a_peer_without_a_certificate(drawer: Drawer) -> None:
    """The line is encrypted all the same."""
    assert isinstance(read(drawer, papers(drawer.ours), token=TOKEN), PeerRead)


def test_without_either_the_peer_tells_nothing(drawer: Drawer) -> None:
    """401, as on a plain line."""
    reason, detail = failure(read(drawer, papers(drawer.ours)))
    assert reason is FailureReason.NOT_PERMITTED
    assert "401" in detail


@pytest.mark.parametrize("trusts_machine", [True, False])
def test_a_peer_that_nobody_we_trust_has_signed_gets_no_token(
    drawer: Drawer, *, trusts_machine: bool
) -> None:
    """The handshake ends before anything is said."""
    trusted = None if trusts_machine else papers(drawer.theirs)
    reason, detail = failure(read(drawer, trusted, token=TOKEN))
    assert reason is FailureReason.NOT_PERMITTED
    assert "certificate is not good" in detail


def test_a_certificate_that_the_peer_does_not_take_is_told(drawer: Drawer) -> None:
    """The peer just hangs up; that may be why, and the operator is told so."""
    reason, detail = failure(read(drawer, papers(drawer.ours, drawer.stranger), token=TOKEN))
    assert reason is FailureReason.DISCONNECTED
    assert "perhaps it does not take our certificate" in detail


def test_papers_that_cannot_be_read_are_told(drawer: Drawer, tmp_path: Path) -> None:
    """A value like every failure, and tried again the next time."""
    gone = Pair(tmp_path / "gone.pem", tmp_path / "gone.key")
    reason, detail = failure(read(drawer, papers(drawer.ours, gone)))
    assert reason is FailureReason.MISSING
    assert "cannot be read" in detail


@pytest.mark.parametrize("renewed", ["certificate", "ca"])
def test_renewed_papers_are_taken_after_a_refusal(
    drawer: Drawer, tmp_path: Path, renewed: str
) -> None:
    """By either side, without a restart of the keeper."""
    own = Pair(tmp_path / "own.pem", tmp_path / "own.key")
    trusted = tmp_path / "ca.pem"

    def put(shown: Pair, signer: Pair) -> None:
        own.certificate.write_bytes(shown.certificate.read_bytes())
        own.key.write_bytes(shown.key.read_bytes())
        trusted.write_bytes(signer.certificate.read_bytes())

    async def run() -> tuple[PeerRead | ProbeFailed, PeerRead | ProbeFailed]:
        async with serving(
            a_report(),
            certificate=drawer.server.certificate,
            key=drawer.server.key,
            client_ca=drawer.ours.certificate,
        ) as served:
            url = f"https://127.0.0.1:{served.port}"
            if renewed == "ca":
                put(drawer.client, drawer.theirs)
            else:
                put(drawer.stranger, drawer.ours)
            ours = Papers(ca=trusted, certificate=own.certificate, key=own.key)
            async with PeerProbe("bp-1", url, None, 3.0, lambda: NOW, ours) as probe:
                refused = await probe.read()
                put(drawer.client, drawer.ours)
                return refused, await probe.read()

    refused, taken = asyncio.run(run())
    assert isinstance(refused, ProbeFailed)
    assert isinstance(taken, PeerRead)
