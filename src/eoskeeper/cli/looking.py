"""``eoskeeper status``, ``explain`` and ``history``: what is, why, and what was."""

from __future__ import annotations

from pathlib import Path

import msgspec
from rich.table import Table

from eoskeeper.cli.common import Exit, ask, console, fail, load_or_exit, payload
from eoskeeper.cli.words import event_line, own_turn_strip, state_words
from eoskeeper.config import Config
from eoskeeper.domain.actions import Met
from eoskeeper.domain.events import Event
from eoskeeper.domain.report import PeerLine, Report
from eoskeeper.domain.standing import State
from eoskeeper.runtime.control_messages import StatusRequest
from eoskeeper.runtime.journal import JournalError, JournalReader

__all__ = ["explain", "history", "status"]

_MARKS = {Met.YES: "[green]yes[/]", Met.NO: "[red]no[/]", Met.UNKNOWN: "[yellow]unknown[/]"}

SILENT_AFTER_S = 6.0
"""Peers are asked every two seconds: three rounds in a row without a word."""


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
    table = Table(title=f"{report.producer or 'no producer'} ({report.mode})")
    for column in (
        "host",
        "role",
        "state",
        "produces",
        "head",
        "age s",
        "irrev.",
        "links",
        "empty",
    ):
        table.add_column(column)
    table.add_row(
        report.host,
        str(report.role),
        str(report.state),
        _may(report.may_produce, report.paused),
        _text(report.head_number),
        _text(report.head_age_s),
        _text(report.irreversible_lag_blocks, "-{}"),
        _text(report.links),
        _text(report.empty_own_turns),
    )
    for peer in report.peers:
        table.add_row(*_peer_row(peer))
    console.print(table)
    console.print(state_words(report), markup=False)
    for turn in report.own_turns:
        console.print(own_turn_strip(turn), markup=False)
    for line in report.alarms:
        if line.fired_utc is not None:
            console.print(f"alarm: {line.severity}: {line.title}: {line.sentence}", markup=False)
    for failure in report.failures:
        console.print(
            f"no reading: {failure.probe}: {failure.reason}: {failure.detail}", markup=False
        )


def _peer_row(peer: PeerLine) -> tuple[str, ...]:
    """What it said last, and since when it says nothing; the age of its head is not told."""
    may = "may" if peer.may_produce else "no"
    is_silent = peer.age_s >= SILENT_AFTER_S
    state = f"{peer.state}, silent for {peer.age_s:.0f} s" if is_silent else peer.state
    return (peer.host, peer.role, state, may, _text(peer.head_number), "", "", "", "")


def _may(may_produce: bool, paused: bool | None) -> str:
    if paused is None:
        return "unknown"
    if paused:
        return "paused" if not may_produce else "paused, may"
    return "yes"


def _text(value: float | None, form: str = "{}") -> str:
    if value is None:
        return "?"
    return form.format(f"{value:.0f}" if value == int(value) else f"{value:.1f}")


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
        table.add_row(condition.name, _MARKS[condition.met], condition.figure, condition.needed)
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
