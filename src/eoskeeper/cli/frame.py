"""The frame that ``eoskeeper watch`` shows: a view of one moment in, something rich prints out.

It depends on nothing but the view. What does not fit into the window is cut from the end of each
section, the least important section first, and the cut is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import msgspec
from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from eoskeeper.cli.frame_hosts import host_lines, printable
from eoskeeper.cli.frame_sections import (
    Section,
    alarms_section,
    decisions_section,
    failures_section,
    gap,
    hosts_section,
    own_turns_section,
    round_section,
    styled,
    telemetry_section,
    wrapped,
)
from eoskeeper.cli.frame_words import MODES, STATE_MEANINGS, STATES, say
from eoskeeper.domain.alerting.words import duration
from eoskeeper.domain.chain_time import format_utc
from eoskeeper.domain.events import Event
from eoskeeper.domain.findings import Language
from eoskeeper.domain.report import Report

__all__ = ["STALE_AFTER_S", "View", "frame", "verdict"]

STALE_AFTER_S = 4.0
"""The keeper runs a cycle a second; a report older than this is no picture of now."""

SIDE_BY_SIDE = 120
"""Columns from which own turns and the last round stand beside each other."""


FOOT_FROM = 20
"""Lines of a window that has one to spare for the legend."""

COMFORT_ROWS = 5
"""Of each section, before any section gets more."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What is known at the moment of a frame.

    Attributes:
        report: the keeper's last; None when it never answered.
        report_age_s: seconds since that report was new.
        trouble: why the keeper did not answer just now; empty when it did.
        events: newest decisions, oldest first.
        events_trouble: why the journal cannot be read; empty when it can.
        columns: width of the window.
        rows: its height; None when the frame may have any.
    """

    report: Report | None
    report_age_s: float = 0.0
    trouble: str = ""
    events: tuple[Event, ...] = ()
    events_trouble: str = ""
    language: Language = Language.ENGLISH
    columns: int = 80
    rows: int | None = None


def frame(view: View) -> RenderableType:
    """The whole picture; at most as high as the window."""
    head, bands = [*_alert_lines(view), *_header_lines(view)], _bands(view)
    if view.rows is None:
        shown, foot = bands, [_legend(view)]
    else:
        head, has_foot = head[: view.rows], view.rows >= FOOT_FROM
        shown = _fitted(bands, view.rows - len(head) - has_foot, view.language)
        foot = [_foot(view, bands[len(shown) :])] if has_foot else []
    return Group(*head, *(_drawn(band, view.columns) for band in shown), *foot)


# --- above everything ---------------------------------------------------------------------------


def _alert_lines(view: View) -> Iterator[Text]:
    """That the picture is not one of now comes before the picture."""
    language, age = view.language, duration(view.report_age_s, view.language)
    if view.trouble:
        key = "never" if view.report is None else "away"
        words = {} if view.report is None else {"age": age}
        yield from wrapped(Text(say(key, language, **words), "bold reverse red"), view.columns)
        yield from wrapped(Text(printable(view.trouble), "red"), view.columns)
    elif view.report is not None and view.report_age_s >= STALE_AFTER_S:
        yield from wrapped(Text(say("stale", language, age=age), "bold reverse red"), view.columns)


def _header_lines(view: View) -> Iterator[Text]:
    report, language = view.report, view.language
    if report is None:
        return
    host, time = printable(report.host), f"{format_utc(report.at_utc)[:19]}Z"
    producer = printable(report.producer) if report.producer else say("no_producer", language)
    title = styled("eoskeeper  ", "bold")
    title.append(say("header", language, producer=producer, host=host))
    title.append(f"  {time}", "dim")
    yield from wrapped(title, view.columns)
    yield from wrapped(_state_line(report, language), view.columns)
    if not _is_old(view):
        yield from wrapped(_verdict_line(report, language), view.columns)


def _state_line(report: Report, language: Language) -> Text:
    words = say(
        "own_state",
        language,
        host=printable(report.host),
        state=STATES[report.state].say(language),
        lasted=duration(report.at_utc - report.since_utc, language),
        meaning=STATE_MEANINGS[report.state].say(language),
    )
    return Text(words)


def _verdict_line(report: Report, language: Language) -> Text:
    line = Text() if report.producer is None else verdict(report, language)
    parts = [say("mode", language, mode=MODES[report.mode].say(language))]
    if report.next_own_turn_in_s is not None:
        wait = duration(report.next_own_turn_in_s, language)
        parts.append(say("next_turn", language, wait=wait))
    for part in parts:
        line.append(f"; {part}" if line else part)
    return line


def verdict(report: Report, language: Language) -> Text:
    """Who produces, as far as those say who speak; silence is never taken for a no."""
    hosts = host_lines(report, language)
    names = [host.host for host in hosts if host.produces and host.silent_s is None]
    if len(names) > 1:
        words = say("verdict.several", language, hosts=", ".join(names))
        return styled(f"!! {words}", "bold reverse red")
    if names:
        return styled(say("verdict.one", language, host=names[0]), "bold green")
    if report.empty_own_turns:
        words = say("verdict.empty", language, count=report.empty_own_turns)
        return styled(f"!! {words}", "bold red")
    makers = [turn.made_by for turn in report.own_turns if turn.made_by]
    # The first blocks of a turn are on the chain before the log has told who made them.
    last = say("verdict.last", language, host=printable(makers[-1])) if makers else ""
    return styled(f"? {last or say('verdict.unknown', language)}", "bold yellow")


def _is_old(view: View) -> bool:
    return bool(view.trouble) or view.report_age_s >= STALE_AFTER_S


def _foot(view: View, missing: Sequence[Band]) -> Text:
    """What has no line at all, else what the cells mean."""
    if not missing:
        return _legend(view)
    names = ", ".join(section.heading for band in missing for section in band)
    line = Text(say("not_shown", view.language, names=names), "dim")
    line.truncate(view.columns, overflow="ellipsis")
    return line


def _legend(view: View) -> Text:
    line = Text(say("legend", view.language), "dim")
    line.truncate(view.columns, overflow="ellipsis")
    return line


# --- sections and where they stand --------------------------------------------------------------

Band = tuple[Section, ...]
"""Sections beside each other."""


def _bands(view: View) -> list[Band]:
    """In the order in which they are looked for; the later ones give way first."""
    report, columns, language = view.report, view.columns, view.language
    decisions = decisions_section(view.events, view.events_trouble, columns, language)
    if report is None:
        return [(decisions,)]
    bands: list[Band] = [(hosts_section(host_lines(report, language), columns, language),)]
    bands.append((alarms_section(report, columns, language),))
    if report.failures:
        bands.append((failures_section(report, columns, language),))
    bands += _turn_bands(report, columns, language)
    # What happened before what others made: the round is the longest, and the least urgent.
    bands.insert(-1 if columns < SIDE_BY_SIDE else len(bands), (decisions,))
    if (figures := report.telemetry) is not None:
        bands.append((telemetry_section(figures, report.at_utc, columns, language),))
    return bands


def _turn_bands(report: Report, columns: int, language: Language) -> list[Band]:
    is_wide = columns >= SIDE_BY_SIDE
    width = _half(columns) if is_wide else columns
    own = own_turns_section(report, width, language)
    others = round_section(report, width, language)
    return [(own, others)] if is_wide else [(own,), (others,)]


def _half(columns: int) -> int:
    return (columns - gap(columns)) // 2


def _fitted(bands: Sequence[Band], lines: int, language: Language) -> list[Band]:
    """Give each band what it needs least, then what is comfortable, then what it wants."""
    given = _least_of_all(bands, lines)
    left = lines - sum(given)
    for most in (1 + COMFORT_ROWS, lines):
        for index, band in enumerate(bands[: len(given)]):
            more = min(left, max(0, min(_wanted(band), most) - given[index]))
            given[index] += more
            left -= more
    pairs = zip(bands, given, strict=False)
    return [tuple(_cut(one, most, language) for one in band) for band, most in pairs]


def _least_of_all(bands: Sequence[Band], lines: int) -> list[int]:
    """Of as many bands as have room for it, from the first on."""
    given: list[int] = []
    for band in bands:
        least = max(_least(section) for section in band)
        if sum(given) + least > lines:
            break
        given.append(least)
    return given


def _least(section: Section) -> int:
    """With its heading, and the line that tells what is missing."""
    return min(section.height, 2 + section.least)


def _wanted(band: Band) -> int:
    return max(section.height for section in band)


def _cut(section: Section, lines: int, language: Language) -> Section:
    """So many lines of it, heading included; the last one tells how many there are not."""
    if section.height <= lines:
        return section
    kept = max(lines - 2, 0)
    missing = say("more", language, count=len(section.rows) - kept)
    rows = (*section.rows[:kept], (Text(missing, "dim"),))
    return msgspec.structs.replace(section, rows=rows)


# --- drawing ------------------------------------------------------------------------------------


def _drawn(band: Band, columns: int) -> RenderableType:
    if len(band) == 1:
        return Group(*_lines(band[0], columns))
    half = _half(columns)
    beside = Table.grid(padding=(0, gap(columns), 0, 0))
    for _ in band:
        beside.add_column(width=half, no_wrap=True)
    beside.add_row(*(Group(*_lines(section, half)) for section in band))
    return beside


def _lines(section: Section, columns: int) -> Iterable[RenderableType]:
    title = Text(section.heading, "bold")
    yield Rule(title, align="left", style="dim", characters="-")
    wide = max((len(row) for row in section.rows), default=1)
    table = [row for row in section.rows if len(row) == wide]
    yield from chain([_grid(table, section, columns)], _after(section.rows, wide))


def _grid(rows: Sequence[tuple[Text, ...]], section: Section, columns: int) -> Table:
    grid = Table.grid(padding=(0, gap(columns), 0, 0))
    for index in range(len(rows[0]) if rows else 0):
        grid.add_column(
            justify="right" if index in section.right else "left",
            no_wrap=True,
            overflow="ellipsis",
        )
    for row in rows:
        grid.add_row(*row)
    return grid


def _after(rows: Iterable[tuple[Text, ...]], wide: int) -> Iterator[Text]:
    """Lines that are no rows of the table: notes below it."""
    for row in rows:
        if len(row) < wide:
            row[0].no_wrap = True
            yield row[0]
