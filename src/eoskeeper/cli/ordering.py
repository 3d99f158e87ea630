"""``eoskeeper pause`` and ``resume``: an operator's orders, carried to the running keeper."""

from __future__ import annotations

import getpass
import time
from pathlib import Path

import msgspec

from eoskeeper.cli.alarming import parse_duration
from eoskeeper.cli.common import Exit, ask, console, fail, load_or_exit, payload
from eoskeeper.domain.maintenance import LONGEST_S
from eoskeeper.domain.memory import CommandAnswer
from eoskeeper.runtime import clock
from eoskeeper.runtime.control_messages import (
    Failure,
    FailureCode,
    MaintenanceRequest,
    PauseRequest,
    Response,
    ResumeRequest,
)

__all__ = ["maintain", "pause", "resume"]

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


def maintain(path: Path | None, by: str, duration: str, *, as_json: bool) -> int:
    """Begin or prolong maintenance for a duration like ``2h``; without one, end it."""
    for_s = parse_duration(duration) if duration else 0.0
    if for_s is None or for_s > LONGEST_S:
        message = f"--for {duration!r}: write a number and s, m or h, like 30m; a day at most"
        raise fail(Exit.USAGE, message)
    config = load_or_exit(path)
    request = MaintenanceRequest(by or getpass.getuser(), for_s)
    told = payload(ask(config, request), CommandAnswer)
    if as_json:
        console.print(msgspec.json.encode(told).decode(), markup=False, soft_wrap=True)
    else:
        console.print(told.reason, markup=False)
    return Exit.DONE


def _not_yet(response: Response) -> bool:
    return isinstance(response, Failure) and response.code is FailureCode.REFUSED
