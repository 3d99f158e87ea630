"""What a run is judged by: two producers, and a block without a permit; and its figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from eoskeeper.devnet.oracle import ProducedBlock
from eoskeeper.domain.actions import Resume
from tests.integration.cluster import BPS
from tests.integration.leased import LeasedCluster


@dataclass
class Tally:
    """What a run has done and seen so far."""

    faults: dict[str, int] = field(default_factory=dict)
    """How often each was let loose."""

    steps: int = 0
    recovered_s: list[float] = field(default_factory=list)
    """Seconds from the end of the faults until one host holds and has produced, step by step."""

    lost: int = 0
    own_slots: int = 0

    def count(self, name: str) -> None:
        """One more fault of a kind."""
        self.faults[name] = self.faults.get(name, 0) + 1


def violations(cluster: LeasedCluster) -> list[str]:
    """Slots and heights of two hosts, and blocks of a new maker without a permit before them.

    Read anew from the logs of all hosts and the journals of the keepers.
    """
    devnet = cluster.devnet
    found = [
        f"{doubled.by} {doubled.number}: {', '.join(b.host for b in doubled.blocks)}"
        for doubled in devnet.oracle.doubled(devnet.our_producer)
    ]
    return found + without_permit(devnet.oracle.produced(devnet.our_producer), _permits(cluster))


def without_permit(
    blocks: list[ProducedBlock], permits: dict[str, list[int]], first: str = "a"
) -> list[str]:
    """First blocks of each maker after another that no permit of its own allowed.

    Args:
        blocks: all own blocks, by slot.
        permits: the first slot that each journalled resume of a host allowed.
        first: the host that produced before there was a keeper.
    """
    found = []
    maker, own_last = first, {first: -1}
    for block in blocks:
        if block.host != maker:
            since = own_last.get(block.host, -1)
            if not any(since < slot <= block.slot for slot in permits.get(block.host, [])):
                found.append(f"{block.host} made slot {block.slot} without a permit")
            maker = block.host
        own_last[block.host] = block.slot
    return found


def takeovers(cluster: LeasedCluster) -> int:
    """How often another host went on."""
    blocks = cluster.devnet.oracle.produced(cluster.devnet.our_producer)
    hosts = [block.host for block in blocks]
    return sum(one != other for one, other in pairwise(hosts))


def _permits(cluster: LeasedCluster) -> dict[str, list[int]]:
    return {
        name: [
            event.action.permit.not_before_slot
            for event in cluster.resumes(name)
            if isinstance(event.action, Resume)
        ]
        for name in BPS
    }
