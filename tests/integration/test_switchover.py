"""A planned switchover on real nodes loses no block and doubles none."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable

from eoskeeper.domain.chain_time import TURN_SLOTS
from tests.integration.cluster import BPS
from tests.integration.leased import LeasedCluster

StartLeased = Callable[[], LeasedCluster]


def switchover(cluster: LeasedCluster, host: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a host as its operator does."""
    config = str(cluster.devnet.host(host).config)
    command = [sys.executable, "-m", "eoskeeper", "switchover", "-c", config, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def own_turns(cluster: LeasedCluster) -> dict[int, Counter[str]]:
    """Blocks of ours in each turn, by the host whose log has them."""
    turns: dict[int, Counter[str]] = {}
    for host in BPS:
        for block in cluster.blocks(host):
            turns.setdefault(block.slot // TURN_SLOTS, Counter())[host] += 1
    return turns


def test_production_goes_round_all_hosts_without_a_lost_or_doubled_block(
    start_leased: StartLeased,
) -> None:
    """From a to b to c and back to a; every own turn is whole and made by one host."""
    cluster = start_leased()
    cluster.wait_held("a", 60)
    cluster.wait_ready()
    dry = switchover(cluster, "a", "--to", "b", "--dry-run")
    assert dry.returncode == 0, dry.stdout + dry.stderr
    assert "b is ready" in dry.stdout
    refused = switchover(cluster, "b", "--to", "c", "--yes")
    assert refused.returncode == 1
    assert "run it on a" in refused.stderr
    for here, there in (("a", "b"), ("b", "c"), ("c", "a")):
        done = switchover(cluster, here, "--to", there, "--yes", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        told = json.loads(done.stdout)
        assert told["done"] is True
        assert cluster.holder() == there
    cluster.sleep_rounds(1)
    turns = own_turns(cluster)
    whole = [turns[turn] for turn in sorted(turns)][1:-1]
    assert len(whole) >= len(BPS) + 1, "a turn of each holdership"
    assert [dict(turn) for turn in whole if sum(turn.values()) != TURN_SLOTS or len(turn) > 1] == []
    first, last = min(turns), max(turns)
    producers = cluster.devnet.options.producers
    assert sorted(turns) == list(range(first, last + 1, producers)), "no own turn without a block"
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()
