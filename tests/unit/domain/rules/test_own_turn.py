"""Rule own_turn: twelve slots, each filled, missed, lost or not known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from eoskeeper.domain.chain_time import Slot, slot_utc
from eoskeeper.domain.findings import Grade
from eoskeeper.domain.logbook import Logbook
from eoskeeper.domain.policy import Role
from eoskeeper.domain.production import Chain, Roster
from eoskeeper.domain.rules.own_turn import OWN_TURN, OwnTurn
from eoskeeper.domain.samples import (
    BlockLogged,
    LoggedBlockKind,
    NotProducingLogged,
    NotProducingReason,
)
from eoskeeper.domain.standing import State
from tests.unit.domain.rules.views import NOW, graded, replaced, roster_of, view_of, watched
from tests.unit.domain.scene import (
    OURS,
    START_SLOT,
    block,
    block_id,
    moment_at,
    policy_of,
    settled_holder,
    settled_standby,
)

FIRST = START_SLOT + 12
"""First slot of our turn; the last is FIRST + 11, three seconds later it is judged."""
JUDGED = moment_at(FIRST + 11 + 6)
ROSTER = roster_of(4)
NOT_KNOWN = (Grade.UNKNOWN, "not_known")


def chain_of(empty: Iterable[int], upto: int = FIRST + 18, since: int = START_SLOT - 48) -> Chain:
    """A chain without gaps but for some slots of our turn (0 to 11)."""
    left_out = {FIRST + slot for slot in empty}
    blocks = tuple(
        block(slot, slot, ROSTER.producer_at(slot) or "")
        for slot in range(since, upto)
        if slot not in left_out
    )
    own = tuple(b for b in blocks if b.producer == OURS)
    return Chain(blocks=blocks, own=own, covered_from=Slot(since))


def line_of(slot: int, kind: LoggedBlockKind = LoggedBlockKind.PRODUCED) -> BlockLogged:
    """The log line of a block as ``chain_of`` numbers it."""
    part = block_id(slot, slot)[8:24]
    return BlockLogged(NOW, kind, slot, part, Slot(slot), OURS, None, 0, 1)


def made_here(slots: Iterable[int]) -> Logbook:
    """Produced lines of some slots of our turn."""
    return Logbook(produced=tuple(line_of(FIRST + slot) for slot in slots))


def seen(chain: Chain, book: Logbook | None = None, roster: Roster = ROSTER) -> dict[str, Any]:
    """What the rule looks at."""
    return {"chain": chain, "roster": roster, "logbook": book or Logbook()}


ALL = range(12)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (seen(chain_of(())), (Grade.OK, "full_unknown")),
        (seen(chain_of(()), made_here(ALL)), (Grade.OK, "full_here")),
        (seen(chain_of(()), made_here(range(6))), (Grade.OK, "full_unknown")),
        (seen(chain_of((11,)), made_here(range(11))), (Grade.DEGRADED, "short_here")),
        (seen(chain_of((11,)), made_here(ALL)), (Grade.DEGRADED, "short_here")),
        (seen(chain_of(range(1, 12))), (Grade.DEGRADED, "short_unknown")),
        (seen(chain_of(ALL)), (Grade.FAILED, "missed")),
        (seen(chain_of(ALL), made_here(ALL)), (Grade.FAILED, "lost")),
        (seen(chain_of(ALL), made_here((3,))), (Grade.FAILED, "lost")),
        (seen(chain_of((), since=FIRST + 1)), NOT_KNOWN),
        (seen(chain_of(ALL, upto=FIRST + 12)), NOT_KNOWN),
        (seen(Chain()), NOT_KNOWN),
        (seen(chain_of(()), roster=roster_of(4, None)), (Grade.UNKNOWN, "not_scheduled")),
        ({}, (Grade.UNKNOWN, "not_scheduled")),
    ],
)
def test_grades_the_newest_turn(node: dict[str, Any], expected: tuple[Grade, str]) -> None:
    """By the chain; the log tells who made it and what was lost."""
    assert graded(OWN_TURN, OwnTurn(), view_of(node=node), JUDGED) == expected


def test_blocks_received_were_made_elsewhere() -> None:
    """By another host of ours: the turn is full all the same."""
    lines = tuple(line_of(FIRST + slot, LoggedBlockKind.RECEIVED) for slot in ALL)
    view = view_of(node=seen(chain_of(()), Logbook(received=lines)))
    assert graded(OWN_TURN, OwnTurn(), view, JUDGED) == (Grade.OK, "full_elsewhere")
    book = Logbook(produced=made_here(range(6, 12)).produced, received=lines[:6])
    handed_over = view_of(node=seen(chain_of(()), book))
    assert graded(OWN_TURN, OwnTurn(), handed_over, JUDGED) == (Grade.OK, "full_unknown")
    short = view_of(node=seen(chain_of((0,)), Logbook(received=lines)))
    assert graded(OWN_TURN, OwnTurn(), short, JUDGED) == (Grade.DEGRADED, "short_elsewhere")


@pytest.mark.parametrize(
    ("slots_after", "expected"),
    [(5.0, (Grade.OK, "full_unknown")), (6.0, (Grade.FAILED, "missed"))],
)
def test_a_turn_is_judged_three_seconds_after_its_end(
    slots_after: float, expected: tuple[Grade, str]
) -> None:
    """Before that the turn of the round before is the newest one."""
    view = view_of(node=seen(chain_of(ALL)))
    assert graded(OWN_TURN, OwnTurn(), view, moment_at(FIRST + 11 + slots_after)) == expected


@pytest.mark.parametrize(
    ("allowed", "grade"), [(0, Grade.DEGRADED), (1, Grade.DEGRADED), (2, Grade.OK)]
)
def test_an_operator_may_allow_empty_slots(allowed: int, grade: Grade) -> None:
    """Here two slots are empty."""
    view = view_of(node=seen(chain_of((0, 11))))
    assert graded(OWN_TURN, OwnTurn(empty_allowed=allowed), view, JUDGED)[0] is grade


TOLD = (Grade.FAILED, "missed_told")
MISSED = (Grade.FAILED, "missed")


@pytest.mark.parametrize(
    ("role", "state", "slot", "reason", "expected"),
    [
        (Role.PRIMARY, State.HELD, FIRST + 5, NotProducingReason.PAUSED, TOLD),
        (Role.PRIMARY, State.HOLDER, FIRST - 2, NotProducingReason.WATERMARK, TOLD),
        (Role.PRIMARY, State.HOLDER, FIRST - 3, NotProducingReason.WATERMARK, MISSED),
        (Role.PRIMARY, State.HOLDER, FIRST + 13, NotProducingReason.WATERMARK, MISSED),
        (Role.FIRST_STANDBY, State.HOLDER, FIRST, NotProducingReason.WATERMARK, TOLD),
        (Role.FIRST_STANDBY, State.STANDBY, FIRST, NotProducingReason.PAUSED, MISSED),
        (
            Role.PRIMARY,
            State.HOLDER,
            FIRST,
            NotProducingReason.NO_KEY,
            (Grade.UNKNOWN, "no_key"),
        ),
    ],
)
def test_tells_what_nodeos_says_of_an_empty_turn(
    role: Role, state: State, slot: int, reason: NotProducingReason, expected: tuple[Grade, str]
) -> None:
    """Not what a paused standby says; a missing key is told by the rule schedule."""
    line = NotProducingLogged(NOW, reason, "because", None, slot_utc(slot))
    view = view_of(node=seen(chain_of(ALL)), standing=state, policy=policy_of(role))
    view = replaced(view, vitals={"not_producing": line})
    assert graded(OWN_TURN, OwnTurn(), view, JUDGED) == expected


def test_is_never_bad_on_a_healthy_pair() -> None:
    """At any moment of two rounds, on either side."""
    assert watched(settled_holder()).ever(OwnTurn(), 48) == {Grade.OK}
    assert watched(settled_standby()).ever(OwnTurn(), 48) == {Grade.OK}
