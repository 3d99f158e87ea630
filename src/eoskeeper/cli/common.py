"""What all commands share: exit codes, the console, the configuration, asking the keeper."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path
from typing import TypeVar

import msgspec
import typer
from rich.console import Console

from eoskeeper.config import Config, ConfigError, load
from eoskeeper.runtime.control_client import ControlError, call
from eoskeeper.runtime.control_messages import Answer, Failure, FailureCode, Request, Response

__all__ = ["Exit", "ask", "console", "fail", "load_or_exit", "payload"]

console = Console(highlight=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)

Payload = TypeVar("Payload")


class Exit(IntEnum):
    """Exit codes of every command; documented in ``eoskeeper --help``."""

    DONE = 0
    NOT_WELL = 1
    USAGE = 2
    NO_KEEPER = 3


def fail(code: Exit, message: str) -> typer.Exit:
    """Print a message to standard error; to be raised."""
    _errors.print(message, style="red", markup=False)
    return typer.Exit(code)


def load_or_exit(path: Path | None) -> Config:
    """The configuration, or exit 2 with every problem of it."""
    try:
        return load(path)
    except ConfigError as error:
        raise fail(Exit.USAGE, str(error)) from None


def ask(config: Config, request: Request, timeout_s: float = 8.0) -> Response:
    """Ask the keeper that runs with this configuration; exit 3 when none answers."""
    try:
        return call(config.paths.control_socket, request, timeout_s)
    except ControlError as error:
        raise fail(Exit.NO_KEEPER, str(error)) from None


def payload(response: Response, kind: type[Payload]) -> Payload:
    """What the keeper answered; exit 1 with its reason when it would not."""
    if isinstance(response, Failure):
        code = Exit.NO_KEEPER if response.code is FailureCode.BUSY else Exit.NOT_WELL
        raise fail(code, response.message)
    assert isinstance(response, Answer)
    return msgspec.json.decode(response.payload, type=kind)
