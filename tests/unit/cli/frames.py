"""Views for the tests of frames, and what a terminal of a given size shows of them."""

from __future__ import annotations

import io

import msgspec
from rich.console import Console

from eoskeeper.cli.frame import View, frame
from eoskeeper.domain.actions import FenceCause, Pause
from eoskeeper.domain.alerting.alarms import AlarmLine, Verdict
from eoskeeper.domain.chain_time import (
    Moment,
    MonoS,
    Slot,
    Turn,
    UtcS,
    first_slot_of_turn,
    slot_at,
    slot_utc,
    turn_of,
)
from eoskeeper.domain.events import ActionDecided, Event, StandingChanged
from eoskeeper.domain.figures import OwnTurn
from eoskeeper.domain.findings import Severity
from eoskeeper.domain.policy import FailoverMode, Role
from eoskeeper.domain.production import SlotOutcome, TurnAccount
from eoskeeper.domain.report import PeerLine, Report
from eoskeeper.domain.standing import Standing, State

__all__ = [
    "NOW",
    "NOW_UTC",
    "alarm",
    "holder",
    "last_round",
    "moved",
    "paused",
    "peer",
    "shown",
    "turn",
    "unknown",
]

SCHEDULE = ("alice", "ourproducer1", "bob", "carol")

NOW_UTC = float(slot_utc(first_slot_of_turn(Turn(40_000 * 4 + 2)) + 3))
"""In the middle of a turn of bob."""

NOW = Moment(MonoS(0.0), UtcS(NOW_UTC))

_MARKS = {
    "#": SlotOutcome.PRODUCED,
    ".": SlotOutcome.MISSED,
    "x": SlotOutcome.LOST,
    "?": SlotOutcome.UNKNOWN,
    "_": SlotOutcome.PENDING,
}


def shown(view: View) -> list[str]:
    """Lines that a terminal without colours shows, trailing blanks cut."""
    file = io.StringIO()
    console = Console(file=file, width=view.columns, color_system=None, highlight=False)
    console.print(frame(view))
    return [line.rstrip() for line in file.getvalue().splitlines()]


def unknown(**changes: object) -> Report:
    """A keeper that has just started and knows nothing."""
    report = Report(
        at_utc=UtcS(NOW_UTC),
        host="bp-1",
        role=Role.PRIMARY,
        mode=FailoverMode.AUTO,
        producer="ourproducer1",
        state=State.LEARNING,
        since_utc=UtcS(NOW_UTC - 5),
        may_produce=True,
        term=0,
        cause=None,
        summary="",
    )
    return msgspec.structs.replace(report, **changes)


def holder(**changes: object) -> Report:
    """A healthy primary with two standbys."""
    report = unknown(
        state=State.HOLDER,
        since_utc=NOW_UTC - 7300,
        term=3,
        head_number=4_123_456,
        head_age_s=0.4,
        irreversible_lag_blocks=331,
        paused=False,
        links=14,
        produces=True,
        empty_own_turns=0,
        next_own_turn_in_s=16.5,
        last_own_turn="p" * 12,
        schedule=SCHEDULE,
        own_turns=tuple(turn(back, "#" * 12, "bp-1", -41) for back in (2, 1, 0)),
        last_round=last_round("############"),
        peers=(peer("bp-3", "C"), peer("bp-2", "B")),
    )
    return msgspec.structs.replace(report, **changes)


def peer(host: str, role: str = "B", **changes: object) -> PeerLine:
    """A healthy standby that has just spoken."""
    line = PeerLine(
        host,
        role,
        "standby",
        may_produce=False,
        head_number=4_123_455,
        age_s=0.7,
        irreversible_number=4_123_125,
        head_age_s=0.6,
        links=12,
        paused=True,
        produces=False,
        last_own_turn="p" * 12,
    )
    return msgspec.structs.replace(line, **changes)


def turn(back: int, marks: str, made_by: str, latest_ms: int | None = None) -> OwnTurn:
    """Our turn so many rounds before the newest one."""
    number = Turn(40_000 * 4 + 1 - 4 * back)
    slots = tuple(_MARKS[mark] for mark in marks)
    first = first_slot_of_turn(number)
    return OwnTurn(number, "ourproducer1", first, slots, latest_ms, made_by=made_by)


def last_round(ours: str) -> tuple[TurnAccount, ...]:
    """The round before this one; the others made all their blocks."""
    begin = turn_of(slot_at(NOW_UTC)) // 4 * 4 - 4
    marks = {name: ours if name == "ourproducer1" else "#" * 12 for name in SCHEDULE}
    return tuple(
        TurnAccount(
            Turn(number),
            name,
            Slot(first_slot_of_turn(number)),
            tuple(_MARKS[mark] for mark in marks[name]),
        )
        for number, name in enumerate(SCHEDULE, begin)
    )


def alarm(**changes: object) -> AlarmLine:
    """An open alarm of the middle severity."""
    line = AlarmLine(
        rule="links",
        subject="",
        severity=Severity.WARNING,
        since_utc=UtcS(NOW_UTC - 190),
        fired_utc=UtcS(NOW_UTC - 130),
        title="Few links",
        sentence="2 links, 5 are wanted",
        remedy="Look at p2p-peer-address.",
        told_to=("ops",),
        last_told_utc=UtcS(NOW_UTC - 130),
        verdict=Verdict.RECENTLY_TOLD,
    )
    return msgspec.structs.replace(line, **changes)


def moved(before: State, after: State, reason: str, ago_s: float = 60.0) -> Event:
    """A change of standing in the journal."""
    at = Moment(MonoS(0.0), UtcS(NOW_UTC - ago_s))
    return StandingChanged(at, before, Standing(state=after, since=at), "event", reason)


def paused(reason: str, ago_s: float = 59.0) -> Event:
    """A pause in the journal."""
    at = Moment(MonoS(0.0), UtcS(NOW_UTC - ago_s))
    return ActionDecided(at, Pause(1, FenceCause.ALONE, reason))
