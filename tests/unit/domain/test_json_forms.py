"""Every sample, action and event has a stable JSON form: a day of a node is a file that replays."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from eoskeeper.domain.actions import Action, Condition, FenceCause, Met, Pause, Resume, Terminate
from eoskeeper.domain.chain_time import Slot, UtcS
from eoskeeper.domain.events import (
    ActionDecided,
    Advised,
    CommandAnswered,
    Event,
    FailsafeTurned,
    HookEnded,
    KeeperStarted,
    LeaseWritten,
    MaintenanceSet,
    OutcomeSeen,
    SlotDoubled,
    StandingChanged,
)
from eoskeeper.domain.guard_samples import (
    Fence,
    FenceRung,
    GuardLost,
    GuardMode,
    GuardPhase,
    GuardRead,
    GuardRefused,
    RungResult,
)
from eoskeeper.domain.hooks import HookName, HookRan, HookResult
from eoskeeper.domain.member_words import Doubled, MadeBy, MemberWord, OwnBlock
from eoskeeper.domain.policy import FailoverSettings, Policy, Role
from eoskeeper.domain.register import (
    CasApplied,
    CasRefused,
    CasUnknown,
    LeaseRecord,
    RegisterFailed,
    RegisterRead,
    RegisterReason,
    Store,
    Version,
)
from eoskeeper.domain.report import Report, report_of
from eoskeeper.domain.samples import (
    ActionOutcome,
    AlarmAcknowledged,
    BlockLogged,
    BlocksRead,
    ClockOffsetRead,
    CommandKind,
    ConnectionsRead,
    DatabaseSizeRead,
    DeliveryOutcome,
    DeliveryResult,
    FailureReason,
    Finalizer,
    FinalizersRead,
    FoldersRead,
    FolderUse,
    HeadRead,
    HostRead,
    KeeperRead,
    Link,
    LogFollowed,
    LoggedBlockKind,
    LoggedNote,
    NodeNote,
    NotProducingLogged,
    NotProducingReason,
    OperatorCommand,
    OutcomeResult,
    PausedRead,
    PeerRead,
    ProbeFailed,
    ProbeName,
    ProcessRead,
    ProcessState,
    RestartPaused,
    Sample,
    ScheduleRead,
    SilenceEnded,
    SilenceOrdered,
    UnitRead,
)
from eoskeeper.domain.standing import State
from tests.unit.domain.scene import (
    OURS,
    block,
    brink,
    moment_at,
    permit,
    policy_of,
    schedule_of,
    settled_holder,
    standing_of,
)

AT = moment_at(7)
BLOCKS = (block(1, 2, OURS), block(2, 3, "carol"))
PROVEN = OutcomeResult.PROVEN
EVIDENCE = (Condition("moment", Met.UNKNOWN, "?", "now"),)
PAUSE = Pause(1, FenceCause.ALONE, "because")

RECORD = LeaseRecord("here", 3, 41, run="5f")
STORE = Store("c1", 9, 2)
SHOWN = RegisterRead(AT, AT, RECORD, Version(7), STORE)
RUNG = FenceRung("pause", RungResult.PROVEN, 1.0, 1.5, "told")
GUARD = GuardRead(
    AT,
    AT,
    GuardPhase.FENCED,
    GuardMode.DEADLINE,
    3,
    9.5,
    can_hold=True,
    last=Fence(proven=True, how="pause", began_s=1.0, ended_s=1.5, rungs=(RUNG,)),
)

WORD = MemberWord(
    role="B", holds=False, blocks=(OwnBlock(Slot(7), 3, "0" * 16),), paused_from=Slot(1)
)
SAMPLES: list[Sample] = [
    HeadRead(AT, "cc", "v", 9, "id", Slot(7), OURS, 5, "ii", None, 0.25),
    HeadRead(AT, "cc", "v", 9, "id", Slot(7), OURS, 5, "ii", 10, 0.25),
    BlocksRead(AT, BLOCKS, gap_before=True),
    ScheduleRead(AT, schedule_of(), schedule_of(version=2), None),
    PausedRead(AT, AT, paused=True),
    ConnectionsRead(AT, (Link("p", established=True, agent="a", node_id="n", remote="r"),)),
    DatabaseSizeRead(AT, 1, 2, 3),
    BlockLogged(AT, LoggedBlockKind.RECEIVED, 4, "ab" * 8, Slot(7), OURS, UtcS(1.5), -7, None),
    NotProducingLogged(AT, NotProducingReason.PAUSED, "text", None, None),
    LoggedNote(AT, NodeNote.STARTED, "text", UtcS(2.5)),
    LogFollowed(AT, at_end=True, lines=5, skipped_bytes=0, latest_logged_utc=None),
    ProcessRead(AT, 7, ProcessState.ZOMBIE, UtcS(1.0), 2.5, 1 << 34, None),
    ProbeFailed(AT, ProbeName.GET_INFO, FailureReason.REFUSED, "nobody"),
    ActionOutcome(AT, 3, PROVEN, "told"),
    ActionOutcome(AT, 3, PROVEN, "told", AT),
    RestartPaused(AT, AT, OutcomeResult.UNPROVEN, 12, "told"),
    OperatorCommand(AT, "c1", CommandKind.PAUSE, "me"),
    PeerRead(AT, "b", "B", "standby", may_produce=False, head_number=None, summary="\u5f85\u547d"),
    PeerRead(AT, "b", "B", "standby", may_produce=False, head_number=1, summary="x", word=WORD),
    HostRead(AT, 8 << 30, 1 << 30, 0, 0, 0.5, 0.25, 0.125, 2),
    FoldersRead(AT, (FolderUse("/data", 1 << 40, 1 << 30),)),
    ClockOffsetRead(AT, -0.5, 0.25, "pool.example"),
    FinalizersRead(AT, (Finalizer(OURS, "PUB_BLS_x", 7, strong=True),), 1, None),
    UnitRead(AT, "n", active=False, sub_state="dead", exit_status=2, by_signal=False, restarts=1),
    KeeperRead(AT, 0.5, 0.25, 3, 0, 1 << 26, 28_800),
    DeliveryOutcome(AT, 4, "wecom", DeliveryResult.THROTTLED, 3, "45009"),
    SilenceOrdered(AT, "disk", 3600.0, "me", "new disk"),
    SilenceEnded(AT, "*", "me"),
    AlarmAcknowledged(AT, "disk", "me"),
    SHOWN,
    RegisterFailed(AT, AT, RegisterReason.NO_LEADER, "told"),
    CasApplied(AT, AT, Version(8), STORE),
    CasRefused(AT, AT, SHOWN),
    CasUnknown(AT, AT, RegisterReason.TIMEOUT, "told"),
    GUARD,
    GuardRefused(AT, "late", GUARD),
    GuardLost(AT, AT, "no socket"),
    HookRan(at=AT, started=AT, name=HookName.AFTER_HOLDING, result=HookResult.DONE, term=2),
]
ACTIONS: list[Action] = [PAUSE, Resume(2, permit(), "because"), Terminate(3, 7, UtcS(1.0), "why")]
EVENTS: list[Event] = [
    KeeperStarted(AT, "1.0", "here", "B", "auto"),
    LeaseWritten(AT, RECORD, "claimed"),
    FailsafeTurned(AT, 3, True, ("b", "c")),  # noqa: FBT003 - as it is journalled
    MaintenanceSet(AT, UtcS(7.5), "anna"),
    HookEnded(AT, HookName.BEFORE_HOLDING, HookResult.VETOED, 3, "exit status 1", "no key", 0.2),
    SlotDoubled(AT, (Slot(7),), Doubled(Slot(7), (MadeBy("a", "0" * 16), MadeBy("b", "1" * 16)))),
    StandingChanged(AT, State.STANDBY, standing_of(State.RESUMING, permit=permit()), "e", "r"),
    StandingChanged(AT, State.HOLDER, standing_of(State.FENCING), "e", "r", EVIDENCE),
    *(ActionDecided(AT, action) for action in ACTIONS),
    OutcomeSeen(AT, 0, OutcomeResult.NEVER_SENT, "told"),
    Advised(AT, "resume", "e", "r", EVIDENCE),
    CommandAnswered(AT, CommandKind.RESUME, "me", accepted=False, reason="no"),
]


def test_every_member_of_each_union_is_here() -> None:
    """A new one fails until its form is checked."""
    assert {type(sample) for sample in SAMPLES} == set(get_args(Sample))
    assert {type(action) for action in ACTIONS} == set(get_args(Action))
    assert {type(event) for event in EVENTS} == set(get_args(Event))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: type(one).__name__)
def test_a_sample_survives_json(sample: Sample) -> None:
    """Through its tag, as a member of the union."""
    assert msgspec.json.decode(msgspec.json.encode(sample), type=Sample) == sample


@pytest.mark.parametrize("action", ACTIONS, ids=lambda one: type(one).__name__)
def test_an_action_survives_json(action: Action) -> None:
    """With its permit and every condition in it."""
    assert msgspec.json.decode(msgspec.json.encode(action), type=Action) == action


@pytest.mark.parametrize("event", EVENTS, ids=lambda one: type(one).__name__)
def test_an_event_survives_json(event: Event) -> None:
    """The journal is made of these."""
    assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event


def test_the_tags_are_those_of_the_journals_that_exist() -> None:
    """A tag that changes makes old journals unreadable."""
    tags = {type(one).__name__: msgspec.to_builtins(one)["type"] for one in [*SAMPLES, *EVENTS]}
    assert tags == {
        "HeadRead": "head",
        "BlocksRead": "blocks",
        "ScheduleRead": "schedule",
        "PausedRead": "paused",
        "ConnectionsRead": "connections",
        "DatabaseSizeRead": "database_size",
        "BlockLogged": "block_logged",
        "NotProducingLogged": "not_producing_logged",
        "LoggedNote": "logged_note",
        "LogFollowed": "log_followed",
        "ProcessRead": "process",
        "ProbeFailed": "probe_failed",
        "ActionOutcome": "outcome",
        "RestartPaused": "restart_paused",
        "OperatorCommand": "command",
        "PeerRead": "peer",
        "HostRead": "host",
        "FoldersRead": "folders",
        "ClockOffsetRead": "clock_offset",
        "FinalizersRead": "finalizers",
        "UnitRead": "unit",
        "KeeperRead": "keeper",
        "DeliveryOutcome": "delivery",
        "SilenceOrdered": "silence",
        "SilenceEnded": "unsilence",
        "AlarmAcknowledged": "acknowledge",
        "RegisterRead": "register_read",
        "RegisterFailed": "register_failed",
        "CasApplied": "cas_applied",
        "CasRefused": "cas_refused",
        "CasUnknown": "cas_unknown",
        "GuardRead": "guard_read",
        "GuardRefused": "guard_refused",
        "GuardLost": "guard_lost",
        "HookRan": "hook_ran",
        "LeaseWritten": "lease_written",
        "FailsafeTurned": "failsafe_turned",
        "MaintenanceSet": "maintenance_set",
        "HookEnded": "hook_ended",
        "SlotDoubled": "slot_doubled",
        "KeeperStarted": "keeper_started",
        "StandingChanged": "standing_changed",
        "ActionDecided": "action_decided",
        "OutcomeSeen": "outcome_seen",
        "Advised": "advised",
        "CommandAnswered": "command_answered",
    }


def test_a_whole_story_survives_json() -> None:
    """Every sample, event and action of a takeover."""
    site = brink().run(40)
    for _, samples, _ in site.inputs:
        assert msgspec.json.decode(msgspec.json.encode(samples), type=tuple[Sample, ...]) == samples
    for done in site.steps:
        told = msgspec.json.encode(done.events)
        assert msgspec.json.decode(told, type=tuple[Event, ...]) == done.events


def test_a_report_survives_json() -> None:
    """The status page and the CLI read it so."""
    site = settled_holder()
    report = report_of(site.memory, site.now, site.policy)
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report


def test_a_policy_survives_json() -> None:
    """A recorded day is replayed under the policy of that day."""
    policy = policy_of(Role.SECOND_STANDBY, settings=FailoverSettings(takeover_after_turns=9))
    assert msgspec.json.decode(msgspec.json.encode(policy), type=Policy) == policy


@pytest.mark.parametrize("turns", [0, 100])
def test_limits_out_of_range_are_refused(turns: int) -> None:
    """Where they are read, not where they are used."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"takeover_after_turns": turns}, type=FailoverSettings)
