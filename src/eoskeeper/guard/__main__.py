"""``python -m eoskeeper.guard``: runs the guard, checks what it can do, or asks one that runs.

No argparse: it would be memory that has to be locked.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys

from eoskeeper.guard.checking import check
from eoskeeper.guard.clock import boot_s
from eoskeeper.guard.deadline import Phase
from eoskeeper.guard.feeding import Feeder
from eoskeeper.guard.guarding import Guard
from eoskeeper.guard.listening import Lines
from eoskeeper.guard.memory import Memory, lock_into_memory, shield_from_oom
from eoskeeper.guard.orders import obey
from eoskeeper.guard.scribe import Scribe
from eoskeeper.guard.settings import Settings, SettingsError, load

__all__ = ["main", "run"]

USAGE = """usage: python -m eoskeeper.guard --config FILE --socket PATH
       python -m eoskeeper.guard --config FILE --check
       python -m eoskeeper.guard --config FILE --after-stop
       python -m eoskeeper.guard --socket PATH --ask JSON
"""
MISUSED = 2
"""Exit status for a configuration with problems; another start would find the same ones."""


def main(arguments: list[str]) -> int:
    """Run; the exit status."""
    told = _parse(arguments)
    match told:
        case {"ask": question, "socket": path, **rest} if not rest:
            return _ask(path, question)
        case {"config": config, **rest} if set(rest) in ({"socket"}, {"check"}, {"after-stop"}):
            pass
        case _:
            sys.stderr.write(USAGE)
            return MISUSED
    try:
        settings = load(config)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return MISUSED
    if "check" in rest:
        good, lines = check(settings)
        sys.stdout.write("\n".join([*lines, ""]))
        return 0 if good else 1
    if "after-stop" in rest:
        return _after_stop(settings)
    return _guard(settings, rest["socket"])


def _parse(arguments: list[str]) -> dict[str, str]:
    """Options with their values; a word that is none leads to the usage."""
    told: dict[str, str] = {}
    words = iter(arguments)
    for word in words:
        if word in {"--check", "--after-stop"}:
            told[word[2:]] = ""
        elif word in {"--config", "--socket", "--ask"}:
            told[word[2:]] = next(words, "")
        else:
            told["unknown"] = word
    return told


def _guard(settings: Settings, path: str) -> int:
    """Guard until SIGTERM; an armed guard that is stopped leaves its deadline in memory."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: stopping.append(number))
    guard, lines, feeder = _start(settings, path)
    feeder.ready()
    while not stopping:
        guard.tick()
        for event in guard.to_tell:
            lines.tell_all(json.dumps(event, separators=(",", ":")).encode())
        guard.to_tell.clear()
        for client, line in lines.wait(guard.wait_s()):
            lines.send(client, obey(guard, line))
    lines.close()
    return 0


def _start(settings: Settings, path: str) -> tuple[Guard, Lines, Feeder]:
    scribe = Scribe(settings.record)
    feeder = Feeder.from_environment()
    lines = Lines(path)
    guard = Guard(settings, Memory(settings.memory), scribe, feeder, boot_s)
    for what, problem in (("memory", lock_into_memory()), ("oom score", shield_from_oom())):
        if problem:
            sys.stderr.write(f"guard: {what} not protected: {problem}\n")
            sys.stderr.flush()
    return guard, lines, feeder


def _after_stop(settings: Settings) -> int:
    """Systemd's last word (ExecStopPost): a guard that somebody stopped while it was armed fences.

    One that died is started again and goes on with its deadline, so that nothing is done here
    before that has passed. Source: systemd.exec(5), SERVICE_RESULT.
    """
    memory = Memory(settings.memory)
    state = memory.load()
    died = os.environ.get("SERVICE_RESULT", "success") != "success"
    waits = state.phase is Phase.ARMED and died and boot_s() < state.until_s
    if state.phase is Phase.IDLE or waits:
        return 0
    guard = Guard(settings, memory, Scribe(settings.record), Feeder(None), boot_s)
    guard.fence("the guard was stopped while it was armed")
    return 0 if guard.state.how else 1


def _ask(path: str, question: str) -> int:
    """Send one line and print its answer."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as line:
        line.settimeout(5.0)
        try:
            line.connect(path)
            line.sendall(question.encode() + b"\n")
            answer = line.makefile().readline()
        except OSError as error:
            sys.stderr.write(f"{path}: {error}\n")
            return 1
    sys.stdout.write(answer)
    return 0 if json.loads(answer or "{}").get("ok") else 1


def run() -> int:
    """The command ``eoskeeper-guard``."""
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())
