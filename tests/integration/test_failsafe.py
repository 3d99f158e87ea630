"""Promises on real processes: etcd is down, or does not reach the holder alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from signal import SIGCONT, SIGKILL, SIGSTOP

import pytest

from eoskeeper.domain.events import FailsafeTurned
from eoskeeper.domain.standing import State
from tests.integration.cluster import BPS
from tests.integration.leased import CLIENT_PORT, PEER_PORT, LeasedCluster
from tests.nemesis import lines

StartLeased = Callable[..., LeasedCluster]

LEASE_S, GUARD_S = 20.0, 9.0
MOST_BLOCKS = 0.8
"""A chain of four producers, of whom one is ours, loses a block now and then under load."""


@pytest.fixture
def cluster(start_leased: StartLeased) -> LeasedCluster:
    """A holds, b and c stand by, and all have the failsafe."""
    cluster = start_leased({"failover": {"mode": "auto", "failsafe": True}})
    cluster.wait_held("a", 60)
    cluster.wait_ready()
    return cluster


def turned(cluster: LeasedCluster, name: str) -> list[bool]:
    """What a keeper has journalled of going on by promises."""
    return [event.on for event in cluster.events(name) if isinstance(event, FailsafeTurned)]


def produced(cluster: LeasedCluster, seconds: float) -> float:
    """Share of its own slots that a fills in so many seconds from now."""
    before = len(cluster.blocks("a"))
    time.sleep(seconds)
    return (len(cluster.blocks("a")) - before) / (seconds / cluster.round_s * 12)


def test_production_goes_on_while_etcd_is_down_and_two_never_produce(
    cluster: LeasedCluster,
) -> None:
    """For more than two leases; one member that is silent ends it; etcd brings a holder back."""
    for name in BPS:
        cluster.signal_member(name, SIGKILL)
    assert produced(cluster, 2 * cluster.round_s) > MOST_BLOCKS
    assert cluster.state("a") is State.HOLDER
    assert turned(cluster, "a") == [True]
    assert "goes on by the promises of b, c, f" in cluster.eoskeeper("a", "history").stdout
    cluster.devnet.kill_keeper("c", SIGSTOP)
    cluster.wait("a stops", lambda: cluster.paused("a") is True, GUARD_S + 5)
    time.sleep(LEASE_S + 5)
    assert cluster.holder() is None
    cluster.devnet.kill_keeper("c", SIGCONT)
    for name in BPS:
        cluster.start_member(name)
    cluster.wait("somebody holds", lambda: cluster.holder() is not None, 90)
    cluster.sleep_rounds(1)
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


def test_a_holder_that_alone_does_not_reach_etcd_goes_on_and_nobody_claims(
    cluster: LeasedCluster,
) -> None:
    """The others look at a record that does not change for longer than a lease."""
    host = cluster.devnet.host("a")
    lines.drop(host, lines.ports(CLIENT_PORT, PEER_PORT))
    assert produced(cluster, 2 * cluster.round_s) > MOST_BLOCKS
    assert cluster.state("a") is State.HOLDER
    assert cluster.resumes("b") + cluster.resumes("c") == []
    lines.mend(host)
    cluster.wait("etcd answers again", lambda: turned(cluster, "a") == [True, False], 30)
    assert cluster.holder() == "a"
    cluster.assert_never_two()
