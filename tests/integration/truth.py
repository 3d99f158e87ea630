"""Truth: what really happened on the network, read by other means than the program's.

Blocks are asked of a node's API one by one, and who made ours is read from every host's log by the
devnet's oracle. Nothing here imports what it judges: no probe, no accounting, no store.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime

from eoskeeper.devnet.network import Devnet

SLOTS = 12
EPOCH_S = 946_684_800.0


class Truth:
    """The chain between two moments, as one node tells it afterwards."""

    def __init__(self, devnet: Devnet, asked: str = "f") -> None:
        """Read everything; takes a second for a thousand blocks.

        Args:
            devnet: it runs on.
            asked: the node that is asked; it must have seen all.
        """
        info = devnet.call(asked, "/v1/chain/get_info", {})
        self.irreversible = int(info["last_irreversible_block_num"])
        self.accounts: list[str] = devnet.active_schedule(asked)
        self.ours = devnet.our_producer
        self.blocks: dict[int, str] = {}
        """Producer by slot, of the blocks that are irreversible."""
        self.numbers: list[tuple[int, int]] = []
        """Slot and number, ascending."""
        for number in range(2, self.irreversible + 1):
            block = devnet.call(asked, "/v1/chain/get_block_info", {"block_num": number})
            slot = _slot(str(block["timestamp"]))
            self.blocks[slot] = str(block["producer"])
            self.numbers.append((slot, number))
        made = devnet.oracle.produced(self.ours)
        self._makers = {(one.slot, one.height): one.host for one in made}
        self._number_of = dict(self.numbers)

    def turns(self, begin_utc: float, end_utc: float) -> list[int]:
        """Turns that lie wholly in a span and are irreversible."""
        first = -(-_slot_at(begin_utc) // SLOTS)
        newest = min(_slot_at(end_utc), max(self.blocks))
        return list(range(first, newest // SLOTS))

    def producer(self, turn: int) -> str:
        """Who was scheduled; the schedule has not changed."""
        return self.accounts[turn % len(self.accounts)]

    def cells(self, turn: int) -> str:
        """A letter for each slot: ``p`` there is a block of the scheduled producer, ``m`` none."""
        producer = self.producer(turn)
        slots = range(turn * SLOTS, turn * SLOTS + SLOTS)
        return "".join("p" if self.blocks.get(slot) == producer else "m" for slot in slots)

    def makers(self, turn: int) -> set[str]:
        """Hosts whose log tells that they made a block of the chain in this turn."""
        slots = range(turn * SLOTS, turn * SLOTS + SLOTS)
        made = ((slot, self._number_of.get(slot)) for slot in slots)
        found = (self._makers.get((slot, number)) for slot, number in made if number is not None)
        return {host for host in found if host is not None}

    def head_number(self, at_utc: float) -> int:
        """Number of the newest block whose time stamp had come."""
        index = bisect_right(self.numbers, (_slot_at(at_utc), 2**62)) - 1
        return self.numbers[index][1]


def _slot(stamp: str) -> int:
    utc = datetime.fromisoformat(stamp.removesuffix("Z")).replace(tzinfo=UTC)
    return round((utc.timestamp() - EPOCH_S) * 2)


def _slot_at(utc_s: float) -> int:
    return int((utc_s - EPOCH_S) * 2)


def begin_utc_of(turn: int) -> float:
    """Time stamp of its first slot."""
    return EPOCH_S + turn * SLOTS / 2
