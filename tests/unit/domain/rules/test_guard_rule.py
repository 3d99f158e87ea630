"""Rule guard: there, silent, unable, and what it did."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.guard_samples import GuardMode, GuardPhase, GuardRead
from eoskeeper.domain.rules.guard import GUARD, GuardRule
from tests.unit.domain.rules.views import NOW, ago, graded, view_of


def read(seconds: float = 0.5, **changes: Any) -> GuardRead:  # noqa: ANN401 - fields of a Struct
    """An answer from so long ago."""
    told = GuardRead(
        ago(seconds), ago(seconds), GuardPhase.IDLE, GuardMode.DEADLINE, 0, 0.0, can_hold=True
    )
    return msgspec.structs.replace(told, **changes)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (read(), (Grade.OK, "idle")),
        (read(phase=GuardPhase.ARMED), (Grade.OK, "armed")),
        (read(phase=GuardPhase.LOOKING), (Grade.OK, "looking")),
        (read(2.0), (Grade.OK, "idle")),
        (read(2.1), (Grade.FAILED, "silent")),
        (None, (Grade.FAILED, "absent")),
        (read(can_hold=False, unclear="two listen"), (Grade.DEGRADED, "cannot_hold")),
        (read(phase=GuardPhase.FENCED, how="pause", reason="late"), (Grade.OK, "fenced")),
        (read(phase=GuardPhase.FENCED, reason="late"), (Grade.FAILED, "unproven")),
    ],
)
def test_grades_the_newest_answer(answer: GuardRead | None, expected: tuple[Grade, str]) -> None:
    """Around each limit."""
    view = view_of(vitals={"guard": answer})
    policy = msgspec.structs.replace(view.policy, guard=GuardMode.DEADLINE)
    assert graded(GUARD, GuardRule(), msgspec.structs.replace(view, policy=policy)) == expected


def test_says_nothing_where_no_guard_is_configured() -> None:
    """The chain register works without one."""
    assert GuardRule().assess(view_of(), NOW) == ()
