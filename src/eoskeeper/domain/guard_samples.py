"""What the guard tells its keeper, and what became of a fence.

No word from the guard is ``GuardLost``: not a guard that is idle, and not one that has fenced.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from eoskeeper.domain.chain_time import Moment, MonoS

__all__ = [
    "ArmGuard",
    "DisarmGuard",
    "ExtendGuard",
    "Fence",
    "FenceRung",
    "GuardAnswer",
    "GuardLost",
    "GuardMode",
    "GuardOrder",
    "GuardPhase",
    "GuardRead",
    "GuardRefused",
    "GuardView",
    "RungResult",
]


class GuardPhase(StrEnum):
    """What the guard is doing; ``guard/deadline.py`` has the same words with their meaning."""

    IDLE = "idle"
    ARMED = "armed"
    LOOKING = "looking"
    FENCED = "fenced"


class GuardMode(StrEnum):
    """What a passed deadline means: a fence, or looking whether the chain hears us.

    FREEZE is a fence, too, one in which a pause is no stop: a resume may still come.
    """

    DEADLINE = "deadline"
    FREEZE = "freeze"
    LOOK = "look"


class RungResult(StrEnum):
    """How one rung of the fence ladder ended."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    SKIPPED = "skipped"
    """It does not apply: no gate is configured, or the node is there."""


class FenceRung(msgspec.Struct, frozen=True):
    """One rung of a climb; times on CLOCK_BOOTTIME."""

    name: str
    result: RungResult
    began_s: float
    ended_s: float
    detail: str


class Fence(msgspec.Struct, frozen=True):
    """A climb of the fence ladder.

    Attributes:
        proven: nobody on this host can produce; unproven never releases a lease.
        how: the rung that proved it; "" when none did.
    """

    proven: bool
    how: str
    began_s: float
    ended_s: float
    rungs: tuple[FenceRung, ...]


class GuardRead(msgspec.Struct, frozen=True, tag="guard_read"):
    """The guard as it answered; an order that came with it was carried out.

    Attributes:
        asked: when the request was sent: what is told here is not older.
        until_s: its deadline on CLOCK_BOOTTIME; means nothing while it is idle.
        can_hold: it holds nodeos, and nobody unknown is beside it.
        unclear: why it does not.
        reason: of the last fence; ``how`` is the rung that proved it, "" while it is unproven.
        last: the last climb of this guard's life.
    """

    at: Moment
    asked: Moment
    phase: GuardPhase
    mode: GuardMode
    term: int
    until_s: float
    can_hold: bool
    unclear: str = ""
    reason: str = ""
    how: str = ""
    last: Fence | None = None

    @property
    def is_fenced(self) -> bool:
        """Whether production is proven to be impossible."""
        return self.phase is GuardPhase.FENCED and bool(self.how)


class GuardRefused(msgspec.Struct, frozen=True, tag="guard_refused"):
    """The guard answered and did not do it."""

    at: Moment
    detail: str
    read: GuardRead


class GuardLost(msgspec.Struct, frozen=True, tag="guard_lost"):
    """No answer in time: the order may have been carried out, or may be later.

    Attributes:
        asked: when it was sent.
    """

    at: Moment
    asked: Moment
    detail: str


GuardAnswer = GuardRead | GuardRefused | GuardLost


class ArmGuard(msgspec.Struct, frozen=True, tag="arm_guard"):
    """Begin to guard a term; ``until_s`` on CLOCK_BOOTTIME, counted from the evidence's send."""

    term: int
    until_s: MonoS
    mode: GuardMode


class ExtendGuard(msgspec.Struct, frozen=True, tag="extend_guard"):
    """Move the deadline forward, for ``evidence``."""

    term: int
    until_s: MonoS
    evidence: str


class DisarmGuard(msgspec.Struct, frozen=True, tag="disarm_guard"):
    """End a term, for ``proof`` that this host does not produce."""

    term: int
    proof: str


GuardOrder = ArmGuard | ExtendGuard | DisarmGuard


class GuardView(msgspec.Struct, frozen=True):
    """What the keeper knows of its guard.

    Attributes:
        read: the last answer; None before the first.
        armed: when the last answer that said *armed* was asked for.
        ordered: the last order, and when it was given.
    """

    read: GuardRead | None = None
    armed: Moment | None = None
    ordered: GuardOrder | None = None
    ordered_at: Moment | None = None
