"""The operator's own commands on real nodes: a veto, and what runs around a holdership."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from eoskeeper.domain.events import HookEnded
from eoskeeper.domain.hooks import HookName, HookResult
from tests.integration.cluster import BPS
from tests.integration.leased import LeasedCluster

StartLeased = Callable[..., LeasedCluster]

SCRIPT = """
echo "$EOSKEEPER_HOST $EOSKEEPER_EVENT" >> "{book}"
test "$EOSKEEPER_EVENT $EOSKEEPER_HOST" != "before_holding b"
"""


def test_a_hook_that_says_no_leaves_the_lease_to_the_next_host(
    start_leased: StartLeased, tmp_path: Path
) -> None:
    """Nodeos of a dies: b is first in line and forbidden, so c holds; every hook has run."""
    script, book = tmp_path / "hook", tmp_path / "book"
    script.write_text(SCRIPT.format(book=book))
    hooks = {str(name): ["/bin/sh", str(script)] for name in HookName}
    cluster = start_leased({"hooks": hooks})
    cluster.wait_held("a", 60)
    cluster.wait_ready()
    # Hosts notice a lease that was given back within two seconds of each other: c has to wait.
    cluster.devnet.kill_keeper("c", SIGSTOP)
    cluster.devnet.kill("a")
    cluster.wait("b was asked", partial(has_told, cluster, "b", HookName.BEFORE_HOLDING), 20)
    assert cluster.holder() is None
    cluster.devnet.kill_keeper("c", SIGCONT)
    cluster.wait_held("c", 40)
    for name, hook in (("a", HookName.AFTER_CEASING), ("c", HookName.AFTER_HOLDING)):
        cluster.wait(f"{hook} of {name}", partial(has_told, cluster, name, hook), 20)
    assert cluster.resumes("b") == []
    lines = book.read_text().splitlines()
    assert [line for line in lines if line.startswith("a ")] == [
        "a before_ceasing",
        "a after_ceasing",
    ]
    assert set(lines) - {"a before_ceasing", "a after_ceasing"} == {
        "b before_holding",
        "c before_holding",
        "c after_holding",
    }
    vetoes = [one.result for one in ends(cluster, "b")]
    assert vetoes
    assert set(vetoes) == {HookResult.VETOED}
    assert all(one.result is HookResult.DONE for name in "ac" for one in ends(cluster, name))
    assert cluster.eoskeeper("b", "explain").stdout.count("vetoed: exit status 1") == 1
    cluster.sleep_rounds(1)
    assert [name for name in BPS if cluster.holder() == name] == ["c"]
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


def ends(cluster: LeasedCluster, name: str) -> list[HookEnded]:
    """What the journal of a host says of its hooks."""
    return [event for event in cluster.events(name) if isinstance(event, HookEnded)]


def has_told(cluster: LeasedCluster, name: str, hook: HookName) -> bool:
    """A hook of a host has ended."""
    return any(one.name is hook for one in ends(cluster, name))
