"""The journal follower starts journalctl, tells its lines, and survives whatever it does."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.samples import FailureReason, LogFollowed, LoggedNote, ProbeFailed
from eoskeeper.probes.journal_follow import JournalFollower
from eoskeeper.probes.log_follow import LogSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from eoskeeper.probes.log_follow import LogSample

PAUSED = (
    "info  2025-07-06T08:00:10.052 nodeos    producer_plugin.cpp:1082      pause                ] "
    "Producer paused."
)


def moment(mono_s: float) -> Moment:
    """A moment of the test's own clock."""
    return Moment(mono_s=MonoS(mono_s), utc_s=UtcS(1_000.0 + mono_s))


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a journalctl of one's own before the real one; it notes its arguments."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    def write(body: str) -> Path:
        script = tmp_path / "journalctl"
        script.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/arguments\n{body}\n')
        script.chmod(0o755)
        return tmp_path / "arguments"

    return write


async def until(
    follower: JournalFollower, wanted: Callable[[LogSample], bool], mono_s: float = 10.0
) -> list[LogSample]:
    """Passes until one tells what is wanted; all samples of all of them."""
    told: list[LogSample] = []
    async with asyncio.timeout(20):
        while not any(wanted(sample) for sample in told):
            told += await follower.read_pass(moment(mono_s))
            await asyncio.sleep(0.01)
    return told


def is_note(sample: LogSample) -> bool:
    """A note of the log."""
    return isinstance(sample, LoggedNote)


def is_failure(sample: LogSample) -> bool:
    """A failure of the probe."""
    return isinstance(sample, ProbeFailed)


def test_lines_of_the_journal_are_told(stand_in: Callable[[str], Path]) -> None:
    """The same samples as from a file; the end is reached only when the backlog had its time."""
    arguments = stand_in(f"echo '{PAUSED}'; exec sleep 60")

    async def scenario() -> None:
        follower = JournalFollower("nodeos.service", LogSettings(journal_lines=7))
        try:
            told = await until(follower, is_note)
            assert isinstance(told[-1], LogFollowed)
            assert not told[-1].at_end
            (later,) = await follower.read_pass(moment(13.0))
            assert isinstance(later, LogFollowed)
            assert later.at_end
            assert later.latest_logged_utc == pytest.approx(1751788810.052)
        finally:
            await follower.close()

    asyncio.run(scenario())
    assert arguments.read_text() == "-o cat -f -u nodeos.service -n 7\n"


def test_it_is_started_again_after_a_delay_where_it_had_been(
    stand_in: Callable[[str], Path],
) -> None:
    """An end is a failure with what journalctl complained of; the next start loses no line."""
    arguments = stand_in(f"echo '{PAUSED}'; echo 'no such thing' >&2; exit 3")

    async def scenario() -> None:
        follower = JournalFollower("nodeos", LogSettings(journal_restart_s=5.0))
        ended = (await until(follower, is_failure, 10.0))[-1]
        assert isinstance(ended, ProbeFailed)
        assert ended.reason is FailureReason.DISCONNECTED
        assert ended.detail == "journalctl ended with status 3: no such thing"
        (waiting,) = await follower.read_pass(moment(14.9))
        assert isinstance(waiting, ProbeFailed)
        assert arguments.read_text().count("\n") == 1
        await until(follower, is_failure, 15.0)
        await follower.close()

    asyncio.run(scenario())
    assert arguments.read_text().splitlines()[1] == (
        "-o cat -f -u nodeos -n all --since=@1751788810"
    )


def test_lines_that_may_have_been_lost_between_two_starts_are_counted(
    stand_in: Callable[[str], Path],
) -> None:
    """Without a dated line to begin at, only the backlog is asked for again."""
    stand_in("exit 0")

    async def scenario() -> None:
        follower = JournalFollower("nodeos", LogSettings(journal_restart_s=0.0))
        await until(follower, is_failure, 1.0)
        stand_in("exec sleep 60")
        (followed,) = await follower.read_pass(moment(2.0))
        assert isinstance(followed, LogFollowed)
        assert followed.skipped_bytes == 1
        await follower.close()

    asyncio.run(scenario())


def test_a_refused_journal_is_not_permitted(stand_in: Callable[[str], Path]) -> None:
    """journalctl ends with a hint at groups; the reason says so in one word."""
    stand_in("echo 'No journal files were opened due to insufficient permissions.' >&2; exit 1")

    async def scenario() -> None:
        follower = JournalFollower("nodeos", LogSettings())
        ended = (await until(follower, is_failure))[-1]
        assert isinstance(ended, ProbeFailed)
        assert ended.reason is FailureReason.NOT_PERMITTED
        await follower.close()

    asyncio.run(scenario())


def test_no_journalctl_at_all_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without systemd: a value, and tried again later."""
    monkeypatch.setenv("PATH", str(tmp_path))

    async def scenario() -> None:
        follower = JournalFollower("nodeos", LogSettings())
        (failed,) = await follower.read_pass(moment(1.0))
        assert isinstance(failed, ProbeFailed)
        assert failed.reason is FailureReason.MISSING
        await follower.close()

    asyncio.run(scenario())


def test_a_flood_is_read_in_bounded_passes_and_whole(stand_in: Callable[[str], Path]) -> None:
    """A backlog larger than a pipe and than a pass arrives complete."""
    stand_in(f"yes '{PAUSED}' | head -n 20000; exec sleep 60")

    async def scenario() -> None:
        follower = JournalFollower("nodeos", LogSettings(pass_bytes=200_000))
        notes = 0
        async with asyncio.timeout(20):
            while notes < 20_000:
                told = await follower.read_pass(moment(1.0))
                assert len(told) < 200_000
                notes += sum(map(is_note, told))
                await asyncio.sleep(0)
        assert notes == 20_000
        await follower.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("body", ["sleep 61 & wait", "trap '' TERM; sleep 61"])
def test_it_is_stopped_with_all_its_children(stand_in: Callable[[str], Path], body: str) -> None:
    """Also when it does not want to; nothing is left behind."""
    stand_in(body)

    async def scenario() -> None:
        follower = JournalFollower("nodeos", LogSettings())
        others = set(psutil.Process().children(recursive=True))
        below: set[psutil.Process] = set()
        async with asyncio.timeout(10):
            while len(below) < 2:
                await follower.read_pass(moment(1.0))
                await asyncio.sleep(0.01)
                below = set(psutil.Process().children(recursive=True)) - others
        await follower.close()
        assert psutil.wait_procs(below, timeout=5)[1] == []

    before = len(list(Path("/proc/self/fd").iterdir()))
    asyncio.run(scenario())
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.skipif(shutil.which("journalctl") is None, reason="no journalctl on this host")
def test_the_real_journalctl_takes_our_arguments() -> None:
    """It follows a unit that says nothing, or ends with its own complaint; it ends with us."""

    async def scenario() -> None:
        follower = JournalFollower("eoskeeper-no-such.service", LogSettings())
        others = set(psutil.Process().children())
        for _ in range(20):
            told = await follower.read_pass(moment(1.0))
            await asyncio.sleep(0.05)
            assert len(told) == 1
            assert isinstance(told[0], LogFollowed), told
        (child,) = set(psutil.Process().children()) - others
        assert child.name() == "journalctl"
        await follower.close()
        assert not child.is_running()

    asyncio.run(scenario())
