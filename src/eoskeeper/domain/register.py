"""The register port: one record, read linearizably and changed by compare-and-swap.

Invariant: a swap that was not answered is *unknown*, never refused: it may take effect at any time
until a later version is seen. Times count from before the first byte of the first try was sent.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from eoskeeper.domain.chain_time import Moment

__all__ = [
    "ABSENT",
    "CasApplied",
    "CasOutcome",
    "CasRefused",
    "CasUnknown",
    "DamagedRecordError",
    "LeaseRecord",
    "ReadOutcome",
    "Register",
    "RegisterFailed",
    "RegisterRead",
    "RegisterReason",
    "Seat",
    "Seen",
    "Store",
    "Version",
    "cas_answer",
    "decode_record",
    "encode_record",
    "is_same_beat",
    "is_settled_by",
    "read_answer",
    "resolved",
    "store_went_back",
]


class Version(msgspec.Struct, frozen=True):
    """Which record of which change: what a swap compares with.

    A store that a backup was put back into gives its numbers out again, so the number alone could
    be that of another's record.

    Attributes:
        revision: of the store at the change; grows with every change, gaps included; 0: absent.
        value: the record as it lies there, byte by byte.
    """

    revision: int
    value: bytes = b""


ABSENT = Version(0)
"""No record yet: the bootstrap. A record that was there once is never deleted."""


class Seat(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A member that may claim what is held: its name, and the keeper there that was heard of.

    By the name alone two keepers that were configured alike could not be told apart.
    """

    host: str
    keeper_id: str


class LeaseRecord(msgspec.Struct, frozen=True, omit_defaults=False):
    """Who may produce, as every host of the cluster reads it.

    Attributes:
        host: that holds; never empty.
        term: 1 and up; one more with each change of the holder.
        beat: heartbeats within the term, 0 and up; every swap writes one that it never wrote.
        released: the holder proved its stop and gave back.
        heir: who is to claim it first, where it was given back for that; empty: anybody.
        run: random name of the keeper's process, to tell apart two of the same host name.
        stopped_from: where it was given back, and from then on to the end of the next term: the
            first slot that who gave it back can have made no block of any more, by its own clock.
        roster: who has to promise, if the holder is to go on while the register does not answer;
            as long as it is held nobody else may claim it. Empty: it stops then, and all may.
    """

    host: str
    term: int
    beat: int
    released: bool = False
    run: str = ""
    heir: str = ""
    stopped_from: int | None = None
    roster: tuple[Seat, ...] = ()

    def __post_init__(self) -> None:
        """A record that nobody could have meant is damage, not a holder."""
        if not self.host or self.term < 1 or self.beat < 0:
            message = "a record needs a host, a term from 1 and a beat from 0"
            raise ValueError(message)


class RegisterReason(StrEnum):
    """Why there was no answer to use; also a metric's label."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    NO_LEADER = "no_leader"
    LEARNER = "learner"
    NO_SPACE = "no_space"
    CORRUPT = "corrupt"
    AUTHENTICATION = "authentication"
    PERMISSION = "permission"
    TLS = "tls"
    NO_GATEWAY = "no_gateway"
    OVERLOADED = "overloaded"
    REFUSED = "refused"
    """By the store, for a reason that we do not know."""
    MALFORMED = "malformed"
    """An answer, or a record, that is not understood."""


class Store(msgspec.Struct, frozen=True):
    """Which store answered, and how far it was.

    Attributes:
        cluster_id: differs between two stores; a restored one may keep it.
        revision: of the whole store; grows with every change of anything.
        raft_term: grows with each election.
    """

    cluster_id: str
    revision: int
    raft_term: int


class Seen(msgspec.Struct, frozen=True):
    """A store's answer as such, without the times of the client that asked.

    Attributes:
        applied: of a swap; True for a read.
        record: None: absent, known to be so.
    """

    applied: bool
    record: LeaseRecord | None
    version: Version
    store: Store


class RegisterRead(msgspec.Struct, frozen=True, tag="register_read"):
    """What was there at some time between ``sent`` and ``at``.

    Attributes:
        record: None: absent, known to be so.
    """

    sent: Moment
    at: Moment
    record: LeaseRecord | None
    version: Version
    store: Store


class RegisterFailed(msgspec.Struct, frozen=True, tag="register_failed"):
    """Nothing is known: neither a record nor its absence."""

    sent: Moment
    at: Moment
    reason: RegisterReason
    detail: str


class CasApplied(msgspec.Struct, frozen=True, tag="cas_applied"):
    """Our record stood there as ``version`` at some time between ``sent`` and ``at``.

    Attributes:
        sent: of the first try that carried this record, even in an earlier call.
    """

    sent: Moment
    at: Moment
    version: Version
    store: Store


class CasRefused(msgspec.Struct, frozen=True, tag="cas_refused"):
    """Another version stands there.

    The revisions of a store only grow, so no try of this swap takes effect any more, unless the
    store itself goes back.

    Attributes:
        read: what stands there instead.
    """

    sent: Moment
    at: Moment
    read: RegisterRead


class CasUnknown(msgspec.Struct, frozen=True, tag="cas_unknown"):
    """Done, not done, or still to be done: until another version than the expected one is read."""

    sent: Moment
    at: Moment
    reason: RegisterReason
    detail: str


ReadOutcome = RegisterRead | RegisterFailed
CasOutcome = CasApplied | CasRefused | CasUnknown


class Register(Protocol):
    """One record that all hosts of a cluster see alike. One call at a time per object."""

    async def read(self, budget_s: float) -> ReadOutcome:
        """Read the record linearizably: what was done before the call is seen."""

    async def cas(self, expected: Version, record: LeaseRecord, budget_s: float) -> CasOutcome:
        """Write the record if what lies there is still ``expected``; ABSENT creates it."""

    async def close(self) -> None:
        """Let go of connections; requests under way may still take effect."""


class DamagedRecordError(Exception):
    """The store holds something under our key that is no record; the message never quotes it."""


def encode_record(record: LeaseRecord) -> bytes:
    """JSON with its fields in a fixed order."""
    return _ENCODER.encode(record)


def decode_record(text: bytes) -> LeaseRecord:
    """Read a record; fields of later versions are passed over.

    Raises:
        DamagedRecordError: not a record.
    """
    try:
        return _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        message = f"not a lease record: {type(error).__name__}, {len(text)} bytes"
        raise DamagedRecordError(message) from error


def read_answer(sent: Moment, at: Moment, seen: Seen) -> RegisterRead:
    """The answer as the client has it, by its own clock."""
    return RegisterRead(sent, at, seen.record, seen.version, seen.store)


def cas_answer(sent: Moment, at: Moment, seen: Seen) -> CasApplied | CasRefused:
    """The answer to a swap as the client has it."""
    if seen.applied:
        return CasApplied(sent, at, seen.version, seen.store)
    return CasRefused(sent, at, read_answer(sent, at, seen))


def is_same_beat(one: LeaseRecord, other: LeaseRecord | None) -> bool:
    """Both are the very same write: no process uses a term and beat twice for two contents."""
    return one == other


def resolved(asked: LeaseRecord, refused: CasRefused) -> CasApplied | CasRefused:
    """What a refusal means when an earlier try of the same swap may have been the one that won.

    Args:
        asked: what all tries carried.
        refused: with ``sent`` of the first of them.
    """
    read = refused.read
    if is_same_beat(asked, read.record):
        return CasApplied(refused.sent, refused.at, read.version, read.store)
    return refused


def is_settled_by(expected: Version, read: RegisterRead) -> bool:
    """Whether an unknown swap with this expectation can no longer take effect, as of ``read``.

    Only the version that it compares with would let it through.
    """
    return read.version.revision > expected.revision


def store_went_back(before: Store, after: Store) -> bool:
    """Whether the second answer is of another store, or of the same as it was earlier.

    A restored backup keeps the cluster's name where members and token are the same, and its
    revision may have grown past ours already; its elections begin anew. Compare answers whose
    requests did not overlap: those may overtake each other.
    Source: etcd 3.4 ``etcdctl snapshot restore``: the id is a hash of the members and the token.
    """
    return (
        before.cluster_id != after.cluster_id
        or after.revision < before.revision
        or after.raft_term < before.raft_term
    )


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(LeaseRecord)
