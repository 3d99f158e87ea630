"""Follows the nodeos log in the systemd journal, through ``journalctl -f`` as a child process.

For units whose output goes to the journal only. journald may drop lines of a unit that prints too
much and tells it under its own name only, so proofs by absence are weaker here than with a file.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING

from eoskeeper.domain.samples import FailureReason, ProbeFailed, ProbeName
from eoskeeper.probes.log_follow import LogReader, LogSample, LogSettings

if TYPE_CHECKING:
    from eoskeeper.domain.chain_time import Moment

__all__ = ["JournalFollower"]

_BLOCK_BYTES = 64 * 1024
"""One read: the capacity of a pipe. Source: pipe(7)."""

_STOP_S = 2.0
"""For so long journalctl may take to end when asked to."""

_DETAIL_CHARACTERS = 300


class _Child:
    """A running journalctl and the reading ends of its two outputs."""

    def __init__(
        self, process: asyncio.subprocess.Process, out: int, err: int, now: Moment
    ) -> None:
        self.process = process
        self.started = now
        self.out = out
        self._err = err
        self._complaint = b""

    def complaint(self) -> str:
        """The end of what it said on its standard error."""
        data, _ = _drain(self._err, _BLOCK_BYTES)
        self._complaint = (self._complaint + data)[-_DETAIL_CHARACTERS:]
        return self._complaint.decode("utf-8", "replace").strip()

    async def stop(self) -> int:
        """End it with all that it started, and give its pipes back; its exit status."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_S):
                status = await self.process.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
            status = await self.process.wait()
        os.close(self.out)
        os.close(self._err)
        return status

    def _signal(self, number: signal.Signals) -> None:
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


class JournalFollower:
    """Follows one unit; started by its first pass and again, after a delay, when it has ended.

    After such a restart it begins at the second of the newest line told, so that lines of that
    second come twice and none is left out.
    """

    def __init__(self, unit: str, settings: LogSettings) -> None:
        self._unit = unit
        self._settings = settings
        self._reader = LogReader()
        self._child: _Child | None = None
        self._failure: ProbeFailed | None = None
        self._ran_before = False

    async def read_pass(self, now: Moment) -> list[LogSample]:
        """Read what is there, at most ``pass_bytes``, without waiting for more.

        Returns:
            As ``LogFollower.read_pass``: samples, closed by ``LogFollowed`` or ``ProbeFailed``.
        """
        if self._child is None:
            failure = await self._start(now)
            if failure is not None:
                return [failure]
        child = self._child
        assert child is not None
        data, ended = _drain(child.out, self._settings.pass_bytes)
        told = self._reader.read(data, now)
        if ended:
            return [*told, await self._ended(child, now)]
        child.complaint()  # or its pipe fills up and it stands still
        settled = now.mono_s - child.started.mono_s >= self._settings.journal_settle_s
        behind = len(data) >= self._settings.pass_bytes
        part = bool(data) and self._reader.splitter.pending > 0
        at_end = settled and not behind and not part
        return [*told, self._reader.followed(now, at_end=at_end)]

    async def close(self) -> None:
        """End journalctl; a later pass would start it again."""
        child, self._child = self._child, None
        if child is not None:
            await child.stop()

    async def _ended(self, child: _Child, now: Moment) -> ProbeFailed:
        complaint = child.complaint()
        self._child = None
        status = await child.stop()
        denied = "permission" in complaint.lower()
        reason = FailureReason.NOT_PERMITTED if denied else FailureReason.DISCONNECTED
        return self._failed(now, reason, f"journalctl ended with status {status}: {complaint}")

    async def _start(self, now: Moment) -> ProbeFailed | None:
        last = self._failure
        if last is not None and now.mono_s - last.at.mono_s < self._settings.journal_restart_s:
            return ProbeFailed(now, ProbeName.LOG, last.reason, last.detail)
        out, out_of_child = os.pipe()
        err, err_of_child = os.pipe()
        os.set_blocking(out, False)
        os.set_blocking(err, False)
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out_of_child,
                stderr=err_of_child,
                process_group=0,
            )
        except OSError as problem:
            os.close(out)
            os.close(err)
            denied = isinstance(problem, PermissionError)
            reason = FailureReason.NOT_PERMITTED if denied else FailureReason.MISSING
            return self._failed(now, reason, f"journalctl: {problem.strerror}")
        finally:
            os.close(out_of_child)
            os.close(err_of_child)
        self._reader.restart(now)
        if self._ran_before and self._reader.latest_logged_utc is None:
            self._reader.skipped_bytes += 1
        self._ran_before = True
        self._child = _Child(process, out, err, now)
        return None

    def _command(self) -> tuple[str, ...]:
        """Source: journalctl(1); ``-o cat`` prints the message alone, without a time of its own."""
        begin: tuple[str, ...] = ("-n", str(self._settings.journal_lines))
        latest = self._reader.latest_logged_utc
        if latest is not None:
            begin = ("-n", "all", f"--since=@{int(latest)}")
        return ("journalctl", "-o", "cat", "-f", "-u", self._unit, *begin)

    def _failed(self, now: Moment, reason: FailureReason, detail: str) -> ProbeFailed:
        self._failure = ProbeFailed(now, ProbeName.LOG, reason, detail)
        return self._failure


def _drain(descriptor: int, limit: int) -> tuple[bytes, bool]:
    """What is there in a pipe, up to about ``limit`` bytes, and whether its writers are gone."""
    parts: list[bytes] = []
    taken = 0
    while taken < limit:
        try:
            part = os.read(descriptor, _BLOCK_BYTES)
        except BlockingIOError:
            return b"".join(parts), False
        if not part:
            return b"".join(parts), True
        parts.append(part)
        taken += len(part)
    return b"".join(parts), False
