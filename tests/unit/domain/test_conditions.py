"""Each condition of a takeover, missing alone, keeps the standby where it is and is named."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from eoskeeper.domain.actions import Met, PermitKind
from eoskeeper.domain.chain_time import Moment, MonoS, Slot, UtcS
from eoskeeper.domain.conditions import conditions_for
from eoskeeper.domain.cycle import step
from eoskeeper.domain.logbook import Logbook
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.policy import FailoverSettings
from eoskeeper.domain.production import Roster
from eoskeeper.domain.report import report_of
from eoskeeper.domain.samples import BlocksRead, HeadRead, PausedRead, PeerRead
from eoskeeper.domain.scene import Scene
from eoskeeper.domain.standing import Standing, State
from tests.unit.domain.scene import (
    ACCOUNTS,
    CHAIN_ID,
    Site,
    brink,
    policy_of,
    settled_holder,
    settled_standby,
    standing_of,
)

replace = msgspec.structs.replace
NO, UNKNOWN, YES = Met.NO, Met.UNKNOWN, Met.YES


def _before(site: Site, seconds: float) -> Moment:
    return Moment(MonoS(site.now.mono_s - seconds), UtcS(site.now.utc_s - seconds))


def _head(node: NodeState) -> HeadRead:
    assert node.head is not None
    return node.head


def _paused(node: NodeState) -> PausedRead:
    assert node.paused is not None
    return node.paused


def ready() -> Site:
    """A standby whose takeover is due at this very moment; nothing new is needed for it."""
    site = brink()
    site.slot += 2
    return site


def _head_with(**changes: object) -> Callable[[NodeState, Site], NodeState]:
    return lambda node, _: replace(node, head=replace(_head(node), **changes))


def _head_older(seconds: float) -> Callable[[NodeState, Site], NodeState]:
    return lambda node, site: replace(node, head=replace(_head(node), at=_before(site, seconds)))


def _paused_older(seconds: float) -> Callable[[NodeState, Site], NodeState]:
    return lambda node, site: replace(
        node, paused=replace(_paused(node), at=_before(site, seconds))
    )


def _head_slot(behind: int) -> Callable[[NodeState, Site], NodeState]:
    return lambda node, site: replace(
        node, head=replace(_head(node), head_slot=Slot(site.slot - behind))
    )


def _head_number(ahead: int) -> Callable[[NodeState, Site], NodeState]:
    return lambda node, _: replace(
        node, head=replace(_head(node), head_number=node.chain.blocks[-1].number + ahead)
    )


def _field(**changes: object) -> Callable[[NodeState, Site], NodeState]:
    return lambda node, _: replace(node, **changes)


def _moved(seconds: float) -> Callable[[NodeState, Site], NodeState]:
    return lambda node, site: replace(node, irreversible_moved=_before(site, seconds))


def _blocks_since_move(blocks: int) -> Callable[[NodeState, Site], NodeState]:
    return lambda node, _: replace(node, irreversible_moved_head=_head(node).head_number - blocks)


def _stall(seconds: float) -> Callable[[NodeState, Site], NodeState]:
    return lambda node, site: replace(node, stall_ended=_before(site, seconds).utc_s)


def _watched(seconds: float) -> Callable[[NodeState, Site], NodeState]:
    return lambda node, site: replace(node, first_head=_before(site, seconds))


def _own_dropped(node: NodeState, _: Site) -> NodeState:
    return replace(node, chain=replace(node.chain, own=()))


def _own_later(node: NodeState, site: Site) -> NodeState:
    later = replace(node.chain.own[-1], slot=Slot(site.slot - 42))
    return replace(node, chain=replace(node.chain, own=(later,)))


TABLE: list[tuple[str, str, Met, Callable[[NodeState, Site], NodeState]]] = [
    ("no head yet", "watched_a_round", NO, _field(first_head=None)),
    ("almost a round", "watched_a_round", NO, _watched(23.9)),
    ("silent", "node_answers", UNKNOWN, _head_older(5.1)),
    ("main thread silent", "main_thread_answers", UNKNOWN, _paused_older(5.1)),
    ("another chain", "chain_id", NO, _head_with(chain_id="00")),
    ("head too old", "head_fresh", NO, _head_slot(20)),
    ("head in the future", "head_fresh", NO, _head_slot(-5)),
    ("blocks behind", "blocks_known", UNKNOWN, _head_number(7)),
    ("blocks ahead", "blocks_known", UNKNOWN, _head_number(-7)),
    ("no schedule", "in_schedule", UNKNOWN, _field(schedule=None)),
    (
        "not paused",
        "paused_here",
        NO,
        lambda n, _: replace(n, paused=replace(_paused(n), paused=False)),
    ),
    ("no move seen", "finality_moves", UNKNOWN, _field(irreversible_moved=None)),
    ("stall of blocks", "finality_moves", NO, _blocks_since_move(41)),
    ("stall unseen", "finality_moves", NO, _moved(60.1)),
    ("stall just over", "finality_throughout", NO, _stall(45.0)),
    ("no begin", "own_turns_empty", UNKNOWN, _own_dropped),
    ("one turn", "own_turns_empty", NO, _own_later),
]


def grades(node: NodeState, site: Site, kind: PermitKind = PermitKind.TAKEOVER) -> dict[str, Met]:
    """What is not met, by name."""
    scene = Scene(node, site.memory.standing, site.now, site.policy)
    return {c.name: c.met for c in conditions_for(kind, scene) if c.met is not YES}


@pytest.mark.parametrize(
    ("name", "met", "spoil"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_one_missing_condition_is_enough(
    name: str, met: Met, spoil: Callable[[NodeState, Site], NodeState]
) -> None:
    """Nothing is resumed, and the list of conditions, which `explain` prints, names it alone."""
    site = ready()
    node = spoil(site.memory.node, site)
    memory = replace(site.memory, node=node)
    done = step(memory, (), site.now, site.policy)
    assert not any(type(action).__name__ == "Resume" for action in done.actions)
    assert grades(node, site) == {name: met}
    if done.memory.standing.state is State.STANDBY:
        report = report_of(done.memory, site.now, site.policy)
        assert [(c.name, c.met) for c in report.conditions if c.met is not YES] == [(name, met)]


JUST_ENOUGH = [
    ("a whole round", _watched(24.0)),
    ("answered a moment ago", _head_older(4.9)),
    ("main thread a moment ago", _paused_older(4.9)),
    ("head old", _head_slot(19)),
    ("head ahead", _head_slot(-4)),
    ("blocks behind", _head_number(6)),
    ("blocks ahead", _head_number(-6)),
    ("finality slow", _blocks_since_move(40)),
    ("few blocks", _moved(59.9)),
    ("stall before the row", _stall(45.2)),
]


@pytest.mark.parametrize(
    "alter", [row[1] for row in JUST_ENOUGH], ids=[row[0] for row in JUST_ENOUGH]
)
def test_what_is_just_enough_is_enough(alter: Callable[[NodeState, Site], NodeState]) -> None:
    """The other side of each limit: the takeover happens."""
    site = ready()
    node = alter(site.memory.node, site)
    assert grades(node, site) == {}
    done = step(replace(site.memory, node=node), (), site.now, site.policy)
    assert [type(action).__name__ for action in done.actions] == ["Resume"]


def test_the_moment_is_a_condition() -> None:
    """A second earlier only the moment is missing, in an unscheduled round the place too."""
    site = brink()
    assert grades(site.memory.node, site) == {"moment": NO}
    elsewhere = replace(site.memory.node, roster=Roster(ACCOUNTS, None))
    missing = grades(elsewhere, site)
    assert (missing["in_schedule"], missing["moment"]) == (NO, NO)
    assert missing["own_turns_empty"] is UNKNOWN


@pytest.mark.parametrize(
    ("producers", "isolation_s", "turns", "met"),
    [
        (4, 34.0, 2, YES),
        (4, 34.1, 2, NO),
        (4, 30.0, 1, NO),
        (3, 10.0, 2, NO),
        (3, 10.0, 9, NO),
        (21, 200.0, 2, YES),
    ],
)
def test_the_old_holder_must_have_time_to_fence(
    producers: int, isolation_s: float, turns: int, met: Met
) -> None:
    """Before the first takeover can come a holder that is cut off must have stopped itself."""
    site = ready()
    limits = FailoverSettings(isolation_s=isolation_s, first_standby_turns=turns)
    policy = policy_of(settings=limits)
    accounts = tuple(f"p{number:02}" for number in range(producers))
    node = replace(site.memory.node, roster=Roster(accounts, 1))
    scene = Scene(node, site.memory.standing, site.now, policy)
    graded = {c.name: c.met for c in conditions_for(PermitKind.TAKEOVER, scene)}
    assert graded["time_to_fence"] is met


def test_nothing_known_is_met_by_nothing() -> None:
    """A fresh keeper: every condition of every kind, except that no stall was seen."""
    site = Site()
    for kind in PermitKind:
        scene = Scene(site.memory.node, site.memory.standing, site.now, site.policy)
        met = [c.name for c in conditions_for(kind, scene) if c.met is YES]
        assert met in ([], ["finality_throughout"])


def test_the_configured_chain_is_the_right_one() -> None:
    """Without one the first chain seen is."""
    site = Site().run(1)
    assert site.memory.node.chain_id == CHAIN_ID
    site = Site(replace(Site().policy, chain_id="ab" * 32)).run(60)
    assert grades(site.memory.node, site)["chain_id"] is NO


# --- the other kinds ------------------------------------------------------------------------------


def own_scene(standing: Standing, site: Site, node: NodeState | None = None) -> dict[str, Met]:
    """What a host with that standing lacks for a resume of its own restarted node."""
    paused = replace(_paused(site.memory.node), paused=True)
    known = replace(node or site.memory.node, paused=paused)
    scene = Scene(known, standing, site.now, site.policy)
    kinds = conditions_for(PermitKind.OWN_RESTART, scene)
    return {c.name: c.met for c in kinds if c.met is not YES}


def test_a_restarted_holder_needs_its_lease_and_its_own_block() -> None:
    """Held before, turns that stayed, and the newest block made here."""
    site = settled_holder()
    held = site.memory.standing.held_from
    assert own_scene(standing_of(State.RESTARTED, held_from=held), site) == {}
    assert own_scene(standing_of(State.RESTARTED), site) == {"lease_holds": NO}
    node = replace(site.memory.node, logbook=Logbook())
    mine = standing_of(State.RESTARTED, held_from=held)
    assert own_scene(mine, site, node) == {"made_here": UNKNOWN}
    node = replace(node, paused_since=_before(site, 20))
    assert own_scene(mine, site, node) == {"made_here": NO}
    assert own_scene(mine, site, _own_dropped(site.memory.node, site)) == {"made_here": UNKNOWN}


def test_after_isolation_others_must_be_heard_for_a_round() -> None:
    """A line that comes and goes is no line."""
    site = settled_holder()
    standing = standing_of(State.ISOLATED, held_from=site.memory.standing.held_from)
    node = replace(site.memory.node, paused=replace(_paused(site.memory.node), paused=True))
    for since, met in ((24.0, {}), (23.9, {"others_heard": NO}), (None, {"others_heard": UNKNOWN})):
        heard = None if since is None else _before(site, since)
        known = replace(node, foreign_since=heard)
        scene = Scene(known, standing, site.now, site.policy)
        graded = conditions_for(PermitKind.AFTER_ISOLATION, scene)
        assert {c.name: c.met for c in graded if c.met is not YES} == met


@pytest.mark.parametrize(
    ("rounds", "met"), [(0, NO), (1, NO), (2, YES), (3, YES), (6, YES), (7, NO), (9, NO), (12, YES)]
)
def test_an_operators_resume_needs_a_count_of_this_host(rounds: int, met: Met) -> None:
    """Not while another host produces, and not at a count at which another may take over."""
    site = brink()
    own = site.memory.node.chain.own[-1]
    slot = Slot((site.slot // 48 - rounds) * 48 + 12 - 48)
    chain = replace(site.memory.node.chain, own=(replace(own, slot=slot),))
    missing = grades(replace(site.memory.node, chain=chain), site, PermitKind.OPERATOR)
    assert missing == ({} if met is YES else {"nobody_else": met})


def test_an_operators_resume_needs_a_known_begin_of_the_row() -> None:
    """Unknown is not met."""
    site = brink()
    node = _own_dropped(site.memory.node, site)
    assert grades(node, site, PermitKind.OPERATOR) == {"nobody_else": UNKNOWN}


@pytest.mark.parametrize(
    ("age_s", "claims", "met"), [(4.9, True, NO), (5.1, True, YES), (4.9, False, YES)]
)
def test_a_peer_that_may_produce_is_in_the_way_of_an_operators_resume(
    age_s: float, *, claims: bool, met: Met
) -> None:
    """As long as its word is fresh; whatever the chain shows."""
    site = brink()
    at = _before(site, age_s)
    peer = PeerRead(at, "a", "A", "holder", may_produce=claims, head_number=5, summary="")
    missing = grades(replace(site.memory.node, peers={"a": peer}), site, PermitKind.OPERATOR)
    assert missing == ({} if met is YES else {"nobody_else": met})


@pytest.mark.parametrize(("rounds", "met"), [(0, NO), (1, YES), (7, YES), (None, YES)])
def test_the_operator_may_answer_for_the_other_hosts(rounds: int | None, met: Met) -> None:
    """Except against what the chain shows: our newest turn was filled elsewhere."""
    site = brink()
    own = site.memory.node.chain.own[-1]
    later = replace(own, slot=Slot((site.slot // 48 - (rounds or 0)) * 48 + 12 - 48))
    chain = replace(site.memory.node.chain, own=() if rounds is None else (later,))
    node = replace(site.memory.node, chain=chain)
    scene = Scene(node, site.memory.standing, site.now, site.policy, others_paused=True)
    graded = {c.name: c.met for c in conditions_for(PermitKind.OPERATOR, scene)}
    assert graded["nobody_else"] is met


@pytest.mark.parametrize("kind", [PermitKind.OWN_RESTART, PermitKind.AFTER_ISOLATION])
@pytest.mark.parametrize(("seconds", "missing"), [(0, {}), (54.0, {}), (54.9, {"lease_holds": NO})])
def test_a_lease_ends_with_its_second_lost_turn(
    kind: PermitKind, seconds: float, missing: dict[str, Met]
) -> None:
    """Half a gap after it; nothing but the lease is missing then."""
    site = settled_holder()
    later = _before(site, -seconds)
    node = site.memory.node
    node = replace(
        node,
        head=replace(_head(node), at=later, head_slot=Slot(site.slot + int(seconds * 2))),
        paused=replace(_paused(node), at=later, paused=True),
    )
    held = standing_of(State.RESTARTED, held_from=site.memory.standing.held_from)
    graded = conditions_for(kind, Scene(node, held, later, site.policy))
    assert {c.name: c.met for c in graded if c.met is not YES} == missing


def test_after_isolation_our_newest_block_must_be_made_here() -> None:
    """Else another host took over meanwhile."""
    site = settled_holder()
    held = standing_of(State.ISOLATED, held_from=site.memory.standing.held_from)
    node = replace(
        site.memory.node,
        paused=replace(_paused(site.memory.node), paused=True),
        logbook=Logbook(),
        foreign_since=_before(site, 30),
    )
    graded = conditions_for(PermitKind.AFTER_ISOLATION, Scene(node, held, site.now, site.policy))
    assert {c.name: c.met for c in graded if c.met is not YES} == {"made_here": UNKNOWN}


def test_the_operator_does_not_resume_into_a_stall() -> None:
    """Nobody knows which branch it would be."""
    site = brink()
    node = _blocks_since_move(41)(site.memory.node, site)
    assert grades(node, site, PermitKind.OPERATOR) == {"finality_moves": NO}


def test_an_own_turn_that_is_over_by_the_clock_counts_for_the_operator() -> None:
    """Though no block behind it is known yet."""
    site = settled_standby()
    site.elsewhere = False
    site.run(24)
    site.run_to(11)
    site.silent = {BlocksRead}
    assert grades(site.memory.node, site, PermitKind.OPERATOR) == {"nobody_else": NO}
    site.tick()
    assert grades(site.memory.node, site, PermitKind.OPERATOR) == {}
