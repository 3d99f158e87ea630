"""Chain time: the absolute slot clock of an Antelope chain, turns and rounds.

A slot is half a second of chain time counted from the epoch; a turn is twelve slots of one
producer; a round is one turn of every scheduled producer. All of it is arithmetic on integers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NewType

import msgspec

__all__ = [
    "EPOCH_MS",
    "SLOT_MS",
    "SLOT_S",
    "TURN_S",
    "TURN_SLOTS",
    "Moment",
    "MonoS",
    "Slot",
    "Turn",
    "UtcS",
    "first_slot_of_turn",
    "format_utc",
    "last_slot_of_turn",
    "parse_block_time",
    "slot_at",
    "slot_utc",
    "turn_of",
]

Slot = NewType("Slot", int)
"""Absolute slot number since the chain epoch; the same on every Antelope chain."""

Turn = NewType("Turn", int)
"""Absolute turn number, ``slot // 12``; producer ``turn % n`` of an n-producer schedule owns it."""

MonoS = NewType("MonoS", float)
"""Seconds on the host's boot-time clock: for durations on this host, never for the chain."""

UtcS = NewType("UtcS", float)
"""Seconds since 1970-01-01 UTC by the host's wall clock: for ages of blocks, never for leases."""

SLOT_MS = 500
"""Block interval. Source: spring v1.2.2 libraries/chain/include/eosio/chain/config.hpp:38."""

SLOT_S = SLOT_MS / 1000
"""The same in seconds."""

EPOCH_MS = 946_684_800_000
"""2000-01-01T00:00:00Z in Unix milliseconds. Source: spring v1.2.2 config.hpp:40."""

TURN_SLOTS = 12
"""Slots of one turn (``producer_repetitions``). Source: spring v1.2.2 config.hpp:131."""

TURN_S = TURN_SLOTS * SLOT_S
"""Length of one turn in seconds: 6."""


class Moment(msgspec.Struct, frozen=True):
    """One reading of both clocks, taken once per cycle.

    Attributes:
        mono_s: boot-time clock in seconds; goes on while the host sleeps.
        utc_s: wall clock in seconds since 1970 UTC; may step.
    """

    mono_s: MonoS
    utc_s: UtcS


def slot_at(utc_s: float) -> Slot:
    """Slot whose timestamp is the latest one not after ``utc_s``."""
    return Slot((round(utc_s * 1000) - EPOCH_MS) // SLOT_MS)


def slot_utc(slot: int) -> UtcS:
    """Timestamp of a slot in seconds since 1970 UTC; its block is built in the 0.5 s before."""
    return UtcS((EPOCH_MS + slot * SLOT_MS) / 1000)


def turn_of(slot: int) -> Turn:
    """Turn that holds ``slot``."""
    return Turn(slot // TURN_SLOTS)


def first_slot_of_turn(turn: int) -> Slot:
    """First of the twelve slots of ``turn``."""
    return Slot(turn * TURN_SLOTS)


def last_slot_of_turn(turn: int) -> Slot:
    """Last of the twelve slots of ``turn``."""
    return Slot(turn * TURN_SLOTS + TURN_SLOTS - 1)


def parse_block_time(text: str) -> Slot:
    """Read a nodeos block timestamp, which is UTC without a zone, as a slot.

    Args:
        text: ``2025-07-06T08:00:10.500``; EOSIO 1.0.0 to 1.0.3 print whole seconds only.

    Raises:
        ValueError: not a timestamp, or not on a half-second boundary.

    Source: EOSIO v1.0.0 to spring v1.2.2, ``time_point::operator fc::string``.
    """
    parsed = datetime.fromisoformat(text.removesuffix("Z"))
    if parsed.tzinfo is not None:
        message = f"block time with a zone: {text!r}"
        raise ValueError(message)
    milliseconds = round(parsed.replace(tzinfo=UTC).timestamp() * 1000)
    slot, rest = divmod(milliseconds - EPOCH_MS, SLOT_MS)
    if rest:
        message = f"block time off the half-second grid: {text!r}"
        raise ValueError(message)
    return Slot(slot)


def format_utc(utc_s: float) -> str:
    """``2025-07-06T08:00:10.500Z`` for people and journals."""
    stamp = datetime.fromtimestamp(utc_s, UTC)
    return stamp.strftime("%Y-%m-%dT%H:%M:%S.") + f"{stamp.microsecond // 1000:03d}Z"
