"""Merging: two tellings of one turn become one record, and better knowledge never gives way."""

from __future__ import annotations

import msgspec

from eoskeeper.domain.records import TurnRecord

__all__ = ["merge_turns"]

_LOST, _MISSED, _UNKNOWN = "l", "m", "u"


def merge_turns(before: TurnRecord, anew: TurnRecord, *, amended: bool) -> TurnRecord:
    """What is known after a turn was told again.

    A cell that is known never becomes unknown, and neither does who made the turn. Otherwise the
    newer telling counts, with one exception: that a block of ours was lost is known from our own
    log only, so a keeper begun anew, which sees nothing but an empty slot, does not undo it.

    Args:
        amended: a fork has rewritten the turn; then the newer telling counts there, too, and an
            old lateness is that of another block.
    """
    cells = "".join(
        _merge_cell(old, new, amended=amended)
        for old, new in zip(before.cells, anew.cells, strict=True)
    )
    latest_ms = anew.latest_ms
    if latest_ms is None and not amended:
        latest_ms = before.latest_ms
    return msgspec.structs.replace(
        anew, cells=cells, latest_ms=latest_ms, made_by=anew.made_by or before.made_by
    )


def _merge_cell(old: str, new: str, *, amended: bool) -> str:
    if new == _UNKNOWN:
        return old
    if old == _LOST and new == _MISSED and not amended:
        return old
    return new
