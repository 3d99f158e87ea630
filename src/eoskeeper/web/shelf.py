"""Shelf: the history behind bounds, so that a disk that hangs costs two threads and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

from eoskeeper.web.ports import HistoryReader

__all__ = ["HISTORY_FAILED", "HistoryAway", "Shelf"]

HISTORY_FAILED = "web_history_failed"

MAX_ASKED = 2
"""Questions under way, also those that nobody waits for any more."""

PATIENCE_S = 5.0
"""A question takes milliseconds."""

Found = TypeVar("Found")


class HistoryAway(Exception):  # noqa: N818 - it is no bug: the disk or the file does not answer
    """The history cannot be asked now; the text says why."""


class Shelf:
    """Asks the history; bound to one loop."""

    def __init__(
        self, reader: HistoryReader, group: asyncio.TaskGroup, *, patience_s: float = PATIENCE_S
    ) -> None:
        """Take the reader, and who waits for questions that take long."""
        self._reader = reader
        self._group = group
        self._patience_s = patience_s
        self._free = asyncio.Semaphore(MAX_ASKED)

    async def ask(self, question: Callable[[HistoryReader], Awaitable[Found]]) -> Found:
        """The answer to a question.

        Raises:
            HistoryAway: it does not come in time, or not at all.
        """
        answer: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._patience_s):
                await self._free.acquire()
                self._begin(self._carry_out(question, answer))
                return await answer
        except TimeoutError:
            message = f"the history gave no answer in {self._patience_s:g} s"
            raise HistoryAway(message) from None

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        """A thread cannot be interrupted: its place is given back when it has ended."""
        try:
            self._group.create_task(work)
        except RuntimeError:  # the group has ended: what still asks is a connection that closes
            work.close()
            self._free.release()
            message = "the server is being stopped"
            raise HistoryAway(message) from None

    async def _carry_out(
        self,
        question: Callable[[HistoryReader], Awaitable[Found]],
        answer: asyncio.Future[Found],
    ) -> None:
        try:
            found = await question(self._reader)
        except Exception as error:  # noqa: BLE001 - whatever the file is like, the pages go on
            if not answer.done():
                answer.set_exception(HistoryAway(f"the history cannot be read: {error}"))
        else:
            if not answer.done():
                answer.set_result(found)
        finally:
            self._free.release()
