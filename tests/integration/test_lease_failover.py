"""Failover by a lease in three real etcd members, with a guard beside each keeper."""

from __future__ import annotations

import time
from collections.abc import Callable
from signal import SIGCONT, SIGKILL, SIGSTOP

import pytest

from eoskeeper.domain.standing import State
from tests.integration.leased import LeasedCluster, guard_of

LEASE_S, KILLED_S, HUNG_S = 20.0, 8.0, 12.0
"""A host that is dead costs L and what follows; a nodeos that is dead or hangs, less."""

TURN_S = 6.0

StartLeased = Callable[[], LeasedCluster]


@pytest.fixture
def cluster(start_leased: StartLeased) -> LeasedCluster:
    """A holds, b and c stand by."""
    cluster = start_leased()
    cluster.wait_held("a", 60)
    cluster.wait_ready()
    return cluster


def took_s(cluster: LeasedCluster, name: str, within_s: float) -> float:
    """Seconds until a host holds."""
    begin = time.perf_counter()
    cluster.wait_held(name, within_s)
    return time.perf_counter() - begin


def alarms(cluster: LeasedCluster, name: str) -> set[str]:
    """Rules of which a keeper tells people."""
    told = cluster.report_or_fail(name).alarms
    return {line.rule for line in told if line.fired_utc is not None}


def test_a_dead_and_a_hung_nodeos_give_the_lease_back_within_seconds(
    cluster: LeasedCluster,
) -> None:
    """First the one of a is killed, then that of its successor is stopped."""
    cluster.devnet.kill("a")
    assert took_s(cluster, "b", 30) < KILLED_S
    cluster.devnet.start("a")
    cluster.wait_state("a", State.STANDBY, 60)
    cluster.sleep_rounds(1)
    cluster.devnet.freeze("b")
    taken = cluster.wait_for_successor("b", 40)
    assert taken < HUNG_S
    # Somebody has stopped it, who could have continued it: it was killed.
    assert cluster.devnet.host("b").pid is None
    cluster.devnet.start("b")
    cluster.sleep_rounds(2)
    assert cluster.state("b") is not State.HOLDER
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


def test_a_holder_whose_keeper_is_gone_is_stopped_by_its_guard(cluster: LeasedCluster) -> None:
    """Killed: the guard stops nodeos before L has passed, and then b takes over."""
    cluster.devnet.kill_keeper("a")
    cluster.wait("nodeos of a is paused", lambda: cluster.paused("a") is True, 15)
    assert took_s(cluster, "b", 40) < LEASE_S + 10
    cluster.start_keeper("a")
    cluster.wait_state("a", State.STANDBY, 60)
    cluster.sleep_rounds(1)
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


def test_a_keeper_that_slept_through_its_lease_finds_another_holder(
    cluster: LeasedCluster,
) -> None:
    """Stopped for 1.5 L: fenced by the guard, and when it wakes it does not produce."""
    cluster.devnet.kill_keeper("a", SIGSTOP)
    cluster.wait_held("b", LEASE_S + 20)
    cluster.devnet.kill_keeper("a", SIGCONT)
    cluster.wait_state("a", State.STANDBY, 30)
    cluster.sleep_rounds(1)
    assert cluster.holder() == "b"
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


def test_a_holder_that_is_cut_off_stops_before_another_begins(cluster: LeasedCluster) -> None:
    """From everything, etcd included: it fences itself at F, the successor waits for L."""
    told = cluster.eoskeeper("a", "status").stdout
    assert "lease: held here, term 1, confirmed" in told
    assert "guard: armed for term 1" in told
    cluster.devnet.cut("a")
    cluster.wait("a is paused", lambda: cluster.paused("a") is True, 15)
    cluster.wait("etcd's silence is told", lambda: "register" in alarms(cluster, "a"), 15)
    assert took_s(cluster, "b", 40) < LEASE_S + 10
    assert "lease: held by b, term 2" in cluster.eoskeeper("c", "status").stdout
    cluster.devnet.heal("a")
    cluster.wait("and its end", lambda: "register" not in alarms(cluster, "a"), 30)
    cluster.sleep_rounds(2)
    assert cluster.holder() == "b"
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


def test_the_death_of_an_etcd_member_moves_nothing(cluster: LeasedCluster) -> None:
    """Killed: the leader, then back; then a follower; a holds throughout and misses no block."""
    before = len(cluster.blocks("a"))
    for name in (cluster.leader(), "c"):
        cluster.signal_member(name, SIGKILL)
        cluster.sleep_rounds(1)
        cluster.start_member(name)
        cluster.sleep_rounds(0.5)
    assert cluster.holder() == "a"
    assert len(cluster.resumes("a")) + len(cluster.resumes("b")) + len(cluster.resumes("c")) == 0
    assert len(cluster.blocks("a")) >= before + 24
    cluster.assert_never_two()


def test_a_guard_that_is_killed_is_started_again_and_a_resume_behind_the_back_is_undone(
    cluster: LeasedCluster,
) -> None:
    """The new guard goes on with the old one's deadline; a stays the holder. Then curl on b."""
    guard_of(cluster, "a").send_signal(SIGKILL)
    cluster.sleep_rounds(1)
    assert cluster.holder() == "a"
    assert guard_of(cluster, "a").is_running()
    cluster.devnet.call("b", "/v1/producer/resume")
    cluster.wait("b is paused again", lambda: cluster.paused("b") is True, 4)
    cluster.sleep_rounds(1)
    assert cluster.holder() == "a"
    assert cluster.state("b") is State.STANDBY
