"""What the keepers tell of every turn is what the network's chain holds, whatever goes on.

The truth is the simulated network's own: the branch that became irreversible, block by block, with
the node that made each. Keepers see it through their probes only.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from eoskeeper.domain.chain_time import TURN_SLOTS, Moment, Turn, first_slot_of_turn
from eoskeeper.domain.cycle import Step
from eoskeeper.domain.logbook import Maker
from eoskeeper.domain.samples import Sample
from eoskeeper.domain.turns import TurnClosed, TurnLedger, begin_ledger, fold_turns
from eoskeeper.simulation.chain import OURS, TreeBlock
from eoskeeper.simulation.faults import FaultKind, begin_fault
from eoskeeper.simulation.keeper import Keeper
from eoskeeper.simulation.scenes import settled
from eoskeeper.simulation.world import World

LOOK_S = 30.0
"""How often the truth is written down; far less than the past that the world remembers."""


class Book:
    """What one keeper tells of turns: the newest word about each, as a history keeps it."""

    def __init__(self, keeper: Keeper) -> None:
        self.turns: dict[Turn, TurnClosed] = {}
        self.told = 0
        self._ledger: TurnLedger = begin_ledger()
        self._started = keeper.memory.node.started
        keeper.on_cycle.append(self._look_on)

    def _look_on(self, _: Sequence[Sample], done: Step, now: Moment) -> None:
        node = done.memory.node
        if node.started != self._started:
            # A keeper that was killed begins after the newest turn that its history holds.
            self._ledger = begin_ledger(max(self.turns, default=None))
            self._started = node.started
        self._ledger, told = fold_turns(self._ledger, node, now)
        for one in told:
            assert one.amended or one.turn not in self.turns, "told twice"
            self.turns[one.turn] = one
            self.told += 1


class Truth:
    """Who made the block of each slot of the branch that everybody agrees on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.blocks: dict[int, tuple[str, str]] = {}
        self.final_slot = 0

    def run_s(self, seconds: float) -> None:
        """Let time go on, and write down what became irreversible."""
        while seconds > 0:
            self._world.run_s(min(LOOK_S, seconds))
            self._write_down()
            seconds -= LOOK_S

    def _write_down(self) -> None:
        best = self._world.best
        node: TreeBlock | None = best
        while node is not None and node.number > best.irreversible:
            node = node.parent
        if node is None:
            return
        newest = node.slot
        while node is not None and node.slot > self.final_slot:
            self.blocks[node.slot] = (node.block.producer, node.made_by)
            node = node.parent
        self.final_slot = max(newest, self.final_slot)

    def cells(self, turn: int, producer: str) -> str:
        """The letters that an observer who missed nothing would write."""
        first = first_slot_of_turn(turn)
        makers = (self.blocks.get(slot) for slot in range(first, first + TURN_SLOTS))
        return "".join("p" if one is not None and one[0] == producer else "m" for one in makers)

    def makers(self, turn: int) -> set[str]:
        """Nodes that made blocks of a turn."""
        first = first_slot_of_turn(turn)
        return {self.blocks[s][1] for s in range(first, first + TURN_SLOTS) if s in self.blocks}


def watched(seed: int) -> tuple[World, Truth, dict[str, Book]]:
    """A settled world with a book beside each keeper."""
    world = settled(seed=seed)
    books = {name: Book(host.keeper) for name, host in world.hosts.items()}
    truth = Truth(world)
    truth.run_s(LOOK_S)
    return world, truth, books


def check(truth: Truth, book: Book, host: str, since_slot: int = 0) -> tuple[int, int]:
    """Every cell told is true; how many cells are known, and how many unknown."""
    known = unknown = 0
    for turn, one in book.turns.items():
        if one.first_slot < since_slot or one.first_slot + TURN_SLOTS > truth.final_slot:
            continue
        true = truth.cells(turn, one.producer)
        for cell, expected in zip(one.cells, true, strict=True):
            if cell == "u":
                unknown += 1
                continue
            known += 1
            # What this host made and lost is, for the network, missed.
            assert cell.replace("l", "m") == expected, (host, turn, one, true)
        if one.ours and one.maker is not Maker.UNKNOWN:
            made_here = host in truth.makers(turn)
            assert (one.maker is Maker.HERE) is made_here, (host, turn, truth.makers(turn))
    return known, unknown


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_turn_of_a_day_is_told_by_every_keeper_as_it_was() -> None:
    """24 h of virtual time with a takeover, schedule changes, killed keepers and stepped clocks."""
    world, truth, books = watched(seed=7)
    begin_slot = world.now_slot
    for host, kind, for_s in (
        ("b", FaultKind.KEEPER_KILLED, 40.0),
        ("a", FaultKind.DROPPED_FROM_SCHEDULE, 300.0),
        ("a", FaultKind.NODEOS_KILLED, 0.0),
        ("c", FaultKind.HOST_CUT, 90.0),
        ("b", FaultKind.KEEPER_KILLED, 5.0),
        ("b", FaultKind.OTHERS_OFF, 120.0),
    ):
        truth.run_s(1800)
        end = begin_fault(kind, world, host, for_s)
        truth.run_s(for_s)
        end()
    for offset_ms in (700, -400, 0):
        truth.run_s(1800)
        # A wall clock that is set; no more than a keeper still works with.
        world["c"].nodeos.offset_ms = offset_ms
    truth.run_s(86_400 - world.elapsed_s)
    for host, book in books.items():
        known, unknown = check(truth, book, host)
        turns = [turn for turn in book.turns if turn * TURN_SLOTS >= begin_slot]
        assert known > 10 * TURN_SLOTS * len(turns) // 11, host
        assert unknown <= 24 * TURN_SLOTS, (host, unknown)
        assert len(turns) >= 86_000 / 6 - 60, (host, len(turns))


SEEDS = 40
KINDS = tuple(
    kind
    for kind in FaultKind
    # What an operator orders is no fault; and what never ends has its place in the day above.
    if kind not in {FaultKind.OPERATOR_PAUSES, FaultKind.OPERATOR_RESUMES}
)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_random_faults_never_make_a_keeper_tell_what_was_not_so(seed: int) -> None:
    """Forks, cuts, deaf and hung nodes, dead keepers: what is told is true, or unknown."""
    world, truth, books = watched(seed=1000 + seed)
    chance = Random(seed)  # noqa: S311 - a seed has to replay
    for _ in range(10):
        kind, host = chance.choice(KINDS), chance.choice(list(world.hosts))
        for_s = chance.uniform(1.0, 90.0)
        end = begin_fault(kind, world, host, for_s)
        truth.run_s(for_s)
        end()
        truth.run_s(chance.uniform(20.0, 200.0))
    truth.run_s(400)
    told = 0
    for host, book in books.items():
        known, _ = check(truth, book, host)
        told += known
    assert told > 3 * TURN_SLOTS * 100
    assert any(one.producer == OURS for one in books["a"].turns.values())
