"""Rule register: the store of the lease answers, fails for a moment, or is silent."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.lease.timing import LeaseTiming
from eoskeeper.domain.register import (
    ABSENT,
    CasUnknown,
    RegisterFailed,
    RegisterRead,
    RegisterReason,
    Store,
)
from eoskeeper.domain.rules.register import REGISTER, RegisterRule
from eoskeeper.domain.samples import Sample
from eoskeeper.domain.vitals import Vitals, fold_vitals
from tests.unit.domain.rules.views import NOW, STARTED, ago, graded, view_of


def answered(seconds: float) -> Sample:
    """It said so long ago that nothing lies there."""
    return RegisterRead(ago(seconds), ago(seconds), None, ABSENT, Store("c", 1, 1))


def failed(seconds: float) -> Sample:
    """A look that brought nothing."""
    return RegisterFailed(ago(seconds), ago(seconds), RegisterReason.NO_LEADER, "election")


def doubtful(seconds: float) -> Sample:
    """A write of which nothing is known."""
    return CasUnknown(ago(seconds), ago(seconds), RegisterReason.TIMEOUT, "late")


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([], (Grade.UNKNOWN, "waited")),
        ([answered(1)], (Grade.OK, "answers")),
        ([failed(30), answered(1)], (Grade.OK, "answers")),
        ([answered(9), failed(4)], (Grade.OK, "hiccup")),
        ([answered(9), failed(4.1)], (Grade.FAILED, "silent")),
        ([answered(9), doubtful(5), failed(1)], (Grade.FAILED, "silent")),
        ([failed(5), failed(1)], (Grade.FAILED, "silent")),
    ],
)
def test_grades_how_long_nothing_was_told(
    samples: list[Sample], expected: tuple[Grade, str]
) -> None:
    """From the first failure that no answer has followed."""
    vitals = Vitals(started=STARTED)
    for sample in samples:
        vitals = fold_vitals(vitals, sample)
    view = msgspec.structs.replace(view_of(), vitals=vitals)
    policy = msgspec.structs.replace(view.policy, lease=LeaseTiming())
    assert (
        graded(REGISTER, RegisterRule(), msgspec.structs.replace(view, policy=policy)) == expected
    )


def test_says_nothing_where_the_chain_is_the_register() -> None:
    """There is nobody to ask."""
    assert RegisterRule().assess(view_of(), NOW) == ()
