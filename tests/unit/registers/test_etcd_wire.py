"""Etcd's gateway as bytes: recorded from a 3.4.23, and what else may come."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.register import (
    ABSENT,
    LeaseRecord,
    RegisterReason,
    Seen,
    Store,
    Version,
    encode_record,
)
from eoskeeper.registers.etcd_versions import EtcdVersion
from eoskeeper.registers.etcd_wire import (
    REMEDIES,
    Said,
    Trouble,
    authenticate_body,
    cas_body,
    gateway_path,
    problem_of,
    range_body,
    seen_of_cas,
    seen_of_range,
    token_of,
    version_of,
)

RECORD = LeaseRecord("north", 1, 7, run="a1")
HEADER = (
    '"header":{"cluster_id":"14841639068965178418","member_id":"1","revision":"9","raft_term":"4"}'
)
STORE = Store("14841639068965178418", 9, 4)
VALUE = msgspec.json.encode(encode_record(RECORD)).decode()
KV = f'"kvs":[{{"key":"L2s=","mod_revision":"8","version":"3","value":{VALUE}}}]'


def _ok(text: str) -> Said:
    return Said(200, text.encode())


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ((3, 2, 32), "/v3alpha"),
        ((3, 3, 27), "/v3beta"),
        ((3, 4, 0), "/v3"),
        ((3, 7, 1), "/v3"),
        ((4, 0, 0), "/v3"),
    ],
)
def test_the_gateway_moved_with_the_versions(version: tuple[int, int, int], path: str) -> None:
    """Source: etcd.io, "Why gRPC gateway"."""
    assert gateway_path(EtcdVersion(*version)) == path


def test_requests_are_what_etcd_reads() -> None:
    """Base64 for bytes, strings for long numbers, two comparisons and one write."""
    assert range_body("/k") == b'{"key":"L2s=","serializable":false}'
    asked = msgspec.json.decode(cas_body("/k", Version(8, b"was"), RECORD))
    assert asked == {
        "compare": [
            {"key": "L2s=", "target": "MOD", "result": "EQUAL", "mod_revision": "8"},
            {"key": "L2s=", "target": "VALUE", "result": "EQUAL", "value": "d2Fz"},
        ],
        "success": [{"request_put": {"key": "L2s=", "value": VALUE.strip('"')}}],
        "failure": [{"request_range": {"key": "L2s="}}],
    }
    first = msgspec.json.decode(cas_body("/k", ABSENT, RECORD))
    assert first["compare"] == [asked["compare"][0] | {"mod_revision": "0"}]
    assert authenticate_body("a", "b") == b'{"name":"a","password":"b"}'


def test_a_read_shows_the_record_its_version_and_the_store() -> None:
    """Of the key, and of the whole store."""
    seen = Seen(applied=True, record=RECORD, version=Version(8, encode_record(RECORD)), store=STORE)
    assert seen_of_range(_ok(f'{{{HEADER},{KV},"count":"1"}}')) == seen


def test_a_key_that_is_not_there_is_absent() -> None:
    """Zero values are left out: no list at all."""
    seen = Seen(applied=True, record=None, version=ABSENT, store=STORE)
    assert seen_of_range(_ok(f"{{{HEADER}}}")) == seen


def test_an_applied_swap_has_the_revision_of_its_transaction() -> None:
    """Which is the version of the key from then on."""
    text = f'{{{HEADER},"succeeded":true,"responses":[{{"response_put":{{"header":{{}}}}}}]}}'
    seen = Seen(applied=True, record=RECORD, version=Version(9, encode_record(RECORD)), store=STORE)
    assert seen_of_cas(_ok(text), RECORD) == seen


@pytest.mark.parametrize(("kvs", "version"), [(KV, 8), ('"count":"0"', 0)])
def test_a_refused_swap_shows_what_stands_there(kvs: str, version: int) -> None:
    """Also where nothing does."""
    text = f'{{{HEADER},"responses":[{{"response_range":{{"header":{{}},{kvs}}}}}]}}'
    seen = seen_of_cas(_ok(text), LeaseRecord("south", 2, 0))
    assert isinstance(seen, Seen)
    assert (seen.applied, seen.version.revision) == (False, version)
    assert seen.record == (RECORD if version else None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "<html>",
        '{"header":{"cluster_id":"1","raft_term":"2"}}',
        f'{{{HEADER},"kvs":[{{"key":"L2s=","value":{VALUE}}}]}}',
        f'{{{HEADER},"kvs":[{{"mod_revision":"8","value":"!!"}}]}}',
        f'{{{HEADER},"kvs":[{{"mod_revision":"8"}}]}}',
        f'{{{HEADER},"kvs":[{{"mod_revision":"8","value":"e30="}}]}}',
        f"{{{HEADER},{KV[:-1]},{KV[7:]}}}",
    ],
)
def test_an_answer_that_is_not_understood_is_neither_absent_nor_refused(text: str) -> None:
    """For reads and for swaps; a swap so answered stays unknown."""
    for seen in (seen_of_range(_ok(text)), seen_of_cas(_ok(text), RECORD)):
        assert isinstance(seen, Trouble), seen
        assert seen.reason is RegisterReason.MALFORMED


def test_a_refusal_without_the_record_is_not_understood() -> None:
    """Its other part would have been asked for."""
    text = f'{{{HEADER},"responses":[{{"response_put":{{}}}}]}}'
    seen = seen_of_cas(_ok(text), RECORD)
    assert isinstance(seen, Trouble)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("etcdserver: no leader", RegisterReason.NO_LEADER),
        ("etcdserver: leader changed", RegisterReason.NO_LEADER),
        (
            "etcdserver: request timed out, possibly due to previous leader failure",
            RegisterReason.NO_LEADER,
        ),
        ("etcdserver: request timed out", RegisterReason.TIMEOUT),
        ("etcdserver: rpc not supported for learner", RegisterReason.LEARNER),
        ("etcdserver: mvcc: database space exceeded", RegisterReason.NO_SPACE),
        ("etcdserver: corrupt cluster", RegisterReason.CORRUPT),
        ("etcdserver: too many requests", RegisterReason.OVERLOADED),
        ("etcdserver: invalid auth token", RegisterReason.AUTHENTICATION),
        ("etcdserver: user name is empty", RegisterReason.AUTHENTICATION),
        (
            "etcdserver: authentication failed, invalid user ID or password",
            RegisterReason.AUTHENTICATION,
        ),
        ("etcdserver: permission denied", RegisterReason.PERMISSION),
        ("etcdserver: something new", RegisterReason.REFUSED),
    ],
)
def test_each_error_of_etcd_has_its_reason(words: str, reason: RegisterReason) -> None:
    """In the forms of 3.4 (with a trailer behind the JSON) and of 3.6 (with details)."""
    old = f'{{"error":"{words}","message":"{words}","code":14}}Grpc-Trailer-Content-Type: x'
    new = f'{{"code":14,"message":"{words}","details":[{{"a":1}}]}}'
    for body in (old, new):
        problem = problem_of(Said(503, body.encode()))
        assert problem.reason is reason
        assert words in problem.detail
        assert REMEDIES[problem.reason]


def test_no_gateway_is_told_from_an_error() -> None:
    """Switched off, or another server."""
    assert problem_of(Said(404, b"404 page not found\n")).reason is RegisterReason.NO_GATEWAY


def test_words_for_people_are_short_and_on_one_line() -> None:
    """Whatever comes."""
    detail = problem_of(Said(500, b"a\n\x00b" * 1000)).detail
    assert len(detail) <= 200
    assert "\n" not in detail


def test_a_token_is_taken_and_may_not_be_needed() -> None:
    """A store without users asks for none."""
    assert token_of(_ok('{"header":{},"token":"t.1"}')) == "t.1"
    none = Said(412, b'{"error":"etcdserver: authentication is not enabled","code":9}')
    assert token_of(none) == ""
    wrong = Said(400, b'{"error":"etcdserver: authentication failed, invalid","code":3}')
    refused = token_of(wrong)
    assert isinstance(refused, Trouble)
    assert refused.reason is RegisterReason.AUTHENTICATION
    assert isinstance(token_of(_ok("{}")), Trouble)


def test_a_version_is_told_or_not() -> None:
    """By etcd, or by something else at its address."""
    assert version_of(_ok('{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}')) == "3.4.23"
    assert isinstance(version_of(_ok("<html>")), Trouble)
    assert isinstance(version_of(Said(404, b"")), Trouble)


def test_every_reason_has_a_remedy() -> None:
    """For ``check`` and for the alarm."""
    assert set(REMEDIES) == set(RegisterReason)
