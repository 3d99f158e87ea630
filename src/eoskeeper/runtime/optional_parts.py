"""Optional parts: what is for people and pictures may fail without stopping the keeper.

A bug in what decides ends the process, for it must not act on a state that it does not understand.
A bug in a status page or in telemetry must not take failover down: the part is begun anew after a
while, and until then it is told as broken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

__all__ = ["PART_FAILED", "PART_RESUMED", "OptionalParts"]

PART_FAILED = "part_failed"
PART_RESUMED = "part_resumed"

RETRY_S = 60.0
"""Seconds until a part that failed is begun anew."""

WELL_S = 10.0
"""Seconds that it has to run before it is no longer told as broken."""

Main = Callable[[], Awaitable[None]]

Value = TypeVar("Value")


class Log(Protocol):
    """The two levels used here."""

    def info(self, event: str, **details: object) -> object:
        """Log that a part runs again."""

    def critical(self, event: str, **details: object) -> object:
        """Log a bug."""


class OptionalParts:
    """Runs parts that are not needed to decide, and knows which of them are broken."""

    def __init__(self, log: Log, *, retry_s: float = RETRY_S, well_s: float = WELL_S) -> None:
        """Take the log and the two times, in seconds."""
        self._log = log
        self._retry_s = retry_s
        self._well_s = well_s
        self._broken: set[str] = set()
        self._failing_calls: set[str] = set()

    @property
    def broken(self) -> tuple[str, ...]:
        """Names of the parts that failed and do not run well yet, sorted."""
        return tuple(sorted(self._broken | self._failing_calls))

    def wrap(self, name: str, main: Main) -> Main:
        """The part as one that never ends: it is begun anew whenever it fails or returns."""

        async def run() -> None:
            while True:
                await self._run_once(name, main)
                await asyncio.sleep(self._retry_s)

        return run

    def call(self, name: str, part: Callable[[Value], object], value: Value) -> None:
        """Hand a part a value; its failure is logged once, until it succeeds again."""
        try:
            part(value)
        except Exception:  # noqa: BLE001 - whatever it is, it must not reach the cycle
            if name not in self._failing_calls:
                self._failing_calls.add(name)
                self._log.critical(PART_FAILED, part=name, how="raised", exc_info=True)
        else:
            if name in self._failing_calls:
                self._failing_calls.discard(name)
                self._log.info(PART_RESUMED, part=name)

    async def _run_once(self, name: str, main: Main) -> None:
        loop = asyncio.get_running_loop()
        well = loop.call_later(self._well_s, self._resume, name)
        try:
            await main()
        except Exception:  # noqa: BLE001 - a bug in a part that nobody's blocks depend on
            self._fail(name, "raised")
        else:
            self._fail(name, "returned")
        finally:
            well.cancel()

    def _fail(self, name: str, how: str) -> None:
        self._broken.add(name)
        self._log.critical(PART_FAILED, part=name, how=how, exc_info=how == "raised")

    def _resume(self, name: str) -> None:
        if name in self._broken:
            self._broken.discard(name)
            self._log.info(PART_RESUMED, part=name)
