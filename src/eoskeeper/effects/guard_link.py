"""The keeper's line to its guard: arms, extends and disarms it, and starts one where none runs.

Each request has a connection of its own, so that a late answer is never taken for another's.
Nothing here raises for what the guard does: no answer is ``GuardLost``, and the host cannot hold.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.guard_samples import (
    Fence,
    GuardAnswer,
    GuardLost,
    GuardMode,
    GuardPhase,
    GuardRead,
    GuardRefused,
)

__all__ = ["GuardLink", "GuardLinkSettings"]

ANSWER_LIMIT_BYTES = 64 * 2**10
RESTART_S = 1.0
"""From one start of a guard to the next try."""


class GuardLinkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the guard listens, and who starts it; the table ``[guard]``.

    Attributes:
        socket: path of its Unix socket.
        start: whether the keeper starts one when none answers. It is for hosts without systemd:
            such a guard has nobody to start it again when both are killed.
        config: the file of JSON that a guard started by us reads.
        timeout_s: seconds for one request. A guard that climbs does not answer for up to K.
        period_s: seconds from one question for its state to the next.
        fresh_s: seconds for which an answer counts; after it the host cannot hold.
    """

    socket: str = "/run/eoskeeper-guard/guard.sock"
    start: bool = False
    config: str = "/etc/eoskeeper/guard.json"
    timeout_s: Annotated[float, Meta(ge=0.1, le=10)] = 1.0
    period_s: Annotated[float, Meta(ge=0.1, le=10)] = 0.5
    fresh_s: Annotated[float, Meta(ge=0.5, le=30)] = 2.5


class _Told(msgspec.Struct, frozen=True):
    """An answer as it comes over the socket."""

    ok: bool
    refused: str | None
    phase: GuardPhase
    mode: GuardMode
    term: int
    until_s: float
    can_hold: bool
    unclear: str = ""
    reason: str = ""
    how: str = ""
    last: Fence | None = None


class GuardLink:
    """Talks to one guard."""

    def __init__(self, settings: GuardLinkSettings, clock: Callable[[], Moment]) -> None:
        """Nothing is asked before the first call."""
        self._settings = settings
        self._clock = clock
        self._latest: GuardAnswer | None = None
        self._child: int | None = None
        self._started_s = float("-inf")

    @property
    def latest(self) -> GuardAnswer | None:
        """The last answer, or the lack of one; None before the first question."""
        return self._latest

    def can_hold(self) -> bool:
        """Whether a guard answered lately that has nodeos in hand; without one nobody may hold."""
        latest = self._latest
        if isinstance(latest, GuardRefused):
            latest = latest.read
        if not isinstance(latest, GuardRead):
            return False
        return latest.can_hold and self._clock().mono_s - latest.asked.mono_s < (
            self._settings.fresh_s
        )

    async def keep(self, tell: Callable[[GuardAnswer], None]) -> None:
        """Ask for its state for ever, tell each answer, and start a guard where we have to."""
        while True:
            answer = await self.status()
            tell(answer)
            if isinstance(answer, GuardLost) and self._settings.start:
                self._start()
            await asyncio.sleep(self._settings.period_s)

    async def status(self) -> GuardAnswer:
        """Ask how it is."""
        return await self._order(op="status")

    async def arm(self, term: int, until_s: float, mode: GuardMode) -> GuardAnswer:
        """Begin a term; ``until_s`` on CLOCK_BOOTTIME, counted from the send of its evidence."""
        return await self._order(op="arm", term=term, until_boot_s=until_s, mode=mode)

    async def extend(self, term: int, until_s: float, evidence: str) -> GuardAnswer:
        """Move the deadline, for evidence that was confirmed."""
        return await self._order(op="extend", term=term, until_boot_s=until_s, evidence=evidence)

    async def disarm(self, term: int, proof: str) -> GuardAnswer:
        """End a term, for the proof that this host does not produce."""
        return await self._order(op="disarm", term=term, proof=proof)

    async def fence(self, reason: str) -> GuardAnswer:
        """Climb now; its answer comes after the climb, and may take longer than ``timeout_s``."""
        return await self._order(op="fence", reason=reason)

    async def thaw(self, permit: str) -> GuardAnswer:
        """Let a frozen nodeos go on and end; for an operator's or the protocol's permit only."""
        return await self._order(op="thaw", permit=permit)

    async def _order(self, **order: object) -> GuardAnswer:
        asked = self._clock()
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                line = await self._exchange(msgspec.json.encode(order) + b"\n")
            told = msgspec.json.decode(line, type=_Told)
        except (OSError, ValueError) as error:
            # TimeoutError is an OSError; ValueError is a line too long, or what msgspec refuses.
            detail = str(error) or type(error).__name__
            self._latest = GuardLost(self._clock(), asked, detail)
        else:
            self._latest = self._answer(told, asked)
        return self._latest

    async def _exchange(self, line: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(
            self._settings.socket, limit=ANSWER_LIMIT_BYTES
        )
        try:
            writer.write(line)
            await writer.drain()
            while answer := await reader.readline():
                # What the guard tells everybody comes in between.
                if not answer.startswith(b'{"event"'):
                    return answer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        message = "the guard hung up"
        raise ConnectionError(message)

    def _answer(self, told: _Told, asked: Moment) -> GuardRead | GuardRefused:
        at = self._clock()
        read = GuardRead(
            at=at,
            asked=asked,
            phase=told.phase,
            mode=told.mode,
            term=told.term,
            until_s=told.until_s,
            can_hold=told.can_hold,
            unclear=told.unclear,
            reason=told.reason,
            how=told.how,
            last=told.last,
        )
        return read if told.ok else GuardRefused(at, told.refused or "no reason given", read)

    def _start(self) -> None:
        """Start a guard that outlives us: a session of its own, and nobody's to end.

        Not by asyncio, which kills its processes when the loop ends.
        """
        now_s = self._clock().mono_s
        if self._child_lives() or now_s - self._started_s < RESTART_S:
            return
        self._started_s = now_s
        settings = self._settings
        command = [sys.executable, "-m", "eoskeeper.guard"]
        command += ["--config", settings.config, "--socket", settings.socket]
        nowhere = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)]
        with contextlib.suppress(OSError):
            self._child = os.posix_spawn(
                sys.executable, command, os.environ, file_actions=nowhere, setsid=True
            )

    def _child_lives(self) -> bool:
        """Whether the one that we started runs; it is collected when it does not."""
        if self._child is None:
            return False
        try:
            ended, _ = os.waitpid(self._child, os.WNOHANG)
        except ChildProcessError:
            ended = self._child
        if ended:
            self._child = None
        return not ended
