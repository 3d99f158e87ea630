"""Whatever a log, an API, a peer, the kernel or systemd says: a value comes out, no exception.

Real lines and answers are changed at random, so that the fuzz gets past the first look. What
comes out is safe to print: nothing from outside may move a terminal's cursor or break a line.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.samples import HostRead, PeerRead, ProbeFailed, UnitRead
from eoskeeper.probes import nodeos_wire as wire
from eoskeeper.probes.folders import named_folders
from eoskeeper.probes.host import parse_host
from eoskeeper.probes.log_follow import LogReader
from eoskeeper.probes.nodeos_api import _Answer, _decoded, _Failure
from eoskeeper.probes.nodeos_log import logged_utc, newest_utc, parse_line
from eoskeeper.probes.peers import PeerProbe, _Status
from eoskeeper.probes.unit import parse_unit
from tests.unit.probes.nodeos_log_blocks import BLOCK_LINES, OLD, SPRING
from tests.unit.probes.test_host import LOAD, MEMORY
from tests.unit.probes.test_nodeos_log_notes import MAIN, NOTES, REASONS
from tests.unit.probes.test_unit import RUNNING

NOW = Moment(mono_s=MonoS(7.0), utc_s=UtcS(8.0))
MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# --- how things are changed ---------------------------------------------------------------------

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([-1, 2**31, 2**32, 2**63, 2**64, 10**400]),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", "\n", "\x1b[2J", "9" * 5000, "a\n", "2018-06-10T14:32:06"]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def changed_bytes(whole: bytes, data: st.DataObject) -> bytes:
    """A part replaced, doubled, or left out."""
    begin = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(begin, min(len(whole), begin + 40)))
    middle = data.draw(
        st.one_of(
            st.binary(max_size=20),
            st.just(b""),
            st.just(whole[begin:end] * 2),
            st.sampled_from([b"\n", b"\0", b"\x1b[31m", b"\xff", b"] ", b'"', b"{", b"9" * 30]),
        )
    )
    return whole[:begin] + middle + whole[end:]


def changed_json(value: object, data: st.DataObject) -> object:
    """One node somewhere in it replaced, or left out."""
    inner: list[Any] = (
        list(value)
        if isinstance(value, dict)
        else list(range(len(value)))
        if isinstance(value, list)
        else []
    )
    if not inner or data.draw(st.integers(0, 3)) == 0:
        return data.draw(JSON)
    assert isinstance(value, (dict, list))
    chosen = data.draw(st.sampled_from(inner))
    copy: Any = value.copy()
    if data.draw(st.integers(0, 9)) == 0:
        del copy[chosen]
    else:
        copy[chosen] = changed_json(copy[chosen], data)
    return copy


def texts_in(value: object) -> list[str]:
    """Every text in a sample, keys of mappings too."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in texts_in(part)]
    if isinstance(value, (list, tuple)):
        return [text for part in value for text in texts_in(part)]
    return []


def is_safe(sample: object) -> bool:
    """All of its text can be printed in one line."""
    return all(text.isprintable() for text in texts_in(msgspec.to_builtins(sample)))


# --- the log ------------------------------------------------------------------------------------

LINES = [
    *(row[1].encode() for row in BLOCK_LINES),
    *(f"{prefix}{text}".encode() for prefix, text, _ in NOTES),
    *(f"{row[0]}Not producing block because {row[1]}".encode() for row in REASONS),
    f"{MAIN}3260001 finalizer_safety_exception: Finalizer safety file exception".encode(),
]


@MANY
@given(line=st.sampled_from(LINES), data=st.data())
def test_a_changed_log_line_is_a_sample_or_nothing(line: bytes, data: st.DataObject) -> None:
    """One, two or three changes to a line that counts."""
    for _ in range(data.draw(st.integers(1, 3))):
        line = changed_bytes(line, data)
    told = parse_line(line, NOW)
    assert told is None or is_safe(told)
    logged_utc(line)
    newest_utc([line, OLD.encode(), SPRING.encode()])


@MANY
@given(
    text=st.one_of(st.text(max_size=300).map(str.encode), st.binary(max_size=300)),
    prefix=st.sampled_from(["", OLD, SPRING, MAIN]),
)
def test_any_text_behind_a_prefix_is_a_sample_or_nothing(text: bytes, prefix: str) -> None:
    """Alone, and in the stream that the follower reads."""
    line = prefix.encode() + text
    told = parse_line(line, NOW)
    assert told is None or told.at is NOW
    LogReader().read(line + b"\n", NOW)


# --- nodeos's answers ---------------------------------------------------------------------------

Decode = Callable[[_Answer], Any]

KEY = "EOS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV"
AUTHORITY = [0, {"threshold": 1, "keys": [{"key": KEY, "weight": 1}]}]
SCHEDULE = {"version": 3, "producers": [{"producer_name": "bpa", "authority": AUTHORITY}]}
BLOCK_ID = f"{16:08x}" + "ab" * 28
FINALIZER = {"description": "bpa", "weight": 1, "public_key": "PUB_BLS_a-_"}
POLICY = {"generation": 1, "threshold": 1, "finalizers": [FINALIZER]}
HANDSHAKE = {"generation": 2, "node_id": "12" * 32, "agent": "a", "p2p_address": "h:1 - 12"}
LINK = {"peer": "h:1", "connecting": False, "last_handshake": HANDSHAKE, "remote_ip": "::1"}

ANSWERS: dict[str, tuple[object, Decode]] = {
    "get_info": (
        {
            "server_version": "fa4e1e6c",
            "chain_id": "ab" * 32,
            "head_block_num": 16,
            "last_irreversible_block_num": 16,
            "last_irreversible_block_id": BLOCK_ID,
            "head_block_id": BLOCK_ID,
            "head_block_time": "2018-06-10T14:32:06.500",
            "head_block_producer": "bpa",
            "server_version_string": "v1.2.2",
            "fork_db_head_block_num": 16,
        },
        lambda got: wire.decode_head(got.body, got.at, 0.1),
    ),
    "get_block_info": (
        {
            "block_num": 16,
            "id": BLOCK_ID,
            "previous": f"{15:08x}" + "ab" * 28,
            "timestamp": "2018-06-10T14:32:06.500",
            "producer": "bpa",
            "schedule_version": 2**31,
        },
        lambda got: wire.decode_block(got.body, 16),
    ),
    "get_producer_schedule": (
        {"active": SCHEDULE, "pending": SCHEDULE, "proposed": None},
        lambda got: wire.decode_schedule(got.body, got.at),
    ),
    "connections": ([LINK], lambda got: wire.decode_connections(got.body, got.at)),
    "db_size": (
        {"free_bytes": "5000000000", "used_bytes": 4481632, "size": "5004481632"},
        lambda got: wire.decode_database_size(got.body, got.at),
    ),
    "paused": (True, lambda got: wire.decode_paused(got.body)),
    "get_finalizer_info": (
        {
            "active_finalizer_policy": POLICY,
            "pending_finalizer_policy": POLICY,
            "last_tracked_votes": [FINALIZER | {"is_vote_strong": True, "voted_for_block_num": 16}],
        },
        lambda got: wire.decode_finalizers(got.body, got.at),
    ),
}


@pytest.mark.parametrize("call", ANSWERS)
def test_the_answers_that_are_changed_are_good_ones(call: str) -> None:
    """Or else the fuzz would only ever see the first complaint."""
    answer, decode = ANSWERS[call]
    body = json.dumps(answer).encode()
    assert not isinstance(_decoded(_Answer(body, NOW, NOW), decode), _Failure)


@pytest.mark.parametrize("call", ANSWERS)
@MANY
@given(data=st.data())
def test_a_changed_answer_is_a_reading_or_a_failure(call: str, data: st.DataObject) -> None:
    """Changed as JSON, as bytes, or both; nothing in the outcome does harm to a terminal."""
    answer, decode = ANSWERS[call]
    body = json.dumps(changed_json(answer, data)).encode()
    if data.draw(st.booleans()):
        body = changed_bytes(body, data)
    assert is_safe(_decoded(_Answer(body, NOW, NOW), decode))


@pytest.mark.parametrize("call", ANSWERS)
@pytest.mark.parametrize("body", [b"", b"[" * 100_000, b'{"a":' * 100_000, b"\xff" * 9, b"1e999"])
def test_an_answer_of_nonsense_is_a_failure(call: str, body: bytes) -> None:
    """Deep nesting exhausts no stack."""
    assert isinstance(_decoded(_Answer(body, NOW, NOW), ANSWERS[call][1]), _Failure)


@MANY
@given(data=st.data())
def test_a_changed_error_is_a_code_and_a_line(data: st.DataObject) -> None:
    """The body of an error status."""
    detail = {"message": "Unknown Endpoint", "file": "f.cpp", "line_number": 186}
    error = {"code": 3100002, "name": "n", "what": "w", "details": [detail]}
    whole = changed_json({"code": 400, "message": "m", "error": error}, data)
    assert is_safe(wire.decode_error(changed_bytes(json.dumps(whole).encode(), data)))


@MANY
@given(data=st.data())
def test_a_changed_report_of_a_peer_is_a_reading_or_a_failure(data: st.DataObject) -> None:
    """A peer may be of another version, or somebody else."""
    report = {
        "host": "bp-1",
        "role": "B",
        "state": "standby",
        "may_produce": False,
        "head_number": 7,
        "summary": "s",
        "server_version": "v1.2.2",
        "irreversible_number": 5,
        "head_age_s": 0.3,
        "links": 12,
        "paused": True,
        "produces": False,
        "term": 1,
        "made_turns": [3, 24],
        "last_own_turn": "ppppppmmmmlu",
    }
    assert set(_Status.__struct_fields__) <= set(report)
    peer = PeerProbe("bp-1", "http://h:1", None, 1.0, lambda: NOW)
    assert isinstance(peer._decoded(json.dumps(report).encode(), None), PeerRead)
    body = json.dumps(changed_json(report, data)).encode()
    if data.draw(st.booleans()):
        body = changed_bytes(body, data)
    assert is_safe(peer._decoded(body, None))


# --- the host -----------------------------------------------------------------------------------


@MANY
@given(data=st.data())
def test_changed_tables_of_the_kernel_are_a_reading_or_a_failure(data: st.DataObject) -> None:
    """Memory and load."""
    memory = changed_bytes(MEMORY.encode(), data).decode("ascii", "replace")
    load = changed_bytes(LOAD.encode(), data).decode("ascii", "replace")
    assert isinstance(parse_host(memory, load, 1, NOW), HostRead | ProbeFailed)


@MANY
@given(data=st.data())
def test_a_changed_unit_is_a_reading_or_a_failure(data: st.DataObject) -> None:
    """What systemctl printed."""
    told = parse_unit(changed_bytes(RUNNING.encode(), data).decode("utf-8", "replace"), "u", NOW)
    assert isinstance(told, UnitRead | ProbeFailed)
    assert is_safe(told)


@MANY
@given(
    command=st.lists(
        st.one_of(
            st.text(max_size=10),
            st.sampled_from(["-d", "-dx", "--data-dir", "--blocks-dir=", "--state-dir=/s", "--="]),
        ),
        max_size=6,
    )
)
def test_any_command_line_names_some_folders(command: list[str]) -> None:
    """A process may write what it likes into its own."""
    data, config = named_folders(command, Path("/w"))
    assert all(one.is_absolute() for one in (*data, *config))
