"""Turns: who made which own turn, by the hosts' logs, and the command that moves production."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

from eoskeeper.domain.chain_time import TURN_SLOTS
from tests.integration.cluster import BPS, Cluster

__all__ = ["check_no_turn_lost", "own_turns", "switchover"]


def switchover(cluster: Cluster, host: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a host as its operator does."""
    config = str(cluster.devnet.host(host).config)
    command = [sys.executable, "-m", "eoskeeper", "switchover", "-c", config, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def own_turns(cluster: Cluster) -> dict[int, Counter[str]]:
    """Blocks of ours in each turn, by the host whose log has them."""
    turns: dict[int, Counter[str]] = {}
    for host in BPS:
        for block in cluster.blocks(host):
            turns.setdefault(block.slot // TURN_SLOTS, Counter())[host] += 1
    return turns


def check_no_turn_lost(cluster: Cluster, at_least: int) -> None:
    """Every own turn but the first and the last seen is there, whole, and made by one host."""
    turns = own_turns(cluster)
    whole = [turns[turn] for turn in sorted(turns)][1:-1]
    assert len(whole) >= at_least, turns
    assert [dict(turn) for turn in whole if sum(turn.values()) != TURN_SLOTS or len(turn) > 1] == []
    first, last = min(turns), max(turns)
    producers = cluster.devnet.options.producers
    assert sorted(turns) == list(range(first, last + 1, producers)), "no own turn without a block"
