"""``eoskeeper watch``: what the status page shows, live in a terminal.

It only reads, and goes on when the keeper does not: then it shows how old the picture is.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import msgspec
from rich.console import Console
from rich.live import Live

from eoskeeper.cli.common import Exit, fail, load_or_exit
from eoskeeper.cli.frame import View, frame
from eoskeeper.cli.frame_words import say
from eoskeeper.config import Config
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.events import Event
from eoskeeper.domain.findings import Language
from eoskeeper.domain.report import Report
from eoskeeper.runtime import clock
from eoskeeper.runtime.control_client import ControlError, call
from eoskeeper.runtime.control_messages import Failure, StatusRequest
from eoskeeper.runtime.journal import JournalError, JournalReader

__all__ = ["Watcher", "watch"]

REFRESH_S = 1.0

ANSWER_WITHIN_S = 2.0
"""A keeper answers in milliseconds; one that hangs must not freeze the picture for long."""

DECISIONS = 200
"""More than any window has lines for."""

ENDED_BY_SIGTERM = 128 + signal.SIGTERM


def watch(path: Path | None, language: Language | None, *, once: bool) -> int:
    """Show the picture until ctrl-C, or once; returns the exit code."""
    config = load_or_exit(path)
    language = config.language if language is None else language
    watcher, console = Watcher(config, language, clock.read), Console(highlight=False)
    # rich calls a pipe a terminal when FORCE_COLOR is set.
    is_live = console.is_terminal and sys.stdout.isatty() and not console.is_dumb_terminal
    if once or not is_live:
        if not once:
            Console(stderr=True).print(say("no_terminal", language), markup=False, style="dim")
        return _show_once(watcher, console)
    try:
        with _ended_by_sigterm():
            _show_live(watcher, console)
    except KeyboardInterrupt:
        return Exit.DONE


def _show_once(watcher: Watcher, console: Console) -> int:
    view = watcher.look(console.width, None)
    if view.report is None:
        raise fail(Exit.NO_KEEPER, view.trouble)
    console.print(frame(view))
    return Exit.DONE


def _show_live(watcher: Watcher, console: Console) -> NoReturn:
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            begin_s = clock.read().mono_s
            width, height = console.size
            live.update(frame(watcher.look(width, height)), refresh=True)
            time.sleep(max(0.1, REFRESH_S - (clock.read().mono_s - begin_s)))


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM unwind, so that the terminal is given back as it was."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(ENDED_BY_SIGTERM)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Watcher:
    """Looks at the keeper and its journal, and remembers what it saw last."""

    def __init__(self, config: Config, language: Language, read_clock: clock.Clock) -> None:
        """Take where to look and the language of the frames; nothing is opened yet."""
        self._socket = config.paths.control_socket
        self._language = language
        self._read_clock = read_clock
        self._decisions = _Decisions(config.paths.state / "journal")
        self._report: Report | None = None
        self._new_at: Moment | None = None

    def look(self, columns: int, rows: int | None) -> View:
        """What is known now, for a window of that size."""
        trouble = self._ask()
        events, events_trouble = self._decisions.read()
        return View(
            report=self._report,
            report_age_s=self._age_s(),
            trouble=trouble,
            events=events,
            events_trouble=events_trouble,
            language=self._language,
            columns=columns,
            rows=rows,
        )

    def _ask(self) -> str:
        """Take the newest report; why there is none, else empty."""
        try:
            response = call(self._socket, StatusRequest(), ANSWER_WITHIN_S)
            if isinstance(response, Failure):
                return response.message
            report = msgspec.json.decode(response.payload, type=Report)
        except ControlError as error:
            return str(error)
        except msgspec.DecodeError as error:
            return f"the keeper is of another version: {error}"
        if self._report is None or report.at_utc != self._report.at_utc:
            self._new_at = self._read_clock()
        self._report = report
        return ""

    def _age_s(self) -> float:
        """Since the report changed for the last time: also a cycle that stands still shows."""
        if self._report is None or self._new_at is None:
            return 0.0
        was_s = max(0.0, self._new_at.utc_s - self._report.at_utc)
        return was_s + self._read_clock().mono_s - self._new_at.mono_s


class _Decisions:
    """Newest events of the journal, read again only when its files have changed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._reader: JournalReader[Event] = JournalReader(directory, Event)
        self._seen: tuple[tuple[str, int], ...] | None = None
        self._events: tuple[Event, ...] = ()

    def read(self) -> tuple[tuple[Event, ...], str]:
        """Events, oldest first, and why they are not the newest; empty when they are."""
        try:
            files = sorted(self._directory.glob("journal-*.jsonl"))
            seen = tuple((file.name, file.stat().st_size) for file in files)
            if seen != self._seen:
                self._events = tuple(self._reader.read_last(DECISIONS))
                self._seen = seen
        except (JournalError, OSError) as error:
            return self._events, str(error)
        return self._events, ""
