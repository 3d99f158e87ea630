"""Rule producing_elsewhere: who makes our blocks, as the primary and a standby see it."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.logbook import Logbook
from eoskeeper.domain.policy import Role
from eoskeeper.domain.production import Chain
from eoskeeper.domain.rules.producing_elsewhere import PRODUCING_ELSEWHERE, ProducingElsewhere
from eoskeeper.domain.samples import BlockLogged, LoggedBlockKind
from eoskeeper.domain.standing import State
from tests.unit.domain.rules.views import NOW, ago, graded, roster_of, view_of, watched
from tests.unit.domain.scene import OURS, START_SLOT, block, settled_holder, settled_standby

HERE, ELSEWHERE = LoggedBlockKind.PRODUCED, LoggedBlockKind.RECEIVED
MOVED, IDLE = (Grade.DEGRADED, "elsewhere"), (Grade.OK, "as_it_should")
NOT_KNOWN = (Grade.UNKNOWN, "maker_not_known")


def book_of(kind: LoggedBlockKind | None, slot: int) -> Logbook:
    """A log with one line of our block, or none."""
    if kind is None:
        return Logbook()
    ours = block(1000, slot, OURS)
    line = BlockLogged(NOW, kind, 1000, ours.block_id[8:24], ours.slot, OURS, None, 0, 1)
    return Logbook(produced=(line,)) if kind is HERE else Logbook(received=(line,))


@pytest.mark.parametrize(
    ("role", "state", "kind", "paused", "expected"),
    [
        (Role.PRIMARY, State.HOLDER, HERE, False, (Grade.OK, "here")),
        (Role.PRIMARY, State.HOLDER, ELSEWHERE, False, MOVED),
        (Role.PRIMARY, State.STANDBY, ELSEWHERE, True, MOVED),
        (Role.PRIMARY, State.STANDBY, None, True, MOVED),
        (Role.PRIMARY, State.STANDBY, None, False, NOT_KNOWN),
        (Role.PRIMARY, State.HOLDER, None, True, NOT_KNOWN),
        (Role.FIRST_STANDBY, State.STANDBY, ELSEWHERE, True, IDLE),
        (Role.FIRST_STANDBY, State.STANDBY, None, True, IDLE),
        (Role.FIRST_STANDBY, State.HOLDER, ELSEWHERE, False, MOVED),
        (Role.SECOND_STANDBY, State.HOLDER, HERE, False, (Grade.OK, "here")),
    ],
)
def test_grades_the_maker_of_our_newest_block(
    role: Role,
    state: State,
    kind: LoggedBlockKind | None,
    *,
    paused: bool,
    expected: tuple[Grade, str],
) -> None:
    """A pause proves that a block was not made here; a host just resumed does not trust it."""
    slot = START_SLOT + 12
    node = {
        "roster": roster_of(4),
        "chain": Chain(own=(block(1000, slot, OURS),)),
        "logbook": book_of(kind, slot),
        "paused_since": ago(600) if paused else None,
    }
    view = view_of(node=node, standing=state, policy=role)
    assert graded(PRODUCING_ELSEWHERE, ProducingElsewhere(), view) == expected


@pytest.mark.parametrize(
    ("slots_ago", "expected"),
    [(119, MOVED), (120, (Grade.UNKNOWN, "none_of_late"))],
)
def test_an_old_block_tells_nothing_of_today(slots_ago: int, expected: tuple[Grade, str]) -> None:
    """Two and a half rounds of 24 s; NOW is 0.1 s into its slot."""
    slot = START_SLOT + 24 - slots_ago
    node = {
        "roster": roster_of(4),
        "chain": Chain(own=(block(1000, slot, OURS),)),
        "logbook": book_of(ELSEWHERE, slot),
    }
    assert graded(PRODUCING_ELSEWHERE, ProducingElsewhere(), view_of(node=node)) == expected


def test_is_unknown_without_a_block_or_a_place() -> None:
    """Nothing to judge."""
    expected = (Grade.UNKNOWN, "none_known")
    assert graded(PRODUCING_ELSEWHERE, ProducingElsewhere(), view_of()) == expected
    node = {"roster": roster_of(4, None), "chain": Chain(own=(block(1, START_SLOT, OURS),))}
    assert graded(PRODUCING_ELSEWHERE, ProducingElsewhere(), view_of(node=node)) == expected


def test_is_well_on_a_healthy_pair() -> None:
    """At any moment of two rounds, on either side."""
    assert watched(settled_holder()).ever(ProducingElsewhere(), 48) == {Grade.OK}
    assert watched(settled_standby()).ever(ProducingElsewhere(), 48) == {Grade.OK}
