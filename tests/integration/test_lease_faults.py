"""Faults of a lease in etcd that have to be arranged: late and undone answers, clocks, backups."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP
from typing import Any

import pytest

from eoskeeper.domain.standing import State
from tests.integration.cluster import BPS
from tests.integration.door import door
from tests.integration.leased import CLIENT_PORT, PEER_PORT, LeasedCluster
from tests.integration.turns import switchover
from tests.nemesis import lines

StartLeased = Callable[[], LeasedCluster]

LEASE_S = 20.0
CLOSE_S = 5.0
STEPPED_CLOCK = Path(__file__).parents[1] / "fakes" / "stepped_clock.c"


@pytest.fixture
def cluster(start_leased: StartLeased) -> Iterator[LeasedCluster]:
    """A holds, b and c stand by; judged at the end."""
    cluster = start_leased()
    cluster.wait_held("a", 60)
    cluster.wait_ready()
    yield cluster
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


def cut_from_etcd(cluster: LeasedCluster, name: str) -> None:
    """The host's keeper and member reach no other member; the chain goes on."""
    lines.drop(cluster.devnet.host(name), lines.ports(CLIENT_PORT, PEER_PORT))


def test_a_resume_that_comes_late_finds_a_host_that_cannot_produce(
    cluster: LeasedCluster, tmp_path: Path
) -> None:
    """It is on its way for 40 s; meanwhile b loses etcd, its lease ends, and c holds."""
    mode = tmp_path / "b"
    cluster.devnet.kill_keeper("c")
    with door(cluster.devnet, "b", mode):
        mode.write_text("late 40 /v1/producer/resume")
        cluster.devnet.kill("a")
        cluster.wait("b has sent its resume", lambda: len(cluster.resumes("b")) == 1, 30)
        sent_s = time.perf_counter()
        cut_from_etcd(cluster, "b")
        cluster.start_keeper("c")
        cluster.wait_held("c", LEASE_S + 20)
        assert time.perf_counter() - sent_s < 40, "c holds before the resume arrives"
        time.sleep(max(0.0, 40 - (time.perf_counter() - sent_s)) + 1)
        cluster.sleep_rounds(1.5)
    assert "resume" in mode.with_suffix(".late").read_text(), "it was delivered"
    assert cluster.blocks("b") == []
    assert cluster.holder() == "c"


def test_a_pause_that_is_undone_later_is_paused_again_within_a_cycle(
    cluster: LeasedCluster, tmp_path: Path
) -> None:
    """Nodeos says that it is paused, proves it, and unpauses 4 s later; b begins all the same."""
    mode = tmp_path / "a"
    with door(cluster.devnet, "a", mode):
        mode.write_text("undone 4 /v1/producer/pause /v1/producer/resume")
        cut_from_etcd(cluster, "a")
        cluster.wait("a is paused", lambda: cluster.paused("a") is True, 15)
        mode.write_text("pass")
        # Its keeper pauses it again within a tenth of a second: too soon to be looked for.
        undone = mode.with_suffix(".late")
        cluster.wait("it is unpaused", undone.exists, 6)
        assert "resume" in undone.read_text()
        # The keeper asks each second: 0.2 to 1.1 s, but six networks share two cores.
        cluster.wait("it is paused again", lambda: cluster.paused("a") is True, 5)
        cluster.wait_held("b", LEASE_S + 15)
        cluster.sleep_rounds(1)
        assert cluster.paused("a") is True
    assert cluster.holder() == "b"


def test_two_keepers_of_one_name_are_two_candidates(cluster: LeasedCluster) -> None:
    """A copied configuration: the keeper of b says that it is a. The record knows each process."""
    cluster.devnet.kill_keeper("b")
    peers: dict[str, Any] = {"a": None}
    cluster.start_keeper("b", {"host": {"name": "a"}, "peers": peers})
    cluster.wait_state("b", State.STANDBY, 60)
    cluster.sleep_rounds(1)
    assert cluster.holder() == "a"
    cluster.devnet.kill_keeper("c")
    cluster.devnet.kill_keeper("a", SIGSTOP)
    cluster.wait_held("b", LEASE_S + 20)
    cluster.devnet.kill_keeper("a", SIGCONT)
    cluster.wait_state("a", State.STANDBY, 30)
    cluster.sleep_rounds(1)
    assert cluster.holder() == "b"


def test_a_backup_of_etcd_that_is_put_back_makes_nobody_a_second_holder(
    cluster: LeasedCluster, tmp_path: Path
) -> None:
    """It says that a holds, while b does and its keeper is stopped; a waits for a whole lease."""
    backup = tmp_path / "backup"
    assert cluster.etcdctl("a", "snapshot", "save", str(backup))
    cluster.devnet.kill("a")
    cluster.wait_held("b", 30)
    cluster.devnet.start("a", pause_on_startup=True)
    cluster.wait_state("a", State.STANDBY, 60)
    cluster.sleep_into_own_turn(-4)
    cluster.devnet.kill_keeper("b", SIGSTOP)
    stopped_s = time.perf_counter()
    restore(cluster, backup)
    taken_s = stopped_s + cluster.wait_for_successor("b", LEASE_S + 40)
    assert taken_s - stopped_s > LEASE_S, "nobody begins before the lease of b is over"
    cluster.devnet.kill_keeper("b", SIGCONT)
    cluster.wait_state("b", State.STANDBY, 30)
    cluster.sleep_rounds(1)


def restore(cluster: LeasedCluster, backup: Path) -> None:
    """Stop all members, put a backup into each, start them."""
    members = [f"{name}=http://{cluster.devnet.host(name).address}:2380" for name in BPS]
    for name in BPS:
        cluster.signal_member(name, SIGKILL)
    for name in BPS:
        host = cluster.devnet.host(name)
        data = host.directory / "etcd"
        shutil.rmtree(data)
        words = ["--name", name, "--initial-cluster", ",".join(members), "--data-dir", str(data)]
        peer = ["--initial-advertise-peer-urls", f"http://{host.address}:2380"]
        command = ["etcdctl", "snapshot", "restore", str(backup), *words, *peer]
        subprocess.run(command, check=True, capture_output=True, timeout=30)
    for name in BPS:
        cluster.start_member(name)


def ahead_s(cluster: LeasedCluster, name: str) -> float:
    """How far the clock of a keeper is ahead, from its last report; 0 within CLOSE_S."""
    told_s = cluster.report_or_fail(name).at_utc - cluster.now_utc_s()
    return 0.0 if abs(told_s) < CLOSE_S else told_s


@pytest.mark.parametrize("step_s", [3600.0, -3600.0], ids=["ahead", "back"])
def test_a_clock_that_is_stepped_makes_nobody_a_second_holder(
    start_leased: StartLeased, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step_s: float
) -> None:
    """That of keeper and guard of b, which has just taken over, by an hour; then it is right."""
    offset = tmp_path / "clock"
    offset.write_text("0")
    library = tmp_path / "stepped_clock.so"
    build = ["gcc", "-shared", "-fPIC", "-O2", "-o", str(library), str(STEPPED_CLOCK)]
    subprocess.run(build, check=True, timeout=60)
    cluster = start_leased()
    cluster.wait_held("a", 60)
    cluster.wait_ready()
    cluster.devnet.kill_keeper("b")
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("STEPPED_CLOCK", str(offset))
    cluster.start_keeper("b")
    monkeypatch.undo()
    cluster.wait_state("b", State.STANDBY, 60)
    cluster.sleep_rounds(1.1)
    cluster.devnet.kill_keeper("c")
    cluster.devnet.kill("a")
    cluster.wait_held("b", LEASE_S + 30)
    cluster.devnet.start("a", pause_on_startup=True)
    offset.write_text(f"{step_s:.0f}")
    cluster.wait("the clock of b is wrong", lambda: ahead_s(cluster, "b") * step_s > 0, 10)
    assert abs(ahead_s(cluster, "b") - step_s) < CLOSE_S
    time.sleep(LEASE_S + 10)
    assert "child_failed" not in cluster.devnet.keeper_log("b")
    cluster.assert_never_two()
    offset.write_text("0")
    cluster.wait("somebody holds", lambda: cluster.holder() is not None, 60)
    cluster.sleep_rounds(1.5)
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


@pytest.mark.parametrize("struck", ["keeper", "leader"])
def test_a_switchover_in_which_something_is_killed_ends_with_one_holder(
    cluster: LeasedCluster, struck: str
) -> None:
    """The giver's keeper, or the leader of etcd, in the moment in which the giver stops."""
    leader = cluster.leader()
    with ThreadPoolExecutor(1) as pool:
        ordered = pool.submit(switchover, cluster, "a", "--to", "b", "--yes")
        cluster.wait("a stops", lambda: cluster.state("a") is State.FENCING, 60)
        if struck == "keeper":
            cluster.devnet.kill_keeper("a")
            time.sleep(3)
            cluster.start_keeper("a")
        else:
            cluster.signal_member(leader, SIGKILL)
            time.sleep(3)
            cluster.start_member(leader)
        ordered.result(timeout=150)
    cluster.wait("one holds", lambda: cluster.holder() is not None, LEASE_S + 30)
    cluster.sleep_rounds(1.5)
    assert cluster.holder() is not None
