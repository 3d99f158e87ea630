"""Our own measurements: every point keeps to the table, and told twice it is the same point."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest

from eoskeeper.domain.chain_time import Turn, first_slot_of_turn, slot_utc
from eoskeeper.domain.logbook import Maker
from eoskeeper.domain.policy import FailoverMode, Role
from eoskeeper.domain.production import TurnAccount
from eoskeeper.domain.report import Report
from eoskeeper.domain.samples import ProbeName
from eoskeeper.domain.standing import State
from eoskeeper.telemetry.line_protocol import Point
from eoskeeper.telemetry.points import event_points, sample_points
from eoskeeper.telemetry.points_table import MEASUREMENTS, SLOT_FIELDS, nanoseconds
from tests.unit.domain.scene import OURS, TURN
from tests.unit.telemetry.telling import (
    AT_UTC,
    account,
    alarm_line,
    closed_turn,
    failure,
    full_report,
    publication,
    story,
)

KINDS = {"integer": int, "float": float, "boolean": bool, "string": str}


def points_of(points: Iterable[Point], measurement: str) -> list[Point]:
    """Those of one measurement."""
    return [one for one in points if one.measurement == measurement]


def one_of(points: Iterable[Point], measurement: str) -> Point:
    """The only one."""
    (point,) = points_of(points, measurement)
    return point


def identity(point: Point) -> tuple[str, tuple[tuple[str, str], ...], int]:
    """What InfluxDB knows a point by: series and time."""
    return point.measurement, tuple(sorted(point.tags.items())), point.at_utc_ns


def everything() -> list[Point]:
    """All points of a day in which everything happens."""
    told = publication()
    story_points = (
        point
        for one in story(AT_UTC, 120)
        for point in (*sample_points(one.report), *event_points(one))
    )
    return [*sample_points(told.report), *event_points(told), *story_points]


def test_every_point_keeps_to_the_table() -> None:
    """A field that changed its type would be refused from then on."""
    for point in everything():
        declared = MEASUREMENTS[point.measurement]
        kinds = {column.name: KINDS[column.kind] for column in declared.fields}
        assert {name: type(value) for name, value in point.fields.items()} == {
            name: kinds[name] for name in point.fields
        }
        assert set(point.tags) <= {name for name, _ in declared.tags}
        assert all(point.tags.values())


def test_everything_in_the_table_is_told_at_some_time() -> None:
    """A column that nothing fills would only be in the documentation."""
    told = publication()
    told = msgspec.structs.replace(told, turns=(*told.turns, closed_turn(TURN + 16)))
    points = (*sample_points(told.report), *event_points(told))
    filled: dict[str, set[str]] = {}
    for point in points:
        filled.setdefault(point.measurement, set()).update(point.fields)
    declared = {name: {column.name for column in one.fields} for name, one in MEASUREMENTS.items()}
    assert filled == declared


def test_no_two_points_of_a_publication_are_the_same_to_the_database() -> None:
    """It would keep the second of them only."""
    told = publication()
    points = (*sample_points(told.report), *event_points(told))
    assert len({identity(point) for point in points}) == len(points)


def test_the_same_thing_told_twice_is_the_same_point() -> None:
    """After a restart some of it is told again."""
    again = publication()
    assert event_points(again) == event_points(publication())
    assert sample_points(again.report) == sample_points(publication().report)


# --- samples ------------------------------------------------------------------------------------


def test_a_sample_has_the_time_of_its_cycle() -> None:
    """Not that of its sending, which may be days later."""
    assert {one.at_utc_ns for one in sample_points(full_report())} == {nanoseconds(AT_UTC)}


def test_a_node_is_known_by_host_role_producer_and_chain() -> None:
    """Tags have few values; all that changes is a field."""
    node = one_of(sample_points(full_report()), "eoskeeper_node")
    assert node.tags == {"host": "bp-a", "role": "A", "producer": OURS, "chain": "aca376f2"}
    assert node.fields["state"] == "holder"
    assert node.fields["last_made_age_s"] == pytest.approx(10.0)
    full_node = full_report(role=Role.OBSERVER, producer=None, chain_id=None)
    assert one_of(sample_points(full_node), "eoskeeper_node").tags == {"host": "bp-a", "role": "F"}


def test_a_float_stays_one_when_it_happens_to_be_whole() -> None:
    """Whoever wrote it as an integer first would have the rest refused."""
    node = one_of(sample_points(full_report(head_age_s=1)), "eoskeeper_node")
    assert type(node.fields["head_age_s"]) is float


def test_each_folder_has_a_point() -> None:
    """It is the tag."""
    folders = points_of(sample_points(full_report()), "eoskeeper_folder")
    assert [(one.tags["folder"], one.fields["used_percent"]) for one in folders] == [
        ("/data", 75.0),
        ("/logs", 0.0),
    ]


def test_open_alarms_are_counted_by_severity() -> None:
    """None is 0, for it is known that there is none."""
    report = full_report(alarms=(alarm_line(), alarm_line("held", fired_utc=None)))
    point = one_of(sample_points(report), "eoskeeper_alarms_open")
    assert point.fields == {"info": 0, "warning": 1, "critical": 0}


def test_what_is_not_known_is_no_field() -> None:
    """And a measurement of which nothing is known is no point."""
    report = Report(
        at_utc=AT_UTC,
        host="bp-a",
        role=Role.PRIMARY,
        mode=FailoverMode.AUTO,
        producer=OURS,
        state=State.LEARNING,
        since_utc=AT_UTC,
        may_produce=True,
        term=0,
        cause=None,
        summary="",
    )
    points = sample_points(report)
    assert {one.measurement for one in points} == {"eoskeeper_node", "eoskeeper_alarms_open"}
    node = one_of(points, "eoskeeper_node")
    assert set(node.fields) == {"state", "term", "mode", "may_produce", "failing_probes"}


def test_a_dead_nodeos_leaves_a_hole_in_every_curve() -> None:
    """The head that was heard last is no reading of now."""
    node = one_of(sample_points(full_report(failures=(failure(),))), "eoskeeper_node")
    assert not {"head_number", "head_age_s", "links", "paused", "produces"} & set(node.fields)
    assert node.fields["failing_probes"] == 1
    assert "state" in node.fields


def test_a_silent_log_leaves_no_hole() -> None:
    """Each reading falls only with the probe that it comes from."""
    node = one_of(sample_points(full_report(failures=(failure(ProbeName.LOG),))), "eoskeeper_node")
    assert {"head_number", "links", "paused"} <= set(node.fields)


# --- turns --------------------------------------------------------------------------------------


def test_a_turn_has_the_time_of_its_first_slot() -> None:
    """However late it is told."""
    turn, ours = points_of(event_points(publication()), "eoskeeper_turn")
    assert turn.at_utc_ns == nanoseconds(slot_utc(first_slot_of_turn(TURN + 12)))
    assert turn.tags == {"host": "bp-a", "producer": "alpha", "ours": "no"}
    assert turn.fields["produced"] == 12
    assert ours.tags == {"host": "bp-a", "producer": OURS, "ours": "yes"}


def test_an_own_turn_is_told_slot_by_slot_and_with_its_maker() -> None:
    """A letter for each slot; unknown is a letter of its own."""
    own = full_report().own_turns[1]
    told = publication(turns=(closed_turn(own.turn, "ppppppppmmlu", Maker.HERE),))
    fields = one_of(event_points(told), "eoskeeper_turn").fields
    assert "".join(str(fields[name]) for name in SLOT_FIELDS) == "ppppppppmmlu" == fields["cells"]
    counts = [fields[name] for name in ("produced", "missed", "lost", "unknown")]
    assert counts == [8, 2, 1, 1]
    assert (fields["maker"], fields["made_by"]) == ("here", "bp-a")


def test_an_amended_turn_is_written_over_itself() -> None:
    """No field of the first telling survives that the second does not set."""
    before = closed_turn(TURN + 13, "p" * 12, Maker.HERE)
    after = msgspec.structs.replace(before, cells="ppppppllllll", amended=True)
    first, second = (
        one_of(event_points(publication(turns=(one,))), "eoskeeper_turn") for one in (before, after)
    )
    assert identity(first) == identity(second)
    assert set(first.fields) <= set(second.fields)
    assert (second.fields["slot_07"], second.fields["lost"]) == ("l", 6)


def test_a_round_is_told_once_when_the_first_turn_of_the_next_is_closed() -> None:
    """Every producer of it, each at its own turn's time."""
    round_turns = tuple(account(TURN + 8 + place, "p" * 11 + "m") for place in range(4))
    told = publication(full_report(last_round=round_turns), turns=(closed_turn(TURN + 12),))
    points = points_of(event_points(told), "eoskeeper_producer")
    assert [one.tags["producer"] for one in points] == ["alpha", OURS, "carol", "delta"]
    assert [one.fields["position"] for one in points] == [1, 2, 3, 4]
    assert {one.fields["missed"] for one in points} == {1}
    assert [one.at_utc_ns for one in points] == [time_of(one) for one in round_turns]
    between = publication(turns=(closed_turn(TURN + 13),))
    assert points_of(event_points(between), "eoskeeper_producer") == []
    amended = msgspec.structs.replace(closed_turn(TURN + 12), amended=True)
    told_again = publication(turns=(amended,))
    assert points_of(event_points(told_again), "eoskeeper_producer") == []


def time_of(one: TurnAccount) -> int:
    """Of its first slot."""
    return nanoseconds(slot_utc(first_slot_of_turn(Turn(one.turn))))


# --- events -------------------------------------------------------------------------------------


def test_records_of_one_moment_keep_their_order() -> None:
    """They are a nanosecond apart."""
    points = points_of(event_points(publication()), "eoskeeper_failover")
    kinds = [one.tags["kind"] for one in sorted(points, key=lambda one: one.at_utc_ns)]
    assert kinds == [
        "keeper_started",
        "standing_changed",
        "action_decided",
        "outcome_seen",
        "action_decided",
        "command_answered",
    ]
    assert [one.at_utc_ns - nanoseconds(AT_UTC) for one in points] == list(range(6))


def test_a_change_of_standing_is_told_with_its_reason() -> None:
    """The reason is a text, so it is a field."""
    points = points_of(event_points(publication()), "eoskeeper_failover")
    assert points[1].fields == {
        "before": "standby",
        "state": "resuming",
        "event": "own turns empty",
        "reason": "2 own turns are empty",
        "term": 3,
    }
    resume = {"action": "resume", "action_id": 7, "reason": "2 own turns are empty", "term": 1}
    assert points[2].fields == resume
    assert points[3].fields == {"action_id": 7, "result": "proven", "detail": "read back"}


def test_an_alarm_is_told_when_it_fires_and_when_it_ends() -> None:
    """With the sentence that people read, as long as it is open."""
    fired, resolved = points_of(event_points(publication()), "eoskeeper_alarm")
    assert fired.tags == {"host": "bp-a", "rule": "links", "change": "fired"}
    assert fired.fields == {
        "grade": "degraded",
        "code": "few",
        "sentence": "only 2 links",
        "severity": "warning",
    }
    assert resolved.at_utc_ns == fired.at_utc_ns + 1
    assert resolved.tags["subject"] == "/data"
    assert resolved.fields == {"ending": "good"}
