"""Causes of alarms on a devnet: how each is brought about, ended, and what must be told of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from tests.integration.cluster import Cluster

__all__ = ["CAUSES", "TOGETHER", "Alarm", "Cause"]

Alarm = tuple[str, str]
"""The host and the rule."""


class Cause(msgspec.Struct, frozen=True):
    """A line of the table.

    Attributes:
        do: brings it about, one second after the end of an own turn.
        undo: ends it.
        expected: the alarms that must fire, with the seconds that the rule's own limit and the
            period of what it looks at may take; its hold comes on top.
        after: the alarms that may follow: consequences with a message of their own.
    """

    do: Callable[[Cluster], None]
    undo: Callable[[Cluster], None]
    expected: Mapping[Alarm, float]
    after: frozenset[Alarm] = frozenset()


def everywhere(rule: str, hosts: str, seconds: float) -> dict[Alarm, float]:
    """The same alarm on several hosts."""
    return {(host, rule): seconds for host in hosts}


def nothing(_: Cluster) -> None:
    """The keeper has ended it itself."""


def call(host: str, path: str) -> Callable[[Cluster], None]:
    """As an operator with curl does it, past the keeper."""
    return lambda cluster: cluster.devnet.call(host, path)


def start_a(cluster: Cluster) -> None:
    """As an operator does it."""
    cluster.devnet.start("a", pause_on_startup=True)


def rotate_log_badly(cluster: Cluster) -> None:
    """Renamed, and somebody writes the first line of a new file; nodeos keeps to the old one."""
    log = cluster.devnet.host("b").nodeos_log
    log.rename(log.with_suffix(".1"))
    log.write_text("log rotated\n", encoding="utf-8")


def rotate_log_back(cluster: Cluster) -> None:
    """The file that nodeos writes to has its name again."""
    log = cluster.devnet.host("b").nodeos_log
    log.with_suffix(".1").rename(log)


def small_disk(cluster: Cluster) -> Path:
    """Where the settings say that b keeps something of nodeos."""
    return Path(cluster.devnet.options.keeper_settings["b"]["nodeos"]["folders"][0])


def fill_disk(cluster: Cluster) -> None:
    """95 % of a small file system."""
    disk = small_disk(cluster)
    (disk / "blocks.log").write_bytes(bytes(int(shutil.disk_usage(disk).total * 0.95)))


def empty_disk(cluster: Cluster) -> None:
    """Space was made."""
    (small_disk(cluster) / "blocks.log").unlink()


def leave_schedule(cluster: Cluster) -> None:
    """Voted out."""
    cluster.devnet.set_schedule(cluster.devnet.other_producers)


def return_to_schedule(cluster: Cluster) -> None:
    """Voted in again, once we are out: a chain takes one change at a time."""
    devnet = cluster.devnet
    cluster.wait(
        "we are out of the schedule",
        lambda: devnet.our_producer not in devnet.active_schedule(),
        90,
    )
    devnet.set_schedule([devnet.our_producer, *devnet.other_producers])


EVERYBODY_SHORT = frozenset((host, "own_turn") for host in "abcf")
"""Whatever keeps a from its own turn costs blocks, and everybody who looks may say so."""

CAUSES: Mapping[str, Cause] = {
    "kill -9 of nodeos": Cause(
        do=lambda cluster: cluster.devnet.kill("a"),
        undo=start_a,
        expected={("a", "process"): 2.0},
        after=EVERYBODY_SHORT,
    ),
    "nodeos frozen": Cause(
        do=lambda cluster: cluster.devnet.freeze("a"),
        undo=lambda cluster: cluster.devnet.thaw("a"),
        expected={("a", "process"): 2.0},
        after=EVERYBODY_SHORT,
    ),
    "primary paused by hand": Cause(
        do=call("a", "/v1/producer/pause"),
        undo=call("a", "/v1/producer/resume"),
        expected={("a", "not_producing_reason"): 5.0},
        after=EVERYBODY_SHORT,
    ),
    "standby unpaused by hand": Cause(
        do=call("b", "/v1/producer/resume"),
        undo=nothing,
        expected={("b", "standby_unpaused"): 2.0},
    ),
    "primary cut off": Cause(
        do=lambda cluster: cluster.devnet.cut("a"),
        undo=lambda cluster: cluster.devnet.heal("a"),
        # The next own turn ends 23 s later and is judged 3 s after that.
        expected={("a", "isolation"): 16.5, **everywhere("own_turn", "bcf", 28.0)},
        after=frozenset({("a", "own_turn")}),
    ),
    "disk full": Cause(do=fill_disk, undo=empty_disk, expected={("b", "disk"): 31.0}),
    "log stopped": Cause(
        do=rotate_log_badly, undo=rotate_log_back, expected={("b", "log_alive"): 31.5}
    ),
    "producer dropped from the schedule": Cause(
        do=leave_schedule,
        undo=return_to_schedule,
        expected=everywhere("schedule", "abcf", 6.0),
    ),
}

TOGETHER = (
    ("kill -9 of nodeos", "nodeos frozen"),
    ("primary paused by hand", "standby unpaused by hand"),
    ("primary cut off",),
    ("disk full", "log stopped"),
    ("producer dropped from the schedule",),
)
"""Those that are tried one after the other on the same network."""
