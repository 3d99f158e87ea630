"""What the guard is told once, in a file of JSON: where nodeos is, and how long each rung has.

Every problem is found before anything starts; a key that nobody knows is one.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

__all__ = ["LEAST_ANSWER_S", "Settings", "SettingsError", "load", "parse", "worst_time_s"]


class SettingsError(ValueError):
    """The file has problems; each is a line."""


class Settings(NamedTuple):
    """Settings of the guard; times in seconds.

    Attributes:
        api: where nodeos takes ``pause``: ``HOST:PORT``, or the absolute path of its socket.
        paused_api: where it answers ``paused``, where that is another address; "" is ``api``.
        programs: names an executable may have to be taken for nodeos; others are never touched.
        own_producers: our producers, whose blocks say nothing of whether others hear us.
        record: append-only file of what was done and why.
        memory: file in a folder that a reboot empties, from which a restarted guard goes on.
        longest_s: how far ahead of now a deadline may lie.
        kill: whether SIGKILL is the last thing to try: it leaves a dirty database.
        gate: command that shuts a signing gate, without a shell; empty for none.
        worst_s: what the worst time of a fence, K, may come to.
        pause_s: of the whole first rung: acknowledged, drained, read back.
        drain_s: one block interval (0.5 s) and a margin, for the block that is being built.
        gate_s, freeze_s, stop_s, kill_s: of the other rungs.
        record_s: of writing down the intent; a sick disk must not hold up the fence.
        find_s: of finding who listens.
        tick_s: longest sleep, so that a guard that was stopped itself wakes up so soon.
        isolation_s: in mode "look", without another producer's block for so long, it fences.
        unanswered_s: in mode "look", and without a word from nodeos.
        own_turn_limit_s: longest stretch of own blocks that speaks neither for nor against us.
    """

    api: str = "127.0.0.1:8888"
    paused_api: str = ""
    programs: tuple[str, ...] = ("nodeos",)
    own_producers: tuple[str, ...] = ()
    record: str = "/var/lib/eoskeeper-guard/record.jsonl"
    memory: str = "/run/eoskeeper-guard/memory.json"
    longest_s: float = 60.0
    kill: str = "last"
    gate: tuple[str, ...] = ()
    worst_s: float = 2.5
    pause_s: float = 1.7
    drain_s: float = 0.6
    gate_s: float = 0.3
    freeze_s: float = 0.1
    stop_s: float = 0.15
    kill_s: float = 0.25
    record_s: float = 0.1
    find_s: float = 0.1
    tick_s: float = 0.1
    isolation_s: float = 30.0
    unanswered_s: float = 60.0
    own_turn_limit_s: float = 7.0


LEAST_ANSWER_S = 0.1
"""Kept of the first rung for what nodeos answers after the drain."""

_WORDS = ("api", "paused_api", "record", "memory", "kill")
_LISTS = ("programs", "own_producers", "gate")
_LONGEST_TIME_S = 3600.0


def worst_time_s(settings: Settings) -> float:
    """K: the most that can pass from the deadline to a proven stop, every rung being needed."""
    gate_s = settings.gate_s if settings.gate else 0.0
    kill_s = settings.kill_s if settings.kill == "last" else 0.0
    before_s = settings.tick_s + settings.record_s + settings.find_s
    return before_s + settings.pause_s + gate_s + settings.freeze_s + settings.stop_s + kill_s


def load(path: str) -> Settings:
    """Read the file.

    Raises:
        SettingsError: it cannot be read, or has problems.
    """
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib is memory
            return parse(file.read())
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise SettingsError(message) from error


def parse(text: str) -> Settings:
    """Read the text of a file.

    Raises:
        SettingsError: with every problem.
    """
    try:
        told = json.loads(text)
    except ValueError as error:
        message = f"no JSON: {error}"
        raise SettingsError(message) from error
    if not isinstance(told, dict):
        message = "not an object"
        raise SettingsError(message)
    problems = [problem for key, value in told.items() if (problem := _problem(key, value))]
    if problems:
        raise SettingsError("\n".join(problems))
    checked: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in told.items()
    }
    settings = Settings(**checked)
    problems = _disagreements(settings)
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _problem(key: str, value: object) -> str | None:
    if key not in Settings._fields:
        return f"{key}: unknown"
    if key in _WORDS:
        return None if isinstance(value, str) else f"{key}: not a text"
    if key in _LISTS:
        words = isinstance(value, list) and all(isinstance(word, str) for word in value)
        return None if words else f"{key}: not a list of texts"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{key}: not a number of seconds"
    return None if 0 < value <= _LONGEST_TIME_S else f"{key}: not within 0 to {_LONGEST_TIME_S:g} s"


def _disagreements(settings: Settings) -> list[str]:
    problems = []
    if settings.kill not in {"last", "never"}:
        problems.append('kill: neither "last" nor "never"')
    if not settings.programs:
        problems.append("programs: empty")
    for key in ("api", "paused_api"):
        address = getattr(settings, key)
        if address and not _is_address(address):
            problems.append(f"{key}: neither HOST:PORT nor an absolute path")
    if settings.drain_s < 0.5:  # noqa: PLR2004 - a block interval
        problems.append("drain_s: shorter than a block interval of 0.5 s")
    if settings.pause_s < settings.drain_s + 2 * LEAST_ANSWER_S:
        problems.append("pause_s: too short for drain_s and the answers")
    if settings.gate and not settings.gate[0].startswith("/"):
        problems.append("gate: its program is not an absolute path")
    if (worst_s := worst_time_s(settings)) > settings.worst_s + 1e-9:
        problems.append(
            f"worst_s: the rungs take {worst_s:.2f} s, more than {settings.worst_s:g} s"
        )
    return problems


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return text.startswith("/") or (bool(host) and port.isdecimal() and 0 < int(port) < 2**16)
