"""Any course of findings, orders, failures and restarts: no alarm is lost, none told too often."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from eoskeeper.domain.alerting.alarms import Notification, NotificationKind, Verdict
from eoskeeper.domain.alerting.engine import explain, snapshot_alarms
from eoskeeper.domain.alerting.events import NotificationDecided
from eoskeeper.domain.alerting.settings import AlertSettings, ContactGroup
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Finding, Severity
from eoskeeper.domain.host_samples import (
    AlarmAcknowledged,
    SilenceEnded,
    SilenceOrdered,
)
from tests.unit.domain.alerting.desk import Desk, bad, good, poor, rated, setup_of, unknown

CAUSE, FIRST, SECOND = "cause", "first", "second"
HOLD_S, CLEAR_S, GROUP_S, STEP_S = 3.0, 4.0, 1.0, 1.0
REPEAT_S, QUIET_S, SETTLE_S, FLAP_WINDOW_S = 120.0, 40.0, 5.0, 60.0

OPS = ContactGroup(channels=("sms",))
WORST = ContactGroup(channels=("sms",), severity=Severity.CRITICAL)
SETTINGS = AlertSettings(
    repeat_s=REPEAT_S,
    escalate_s=86_400,
    group_wait_s=GROUP_S,
    settle_s=SETTLE_S,
    flap_changes=4,
    flap_window_s=FLAP_WINDOW_S,
    flap_quiet_s=QUIET_S,
    contacts={"ops": OPS, "worst": WORST},
)
SETUP = setup_of(
    rated(CAUSE, hold_s=HOLD_S, clear_s=CLEAR_S),
    rated(FIRST, hold_s=HOLD_S, clear_s=CLEAR_S, depends_on=(CAUSE,)),
    rated(SECOND, hold_s=HOLD_S, clear_s=CLEAR_S),
    settings=SETTINGS,
)
RULES = (CAUSE, FIRST, SECOND)
MAKERS = {"good": good, "poor": poor, "bad": bad, "unknown": unknown}
MARGIN_S = GROUP_S + 2 * STEP_S


def now_since(moment: Moment, now: Moment) -> float:
    """Seconds."""
    return now.mono_s - moment.mono_s


class Course(RuleBasedStateMachine):
    """Says for itself, from the findings alone, what people must know by now."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(SETUP)
        self.grades = dict.fromkeys(RULES, "good")
        self.failed_s = dict.fromkeys(RULES, 0.0)
        self.good_s = dict.fromkeys(RULES, 1e9)
        self.cleared: set[str] = set()
        """Good for long enough since anything else was told of it."""
        self.free_s = dict.fromkeys(RULES, 1e9)
        """Since when it is neither muted nor silenced."""
        self.heard_s = dict.fromkeys(RULES, 1e9)
        """Since when it is not silenced."""
        self.silent_until: dict[str, float] = {}
        self.believed: dict[tuple[str, str], float] = {}
        """When a contact was told something, by alarm and contact, while it believes it open."""
        self.newest: dict[tuple[str, str], float] = {}
        """The same, further attempts too."""
        self.seen_numbers: set[int] = set()

    # --- what happens ----------------------------------------------------------------------

    @rule(
        name=st.sampled_from(RULES),
        grade=st.sampled_from(["good", "bad", "good", "bad", "poor", "unknown"]),
        seconds=st.sampled_from([0, 1, 2, 5, 9, 30]),
    )
    def changes(self, name: str, grade: str, seconds: int) -> None:
        """A condition changes, and stays so for a while."""
        self.grades[name] = grade
        self.passes(seconds)

    @rule(seconds=st.sampled_from([1, 3, 30, 130]))
    def passes(self, seconds: int) -> None:
        """Time passes, all remains as it is."""
        for _ in range(seconds):
            self._cycle()

    @rule(name=st.sampled_from((*RULES, "*")), for_s=st.sampled_from([3.0, 20.0]))
    def is_silenced(self, name: str, for_s: float) -> None:
        """An operator wants quiet."""
        self.silent_until[name] = self.desk.utc_s + STEP_S + for_s
        self._cycle(SilenceOrdered(self.desk.now, name, for_s, "li", ""))

    @rule(name=st.sampled_from((*RULES, "*")))
    def is_unsilenced(self, name: str) -> None:
        """And no longer."""
        order = SilenceEnded(self.desk.now, name, "li")
        for one in list(self.silent_until) if name == "*" else [name]:
            self.silent_until.pop(one, None)
        self._cycle(order)

    @rule(name=st.sampled_from((*RULES, "*")))
    def is_acknowledged(self, name: str) -> None:
        """Somebody works on it."""
        self._cycle(AlarmAcknowledged(self.desk.now, name, "li"))

    @rule(proves=st.booleans())
    def delivery_changes(self, *, proves: bool) -> None:
        """Services fail for a while, silently, or work again."""
        self.desk.proves = proves

    @rule(down_s=st.sampled_from([0.0, 1.0, 50.0]), compact=st.booleans())
    def keeper_restarts(self, down_s: float, *, compact: bool) -> None:
        """At any moment, on another monotonic clock, from a long or a short journal."""
        if compact:
            self.desk.journal = [snapshot_alarms(self.desk.memory, self.desk.now)]
        self.desk.restart(down_s=down_s)
        for name in RULES:  # holds and quiet times begin anew
            self.failed_s[name] = 0.0
            self.good_s[name] = 0.0
            self.free_s[name] = 0.0

    # --- what is known ---------------------------------------------------------------------

    def _is_open(self, name: str) -> bool:
        return any(name == rule for rule, _ in self.believed)

    def _cycle(self, *orders: object) -> None:
        findings: list[Finding] = [MAKERS[grade](name) for name, grade in self.grades.items()]
        sent = self.desk.cycle(*findings, orders=orders, after_s=STEP_S)
        for name in RULES:
            self._count(name)
        for one in sent:
            self._hear(one)

    def _count(self, name: str) -> None:
        grade = self.grades[name]
        if grade == "good":
            self.good_s[name] += STEP_S
            if self.good_s[name] > CLEAR_S:
                self.cleared.add(name)
        elif grade != "unknown":
            self.good_s[name] = 0.0
        cause_matters = name == FIRST and (
            self.grades[CAUSE] in {"poor", "bad"} or CAUSE in self.desk.memory.alarms
        )
        if cause_matters or grade not in {"bad", "unknown"}:
            self.failed_s[name] = 0.0
        elif grade == "bad":
            self.failed_s[name] += STEP_S
        silent = self._is_silent(name)
        self.free_s[name] = 0.0 if silent or cause_matters else self.free_s[name] + STEP_S
        self.heard_s[name] = 0.0 if silent else self.heard_s[name] + STEP_S

    def _is_silent(self, name: str) -> bool:
        now_s = self.desk.utc_s
        return any(self.silent_until.get(key, 0.0) > now_s for key in (name, "*"))

    def _hear(self, sent: Notification) -> None:
        """A contact reads a message, and believes it."""
        again = sent.notification_id in self.seen_numbers
        assert again == (sent.reason is Verdict.NOT_DELIVERED)
        self.seen_numbers.add(sent.notification_id)
        decided = [one for one in self.desk.journal if isinstance(one, NotificationDecided)]
        about = next(one.alarms for one in decided if one.notification == sent)
        for name in about:
            self.newest[name, sent.contact] = self.desk.utc_s
            if not again:
                self._hear_of(name, sent)

    def _hear_of(self, name: str, sent: Notification) -> None:
        who, now_s = (name, sent.contact), self.desk.utc_s
        self._must_be_right(name, sent)
        if sent.kind is NotificationKind.RESOLVED:
            assert self.believed.pop(who, None) is not None, "an end of what was never told"
            return
        if sent.kind is NotificationKind.FIRED:
            assert who not in self.believed, "told twice"
        if sent.kind is NotificationKind.REPEATED:
            since_s = now_s - self.believed[who]
            assert since_s >= REPEAT_S or self.heard_s[name] < since_s, "told too soon"
        self.believed[who] = now_s

    def _must_be_right(self, name: str, sent: Notification) -> None:
        """Bad for its hold and not muted, or good for as long as it takes; and not silenced."""
        assert not self._is_silent(name), "told in a silence"
        if sent.kind is NotificationKind.RESOLVED:
            assert name in self.cleared, "the end of what goes on"
            return
        self.cleared.discard(name)
        alarm = self.desk.memory.alarms[name]
        assert not alarm.acknowledged_by, "told though acknowledged"
        if name == FIRST:
            worst = {"bad"} if alarm.severity is Severity.CRITICAL else {"bad", "poor"}
            assert self.grades[CAUSE] not in worst, "told though its cause is"
        if sent.kind is NotificationKind.FIRED and not alarm.flapping:
            assert now_since(alarm.since, self.desk.now) >= HOLD_S, "told before its hold"

    # --- what must hold --------------------------------------------------------------------

    @invariant()
    def nothing_is_lost(self) -> None:
        """Failed for its hold, neither muted nor silenced: all know, soon."""
        due_s = HOLD_S + SETTLE_S + MARGIN_S
        for name in RULES:
            if min(self.failed_s[name], self.free_s[name]) <= due_s + STEP_S:
                continue
            alarm = self.desk.memory.alarms[name]
            for contact in SETTINGS.contacts:
                known = (name, contact) in self.believed or bool(alarm.acknowledged_by)
                assert known, f"{contact} does not know of {name}"
                if not alarm.acknowledged_by and self.desk.proves:
                    # Told in the last period; a message on its way may take one more.
                    age_s = self.desk.utc_s - self.newest[name, contact]
                    assert age_s <= 2 * REPEAT_S + 60

    @invariant()
    def every_end_is_told(self) -> None:
        """Good for long enough and not silenced: nobody believes it open."""
        for name in RULES:
            quiet_s = min(self.good_s[name], self.heard_s[name])
            if quiet_s > QUIET_S + MARGIN_S + STEP_S:
                assert name not in self.desk.memory.alarms
                assert not self._is_open(name)

    @invariant()
    def everything_can_be_explained(self) -> None:
        """A line for each alarm that is open or held back."""
        memory = self.desk.memory
        lines = explain(memory, self.desk.now, SETUP)
        assert len(lines) == len(memory.alarms) + len(memory.pending)

    @invariant()
    def a_restart_now_would_remember(self) -> None:
        """The journal leads to the same open alarms, told people, silences and messages."""
        desk = self.desk
        twin = Desk(SETUP)
        twin.journal, twin.utc_s = desk.journal, desk.utc_s
        twin.restart()
        assert {key: set(one.told) for key, one in twin.memory.alarms.items()} == {
            key: set(one.told) for key, one in desk.memory.alarms.items()
        }
        assert set(twin.memory.closings) == set(desk.memory.closings)
        assert set(twin.memory.silences) == set(desk.memory.silences)
        assert set(twin.memory.undelivered) == set(desk.memory.undelivered)
        assert twin.memory.next_id == desk.memory.next_id


Course.TestCase.settings = settings(
    max_examples=400,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestCourse = Course.TestCase
