"""Looks: a keeper that asks the register, and what it is shown."""

from __future__ import annotations

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.lease.register import Lease, ReadRecord, Wish, fold_lease, next_request
from eoskeeper.domain.lease.timing import LeaseTiming
from eoskeeper.domain.register import LeaseRecord, RegisterRead, Store, Version

TIMING = LeaseTiming()
STORE = Store(cluster_id="one", revision=1, raft_term=1)
UTC_S = 1_800_000_000.0


def at(second: float, clock_off_s: float = 0.0) -> Moment:
    """Since the keepers began, on a host whose clock is off by so much."""
    return Moment(MonoS(second), UtcS(UTC_S + second + clock_off_s))


def shown(second: float, record: LeaseRecord | None, version: int) -> RegisterRead:
    """The register's answer."""
    return RegisterRead(at(second), at(second), record, Version(version), STORE)


def looked(lease: Lease, second: float, record: LeaseRecord | None, version: int) -> Lease:
    """It asked then, and was shown this."""
    asked, request = next_request(lease, Wish.WATCH, at(second), TIMING)
    assert isinstance(request, ReadRecord)
    return fold_lease(asked, shown(second, record, version), TIMING)
