"""Over the chain register, on real nodes: production goes to a member by word."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from signal import SIGKILL, SIGSTOP

import pytest

from eoskeeper.domain.actions import PermitKind, Resume
from eoskeeper.domain.standing import State
from tests.integration.cluster import BPS, Cluster
from tests.integration.leased import guard_table
from tests.integration.turns import check_no_turn_lost, switchover

StartCluster = Callable[..., Cluster]

HELD_WITHIN_S = 15.0
"""A turn of this network comes every 24 s, and two have to be empty without a proof."""


def start_members(start_cluster: StartCluster) -> Cluster:
    """Three hosts whose keepers give each other sealed words; the chain is the register."""
    cluster = start_cluster(pages=True)
    cluster.wait_ready()
    cluster.wait_state("a", State.HOLDER, 60)
    return cluster


def test_over_the_chain_production_goes_round_by_word_and_no_block_is_lost(
    start_cluster: StartCluster,
) -> None:
    """From a to b to c and back to a, each beginning with the next own turn."""
    cluster = start_members(start_cluster)
    for here, there in (("a", "b"), ("b", "c"), ("c", "a")):
        done = switchover(cluster, here, "--to", there, "--yes", "--json")
        assert done.returncode == 0, done.stdout + done.stderr + cluster.account()
        assert json.loads(done.stdout)["done"] is True
        assert cluster.state(there) is State.HOLDER
        resumed = cluster.resumes(there)[-1].action
        assert isinstance(resumed, Resume)
        assert resumed.permit.kind is PermitKind.PROVEN
        cluster.wait_state(here, State.STANDBY, 30)
    cluster.sleep_rounds(1)
    check_no_turn_lost(cluster, at_least=len(BPS) + 1)
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


def test_over_the_chain_an_heir_that_dies_costs_its_turns_and_nothing_is_taken_back(
    start_cluster: StartCluster,
) -> None:
    """Keeper of b is stopped as a is told to leave to it: it hears of it in its next life."""
    cluster = start_members(start_cluster)
    cluster.devnet.kill_keeper("b", SIGSTOP)
    with ordered(cluster, "a", "--to", "b", "--at", "now", "--yes"):
        cluster.wait("a has left", lambda: cluster.state("a") is State.LAPSED, 20)
    cluster.devnet.kill_keeper("b", SIGKILL)
    refused = cluster.eoskeeper("a", "resume")
    assert refused.returncode == 1, "production that was left is not taken back by an order"
    cluster.devnet.start_keeper("b")
    cluster.wait("b produces", lambda: len(cluster.blocks("b")) >= 6, 150)
    cluster.wait_state("a", State.STANDBY, 30)
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


@pytest.mark.parametrize("cause", ["killed", "hung"])
def test_over_the_chain_a_member_takes_over_within_seconds_by_the_proof_of_the_stop(
    start_cluster: StartCluster, cause: str
) -> None:
    """Keeper of a lives, its nodeos does not: no empty turn is waited for."""
    cluster = start_cluster(keepers=False, pages=True)
    for name in BPS:
        guard = guard_table(cluster.devnet.host(name))
        cluster.devnet.start_keeper(name, {"guard": guard})
    cluster.wait_ready()
    cluster.sleep_into_own_turn(7)
    if cause == "killed":
        cluster.devnet.kill("a")
    else:
        cluster.devnet.freeze("a")
    cluster.wait_state("b", State.HOLDER, HELD_WITHIN_S)
    resumed = cluster.resumes("b")[-1].action
    assert isinstance(resumed, Resume)
    assert resumed.permit.kind is PermitKind.PROVEN
    assert resumed.permit.empty_own_turns == 0
    cluster.wait("nodeos of a has ended", lambda: cluster.devnet.host("a").pid is None, 15)
    cluster.devnet.start("a", pause_on_startup=True)
    cluster.wait("b produces", lambda: len(cluster.blocks("b")) >= 12, 60)
    cluster.wait_state("a", State.STANDBY, 60)
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


@contextmanager
def ordered(cluster: Cluster, host: str, *words: str) -> Iterator[None]:
    """The command runs beside the block, which ends it."""
    config = str(cluster.devnet.host(host).config)
    command = [sys.executable, "-m", "eoskeeper", "switchover", "-c", config, *words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        yield
        process.kill()
