"""What an operator orders by hand: maintenance, and a failover while the holder is out of reach."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from eoskeeper.domain.standing import State
from tests.integration.cluster import Cluster
from tests.integration.leased import LeasedCluster

StartLeased = Callable[[], LeasedCluster]
StartCluster = Callable[..., Cluster]


def test_maintenance_holds_a_takeover_back_until_it_ends(start_leased: StartLeased) -> None:
    """Nodeos of the holder is killed meanwhile; then a is cut off, which maintenance does not stop.

    A host in maintenance claims nothing; one that cannot confirm its lease stops all the same.
    """
    cluster = start_leased()
    cluster.wait_held("a", 60)
    cluster.wait_ready()
    for name in ("b", "c"):
        ordered = cluster.eoskeeper(name, "maintenance", "on", "--for", "10m", "--json")
        assert ordered.returncode == 0, ordered.stdout + ordered.stderr
        assert json.loads(ordered.stdout)["accepted"] is True
    cluster.devnet.cut("a")
    cluster.wait("a is paused", lambda: cluster.paused("a") is True, 20)
    time.sleep(25)
    assert cluster.holder() is None
    assert [cluster.state(name) for name in ("b", "c")] == [State.STANDBY, State.STANDBY]
    assert cluster.eoskeeper("b", "maintenance", "off").returncode == 0
    cluster.wait_held("b", 25)
    cluster.devnet.heal("a")
    cluster.sleep_rounds(1.5)
    assert cluster.holder() == "b"
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


def test_a_failover_by_hand_with_a_lease_waits_until_it_is_safe(start_leased: StartLeased) -> None:
    """The holder is cut off; the order names what is not known, and ends when this host holds."""
    cluster = start_leased()
    cluster.wait_held("a", 60)
    cluster.wait_ready()
    elsewhere = cluster.eoskeeper("b", "failover", "--to", "c")
    assert elsewhere.returncode == 1
    assert "run it on c" in elsewhere.stderr
    alive = cluster.eoskeeper("b", "failover", "--to", "b")
    assert alive.returncode == 1
    assert "eoskeeper switchover --to b" in alive.stderr
    cluster.devnet.cut("a")
    time.sleep(11)
    done = cluster.eoskeeper("b", "failover", "--to", "b", "--json", "--wait", "60")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["done"] is True
    assert any("no word of a" in one for one in told["missing"]), told
    assert cluster.holder() == "b"
    cluster.devnet.heal("a")
    cluster.sleep_rounds(1.5)
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


def test_a_failover_by_hand_on_the_chain_wants_the_risk_in_words(
    start_cluster: StartCluster,
) -> None:
    """Wrong words do nothing; the right ones take over before the count of empty turns would."""
    cluster = start_cluster(pages=True)
    cluster.wait_ready()
    cluster.devnet.kill_keeper("a")
    cluster.devnet.kill("a")
    time.sleep(12)
    wrong = cluster.eoskeeper("b", "failover", "--to", "b", "--words", "yes")
    assert wrong.returncode == 1
    assert 'the words are "a cannot produce"' in wrong.stderr
    assert "no word of a" in wrong.stdout
    assert cluster.resumes("b") == []
    done = cluster.eoskeeper(
        "b", "failover", "--to", "b", "--words", "a cannot produce", "--wait", "60"
    )
    assert done.returncode == 0, done.stdout + done.stderr + cluster.account()
    cluster.wait_state("b", State.HOLDER, 20)
    cluster.wait("b produces", lambda: len(cluster.blocks("b")) >= 12, 60)
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()
