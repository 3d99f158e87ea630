"""Rule schedule: in, out, about to be either, and with which key."""

from __future__ import annotations

from typing import Any

import pytest

from eoskeeper.domain.chain_time import Slot
from eoskeeper.domain.findings import Grade
from eoskeeper.domain.production import Chain, Roster
from eoskeeper.domain.rules.schedule import SCHEDULE, ScheduleRule
from eoskeeper.domain.samples import (
    NotProducingLogged,
    NotProducingReason,
    Schedule,
    ScheduledProducer,
    ScheduleRead,
)
from tests.unit.domain.rules.views import ago, graded, replaced, roster_of, view_of
from tests.unit.domain.scene import OURS, START_SLOT, block, schedule_of

IN, OUT = schedule_of(), schedule_of(("alpha", "bravo", "carol", "delta"), version=2)
EMPTY = schedule_of((), version=0)
OTHER_KEY = Schedule(
    3, (*OUT.producers[:3], ScheduledProducer(OURS, ("EOS2",)))
)  # our place moves too
OUR_BLOCK = Chain(own=(block(1, START_SLOT, OURS),))


def read(
    active: Schedule,
    pending: Schedule | None = None,
    proposed: Schedule | None = None,
    age_s: float = 0,
) -> dict[str, Any]:
    """The schedule as read."""
    return {
        "schedule": ScheduleRead(ago(age_s), active, pending, proposed),
        "roster": Roster.of(active, OURS),
    }


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (read(IN), (Grade.OK, "scheduled")),
        (read(IN, EMPTY, EMPTY), (Grade.OK, "scheduled")),
        (read(IN, IN), (Grade.OK, "scheduled")),
        (read(IN, OUT), (Grade.DEGRADED, "leaving")),
        (read(IN, None, OUT), (Grade.DEGRADED, "leaving")),
        (read(IN, IN, OUT), (Grade.OK, "scheduled")),
        (read(IN, OTHER_KEY), (Grade.DEGRADED, "key_changes")),
        (read(OUT), (Grade.OK, "not_scheduled")),
        (read(OUT, IN), (Grade.OK, "entering")),
        (read(OUT) | {"chain": OUR_BLOCK}, (Grade.FAILED, "left")),
        (read(OUT, IN) | {"chain": OUR_BLOCK}, (Grade.OK, "entering")),
        (read(IN, age_s=30), (Grade.OK, "scheduled")),
        (read(IN, age_s=30.1), (Grade.UNKNOWN, "no_reading")),
        ({}, (Grade.UNKNOWN, "no_reading")),
    ],
)
def test_grades_our_place(node: dict[str, Any], expected: tuple[Grade, str]) -> None:
    """A candidate outside the schedule is nobody's alarm, unless it was inside."""
    assert graded(SCHEDULE, ScheduleRule(), view_of(node=node)) == expected


def test_is_unknown_after_a_restart_of_a_keeper_whose_host_once_held() -> None:
    """It neither raises the alarm anew nor says that all is well."""
    view = replaced(view_of(node=read(OUT)), standing={"held_from": Slot(START_SLOT - 9000)})
    assert graded(SCHEDULE, ScheduleRule(), view) == (Grade.UNKNOWN, "once_scheduled")


@pytest.mark.parametrize(
    ("reason", "said_ago_s", "renewed_ago_s", "expected"),
    [
        (NotProducingReason.NO_KEY, 1, None, (Grade.FAILED, "no_key")),
        (NotProducingReason.NO_KEY, 48, None, (Grade.FAILED, "no_key")),
        (NotProducingReason.NO_KEY, 48.1, None, (Grade.OK, "scheduled")),
        (NotProducingReason.NO_KEY, 10, 5, (Grade.OK, "scheduled")),
        (NotProducingReason.NO_KEY, 10, 15, (Grade.FAILED, "no_key")),
        (NotProducingReason.PAUSED, 1, None, (Grade.OK, "scheduled")),
    ],
)
def test_a_missing_key_counts_for_two_rounds(
    reason: NotProducingReason,
    said_ago_s: float,
    renewed_ago_s: float | None,
    expected: tuple[Grade, str],
) -> None:
    """nodeos says it in each own turn; four producers make a round of 24 s."""
    line = NotProducingLogged(ago(said_ago_s), reason, "because", None, None)
    renewed = None if renewed_ago_s is None else ago(renewed_ago_s)
    view = view_of(
        node=read(IN) | {"new_since": renewed, "roster": roster_of(4)},
        vitals={"not_producing": line},
    )
    assert graded(SCHEDULE, ScheduleRule(), view) == expected


def test_a_host_without_a_producer_is_well() -> None:
    """There is nothing to be scheduled."""
    view = view_of(node=read(IN))
    bare = replaced(view, policy={"producer": None})
    assert graded(SCHEDULE, ScheduleRule(), bare) == (Grade.OK, "no_producer")
