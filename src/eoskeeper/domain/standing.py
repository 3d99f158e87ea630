"""Standing: this host's place in the succession, the part of the memory that outlives a crash.

Every change of it is journalled before any action that follows from it.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from eoskeeper.domain.actions import FenceCause, Permit
from eoskeeper.domain.chain_time import Moment, Slot

__all__ = ["RESUME_LATEST_S", "Standing", "State"]


class State(StrEnum):
    """States of the failover machine; ``failover.TABLE`` says how they follow each other."""

    LEARNING = "learning"
    """Just started, without a journal that says more: watches, resumes nothing."""
    STANDBY = "standby"
    """Paused; takes over after its own delay."""
    RESUMING = "resuming"
    """A resume is under way or its answer unknown: this host may produce."""
    HOLDER = "holder"
    """Entitled to produce."""
    FENCING = "fencing"
    """Production here must stop and that is not proven yet: this host may produce."""
    RESTARTED = "restarted"
    """The holder's nodeos came back and is paused; the lease may still hold."""
    ISOLATED = "isolated"
    """Fenced because it was alone; comes back by itself when it was a short cut of the line."""
    LAPSED = "lapsed"
    """Fenced because its own turns did not stay; takes over only after all other candidates."""
    HELD = "held"
    """Paused by the operator; resumed by the operator only."""
    OBSERVER = "observer"
    """No producer here."""


RESUME_LATEST_S = 300.0
"""Assumed: a request that has not reached nodeos by then never does, for its connection is closed.

docs/failover.md names it among what the register assumes.
"""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where this host stands.

    Attributes:
        state: state of the machine.
        since: when it was entered.
        then: where a proven fence, or a resume that certainly failed, leads.
        held_from: first slot of the newest holdership of this host.
        held_before: the same of the holdership before, for a resume that certainly failed.
        term: number of that holdership, counted by this host.
        permit: what allowed it; None for one that was found at start.
        cause: why the host fences or was fenced.
        confirmed: send time of the newest proven pause; None when there is none in this
            keeper's life.
        open_resumes: resumes that may still happen: they were decided, and not answered clearly.
        resumed_at: when the newest resume was decided.
        heir: member that this host left production to, by word and without a register; empty for
            none. It says so, once its stop is proven, until another host is seen to produce.
    """

    state: State
    since: Moment
    then: State = State.STANDBY
    held_from: Slot | None = None
    held_before: Slot | None = None
    term: int = 0
    permit: Permit | None = None
    cause: FenceCause | None = None
    confirmed: Moment | None = None
    open_resumes: int = 0
    resumed_at: Moment | None = None
    heir: str = ""

    def resume_may_come(self, now: Moment) -> bool:
        """Whether a resume that nobody answered may still be on its way to nodeos.

        Then a pause is no stop: the resume would undo it.
        """
        if self.open_resumes == 0 or self.resumed_at is None:
            return False
        # A clock that began anew is that of another boot, and of another nodeos.
        return 0 <= now.mono_s - self.resumed_at.mono_s < RESUME_LATEST_S

    @property
    def may_produce(self) -> bool:
        """It is not ruled out that this host's node produces."""
        return self.state in _MAY_PRODUCE


_MAY_PRODUCE = frozenset({State.LEARNING, State.RESUMING, State.HOLDER, State.FENCING})
