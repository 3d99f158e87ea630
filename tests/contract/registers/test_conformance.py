"""The conformance suite: what every register promises, over memory and three real members."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from eoskeeper.domain.register import (
    ABSENT,
    CasApplied,
    CasRefused,
    CasUnknown,
    Register,
    RegisterRead,
    Version,
    is_settled_by,
    store_went_back,
)
from tests.contract.registers.benches import (
    BUDGET_S,
    Bench,
    EtcdBench,
    MemoryBench,
    at_work,
    record,
)
from tests.contract.registers.etcd_cluster import Cluster, running
from tests.contract.registers.losing_proxy import Losing


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three members, for all tests of this file."""
    with running(Cluster(tmp_path_factory.mktemp("etcd"))) as started:
        yield started


@pytest.fixture(params=["memory", "etcd-silent", "etcd-cut"])
def lossy_bench(request: pytest.FixtureRequest) -> Bench:
    """Each kind of store, and each way in which it loses an answer."""
    return _bench(request)


@pytest.fixture(params=["memory", "etcd-silent"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Each kind of store, with an absent record."""
    return _bench(request)


def _bench(request: pytest.FixtureRequest) -> Bench:
    if request.param == "memory":
        return MemoryBench()
    losing = Losing(str(request.param).removeprefix("etcd-"))
    return EtcdBench(request.getfixturevalue("cluster"), losing)


async def _read(register: Register) -> RegisterRead:
    answer = await register.read(BUDGET_S)
    assert isinstance(answer, RegisterRead), answer
    assert answer.sent.mono_s <= answer.at.mono_s
    return answer


async def _applied(register: Register, expected: Version, beat: int) -> CasApplied:
    answer = await register.cas(expected, record(beat), BUDGET_S)
    assert isinstance(answer, CasApplied), answer
    assert answer.sent.mono_s <= answer.at.mono_s
    return answer


def test_a_record_never_written_is_absent(bench: Bench) -> None:
    """Known to be absent, with version 0: the bootstrap."""

    async def work(register: Register) -> None:
        answer = await _read(register)
        assert (answer.record, answer.version) == (None, ABSENT)

    at_work(bench, work)


def test_twenty_at_once_create_it_once(bench: Bench) -> None:
    """One is applied; all others are refused, and told the winner's record."""

    async def run() -> None:
        registers = [bench.open(number % 3) for number in range(20)]
        answers = await asyncio.gather(
            *(
                register.cas(ABSENT, record(0, f"host{number}"), 10.0)
                for number, register in enumerate(registers)
            )
        )
        winners = [n for n, answer in enumerate(answers) if isinstance(answer, CasApplied)]
        assert len(winners) == 1, answers
        for number, answer in enumerate(answers):
            if number != winners[0]:
                assert isinstance(answer, CasRefused), answer
                assert answer.read.record == record(0, f"host{winners[0]}")
        for register in registers:
            await register.close()

    asyncio.run(run())


def test_a_refusal_carries_what_stands_there(bench: Bench) -> None:
    """Record and version, so that the next swap can build on them."""

    async def work(register: Register) -> None:
        made = await _applied(register, ABSENT, 0)
        refused = await register.cas(ABSENT, record(1, "south"), BUDGET_S)
        assert isinstance(refused, CasRefused)
        assert (refused.read.record, refused.read.version) == (record(0), made.version)
        await _applied(register, refused.read.version, 1)

    at_work(bench, work)


def test_versions_and_the_store_only_grow(bench: Bench) -> None:
    """Each applied swap has a later version, which is what a read then shows."""

    async def work(register: Register) -> None:
        before = await _read(register)
        version = ABSENT
        for beat in range(5):
            applied = await _applied(register, version, beat)
            assert applied.version.revision > version.revision
            version = applied.version
            after = await _read(register)
            assert (after.version, after.record) == (version, record(beat))
            assert not store_went_back(before.store, applied.store)
            assert not store_went_back(applied.store, after.store)
            before = after

    at_work(bench, work)


def test_a_read_through_any_member_sees_what_was_applied_before(bench: Bench) -> None:
    """Linearizable: no member shows an older record to a read that began later."""

    async def run() -> None:
        registers = [bench.open(number) for number in range(3)]
        version = ABSENT
        for beat in range(15):
            writer, reader = registers[beat % 3], registers[(beat + 1) % 3]
            version = (await _applied(writer, version, beat)).version
            assert (await _read(reader)).record == record(beat)
        for register in registers:
            await register.close()

    asyncio.run(run())


def test_a_swap_of_an_older_version_is_never_applied(bench: Bench) -> None:
    """Nor a second creation, nor one of a later version, nor of another record in its place.

    The last is what a backup leads to: the store gives its numbers out again.
    """

    async def work(register: Register) -> None:
        first = await _applied(register, ABSENT, 0)
        second = await _applied(register, first.version, 1)
        later = Version(second.version.revision + 1000, second.version.value)
        other = Version(second.version.revision, first.version.value)
        for expected in (ABSENT, first.version, later, other):
            stale = await register.cas(expected, record(7, "south"), BUDGET_S)
            assert isinstance(stale, CasRefused)
            assert stale.read.version == second.version
        assert (await _read(register)).record == record(1)

    at_work(bench, work)


def test_a_released_record_stays(bench: Bench) -> None:
    """Given back is not absent."""

    async def work(register: Register) -> None:
        made = await _applied(register, ABSENT, 0)
        given_back = record(1, released=True)
        assert isinstance(await register.cas(made.version, given_back, BUDGET_S), CasApplied)
        assert (await _read(register)).record == given_back

    at_work(bench, work)


def test_a_swap_repeated_counts_from_when_it_was_first_sent(bench: Bench) -> None:
    """Others may have seen the record since then; the later call must not look younger."""

    async def work(register: Register) -> None:
        first = await _applied(register, ABSENT, 0)
        again = await _applied(register, ABSENT, 0)
        assert (again.version, again.sent) == (first.version, first.sent)
        assert (await _applied(register, first.version, 1)).sent.mono_s > first.sent.mono_s

    at_work(bench, work)


def test_a_lost_answer_is_unknown_and_the_record_is_there(lossy_bench: Bench) -> None:
    """With nobody else to ask, only a later read tells that it was applied."""

    async def run() -> None:
        async with lossy_bench.losing_answers(1) as (register, lose):
            made = await _applied(register, ABSENT, 0)
            lose()
            lost = await register.cas(made.version, record(1), 0.6)
            assert isinstance(lost, CasUnknown), lost
        other = lossy_bench.open(1)
        seen = await _read(other)
        assert seen.record == record(1)
        assert is_settled_by(made.version, seen)
        await other.close()

    asyncio.run(run())


def test_a_lost_answer_is_made_good_by_another_member(lossy_bench: Bench) -> None:
    """Refused by our own record means applied, as of the first try."""

    async def run() -> None:
        async with lossy_bench.losing_answers(2) as (register, lose):
            made = await _applied(register, ABSENT, 0)
            lose()
            again = await register.cas(made.version, record(1), BUDGET_S)
            assert isinstance(again, CasApplied), again
            assert again.sent.mono_s > made.sent.mono_s
            seen = await _read(register)
            assert (seen.record, seen.version) == (record(1), again.version)

    asyncio.run(run())
