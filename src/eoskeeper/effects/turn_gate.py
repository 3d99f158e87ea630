"""Keeps a nodeos that may not produce from running during our own turn.

Invariant: while the gate is guarded, a nodeos of ours that is not proven paused does not run
from shortly before our own turn to its end; and nothing that the gate stopped stays stopped for
more than ten seconds, whatever becomes of the keeper.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable

from eoskeeper.domain.chain_time import Moment
from eoskeeper.effects.nodeos_identity import (
    Identity,
    Life,
    has_identity,
    identity_of,
    pids,
    read_life,
)

__all__ = ["TurnGate"]

LOOK_S = 0.1
"""From one look to the next: nodeos needs some 400 ms to its first block."""

FRESH_S = 1.0
"""For so long a new process is looked at each time: it may not be what it will be (exec)."""

FULL_LOOK_S = 1.0
"""How often everybody else is looked at again: a script may become nodeos late."""

HOLD_LIMIT_S = 9.0
"""Longest hold: an own turn with its margins takes 7.7 s."""

RELEASER_EXTRA_S = 1.0
"""The releaser goes off so much later than the hold should have ended."""

_RELEASER = (
    'trap "kill -CONT $1; kill \\$!; exit" TERM INT HUP ABRT QUIT; sleep $2 & wait; kill -CONT $1'
)
"""``wait`` ends at a signal, a ``sleep`` in the foreground would delay it.

systemd signals the whole control group: SIGTERM, or SIGABRT by its watchdog, and SIGKILL later.
Source: systemd.kill(5), POSIX sh, ``wait`` and ``trap``.
"""


class _Held:
    """One stopped process, and who continues it should we not."""

    def __init__(self, life: Life, descriptor: int, until_mono_s: float, left_s: float) -> None:
        self.life = life
        self.descriptor = descriptor
        self.until_mono_s = until_mono_s
        self.releaser = _start_releaser(life.pid, left_s + RELEASER_EXTRA_S)

    def stop(self) -> bool:
        """Stop it, again if somebody continued it; False when it is gone or not ours to stop."""
        try:
            signal.pidfd_send_signal(self.descriptor, signal.SIGSTOP)
        except OSError:
            return False
        return True

    def release(self) -> None:
        """Continue it; the releaser is ended last, so that one of both does it in any case."""
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self.descriptor, signal.SIGCONT)
        os.close(self.descriptor)
        with contextlib.suppress(OSError):
            os.killpg(self.releaser.pid, signal.SIGKILL)
        self.releaser.wait()


class TurnGate:
    """Stops our nodeos where ``guard`` runs and an own turn is on; else it does nothing.

    It knows our nodeos by what ``remember`` read of it while it ran; before that it stops nobody.
    """

    def __init__(
        self, own_turn_left_s: Callable[[Moment], float], clock: Callable[[], Moment]
    ) -> None:
        """Nothing is looked at before ``guard`` runs.

        Args:
            own_turn_left_s: seconds until the own turn that is near is over; 0 when none is.
        """
        self._own_turn_left_s = own_turn_left_s
        self._clock = clock
        self._pid: int | None = None
        self._identity: Identity | None = None
        self._held: dict[int, _Held] = {}
        self._let_go: set[Life] = set()
        self._spared: frozenset[Life] = frozenset()
        self._known: set[int] = set()
        self._fresh: dict[int, float] = {}
        self._matching: set[int] = set()
        self._full_look_s = 0.0
        self._holds_begun = 0

    @property
    def held(self) -> bool:
        """Whether a process is stopped by us now."""
        return bool(self._held)

    @property
    def holds_begun(self) -> int:
        """Number of processes that were stopped since the keeper started."""
        return self._holds_begun

    def holds(self, pid: int) -> bool:
        """Whether that process is stopped by us now."""
        return pid in self._held

    def remember(self, pid: int) -> None:
        """Take this process for our nodeos; it is read only when the number is a new one."""
        if pid == self._pid:
            return
        identity = identity_of(pid)
        if identity is not None:
            self._pid, self._identity = pid, identity

    def present(self) -> frozenset[Life]:
        """Our nodeos and its children, as they run now."""
        if self._identity is None:
            return frozenset()
        readings = (read_life(pid) for pid in pids() if self._is_ours(pid))
        return frozenset(reading.life for reading in readings if reading is not None)

    def spare(self, proven: frozenset[Life]) -> None:
        """Stop those no more: they are proven to be paused; everybody else's proof is void."""
        self._spared = proven

    async def guard(self) -> None:
        """Look for ever; whatever ends it, nobody is left stopped."""
        try:
            while True:
                self.look(self._clock())
                await asyncio.sleep(LOOK_S)
        finally:
            self.release()

    def look(self, now: Moment) -> None:
        """Stop whom an own turn finds running, continue them after it.

        A hold that has lasted too long, because the clock was set back, ends and is not begun
        again in this own turn.
        """
        left_s = 0.0 if self._identity is None else self._own_turn_left_s(now)
        if left_s <= 0:
            self.release()
            return
        for pid in self._candidates(now):
            if (held := self._held.get(pid)) is None:
                self._consider(pid, now, left_s)
            elif now.mono_s >= held.until_mono_s or not held.stop():
                del self._held[pid]
                self._let_go.add(held.life)
                held.release()

    def release(self) -> None:
        """Continue everybody and forget what was seen."""
        self._known.clear()
        self._fresh.clear()
        self._matching.clear()
        self._let_go.clear()
        while self._held:
            _, held = self._held.popitem()
            held.release()

    def _candidates(self, now: Moment) -> list[int]:
        """Those that are ours or held, the new ones, and once a second everybody."""
        present = set(pids())
        old_s = now.mono_s - FRESH_S
        fresh = {pid: since_s for pid, since_s in self._fresh.items() if since_s > old_s}
        fresh.update(dict.fromkeys(present - self._known, now.mono_s))
        self._known, self._fresh = present, fresh
        if now.mono_s - self._full_look_s >= FULL_LOOK_S:
            self._full_look_s = now.mono_s
            return sorted(present | set(self._held))
        return sorted(self._matching.union(fresh, self._held))

    def _consider(self, pid: int, now: Moment, left_s: float) -> None:
        """Stop a process if it is ours, runs, and nothing speaks for it."""
        self._matching.discard(pid)
        if not self._is_ours(pid):
            return
        self._matching.add(pid)
        with contextlib.suppress(OSError):
            descriptor = os.pidfd_open(pid)
            if (held := self._taken(pid, descriptor, now, left_s)) is None:
                os.close(descriptor)
                return
            self._held[pid] = held
            self._holds_begun += 1
            if not held.stop():
                del self._held[pid]
                held.release()

    def _taken(self, pid: int, descriptor: int, now: Moment, left_s: float) -> _Held | None:
        """Read the process behind the descriptor once more; None when it is to be left alone.

        One that is stopped already was stopped by somebody else, who may continue it.
        Source: pidfd_open(2), Linux 5.3: the number cannot change hands behind the descriptor.
        """
        found = read_life(pid)
        if found is None or found.is_stopped or found.is_dead or not self._is_ours(pid):
            return None
        if found.life in self._spared or found.life in self._let_go:
            return None
        hold_s = min(left_s, HOLD_LIMIT_S)
        try:
            return _Held(found.life, descriptor, now.mono_s + hold_s, hold_s)
        except OSError:
            # Without a releaser it might stay stopped for ever.
            return None

    def _is_ours(self, pid: int) -> bool:
        ours = self._identity
        return ours is not None and pid != os.getpid() and has_identity(pid, ours)


def _start_releaser(pid: int, after_s: float) -> subprocess.Popen[bytes]:
    """Start what continues a process after a time even if the keeper is killed.

    Raises:
        OSError: no process could be started.
    """
    return subprocess.Popen(  # noqa: S603 (figures only)
        ["/bin/sh", "-c", _RELEASER, "turn-gate-releaser", str(pid), f"{after_s:.1f}"],
        env={"PATH": "/usr/bin:/bin"},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
