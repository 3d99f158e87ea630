"""When single triggers hold, at their limits."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.actions import FenceCause, Terminate
from eoskeeper.domain.cycle import step
from eoskeeper.domain.failover import Trigger
from eoskeeper.domain.logbook import Logbook
from eoskeeper.domain.memory import begin, restore
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.production import Chain
from eoskeeper.domain.samples import (
    BlockLogged,
    CommandKind,
    FailureReason,
    LoggedBlockKind,
    OutcomeResult,
    PausedRead,
    ProbeFailed,
    ProbeName,
    ProcessState,
)
from eoskeeper.domain.situation import holds, made_elsewhere
from eoskeeper.domain.standing import State
from tests.unit.domain.scene import (
    OURS,
    ROSTER,
    START_SLOT,
    Site,
    block,
    brink,
    command,
    moment_at,
    policy_of,
    settled_holder,
    standing_of,
)

OLDER, NEWER = block(5, START_SLOT + 12, OURS), block(6, START_SLOT + 13, OURS)


def node_with(**fields: object) -> NodeState:
    """A node whose chain ends with two blocks of ours."""
    chain = Chain(blocks=(OLDER, NEWER), own=(OLDER, NEWER))
    node = NodeState(started=moment_at(START_SLOT), roster=ROSTER, chain=chain)
    return msgspec.structs.replace(node, **fields)


@pytest.mark.parametrize(
    ("state", "number"),
    [
        (State.RESUMING, None),
        (State.HOLDER, None),
        (State.LEARNING, 6),
        (State.LAPSED, 6),
        (State.ISOLATED, 6),
        (State.RESTARTED, 6),
    ],
)
def test_a_host_that_was_just_resumed_does_not_trust_an_old_pause(
    state: State, number: int | None
) -> None:
    """Its block may be newer than the last reading *paused*."""
    node = node_with(paused_since=moment_at(START_SLOT))
    assert made_elsewhere(node, standing_of(state)) == number


@pytest.mark.parametrize(("held_from", "number"), [(0, 5), (12, 5), (13, None)])
def test_blocks_of_this_holdership_are_looked_at_back_to_its_begin(
    held_from: int, number: int | None
) -> None:
    """The newest may be unproven while one before it is proven; older terms do not count."""
    line = BlockLogged(
        moment_at(START_SLOT),
        LoggedBlockKind.RECEIVED,
        OLDER.number,
        OLDER.block_id[8:24],
        OLDER.slot,
        OURS,
        None,
        0,
        1,
    )
    node = node_with(logbook=Logbook(received=(line,)))
    standing = standing_of(State.HOLDER, held_from=START_SLOT + held_from)
    assert made_elsewhere(node, standing) == number


@pytest.mark.parametrize(("stayed", "due"), [(-36, False), (-84, True)])
@pytest.mark.parametrize("paused", [True, False])
def test_a_learning_host_that_is_unpaused_stops_after_two_lost_turns(
    stayed: int, *, due: bool, paused: bool
) -> None:
    """It may be a holder that this keeper knows nothing of; a paused one has nothing to stop."""
    now = moment_at(START_SLOT + 24 + 18)
    memory = begin(moment_at(START_SLOT), policy_of())
    node = node_with(
        chain=Chain(stayed=block(1, START_SLOT + stayed, OURS)),
        caught_up=moment_at(START_SLOT),
        paused=PausedRead(now, now, paused),
    )
    memory = msgspec.structs.replace(memory, node=node)
    held = holds(Trigger.TURNS_NOT_STAYED, memory, now, policy_of())
    assert held == (due and not paused)


def test_a_node_that_restarted_while_no_keeper_ran_is_paused_first() -> None:
    """Its process is younger than the standing in the journal."""
    for younger in (True, False):
        site = settled_holder()
        site.memory = restore(site.events, site.now, site.policy)
        site._told = 0
        if younger:
            site.restart_node()
        site.tick()
        assert [pause.cause for pause in site.pauses] == [FenceCause.RESTARTED] * younger


@pytest.mark.parametrize("result", [OutcomeResult.REFUSED, OutcomeResult.NEVER_SENT])
def test_only_a_pause_that_was_not_answered_shows_that_a_process_is_frozen(
    result: OutcomeResult,
) -> None:
    """A node that answers is not frozen, and one that does not listen has its own way."""
    site = settled_holder()
    site.process = ProcessState.STOPPED
    site.answers = lambda _: result
    site.tick(command(CommandKind.PAUSE))
    site.run(10)
    assert not any(isinstance(action, Terminate) for action in site.actions)


def test_a_reading_from_before_the_resume_does_not_prove_it() -> None:
    """It was asked for too early; what counts is when the request was sent."""
    site = brink()
    site.answers = lambda _: None
    site.tick()
    later = moment_at(site.slot + 2)
    for asked, state in ((site.now, State.RESUMING), (later, State.HOLDER)):
        told = PausedRead(later, asked, paused=False)
        assert step(site.memory, (told,), later, site.policy).memory.standing.state is state


def test_an_unpaused_standby_whose_turns_are_filled_goes_on_looking() -> None:
    """Without a log nobody knows who fills them; it may well be this host."""
    site = Site(paused=False, elsewhere=False)
    site.logs = False
    site.run(100)
    assert site.actions == []
    assert site.state() is State.LEARNING


@pytest.mark.parametrize(("slots", "held"), [(96, True), (97, False)])
def test_our_block_of_more_than_two_rounds_ago_shows_no_holder(slots: int, *, held: bool) -> None:
    """Much may have happened since."""
    line = BlockLogged(
        moment_at(START_SLOT),
        LoggedBlockKind.PRODUCED,
        NEWER.number,
        NEWER.block_id[8:24],
        NEWER.slot,
        OURS,
        None,
        0,
        1,
    )
    now = moment_at(NEWER.slot + slots)
    unpaused = PausedRead(now, now, paused=False)
    memory = begin(moment_at(START_SLOT), policy_of())
    node = node_with(logbook=Logbook(produced=(line,)), paused=unpaused)
    memory = msgspec.structs.replace(memory, node=node)
    assert holds(Trigger.MADE_HERE, memory, now, policy_of()) is held


def test_a_node_that_does_not_listen_is_away_whenever_it_went() -> None:
    """Also when that was seen before the present state was entered."""
    refused = ProbeFailed(moment_at(START_SLOT), ProbeName.GET_INFO, FailureReason.REFUSED, "")
    node = node_with(failures={ProbeName.GET_INFO: refused}, new_since=moment_at(START_SLOT))
    standing = msgspec.structs.replace(standing_of(State.HOLDER), since=moment_at(START_SLOT + 2))
    memory = begin(moment_at(START_SLOT), policy_of())
    memory = msgspec.structs.replace(memory, node=node, standing=standing)
    assert holds(Trigger.NODE_AWAY, memory, moment_at(START_SLOT + 2), policy_of())


def test_a_state_that_this_keeper_entered_needs_no_second_look_around() -> None:
    """Paused in the first round for another producer, resumed by somebody: fenced at once."""
    site = Site().run(9)
    assert site.state() is State.STANDBY
    site.paused = False
    site.elsewhere = False
    site.tick()
    assert site.pauses[-1].cause is FenceCause.NOT_ENTITLED


def test_a_permit_of_the_operator_is_good_for_five_seconds() -> None:
    """From the next slot on."""
    site = settled_holder()
    site.tick(command(CommandKind.PAUSE))
    site.run(3)
    site.tick(command(CommandKind.RESUME, 2))
    given = site.resumes[0].permit
    assert given.not_before_slot == site.slot + 1
    assert given.not_after_slot == site.slot + 10


@pytest.mark.parametrize("unpaused", [True, False])
def test_a_learning_host_pauses_a_new_process_that_is_unpaused(*, unpaused: bool) -> None:
    """It remembers no pause; unless the log shows that it makes our blocks."""
    site = Site(elsewhere=False).run(3)
    site.restart_node()
    site.paused = not unpaused
    site.tick()
    assert [pause.cause for pause in site.pauses] == [FenceCause.RESTARTED] * unpaused


@pytest.mark.parametrize("younger", [True, False])
def test_a_restored_host_pauses_a_new_process_before_it_has_looked_around(*, younger: bool) -> None:
    """It was paused by the operator; a nodeos that started since then remembers nothing of it."""
    site = settled_holder()
    site.tick(command(CommandKind.PAUSE))
    site.run(10)
    site.memory = restore(site.events, site.now, site.policy)
    site._told = 0
    sent = len(site.pauses)
    if younger:
        site.restart_node()
    site.paused = False
    site.tick()
    assert [pause.cause for pause in site.pauses[sent:]] == [FenceCause.NOT_ENTITLED] * younger
