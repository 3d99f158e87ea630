"""The failover table keeps its own invariant, and its check finds what breaks it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from eoskeeper.domain.actions import FenceCause, PermitKind
from eoskeeper.domain.failover import TABLE, Deed, Row, Trigger, diagram, table_problems
from eoskeeper.domain.situation import _TRIGGERS
from eoskeeper.domain.standing import Standing, State
from tests.unit.domain.scene import moment_at

PAGE = Path(__file__).parents[3] / "docs" / "failover.md"


def test_the_table_has_no_problems() -> None:
    """What the module's first lines promise is what its rows hold."""
    assert table_problems() == []


def test_every_state_and_every_trigger_is_used() -> None:
    """Except that an observer does nothing; each trigger has its function."""
    assert {row.state for row in TABLE} == set(State) - {State.OBSERVER}
    assert {row.trigger for row in TABLE} == set(Trigger)
    assert set(_TRIGGERS) == set(Trigger)
    assert {row.deed for row in TABLE} == set(Deed)
    assert {row.permit for row in TABLE} == {None, *PermitKind}
    assert {row.cause for row in TABLE} == {None, *FenceCause}


def test_every_state_that_may_produce_has_a_row_for_each_reason_to_stop() -> None:
    """Said a second time, apart from the check of the table."""
    for state in (State.LEARNING, State.RESUMING, State.HOLDER):
        assert Standing(state=state, since=moment_at(0)).may_produce
        causes = {row.cause for row in TABLE if row.state is state and row.deed is Deed.PAUSE}
        assert causes >= {
            FenceCause.OPERATOR,
            FenceCause.PRODUCED_ELSEWHERE,
            FenceCause.ALONE,
            FenceCause.TURNS_NOT_STAYED,
        }


@pytest.mark.parametrize("state", State)
def test_only_four_states_may_produce(state: State) -> None:
    """Whoever is not sure counts as one that may."""
    may = {State.LEARNING, State.RESUMING, State.HOLDER, State.FENCING}
    assert Standing(state=state, since=moment_at(0)).may_produce == (state in may)


def test_only_a_proof_ends_a_fence() -> None:
    """Every other row of the state stays in it."""
    leaving = {
        row.trigger for row in TABLE if row.state is State.FENCING and row.to is not State.FENCING
    }
    assert leaving == {Trigger.PAUSE_PROVEN}


def test_the_reasons_to_stop_come_before_those_to_go_on() -> None:
    """The first row that holds is taken, so no resume comes before a pause."""
    for state in State:
        deeds = [row.deed for row in TABLE if row.state is state]
        if Deed.RESUME in deeds and state is not State.RESUMING:
            assert Deed.PAUSE not in deeds[deeds.index(Deed.RESUME) :]


def test_a_resume_leads_back_to_where_it_came_from_when_it_fails() -> None:
    """Each resuming row keeps its own state for that; repeats keep what is kept."""
    for row in TABLE:
        if row.deed is Deed.RESUME:
            assert row.then is (None if row.state is State.RESUMING else row.state)


HOLDER_ALONE = next(
    row for row in TABLE if (row.state, row.trigger) == (State.HOLDER, Trigger.ALONE)
)
TAKEOVER = next(
    row for row in TABLE if (row.state, row.trigger) == (State.STANDBY, Trigger.TAKEOVER_DUE)
)
FROZEN = next(row for row in TABLE if row.trigger is Trigger.FROZEN)
MADE_HERE = next(row for row in TABLE if row.trigger is Trigger.MADE_HERE)


def broken(old: Row, **changes: object) -> tuple[Row, ...]:
    """The table with one row changed."""
    return tuple(msgspec.structs.replace(row, **changes) if row is old else row for row in TABLE)


def without(*old: Row) -> tuple[Row, ...]:
    """The table without some rows."""
    return tuple(row for row in TABLE if row not in old)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (broken(TAKEOVER, to=State.HOLDER), "resumes without going to resuming"),
        (broken(TAKEOVER, permit=None), "resumes without a ground for a permit"),
        (broken(HOLDER_ALONE, deed=Deed.NONE), "fences without a pause"),
        (broken(HOLDER_ALONE, deed=Deed.TERMINATE), "terminates before it fences"),
        (broken(HOLDER_ALONE, to=State.ISOLATED), "pauses without going to fencing"),
        (broken(HOLDER_ALONE, cause=None), "fences without a cause"),
        (broken(MADE_HERE, trigger=Trigger.WATCHED_PAUSED), "becomes holder without proof"),
        ((*TABLE, HOLDER_ALONE), "twice"),
        (without(HOLDER_ALONE), "no row for no block of any other producer heard"),
        (without(FROZEN), "never used"),
        (tuple(row for row in TABLE if row.then is not State.LAPSED), "lapsed: no"),
        (tuple(row for row in TABLE if State.HELD not in {row.to, row.then}), "never reached"),
    ],
)
def test_a_broken_table_is_found_out(table: tuple[Row, ...], problem: str) -> None:
    """Each kind of problem, in a table broken on purpose."""
    found = table_problems(table)
    if problem == "lapsed: no":
        assert any("no row for own turns in a row did not stay" in text for text in found)
    else:
        assert any(problem in text for text in found), found


@pytest.mark.parametrize("trigger", [Trigger.OPERATOR_PAUSES, Trigger.MADE_ELSEWHERE])
@pytest.mark.parametrize("state", [State.LEARNING, State.RESUMING, State.HOLDER])
def test_a_missing_reason_to_stop_is_found_out(state: State, trigger: Trigger) -> None:
    """In each state in which production may be on."""
    rest = tuple(row for row in TABLE if (row.state, row.trigger) != (state, trigger))
    assert f"{state}: no row for {trigger}" in table_problems(rest)


def test_the_diagram_has_a_line_for_each_row() -> None:
    """With its trigger and its deed; what ends a fence is drawn once for each way it leads."""
    lines = diagram().splitlines()
    assert lines[0] == "stateDiagram-v2"
    for row in TABLE:
        deed = "" if row.deed is Deed.NONE else f" / {row.deed}"
        text = f": {row.trigger}{deed}"
        if row.trigger is Trigger.PAUSE_PROVEN:
            continue
        target = "standby" if row.to is None else str(row.to)
        assert f"    {row.state} --> {target}{text}" in lines, row
    for then in {row.then for row in TABLE if row.to is State.FENCING and row.then}:
        assert f"    fencing --> {then}: {Trigger.PAUSE_PROVEN}" in lines
    assert "None" not in diagram()
    assert len(lines) == len(set(lines))


def test_the_page_shows_the_diagram_of_the_table() -> None:
    """``docs/failover.md`` holds the diagram as it is drawn now, in a mermaid block."""
    assert f"```mermaid\n{diagram()}```" in PAGE.read_text(encoding="utf-8")
