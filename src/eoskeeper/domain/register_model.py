"""A register in memory that misbehaves on demand: for the simulation and the conformance suite.

It knows neither hosts nor their clocks: ``world_s`` is the time of the world, and only tells when
a request that was held up arrives. Faults are values that the caller chooses, with its own seed.
"""

from __future__ import annotations

import heapq
from enum import StrEnum

import msgspec

from eoskeeper.domain.register import ABSENT, LeaseRecord, Seen, Store, Version, encode_record

__all__ = ["Fault", "FaultKind", "RegisterModel"]


class FaultKind(StrEnum):
    """What befalls one request."""

    NONE = "none"
    REQUEST_LOST = "request_lost"
    """It never arrives."""
    ANSWER_LOST = "answer_lost"
    """It takes effect, and nobody hears of it."""
    LATE = "late"
    """It takes effect ``delay_s`` later, and nobody hears of it."""
    DUPLICATED = "duplicated"
    """It takes effect and is answered, and arrives a second time ``delay_s`` later."""
    STALE = "stale"
    """A read shows the store as it was ``changes`` changes ago; a swap is not concerned."""


class Fault(msgspec.Struct, frozen=True):
    """One fault of one request.

    Attributes:
        delay_s: seconds of world time, of LATE and DUPLICATED.
        changes: of STALE.
    """

    kind: FaultKind = FaultKind.NONE
    delay_s: float = 0.0
    changes: int = 1


class _Late(msgspec.Struct, frozen=True, order=True):
    due_s: float
    number: int
    expected: Version
    record: LeaseRecord


class RegisterModel:
    """One store, shared by all its clients."""

    def __init__(self, cluster_id: str = "1") -> None:
        """Begin with an absent record."""
        self._past = [
            Seen(applied=True, record=None, version=ABSENT, store=Store(cluster_id, 1, 2))
        ]
        self._late: list[_Late] = []
        self._numbers = 0

    @property
    def next_due_s(self) -> float | None:
        """World time at which a request that was held up arrives; None when there is none."""
        return self._late[0].due_s if self._late else None

    def advance(self, world_s: float) -> None:
        """Let arrive what is due, in its order."""
        while self._late and self._late[0].due_s <= world_s:
            late = heapq.heappop(self._late)
            self._swap(late.expected, late.record)

    def read(self, world_s: float, fault: Fault) -> Seen | None:
        """Read; None when no answer comes."""
        self.advance(world_s)
        if fault.kind in {FaultKind.REQUEST_LOST, FaultKind.ANSWER_LOST, FaultKind.LATE}:
            return None
        if fault.kind is FaultKind.STALE:
            return self._past[max(len(self._past) - 1 - fault.changes, 0)]
        return self._past[-1]

    def cas(
        self, world_s: float, expected: Version, record: LeaseRecord, fault: Fault
    ) -> Seen | None:
        """Swap; None when no answer comes."""
        self.advance(world_s)
        if fault.kind is FaultKind.REQUEST_LOST:
            return None
        if fault.kind in {FaultKind.LATE, FaultKind.DUPLICATED}:
            self._numbers += 1
            late = _Late(world_s + fault.delay_s, self._numbers, expected, record)
            heapq.heappush(self._late, late)
        if fault.kind is FaultKind.LATE:
            return None
        seen = self._swap(expected, record)
        return None if fault.kind is FaultKind.ANSWER_LOST else seen

    def restore(self, changes: int) -> None:
        """Go back so many changes, as a backup does; requests under way arrive all the same.

        The name of the cluster stays: the worst case. Its elections begin anew.
        """
        old = self._past[max(len(self._past) - 1 - changes, 0)]
        store = Store(old.store.cluster_id, old.store.revision, 2)
        self._past = [msgspec.structs.replace(old, store=store)]

    def elect(self) -> None:
        """Another leader: a new raft term, and nothing else."""
        last = self._past[-1]
        store = msgspec.structs.replace(last.store, raft_term=last.store.raft_term + 1)
        self._past[-1] = msgspec.structs.replace(last, store=store)

    def write_elsewhere(self) -> None:
        """Another key of the store is written: revisions have gaps."""
        last = self._past[-1]
        store = msgspec.structs.replace(last.store, revision=last.store.revision + 1)
        self._past.append(msgspec.structs.replace(last, store=store))

    def _swap(self, expected: Version, record: LeaseRecord) -> Seen:
        last = self._past[-1]
        if last.version != expected:
            return msgspec.structs.replace(last, applied=False)
        store = msgspec.structs.replace(last.store, revision=last.store.revision + 1)
        version = Version(store.revision, encode_record(record))
        self._past.append(Seen(applied=True, record=record, version=version, store=store))
        return self._past[-1]
