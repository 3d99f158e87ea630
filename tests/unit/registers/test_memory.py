"""The register in memory, and from when a swap counts."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.register import (
    ABSENT,
    CasApplied,
    CasUnknown,
    LeaseRecord,
    RegisterFailed,
    RegisterRead,
)
from eoskeeper.domain.register_model import Fault, FaultKind, RegisterModel
from eoskeeper.registers.first_sent import KEPT_RECORDS, FirstSent
from eoskeeper.registers.memory import MemoryRegister

RECORD = LeaseRecord("north", 1, 0, run="a1")


def _clock() -> Callable[[], Moment]:
    ticks = itertools.count(1)
    return lambda: _moment(next(ticks))


def _moment(second: float) -> Moment:
    return Moment(MonoS(second), UtcS(second))


def _faults(*kinds: FaultKind) -> Callable[[], Fault]:
    left = iter(kinds)
    return lambda: Fault(next(left, FaultKind.NONE), delay_s=10.0)


def test_what_no_member_answered_is_unknown() -> None:
    """And applied all the same, as the next client sees."""
    model = RegisterModel()
    lossy = MemoryRegister(model, _clock(), _faults(*[FaultKind.ANSWER_LOST] * 4))
    assert isinstance(asyncio.run(lossy.cas(ABSENT, RECORD, 1.0)), CasUnknown)
    assert isinstance(asyncio.run(lossy.read(1.0)), RegisterFailed)
    seen = asyncio.run(MemoryRegister(model, _clock()).read(1.0))
    assert isinstance(seen, RegisterRead)
    assert seen.record == RECORD


def test_the_second_try_finds_what_the_first_did() -> None:
    """Applied, as of before the first try."""
    register = MemoryRegister(RegisterModel(), _clock(), _faults(FaultKind.ANSWER_LOST))
    answer = asyncio.run(register.cas(ABSENT, RECORD, 1.0))
    assert isinstance(answer, CasApplied)
    assert answer.sent == _moment(1)


def test_a_late_try_and_a_timely_one_are_one_swap() -> None:
    """When the late one arrives, its version is gone."""
    model = RegisterModel()
    register = MemoryRegister(model, _clock(), _faults(FaultKind.LATE))
    answer = asyncio.run(register.cas(ABSENT, RECORD, 1.0))
    assert isinstance(answer, CasApplied)
    model.advance(1000.0)
    seen = asyncio.run(register.read(1.0))
    assert isinstance(seen, RegisterRead)
    assert seen.version == answer.version


def test_a_record_sent_again_after_others_keeps_its_first_time() -> None:
    """Also when the caller tried something else in between."""
    sent = FirstSent()
    other = LeaseRecord("north", 1, 1, run="a1")
    assert sent.of(RECORD, _moment(1)) == _moment(1)
    assert sent.of(other, _moment(2)) == _moment(2)
    assert sent.of(RECORD, _moment(3)) == _moment(1)


def test_only_the_latest_records_are_kept() -> None:
    """The memory of a process that runs for years stays small."""
    sent = FirstSent()
    for beat in range(KEPT_RECORDS + 1):
        sent.of(LeaseRecord("north", 1, beat), _moment(beat))
    assert sent.of(LeaseRecord("north", 1, 1), _moment(99)) == _moment(1)
    assert sent.of(LeaseRecord("north", 1, 0), _moment(99)) == _moment(99)
