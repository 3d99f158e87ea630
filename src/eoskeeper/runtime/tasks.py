"""Supervised tasks: every long-running part of the keeper has a name and an end that is noticed.

Invariant: a part that raises or returns while the program should run is a bug; it is logged with
its traceback, every other part is cancelled, and the program ends to be started afresh.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Protocol

import msgspec

from eoskeeper.runtime.periods import Tick, every
from eoskeeper.runtime.sample_queue import Drained, SampleQueue

__all__ = [
    "CHILD_ENDED",
    "CHILD_FAILED",
    "SHUTDOWN_STUCK",
    "STOP_REQUESTED",
    "Drained",
    "ExitCode",
    "Log",
    "SampleQueue",
    "Supervisor",
    "Tick",
    "every",
]

CHILD_FAILED = "child_failed"
CHILD_ENDED = "child_ended"
STOP_REQUESTED = "stop_requested"
SHUTDOWN_STUCK = "shutdown_stuck"

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

Main = Callable[[], Awaitable[None]]
"""A long-running part: runs until it is cancelled."""


class ExitCode(IntEnum):
    """How the program ended. Source for the two errors: sysexits.h, EX_SOFTWARE and EX_TEMPFAIL."""

    STOPPED = 0
    RELOAD = 1
    """To be run anew, with the configuration as it is now; no process ends with it."""
    BUG = 70
    STUCK = 75
    """A part did not end within the time for shutdown."""


class Log(Protocol):
    """The two levels used here; a structlog logger has both."""

    def info(self, event: str, **details: object) -> object:
        """Log a change."""

    def critical(self, event: str, **details: object) -> object:
        """Log a bug."""


class _Child(msgspec.Struct, frozen=True):
    name: str
    main: Main


class Supervisor:
    """Runs named children in one task group until a signal, ``stop`` or a bug.

    On the way out all children are cancelled at once; each may tidy up in its ``finally``. Whoever
    is not done after ``shutdown_s`` seconds is named in the log and the process ends without it.
    """

    def __init__(
        self,
        log: Log,
        *,
        shutdown_s: float = 10.0,
        abandon: Callable[[int], object] = os._exit,
        may_reload: Callable[[], bool] | None = None,
    ) -> None:
        """Take the log, the time for shutdown, and how to end a process that does not end.

        Args:
            log: for changes and bugs.
            shutdown_s: for all children to end.
            abandon: ends the process when they do not.
            may_reload: asked at SIGHUP; yes ends all with ``ExitCode.RELOAD``. None: SIGHUP does
                what it does in any process.
        """
        self._log, self._may_reload = log, may_reload
        self._shutdown_s = shutdown_s
        self._abandon = abandon
        self._children: list[_Child] = []
        self._stop = asyncio.Event()
        self._stopping = False
        self._code = ExitCode.STOPPED

    def add(self, name: str, main: Main) -> None:
        """Name a child; it starts with ``run``."""
        self._children.append(_Child(name, main))

    def stop(self, reason: str) -> None:
        """Ask for an orderly end; the first reason is logged."""
        if not self._stop.is_set():
            self._log.info(STOP_REQUESTED, reason=reason)
            self._stop.set()

    def _hang_up(self) -> None:
        """SIGHUP."""
        if self._may_reload is not None and self._may_reload() and not self._stop.is_set():
            self._code = ExitCode.RELOAD
            self.stop(signal.SIGHUP.name)

    async def run(self) -> ExitCode:
        """Run every child; returns when all have ended."""
        deadline: asyncio.TimerHandle | None = None
        with self._signals():
            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [self._start(group, child) for child in self._children]
                    try:
                        await self._stop.wait()
                    finally:
                        deadline = self._begin_shutdown(tasks)
            finally:
                if deadline is not None:
                    deadline.cancel()
        return self._code

    def _start(self, group: asyncio.TaskGroup, child: _Child) -> asyncio.Task[None]:
        return group.create_task(self._watched(child), name=child.name)

    async def _watched(self, child: _Child) -> None:
        """Run one child; its failure is reported here and stops the program, not the group."""
        try:
            await child.main()
        except asyncio.CancelledError:
            if self._stopping:
                raise
            self._fail(CHILD_ENDED, child, "cancelled itself")
        except Exception:  # noqa: BLE001 -- whatever it is, it is a bug and ends the program
            self._fail(CHILD_FAILED, child, "raised")
        else:
            if not self._stopping:
                self._fail(CHILD_ENDED, child, "returned")

    def _fail(self, event: str, child: _Child, how: str) -> None:
        self._log.critical(event, child=child.name, how=how, exc_info=event == CHILD_FAILED)
        self._code = ExitCode.BUG
        self._stop.set()

    def _begin_shutdown(self, tasks: list[asyncio.Task[None]]) -> asyncio.TimerHandle:
        self._stopping = True
        for task in tasks:
            task.cancel()
        loop = asyncio.get_running_loop()
        return loop.call_later(self._shutdown_s, self._give_up, tasks)

    def _give_up(self, tasks: list[asyncio.Task[None]]) -> None:
        stuck = [task.get_name() for task in tasks if not task.done()]
        self._log.critical(SHUTDOWN_STUCK, children=stuck, after_s=self._shutdown_s)
        self._abandon(ExitCode.STUCK)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT ask for an orderly end while the children run, SIGHUP to run anew."""
        loop = asyncio.get_running_loop()
        for number in _STOP_SIGNALS:
            loop.add_signal_handler(number, self.stop, number.name)
        if self._may_reload is not None:
            loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        try:
            yield
        finally:
            for number in (*_STOP_SIGNALS, signal.SIGHUP):
                loop.remove_signal_handler(number)
