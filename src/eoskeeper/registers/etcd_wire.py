"""Etcd's HTTP/JSON gateway as bytes: requests, answers, and what an error means. No I/O.

Keys and values are base64, 64-bit numbers are strings, and what is zero is left out.
Source: etcd v3.4.23 Documentation/dev-guide/api_grpc_gateway.md and etcdserver/api/v3rpc/rpctypes.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from eoskeeper.domain.register import (
    ABSENT,
    DamagedRecordError,
    LeaseRecord,
    RegisterReason,
    Seen,
    Store,
    Version,
    decode_record,
    encode_record,
)
from eoskeeper.registers.etcd_versions import EtcdVersion

__all__ = [
    "REMEDIES",
    "Said",
    "Trouble",
    "authenticate_body",
    "cas_body",
    "gateway_path",
    "problem_of",
    "range_body",
    "seen_of_cas",
    "seen_of_range",
    "token_of",
    "version_of",
]

WORDS = 200
"""Characters of an error that are kept for people."""

_OK = 200
_NOT_FOUND = 404
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")


class Said(NamedTuple):
    """An HTTP answer."""

    status: int
    body: bytes


class Trouble(NamedTuple):
    """Why an answer is of no use."""

    reason: RegisterReason
    detail: str


REMEDIES: Mapping[RegisterReason, str] = {
    RegisterReason.TIMEOUT: "look whether the member runs, and at its disk: etcd waits for it",
    RegisterReason.UNREACHABLE: "start the member, or correct etcd.endpoints",
    RegisterReason.NO_LEADER: "bring back members until more than half of them see each other",
    RegisterReason.LEARNER: "etcdctl member promote ID, or take it out of etcd.endpoints",
    RegisterReason.NO_SPACE: "compact and defragment, then: etcdctl alarm disarm; "
    "run etcd with --auto-compaction-retention=1h",
    RegisterReason.CORRUPT: "members differ: replace the one that etcdctl alarm list names",
    RegisterReason.AUTHENTICATION: "correct etcd.user and etcd.password_file",
    RegisterReason.PERMISSION: "give the user's role readwrite on the key",
    RegisterReason.TLS: "correct etcd.ca, etcd.certificate and etcd.server_name",
    RegisterReason.NO_GATEWAY: "run etcd with --enable-grpc-gateway=true; the address must be "
    "its client address",
    RegisterReason.OVERLOADED: "give etcd a faster disk, or less to do",
    RegisterReason.REFUSED: "look into the member's log",
    RegisterReason.MALFORMED: "look what answers at the address, and what lies under the key",
}
"""What an operator may do, for each reason."""

_WORDS_OF_ETCD: tuple[tuple[str, RegisterReason], ...] = (
    ("previous leader failure", RegisterReason.NO_LEADER),
    ("no leader", RegisterReason.NO_LEADER),
    ("leader changed", RegisterReason.NO_LEADER),
    ("proposal dropped", RegisterReason.NO_LEADER),
    ("not supported for learner", RegisterReason.LEARNER),
    ("database space exceeded", RegisterReason.NO_SPACE),
    ("corrupt cluster", RegisterReason.CORRUPT),
    ("request timed out", RegisterReason.TIMEOUT),
    ("too many requests", RegisterReason.OVERLOADED),
    ("invalid auth token", RegisterReason.AUTHENTICATION),
    ("user name is empty", RegisterReason.AUTHENTICATION),
    ("authentication failed", RegisterReason.AUTHENTICATION),
    ("revision of auth store is old", RegisterReason.AUTHENTICATION),
    ("permission denied", RegisterReason.PERMISSION),
    ("HTTP request to an HTTPS server", RegisterReason.TLS),
)
"""Looked for in this order. Source: etcd v3.4.23 etcdserver/api/v3rpc/rpctypes/error.go."""

_NO_USERS = "authentication is not enabled"


class _Header(msgspec.Struct, frozen=True):
    cluster_id: str
    revision: int
    raft_term: int


class _KeyValue(msgspec.Struct, frozen=True):
    mod_revision: int
    value: bytes = b""


class _Range(msgspec.Struct, frozen=True):
    kvs: tuple[_KeyValue, ...] = ()


class _RangeAnswer(msgspec.Struct, frozen=True):
    header: _Header
    kvs: tuple[_KeyValue, ...] = ()


class _TxnPart(msgspec.Struct, frozen=True):
    response_range: _Range | None = None


class _TxnAnswer(msgspec.Struct, frozen=True):
    header: _Header
    succeeded: bool = False
    responses: tuple[_TxnPart, ...] = ()


class _Token(msgspec.Struct, frozen=True):
    token: str


class _Error(msgspec.Struct, frozen=True):
    error: str = ""
    message: str = ""


class _VersionAnswer(msgspec.Struct, frozen=True):
    etcdserver: str


# Not strict: numbers come as strings.
_RANGES = msgspec.json.Decoder(_RangeAnswer, strict=False)
_TXNS = msgspec.json.Decoder(_TxnAnswer, strict=False)
_TOKENS = msgspec.json.Decoder(_Token)
_ERRORS = msgspec.json.Decoder(_Error)
_VERSIONS = msgspec.json.Decoder(_VersionAnswer)


def gateway_path(version: EtcdVersion) -> str:
    """Where a version has its gateway."""
    if version >= (3, 4):
        return "/v3"
    return "/v3beta" if version >= (3, 3) else "/v3alpha"


def range_body(key: str) -> bytes:
    """Ask for one key, linearizably: that is so where ``serializable`` is false."""
    return msgspec.json.encode({"key": _base64(key.encode()), "serializable": False})


def cas_body(key: str, expected: Version, record: LeaseRecord) -> bytes:
    """Write if what lies there is still the expected, else read; both in one step of the log."""
    name = _base64(key.encode())
    equal = {"key": name, "result": "EQUAL"}
    compare = [equal | {"target": "MOD", "mod_revision": str(expected.revision)}]
    if expected != ABSENT:
        # What is absent has no value to compare, and etcd takes that for unequal.
        compare.append(equal | {"target": "VALUE", "value": _base64(expected.value)})
    put = {"request_put": {"key": name, "value": _base64(encode_record(record))}}
    get = {"request_range": {"key": name}}
    return msgspec.json.encode({"compare": compare, "success": [put], "failure": [get]})


def authenticate_body(user: str, password: str) -> bytes:
    """Ask for a token."""
    return msgspec.json.encode({"name": user, "password": password})


def seen_of_range(said: Said) -> Seen | Trouble:
    """What a read shows."""
    if said.status != _OK:
        return problem_of(said)
    try:
        answer = _RANGES.decode(said.body)
        return _seen(answer.header, answer.kvs, applied=True)
    except (msgspec.MsgspecError, DamagedRecordError, ValueError) as error:
        return _malformed(error)


def seen_of_cas(said: Said, record: LeaseRecord) -> Seen | Trouble:
    """What a swap led to: our record, or what stands there instead."""
    if said.status != _OK:
        return problem_of(said)
    try:
        answer = _TXNS.decode(said.body)
        if answer.succeeded:
            version = Version(answer.header.revision, encode_record(record))
            return Seen(applied=True, record=record, version=version, store=_store(answer.header))
        # Without the part that tells what stands there, nothing is known.
        (part,) = answer.responses
        if part.response_range is None:
            return Trouble(RegisterReason.MALFORMED, "a refusal without the record")
        return _seen(answer.header, part.response_range.kvs, applied=False)
    except (msgspec.MsgspecError, DamagedRecordError, ValueError) as error:
        return _malformed(error)


def token_of(said: Said) -> str | Trouble:
    """The token; empty where the store has no users, and asks nobody for one."""
    if said.status != _OK:
        problem = problem_of(said)
        return "" if _NO_USERS in problem.detail else problem
    try:
        return _TOKENS.decode(said.body).token
    except msgspec.MsgspecError as error:
        return _malformed(error)


def version_of(said: Said) -> str | Trouble:
    """The server's version as it tells it."""
    try:
        return _VERSIONS.decode(said.body).etcdserver if said.status == _OK else problem_of(said)
    except msgspec.MsgspecError as error:
        return _malformed(error)


def problem_of(said: Said) -> Trouble:
    """What an answer other than 200 means."""
    words = _BLANKS.sub(" ", _error_text(said.body)).strip()
    detail = f"{said.status} {words}"[:WORDS].strip()
    for mark, reason in _WORDS_OF_ETCD:
        if mark in words:
            return Trouble(reason, detail)
    if said.status == _NOT_FOUND:
        return Trouble(RegisterReason.NO_GATEWAY, detail)
    return Trouble(RegisterReason.REFUSED, detail)


def _error_text(body: bytes) -> str:
    # The gateway may append a trailer to an error, so that the body is no whole JSON.
    head, brace, _ = body.partition(b"}")
    try:
        error = _ERRORS.decode(head + brace)
    except msgspec.MsgspecError:
        return body[:WORDS].decode(errors="replace")
    return error.error or error.message


def _seen(header: _Header, found: tuple[_KeyValue, ...], *, applied: bool) -> Seen:
    if not found:
        return Seen(applied=applied, record=None, version=ABSENT, store=_store(header))
    (one,) = found
    record = decode_record(one.value)
    version = Version(one.mod_revision, one.value)
    return Seen(applied=applied, record=record, version=version, store=_store(header))


def _store(header: _Header) -> Store:
    return Store(header.cluster_id, header.revision, header.raft_term)


def _malformed(error: Exception) -> Trouble:
    # Never the error's own words: they may quote the answer.
    words = str(error) if isinstance(error, DamagedRecordError) else type(error).__name__
    return Trouble(RegisterReason.MALFORMED, f"an answer that is not understood: {words}")


def _base64(text: bytes) -> str:
    return b64encode(text).decode()
