"""Actions: everything the keeper may do to the world, as frozen values with their evidence.

Only one of them can start production: ``Resume``, which cannot be made without a permit.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from eoskeeper.domain.chain_time import Moment, Slot, UtcS

__all__ = [
    "Action",
    "Condition",
    "FenceCause",
    "Met",
    "Pause",
    "Permit",
    "PermitKind",
    "Resume",
    "Terminate",
]


class Met(StrEnum):
    """Grade of one condition; *unknown* never counts as met."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Condition(msgspec.Struct, frozen=True):
    """One condition of a permit, graded, with the figure it was graded on and the one needed."""

    name: str
    met: Met
    figure: str
    needed: str


class PermitKind(StrEnum):
    """On what ground production may start."""

    TAKEOVER = "takeover"
    PROVEN = "proven"
    """A member says that it has stopped, for this host; only where the chain is the register."""
    OWN_RESTART = "own_restart"
    AFTER_ISOLATION = "after_isolation"
    OPERATOR = "operator"


class Permit(msgspec.Struct, frozen=True):
    """The evidence that allows one ``Resume``; journalled before the request is sent.

    Attributes:
        term: number of the holdership this host begins, counted by its own journal.
        empty_own_turns: whole own turns in a row without a block, when it was given.
        not_before_slot: first slot that the new holder can fill.
        not_after_slot: the request must be sent before this slot, else it is void.
    """

    kind: PermitKind
    term: int
    at: Moment
    empty_own_turns: int
    not_before_slot: Slot
    not_after_slot: Slot
    conditions: tuple[Condition, ...]


class FenceCause(StrEnum):
    """Why production on this host must stop."""

    ALONE = "alone"
    """No block of any other producer for ``isolation_s``."""
    LEASE_LAPSED = "lease_lapsed"
    """The lease in the register was not confirmed in time, or is another host's."""
    TURNS_NOT_STAYED = "turns_not_stayed"
    """As many own turns in a row as the first standby waits for left no block on the chain."""
    PRODUCED_ELSEWHERE = "produced_elsewhere"
    """Our producer's block was made on another host."""
    NOT_ENTITLED = "not_entitled"
    """Unpaused without a permit: restarted without pause-on-startup, or resumed behind our back."""
    RESTARTED = "restarted"
    """nodeos went away or is a new process: pause first, ask later."""
    UNGUARDED = "unguarded"
    """No guard stands by to stop this host, or it has stopped it."""
    HUNG = "hung"
    """nodeos does not answer: it could neither produce nor be paused."""
    HANDOVER = "handover"
    """A planned switchover: another host is to produce."""
    OPERATOR = "operator"


class Pause(msgspec.Struct, frozen=True, tag="pause"):
    """Pause with proof: acknowledged, one block interval drained, read back.

    Attributes:
        to_the_end: the whole fence ladder is climbed where the pause is not proven: others wait
            for this stop, to produce.
        resume_may_come: a resume without an answer may undo a pause, which is no proof then.
    """

    action_id: int
    cause: FenceCause
    reason: str
    to_the_end: bool = False
    resume_may_come: bool = False


class Resume(msgspec.Struct, frozen=True, tag="resume"):
    """Let nodeos produce. Void once ``permit.not_after_slot`` has begun."""

    action_id: int
    permit: Permit
    reason: str


class Terminate(msgspec.Struct, frozen=True, tag="terminate"):
    """Kill a nodeos that somebody else has stopped, and that must not produce when it is continued.

    Neither pauses nor a SIGTERM that wait for it help for certain: tried on Leap 4.1, a node that
    is continued within its own turn can make a new block before it takes either.

    Attributes:
        started_utc: creation time; with ``pid`` the identity of the process.
    """

    action_id: int
    pid: int
    started_utc: UtcS
    reason: str


Action = Pause | Resume | Terminate
