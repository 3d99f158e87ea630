"""A planned switchover on real nodes loses no block and doubles none."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.integration.cluster import BPS
from tests.integration.leased import LeasedCluster
from tests.integration.turns import check_no_turn_lost, switchover

StartLeased = Callable[[], LeasedCluster]


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
    check_no_turn_lost(cluster, at_least=len(BPS) + 1)
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()
