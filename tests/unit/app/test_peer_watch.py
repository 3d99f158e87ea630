"""Every peer is asked in each round; one that is silent costs the others nothing."""

from __future__ import annotations

import asyncio
import socket

import pytest

from eoskeeper.app.peer_watch import PERIOD_S, TIMEOUT_S, probes_of, watch_peers
from eoskeeper.config import load_text
from eoskeeper.domain.samples import PeerRead, ProbeFailed, Sample
from eoskeeper.probes.peers import PeerProbe
from tests.unit.web.serving import NOW, a_report, serving

SHORT_S = 0.3


def probe(name: str, port: int) -> PeerProbe:
    """A peer on a port of this machine."""
    return PeerProbe(name, f"http://127.0.0.1:{port}", None, SHORT_S, lambda: NOW)


def names(samples: list[Sample]) -> list[str]:
    """``host`` of a reading, ``not host`` of a failure."""
    told = []
    for sample in samples:
        match sample:
            case PeerRead():
                told.append(sample.host)
            case ProbeFailed():
                told.append(f"not {sample.detail.partition(':')[0]}")
            case _:
                pytest.fail(f"{sample} is not of a peer")
    return told


async def told_of(probes: list[PeerProbe], count: int) -> list[Sample]:
    """The first samples."""
    told: list[Sample] = []
    enough = asyncio.Event()

    def tell(sample: Sample) -> None:
        told.append(sample)
        if len(told) >= count:
            enough.set()

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        task = group.create_task(watch_peers(probes, tell, period_s=0.05))
        await enough.wait()
        task.cancel()
    return told


def test_all_peers_are_asked_at_once_and_failures_are_told_last() -> None:
    """Two that hang cost one time-out; the one failure kept for all peers is the round's last."""

    async def run() -> tuple[list[Sample], float]:
        with socket.create_server(("127.0.0.1", 0)) as mute:
            port = mute.getsockname()[1]
            async with serving(a_report("bp-3")) as served:
                probes = [probe("bp-1", port), probe("bp-2", port), probe("bp-3", served.port)]
                loop = asyncio.get_running_loop()
                started = loop.time()
                return await told_of(probes, 3), loop.time() - started

    told, took_s = asyncio.run(run())
    assert names(told) == ["bp-3", "not bp-1", "not bp-2"]
    assert took_s < 2 * SHORT_S


def test_a_silent_peer_is_asked_again_and_heard_when_it_is_back() -> None:
    """Nothing is remembered against it."""

    async def run() -> list[Sample]:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            port = nobody.getsockname()[1]
            one = probe("bp-1", port)
            told = await told_of([one], 2)
        async with serving(a_report("bp-1"), port=port):
            return [*told, *await told_of([one], 2)]

    assert names(asyncio.run(run())) == ["not bp-1", "not bp-1", "bp-1", "bp-1"]


def test_each_configured_peer_has_a_probe() -> None:
    """And a time limit that fits into a round."""
    config = load_text('[host]\nrole = "F"\nname = "me"\n[peers.b]\nurl = "http://10.0.0.2:8686"\n')
    assert len(probes_of(config.peers, lambda: NOW, None)) == 1
    assert TIMEOUT_S < PERIOD_S
