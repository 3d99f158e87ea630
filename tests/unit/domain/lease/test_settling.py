"""S4: from when on a new holder may fill slots."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.chain_time import slot_at, slot_utc
from eoskeeper.domain.lease.holding import is_settled, settles_in_s
from eoskeeper.domain.lease.register import (
    Lease,
    Wish,
    WriteRecord,
    begin_lease,
    fold_lease,
    next_request,
)
from eoskeeper.domain.register import CasApplied, LeaseRecord, Version
from tests.unit.domain.lease.looks import STORE, TIMING, UTC_S, at, looked, shown

HELD = LeaseRecord("old", 4, 10, run="o1")


def given_back(second: float) -> LeaseRecord:
    """As the old holder writes it."""
    holder = begin_lease("old", "o1", None, at(0.0))
    asked, _ = next_request(holder, Wish.WATCH, at(0.0), TIMING)
    read = fold_lease(asked, shown(0.1, HELD, 7), TIMING)
    _, request = next_request(read, Wish.RELEASE, at(second), TIMING, heir="new")
    assert isinstance(request, WriteRecord)
    assert request.record.released
    return request.record


def winner(looks: list[tuple[float, LeaseRecord, int]], claims_at: float) -> Lease:
    """Somebody who looked so, and whose claim is done at once."""
    lease = begin_lease("new", "n1", None, at(0.0))
    for second, record, version in looks:
        lease = looked(lease, second, record, version)
    lease, claim = next_request(lease, Wish.CLAIM, at(claims_at), TIMING)
    assert isinstance(claim, WriteRecord)
    assert claim.record.host == "new"
    done = CasApplied(at(claims_at), at(claims_at), Version(claim.expected.revision + 1), STORE)
    return fold_lease(lease, done, TIMING)


def settled_after_s(lease: Lease, since_s: float, clock_off_s: float = 0.0) -> float:
    """Tenths of a second; a look at the clock only, without another heartbeat."""
    tenths = (n for n in range(100) if is_settled(lease, at(since_s + n / 10, clock_off_s), TIMING))
    return next(tenths) / 10


def test_who_gives_back_tells_the_first_slot_that_it_has_left() -> None:
    """One that it signs ahead of its time, and two for a clock that was set back, lie before it."""
    record = given_back(8.0)
    assert record.stopped_from == slot_at(UTC_S + 8.0) + 2 + 2
    assert record.heir == "new"


def test_who_saw_it_given_back_follows_after_that_slot_and_not_after_the_whole_wait() -> None:
    """The claim comes 0.2 s after the old holder's answer; W would be 2 s from there."""
    lease = winner([(6.0, HELD, 7), (8.2, given_back(8.0), 8)], claims_at=8.2)
    assert settled_after_s(lease, 8.2) == pytest.approx(1.3)


@pytest.mark.parametrize("clock_off_s", [-0.8, -0.4, 0.4])
def test_its_first_slot_is_later_than_the_old_holder_s_last_by_any_clock(
    clock_off_s: float,
) -> None:
    """Whose clock is behind waits for longer; at most W, which clocks apart so far do not pass."""
    record = given_back(8.0)
    lease = winner([(6.0, HELD, 7), (8.2, record, 8)], claims_at=8.2)
    begins = 8.2 + settled_after_s(lease, 8.2, clock_off_s)
    first = slot_at(UTC_S + begins + clock_off_s) + 1
    assert record.stopped_from is not None
    assert first >= record.stopped_from
    assert slot_utc(first) > UTC_S + 8.0 + 1


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param([(8.2, given_back(8.0), 8)], id="the first look"),
        pytest.param([(1.0, HELD, 7), (8.2, given_back(8.0), 8)], id="a gap in the looking"),
        pytest.param(
            [(6.0, msgspec.structs.replace(HELD, term=5), 7), (8.2, given_back(8.0), 8)],
            id="another term before",
        ),
        pytest.param(
            [(6.0, msgspec.structs.replace(HELD, host="third"), 7), (8.2, given_back(8.0), 8)],
            id="another holder before",
        ),
        pytest.param(
            [(6.0, HELD, 7), (8.2, msgspec.structs.replace(given_back(8.0), stopped_from=None), 8)],
            id="a holder that does not say",
        ),
    ],
)
def test_anybody_else_waits(looks: list[tuple[float, LeaseRecord, int]]) -> None:
    """Never resumed by the slot: a store put back may show who gave back long ago."""
    lease = winner(looks, claims_at=8.2)
    assert not any(is_settled(lease, at(8.2 + n / 10), TIMING) for n in range(55))
    assert settles_in_s(lease, at(8.2), TIMING) == pytest.approx(TIMING.settle_s)


def test_the_keeper_wakes_for_the_slot_then_for_its_confirmation() -> None:
    """Neither is left to the next look at nodeos."""
    lease = winner([(6.0, HELD, 7), (8.2, given_back(8.0), 8)], claims_at=8.2)
    assert settles_in_s(lease, at(8.2), TIMING) == pytest.approx(1.3)
    assert settles_in_s(lease, at(9.6), TIMING) == pytest.approx(0.6)
    assert settles_in_s(lease, at(10.3), TIMING) is None
