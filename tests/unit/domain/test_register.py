"""The register's values: records, what outcomes mean, and a store that went back."""

from __future__ import annotations

import pytest

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.register import (
    ABSENT,
    CasApplied,
    CasRefused,
    DamagedRecordError,
    LeaseRecord,
    RegisterRead,
    Seen,
    Store,
    Version,
    cas_answer,
    decode_record,
    encode_record,
    is_settled_by,
    read_answer,
    resolved,
    store_went_back,
)

RECORD = LeaseRecord("north", 3, 41, released=False, run="a1b2")
STORE = Store("77", 500, 9)


def _moment(mono_s: float) -> Moment:
    return Moment(MonoS(mono_s), UtcS(mono_s))


def _seen(record: LeaseRecord | None, version: int, *, applied: bool = False) -> Seen:
    return Seen(applied=applied, record=record, version=Version(version), store=STORE)


def test_a_record_is_the_same_json_for_ever() -> None:
    """Hosts of different versions read each other's records during an upgrade."""
    text = (
        b'{"host":"north","term":3,"beat":41,"released":false,"run":"a1b2","heir":"",'
        b'"stopped_from":null,"roster":[]}'
    )
    assert encode_record(RECORD) == text
    assert decode_record(text) == RECORD


def test_a_record_of_a_later_version_is_read() -> None:
    """What we do not know is passed over."""
    assert decode_record(b'{"host":"north","term":1,"beat":0,"since":[1]}') == LeaseRecord(
        "north", 1, 0
    )


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"\xff\xfe",
        b'{"host":"","term":1,"beat":0}',
        b'{"host":"north","term":0,"beat":0}',
        b'{"host":"north","term":1,"beat":-1}',
        b'{"host":"north","term":"1","beat":0}',
        b'{"term":1,"beat":0}',
    ],
)
def test_what_nobody_could_have_meant_is_damage(text: bytes) -> None:
    """Neither a holder nor an absent record; and the words do not quote it."""
    with pytest.raises(DamagedRecordError) as caught:
        decode_record(text)
    assert "north" not in str(caught.value)


@pytest.mark.parametrize(
    ("found", "expected_type"),
    [
        (RECORD, CasApplied),
        (None, CasRefused),
        (LeaseRecord("north", 3, 41, released=False, run="other"), CasRefused),
        (LeaseRecord("north", 3, 40, released=False, run="a1b2"), CasRefused),
        (LeaseRecord("north", 3, 41, released=True, run="a1b2"), CasRefused),
        (LeaseRecord("south", 3, 41, released=False, run="a1b2"), CasRefused),
    ],
)
def test_a_refusal_by_the_very_same_record_means_applied(
    found: LeaseRecord | None, expected_type: type
) -> None:
    """And by any other it does not, two processes of one host name included."""
    refused = cas_answer(_moment(1), _moment(2), _seen(found, 480))
    assert isinstance(refused, CasRefused)
    outcome = resolved(RECORD, refused)
    assert isinstance(outcome, expected_type)
    assert (outcome.sent, outcome.at) == (_moment(1), _moment(2))
    if isinstance(outcome, CasApplied):
        assert outcome.version == Version(480)


def test_an_answer_carries_the_clients_times() -> None:
    """The store's answer has none of its own."""
    read = read_answer(_moment(1), _moment(2), _seen(RECORD, 480, applied=True))
    assert read == RegisterRead(_moment(1), _moment(2), RECORD, Version(480), STORE)
    applied = cas_answer(_moment(1), _moment(2), _seen(RECORD, 480, applied=True))
    assert applied == CasApplied(_moment(1), _moment(2), Version(480), STORE)


@pytest.mark.parametrize(
    ("expected", "read", "settled"), [(5, 5, False), (5, 6, True), (5, 4, False), (0, 0, False)]
)
def test_an_unknown_swap_is_settled_by_a_later_version(
    expected: int, read: int, *, settled: bool
) -> None:
    """As long as its expectation may be met, it may take effect."""
    seen = read_answer(_moment(1), _moment(2), _seen(RECORD if read else None, read))
    assert is_settled_by(Version(expected), seen) is settled


@pytest.mark.parametrize(
    ("after", "went_back"),
    [
        (STORE, False),
        (Store("77", 501, 9), False),
        (Store("77", 501, 10), False),
        (Store("77", 499, 9), True),
        (Store("77", 900, 2), True),
        (Store("78", 900, 10), True),
    ],
)
def test_a_store_went_back_if_anything_of_it_did(after: Store, *, went_back: bool) -> None:
    """A name that changed, a revision or a term that fell: not what we knew."""
    assert store_went_back(STORE, after) is went_back


def test_absent_is_before_every_version() -> None:
    """A store's first change has revision 2, so 0 can only mean absent."""
    assert ABSENT.revision < 1
