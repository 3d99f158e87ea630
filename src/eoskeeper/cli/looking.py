"""``eoskeeper status``, ``explain`` and ``history``: what is, why, and what was."""

from __future__ import annotations

from pathlib import Path

import msgspec
from rich.table import Table
from rich.text import Text

from eoskeeper.cli.common import Exit, ask, console, fail, load_or_exit, payload
from eoskeeper.cli.frame_hosts import HostLine, host_lines, printable
from eoskeeper.cli.frame_words import CELL_MARKS
from eoskeeper.cli.lease_words import guard_words, lease_words
from eoskeeper.cli.words import event_line, own_turn_strip, state_words
from eoskeeper.config import Config
from eoskeeper.domain.actions import Met
from eoskeeper.domain.events import Event
from eoskeeper.domain.figures import OwnTurn
from eoskeeper.domain.findings import Language
from eoskeeper.domain.report import Report
from eoskeeper.domain.standing import State
from eoskeeper.runtime.control_messages import StatusRequest
from eoskeeper.runtime.journal import JournalError, JournalReader

__all__ = ["explain", "history", "status"]

_MARKS = {Met.YES: "[green]yes[/]", Met.NO: "[red]no[/]", Met.UNKNOWN: "[yellow]unknown[/]"}

_COLUMNS = (
    *("host", "role", "state", "produces", "head", "age s", "irrev."),
    *("links", "last turn", "term"),
)
_FIGURES = frozenset({"head", "age s", "irrev.", "links", "term"})


def _report(config: Config) -> Report:
    return payload(ask(config, StatusRequest()), Report)


def _print_json(value: object) -> None:
    text = msgspec.json.format(msgspec.json.encode(value), indent=2)
    console.print(text.decode(), markup=False)


def status(path: Path | None, *, as_json: bool) -> int:
    """Print this host and its peers; 1 when something has no reading."""
    report = _report(load_or_exit(path))
    if as_json:
        _print_json(report)
    else:
        _print_status(report)
    return Exit.NOT_WELL if report.failures else Exit.DONE


def _print_status(report: Report) -> None:
    console.print(_table(report))
    console.print(printable(state_words(report)), markup=False)
    if report.lease is not None:
        console.print(printable(lease_words(report.lease)), markup=False)
    if report.guard is not None:
        console.print(printable(guard_words(report.guard)), markup=False)
    if report.empty_own_turns:
        console.print(f"own turns in a row without a block: {report.empty_own_turns}")
    for turn in report.own_turns:
        console.print(_turn_line(turn), markup=False)
    for line in report.alarms:
        if line.fired_utc is not None:
            text = f"alarm: {line.severity}: {line.title}: {line.sentence}"
            console.print(printable(text), markup=False)
    for failure in report.failures:
        text = f"no reading: {failure.probe}: {failure.reason}: {failure.detail}"
        console.print(printable(text), markup=False)


def _table(report: Report) -> Table:
    title = f"{printable(report.producer or 'no producer')} ({report.mode})"
    table = Table(title=Text(title), padding=(0, 1, 0, 0), pad_edge=False, box=None)
    for column in _COLUMNS:
        table.add_column(column, justify="right" if column in _FIGURES else "left")
    for host in host_lines(report, Language.ENGLISH):
        # A name from another host may look like markup.
        table.add_row(*map(Text, _host_row(host)))
    return table


def _host_row(host: HostLine) -> tuple[str, ...]:
    """What it said last, and since when it says nothing."""
    is_silent = host.silent_s is not None
    state = f"{host.state}, silent for {host.silent_s:.0f} s" if is_silent else host.state
    turn = "".join(CELL_MARKS[slot] for slot in host.last_turn)
    figures = (host.head, host.age, host.lag, host.links)
    return (host.host, host.role, state, host.producing, *figures, turn, host.term)


def _turn_line(turn: OwnTurn) -> str:
    strip = own_turn_strip(turn)
    return f"{strip}, by {printable(turn.made_by)}" if turn.made_by else strip


def explain(path: Path | None, *, as_json: bool) -> int:
    """Print every condition with its figure; 1 when this host could not resume now."""
    report = _report(load_or_exit(path))
    if as_json:
        _print_json({"state": report.state, "conditions": report.conditions})
        return Exit.DONE
    console.print(state_words(report), markup=False)
    if not report.conditions:
        return Exit.DONE
    table = Table(title="what the next resume of this host needs")
    for column in ("condition", "met", "is", "needed"):
        table.add_column(column)
    for condition in report.conditions:
        # What a command of the operator printed may look like markup.
        figure, needed = Text(printable(condition.figure)), Text(condition.needed)
        table.add_row(condition.name, _MARKS[condition.met], figure, needed)
    console.print(table)
    missing = [c.name for c in report.conditions if c.met is not Met.YES]
    verdict = f"not taking over because of: {', '.join(missing)}" if missing else "all met"
    console.print(verdict, markup=False)
    return Exit.DONE if not missing or report.state is State.HOLDER else Exit.NOT_WELL


def history(path: Path | None, limit: int, *, as_json: bool) -> int:
    """Print the newest events of the journal, oldest first."""
    config = load_or_exit(path)
    reader: JournalReader[Event] = JournalReader(config.paths.state / "journal", Event)
    try:
        events = reader.read_last(limit)
    except JournalError as error:
        raise fail(Exit.NOT_WELL, str(error)) from None
    if as_json:
        _print_json(events)
        return Exit.DONE
    for event in events:
        console.print(event_line(event), markup=False)
    if not events:
        console.print("nothing yet", markup=False)
    return Exit.DONE
