"""Run a hook: the operator's program under a warden, never through a shell, never for long.

Errors of the program are values; the caller gets a result within ``longest_s``, and when the
caller is cancelled or the keeper killed, the warden ends all that the hook started.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from pathlib import Path

import msgspec

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.hooks import (
    GRACE_S,
    HookCall,
    HookEnding,
    HookRan,
    HookResult,
    answer_limit_s,
    environment_of,
    leave_limit_s,
    result_of,
)

__all__ = ["not_run", "run_hook"]

WARDEN = Path(__file__).with_name("hook_warden.py")


class _Answer(msgspec.Struct, frozen=True):
    """What the warden says."""

    exit_code: int | None = None
    by_signal: int | None = None
    timed_out: bool = False
    missing: str = ""
    output: str = ""
    stragglers: int = 0
    unkillable: int = 0


async def run_hook(call: HookCall, clock: Callable[[], Moment]) -> HookRan:
    """Run one hook to its end, or end it."""
    started = clock()
    try:
        process = await _start(call)
    except OSError as error:
        return _failed(call, started, clock(), f"no warden: {error.strerror}")
    try:
        async with asyncio.timeout(answer_limit_s(call.timeout_s)):
            assert process.stdout is not None
            answer = msgspec.json.decode(await process.stdout.read(), type=_Answer)
            await process.wait()
    except TimeoutError:
        return _failed(call, started, clock(), "the warden did not answer")
    except msgspec.DecodeError:
        return _failed(call, started, clock(), "the warden ended without an answer")
    finally:
        await _leave(process)
    return _ran(call, started, clock(), answer)


def not_run(call: HookCall, now: Moment, detail: str) -> HookRan:
    """The result of a hook that was not started at all."""
    return _failed(call, now, now, detail)


async def _start(call: HookCall) -> Process:
    """The warden gets the hook's environment, so there is no other one that could leak."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(WARDEN)),
        *(repr(call.timeout_s), repr(GRACE_S), *call.program),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env=environment_of(call),
        start_new_session=True,
    )


async def _leave(process: Process) -> None:
    """Close the lifeline, upon which the warden tidies up; kill it only when it does not end."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(leave_limit_s()):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _ran(call: HookCall, started: Moment, now: Moment, answer: _Answer) -> HookRan:
    ending = HookEnding(
        exit_code=answer.exit_code,
        by_signal=answer.by_signal,
        timed_out=answer.timed_out,
        missing=answer.missing,
    )
    result = result_of(call.name, ending)
    return HookRan(
        at=now,
        started=started,
        name=call.name,
        result=result,
        term=call.context.term,
        # The status of one that was told to end is an answer to the signal, not to the question.
        exit_code=None if answer.timed_out else answer.exit_code,
        output=answer.output,
        detail=_detail(call, answer, result),
        stragglers=answer.stragglers,
        unkillable=answer.unkillable,
    )


def _detail(call: HookCall, answer: _Answer, result: HookResult) -> str:
    match result:
        case HookResult.MISSING:
            return f"{call.program[0]}: {answer.missing}"
        case HookResult.TIMED_OUT:
            return f"ended after {call.timeout_s:g} s"
        case _ if answer.by_signal is not None:
            return f"ended by signal {answer.by_signal}"
        case _:
            return f"exit status {answer.exit_code}"


def _failed(call: HookCall, started: Moment, now: Moment, detail: str) -> HookRan:
    return HookRan(
        at=now,
        started=started,
        name=call.name,
        result=HookResult.FAILED,
        term=call.context.term,
        detail=detail,
    )
