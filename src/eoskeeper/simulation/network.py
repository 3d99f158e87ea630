"""Network: who hears whom, with delays, cuts, and hosts that nobody hears."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from random import Random
from typing import Protocol

from eoskeeper.simulation.chain import Forest, TreeBlock, may_replace
from eoskeeper.simulation.timeline import Timeline

__all__ = ["BUILD_MS", "Network", "Node", "Others"]

BUILD_MS = 400
"""A block leaves its producer 100 ms before its time stamp."""

RESYNC_MS = 300
"""From a link coming up to the peer's head being there."""


class Node(Protocol):
    """A node of the chain: it has a view, and hears blocks."""

    name: str
    head: TreeBlock

    @property
    def hears(self) -> bool:
        """It runs, and takes and passes on what it is sent."""
        ...

    def receive(self, offered: TreeBlock) -> None:
        """A block, and with it all that it builds on, has arrived."""
        ...


class Network:
    """Passes blocks on along every way that is open; nodes relay for each other."""

    def __init__(self, timeline: Timeline, chance: Random) -> None:
        self._timeline = timeline
        self._chance = chance
        self._nodes: dict[str, Node] = {}
        self._blocked: set[tuple[str, str]] = set()
        self._routes: dict[str, tuple[tuple[Node, int], ...]] = {}
        self.hop_ms = 20
        self.jitter_ms = 60

    def join(self, node: Node) -> None:
        """Add a node, linked with every other."""
        self._nodes[node.name] = node

    def block(self, sources: Iterable[str], targets: Iterable[str]) -> None:
        """Nothing passes from a source to a target any more."""
        targets = tuple(targets)
        self._blocked |= {(a, b) for a in sources for b in targets if a != b}
        self.changed()

    def unblock(self, sources: Iterable[str], targets: Iterable[str]) -> None:
        """The ways are open again, and heads are exchanged."""
        targets = tuple(targets)
        self._blocked -= {(a, b) for a in sources for b in targets}
        self.changed()
        for name in self._nodes:
            self.resync(name)

    def others_than(self, *names: str) -> tuple[str, ...]:
        """All nodes but those."""
        return tuple(name for name in self._nodes if name not in names)

    def is_open(self, source: str, target: str) -> bool:
        """Whether what one sends reaches the other without a detour."""
        return (source, target) not in self._blocked

    def changed(self) -> None:
        """A way was opened or shut, or a node came or went."""
        self._routes.clear()

    def spread(self, source: str, made: TreeBlock) -> None:
        """Send a block to everyone who can be reached."""
        routes = self._routes.get(source)
        if routes is None:
            routes = self._routes[source] = self._reach(source)
        for node, hops in routes:
            delay = hops * self.hop_ms + int(self._chance.random() * self.jitter_ms)
            self._timeline.after(delay, partial(node.receive, made))

    def resync(self, name: str) -> None:
        """A node that has come back is offered the heads of all who reach it."""
        target = self._nodes[name]
        for other in self._nodes.values():
            if other is not target and any(n is target for n, _ in self._reach(other.name)):
                self._timeline.after(RESYNC_MS, partial(_offer, other, target))

    def _reach(self, source: str) -> tuple[tuple[Node, int], ...]:
        """Everyone who hears ``source``, with the number of hops."""
        hops = {source: 0}
        edge = [source]
        while edge:
            near = edge.pop(0)
            for name, node in self._nodes.items():
                if name not in hops and (near, name) not in self._blocked and node.hears:
                    hops[name] = hops[near] + 1
                    edge.append(name)
        return tuple((self._nodes[name], count) for name, count in hops.items() if count)


def _offer(source: Node, target: Node) -> None:
    if source.hears:
        target.receive(source.head)


class Others:
    """A node of the rest of the world: simple, always willing, with the producers it runs."""

    def __init__(
        self, name: str, producers: frozenset[int], network: Network, forest: Forest
    ) -> None:
        self.name = name
        self.producers = producers
        self.head = forest.root
        self.off: set[int] = set()
        """Producers that are switched off."""
        self._network = network
        self._forest = forest
        network.join(self)

    @property
    def hears(self) -> bool:
        """Always."""
        return True

    def receive(self, offered: TreeBlock) -> None:
        """Adopt the longer branch."""
        if may_replace(self.head, offered):
            self.head = offered

    def make(self, index: int, slot: int) -> None:
        """Make the block of one of its producers."""
        if index in self.off or self.head.slot >= slot:
            return
        self.head = self._forest.grow(self.head, slot, self.name)
        self._network.spread(self.name, self.head)
