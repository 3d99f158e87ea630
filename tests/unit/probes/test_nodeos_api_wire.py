"""The forms in which nodeos versions print the same thing."""

from __future__ import annotations

import json

import msgspec
import pytest

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.probes import nodeos_wire as wire

NOW = Moment(mono_s=MonoS(1.0), utc_s=UtcS(1.0))
KEY = "EOS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV"


def as_body(value: object) -> bytes:
    """JSON as it comes over the wire."""
    return json.dumps(value).encode()


def info(**changes: object) -> bytes:
    """A get_info answer of EOSIO 1.0."""
    base = {
        "server_version": "fa4e1e6c",
        "chain_id": "ab" * 32,
        "head_block_num": 16,
        "last_irreversible_block_num": 15,
        "last_irreversible_block_id": f"{15:08x}" + "0" * 56,
        "head_block_id": f"{16:08x}" + "0" * 56,
        "head_block_time": "2018-06-10T14:32:06",
        "head_block_producer": "alice",
    }
    return as_body(base | changes)


def test_the_oldest_get_info_is_read() -> None:
    """EOSIO 1.0 has neither a version string, nor a fork head, nor half seconds."""
    head = wire.decode_head(info(), NOW, 0.1)
    assert (head.server_version, head.fork_head_number) == ("fa4e1e6c", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"head_block_id": f"{17:08x}" + "0" * 56},
        {"last_irreversible_block_id": f"{17:08x}" + "0" * 56},
        {"head_block_time": "2018-06-10T14:32:06.250"},
        {"head_block_time": "yesterday"},
        {"head_block_num": -1},
        {"head_block_num": 2**32},
        {"head_block_num": True},
        {"chain_id": "short"},
        {"head_block_producer": "a\nb"},
        {"head_block_producer": "alice\n"},
    ],
)
def test_a_head_that_contradicts_itself_is_not_read(changes: dict[str, object]) -> None:
    """The id must begin with the number, the time lie on the grid, each value be in range."""
    with pytest.raises((msgspec.ValidationError, ValueError)):
        wire.decode_head(info(**changes), NOW, 0.1)


@pytest.mark.parametrize(
    "entry",
    [
        {"producer_name": "alice", "block_signing_key": KEY},
        {
            "producer_name": "alice",
            "authority": [0, {"threshold": 1, "keys": [{"key": KEY, "weight": 1}]}],
        },
    ],
)
def test_both_forms_of_a_schedule_entry_are_read(entry: dict[str, object]) -> None:
    """One key up to EOSIO 1.8, an authority since 2.0."""
    body = as_body({"active": {"version": 3, "producers": [entry]}, "pending": None})
    read = wire.decode_schedule(body, NOW)
    assert read.active.producers[0].keys == (KEY,)
    assert read.proposed is None


@pytest.mark.parametrize("key", ["PUB_K1_6MRyAjQq8ud7", "PUB_R1_6MRyAjQq8ud7", "PUB_WA_8PPYTWYN"])
def test_newer_key_forms_are_read_as_printed(key: str) -> None:
    """Keys are not converted here."""
    entry = {"producer_name": "alice", "block_signing_key": key}
    body = as_body({"active": {"version": 3, "producers": [entry]}})
    assert wire.decode_schedule(body, NOW).active.producers[0].keys == (key,)


def test_a_schedule_entry_without_key_is_not_read() -> None:
    """Neither form: an unexpected shape."""
    body = as_body({"active": {"version": 3, "producers": [{"producer_name": "alice"}]}})
    with pytest.raises(ValueError, match="no key"):
        wire.decode_schedule(body, NOW)


HANDSHAKE = {
    "generation": 2,
    "node_id": "12" * 32,
    "agent": '"EOS Test Agent"',
    "p2p_address": "10.0.0.2:9876 - 1212121",
    "head_num": 5,
}


@pytest.mark.parametrize(
    ("connection", "established"),
    [
        ({"connecting": False}, True),
        ({"connecting": True}, False),
        ({"connecting": False, "is_socket_open": True}, True),
        ({"connecting": False, "is_socket_open": False}, False),
        ({"connecting": False, "last_handshake": HANDSHAKE | {"generation": 0}}, False),
    ],
)
def test_a_link_stands_when_its_socket_is_open_and_hands_are_shaken(
    connection: dict[str, object], established: object
) -> None:
    """Older versions tell only ``connecting``; a closed link has generation 0."""
    body = as_body([{"peer": "", "last_handshake": HANDSHAKE} | connection])
    assert wire.decode_connections(body, NOW).links[0].established is established


def test_a_link_says_who_is_there() -> None:
    """Quotes of the old default agent go; without a remote address the announced one is told."""
    link = wire.decode_connections(
        as_body([{"peer": "h:1", "connecting": False, "last_handshake": HANDSHAKE}]), NOW
    ).links[0]
    assert (link.agent, link.remote, link.peer) == ("EOS Test Agent", "10.0.0.2:9876", "h:1")


def test_text_of_strangers_is_made_harmless() -> None:
    """A peer chooses its agent name; control characters and length must not reach a log."""
    handshake = HANDSHAKE | {"agent": "evil\n\x1b[31m" + "x" * 500}
    body = as_body([{"peer": "", "connecting": False, "last_handshake": handshake}])
    agent = wire.decode_connections(body, NOW).links[0].agent
    assert agent.startswith("evil??[31mx")
    assert len(agent) == 100


def finalizers(active: object, votes: object, pending: object = None) -> bytes:
    """A get_finalizer_info answer."""
    policies = {"active_finalizer_policy": active, "pending_finalizer_policy": pending}
    return as_body(policies | {"last_tracked_votes": votes})


def authority(name: str, key: str) -> dict[str, object]:
    """One finalizer of a policy."""
    return {"description": name, "weight": 1, "public_key": key}


def test_a_vote_belongs_to_the_key_and_not_to_the_name() -> None:
    """A key that was replaced may still have votes under the same description."""
    policy = {"generation": 2, "finalizers": [authority("bpa", "PUB_BLS_new")]}
    old = {"description": "bpa", "public_key": "PUB_BLS_old"}
    vote = old | {"is_vote_strong": True, "voted_for_block_num": 9}
    (read,) = wire.decode_finalizers(finalizers(policy, [vote]), NOW).active
    assert (read.description, read.voted_for_number, read.strong) == ("bpa", None, None)


def test_a_description_may_be_any_text() -> None:
    """By convention it is an account, but nothing enforces it."""
    policy = {"generation": 1, "finalizers": [authority("\u5f85\n" + "x" * 300, "PUB_BLS_a")]}
    (read,) = wire.decode_finalizers(finalizers(policy, []), NOW).active
    assert read.description == "\u5f85?" + "x" * 98


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        finalizers({"generation": 1}, []),
        finalizers({"generation": -1, "finalizers": []}, []),
        finalizers({"generation": 1, "finalizers": [authority("a", "EOS6MRy")]}, []),
        finalizers(None, None),
        finalizers(None, [{"public_key": "PUB_BLS_a", "is_vote_strong": True}]),
    ],
)
def test_finalizers_of_another_shape_are_not_read(body: bytes) -> None:
    """Missing parts, ranges, forms of keys."""
    with pytest.raises(msgspec.ValidationError):
        wire.decode_finalizers(body, NOW)


@pytest.mark.parametrize("body", [b"1", b'"true"', b"null", b"{}", b""])
def test_paused_is_true_or_false_and_nothing_else(body: bytes) -> None:
    """What is not exactly a boolean is not read as one."""
    with pytest.raises(msgspec.DecodeError):
        wire.decode_paused(body)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"error":5}', b"\xff"])
def test_an_error_without_a_readable_body_is_still_an_error(body: bytes) -> None:
    """Decoding an error never fails."""
    assert wire.decode_error(body) == (0, "")
