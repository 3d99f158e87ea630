"""nodeos's answers as they stand on the wire, and their translation into samples; no I/O.

nodeos's own names stop in this file. A ``msgspec.ValidationError`` or ``ValueError`` from here
means an answer of an unexpected shape.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment, parse_block_time
from eoskeeper.domain.samples import (
    Block,
    ConnectionsRead,
    DatabaseSizeRead,
    Finalizer,
    FinalizersRead,
    HeadRead,
    Link,
    Schedule,
    ScheduledProducer,
    ScheduleRead,
)

__all__ = [
    "UNKNOWN_BLOCK_CODE",
    "decode_block",
    "decode_connections",
    "decode_database_size",
    "decode_error",
    "decode_finalizers",
    "decode_head",
    "decode_paused",
    "decode_schedule",
    "printable",
]

UNKNOWN_BLOCK_CODE = 3100002
"""``error.code`` of ``unknown_block_exception``. Source: EOSIO v1.0.0 to spring v1.2.2,
libraries/chain exceptions.hpp; recorded from spring v1.3.0-dev."""

TEXT_LIMIT = 100
"""Longest text taken over from outside, in characters; a p2p peer may send 384 of its own."""

Number = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Bytes = Annotated[int, Meta(ge=0, le=2**63 - 1)]
BlockId = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Account = Annotated[str, Meta(pattern=r"^[a-z1-5.]{0,13}\Z")]
Key = Annotated[str, Meta(pattern=r"^(EOS|PUB_K1_|PUB_R1_|PUB_WA_|[A-Z]{3})[0-9A-Za-z]{1,800}\Z")]

BlsKey = Annotated[str, Meta(pattern=r"^PUB_BLS_[0-9A-Za-z_-]{1,200}\Z")]
"""Base 64 with ``-`` and ``_``. Source: spring v1.2.2 libfc, src/crypto/bls_utils.hpp."""


class _Info(msgspec.Struct):
    chain_id: Digest
    head_block_num: Number
    head_block_id: BlockId
    head_block_time: str
    head_block_producer: Account
    last_irreversible_block_num: Number
    last_irreversible_block_id: BlockId
    server_version: str = ""
    server_version_string: str = ""
    fork_db_head_block_num: Number | None = None


class _Block(msgspec.Struct):
    block_num: Number
    id: BlockId
    previous: BlockId
    timestamp: str
    producer: Account
    schedule_version: Number


class _WeightedKey(msgspec.Struct):
    key: Key


class _Authority(msgspec.Struct):
    keys: list[_WeightedKey]


class _ScheduledProducer(msgspec.Struct):
    producer_name: Account
    block_signing_key: Key | None = None
    authority: tuple[int, _Authority] | None = None


class _Schedule(msgspec.Struct):
    version: Number
    producers: list[_ScheduledProducer]


class _Schedules(msgspec.Struct):
    active: _Schedule
    pending: _Schedule | None = None
    proposed: _Schedule | None = None


class _Handshake(msgspec.Struct):
    generation: int
    node_id: str = ""
    agent: str = ""
    p2p_address: str = ""


class _Connection(msgspec.Struct):
    peer: str
    connecting: bool
    last_handshake: _Handshake
    is_socket_open: bool | None = None
    remote_ip: str = ""
    remote_port: str = ""


class _DatabaseSize(msgspec.Struct):
    free_bytes: Bytes
    used_bytes: Bytes
    size: Bytes


class _FinalizerAuthority(msgspec.Struct):
    description: str
    public_key: BlsKey


class _FinalizerPolicy(msgspec.Struct):
    generation: Number
    finalizers: list[_FinalizerAuthority]


class _Vote(msgspec.Struct):
    public_key: BlsKey
    is_vote_strong: bool
    voted_for_block_num: Number


class _FinalizerInfo(msgspec.Struct):
    active_finalizer_policy: _FinalizerPolicy | None
    pending_finalizer_policy: _FinalizerPolicy | None
    last_tracked_votes: list[_Vote]


class _ErrorDetail(msgspec.Struct):
    message: str = ""


class _ErrorBody(msgspec.Struct):
    code: int = 0
    name: str = ""
    what: str = ""
    details: list[_ErrorDetail] = []


class _Error(msgspec.Struct):
    message: str = ""
    error: _ErrorBody = msgspec.field(default_factory=_ErrorBody)


# Not strict: fc prints integers above 2^32-1 as strings.
# Source: fc json.cpp stringify_large_ints_and_doubles, EOSIO v1.0.0 to spring v1.2.2.
_INFO = msgspec.json.Decoder(_Info, strict=False)
_BLOCK = msgspec.json.Decoder(_Block, strict=False)
_SCHEDULES = msgspec.json.Decoder(_Schedules, strict=False)
_CONNECTIONS = msgspec.json.Decoder(list[_Connection], strict=False)
_DATABASE_SIZE = msgspec.json.Decoder(_DatabaseSize, strict=False)
_FINALIZERS = msgspec.json.Decoder(_FinalizerInfo, strict=False)
_ERROR = msgspec.json.Decoder(_Error, strict=False)
_PAUSED = msgspec.json.Decoder(bool)


def decode_head(body: bytes, at: Moment, took_s: float) -> HeadRead:
    """Translate ``get_info``.

    Raises:
        msgspec.DecodeError: not JSON (or, as ValidationError, not of this shape).
        ValueError: an id that does not begin with its number, or a time off the grid.

    Source: EOSIO v1.0.0 chain_plugin.cpp:538 (no version string, no fork head) to spring v1.2.2
    chain_plugin.cpp:1303.
    """
    wire = _INFO.decode(body)
    _check_id(wire.head_block_id, wire.head_block_num)
    _check_id(wire.last_irreversible_block_id, wire.last_irreversible_block_num)
    return HeadRead(
        at=at,
        chain_id=wire.chain_id,
        server_version=printable(wire.server_version_string or wire.server_version),
        head_number=wire.head_block_num,
        head_id=wire.head_block_id,
        head_slot=parse_block_time(wire.head_block_time),
        head_producer=wire.head_block_producer,
        last_irreversible_number=wire.last_irreversible_block_num,
        last_irreversible_id=wire.last_irreversible_block_id,
        fork_head_number=wire.fork_db_head_block_num,
        took_s=took_s,
    )


def decode_block(body: bytes, number: int) -> Block:
    """Translate ``get_block_info`` or ``get_block``: both carry the same header fields.

    Raises:
        msgspec.DecodeError: not JSON (or, as ValidationError, not of this shape).
        ValueError: another block than ``number``, or ids that do not fit it.
    """
    wire = _BLOCK.decode(body)
    if wire.block_num != number:
        message = f"asked for block {number}, got {wire.block_num}"
        raise ValueError(message)
    _check_id(wire.id, number)
    if number > 1:
        _check_id(wire.previous, number - 1)
    return Block(
        number=number,
        block_id=wire.id,
        previous=wire.previous,
        slot=parse_block_time(wire.timestamp),
        producer=wire.producer,
        schedule_version=wire.schedule_version,
    )


def decode_schedule(body: bytes, at: Moment) -> ScheduleRead:
    """Translate ``get_producer_schedule``.

    Raises:
        msgspec.DecodeError: not JSON (or, as ValidationError, not of this shape).
        ValueError: an entry that has neither form of key.

    Source: EOSIO v1.8.14 (``block_signing_key``), v2.0.13 chain_plugin.cpp:2009 and spring
    v1.2.2 chain_plugin.cpp:1855 (``authority``).
    """
    wire = _SCHEDULES.decode(body)
    return ScheduleRead(
        at=at,
        active=_schedule(wire.active),
        pending=_schedule(wire.pending) if wire.pending else None,
        proposed=_schedule(wire.proposed) if wire.proposed else None,
    )


def decode_connections(body: bytes, at: Moment) -> ConnectionsRead:
    """Translate ``/v1/net/connections`` of any version.

    Raises:
        msgspec.DecodeError: not JSON (or, as ValidationError, not of this shape).

    Source: EOSIO v1.0.0 net_plugin.hpp:47 to spring v1.2.2 net_plugin.hpp:11-24.
    """
    return ConnectionsRead(at=at, links=tuple(_link(one) for one in _CONNECTIONS.decode(body)))


def decode_database_size(body: bytes, at: Moment) -> DatabaseSizeRead:
    """Translate ``/v1/db_size/get``.

    Raises:
        msgspec.DecodeError: not JSON (or, as ValidationError, not of this shape).
    """
    wire = _DATABASE_SIZE.decode(body)
    return DatabaseSizeRead(
        at=at,
        free_bytes=wire.free_bytes,
        used_bytes=wire.used_bytes,
        size_bytes=wire.size,
    )


def decode_finalizers(body: bytes, at: Moment) -> FinalizersRead:
    """Translate ``get_finalizer_info``; before Savanna nobody is active and the generation is 0.

    Raises:
        msgspec.DecodeError: not JSON (or, as ValidationError, not of this shape).

    Source: spring v1.2.2 chain_plugin.cpp:1735; recorded from spring v1.3.0-dev.
    """
    wire = _FINALIZERS.decode(body)
    active, pending = wire.active_finalizer_policy, wire.pending_finalizer_policy
    votes = {vote.public_key: vote for vote in wire.last_tracked_votes}
    return FinalizersRead(
        at=at,
        active=tuple(_finalizer(one, votes) for one in active.finalizers) if active else (),
        generation=active.generation if active else 0,
        pending_generation=pending.generation if pending else None,
    )


def decode_paused(body: bytes) -> bool:
    """Translate ``/v1/producer/paused``: a bare ``true`` or ``false``, nothing else.

    Raises:
        msgspec.DecodeError: not JSON (or, as ValidationError, not a boolean).
    """
    return _PAUSED.decode(body)


def decode_error(body: bytes) -> tuple[int, str]:
    """Own error code of nodeos and one line about it; ``(0, "")`` when there is none to read."""
    try:
        wire = _ERROR.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return 0, ""
    first = wire.error.details[0].message if wire.error.details else wire.error.what
    return wire.error.code, printable(f"{wire.message}: {first}")


def printable(text: str) -> str:
    """Text from outside made harmless for logs and messages: one line, of limited length."""
    return "".join(char if char.isprintable() else "?" for char in text[:TEXT_LIMIT])


def _check_id(block_id: str, number: int) -> None:
    """The first four bytes of a block id are its number, big-endian."""
    if int(block_id[:8], 16) != number:
        message = f"id {block_id[:16]}... is not of block {number}"
        raise ValueError(message)


def _schedule(wire: _Schedule) -> Schedule:
    return Schedule(version=wire.version, producers=tuple(_entry(one) for one in wire.producers))


def _entry(wire: _ScheduledProducer) -> ScheduledProducer:
    if wire.authority is not None:
        keys = tuple(one.key for one in wire.authority[1].keys)
    elif wire.block_signing_key is not None:
        keys = (wire.block_signing_key,)
    else:
        message = f"schedule entry of {wire.producer_name} has no key"
        raise ValueError(message)
    return ScheduledProducer(account=wire.producer_name, keys=keys)


def _finalizer(wire: _FinalizerAuthority, votes: dict[str, _Vote]) -> Finalizer:
    """The description is free text of the policy and may stand there twice: the key counts."""
    vote = votes.get(wire.public_key)
    return Finalizer(
        description=printable(wire.description),
        public_key=wire.public_key,
        voted_for_number=vote.voted_for_block_num if vote else None,
        strong=vote.is_vote_strong if vote else None,
    )


def _link(wire: _Connection) -> Link:
    """The handshake's structure is reset to zeros when a connection closes."""
    shaken = wire.last_handshake.generation > 0
    socket_open = not wire.connecting if wire.is_socket_open is None else wire.is_socket_open
    return Link(
        peer=printable(wire.peer),
        established=shaken and socket_open,
        agent=printable(wire.last_handshake.agent.strip('"')) if shaken else "",
        node_id=printable(wire.last_handshake.node_id) if shaken else "",
        remote=_remote(wire, shaken=shaken),
    )


def _remote(wire: _Connection, *, shaken: bool) -> str:
    """The socket's other end where nodeos tells it (Leap 5), else what the peer announced."""
    if wire.remote_ip:
        address = f"[{wire.remote_ip}]" if ":" in wire.remote_ip else wire.remote_ip
        return printable(f"{address}:{wire.remote_port}")
    return printable(wire.last_handshake.p2p_address.split(" ", 1)[0]) if shaken else ""
