"""An event loop whose clock jumps to the next timer: tests of periods take no real time.

Real sockets and signals still work; while one of them is due, the clock waits for nobody.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


class _Jumping(selectors.DefaultSelector):
    """Instead of sleeping until the next timer, says by how much time has jumped."""

    jumped_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Look at sockets without waiting, unless there is no timer to jump to."""
        if timeout is None:
            return super().select(timeout)
        ready = super().select(0)
        if not ready:
            self.jumped_s += max(timeout, 0.0)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Starts at zero seconds; ``time`` moves only by jumps."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._jumping.jumped_s

    def spend(self, seconds: float) -> None:
        """Let time pass without the loop turning, as a blocking call does."""
        self._jumping.jumped_s += seconds


def run(main: Coroutine[object, object, T]) -> T:
    """``asyncio.run`` in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)


def spend(seconds: float) -> None:
    """See ``VirtualTimeLoop.spend``, for the running loop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    loop.spend(seconds)
