"""``eoskeeper rounds``: who made and missed its turns, by a log, the chain, or the keeper.

What this module imports is loaded by every call and counts as time of the scan; tables, the
network and the configuration are loaded by those calls only that need them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec
import typer

from eoskeeper.domain.chain_time import Slot, UtcS, format_utc, slot_at, slot_utc
from eoskeeper.domain.production import SlotOutcome, TurnAccount
from eoskeeper.domain.rounds import NOBODY, RoundEra, RoundsAccount, RoundsTally, account_rounds
from eoskeeper.domain.rounds_fold import TurnSeen

if TYPE_CHECKING:
    from eoskeeper.domain.report import Report

__all__ = ["RoundsAnswer", "RoundsQuestion", "TurnLine", "rounds"]

_DONE, _NOT_WELL, _USAGE = 0, 1, 2
"""As ``common.Exit``, which loads the configuration: half a second."""

_ACCOUNT = re.compile(r"[a-z1-5.]{1,13}")
_DURATION = re.compile(r"(\d{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

_LETTERS = {
    SlotOutcome.PRODUCED: "p",
    SlotOutcome.MISSED: "m",
    SlotOutcome.LOST: "l",
    SlotOutcome.UNKNOWN: "u",
    SlotOutcome.PENDING: "-",
}
_WHOLE = "p" * 12

PIPED_COLUMNS = 120
"""Width of the table where no terminal tells one."""


class RoundsQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked on the command line.

    Attributes:
        logs: files, ``-`` for standard input; empty for another source.
        url: of a chain API; empty for another source.
        producer: the one of whom every turn is told; empty for all in figures.
        rounds: how many are read from a chain API.
        since: a time in UTC, or how long before the newest block; empty for everything.
        schedule: accounts in slot order, with commas; empty to derive it.
        every_line: read every line of a log, though one producer is asked for.
    """

    config: Path | None = None
    logs: tuple[Path, ...] = ()
    url: str = ""
    producer: str = ""
    rounds: int = 3
    since: str = ""
    schedule: str = ""
    every_line: bool = False


class TurnLine(msgspec.Struct, frozen=True, gc=False):
    """One turn.

    Attributes:
        turn: absolute number.
        begin_utc: time stamp of its first slot, seconds since 1970.
        cells: a letter for each slot: ``p`` produced, ``m`` missed, ``l`` lost in a fork,
            ``u`` unknown, ``-`` not over yet.
        latest_ms: how late the latest block was here; None when not known.
    """

    turn: int
    begin_utc: UtcS
    cells: str
    latest_ms: int | None


class RoundsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What ``--json`` prints.

    Attributes:
        source: ``log``, ``chain`` or ``keeper``.
        begin_utc: time stamp of the oldest block seen; None when none was.
        end_utc: of the newest.
        producers: figures of each; an empty name stands for places of which nobody was seen.
        turns: of the one producer that was asked for.
        eras: schedules, oldest first.
        notes: what one should know of the answer, in sentences.
    """

    source: str
    begin_utc: UtcS | None
    end_utc: UtcS | None
    producers: tuple[RoundsTally, ...]
    turns: list[TurnLine]
    eras: tuple[RoundEra, ...]
    notes: list[str]


def rounds(question: RoundsQuestion, *, as_json: bool) -> int:
    """Print the account; 1 when nothing was found or not all could be read."""
    _check(question)
    notes: list[str] = []
    schedule = tuple(filter(None, question.schedule.split(",")))
    seen: list[TurnSeen]
    if question.logs:
        source, seen = "log", _of_logs(question)
    elif question.url:
        source = "chain"
        seen, schedule = _of_chain(question, schedule, notes)
    else:
        source = "keeper"
        seen, schedule = _of_keeper(question, schedule)
    failed = bool(notes)
    account = account_rounds(
        seen,
        producer=question.producer or None,
        given=schedule,
        since_slot=_since_slot(question.since, seen),
    )
    notes += _notes(account, question, schedule)
    if as_json:
        _print_json(source, account, notes)
    else:
        _print_text(account, notes)
    return _NOT_WELL if failed or not account.tallies else _DONE


def _fail(code: int, message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(code)


def _check(question: RoundsQuestion) -> None:
    if question.logs and question.url:
        raise _fail(_USAGE, "ask a log or a chain API, not both at once")
    for account in filter(None, (question.producer, *question.schedule.split(","))):
        if not _ACCOUNT.fullmatch(account):
            raise _fail(_USAGE, f"no account name: {account!r}")
    if question.url and not re.fullmatch(r"http://[^/@?#\s]+|unix:///\S+", question.url):
        raise _fail(_USAGE, "--url takes http://host:port or unix:///path, nothing behind it")
    if question.since and _duration_s(question.since) is None:
        _since_slot(question.since, [])


# --- sources ------------------------------------------------------------------------------------


def _of_logs(question: RoundsQuestion) -> list[TurnSeen]:
    from eoskeeper.probes.log_scan import LogUnreadable, scan_logs  # noqa: PLC0415 - see above

    producer = None if question.every_line else question.producer or None
    with _Bar() as bar:
        try:
            return scan_logs(question.logs, producer, bar.show)
        except LogUnreadable as error:
            raise _fail(_NOT_WELL, str(error)) from None


def _of_chain(
    question: RoundsQuestion, schedule: tuple[str, ...], notes: list[str]
) -> tuple[list[TurnSeen], tuple[str, ...]]:
    """What a chain API tells; after ctrl-C that part which was read."""
    import asyncio  # noqa: PLC0415 - see above

    from eoskeeper.probes.block_range import BlockRange, RangeSettings  # noqa: PLC0415 - see above
    from eoskeeper.probes.nodeos_api import NodeosSettings  # noqa: PLC0415 - see above
    from eoskeeper.runtime import clock  # noqa: PLC0415 - see above

    node = NodeosSettings(url=question.url)
    with _Bar() as bar:
        found = BlockRange(node, RangeSettings(rounds=question.rounds), clock.read, bar.show)
        try:
            asyncio.run(found.read())
        except KeyboardInterrupt:
            notes.append("interrupted: this is the part that was read")
    if found.failure is not None:
        failure = found.failure
        if not found.schedule:
            raise _fail(_NOT_WELL, f"{question.url}: {failure.reason}: {failure.detail}")
        notes.append(f"stopped early: {failure.reason}: {failure.detail}")
    return found.turns(), schedule or found.schedule


def _of_keeper(
    question: RoundsQuestion, schedule: tuple[str, ...]
) -> tuple[list[TurnSeen], tuple[str, ...]]:
    """The newest round of the keeper that runs with this configuration."""
    from eoskeeper.cli.common import ask, load_or_exit, payload  # noqa: PLC0415 - see above
    from eoskeeper.domain.report import Report  # noqa: PLC0415 - see above
    from eoskeeper.runtime.control_messages import StatusRequest  # noqa: PLC0415 - see above

    report: Report = payload(ask(load_or_exit(question.config), StatusRequest()), Report)
    return [_seen(turn) for turn in report.last_round], schedule or report.schedule


def _seen(turn: TurnAccount) -> TurnSeen:
    def mask(*outcomes: SlotOutcome) -> int:
        return sum(1 << place for place, slot in enumerate(turn.slots) if slot in outcomes)

    filled, lost = mask(SlotOutcome.PRODUCED), mask(SlotOutcome.LOST)
    known = filled | lost | mask(SlotOutcome.MISSED)
    return TurnSeen(turn.turn, turn.producer, filled, known, lost, turn.latest_ms)


# --- time ---------------------------------------------------------------------------------------


def _duration_s(text: str) -> int | None:
    found = _DURATION.fullmatch(text)
    return None if found is None else int(found[1]) * _SECONDS[found[2]]


def _since_slot(text: str, seen: list[TurnSeen]) -> Slot:
    """First slot that counts; a duration goes back from the newest turn seen."""
    if not text:
        return Slot(0)
    back_s = _duration_s(text)
    if back_s is not None:
        newest = max((one.turn for one in seen if one.filled), default=0)
        return Slot(max(0, (newest + 1) * 12 - back_s * 2))
    try:
        at = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        message = f"--since takes 2h, 30m, 7d or a time in UTC like 2025-07-06T08:00, not {text!r}"
        raise _fail(_USAGE, message) from None
    return slot_at((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


# --- words --------------------------------------------------------------------------------------


def _notes(
    account: RoundsAccount, question: RoundsQuestion, schedule: tuple[str, ...]
) -> list[str]:
    if not account.tallies:
        who = f" of {question.producer}" if question.producer else ""
        return [f"no turn{who} was found"]
    notes = []
    sizes = [len(era.producers) for era in account.eras]
    if len(sizes) > 1:
        notes.append(f"changes of the schedule: {len(sizes) - 1}; see the eras of --json")
    if 0 in sizes:
        notes.append("too short to tell the length of a round: turns without a block are left out")
    unseen = sum(era.producers.count(NOBODY) for era in account.eras)
    if unseen and not question.producer:
        notes.append(
            f"at {unseen} of the places in the schedule nobody made a block here, so it is not "
            "known who should have; --schedule tells it"
        )
    if schedule and not any(era.given for era in account.eras):
        notes.append("the schedule given contradicts what was seen, and was not used")
    return notes


def _print_json(source: str, account: RoundsAccount, notes: list[str]) -> None:
    answer = RoundsAnswer(
        source=source,
        begin_utc=account.begin_utc,
        end_utc=account.end_utc,
        producers=account.tallies,
        turns=[
            TurnLine(turn.turn, slot_utc(turn.first_slot), _cells(turn), turn.latest_ms)
            for turn in account.turns
        ],
        eras=account.eras,
        notes=notes,
    )
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")


def _cells(turn: TurnAccount) -> str:
    if turn.produced == len(_WHOLE):
        return _WHOLE
    return "".join(_LETTERS[slot] for slot in turn.slots)


def _print_text(account: RoundsAccount, notes: list[str]) -> None:
    from rich.console import Console  # noqa: PLC0415 - see above
    from rich.table import Table  # noqa: PLC0415 - see above

    from eoskeeper.cli.words import own_turn_strip  # noqa: PLC0415 - see above

    for turn in account.turns:
        print(own_turn_strip(turn))
    width = None if sys.stdout.isatty() else PIPED_COLUMNS
    console = Console(highlight=False, soft_wrap=True, width=width)
    if account.begin_utc is not None and account.end_utc is not None:
        table = Table(title=f"{format_utc(account.begin_utc)} to {format_utc(account.end_utc)}")
        table.add_column("producer", no_wrap=True)
        for column in ("turns", "full", "short", "missed", "unknown"):
            table.add_column(column, justify="right")
        for column in ("blocks", "missed", "lost", "latest ms"):
            table.add_column(column, justify="right")
        for tally in account.tallies:
            table.add_row(*_row(tally))
        console.print(table)
    for note in notes:
        console.print(f"note: {note}", markup=False)


def _row(tally: RoundsTally) -> tuple[str, ...]:
    turns = (tally.turns, tally.full, tally.short, tally.missed, tally.unknown)
    blocks = (tally.blocks_made, tally.blocks_missed, tally.blocks_lost)
    late = "?" if tally.latest_ms is None else f"{tally.latest_ms:+d}"
    return (tally.producer or "(not known)", *map(str, (*turns, *blocks)), late)


class _Bar:
    """A progress bar on standard error: on a terminal, and once the work takes a second."""

    def __init__(self) -> None:
        self._close: Callable[[], object] | None = None
        self._show: Callable[[float], None] | None = None
        self._began_s: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._close is not None:
            self._close()

    def show(self, share: float) -> None:
        """Tell which share of the work is done."""
        if self._show is not None:
            self._show(share)
        elif sys.stderr.isatty():
            from eoskeeper.runtime import clock  # noqa: PLC0415 - on a terminal only

            now_s = clock.read().mono_s
            if self._began_s is None:
                self._began_s = now_s
            elif now_s - self._began_s >= 1:
                self._open()

    def _open(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - see above
        from rich.progress import Progress  # noqa: PLC0415 - see above

        bar = Progress(console=Console(stderr=True), transient=True, auto_refresh=False)
        task = bar.add_task("reading", total=1.0)
        bar.start()
        self._close = bar.stop
        self._show = lambda share: bar.update(task, completed=share, refresh=True)
