"""Peer watch: asks every peer keeper every two seconds; what decides anything is sealed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack

from eoskeeper.config import Config
from eoskeeper.config.tables import PeerTable
from eoskeeper.domain.samples import PeerRead, ProbeFailed, Sample
from eoskeeper.probes.peers import PeerProbe
from eoskeeper.probes.tls_line import Papers
from eoskeeper.runtime.clock import Clock
from eoskeeper.runtime.member_seal import HmacSeal
from eoskeeper.runtime.membership import Membership
from eoskeeper.runtime.tasks import every

__all__ = ["membership_of", "probes_of", "watch_peers"]

PERIOD_S = 1.0
"""A holder whom etcd does not answer has asked all others, and heard of their promises, two and a
half periods later at the most: before the fence age is over."""

TIMEOUT_S = 0.9
"""Below the period: a peer that hangs does not make the others late."""


def membership_of(config: Config) -> Membership | None:
    """This host's side of the sealed words; None where the members give none."""
    token, producer = config.members.token, config.producer.account
    if token is None:
        return None
    assert producer is not None, "the configuration was checked"
    return Membership(producer, config.host.name, frozenset(config.peers), HmacSeal(token))


def probes_of(
    peers: Mapping[str, PeerTable], clock: Clock, members: Membership | None
) -> tuple[PeerProbe, ...]:
    """One for each configured peer."""
    return tuple(
        PeerProbe(name, peer.url, peer.token, TIMEOUT_S, clock, _papers_of(peer), members)
        for name, peer in peers.items()
    )


def _papers_of(peer: PeerTable) -> Papers:
    return Papers(ca=peer.ca, certificate=peer.certificate, key=peer.key)


async def watch_peers(
    probes: Sequence[PeerProbe], tell: Callable[[Sample], None], period_s: float = PERIOD_S
) -> None:
    """Ask all peers at once, round after round, until cancelled.

    A round is told in one go, failures last: the one failure that is kept for all peers then says
    that some peer is silent, whichever of the others answer.
    """
    async with AsyncExitStack() as stack:
        for probe in probes:
            await stack.enter_async_context(probe)
        async for _ in every(period_s):
            for reading in await _read_all(probes):
                tell(reading)


async def _read_all(probes: Sequence[PeerProbe]) -> list[PeerRead | ProbeFailed]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(probe.read()) for probe in probes]
    return sorted((task.result() for task in tasks), key=lambda one: isinstance(one, ProbeFailed))
