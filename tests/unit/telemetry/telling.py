"""Reports and publications in which everything is known, for tests of what is made from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from eoskeeper.domain.actions import Condition, FenceCause, Met, Pause, PermitKind, Resume
from eoskeeper.domain.alerting.alarms import Alarm, AlarmLine, Ending, Verdict
from eoskeeper.domain.alerting.events import AlarmFired, AlarmResolved
from eoskeeper.domain.chain_time import (
    Moment,
    MonoS,
    Turn,
    UtcS,
    first_slot_of_turn,
    slot_at,
    slot_utc,
    turn_of,
)
from eoskeeper.domain.events import (
    ActionDecided,
    CommandAnswered,
    Event,
    KeeperStarted,
    OutcomeSeen,
    StandingChanged,
)
from eoskeeper.domain.figures import (
    KeeperFigures,
    MachineFigures,
    NodeosFigures,
    OwnTurn,
    TelemetryFigures,
)
from eoskeeper.domain.findings import Finding, Grade, Severity
from eoskeeper.domain.guard_samples import GuardPhase
from eoskeeper.domain.host_samples import DeliveryResult, FolderUse
from eoskeeper.domain.lease_figures import GuardFigures, LeaseFigures
from eoskeeper.domain.logbook import Maker
from eoskeeper.domain.policy import FailoverMode, Role
from eoskeeper.domain.production import SlotOutcome, TurnAccount
from eoskeeper.domain.publication import Publication
from eoskeeper.domain.report import PeerLine, Report
from eoskeeper.domain.samples import (
    CommandKind,
    FailureReason,
    OutcomeResult,
    ProbeFailed,
    ProbeName,
)
from eoskeeper.domain.standing import State
from eoskeeper.domain.turns import SlotCounts, TurnClosed
from eoskeeper.domain.watch import WatchEvent
from tests.unit.domain.scene import ACCOUNTS, CHAIN_ID, OURS, START_SLOT, TURN, permit, standing_of

__all__ = [
    "AT_UTC",
    "CHANGES",
    "DECISIONS",
    "account",
    "alarm_line",
    "closed_turn",
    "failure",
    "full_report",
    "moment",
    "publication",
    "story",
]

AT_UTC = UtcS(slot_utc(START_SLOT) + 100.25)
"""In the fourth round after the start of the test chain, in a turn of another producer."""

OUTCOMES = {
    "p": SlotOutcome.PRODUCED,
    "m": SlotOutcome.MISSED,
    "l": SlotOutcome.LOST,
    "u": SlotOutcome.UNKNOWN,
    "w": SlotOutcome.PENDING,
}


def moment(utc_s: float = AT_UTC) -> Moment:
    """A moment; the boot-time clock is far from the wall clock."""
    return Moment(MonoS(utc_s - slot_utc(START_SLOT) + 5000.0), UtcS(utc_s))


def account(turn: int, cells: str, producer: str | None = None) -> TurnAccount:
    """A turn of the test schedule from its letters."""
    return TurnAccount(
        Turn(turn),
        producer or ACCOUNTS[turn % len(ACCOUNTS)],
        first_slot_of_turn(turn),
        tuple(OUTCOMES[cell] for cell in cells),
        120,
    )


def own_turn(turn: int, cells: str, made_by: str) -> OwnTurn:
    """The same, of ours."""
    slots = tuple(OUTCOMES[cell] for cell in cells)
    return OwnTurn(Turn(turn), OURS, first_slot_of_turn(turn), slots, 120, made_by=made_by)


def closed_turn(turn: int, cells: str = "p" * 12, maker: Maker = Maker.UNKNOWN) -> TurnClosed:
    """The same, closed."""
    producer = ACCOUNTS[turn % len(ACCOUNTS)]
    return TurnClosed(
        at=moment(slot_utc(first_slot_of_turn(turn)) + 9.0),
        turn=Turn(turn),
        producer=producer,
        ours=producer == OURS,
        cells=cells,
        latest_ms=120,
        maker=maker,
    )


def alarm_line(
    rule: str = "links",
    severity: Severity = Severity.WARNING,
    sentence: str = "only 2 links",
    **fields: Any,  # noqa: ANN401 - fields of the line
) -> AlarmLine:
    """An alarm that fired ten seconds ago."""
    line = AlarmLine(
        rule=rule,
        subject="",
        severity=severity,
        since_utc=UtcS(AT_UTC - 20),
        fired_utc=UtcS(AT_UTC - 10),
        title="Few links",
        sentence=sentence,
        remedy="add peers",
        told_to=("ops",),
        last_told_utc=UtcS(AT_UTC - 10),
        verdict=Verdict.RECENTLY_TOLD,
    )
    return msgspec.structs.replace(line, **fields)


def failure(
    probe: ProbeName = ProbeName.GET_INFO, reason: FailureReason = FailureReason.REFUSED
) -> ProbeFailed:
    """A probe without a reading."""
    return ProbeFailed(moment(), probe, reason, "connection refused")


def full_report(at_utc: float = AT_UTC, **fields: Any) -> Report:  # noqa: ANN401 - of a report
    """The report of a primary that holds production and knows everything."""
    turn = turn_of(slot_at(at_utc))
    newest = turn - (turn - 1) % 4 - (4 if turn % 4 == 1 else 0)
    begin = turn - turn % 4 - 4
    report = Report(
        at_utc=UtcS(at_utc),
        host="bp-a",
        role=Role.PRIMARY,
        mode=FailoverMode.AUTO,
        producer=OURS,
        state=State.HOLDER,
        since_utc=UtcS(AT_UTC - 3600),
        may_produce=True,
        term=2,
        cause=FenceCause.OPERATOR,
        summary="A holder",
        chain_id=CHAIN_ID,
        server_version="v1.2.2",
        head_number=int((at_utc - slot_utc(START_SLOT)) * 2) + 1000,
        head_age_s=0.4,
        head_producer=ACCOUNTS[turn % 4],
        irreversible_number=int((at_utc - slot_utc(START_SLOT)) * 2) + 997,
        irreversible_lag_blocks=3,
        paused=False,
        links=12,
        pid=77,
        free_database_bytes=3 * 2**30,
        producers=4,
        in_schedule=True,
        empty_own_turns=0,
        lease=LeaseFigures(
            holder="bp-a",
            term=2,
            released=False,
            held_here=True,
            confirmed_s=0.6,
            seen_s=0.5,
            failure="",
        ),
        guard=GuardFigures(
            phase=GuardPhase.ARMED,
            term=2,
            asked_s=0.3,
            left_s=8.4,
            can_hold=True,
            unclear="",
            reason="",
        ),
        unstayed_own_turns=0,
        next_own_turn_in_s=7.5,
        newest_own_maker=Maker.HERE,
        own_turns=(
            own_turn(newest - 4, "p" * 12, "bp-a"),
            own_turn(newest, "ppppppppmmlu", "bp-a"),
            own_turn(newest + 4, "w" * 12, ""),
        ),
        last_round=tuple(account(begin + place, "p" * 12) for place in range(4)),
        conditions=(
            Condition("node in sync", Met.YES, "0.4 s", "< 3 s"),
            Condition("nobody else", Met.UNKNOWN, "?", "nobody"),
        ),
        peers=(
            PeerLine("bp-b", "B", "standby", may_produce=False, head_number=9, age_s=1.0),
            PeerLine("bp-c", "C", "standby", may_produce=False, head_number=9, age_s=61.0),
        ),
        findings=(
            Finding("links", Grade.OK, "ok", {}, subject="a"),
            Finding("links", Grade.DEGRADED, "few", {}, subject="b"),
            Finding("head_age", Grade.OK, "ok"),
            Finding("finalizer", Grade.UNKNOWN, "none"),
        ),
        alarms=(alarm_line(),),
        deliveries={"wecom": {DeliveryResult.PROVEN: 3, DeliveryResult.TIMED_OUT: 1}},
        schedule=ACCOUNTS,
        last_made_utc=UtcS(at_utc - 10.0),
        produces=True,
        last_own_turn="ppppppppmmlu",
        slot_counts={"ours": SlotCounts(45, 2, 1, 0), "alpha": SlotCounts(48)},
        nodeos=NodeosFigures(pid=77, started_utc=UtcS(5.0), cpu_s=12.5, resident_bytes=2**30),
        machine=MachineFigures(
            memory_total_bytes=2**34,
            memory_available_bytes=2**33,
            swap_total_bytes=2**30,
            swap_used_bytes=0,
            load_1m=0.5,
            load_5m=0.4,
            load_15m=0.3,
            cpus=8,
            folders=(FolderUse("/data", 1000, 250), FolderUse("/logs", 500, 500)),
            clock_offset_s=-0.002,
        ),
        keeper=KeeperFigures(
            version="0.1",
            started_utc=UtcS(AT_UTC - 7200),
            late_s=0.001,
            took_s=0.003,
            queued=4,
            dropped=0,
            resident_bytes=40 * 2**20,
            cpu_s=3.25,
        ),
        telemetry=TelemetryFigures(
            target="http://127.0.0.1:8086",
            accepted=100,
            rejected=1,
            dropped=2,
            spooled=30,
            spooled_bytes=4096,
            oldest_spooled_utc=UtcS(AT_UTC - 60),
            last_success_utc=UtcS(AT_UTC - 61),
            failing_since_utc=UtcS(AT_UTC - 60),
            last_problem="refused",
        ),
    )
    return msgspec.structs.replace(report, **fields)


def _decisions(at: Moment) -> tuple[Event, ...]:
    standing = standing_of(State.RESUMING, term=3)
    return (
        KeeperStarted(at, "0.1", "bp-a", "A", "auto"),
        StandingChanged(at, State.STANDBY, standing, "own turns empty", "2 own turns are empty"),
        ActionDecided(at, Resume(7, permit(PermitKind.TAKEOVER), "2 own turns are empty")),
        OutcomeSeen(at, 7, OutcomeResult.PROVEN, "read back"),
        ActionDecided(at, Pause(8, FenceCause.OPERATOR, "an order")),
        CommandAnswered(at, CommandKind.PAUSE, "ann", accepted=True, reason="done"),
    )


def _changes(at: Moment) -> tuple[WatchEvent, ...]:
    finding = Finding("links", Grade.DEGRADED, "few", {"links": 2})
    alarm = Alarm(finding=finding, severity=Severity.WARNING, since=at, fired=at)
    return (AlarmFired(at, alarm), AlarmResolved(at, "disk:/data", Ending.GOOD))


DECISIONS = _decisions(moment())
"""One of most kinds, all of one moment."""

CHANGES = _changes(moment())
"""Likewise, of alarms."""


def publication(report: Report | None = None, **fields: Any) -> Publication:  # noqa: ANN401 - of it
    """A cycle in which everything happens."""
    given = report or full_report()
    told = Publication(
        now=moment(given.at_utc),
        report=given,
        turns=(closed_turn(TURN + 12), closed_turn(TURN + 13, "ppppppppmmlu", Maker.HERE)),
        events=DECISIONS,
        told=CHANGES,
    )
    return msgspec.structs.replace(told, **fields)


def story(until_utc: float, length_s: int, step_s: int = 5) -> Iterator[Publication]:
    """Three hosts until a moment of the wall clock, and all that there is to tell of them.

    The primary holds production for the first half, then the first standby does.
    """
    begin_utc = until_utc - length_s
    for at_s in range(0, length_s + 1, step_s):
        at_utc = begin_utc + at_s
        for host, role in (("bp-a", "A"), ("bp-b", "B"), ("bp-c", "C")):
            yield _cycle(at_utc, host, Role(role), at_s, length_s, step_s)


def _cycle(
    at_utc: float, host: str, role: Role, at_s: int, length_s: int, step_s: int
) -> Publication:
    holder = "bp-a" if at_s < length_s // 2 else "bp-b"
    holds, turns_over = host == holder, at_s // 6
    missed = turns_over // 4
    report = full_report(
        at_utc,
        host=host,
        role=role,
        state=State.HOLDER if holds else State.STANDBY,
        paused=not holds,
        produces=holds,
        may_produce=holds,
        since_utc=UtcS(at_utc - at_s % (length_s // 2)),
        slot_counts={name: SlotCounts(10 * missed, 2 * missed, 0, 0) for name in ACCOUNTS},
        peers=tuple(
            PeerLine(name, "A", "standby", may_produce=False, head_number=9, age_s=1.0)
            for name in ("bp-a", "bp-b", "bp-c")
            if name != host
        ),
    )
    turn = turn_of(slot_at(at_utc)) - 2
    turns = range(turn - -(-step_s // 6) + 1, turn + 1)
    at = moment(at_utc)
    moving = at_s in {0, length_s // 2 // step_s * step_s}
    return Publication(
        now=at,
        report=report,
        turns=tuple(closed_turn(one, _CELLS[one % 3], Maker.HERE) for one in turns),
        events=_decisions(at) if moving else (),
        told=_changes(at) if moving else (),
    )


_CELLS = ("p" * 12, "ppppppppppmm", "m" * 12)
