"""Asks systemd about the unit of nodeos: does it run, and how did its last process end.

The exit status says what no probe of the node can: that it ended with a dirty database, for
instance. A host without systemd is one of many: no reading, no alarm.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.samples import FailureReason, ProbeFailed, ProbeName, UnitRead

__all__ = ["UnitProbe", "UnitSettings", "parse_unit"]

_PROPERTIES = "LoadState,ActiveState,SubState,ExecMainStatus,ExecMainCode,NRestarts"

_ACTIVE = frozenset({"active", "reloading", "refreshing"})
"""States in which the main process runs. Source: systemd, src/basic/unit-def.c."""

_EXITED, _KILLED, _DUMPED = 1, 2, 3
"""How a process ended; 0 is none that did. Source: waitid(2), CLD_EXITED and so on."""

_FIGURE = re.compile(r"[0-9]{1,10}\Z")
"""systemd counts with 32 bits."""

_DETAIL_CHARACTERS = 200


class UnitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which unit, and how it is asked for.

    Attributes:
        unit: its name; without an ending it is a service.
        systemctl: name or path of the program.
        timeout_s: seconds until systemctl must have answered; then it is ended.
    """

    unit: Annotated[str, Meta(pattern=r"^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]{0,250}\Z")]
    systemctl: str = "systemctl"
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 2.0


class UnitProbe:
    """Reads one unit, by one short-lived systemctl for each reading."""

    def __init__(self, settings: UnitSettings, clock: Callable[[], Moment]) -> None:
        """Nothing is started here; the clock is read when the answer is there."""
        self._settings = settings
        self._clock = clock

    async def read(self) -> UnitRead | ProbeFailed:
        """Ask once."""
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                status, out, complaint = await self._ask()
        except TimeoutError:
            limit_s = self._settings.timeout_s
            return self._failed(FailureReason.TIMED_OUT, f"no answer in {limit_s:g} s")
        except OSError as problem:
            denied = isinstance(problem, PermissionError)
            reason = FailureReason.NOT_PERMITTED if denied else FailureReason.MISSING
            return self._failed(reason, f"{self._settings.systemctl}: {problem.strerror}")
        if status != 0:
            denied = "denied" in complaint.lower()
            reason = FailureReason.NOT_PERMITTED if denied else FailureReason.MISSING
            return self._failed(reason, f"systemctl ended with {status}: {complaint}")
        return parse_unit(out, self._settings.unit, self._clock())

    async def _ask(self) -> tuple[int, str, str]:
        """Exit status, output and complaint of systemctl, which does not outlive this call."""
        process = await asyncio.create_subprocess_exec(
            *(self._settings.systemctl, "show", "--no-pager", f"--property={_PROPERTIES}"),
            *("--", self._settings.unit),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            process_group=0,
        )
        try:
            out, complaint = await process.communicate()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        assert process.returncode is not None
        return process.returncode, out.decode("utf-8", "replace"), _one_line(complaint)

    def _failed(self, reason: FailureReason, detail: str) -> ProbeFailed:
        return _failure(self._clock(), reason, detail, self._settings.unit)


def parse_unit(text: str, unit: str, now: Moment) -> UnitRead | ProbeFailed:
    """Make a reading of what ``systemctl show`` printed: one ``Name=value`` a line.

    A unit that systemd does not know is missing; properties that an old systemd lacks
    (``NRestarts`` before 235) count as zero.

    Source: systemctl(1), ``show``; org.freedesktop.systemd1(5), ``ExecMainCode``.
    """
    told = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    state = told.get("ActiveState", "")
    figures = [_figure(told, name) for name in ("ExecMainCode", "ExecMainStatus", "NRestarts")]
    code, status, restarts = figures
    if not state or code is None or status is None or restarts is None:
        return _failure(now, FailureReason.UNEXPECTED_SHAPE, "not a unit's properties", unit)
    if told.get("LoadState") == "not-found":
        return _failure(now, FailureReason.MISSING, "systemd knows no such unit", unit)
    return UnitRead(
        at=now,
        unit=unit,
        active=state in _ACTIVE,
        sub_state=_printable(told.get("SubState", "")),
        exit_status=status if code in (_EXITED, _KILLED, _DUMPED) else None,
        by_signal=code in (_KILLED, _DUMPED),
        restarts=restarts,
    )


def _figure(told: dict[str, str], name: str) -> int | None:
    """0 when it is not told; None when it is no number."""
    text = told.get(name, "0")
    return int(text) if _FIGURE.match(text) else None


def _one_line(complaint: bytes) -> str:
    return _printable(complaint.decode("utf-8", "replace").strip())


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text[:_DETAIL_CHARACTERS])


def _failure(now: Moment, reason: FailureReason, detail: str, unit: str) -> ProbeFailed:
    return ProbeFailed(now, ProbeName.UNIT, reason, f"{unit}: {detail}", subject=unit)
