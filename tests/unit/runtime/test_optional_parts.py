"""A part that nobody's blocks depend on may fail: it is told, and begun anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from eoskeeper.runtime.optional_parts import PART_FAILED, PART_RESUMED, OptionalParts


class Log:
    """Remembers the events."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def info(self, event: str, **_: object) -> None:
        """One line."""
        self.events.append(event)

    def critical(self, event: str, **_: object) -> None:
        """One line."""
        self.events.append(event)


class Part:
    """Fails so many times, by raising or by returning, and then runs for ever."""

    def __init__(self, failures: int, *, raises: bool = True) -> None:
        self.begun = 0
        self._failures = failures
        self._raises = raises

    async def run(self) -> None:
        """Its main."""
        self.begun += 1
        if self.begun <= self._failures:
            if self._raises:
                message = "a bug"
                raise ValueError(message)
            return
        await asyncio.get_running_loop().create_future()


def run_for(main: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Run a part and end it like the supervisor does."""

    async def run() -> None:
        async with asyncio.timeout(seconds):
            await main()

    with pytest.raises(TimeoutError):
        asyncio.run(run())


@pytest.mark.parametrize("raises", [True, False], ids=["raises", "returns"])
def test_a_part_that_fails_is_begun_anew_and_told_until_it_runs_well(raises: bool) -> None:  # noqa: FBT001 - a column of the table
    """Whether it raises or just ends."""
    log, part = Log(), Part(2, raises=raises)
    parts = OptionalParts(log, retry_s=0.01, well_s=0.05)
    run_for(parts.wrap("web", part.run), 0.3)
    assert part.begun == 3
    assert log.events == [PART_FAILED, PART_FAILED, PART_RESUMED]
    assert parts.broken == ()


def test_a_part_that_fails_again_at_once_stays_broken() -> None:
    """It has to run for a while before it counts as well."""
    log, part = Log(), Part(99)
    parts = OptionalParts(log, retry_s=0.01, well_s=5.0)
    run_for(parts.wrap("web", part.run), 0.2)
    assert parts.broken == ("web",)
    assert PART_RESUMED not in log.events


def test_a_call_that_fails_is_told_once_until_it_succeeds() -> None:
    """Each second of a broken part must not fill the log."""
    log = Log()
    parts = OptionalParts(log)
    for value in (0, 0, 1, 0):
        parts.call("history", lambda it: 1 / it, value)
    assert log.events == [PART_FAILED, PART_RESUMED, PART_FAILED]
    assert parts.broken == ("history",)


def test_the_end_of_the_program_is_no_failure() -> None:
    """A part that is cancelled ends."""
    log = Log()
    parts = OptionalParts(log)

    async def main() -> None:
        await parts.wrap("web", Part(0).run)()

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(main())
            await asyncio.sleep(0)
            task.cancel()

    asyncio.run(run())
    assert log.events == []
