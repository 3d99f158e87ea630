"""Every request to the register is answered by one sample, in the order of asking."""

from __future__ import annotations

import asyncio

import pytest

from eoskeeper.app.correspondent import Correspondent, Counterparts
from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.guard_samples import ArmGuard, GuardLost, GuardMode
from eoskeeper.domain.hooks import HookCall, HookContext, HookName, HookRan, HookResult
from eoskeeper.domain.lease.register import ReadRecord, WriteRecord
from eoskeeper.domain.register import (
    ABSENT,
    CasApplied,
    CasRefused,
    LeaseRecord,
    RegisterFailed,
    RegisterRead,
)
from eoskeeper.domain.register_model import RegisterModel
from eoskeeper.domain.samples import Sample
from eoskeeper.effects.guard_link import GuardLink, GuardLinkSettings
from eoskeeper.registers.memory import MemoryRegister

NOW = Moment(MonoS(10.0), UtcS(1_700_000_000.0))
RECORD = LeaseRecord("a", 1, 1, run="r")
WRITE = WriteRecord(ABSENT, RECORD)


class _EnoughError(Exception):
    """All that was waited for has been told."""


class Told(list[Sample]):
    """What was told; ends the correspondent once it is enough."""

    enough = 0

    def tell(self, sample: Sample) -> None:
        """Take it."""
        self.append(sample)
        if len(self) == self.enough:
            raise _EnoughError


def told_after(count: int, correspondent: Correspondent, told: Told) -> None:
    """Run until so much was told."""
    told.enough = count

    async def run() -> None:
        async with asyncio.timeout(5):
            await correspondent.run()

    with pytest.raises(ExceptionGroup) as ended:
        asyncio.run(run())
    assert ended.group_contains(_EnoughError)


def correspondent_of(told: Told) -> Correspondent:
    """One with a register in memory, and a guard that is not there."""
    register = MemoryRegister(RegisterModel(), lambda: NOW)
    link = GuardLink(GuardLinkSettings(socket="/nonexistent/guard.sock"), lambda: NOW)
    counterparts = Counterparts(register, link, 1.5)
    return Correspondent(counterparts, lambda: NOW, told.tell, lambda _: None)


def test_requests_are_answered_in_their_order() -> None:
    """The second write of the same version is refused, and shows the first."""
    told = Told()
    correspondent = correspondent_of(told)
    correspondent.send([ReadRecord(), WRITE, WriteRecord(ABSENT, LeaseRecord("b", 1, 1))])
    told_after(3, correspondent, told)
    read, applied, refused = told
    assert isinstance(read, RegisterRead)
    assert read.record is None
    assert isinstance(applied, CasApplied)
    assert isinstance(refused, CasRefused)
    assert refused.read.record == RECORD


def test_what_could_not_be_journalled_is_answered_without_being_sent() -> None:
    """So that the lease is not left waiting for an answer that never comes."""
    told = Told()
    correspondent = correspondent_of(told)
    correspondent.decline([WRITE], "disk full")
    assert [type(one) for one in told] == [RegisterFailed]
    correspondent.send([ReadRecord()])
    told_after(2, correspondent, told)
    assert isinstance(told[1], RegisterRead)
    assert told[1].record is None, "nothing was written"


def test_an_order_to_a_guard_that_is_not_there_is_lost() -> None:
    """And told so; it is never taken for obeyed."""
    told = Told()
    correspondent = correspondent_of(told)
    correspondent.send([ArmGuard(1, MonoS(19.0), GuardMode.DEADLINE)])
    told_after(1, correspondent, told)
    assert isinstance(told[0], GuardLost)


def hook(name: HookName, *program: str) -> HookCall:
    """A call of a program."""
    context = HookContext(host="a", producer="ours", role="A", term=1, reason="why")
    return HookCall(name=name, program=program, timeout_s=5.0, context=context)


def test_hooks_that_accompany_run_in_order_and_the_question_does_not_wait_for_them() -> None:
    """What is taken down slowly is down before it is put up again."""
    told = Told()
    correspondent = correspondent_of(told)
    slow = hook(HookName.BEFORE_CEASING, "/bin/sh", "-c", "sleep 1")
    after = hook(HookName.AFTER_CEASING, "/bin/true")
    question = hook(HookName.BEFORE_HOLDING, "/bin/false")
    correspondent.send([slow, after, question])
    told_after(3, correspondent, told)
    ran = [one for one in told if isinstance(one, HookRan)]
    assert [one.name for one in ran] == [question.name, slow.name, after.name]
    assert [one.result for one in ran] == [HookResult.VETOED, HookResult.DONE, HookResult.DONE]


def test_a_question_that_could_not_be_journalled_is_a_no() -> None:
    """It was not asked at all; what only accompanies is run all the same."""
    told = Told()
    correspondent = correspondent_of(told)
    question = hook(HookName.BEFORE_HOLDING, "/bin/true")
    correspondent.decline([question, hook(HookName.AFTER_CEASING, "/bin/true")], "disk full")
    told_after(2, correspondent, told)
    first, second = told
    assert isinstance(first, HookRan)
    assert isinstance(second, HookRan)
    assert (first.result, first.detail) == (HookResult.FAILED, "disk full")
    assert second.result is HookResult.DONE
