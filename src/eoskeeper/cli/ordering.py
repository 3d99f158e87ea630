"""``eoskeeper pause`` and ``resume``: an operator's orders, carried to the running keeper."""

from __future__ import annotations

import getpass
import time
from pathlib import Path

from eoskeeper.cli.common import Exit, ask, console, load_or_exit, payload
from eoskeeper.domain.memory import CommandAnswer
from eoskeeper.runtime import clock
from eoskeeper.runtime.control_messages import (
    Failure,
    FailureCode,
    PauseRequest,
    Response,
    ResumeRequest,
)

__all__ = ["pause", "resume"]

ASK_AGAIN_S = 1.0


def pause(path: Path | None, by: str) -> int:
    """Order a pause; returns the exit code."""
    config = load_or_exit(path)
    told = payload(ask(config, PauseRequest(by or getpass.getuser())), CommandAnswer)
    console.print(told.reason)
    return Exit.DONE


def resume(path: Path | None, by: str, wait_s: float, *, others_paused: bool) -> int:
    """Order a resume, for up to ``wait_s`` seconds again and again while it is not safe."""
    config = load_or_exit(path)
    request = ResumeRequest(by or getpass.getuser(), others_paused)
    give_up = clock.read().mono_s + wait_s
    response = ask(config, request)
    if _not_yet(response) and wait_s:
        console.print(f"waiting up to {wait_s:g} s until it is safe", markup=False)
    while _not_yet(response) and clock.read().mono_s < give_up:
        time.sleep(ASK_AGAIN_S)
        response = ask(config, request)
    console.print(payload(response, CommandAnswer).reason, markup=False)
    return Exit.DONE


def _not_yet(response: Response) -> bool:
    return isinstance(response, Failure) and response.code is FailureCode.REFUSED
