"""Writes the log that a nodeos prints of a chain with seeded faults."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from eoskeeper.domain.chain_time import TURN_SLOTS, format_utc, slot_utc

__all__ = ["FIRST_SLOT", "OURS", "ChainLog", "producers", "write_log"]

OURS = "eosbpaaaaaaa"
EMPTY_TURN = 0.02
SHORT_TURN = 0.1
MISSED_SLOT = 0.2
LOST_LAST = 0.03
NOISE = 0.03
FIRST_SLOT = 21 * TURN_SLOTS * 600_000


class ChainLog(NamedTuple):
    """A log, and the truth about each slot of our producer.

    Attributes:
        cells: by turn: ``p`` on the chain, ``m`` not made, ``l`` replaced by a fork.
    """

    text: bytes
    cells: dict[int, str]


def producers(count: int) -> tuple[str, ...]:
    """Accounts in slot order, ours first."""
    return tuple(f"eosbp{chr(ord('a') + index) * 7}" for index in range(count))


def block_line(slot: int, number: int, producer: str, late_ms: int, salt: int = 0) -> str:
    """A line of Spring 1.2; ours is printed as produced here."""
    here = producer == OURS
    printed = format_utc(slot_utc(slot) + late_ms / 1000)[:-1]
    stamp = format_utc(slot_utc(slot))[:-1]
    block_id = f"{(number * 2654435761 + salt * 97) % 2**64:016x}"
    words = "Produced" if here else "Received"
    end = "producing time: 46 us" if here else f"applying time: 9 us, latency: {late_ms} ms"
    return (
        f"info  {printed} nodeos    controller.cpp:3616           log_applied          ] "
        f"{words} block {block_id}... #{number} @ {stamp} signed by {producer} "
        f"[trxs: 1, lib: {number - 2}, net: 0, cpu: 9 us, elapsed: 9 us, {end}]\n"
    )


def fork_line(slot: int, number: int) -> str:
    """The line that comes before those of the other branch."""
    printed = format_utc(slot_utc(slot))[:-1]
    left = f"{number:08x}{(number * 2654435761) % 2**64:016x}{0:040x}"
    return (
        f"info  {printed} nodeos    controller.cpp:4507           operator()           ] "
        f"switching forks from {left} (block number {number} {OURS}) to "
        f"{0:064x} (block number 1 x)\n"
    )


def write_log(seed: int, rounds: int, *counts: int) -> ChainLog:
    """A log of whole rounds: single misses, empty turns, lost last blocks, noise.

    Args:
        seed: of the dice.
        rounds: of each schedule.
        counts: producers in each schedule, one schedule after the other; 21 if not given.
    """
    dice = Random(seed)  # noqa: S311 - a test's dice
    lines: list[str] = []
    cells: dict[int, str] = {}
    number = 300_000_000
    begin = turn = FIRST_SLOT // TURN_SLOTS
    names = producers(1)
    for count in counts or (21,):
        names = producers(count)
        for _ in range(rounds * count):
            name = names[turn % count]
            outcome = _turn(turn, number, name, dice, lines)
            number += outcome.count("p")
            if outcome[-1] == "p" and turn > begin and dice.random() < LOST_LAST:
                lines.append(fork_line(turn * TURN_SLOTS + TURN_SLOTS, number))
                number -= 1  # the next producer builds on the block before
                outcome = outcome[:-1] + "l"
            if name == OURS:
                cells[turn] = outcome
            turn += 1
    # A block above: else the last slots are not known to be empty.
    lines.append(block_line(turn * TURN_SLOTS, number + 1, names[turn % count], 0, salt=1))
    return ChainLog("".join(lines).encode(), cells)


def _turn(turn: int, number: int, name: str, dice: Random, lines: list[str]) -> str:
    is_empty, misses = dice.random() < EMPTY_TURN, dice.random() < SHORT_TURN
    outcome = ""
    for slot in range(turn * TURN_SLOTS, turn * TURN_SLOTS + TURN_SLOTS):
        if is_empty or (misses and dice.random() < MISSED_SLOT):
            outcome += "m"
            continue
        outcome += "p"
        late_ms = dice.randrange(-300, 200)
        lines.append(block_line(slot, number + outcome.count("p"), name, late_ms))
        if dice.random() < NOISE:
            printed = format_utc(slot_utc(slot))[:-1]
            lines.append(f"info  {printed} net-0     net_plugin.cpp:1 x ] [{name}] hello\n")
    return outcome
