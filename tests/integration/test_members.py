"""Members' sealed words on real nodes: two hosts that made one slot are found out and told."""

from __future__ import annotations

import time
from collections.abc import Callable
from signal import SIGCONT, SIGSTOP

import msgspec
import psutil

from eoskeeper.app.evidence import Bundle
from eoskeeper.devnet.oracle import DoubledBy
from eoskeeper.domain.events import SlotDoubled
from eoskeeper.domain.standing import State
from tests.integration.leased import LeasedCluster

StartLeased = Callable[[], LeasedCluster]

TOGETHER_S = 2.5
"""For so long both produce: a few slots."""

DRAINED_S = 2.0
"""One more block may follow the pause."""

TOLD_S = 15.0
"""Words are asked for every two seconds, logs read five times a second."""


PAGED = {"a": {"two_producers"}, "b": {"two_producers", "standby_unpaused"}}
"""On b the second follows from the first, and is told by it."""


def told(cluster: LeasedCluster, name: str) -> set[int]:
    """Slots that a keeper has journalled as doubled."""
    found = [event for event in cluster.events(name) if isinstance(event, SlotDoubled)]
    return {slot for event in found for slot in event.slots}


def pages(cluster: LeasedCluster, name: str) -> bool:
    """Whether a keeper tells people: of two producers, or of what has brought them about."""
    lines = cluster.report_or_fail(name).alarms
    return bool(PAGED[name] & {line.rule for line in lines if line.fired_utc is not None})


def await_told(cluster: LeasedCluster, name: str, slots: set[int]) -> None:
    """Wait until a keeper has told all of these slots, no others, people too, with evidence."""
    cluster.wait(f"{name} tells {sorted(slots)}", lambda: told(cluster, name) >= slots, TOLD_S)
    assert told(cluster, name) == slots
    cluster.wait(f"{name} pages", lambda: pages(cluster, name), TOLD_S)
    (path, *_) = (cluster.devnet.host(name).keeper_state / "evidence").glob("doubled-*.json")
    bundle = msgspec.json.decode(path.read_bytes(), type=Bundle)
    assert {"a", "b"} <= set(bundle.words)
    assert bundle.doubled.newest.slot in slots


def test_two_hosts_that_make_one_slot_are_found_out_on_both(start_leased: StartLeased) -> None:
    """A second producer by curl, while its keeper is stopped: the holder goes on, both page."""
    cluster = start_leased()
    cluster.wait_held("a", 60)
    cluster.wait_ready()
    keeper = cluster.devnet.host("b").pid_of("keeper")
    assert keeper is not None
    cluster.sleep_into_own_turn(1.0)
    psutil.Process(keeper).send_signal(SIGSTOP)
    cluster.devnet.call("b", "/v1/producer/resume")
    time.sleep(TOGETHER_S)
    psutil.Process(keeper).send_signal(SIGCONT)
    cluster.wait("b is paused again", lambda: cluster.paused("b") is True, 10)
    time.sleep(DRAINED_S)
    doubled = cluster.devnet.oracle.doubled(cluster.devnet.our_producer)
    slots = {one.number for one in doubled if one.by is DoubledBy.SLOT}
    assert slots, "the two hosts have not met; the test shows nothing"
    for name in ("a", "b"):
        await_told(cluster, name, slots)
    assert cluster.state("a") is State.HOLDER
    assert cluster.state("b") is State.STANDBY
