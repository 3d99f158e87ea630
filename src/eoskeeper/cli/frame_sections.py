"""Sections of the frame that ``eoskeeper watch`` shows: rows of text, each one line high.

Every word of others goes through ``printable`` into a ``Text``, which knows no markup.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import msgspec
from rich.console import Console
from rich.text import Text

from eoskeeper.cli.frame_hosts import UNKNOWN, HostLine, printable
from eoskeeper.cli.frame_words import (
    CELL_MARKS,
    SEVERITIES,
    say,
)
from eoskeeper.cli.words import event_line
from eoskeeper.domain.alerting.alarms import AlarmLine
from eoskeeper.domain.alerting.words import duration
from eoskeeper.domain.chain_time import TURN_SLOTS, format_utc, slot_at, slot_utc, turn_of
from eoskeeper.domain.events import Event, StandingChanged
from eoskeeper.domain.figures import OwnTurn, TelemetryFigures
from eoskeeper.domain.findings import Language, Severity
from eoskeeper.domain.production import SlotOutcome, TurnAccount
from eoskeeper.domain.report import Report

__all__ = [
    "CARDS_BELOW",
    "Row",
    "Section",
    "alarms_section",
    "cells",
    "clock_text",
    "decisions_section",
    "failures_section",
    "hosts_section",
    "own_turns_section",
    "round_section",
    "styled",
    "telemetry_section",
    "wrapped",
]

CARDS_BELOW = 72
"""Columns that a table of hosts needs; with fewer each host gets a card of three lines."""

WIDE = 100
"""Columns from which there is room for whole dates and wider gaps."""

NAME_CELLS = 12
"""Longest name of an account on an Antelope chain, short of the rare thirteen."""

SETTLE_S = 3.0
"""Seconds after its time within which a block of another host is heard of."""

MOST_LINES = 3
"""Of one sentence of others."""

CELL_STYLES = {
    SlotOutcome.PRODUCED: "green",
    SlotOutcome.MISSED: "bold red",
    SlotOutcome.LOST: "bold magenta",
    SlotOutcome.UNKNOWN: "yellow",
    SlotOutcome.PENDING: "dim",
}
SEVERITY_STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.INFO: "bold cyan",
}

Row = tuple[Text, ...]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A heading and rows, the most important first, for they are cut at the end.

    A row that is too wide is cut when it is drawn.

    Attributes:
        least: rows without which it says nothing.
        right: positions of the columns of figures.
    """

    heading: str
    rows: tuple[Row, ...]
    least: int = 1
    right: frozenset[int] = frozenset()

    @property
    def height(self) -> int:
        """Lines that the whole of it takes."""
        return 1 + len(self.rows)


def styled(words: str, style: str) -> Text:
    """A beginning in a style that does not rule what is appended."""
    return Text().append(words, style)


def wrapped(text: Text, columns: int, most: int = MOST_LINES) -> list[Text]:
    """Lines of at most so many columns; the last one tells that there is more."""
    ruler = Console(file=io.StringIO(), width=columns)
    lines = list(text.wrap(ruler, max(columns, 1)))
    for line in lines:
        line.rstrip()
    if len(lines) > most:
        lines = lines[:most]
        lines[-1].append(" ...")
        lines[-1].truncate(columns, overflow="ellipsis")
    return lines


def cells(slots: Iterable[SlotOutcome]) -> Text:
    """A character for each slot."""
    text = Text()
    for slot, run in groupby(slots):
        text.append(CELL_MARKS[slot] * len(list(run)), CELL_STYLES[slot])
    return text


def clock_text(utc_s: float, columns: int = 0) -> str:
    """``08:00:10``, with the day before it where there is room."""
    stamp = format_utc(utc_s)
    return f"{stamp[5:10]} {stamp[11:19]}" if columns >= CARDS_BELOW else stamp[11:19]


# --- hosts --------------------------------------------------------------------------------------


def hosts_section(hosts: Sequence[HostLine], columns: int, language: Language) -> Section:
    """The cluster, this host first."""
    heading = say("hosts", language)
    notes = [note for host in hosts for note in _silence_note(host, columns, language)]
    if columns < CARDS_BELOW:
        rows = [line for host in hosts for line in _card(host, language)]
        return Section(heading=heading, rows=(*rows, *notes), least=3)
    names = ("host", "role", "state", "producing", "head", "age", "lag", "links")
    keys = (*names, "last_turn", "term")
    head = tuple(Text(say(key, language), style="dim") for key in keys)
    table = [head, *(_host_row(host, language) for host in hosts)]
    _shorten_names(table, columns)
    return Section(
        heading=heading,
        rows=(*table, *notes),
        least=len(table) + len(notes),
        right=frozenset({4, 5, 6, 7, 9}),
    )


def _host_row(host: HostLine, language: Language) -> Row:
    silent = host.silent_s is not None
    state = Text(say("silent", language), "bold yellow") if silent else Text(host.state, "bold")
    figures = (host.head, host.age, host.lag, host.links)
    row = (
        Text(host.host, "bold"),
        Text(host.role),
        state,
        Text(host.producing, "bold green" if host.produces else ""),
        *(Text(figure) for figure in figures),
        cells(host.last_turn),
        Text(host.term),
    )
    if silent:
        for cell in (row[0], *row[3:]):
            cell.stylize("dim")
    return row


def _shorten_names(table: Sequence[Row], columns: int) -> None:
    """Whatever is too wide, names give way: figures are what one looks for."""
    widths = [max(cell.cell_len for cell in column) for column in zip(*table, strict=True)]
    gaps = gap(columns) * len(widths)
    spare = columns - sum(widths) - gaps
    for index in (0, 2, 1):
        if spare >= 0:
            return
        fits = max(6, widths[index] + spare)
        spare += max(0, widths[index] - fits)
        for row in table:
            row[index].truncate(fits, overflow="ellipsis")


def gap(columns: int) -> int:
    """Empty columns between two columns of a table."""
    return 2 if columns >= WIDE else 1


def _silence_note(host: HostLine, columns: int, language: Language) -> Iterator[Row]:
    if host.silent_s is not None:
        age = duration(host.silent_s, language)
        note = say("silent_note", language, host=host.host, age=age, state=host.state)
        for line in wrapped(Text(f"! {note}", "yellow"), columns):
            yield (line,)


def _card(host: HostLine, language: Language) -> Iterator[Row]:
    silent = host.silent_s is not None
    words = say("silent", language) if silent else host.state
    title = styled(f"{host.host} ({host.role}) ", "bold")
    title.append(f"{words}; {say('producing', language)}: {host.producing}")
    head = say("card_figures", language, head=host.head, age=host.age, lag=host.lag)
    last = Text(f"  {say('card_turn', language, links=host.links, term=host.term)} ")
    last.append_text(cells(host.last_turn))
    for line in (title, Text(f"  {head}"), last):
        if silent:
            line.stylize("dim")
        yield (line,)


# --- turns --------------------------------------------------------------------------------------


def own_turns_section(report: Report, columns: int, language: Language) -> Section:
    """Newest own turns: when, every slot, by whom, how late."""
    turns = reversed(report.own_turns)
    rows = [_turn_row(turn, _slots(turn, report.at_utc), columns, language) for turn in turns]
    heading = say("own_turns", language)
    if not rows:
        return Section(heading=heading, rows=((Text(say("no_turns", language), "dim"),),))
    return Section(heading=heading, rows=tuple(rows), least=min(2, len(rows)))


def _slots(turn: OwnTurn, now_utc: float) -> tuple[SlotOutcome, ...]:
    """What should have been seen by now is not to come, but unknown: the node is behind."""
    waited = slot_at(now_utc - SETTLE_S)
    return tuple(
        SlotOutcome.UNKNOWN if outcome is SlotOutcome.PENDING and slot <= waited else outcome
        for slot, outcome in enumerate(turn.slots, turn.first_slot)
    )


def _turn_row(
    turn: OwnTurn, slots: tuple[SlotOutcome, ...], columns: int, language: Language
) -> Row:
    text = styled(clock_text(slot_utc(turn.first_slot), columns), "dim")
    is_known = turn.produced > 0 or turn.complete
    made = turn.produced if is_known else UNKNOWN
    text.append("  ").append_text(cells(slots))
    text.append(f"  {say('made', language, made=made)}  ")
    maker = printable(turn.made_by)
    if turn.produced:
        text.append(say("by", language, host=maker) if maker else say("by_unknown", language))
    late = "" if turn.latest_ms is None else f"  {turn.latest_ms:+d} ms"
    if text.cell_len + len(late) <= columns:
        text.append(late, "dim")
    return (text,)


def round_section(report: Report, columns: int, language: Language) -> Section:
    """The newest whole round, as many producers in a line as fit; who is on turn has a mark."""
    now = _on_turn(report)
    shown = printable(now)
    heading = say("round_now", language, producer=shown) if now else say("round", language)
    if not report.last_round:
        return Section(heading=heading, rows=((Text(say("no_round", language), "dim"),),))
    entries = [_round_entry(one, now, report.producer) for one in report.last_round]
    width = 2 + NAME_CELLS + 1 + TURN_SLOTS + gap(columns)
    each = max(1, columns // width)
    rows = tuple(tuple(entries[at : at + each]) for at in range(0, len(entries), each))
    filler = (Text(),) * (each - len(rows[-1]))
    return Section(heading=heading, rows=(*rows[:-1], (*rows[-1], *filler)))


def _on_turn(report: Report) -> str:
    """Who is scheduled for the slot whose block is being made; empty when not known."""
    if not report.schedule:
        return ""
    turn = turn_of(slot_at(report.at_utc) + 1)
    return report.schedule[turn % len(report.schedule)]


def _round_entry(account: TurnAccount, now: str, ours: str | None) -> Text:
    is_now = bool(now) and account.producer == now
    name = Text(printable(account.producer), "bold" if account.producer == ours else "")
    name.truncate(NAME_CELLS, overflow="ellipsis", pad=True)
    entry = styled("> " if is_now else "  ", "bold")
    return entry.append_text(name).append(" ").append_text(cells(account.slots))


# --- alarms -------------------------------------------------------------------------------------


def alarms_section(report: Report, columns: int, language: Language) -> Section:
    """Open alarms, worst first: what, since when, the evidence, what to do."""
    open_ones = [line for line in report.alarms if line.fired_utc is not None]
    open_ones.sort(key=lambda line: (-line.severity.rank, line.since_utc))
    rows = [
        (line,)
        for alarm in open_ones
        for line in _alarm_lines(alarm, report.at_utc, columns, language)
    ]
    if held := len(report.alarms) - len(open_ones):
        rows.append((Text(say("held_back", language, count=held), "dim"),))
    if not rows:
        rows.append((Text(say("no_alarms", language), "dim"),))
    heading = say("alarms", language, count=len(open_ones))
    return Section(heading=heading, rows=tuple(rows), least=min(3, len(rows)))


def _alarm_lines(
    alarm: AlarmLine, now_utc: float, columns: int, language: Language
) -> Iterator[Text]:
    title = styled(SEVERITIES[alarm.severity].say(language), SEVERITY_STYLES[alarm.severity])
    title.append(f"  {printable(alarm.title)}", "bold")
    lasted = duration(now_utc - alarm.since_utc, language)
    notes = ", ".join((say("lasting", language, lasted=lasted), *_notes(alarm, language)))
    title.append(f"  {printable(notes)}", "dim")
    yield from wrapped(title, columns)
    remedy = say("remedy", language, remedy=printable(alarm.remedy))
    for text in (printable(alarm.sentence), remedy):
        for line in wrapped(Text(text), columns - 3):
            yield Text("   ").append_text(line)


def _notes(alarm: AlarmLine, language: Language) -> Iterator[str]:
    if alarm.acknowledged_by:
        yield say("acknowledged", language, name=alarm.acknowledged_by)
    if alarm.silenced_until is not None:
        yield say("silenced", language, time=format_utc(alarm.silenced_until)[:19])
    if alarm.muted_by:
        yield say("muted", language, rule=alarm.muted_by)


# --- decisions and the rest ---------------------------------------------------------------------


def decisions_section(
    events: Sequence[Event], trouble: str, columns: int, language: Language
) -> Section:
    """Newest decisions with their reasons, from the journal; its own language is English."""
    rows: list[Row] = []
    if trouble:
        words = say("no_decisions", language, why=printable(trouble))
        rows += [(line,) for line in wrapped(Text(words, "yellow"), columns)]
    for event in reversed(events):
        rows += [(line,) for line in _event_lines(event, columns)]
    if not rows:
        rows.append((Text(say("nothing_decided", language), "dim"),))
    return Section(heading=say("decisions", language), rows=tuple(rows), least=min(2, len(rows)))


def _event_lines(event: Event, columns: int) -> Iterator[Text]:
    when = clock_text(event.at.utc_s, columns)
    words = printable(event_line(event).partition("  ")[2])
    indent = len(when) + 2 if columns >= CARDS_BELOW else 2
    style = "bold" if isinstance(event, StandingChanged) else ""
    if columns < CARDS_BELOW:
        yield Text(when, "dim")
    for number, line in enumerate(wrapped(Text(words, style), columns - indent)):
        is_first = number == 0 and columns >= CARDS_BELOW
        margin = styled(f"{when}  " if is_first else " " * indent, "dim")
        yield margin.append_text(line)


def failures_section(report: Report, columns: int, language: Language) -> Section:
    """Probes without a reading, and why."""
    rows: list[Row] = []
    for failure in report.failures:
        name = " ".join(filter(None, (failure.probe, failure.subject)))
        words = f"{name}: {failure.reason}: {failure.detail}"
        rows += [(line,) for line in wrapped(Text(printable(words), "yellow"), columns, 2)]
    return Section(heading=say("failures", language), rows=tuple(rows))


def telemetry_section(
    figures: TelemetryFigures, now_utc: float, columns: int, language: Language
) -> Section:
    """Where points go, and what does not arrive."""
    fine = say(
        "telemetry_fine",
        language,
        target=printable(figures.target),
        accepted=figures.accepted,
        spooled=figures.spooled,
    )
    lines = [Text(fine)]
    if figures.failing_since_utc is not None:
        lasted = duration(now_utc - figures.failing_since_utc, language)
        problem = printable(figures.last_problem)
        words = say("telemetry_failing", language, lasted=lasted, problem=problem)
        lines.insert(0, Text(words, "bold red"))
    if figures.dropped or figures.rejected:
        lost = {"dropped": figures.dropped, "rejected": figures.rejected}
        lines.insert(0, Text(say("telemetry_lost", language, **lost), "bold yellow"))
    rows = tuple((part,) for line in lines for part in wrapped(line, columns))
    return Section(heading=say("telemetry", language), rows=rows)
