"""Events: what the journal holds. Each is written and synced before anything is done about it."""

from __future__ import annotations

import msgspec

from eoskeeper.domain.actions import Action, Condition
from eoskeeper.domain.chain_time import Moment, Slot, UtcS
from eoskeeper.domain.hooks import HookName, HookResult
from eoskeeper.domain.member_words import Doubled
from eoskeeper.domain.register import LeaseRecord
from eoskeeper.domain.samples import CommandKind, OutcomeResult
from eoskeeper.domain.standing import Standing, State

__all__ = [
    "ActionDecided",
    "Advised",
    "CommandAnswered",
    "Event",
    "FailsafeTurned",
    "HookEnded",
    "KeeperStarted",
    "LeaseWritten",
    "MaintenanceSet",
    "OutcomeSeen",
    "SlotDoubled",
    "StandingChanged",
]


class KeeperStarted(msgspec.Struct, frozen=True, tag="keeper_started"):
    """A keeper took up its work; times of earlier events are on an earlier clock.

    Attributes:
        run: of this keeper process; no two are equal. Empty in journals of before the lease.
        keeper_id: of this journal, from its first keeper on; no two journals have the same.
    """

    at: Moment
    version: str
    host: str
    role: str
    mode: str
    run: str = ""
    keeper_id: str = ""


class StandingChanged(msgspec.Struct, frozen=True, tag="standing_changed"):
    """The failover machine took a row of its table."""

    at: Moment
    before: State
    standing: Standing
    event: str
    reason: str
    evidence: tuple[Condition, ...] = ()


class ActionDecided(msgspec.Struct, frozen=True, tag="action_decided"):
    """An action is about to be taken; a ``Resume`` carries its permit."""

    at: Moment
    action: Action


class OutcomeSeen(msgspec.Struct, frozen=True, tag="outcome_seen"):
    """What became of an action; ``action_id`` 0 is the restart watch's own pause."""

    at: Moment
    action_id: int
    result: OutcomeResult
    detail: str


class Advised(msgspec.Struct, frozen=True, tag="advised"):
    """What would have been done, had the mode been ``auto``."""

    at: Moment
    action: str
    event: str
    reason: str
    evidence: tuple[Condition, ...] = ()


class CommandAnswered(msgspec.Struct, frozen=True, tag="command_answered"):
    """An operator's order and its answer."""

    at: Moment
    kind: CommandKind
    by: str
    accepted: bool
    reason: str


class LeaseWritten(msgspec.Struct, frozen=True, tag="lease_written"):
    """The lease is about to be claimed, taken over or given back; a mere heartbeat is not told."""

    at: Moment
    record: LeaseRecord
    reason: str


class FailsafeTurned(msgspec.Struct, frozen=True, tag="failsafe_turned"):
    """A holder whom the register does not answer goes on by promises, or no longer does.

    Attributes:
        others: who promised, each of them, to claim nothing for one lease.
    """

    at: Moment
    term: int
    on: bool
    others: tuple[str, ...]


class MaintenanceSet(msgspec.Struct, frozen=True, tag="maintenance_set"):
    """Maintenance begins, is prolonged, or ends.

    Attributes:
        until_utc: None: it is over.
        by: who ordered it; empty where it ran out.
    """

    at: Moment
    until_utc: UtcS | None
    by: str


class HookEnded(msgspec.Struct, frozen=True, tag="hook_ended"):
    """How a command of the operator ended.

    Attributes:
        term: of the holdership that it was about.
        output: the end of what it printed.
    """

    at: Moment
    name: HookName
    result: HookResult
    term: int
    detail: str
    output: str
    took_s: float


class SlotDoubled(msgspec.Struct, frozen=True, tag="slot_doubled"):
    """Two hosts of the cluster made a block in one slot; the worst that can happen.

    Attributes:
        slots: those that were found now, oldest first.
        newest: who made what in the last of them.
    """

    at: Moment
    slots: tuple[Slot, ...]
    newest: Doubled


Event = (
    LeaseWritten
    | FailsafeTurned
    | HookEnded
    | SlotDoubled
    | MaintenanceSet
    | KeeperStarted
    | StandingChanged
    | ActionDecided
    | OutcomeSeen
    | Advised
    | CommandAnswered
)
