"""The supervisor notices every end, stops in bounded time, and says how the program ended."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from eoskeeper.runtime.tasks import (
    CHILD_ENDED,
    CHILD_FAILED,
    SHUTDOWN_STUCK,
    STOP_REQUESTED,
    ExitCode,
    Supervisor,
)
from tests.unit.runtime import virtual_time
from tests.unit.runtime.recording_log import RecordingLog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Bang(Exception):  # noqa: N818 -- what a bug raises
    """A bug."""


async def forever() -> None:
    """A part as it should be."""
    await asyncio.Event().wait()


async def raises() -> None:
    """A part with a bug."""
    await asyncio.sleep(2)
    raise Bang


async def returns() -> None:
    """A part that gives up in silence."""
    await asyncio.sleep(2)


async def cancels_itself() -> None:
    """A part that lets a cancellation of its own making out."""
    await asyncio.sleep(2)
    raise asyncio.CancelledError


def supervise(
    *mains: Callable[[], Awaitable[None]], stop_after_s: float | None = None
) -> tuple[ExitCode, RecordingLog, float]:
    """Run the parts in virtual time; how it ended, what was logged, and when."""
    log = RecordingLog()

    async def main() -> tuple[ExitCode, RecordingLog, float]:
        supervisor = Supervisor(log)
        for number, part in enumerate(mains):
            supervisor.add(f"part-{number}", part)
        loop = asyncio.get_running_loop()
        if stop_after_s is not None:
            loop.call_later(stop_after_s, supervisor.stop, "test")
        return await supervisor.run(), log, loop.time()

    return virtual_time.run(main())


def test_a_child_that_raises_stops_the_program_with_its_traceback_logged() -> None:
    """The others are cancelled, and the exit code asks to be started afresh."""
    code, log, ended_s = supervise(forever, raises)

    assert code is ExitCode.BUG
    assert ended_s == pytest.approx(2)
    assert log.events() == [CHILD_FAILED]
    assert log.entries[0].level == "critical"
    assert log.entries[0].details["child"] == "part-1"
    assert isinstance(log.entries[0].raised, Bang)


@pytest.mark.parametrize("main", [returns, cancels_itself])
def test_a_child_that_ends_by_itself_is_a_bug_too(main: Callable[[], Awaitable[None]]) -> None:
    """A probe that has quietly stopped would look like a quiet world."""
    code, log, _ = supervise(forever, main)

    assert code is ExitCode.BUG
    assert log.events() == [CHILD_ENDED]


def test_stops_in_order_when_asked() -> None:
    """Children are cancelled and may tidy up, which is no failure."""
    tidied = []

    async def tidies() -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(1)
            tidied.append(True)

    code, log, ended_s = supervise(forever, tidies, stop_after_s=5)

    assert (code, tidied, log.events()) == (ExitCode.STOPPED, [True], [STOP_REQUESTED])
    assert ended_s == pytest.approx(6)


def test_a_child_that_fails_while_it_tidies_up_is_reported() -> None:
    """The exit code says so."""

    async def fails_to_tidy() -> None:
        try:
            await forever()
        finally:
            raise Bang

    code, log, _ = supervise(fails_to_tidy, stop_after_s=5)

    assert code is ExitCode.BUG
    assert log.events() == [STOP_REQUESTED, CHILD_FAILED]


def test_two_children_that_fail_at_once_are_both_reported() -> None:
    """Nothing hides behind the first."""
    code, log, _ = supervise(raises, raises)

    assert code is ExitCode.BUG
    assert log.events() == [CHILD_FAILED, CHILD_FAILED]


def test_whoever_ignores_the_end_is_named_and_left_behind() -> None:
    """After the time for shutdown the process ends without it."""
    log = RecordingLog()
    abandoned: list[int] = []
    at_s: list[float] = []

    async def main() -> None:
        freed = asyncio.Event()
        loop = asyncio.get_running_loop()

        async def ignores() -> None:
            while not freed.is_set() and loop.time() < 100:
                with suppress(asyncio.CancelledError, TimeoutError):
                    await asyncio.wait_for(freed.wait(), 50)

        def abandon(code: int) -> None:
            abandoned.append(code)
            at_s.append(loop.time())
            freed.set()

        supervisor = Supervisor(log, shutdown_s=7, abandon=abandon)
        supervisor.add("well", forever)
        supervisor.add("ill", ignores)
        loop.call_later(5, supervisor.stop, "test")
        await supervisor.run()

    virtual_time.run(main())
    assert abandoned == [ExitCode.STUCK]
    assert at_s == pytest.approx([12])
    assert log.events() == [STOP_REQUESTED, SHUTDOWN_STUCK]
    assert log.entries[1].details["children"] == ["ill"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_for_an_orderly_end(number: signal.Signals) -> None:
    """A real signal to this process; afterwards it has the default handlers again."""

    async def sends() -> None:
        os.kill(os.getpid(), number)
        await forever()

    code, log, _ = supervise(forever, sends)

    assert code is ExitCode.STOPPED
    assert log.entries[0].details == {"reason": number.name}
    assert signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}


@pytest.mark.parametrize(("may", "code"), [(True, ExitCode.RELOAD), (False, ExitCode.STOPPED)])
def test_a_hang_up_asks_for_a_new_run_and_is_refused_without_harm(
    may: bool,  # noqa: FBT001 - a table
    code: ExitCode,
) -> None:
    """Who is refused goes on, and ends by the next signal as ever."""
    log, asked = RecordingLog(), []

    def may_reload() -> bool:
        asked.append(1)
        return may

    async def main() -> ExitCode:
        async def sends() -> None:
            os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.sleep(0.05)
            os.kill(os.getpid(), signal.SIGTERM)
            await forever()

        supervisor = Supervisor(log, may_reload=may_reload)
        supervisor.add("part", forever)
        supervisor.add("sender", sends)
        return await supervisor.run()

    assert asyncio.run(main()) is code
    assert asked == [1]
    assert log.entries[0].details == {"reason": "SIGHUP" if may else "SIGTERM"}
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


def test_cancelled_from_outside_the_children_are_cancelled_without_complaint() -> None:
    """A program that embeds the keeper may do that."""
    log = RecordingLog()

    async def main() -> None:
        supervisor = Supervisor(log)
        supervisor.add("part", forever)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await supervisor.run()

    virtual_time.run(main())
    assert log.entries == []
