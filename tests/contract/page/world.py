"""A cluster as the page sees it: three hosts, a kill, a takeover, all by the contract's own types.

Its time is its own: a test lets minutes pass in a second. Seen from the first standby.
"""

from __future__ import annotations

import msgspec

from eoskeeper.domain.actions import Condition, Met
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
from eoskeeper.domain.figures import (
    KeeperFigures,
    MachineFigures,
    NodeosFigures,
    OwnTurn,
    TelemetryFigures,
)
from eoskeeper.domain.findings import Severity
from eoskeeper.domain.host_samples import FolderUse
from eoskeeper.domain.policy import FailoverMode, Role
from eoskeeper.domain.production import SlotOutcome, TurnAccount
from eoskeeper.domain.records import TurnRecord
from eoskeeper.domain.report import PeerLine, Report
from eoskeeper.domain.samples import FailureReason, ProbeFailed, ProbeName
from eoskeeper.domain.standing import State
from eoskeeper.domain.turns import TurnClosed

__all__ = ["BEGIN_UTC", "CHAIN_ID", "HOSTS", "OURS", "World", "alarm"]

BEGIN_UTC = 1_794_650_400.0
CHAIN_ID = "aca376f206b8fc25a6ed44dbdc66547c36c6c33e3a119ffbeaef943642f0e906"
HOSTS = ("bp-amsterdam", "bp-berlin", "bp-chicago")
OURS = "riverstation"
OTHERS = (
    *("amberharbor1", "bluecliffsbp", "copperfield1", "deepwellnode", "eastwindbp11"),
    *("falconridge1", "greenmeadow1", "highpassnode", "ironforestbp", "junipervault"),
    *("kitehillnode", "lowlandblock", "mapleshadow1", "northlantern", "openharbor11"),
    *("quartzvalley", "stonebridge2", "tallcedarbp1", "upperlakebp1", "whiteheron11"),
)
_OUTCOMES = {
    "p": SlotOutcome.PRODUCED,
    "m": SlotOutcome.MISSED,
    "l": SlotOutcome.LOST,
    "u": SlotOutcome.UNKNOWN,
    "w": SlotOutcome.PENDING,
}
TAKEOVER_TURNS = 2


class World:
    """What happens, by the second; everything in it follows from its time.

    Attributes:
        now: UTC in seconds.
        killed: when the primary died; None while it lives.
        edits: changes a test wants in the report, by field.
    """

    def __init__(self, producers: int = 21, now: float = BEGIN_UTC) -> None:
        """A cluster of a chain with so many producers."""
        names = sorted((*OTHERS[: producers - 1], OURS))
        self.schedule = tuple(names)
        self.place = names.index(OURS)
        self.now = now
        self.begin = now
        self.killed: float | None = None
        self.edits: dict[str, object] = {}

    # --- turns --------------------------------------------------------------------------------

    def own_turns(self, from_utc: float, to_utc: float) -> list[Turn]:
        """Numbers of the own turns that begin in the span, oldest first."""
        count = len(self.schedule)
        first = turn_of(slot_at(from_utc)) + 1
        first += (self.place - first) % count
        last = turn_of(slot_at(to_utc))
        return [Turn(turn) for turn in range(first, last + 1, count)]

    @property
    def takeover(self) -> float:
        """When the standby takes over; far away while nobody was killed."""
        if self.killed is None:
            return float("inf")
        round_s = 6.0 * len(self.schedule)
        empty = self.own_turns(self.killed - 6, self.killed + round_s * (TAKEOVER_TURNS + 1))
        whole = [one for one in empty if self._begin(one) >= self.killed]
        return self._begin(whole[TAKEOVER_TURNS]) - 3.0

    @staticmethod
    def _begin(turn: int) -> float:
        return slot_utc(first_slot_of_turn(turn))

    def maker(self, turn: int) -> str:
        """Who makes an own turn, or would."""
        begin = self._begin(turn)
        if self.killed is None or begin < self.killed:
            return HOSTS[0]
        return HOSTS[1] if begin >= self.takeover else ""

    def cells(self, turn: int) -> str:
        """Its twelve letters, as far as its time has come."""
        index = turn // len(self.schedule)
        whole = "".join(self._cell(turn, place) for place in range(12))
        if index % 97 == 13:
            whole = whole[:4] + "m" + whole[5:]
        if index % 211 == 40:
            whole = whole[:11] + "l"
        over = sum(
            slot_utc(Slot(first_slot_of_turn(turn) + place)) <= self.now for place in range(12)
        )
        return whole[:over] + "w" * (12 - over)

    def _cell(self, turn: int, place: int) -> str:
        at = slot_utc(Slot(first_slot_of_turn(turn) + place))
        if self.killed is None or at < self.killed or at >= self.takeover:
            return "p"
        return "m"

    def record(self, turn: int) -> TurnRecord:
        """An own turn as the history keeps it."""
        return TurnRecord(
            turn=turn,
            begin_utc=UtcS(self._begin(turn)),
            producer=OURS,
            ours=True,
            cells=self.cells(turn),
            latest_ms=40 + turn % 37 if self.maker(turn) else None,
            made_by=self.maker(turn),
        )

    def closed_between(self, from_utc: float, to_utc: float) -> tuple[TurnClosed, ...]:
        """Own turns that were closed in the span, three seconds after their end."""
        at = Moment(MonoS(self.now), UtcS(self.now))
        records = (self.record(turn) for turn in self.own_turns(from_utc - 9, to_utc - 9))
        return tuple(
            TurnClosed(
                at, Turn(one.turn), OURS, ours=True, cells=one.cells, latest_ms=one.latest_ms
            )
            for one in records
        )

    # --- report -------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Of the host that the page is from."""
        if self.now < self.takeover:
            return State.STANDBY
        return State.RESUMING if self.now < self.takeover + 4 else State.HOLDER

    @property
    def head(self) -> int:
        """Block number."""
        return 412_000_000 + slot_at(self.now) - slot_at(BEGIN_UTC)

    def report(self) -> Report:
        """One cycle of the standby's keeper."""
        here = self.state is not State.STANDBY
        next_turn = next(
            t for t in self.own_turns(self.now - 6, self.now + 200) if self._begin(t) > self.now
        )
        report = Report(
            at_utc=UtcS(self.now),
            host=HOSTS[1],
            role=Role.FIRST_STANDBY,
            mode=FailoverMode.AUTO,
            producer=OURS,
            state=self.state,
            since_utc=UtcS(self.takeover if here else self.begin - 86_400),
            may_produce=here,
            term=1 if here else 0,
            cause=None,
            summary=f"B {self.state}; head #{self.head}",
            chain_id=CHAIN_ID,
            server_version="v1.2.2",
            head_number=self.head,
            head_age_s=0.31 + (self.now % 3) / 10,
            head_producer=self.schedule[turn_of(slot_at(self.now)) % len(self.schedule)],
            irreversible_number=self.head - 2,
            irreversible_lag_blocks=2,
            paused=not here,
            links=22,
            pid=4711,
            free_database_bytes=9 * 2**30,
            producers=len(self.schedule),
            in_schedule=True,
            empty_own_turns=0 if self.killed is None or here else 1,
            next_own_turn_in_s=self._begin(next_turn) - self.now,
            own_turns=tuple(self._accounts()),
            last_round=tuple(self._round()),
            conditions=() if here else self.conditions(),
            failures=self._failures(),
            peers=self._peers(),
            alarms=self._alarms(),
            schedule=self.schedule,
            produces=here and self.now > self.takeover + 5,
            last_own_turn=self.cells(self._over()[-1]),
            nodeos=NodeosFigures(
                pid=4711,
                started_utc=UtcS(self.begin - 90_000),
                cpu_s=1000 + (self.now - self.begin) / 20,
                resident_bytes=6 * 2**30,
            ),
            machine=MachineFigures(
                memory_total_bytes=32 * 2**30,
                memory_available_bytes=21 * 2**30,
                folders=(FolderUse("/var/lib/nodeos", 2 * 10**12, 7 * 10**11),),
            ),
            keeper=KeeperFigures(
                version="0.4.0",
                started_utc=UtcS(self.begin - 86_400),
                late_s=0.0012,
                took_s=0.0021,
                queued=0,
                dropped=0,
                resident_bytes=52 * 2**20,
                cpu_s=300 + (self.now - self.begin) / 300,
            ),
            telemetry=TelemetryFigures(
                target="influxdb http://metrics.example:8086 eosbp",
                accepted=1_204_551,
                last_success_utc=UtcS(self.now - 2),
            ),
        )
        return msgspec.structs.replace(report, **self.edits)

    def _over(self) -> list[Turn]:
        turns = self.own_turns(self.now - 20 * 6 * len(self.schedule), self.now)
        return [one for one in turns if self._begin(one) + 6 <= self.now][-8:]

    def _accounts(self) -> list[OwnTurn]:
        return [
            OwnTurn(
                turn,
                OURS,
                first_slot_of_turn(turn),
                tuple(_OUTCOMES[letter] for letter in self.cells(turn)),
                40 + turn % 37 if self.maker(turn) else None,
                made_by=self.maker(turn),
            )
            for turn in self.own_turns(self.now - 8 * 6 * len(self.schedule), self.now)
        ]

    def _round(self) -> list[TurnAccount]:
        count = len(self.schedule)
        newest = turn_of(slot_at(self.now)) // count * count - count
        return [
            TurnAccount(
                Turn(newest + place),
                name,
                first_slot_of_turn(newest + place),
                tuple(_OUTCOMES[letter] for letter in self._letters(newest + place, name)),
            )
            for place, name in enumerate(self.schedule)
        ]

    def _letters(self, turn: int, name: str) -> str:
        if name == OURS:
            return self.cells(turn)
        return "pppppppppppm" if name == "kitehillnode" else "p" * 12

    def _peers(self) -> tuple[PeerLine, ...]:
        dead = self.killed is not None
        last = self.cells(self._over()[-1])
        first = PeerLine(
            host=HOSTS[0],
            role="A",
            state="holder",
            may_produce=True,
            head_number=self.head - (400 if dead else 0),
            age_s=0.8 if self.killed is None else self.now - self.killed,
            irreversible_number=self.head - (402 if dead else 2),
            head_age_s=0.4,
            links=24,
            paused=False,
            produces=True,
            term=1,
            server_version="v1.2.2",
            last_own_turn=last,
        )
        third = msgspec.structs.replace(
            first,
            host=HOSTS[2],
            role="C",
            state="standby",
            may_produce=False,
            head_number=self.head - 1,
            age_s=0.9,
            irreversible_number=self.head - 3,
            links=19,
            paused=True,
            produces=False,
            term=0,
            server_version="v1.2.1",
        )
        return (first, third)

    def _failures(self) -> tuple[ProbeFailed, ...]:
        if self.killed is None:
            return ()
        at = Moment(MonoS(self.now), UtcS(self.now))
        timed_out = FailureReason.TIMED_OUT
        return (ProbeFailed(at, ProbeName.PEER, timed_out, "no answer within 2 s", HOSTS[0]),)

    def _alarms(self) -> tuple[AlarmLine, ...]:
        if self.killed is None or self.now < self.killed + 10:
            return ()
        return (
            alarm(
                "peer_silent",
                self.killed,
                "A peer keeper is silent",
                f"{HOSTS[0]}: no answer for {self.now - self.killed:.0f} s: timed out",
                subject=HOSTS[0],
                remedy="Check that the host and its keeper run, and that its web port is open.",
            ),
        )

    def conditions(self) -> tuple[Condition, ...]:
        """What the next resume needs; at the takeover all of it is there."""
        due = self.now >= self.takeover
        row = TAKEOVER_TURNS if due else len(self._empty())
        met = Met.YES if due else Met.NO
        moment = "now" if due else "in 64 s"
        return (
            Condition("watched_a_round", Met.YES, "86400 s watched", "one round, 126 s"),
            Condition("node_answers", Met.YES, "0.4 s ago", "an answer within 5 s"),
            Condition("head_fresh", Met.YES, f"0.4 s old (#{self.head})", "-2 to 3 s old"),
            Condition("in_schedule", Met.YES, "place 16 of 21", f"{OURS} in the active schedule"),
            Condition("finality_moves", Met.YES, "1 s and 2 blocks ago", "within 20 s"),
            Condition("own_turns_empty", met, f"{row} in a row", "2 own turns in a row"),
            Condition("moment", met, moment, "3 s before the next own turn"),
        )

    def _empty(self) -> list[Turn]:
        killed = self.now if self.killed is None else self.killed
        return [one for one in self.own_turns(killed, self.now) if self._begin(one) + 6 < self.now]


def alarm(
    rule: str,
    since: float,
    title: str,
    sentence: str,
    *,
    remedy: str = "",
    subject: str = "",
    severity: Severity = Severity.CRITICAL,
    muted_by: str = "",
    fired: bool = True,
) -> AlarmLine:
    """An alarm as the report lists it."""
    return AlarmLine(
        rule=rule,
        subject=subject,
        severity=severity,
        since_utc=UtcS(since),
        fired_utc=UtcS(since + 10) if fired else None,
        title=title,
        sentence=sentence,
        remedy=remedy,
        told_to=("on-call",) if fired else (),
        last_told_utc=UtcS(since + 10) if fired else None,
        verdict=Verdict.FIRED if fired else Verdict.HELD_BACK,
        muted_by=muted_by,
    )
