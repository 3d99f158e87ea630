"""SIGHUP: a keeper takes up its configuration, and refuses one that breaks the lease's sums."""

from __future__ import annotations

import json
from collections.abc import Callable
from signal import SIGHUP
from typing import Any

from eoskeeper.domain.events import KeeperStarted
from tests.integration.leased import LeasedCluster
from tests.integration.turns import check_no_turn_lost

StartLeased = Callable[[], LeasedCluster]


def logged(cluster: LeasedCluster, name: str, event: str) -> list[dict[str, Any]]:
    """Lines of a keeper's log."""
    lines = cluster.devnet.keeper_log(name).splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in told if line["event"] == event]


def starts(cluster: LeasedCluster, name: str) -> int:
    """How often a keeper was started, by its journal."""
    return sum(isinstance(event, KeeperStarted) for event in cluster.events(name))


def test_the_holder_takes_up_its_configuration_without_losing_the_lease_or_a_block(
    start_leased: StartLeased,
) -> None:
    """The same process; first a file that is refused with its sum, then one that is good."""
    cluster = start_leased()
    cluster.wait_held("a", 60)
    cluster.wait_ready()
    host = cluster.devnet.host("a")
    good, pid = host.config.read_text(), host.keeper_pid
    host.config.write_text(f"{good}\n[lease]\nfence_age_s = 19.0\n")
    cluster.devnet.kill_keeper("a", SIGHUP)
    cluster.wait("it is refused", lambda: bool(logged(cluster, "a", "reload_refused")), 10)
    (refused,) = logged(cluster, "a", "reload_refused")
    assert "S1" in refused["problems"]
    assert starts(cluster, "a") == 1
    host.config.write_text(f"{good}\n[lease]\nfence_age_s = 5.5\n")
    cluster.devnet.kill_keeper("a", SIGHUP)
    cluster.wait("it is started anew", lambda: starts(cluster, "a") == 2, 10)
    assert host.keeper_pid == pid
    cluster.wait_held("a", 10)
    cluster.sleep_rounds(2)
    assert cluster.holder() == "a"
    assert cluster.resumes("a") == [], "it never stopped"
    check_no_turn_lost(cluster, at_least=2)
    cluster.assert_never_two()
