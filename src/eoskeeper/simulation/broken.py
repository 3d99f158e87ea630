"""Broken: rules that are left out on purpose, to see that the simulation misses them."""

from __future__ import annotations

import msgspec

__all__ = ["WHOLE", "Broken"]


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """What is left out of a world whose lease is kept in a register; nothing by default.

    Attributes:
        no_guard: the guard answers, and never fences.
        guard_kicked_by_timer: its deadline is moved each second, for no evidence, also while the
            keeper hangs (S2).
        believes_every_stop: a stop counts as proven whatever came of it, so that the lease is
            given back without proof (S6).
        no_drain: a pause is proven without waiting for the block under construction.
        forgets_resume: a resume without an answer counts as never sent.
        counts_from_receipt: a heartbeat counts from when its answer came.
        believes_strangers: a nodeos that somebody else had stopped counts as stopped.
        leaves_every_slot: who gives the lease back says that it has left all slots long since.
        breaks_promises: a member says that it promises whatever it is asked for, and keeps nothing.
        trusts_silence: a member that cannot be heard counts as one that has promised.
    """

    no_guard: bool = False
    guard_kicked_by_timer: bool = False
    believes_every_stop: bool = False
    no_drain: bool = False
    forgets_resume: bool = False
    counts_from_receipt: bool = False
    believes_strangers: bool = False
    leaves_every_slot: bool = False
    breaks_promises: bool = False
    trusts_silence: bool = False


WHOLE = Broken()
