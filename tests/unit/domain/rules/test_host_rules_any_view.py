"""The rules about the host, whatever is known and whatever is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from eoskeeper.domain.chain_time import Slot
from eoskeeper.domain.findings import Grade
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.policy import Role
from eoskeeper.domain.production import Chain, Roster
from eoskeeper.domain.rules.block_arrival import BLOCK_ARRIVAL, BlockArrival
from eoskeeper.domain.rules.clock_offset import CLOCK_OFFSET, ClockOffset
from eoskeeper.domain.rules.disk import DISK, Disk
from eoskeeper.domain.rules.finalizer import FINALIZER, Finalizer
from eoskeeper.domain.rules.forks import FORKS, Forks
from eoskeeper.domain.rules.keeper import KEEPER, Keeper
from eoskeeper.domain.rules.load import LOAD, Load
from eoskeeper.domain.rules.log_alive import LOG_ALIVE, LogAlive
from eoskeeper.domain.rules.memory import MEMORY, Memory
from eoskeeper.domain.rules.not_producing_reason import NOT_PRODUCING_REASON, NotProducingRule
from eoskeeper.domain.rules.peer_keepers import PEER_KEEPERS, PeerKeepers
from eoskeeper.domain.rules.process import PROCESS, Process
from eoskeeper.domain.rules.rule import Declaration, Limits, Rule, View
from eoskeeper.domain.rules.state_database import STATE_DATABASE, StateDatabase
from eoskeeper.domain.rules.version_differs import VERSION_DIFFERS, VersionDiffers
from eoskeeper.domain.samples import (
    Block,
    BlockLogged,
    ClockOffsetRead,
    DatabaseSizeRead,
    FailureReason,
    FinalizersRead,
    FoldersRead,
    FolderUse,
    HeadRead,
    HostRead,
    KeeperRead,
    LogFollowed,
    LoggedNote,
    NodeNote,
    NotProducingLogged,
    PausedRead,
    PeerRead,
    ProbeName,
    ProcessRead,
    UnitRead,
)
from eoskeeper.domain.samples import Finalizer as FinalizerEntry
from eoskeeper.domain.standing import State
from eoskeeper.domain.vitals import FailureRow, Vitals
from tests.unit.domain.rules.views import NOW, STARTED, ago, said, view_of, watched
from tests.unit.domain.scene import (
    OURS,
    ROSTER,
    START_SLOT,
    policy_of,
    settled_holder,
    settled_standby,
)

RULES: tuple[tuple[Declaration, Rule], ...] = (
    (PROCESS, Process()),
    (LOG_ALIVE, LogAlive()),
    (NOT_PRODUCING_REASON, NotProducingRule()),
    (FORKS, Forks()),
    (BLOCK_ARRIVAL, BlockArrival()),
    (CLOCK_OFFSET, ClockOffset()),
    (STATE_DATABASE, StateDatabase()),
    (DISK, Disk()),
    (MEMORY, Memory()),
    (LOAD, Load()),
    (VERSION_DIFFERS, VersionDiffers()),
    (FINALIZER, Finalizer()),
    (PEER_KEEPERS, PeerKeepers()),
    (KEEPER, Keeper()),
)

MOMENT = st.sampled_from([0.0, 1.0, 20.0, 80.0, 700.0]).map(ago)
TEXT = st.text("abc/", max_size=3)
SLOTS = st.integers(int(START_SLOT) - 300, int(START_SLOT) + 30).map(Slot)
COUNTS = st.integers(0, 2**40)
FIGURES = st.floats(-1e6, 1e6)


T = TypeVar("T")


def _read(kind: Callable[..., T], **fields: st.SearchStrategy[object]) -> st.SearchStrategy[T]:
    return st.builds(kind, at=MOMENT, **fields)


def _maybe(
    kind: Callable[..., T], **fields: st.SearchStrategy[object]
) -> st.SearchStrategy[T | None]:
    return st.none() | _read(kind, **fields)


ACCOUNT = st.sampled_from([*ROSTER.accounts, "stranger"])
LINE = _read(BlockLogged, slot=SLOTS, producer=ACCOUNT, logged_utc=st.none() | FIGURES)
LATENESS = st.lists(st.tuples(SLOTS, st.integers(-9000, 9000)), max_size=60).map(tuple)
ROW = st.builds(FailureRow, since=MOMENT, detail=TEXT, reason=st.sampled_from(FailureReason))
FOLDER = st.builds(FolderUse, path=TEXT, total_bytes=COUNTS, free_bytes=COUNTS)
FOLDERS = st.lists(FOLDER, max_size=3, unique_by=lambda folder: folder.path).map(tuple)
VOTES = st.none() | COUNTS
VOTER = st.builds(FinalizerEntry, description=ACCOUNT, public_key=TEXT, voted_for_number=VOTES)
FINALIZERS = st.lists(VOTER, max_size=4).map(tuple)
PEER = _read(PeerRead, state=TEXT, server_version=TEXT)
BLOCK = st.builds(Block, slot=SLOTS, producer=ACCOUNT)


@st.composite
def _nodes(draw: st.DrawFn) -> NodeState:
    node = view_of().node
    book = msgspec.structs.replace(
        node.logbook,
        produced=draw(st.lists(LINE, max_size=5).map(tuple)),
        last_at=draw(st.none() | MOMENT),
        lateness=draw(LATENESS),
    )
    return msgspec.structs.replace(
        node,
        head=draw(_maybe(HeadRead, server_version=TEXT, head_slot=SLOTS, head_number=COUNTS)),
        first_head=draw(st.none() | MOMENT),
        chain=Chain(blocks=draw(st.lists(BLOCK, max_size=1).map(tuple))),
        roster=draw(st.sampled_from([Roster(), ROSTER, Roster(("alpha",), None)])),
        paused=draw(_maybe(PausedRead, asked=MOMENT)),
        paused_since=draw(st.none() | MOMENT),
        logbook=book,
        log_pass=draw(_maybe(LogFollowed, latest_logged_utc=st.none() | FIGURES)),
        database=draw(_maybe(DatabaseSizeRead, size_bytes=COUNTS, free_bytes=COUNTS)),
        peers=draw(
            st.dictionaries(
                st.sampled_from("bc"), _read(PeerRead, state=TEXT, server_version=TEXT), max_size=2
            )
        ),
    )


@st.composite
def _vitals(draw: st.DrawFn) -> Vitals:
    notes = st.dictionaries(st.sampled_from(NodeNote), _read(LoggedNote, text=TEXT), max_size=5)
    moments = st.lists(MOMENT, max_size=30).map(tuple)
    return Vitals(
        started=draw(st.sampled_from([STARTED, NOW])),
        failing=draw(st.dictionaries(st.sampled_from(ProbeName), ROW, max_size=4)),
        peer_failing=draw(st.dictionaries(st.sampled_from("bc"), ROW, max_size=2)),
        fork_switches=draw(moments),
        notes=draw(notes),
        not_producing=draw(_maybe(NotProducingLogged, text=TEXT, logged_utc=st.none() | FIGURES)),
        process_seen=draw(st.booleans()),
        process_gone=draw(st.none() | MOMENT),
        process=draw(_maybe(ProcessRead)),
        restarts=draw(moments),
        host=draw(_maybe(HostRead, load_5m=FIGURES)),
        folders=draw(_maybe(FoldersRead, folders=FOLDERS)),
        clock_offset=draw(_maybe(ClockOffsetRead, server=TEXT, offset_s=FIGURES, error_s=FIGURES)),
        finalizers=draw(_maybe(FinalizersRead, active=FINALIZERS)),
        pending_since=draw(st.none() | MOMENT),
        unit=draw(_maybe(UnitRead)),
        keeper=draw(_maybe(KeeperRead, late_s=FIGURES, took_s=FIGURES)),
        last_dropped=draw(st.none() | MOMENT),
    )


@settings(max_examples=150, deadline=None)
@given(
    node=_nodes(),
    vitals=_vitals(),
    state=st.sampled_from(State),
    role=st.sampled_from(Role),
    producer=st.sampled_from([OURS, None]),
)
def test_no_rule_breaks_and_every_finding_can_be_said(
    node: NodeState, vitals: Vitals, state: State, role: Role, producer: str | None
) -> None:
    """In both languages; each thing that it judges once; and never nothing at all."""
    policy = msgspec.structs.replace(policy_of(role), producer=producer)
    base = view_of(standing=state)
    view = View(node=node, standing=base.standing, vitals=vitals, policy=policy)
    for declaration, rule in RULES:
        found = rule.assess(view, NOW)
        assert said(declaration, found)
        subjects = [finding.subject for finding in found]
        assert len(set(subjects)) == len(subjects)
        for finding in found:
            if finding.grade is Grade.FAILED:
                assert declaration.failed
            if finding.grade is Grade.DEGRADED:
                assert declaration.degraded


def test_a_keeper_that_has_just_started_says_nothing_of_anything() -> None:
    """Every rule is unknown, or well."""
    for _, rule in RULES:
        grades = {finding.grade for finding in rule.assess(view_of(), NOW)}
        assert grades <= {Grade.UNKNOWN, Grade.OK}


def test_healthy_hosts_are_accused_of_nothing() -> None:
    """A holder and a standby, for two rounds of four producers."""
    for site in (settled_holder(), settled_standby()):
        host = watched(site)
        for _ in range(48):
            host.run(1)
            for declaration, rule in RULES:
                told = said(declaration, host.found(rule))
                assert {grade for grade, _ in told} <= {Grade.UNKNOWN, Grade.OK}, told


def test_every_remedy_belongs_to_a_code_and_every_limit_is_explained() -> None:
    """No words that nobody can ever read."""
    for declaration, rule in RULES:
        assert set(declaration.remedies) <= set(declaration.texts)
        assert isinstance(rule, Limits)
        own = set(rule.__struct_fields__) - set(Limits.__struct_fields__)
        explained = type(rule).__doc__ or ""
        assert all(f"{name}: " in explained for name in own), declaration.name
