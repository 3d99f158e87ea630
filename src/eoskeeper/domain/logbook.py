"""Logbook: what nodeos's own log proves about who made our blocks.

With one signing key on every host the chain cannot say which host made a block; only this
host's log can. No proof is the answer *unknown*, never *elsewhere*.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from eoskeeper.domain.chain_time import Moment, Slot, slot_utc
from eoskeeper.domain.samples import Block, BlockLogged, LogFollowed, LoggedBlockKind

__all__ = [
    "Logbook",
    "Maker",
    "fold_log_pass",
    "fold_logged_block",
    "is_line_of",
    "lost_slots",
    "maker_of",
]

KEEP = 120
"""Lines kept of each kind: ten whole turns, more than a report tells."""

LATENESS_KEPT = 300
"""More than one round of 21 producers."""

PAUSE_DRAIN_S = 1.0
"""One more block may follow a pause; two slots cover it. Source: nodeos ``producer_plugin::pause``
sets a flag and does not abort the block under construction."""


class Maker(StrEnum):
    """Which host made a block of our producer."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


class Logbook(msgspec.Struct, frozen=True):
    """The block lines of our producer, and how far the log has been followed.

    Attributes:
        produced: newest Produced lines of our producer.
        received: newest Received lines signed by our producer.
        last_number: height of the newest block line.
        last_at: when the newest block line was read; None when none was.
        caught_up: when the end of the log was last reached.
        stayed_slot: slot of our newest block that the next block of another producer was received
            on top of: what the log alone tells while the API is silent.
        judged: height of our newest block for which that was looked at.
        lateness: of the newest blocks of all producers, (slot, milliseconds): how long after its
            time stamp a block was produced or received here; negative is early, as it should be.
    """

    produced: tuple[BlockLogged, ...] = ()
    received: tuple[BlockLogged, ...] = ()
    last_number: int | None = None
    last_at: Moment | None = None
    caught_up: Moment | None = None
    stayed_slot: Slot | None = None
    judged: int | None = None
    lateness: tuple[tuple[Slot, int], ...] = ()


def fold_logged_block(book: Logbook, line: BlockLogged, producer: str | None) -> Logbook:
    """Take in one block line."""
    changes: dict[str, object] = {"last_number": line.number, "last_at": line.at}
    late_ms = _late_ms(line)
    if late_ms is not None:
        changes["lateness"] = (*book.lateness[-LATENESS_KEPT + 1 :], (line.slot, late_ms))
    if _is_beside_ours(book, line):
        changes["judged"] = book.produced[-1].number
    elif line.producer == producer:
        if line.kind is LoggedBlockKind.PRODUCED:
            changes["produced"] = (*book.produced[-KEEP + 1 :], line)
        elif line.kind is LoggedBlockKind.RECEIVED:
            changes["received"] = (*book.received[-KEEP + 1 :], line)
    elif _is_first_above_ours(book, line):
        newest = book.produced[-1]
        changes["judged"] = newest.number
        if line.number == newest.number + 1:
            changes["stayed_slot"] = newest.slot
    return msgspec.structs.replace(book, **changes)


def _is_beside_ours(book: Logbook, line: BlockLogged) -> bool:
    """Another branch reaches up to our newest block: the next block may be built on either.

    So it is when we made a block without the last one of our predecessor, which comes late and
    has the same height. A block that is not applied tells the same; its line names the head.
    """
    if not book.produced or book.judged == book.produced[-1].number:
        return False
    newest = book.produced[-1]
    match line.kind:
        case LoggedBlockKind.PRODUCED:
            return False
        case LoggedBlockKind.NOT_APPLIED:
            return True
        case LoggedBlockKind.RECEIVED:
            return line.producer != newest.producer and line.number <= newest.number


def _is_first_above_ours(book: Logbook, line: BlockLogged) -> bool:
    """The first block of another producer later than our newest one.

    It alone tells: one that was built on our newest block is one higher; one that was built
    without it is lower, and only its successors reach the same height.
    """
    if line.kind is not LoggedBlockKind.RECEIVED or not book.produced:
        return False
    newest = book.produced[-1]
    return line.slot > newest.slot and book.judged != newest.number


def _late_ms(line: BlockLogged) -> int | None:
    """nodeos's own figure, else the time of the line; a block not applied tells nothing."""
    if line.kind is LoggedBlockKind.NOT_APPLIED:
        return None
    if line.latency_ms is not None:
        return line.latency_ms
    if line.logged_utc is None:
        return None
    return round((line.logged_utc - slot_utc(line.slot)) * 1000)


def fold_log_pass(book: Logbook, log_pass: LogFollowed) -> Logbook:
    """Take in how far the follower got; after a gap, nobody was surely the first above ours."""
    if log_pass.skipped_bytes:
        judged = book.produced[-1].number if book.produced else None
        book = msgspec.structs.replace(book, stayed_slot=None, judged=judged)
    if not log_pass.at_end:
        return book
    return msgspec.structs.replace(book, caught_up=log_pass.at)


def maker_of(block: Block, book: Logbook, paused_since: Moment | None) -> Maker:
    """Who made ``block``, as far as it can be proven.

    The absence of a Produced line proves nothing: journald drops lines, files are rotated away.

    Args:
        block: a canonical block of our producer.
        book: this host's log.
        paused_since: begin of the unbroken time for which nodeos has said that it is paused.
    """
    if _has_line_of(book.produced, block):
        return Maker.HERE
    if _has_line_of(book.received, block):
        return Maker.ELSEWHERE
    if paused_since is not None and slot_utc(block.slot) > paused_since.utc_s + PAUSE_DRAIN_S:
        return Maker.ELSEWHERE
    return Maker.UNKNOWN


def _has_line_of(lines: tuple[BlockLogged, ...], block: Block) -> bool:
    for line in reversed(lines):
        if is_line_of(line, block):
            return True
        if line.number < block.number - KEEP:
            return False
    return False


def is_line_of(line: BlockLogged, block: Block) -> bool:
    """Whether a line tells of this block.

    Old and new nodeos print different parts of the id: see ``BlockLogged.id_part``.
    """
    return (
        line.number == block.number
        and line.slot == block.slot
        and line.id_part in (block.block_id[8:24], block.block_id[:16])
    )


def lost_slots(book: Logbook, own: tuple[Block, ...]) -> frozenset[int]:
    """Slots for which this host logged a block that the chain does not hold."""
    held = {block.slot for block in own}
    return frozenset(line.slot for line in book.produced if line.slot not in held)
