"""Chain: the tree of all blocks ever made, on every fork, and the calendar of schedules.

Each node sees one branch of the tree. A block knows what of its own branch is irreversible.
"""

from __future__ import annotations

from collections import deque

from eoskeeper.domain.chain_time import TURN_SLOTS, Slot
from eoskeeper.domain.samples import Block, Schedule, ScheduledProducer

__all__ = ["OURS", "Calendar", "Forest", "TreeBlock", "common_ancestor_number", "may_replace"]

OURS = "ourproducer1"
"""The account whose hosts are under test."""

BACKUP = "standbyprod1"
"""The account that takes our place while we are out of the schedule."""

KEPT_BLOCKS = 40_000
"""Blocks whose parent is remembered: five hours and more, deeper than any fork here."""

UNVERSIONED = 1


class TreeBlock:
    """One block in the tree.

    Attributes:
        parent: None at the root, and where the past has been forgotten.
        irreversible: height of the last irreversible block on this branch.
        made_by: name of the node that made it.
    """

    __slots__ = ("block", "irreversible", "made_by", "newest", "number", "parent", "slot")

    def __init__(
        self,
        block: Block,
        parent: TreeBlock | None,
        newest: tuple[int, ...],
        irreversible: int,
        made_by: str,
    ) -> None:
        self.block = block
        self.number = block.number
        self.slot = block.slot
        self.parent = parent
        self.newest = newest
        self.irreversible = irreversible
        self.made_by = made_by


class Calendar:
    """Which schedule is active from which slot on; the same on every fork."""

    def __init__(self, producers: int, our_place: int = 1) -> None:
        names = [f"producer{index:04d}" for index in range(producers)]
        names[our_place] = OURS
        without = [BACKUP if name == OURS else name for name in names]
        self.size = producers
        self.our_place = our_place
        self.accounts = (*names, BACKUP)
        """Every account that may ever be scheduled; the order of ``TreeBlock.newest``."""
        self._kinds = (_schedule(1, names), _schedule(2, without))
        self._changes: list[tuple[int, bool]] = [(0, True)]

    def drop(self, from_slot: int) -> None:
        """Our producer is out of the schedule from that slot on."""
        self._changes.append((from_slot, False))

    def restore(self, from_slot: int) -> None:
        """Our producer is in the schedule again."""
        self._changes.append((from_slot, True))

    def includes_us(self, slot: int) -> bool:
        """Whether our producer is scheduled at all at that slot."""
        return next(inside for begin, inside in reversed(self._changes) if begin <= slot)

    def schedule_at(self, slot: int) -> Schedule:
        """The active schedule."""
        return self._kinds[0 if self.includes_us(slot) else 1]

    def index_at(self, slot: int) -> int:
        """Place in ``accounts`` of the producer of a slot."""
        place = slot // TURN_SLOTS % self.size
        return place if place != self.our_place or self.includes_us(slot) else self.size

    def is_ours(self, slot: int) -> bool:
        """Whether the slot belongs to our producer."""
        return slot // TURN_SLOTS % self.size == self.our_place and self.includes_us(slot)


def _schedule(version: int, names: list[str]) -> Schedule:
    return Schedule(version, tuple(ScheduledProducer(name, (f"EOS{name}",)) for name in names))


class Forest:
    """Makes blocks, and forgets parents that no fork can reach any more."""

    def __init__(self, calendar: Calendar, begin_slot: int) -> None:
        self._calendar = calendar
        self._serial = 0
        self._recent: deque[TreeBlock] = deque()
        root = Block(1, f"{1:064x}", "0" * 64, Slot(begin_slot), "eosio", UNVERSIONED)
        self.root = TreeBlock(root, None, (0,) * len(calendar.accounts), 0, "")

    def grow(self, parent: TreeBlock, slot: int, made_by: str) -> TreeBlock:
        """A new block on ``parent``; no two have the same id.

        A block is irreversible once more than two thirds of the producers built on top of it.
        """
        self._serial += 1
        calendar, number, index = self._calendar, parent.number + 1, self._calendar.index_at(slot)
        block = Block(
            number,
            f"{number:08x}{self._serial:016x}{0:040x}",
            parent.block.block_id,
            Slot(slot),
            calendar.accounts[index],
            UNVERSIONED,
        )
        newest = (*parent.newest[:index], number, *parent.newest[index + 1 :])
        enough = sorted(newest, reverse=True)[calendar.size * 2 // 3]
        made = TreeBlock(block, parent, newest, max(parent.irreversible, enough - 1), made_by)
        self._recent.append(made)
        if len(self._recent) > KEPT_BLOCKS:
            self._recent.popleft().parent = None
        return made


def may_replace(head: TreeBlock, offered: TreeBlock) -> bool:
    """Fork choice: the longer branch wins, ties stay, what is irreversible is never undone.

    Source: EOSIO v2.0.13 libraries/chain/fork_database.cpp:57 (equal height: first seen stays).
    """
    if offered.number <= head.number:
        return False
    if offered.parent is head:
        return True
    return common_ancestor_number(head, offered) >= head.irreversible


def common_ancestor_number(one: TreeBlock, other: TreeBlock) -> int:
    """Height at which two branches part; 0 when that is forgotten."""
    first: TreeBlock | None = one
    second: TreeBlock | None = other
    while first is not second:
        if first is None or second is None:
            return 0
        if first.number >= second.number:
            first = first.parent
        else:
            second = second.parent
    return 0 if first is None else first.number
