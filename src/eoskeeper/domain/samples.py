"""Samples: everything the keeper is told about the world, as one closed union of frozen values.

Probes, outcomes of actions, operator commands and peers all arrive here. Each sample says when it
was taken; each has a stable JSON form, so that a day of a node is a file that replays.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from eoskeeper.domain.chain_time import Moment, Slot, Turn, UtcS
from eoskeeper.domain.guard_samples import GuardLost, GuardRead, GuardRefused
from eoskeeper.domain.hooks import HookRan
from eoskeeper.domain.host_samples import (
    AlarmAcknowledged,
    ClockOffsetRead,
    DeliveryOutcome,
    DeliveryResult,
    Finalizer,
    FinalizersRead,
    FoldersRead,
    FolderUse,
    HostRead,
    KeeperRead,
    SilenceEnded,
    SilenceOrdered,
    UnitRead,
)
from eoskeeper.domain.log_samples import (
    BlockLogged,
    LogFollowed,
    LoggedBlockKind,
    LoggedNote,
    NodeNote,
    NotProducingLogged,
    NotProducingReason,
)
from eoskeeper.domain.member_words import MemberWord
from eoskeeper.domain.own_samples import (
    ActionOutcome,
    CommandKind,
    OperatorCommand,
    OutcomeResult,
    RestartPaused,
)
from eoskeeper.domain.register import (
    CasApplied,
    CasRefused,
    CasUnknown,
    RegisterFailed,
    RegisterRead,
)

__all__ = [
    "ActionOutcome",
    "AlarmAcknowledged",
    "Block",
    "BlockLogged",
    "BlocksRead",
    "CasApplied",
    "CasRefused",
    "CasUnknown",
    "ClockOffsetRead",
    "CommandKind",
    "ConnectionsRead",
    "DatabaseSizeRead",
    "DeliveryOutcome",
    "DeliveryResult",
    "FailureReason",
    "Finalizer",
    "FinalizersRead",
    "FolderUse",
    "FoldersRead",
    "GuardLost",
    "GuardRead",
    "GuardRefused",
    "HeadRead",
    "HookRan",
    "HostRead",
    "KeeperRead",
    "Link",
    "LogFollowed",
    "LoggedBlockKind",
    "LoggedNote",
    "NodeNote",
    "NotProducingLogged",
    "NotProducingReason",
    "OperatorCommand",
    "OutcomeResult",
    "PausedRead",
    "PeerRead",
    "ProbeFailed",
    "ProbeName",
    "ProcessRead",
    "ProcessState",
    "RegisterFailed",
    "RegisterRead",
    "RestartPaused",
    "Sample",
    "Schedule",
    "ScheduleRead",
    "ScheduledProducer",
    "SilenceEnded",
    "SilenceOrdered",
    "UnitRead",
]


class Block(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A block header as the chain API tells it: one slot that was filled.

    Attributes:
        number: height.
        block_id: 64 hex digits; the first 8 are the height.
        previous: id of the block before; links the chain.
        slot: absolute slot of its timestamp.
        producer: account that signed it.
        schedule_version: version in its header; 2147483648 and above on Savanna, where it says
            nothing about the proposer policy.
    """

    number: int
    block_id: str
    previous: str
    slot: Slot
    producer: str
    schedule_version: int


class ScheduledProducer(msgspec.Struct, frozen=True, gc=False):
    """One entry of a schedule: the account and the keys that may sign for it, as printed."""

    account: str
    keys: tuple[str, ...]


class Schedule(msgspec.Struct, frozen=True):
    """A producer schedule in slot order: position i owns the turns t with t mod n == i."""

    version: int
    producers: tuple[ScheduledProducer, ...]


class ProbeName(StrEnum):
    """Every source of readings; also a metric label."""

    GET_INFO = "get_info"
    BLOCKS = "blocks"
    SCHEDULE = "schedule"
    PAUSED = "paused"
    CONNECTIONS = "connections"
    DATABASE_SIZE = "database_size"
    LOG = "log"
    PROCESS = "process"
    PEER = "peer"
    HOST = "host"
    FOLDERS = "folders"
    CLOCK_OFFSET = "clock_offset"
    FINALIZERS = "finalizers"
    UNIT = "unit"


class FailureReason(StrEnum):
    """Why a probe has no reading. None of them says that the node is dead."""

    REFUSED = "refused"
    """Nobody listens: starting, replaying, or gone."""
    TIMED_OUT = "timed_out"
    DISCONNECTED = "disconnected"
    HTTP_STATUS = "http_status"
    """An error status; 404 means plugin off, wrong path or wrong category listener."""
    OVERLOADED = "overloaded"
    """429 or 503."""
    NOT_JSON = "not_json"
    UNEXPECTED_SHAPE = "unexpected_shape"
    """JSON, but a field is missing or of the wrong type or range."""
    TOO_LARGE = "too_large"
    MISSING = "missing"
    """The log file, or the process, is not there."""
    NOT_PERMITTED = "not_permitted"
    UNSUPPORTED = "unsupported"
    """This nodeos has no such call."""
    UNKNOWN_BLOCK = "unknown_block"


class HeadRead(msgspec.Struct, frozen=True, tag="head", gc=False):
    """``get_info``: alive proves the HTTP thread only (Spring 1.1 and later); judge by head time.

    Attributes:
        fork_head_number: best known block, applied or not; None before EOSIO 1.8.
        took_s: seconds from the request to the whole answer.
    """

    at: Moment
    chain_id: str
    server_version: str
    head_number: int
    head_id: str
    head_slot: Slot
    head_producer: str
    last_irreversible_number: int
    last_irreversible_id: str
    fork_head_number: int | None
    took_s: float


class BlocksRead(msgspec.Struct, frozen=True, tag="blocks"):
    """Consecutive canonical blocks, ascending; whatever was known at or above the first is void.

    The probe walks back until its first block links to one it had told before, or else sets
    ``gap_before``: what lies below is then unknown.

    Attributes:
        blocks: never empty; ``blocks[i].previous == blocks[i-1].block_id``.
        gap_before: the first block does not link to what was told before (first read, node
            re-synchronised from a snapshot, too far behind).
    """

    at: Moment
    blocks: tuple[Block, ...]
    gap_before: bool


class ScheduleRead(msgspec.Struct, frozen=True, tag="schedule"):
    """``get_producer_schedule``; ``proposed`` is always None on Savanna."""

    at: Moment
    active: Schedule
    pending: Schedule | None
    proposed: Schedule | None


class PausedRead(msgspec.Struct, frozen=True, tag="paused", gc=False):
    """``/v1/producer/paused``; on Spring also true under the implicit vote pause.

    Attributes:
        at: when the answer was there.
        asked: when the request was sent: the reading holds for some moment in between.
    """

    at: Moment
    asked: Moment
    paused: bool


class Link(msgspec.Struct, frozen=True, gc=False):
    """One p2p connection as nodeos lists it.

    Attributes:
        peer: configured address; empty for an incoming connection.
        established: socket open and hands shaken.
        agent: agent-name of the other side; empty before the handshake.
        node_id: random per start of the other nodeos; a change means that it restarted.
    """

    peer: str
    established: bool
    agent: str
    node_id: str
    remote: str


class ConnectionsRead(msgspec.Struct, frozen=True, tag="connections"):
    """``/v1/net/connections``."""

    at: Moment
    links: tuple[Link, ...]


class DatabaseSizeRead(msgspec.Struct, frozen=True, tag="database_size", gc=False):
    """``/v1/db_size/get``, in bytes."""

    at: Moment
    free_bytes: int
    used_bytes: int
    size_bytes: int


class ProcessState(StrEnum):
    """State of the nodeos process as the kernel tells it."""

    RUNNING = "running"
    STOPPED = "stopped"
    """SIGSTOP, tracing, or frozen."""
    ZOMBIE = "zombie"
    UNINTERRUPTIBLE = "uninterruptible"


class ProcessRead(msgspec.Struct, frozen=True, tag="process", gc=False):
    """The nodeos process, found by its listening port.

    Attributes:
        started_utc: creation time of the process; with ``pid`` its identity.
        cpu_s: user and system seconds used since its start.
        links: established p2p sockets of it, all address families; None when not readable.
    """

    at: Moment
    pid: int
    state: ProcessState
    started_utc: UtcS
    cpu_s: float
    resident_bytes: int
    links: int | None


class ProbeFailed(msgspec.Struct, frozen=True, tag="probe_failed"):
    """A probe has no reading; the reason is closed, the detail is for people.

    Attributes:
        subject: which of several things it asks: the host of a silent peer; else empty.
    """

    at: Moment
    probe: ProbeName
    reason: FailureReason
    detail: str
    subject: str = ""


class PeerRead(msgspec.Struct, frozen=True, tag="peer"):
    """What a peer keeper says of itself.

    Attributes:
        host: its host name.
        may_produce: it does not rule out that its node produces.
        server_version: of its nodeos; None when it does not know.
        made_turns: newest own turns that it made itself, by its own log.
        last_own_turn: newest own turn that is over, as its node sees it: a letter for each slot
            (see ``turns.TurnClosed``); empty when it knows none.
        word: sealed by the token that the members share; None where there is none. All the rest
            is for people, and keeps a host from handing over to one that is not ready.
    """

    at: Moment
    host: str
    role: str
    state: str
    may_produce: bool
    head_number: int | None
    summary: str
    server_version: str | None = None
    irreversible_number: int | None = None
    head_age_s: float | None = None
    links: int | None = None
    paused: bool | None = None
    produces: bool | None = None
    term: int = 0
    made_turns: tuple[Turn, ...] = ()
    last_own_turn: str = ""
    word: MemberWord | None = None


Sample = (
    HeadRead
    | BlocksRead
    | ScheduleRead
    | PausedRead
    | ConnectionsRead
    | DatabaseSizeRead
    | BlockLogged
    | NotProducingLogged
    | LoggedNote
    | LogFollowed
    | ProcessRead
    | ProbeFailed
    | ActionOutcome
    | RestartPaused
    | OperatorCommand
    | PeerRead
    | HostRead
    | FoldersRead
    | ClockOffsetRead
    | FinalizersRead
    | UnitRead
    | KeeperRead
    | DeliveryOutcome
    | SilenceOrdered
    | SilenceEnded
    | AlarmAcknowledged
    | RegisterRead
    | RegisterFailed
    | CasApplied
    | CasRefused
    | CasUnknown
    | GuardRead
    | GuardRefused
    | GuardLost
    | HookRan
)
