"""World: hosts of ours, the rest of the network, and a slot clock, all in virtual time.

Deterministic: the same seed and the same calls give the same world, event for event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from random import Random

import msgspec

from eoskeeper.domain.chain_time import EPOCH_MS, SLOT_MS, TURN_SLOTS, Moment, Slot
from eoskeeper.domain.guard_samples import GuardMode
from eoskeeper.domain.lease.timing import LeaseTiming
from eoskeeper.domain.policy import FailoverSettings, Policy, Role
from eoskeeper.domain.samples import PeerRead
from eoskeeper.simulation.broken import WHOLE, Broken
from eoskeeper.simulation.chain import OURS, Calendar, Forest, TreeBlock
from eoskeeper.simulation.false_words import falsified
from eoskeeper.simulation.guard import Guard
from eoskeeper.simulation.keeper import Keeper
from eoskeeper.simulation.lines import Lines
from eoskeeper.simulation.network import BUILD_MS, Network, Others
from eoskeeper.simulation.nodeos import Nodeos
from eoskeeper.simulation.oracle import Oracle
from eoskeeper.simulation.register import SimulatedRegister
from eoskeeper.simulation.timeline import START_MS, Timeline

__all__ = ["Host", "Setup", "World"]

LEAD_MS = 1_500
"""A slot is planned so long before its time stamp: above half a second and any clock offset."""

ROLES = (Role.PRIMARY, Role.FIRST_STANDBY, Role.SECOND_STANDBY)


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What a world is made of.

    Attributes:
        producers: length of the schedule, ours included.
        hosts: names of our hosts, in the order of roles A, B, C.
        minority: places of producers that have a node of their own, ``others1``; all the rest
            share ``others0``.
        pause_on_startup: nodeos's option, on all our hosts.
        settings: one table ``[failover]`` for all.
        policy_type: what the policies are made of; a broken one shows that it is noticed.
        offsets_ms: each host's wall clock against true time.
        lease: limits of a lease in a register, and with it a guard on each host; None: the chain
            is the register, and there are no guards.
        rates: how fast each host's clock runs, of those that count seconds.
        broken: what is left out, in a world with a lease in a register.
        period_ms: from one cycle of a keeper to the next.
        members: the keepers give each other their words.
        words_apart: words have lines of their own, which no fault cuts; else those of the blocks.
        ladder: each keeper has a fence ladder, also without a lease in a register.
    """

    producers: int = 4
    hosts: tuple[str, ...] = ("a", "b", "c")
    minority: tuple[int, ...] = ()
    pause_on_startup: bool = True
    settings: FailoverSettings = FailoverSettings()
    policy_type: type[Policy] = Policy
    offsets_ms: tuple[int, ...] = (0, 0, 0)
    lease: LeaseTiming | None = None
    rates: tuple[float, ...] = (1.0, 1.0, 1.0)
    broken: Broken = WHOLE
    period_ms: int = 1_000
    members: bool = False
    words_apart: bool = False
    ladder: bool = False


class Host(msgspec.Struct, frozen=True):
    """One of our machines."""

    name: str
    nodeos: Nodeos
    keeper: Keeper
    lines: Lines | None = None

    @property
    def guard(self) -> Guard:
        """Only in a world whose lease is kept in a register."""
        assert self.lines is not None, "no guard in this world"
        return self.lines.guard


class World:
    """Everything there is; scenarios call it, run it, and look at it.

    Attributes:
        story: what was done to the world, with the time.
    """

    def __init__(self, seed: int, setup: Setup | None = None) -> None:
        self.setup = setup or Setup()
        self.chance = Random(seed)  # noqa: S311 - a simulation has to replay
        self.timeline = Timeline()
        self.oracle = Oracle()
        self.calendar = Calendar(self.setup.producers)
        self.network = Network(self.timeline, self.chance)
        self.forest = Forest(self.calendar, (START_MS - EPOCH_MS) // SLOT_MS)
        self.story: list[tuple[int, str]] = []
        timeout_s = 0.0 if self.setup.lease is None else self.setup.lease.timeout_s
        self.register = SimulatedRegister(self.timeline, self.chance, timeout_s, self.setup.broken)
        self.others = self._make_others()
        self.hosts: Mapping[str, Host] = {
            name: self._make_host(name, index) for index, name in enumerate(self.setup.hosts)
        }
        self._first = next(iter(self.hosts.values()))
        self._first.nodeos.paused = False
        self._slot = self.now_slot + 4
        self._plan()

    # --- making ---------------------------------------------------------------------------------

    def _make_others(self) -> tuple[Others, ...]:
        small = frozenset(self.setup.minority)
        great = frozenset(range(self.setup.producers + 1)) - small - {self.calendar.our_place}
        groups = (great, small) if small else (great,)
        return tuple(
            Others(f"others{index}", group, self.network, self.forest)
            for index, group in enumerate(groups)
        )

    def _make_host(self, name: str, index: int) -> Host:
        nodeos = Nodeos(name, self.timeline, self.network, self.forest, self.calendar, self.oracle)
        nodeos.offset_ms = self.setup.offsets_ms[index]
        nodeos.pause_on_startup = self.setup.pause_on_startup
        lease = self.setup.lease
        policy = self.setup.policy_type(
            host=name,
            role=ROLES[index],
            producer=OURS,
            failover=self.setup.settings,
            lease=lease,
            guard=None if lease is None and not self.setup.ladder else GuardMode.DEADLINE,
            members=frozenset(self.setup.hosts) - {name} if self.setup.members else frozenset(),
        )
        lines = None if lease is None else self._make_lines(nodeos, index, lease)
        keeper = Keeper(
            nodeos, policy, self.timeline, self.calendar, self.oracle, self.chance, lines
        )
        keeper.period_ms = self.setup.period_ms
        if lease is not None or self.setup.members:
            keeper.peers = self._peers_heard
        keeper.start()
        return Host(name, nodeos, keeper, lines)

    def _make_lines(self, nodeos: Nodeos, index: int, lease: LeaseTiming) -> Lines:
        return Lines(
            nodeos=nodeos,
            register=self.register,
            timeline=self.timeline,
            chance=self.chance,
            rate=self.setup.rates[index],
            guard_s=lease.guard_s,
            broken=self.setup.broken,
        )

    def _peers_heard(self, asker: str, at: Moment) -> list[PeerRead]:
        """A question needs both ways."""
        is_open, setup = self.network.is_open, self.setup
        words = []
        for name, host in self.hosts.items():
            if name != asker:
                is_heard = is_open(name, asker) and is_open(asker, name)
                word = host.keeper.word(at) if is_heard or setup.words_apart else None
                by, to = host.keeper, self.hosts[asker].keeper
                words.append(falsified(word, by, to, at, setup.broken))
        return [word for word in words if word is not None]

    # --- time -----------------------------------------------------------------------------------

    @property
    def now_slot(self) -> int:
        """Newest slot whose time stamp has come."""
        return (self.timeline.now_ms - EPOCH_MS) // SLOT_MS

    @property
    def round_s(self) -> int:
        """Length of a round."""
        return self.setup.producers * TURN_SLOTS * SLOT_MS // 1000

    @property
    def elapsed_s(self) -> float:
        """Since the world began."""
        return (self.timeline.now_ms - START_MS) / 1000

    def run_s(self, seconds: float) -> World:
        """Let time go on."""
        self.timeline.run_until(self.timeline.now_ms + round(seconds * 1000))
        return self

    def run_rounds(self, rounds: float) -> World:
        """The same, in rounds."""
        return self.run_s(rounds * self.round_s)

    def run_to_own_turn(self, at_s: float = 0.0) -> World:
        """Go on to the next own turn, or so many seconds after (before) its first slot."""
        slot = self.now_slot + 1
        while (
            slot % TURN_SLOTS
            or not self.calendar.is_ours(slot)
            or (self._slot_ms(slot) + at_s * 1000 <= self.timeline.now_ms)
        ):
            slot += 1
        self.timeline.run_until(round(self._slot_ms(slot) + at_s * 1000))
        return self

    def run_until(self, reached: Callable[[], bool], within_s: float, pass_s: float = 0.5) -> bool:
        """Go on until something holds; False when it did not in time."""
        end = self.elapsed_s + within_s
        while not reached():
            if self.elapsed_s >= end:
                return False
            self.run_s(pass_s)
        return True

    @staticmethod
    def _slot_ms(slot: int) -> int:
        return EPOCH_MS + slot * SLOT_MS

    def _plan(self) -> None:
        """Plan the block of one slot, then the next."""
        slot = self._slot
        self._slot += 1
        time_ms, at = self._slot_ms(slot), self.timeline.at
        if self.calendar.is_ours(slot):
            for host in self.hosts.values():
                local_ms = time_ms - host.nodeos.offset_ms
                at(local_ms - SLOT_MS, partial(host.nodeos.begin, slot))
                at(local_ms - SLOT_MS + BUILD_MS, partial(host.nodeos.finish, slot))
        else:
            index = self.calendar.index_at(slot)
            for node in self.others:
                if index in node.producers:
                    at(time_ms - SLOT_MS + BUILD_MS, partial(node.make, index, slot))
        at(self._slot_ms(self._slot) - LEAD_MS, self._plan)

    # --- what can be done to it -----------------------------------------------------------------

    def tell(self, text: str) -> None:
        """Note in the story what is done."""
        self.story.append((self.timeline.now_ms, text))

    def __getitem__(self, name: str) -> Host:
        """A host of ours by its name."""
        return self.hosts[name]

    def cut(self, *names: str) -> None:
        """Cut hosts off from everybody else, both ways."""
        self.tell(f"cut {' '.join(names)}")
        rest = self.network.others_than(*names)
        self.network.block(names, rest)
        self.network.block(rest, names)

    def mute(self, name: str) -> None:
        """Nobody hears that host any more, but it hears all."""
        self.tell(f"mute {name}")
        self.network.block((name,), self.network.others_than(name))

    def deafen(self, name: str) -> None:
        """That host hears nobody any more, but all hear it."""
        self.tell(f"deafen {name}")
        self.network.block(self.network.others_than(name), (name,))

    def heal(self) -> None:
        """Every way is open again."""
        self.tell("network healed")
        everyone = self.network.others_than()
        self.network.unblock(everyone, everyone)

    def switch_off(self, *places: int) -> None:
        """Those other producers make no blocks any more."""
        self.tell(f"producers off: {places}")
        for node in self.others:
            node.off |= node.producers & set(places)

    def switch_on(self) -> None:
        """All the other producers go on."""
        self.tell("all producers on")
        for node in self.others:
            node.off.clear()

    def other_places(self) -> list[int]:
        """Places of the other producers, each as far from the one before as can be."""
        rest = [p for p in range(self.setup.producers) if p != self.calendar.our_place]
        return rest[::2] + rest[1::2]

    # --- what can be seen -----------------------------------------------------------------------

    @property
    def best(self) -> TreeBlock:
        """Head of the longest branch that the others see."""
        return max((node.head for node in self.others), key=lambda head: head.number)

    def own_turns(self, since_s: float = 0.0) -> list[tuple[int, tuple[str, ...]]]:
        """Blocks of ours on the chain, turn by turn, oldest first, with who made each.

        Args:
            since_s: seconds after the world's begin; only whole turns that are over count.
        """
        first = START_MS + since_s * 1000
        turns: dict[int, list[str]] = {}
        slot = self.best.slot // TURN_SLOTS * TURN_SLOTS - 1
        while self._slot_ms(slot) > first:
            if self.calendar.is_ours(slot):
                turns.setdefault(slot // TURN_SLOTS, [])
            slot -= 1
        node: TreeBlock | None = self.best
        while node is not None and node.slot // TURN_SLOTS >= min(turns, default=2**62):
            if node.made_by in self.hosts and node.slot // TURN_SLOTS in turns:
                turns[node.slot // TURN_SLOTS].append(node.made_by)
            node = node.parent
        return [(turn, tuple(turns[turn])) for turn in sorted(turns)]

    def first_slot_of(self, host: str, since_slot: int = 0) -> Slot | None:
        """First slot from ``since_slot`` on that a host signed, on whatever fork."""
        made = (s for s, who in self.oracle.makers.items() if who == host and s >= since_slot)
        return min((Slot(s) for s in made), default=None)

    @property
    def unpaused(self) -> tuple[str, ...]:
        """Hosts whose running nodeos is not paused."""
        return tuple(h.name for h in self.hosts.values() if h.nodeos.alive and not h.nodeos.paused)

    def states(self) -> dict[str, str]:
        """Each host's standing by its keeper's own account."""
        return {host.name: str(host.keeper.state) for host in self.hosts.values()}
