"""Reads a line of a nodeos log for its rounds: a block, or that the node left a branch.

The usual forms are taken by one pattern; whatever else may be a block line is left to
``nodeos_log``, which knows them all and is four times slower.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from eoskeeper.domain.chain_time import EPOCH_MS, SLOT_MS, Moment, MonoS, UtcS, parse_block_time
from eoskeeper.domain.rounds_fold import BlockSeen
from eoskeeper.domain.samples import BlockLogged, LoggedBlockKind
from eoskeeper.probes.nodeos_log import parse_line

__all__ = ["HeadLeft", "LineReader", "late_ms_of"]

SLOTS_OF_MINUTE = 60_000 // SLOT_MS
MINUTES_KEPT = 4096

_MINUTE = rb"\d{4}-\d\d-\d\dT\d\d:[0-5]\d:"

_USUAL = re.compile(
    rb"(?:info |warn |error|debug) (" + _MINUTE + rb")([0-5]\d)\.(\d{3}) +\S+ +[^\s:\]]+:\d+ +"
    rb"[^\]]*\] (P|R)(?:roduced|eceived) block ([0-9a-f]{16})\.\.\. "
    rb"#(\d{1,10}) @ (" + _MINUTE + rb")([0-5]\d)\.([05])00 "
    rb"signed by ([a-z1-5.]{1,13}) \[trxs: \d+, lib: \d{1,10}[,\]]"
)
"""EOSIO 1.4 and later, not below systemd. Source: see ``nodeos_log._BLOCK``."""

_LATENCY = re.compile(rb" latency: (-?\d{1,15}) ms\]\s*$")

_FORK = re.compile(rb"\] switching forks from ([0-9a-f]{64}) \(block number (\d{1,10})")
"""Source: EOSIO v1.0.0 libraries/chain/controller.cpp:851; leap v5.0.3 :2354; spring v1.2.2."""

_NEVER = Moment(MonoS(0.0), UtcS(0.0))


class HeadLeft(NamedTuple):
    """The node switched to another branch; ``block_id`` is the head that it left."""

    number: int
    block_id: str


class LineReader:
    """Reads lines; remembers the minutes it met, of which a log has few at a time."""

    def __init__(self) -> None:
        """Nothing is remembered yet."""
        self._slots: dict[bytes, int] = {}
        self._hours: dict[bytes, int] = {}

    def read(self, line: bytes) -> BlockSeen | HeadLeft | None:
        """What one line tells; None for every other line.

        Args:
            line: with or without its newline.
        """
        found = _USUAL.match(line)
        if found is None:
            return _read_unusual(line)
        printed, second, ms, kind, id_part, number, minute, at, half, producer = found.groups()
        begin = self._slots.get(minute)
        if begin is None:
            begin = self._minute_slot(minute)
            if begin is None:
                return None
        slot = begin + 2 * int(at) + (half == b"5")
        made_here = kind == b"P"
        if made_here:
            late_ms = self._printed_late_ms(printed, int(second) * 1000 + int(ms), slot)
        else:
            latency = _LATENCY.match(line, line.rfind(b" latency: "))
            if latency is None:
                return None  # cut off
            late_ms = int(latency[1])
        if not made_here or line.rstrip().endswith(b"]"):
            return BlockSeen(
                slot, int(number), id_part.decode(), producer.decode(), made_here, late_ms
            )
        return None

    def _printed_late_ms(self, minute: bytes, ms: int, slot: int) -> int | None:
        begin = self._slots.get(minute)
        if begin is None:
            begin = self._minute_slot(minute)
        return None if begin is None else begin * SLOT_MS + ms - slot * SLOT_MS

    def _minute_slot(self, minute: bytes) -> int | None:
        """First slot of a minute; None for what is no time."""
        hour = minute[:14]
        begin = self._hours.get(hour)
        if begin is None:
            try:
                begin = int(parse_block_time(f"{hour.decode()}00:00.000"))
            except ValueError:
                return None
            self._hours[hour] = begin
        slot = begin + int(minute[14:16]) * SLOTS_OF_MINUTE
        if len(self._slots) >= MINUTES_KEPT:
            self._slots.clear()
        self._slots[minute] = slot
        return slot


def _read_unusual(line: bytes) -> BlockSeen | HeadLeft | None:
    if b" block " in line and b" @ " in line:
        told = parse_line(line, _NEVER)
        if isinstance(told, BlockLogged) and told.kind is not LoggedBlockKind.NOT_APPLIED:
            return BlockSeen(
                told.slot,
                told.number,
                told.id_part,
                told.producer,
                told.kind is LoggedBlockKind.PRODUCED,
                late_ms_of(told),
            )
    elif b"] switching forks from " in line:
        fork = _FORK.search(line)
        if fork is not None:
            return HeadLeft(int(fork[2]), fork[1].decode())
    return None


def late_ms_of(line: BlockLogged) -> int | None:
    """How long after its time stamp the block was here; None when the line does not tell."""
    if line.latency_ms is not None:
        return line.latency_ms
    if line.logged_utc is None:
        return None
    return round(line.logged_utc * 1000) - EPOCH_MS - line.slot * SLOT_MS
