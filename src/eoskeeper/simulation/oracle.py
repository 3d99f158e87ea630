"""Oracle: sees every block on every fork and says whether two hosts ever signed one slot."""

from __future__ import annotations

import msgspec

from eoskeeper.domain.actions import Action, Resume
from eoskeeper.domain.events import ActionDecided, Event

__all__ = ["DoubleSlot", "Oracle", "Sent"]


class DoubleSlot(msgspec.Struct, frozen=True):
    """One slot of our producer signed by two hosts."""

    at_ms: int
    slot: int
    first: str
    second: str


class Sent(msgspec.Struct, frozen=True):
    """An action that an effect began to carry out."""

    at_ms: int
    host: str
    action: Action


class Oracle:
    """Collects what must never happen.

    Attributes:
        makers: host that signed each slot of our producer, on whatever fork.
        doubles: every violation of *never two*.
        unpermitted: resumes that were sent without a journalled decision and permit.
        sent: every action, in order.
    """

    def __init__(self) -> None:
        self.makers: dict[int, str] = {}
        self.doubles: list[DoubleSlot] = []
        self.unpermitted: list[Sent] = []
        self.sent: list[Sent] = []

    def made(self, slot: int, host: str, at_ms: int) -> None:
        """A host of ours has signed a block."""
        first = self.makers.setdefault(slot, host)
        if first != host:
            self.doubles.append(DoubleSlot(at_ms, slot, first, host))

    def performs(self, host: str, action: Action, journal: list[Event], at_ms: int) -> None:
        """A host begins to carry out an action: it must be in its journal already."""
        sent = Sent(at_ms, host, action)
        self.sent.append(sent)
        if not isinstance(action, Resume):
            return
        decided = any(
            isinstance(event, ActionDecided) and event.action == action
            for event in reversed(journal[-200:])
        )
        if not decided or not action.permit.conditions:
            self.unpermitted.append(sent)

    @property
    def safe(self) -> bool:
        """Nothing forbidden has happened."""
        return not self.doubles and not self.unpermitted
