"""Etcd members that die, hang, are cut off, or come back from a backup."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from eoskeeper.domain.register import (
    ABSENT,
    CasApplied,
    CasRefused,
    CasUnknown,
    LeaseRecord,
    RegisterFailed,
    RegisterRead,
    RegisterReason,
    Version,
    store_went_back,
)
from eoskeeper.registers.etcd_client import EtcdRegister
from eoskeeper.registers.etcd_link import ANSWER_BYTES
from tests.contract.registers.benches import BUDGET_S, EtcdBench, record
from tests.contract.registers.etcd_cluster import Cluster, etcdctl, free_port, running

HEARTBEAT_BUDGET_S = 1.5
RECOVERY_S = 10.0


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Three members of the test's own."""
    with running(Cluster(tmp_path)) as started:
        yield started


@contextlib.asynccontextmanager
async def _client(bench: EtcdBench, *urls: str) -> AsyncIterator[EtcdRegister]:
    register = bench.client(urls)
    try:
        yield register
    finally:
        await register.close()


async def _applied(register: EtcdRegister, expected: Version, asked: LeaseRecord) -> CasApplied:
    answer = await register.cas(expected, asked, BUDGET_S)
    assert isinstance(answer, CasApplied), answer
    return answer


async def _read(register: EtcdRegister) -> RegisterRead:
    answer = await register.read(BUDGET_S)
    assert isinstance(answer, RegisterRead), answer
    return answer


class _Ledger:
    """What a holder knows of its swaps, held against what the store shows."""

    def __init__(self, register: EtcdRegister, version: Version) -> None:
        self._register = register
        self._version = version
        self._beat = 0
        self.unknown = 0

    async def beat(self) -> CasApplied | CasUnknown:
        """One heartbeat; a refusal must be of a record whose fate was unknown."""
        answer = await self._register.cas(self._version, record(self._beat + 1), HEARTBEAT_BUDGET_S)
        assert not isinstance(answer, CasRefused), answer
        if isinstance(answer, CasApplied):
            assert answer.version.revision > self._version.revision
            self._version = answer.version
            self._beat += 1
        else:
            # The very same record is sent again: it counts from its first sending.
            self.unknown += 1
        return answer

    async def agrees(self) -> None:
        """The store shows our last confirmed record, and nothing else."""
        seen = await _read(self._register)
        assert (seen.record, seen.version) == (record(self._beat), self._version)


async def _beat_until_applied(ledger: _Ledger) -> float:
    """Seconds until a heartbeat was confirmed."""
    began = asyncio.get_running_loop().time()
    while True:
        answer = await ledger.beat()
        passed_s = asyncio.get_running_loop().time() - began
        if isinstance(answer, CasApplied):
            return passed_s
        assert passed_s < RECOVERY_S, answer


@pytest.mark.parametrize("harm", ["killed", "stopped"])
@pytest.mark.parametrize("who", ["leader", "follower"])
def test_a_member_lost_in_the_middle_costs_time_and_no_truth(
    cluster: Cluster, harm: str, who: str
) -> None:
    """Heartbeats are applied or unknown, never refused, and soon applied again."""

    async def run() -> None:
        bench = EtcdBench(cluster)
        leader = cluster.leader()
        number = leader if who == "leader" else (leader + 1) % 3
        # The lost one is asked first: the worst order.
        urls = cluster.urls[number:] + cluster.urls[:number]
        async with _client(bench, *urls) as register:
            made = await _applied(register, ABSENT, record(0))
            ledger = _Ledger(register, made.version)
            for _ in range(5):
                await _beat_until_applied(ledger)
            member = cluster.members[number]
            async with asyncio.TaskGroup() as group:
                group.create_task(ledger.beat())
                group.create_task(
                    asyncio.to_thread(member.kill if harm == "killed" else member.pause)
                )
            passed_s = await _beat_until_applied(ledger)
            if who == "follower":
                assert passed_s < HEARTBEAT_BUDGET_S
            await ledger.agrees()
            if harm == "stopped":
                member.go_on()
                for _ in range(5):
                    await _beat_until_applied(ledger)
                    await asyncio.sleep(0.05)
                await ledger.agrees()

    asyncio.run(run())


def test_a_member_alone_never_says_that_something_is_done(cluster: Cluster) -> None:
    """Reads fail and swaps stay unknown; with the others back there is one history."""

    async def run() -> None:
        bench = EtcdBench(cluster)
        async with _client(bench, cluster.urls[0]) as register:
            made = await _applied(register, ABSENT, record(0))
            for number in (1, 2):
                cluster.members[number].kill()
            failed = await register.read(HEARTBEAT_BUDGET_S)
            assert isinstance(failed, RegisterFailed), failed
            unknown = await register.cas(made.version, record(1), HEARTBEAT_BUDGET_S)
            assert isinstance(unknown, CasUnknown), unknown
            took_s = unknown.at.mono_s - unknown.sent.mono_s
            assert took_s < HEARTBEAT_BUDGET_S + 0.5
            await asyncio.to_thread(cluster.start, 1, 2)
            again: object = unknown
            while not isinstance(again, CasApplied):
                again = await register.cas(made.version, record(1), HEARTBEAT_BUDGET_S)
                assert not isinstance(again, CasRefused), again
                assert again.at.mono_s - unknown.at.mono_s < RECOVERY_S
            assert again.sent == unknown.sent
            assert (await _read(register)).record == record(1)

    asyncio.run(run())


def test_an_unknown_swap_may_take_effect_after_all(cluster: Cluster) -> None:
    """Sent to a stopped member that goes on: nobody may take unknown for no."""

    async def run() -> None:
        bench = EtcdBench(cluster)
        leader = cluster.leader()
        async with (
            _client(bench, cluster.urls[leader]) as register,
            _client(bench, *cluster.urls) as other,
        ):
            made = await _applied(register, ABSENT, record(0))
            follower = cluster.members[(leader + 1) % 3]
            slow = bench.client((follower.url,))
            assert isinstance(await slow.read(BUDGET_S), RegisterRead)
            follower.pause()
            lost = await slow.cas(made.version, record(1), 0.5)
            assert isinstance(lost, CasUnknown), lost
            assert (await _read(other)).record == record(0)
            follower.go_on()
            await asyncio.sleep(1.0)
            seen = await _read(other)
            assert seen.record in {record(0), record(1)}
            again = await slow.cas(made.version, record(1), BUDGET_S)
            assert isinstance(again, CasApplied), again
            assert again.sent == lost.sent
            await slow.close()

    asyncio.run(run())


def test_all_members_gone_is_unreachable_within_the_budget(cluster: Cluster) -> None:
    """A refused connection is told as such, and never as an absent record."""

    async def run() -> None:
        bench = EtcdBench(cluster)
        async with _client(bench, f"http://127.0.0.1:{free_port()}") as register:
            failed = await register.read(0.5)
            assert isinstance(failed, RegisterFailed)
            assert failed.reason is RegisterReason.UNREACHABLE
            assert failed.at.mono_s - failed.sent.mono_s < 1.0

    asyncio.run(run())


def test_a_restored_backup_is_seen(tmp_path: Path) -> None:
    """Its cluster has the old name, but fewer changes."""
    cluster = Cluster(tmp_path, 1, ("--initial-cluster-token", "same"))
    with running(cluster):
        bench = EtcdBench(cluster)
        before, backup = asyncio.run(_back_up_and_go_on(bench, cluster, tmp_path / "backup.db"))
        member = cluster.members[0]
        member.kill()
        member.data.rename(tmp_path / "lost")
        own = ("--name", member.name, "--initial-advertise-peer-urls", member.peer_url)
        etcdctl(
            *(member.url, "snapshot", "restore", backup, "--data-dir", member.data, *own),
            *("--initial-cluster", cluster.initial, "--initial-cluster-token", "same"),
        )
        cluster.start()
        after = asyncio.run(_read_once(bench, cluster))
    assert after.record == record(1)
    assert after.store.cluster_id == before.store.cluster_id
    assert store_went_back(before.store, after.store)


async def _back_up_and_go_on(
    bench: EtcdBench, cluster: Cluster, backup: Path
) -> tuple[RegisterRead, Path]:
    async with _client(bench, *cluster.urls) as register:
        version = (await _applied(register, ABSENT, record(0))).version
        version = (await _applied(register, version, record(1))).version
        etcdctl(cluster.urls[0], "snapshot", "save", backup)
        for beat in range(2, 5):
            version = (await _applied(register, version, record(beat))).version
        return await _read(register), backup


async def _read_once(bench: EtcdBench, cluster: Cluster) -> RegisterRead:
    async with _client(bench, *cluster.urls) as register:
        return await _read(register)


def test_a_full_store_takes_no_swap_and_still_shows_the_record(tmp_path: Path) -> None:
    """The alarm is a reason of its own, and comes at once."""
    cluster = Cluster(tmp_path, 1, ("--quota-backend-bytes", "65536"))

    async def run() -> None:
        async with _client(EtcdBench(cluster), *cluster.urls) as register:
            made = await _applied(register, ABSENT, record(0))
            with contextlib.suppress(AssertionError):
                for number in range(10):
                    etcdctl(cluster.urls[0], "put", f"big{number}", "x" * 30_000)
            refused = await register.cas(made.version, record(1), BUDGET_S)
            assert isinstance(refused, CasUnknown), refused
            assert refused.reason is RegisterReason.NO_SPACE
            assert refused.at.mono_s - refused.sent.mono_s < 1.0
            assert (await _read(register)).record == record(0)

    with running(cluster):
        asyncio.run(run())


@pytest.mark.parametrize("value", ["no record", '{"host":""}', "x" * 200_000])
def test_what_is_no_record_is_never_taken_for_an_absent_one(shared: Cluster, value: str) -> None:
    """Someone else wrote under our key: reads and swaps say that they do not understand it."""

    async def run() -> None:
        bench = EtcdBench(shared)
        etcdctl(shared.urls[0], "put", bench.key, stdin=value)
        async with _client(bench, *shared.urls) as register:
            failed = await register.read(0.5)
            assert isinstance(failed, RegisterFailed), failed
            assert failed.reason is RegisterReason.MALFORMED
            assert value[:9] not in failed.detail
            assert ("more than" in failed.detail) is (len(value) > ANSWER_BYTES)
            unknown = await register.cas(ABSENT, record(1), 0.5)
            assert isinstance(unknown, CasUnknown), unknown

    asyncio.run(run())


def test_a_learner_says_so(tmp_path: Path) -> None:
    """It copies the log and answers no linearizable read."""
    cluster = Cluster(tmp_path, 1)
    with running(cluster):
        learner = Cluster(tmp_path / "learner", 1).members[0]
        learner.data.parent.mkdir()
        learner.name = "m9"
        etcdctl(
            cluster.urls[0], "member", "add", "m9", "--learner", "--peer-urls", learner.peer_url
        )
        both = f"{cluster.initial},m9={learner.peer_url}"
        try:
            learner.start(["--initial-cluster", both, "--initial-cluster-state", "existing"])
            learner.wait_ready()
            failed = asyncio.run(_read_learner(EtcdBench(cluster), learner.url))
        finally:
            learner.kill()
    assert isinstance(failed, RegisterFailed), failed
    assert failed.reason is RegisterReason.LEARNER


async def _read_learner(bench: EtcdBench, url: str) -> RegisterRead | RegisterFailed:
    async with _client(bench, url) as register:
        return await register.read(1.0)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One member that nobody harms."""
    with running(Cluster(tmp_path_factory.mktemp("shared"), 1)) as started:
        yield started
