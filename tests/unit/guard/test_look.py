"""Mode look: only a node that hears nobody, or says nothing for longer, is fenced."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eoskeeper.guard.look import Hearing, fold, reason_to_fence
from eoskeeper.guard.settings import Settings
from eoskeeper.guard.wire import Head

SETTINGS = Settings(own_producers=("ours",), isolation_s=30, unanswered_s=60, own_turn_limit_s=7)


def moving(producer: str) -> Callable[[int], Head | None]:
    """A head that is another one each second."""
    return lambda second: Head(second, f"{second:x}", producer)


def own_turn_then_still(second: int) -> Head | None:
    """Six seconds of own blocks, then no more."""
    return Head(min(second, 6), f"{min(second, 6):x}", "ours")


def every_other(second: int) -> Head | None:
    """Still, and told each other second only."""
    return Head(1, "1", "theirs") if second % 2 else None


@pytest.mark.parametrize(
    ("told", "fenced_after_s", "why"),
    [
        (moving("theirs"), None, ""),
        (lambda _: Head(1, "1", "theirs"), 30, "alone"),
        (own_turn_then_still, 36, "alone"),
        (moving("ours"), 37, "alone"),
        (lambda _: None, 60, "not known"),
        (every_other, 60, "not known"),
    ],
    ids=["heard", "still", "own turn", "only ours", "no answer", "now and then"],
)
def test_it_fences_a_node_that_is_not_known_to_be_heard(
    told: Callable[[int], Head | None], fenced_after_s: int | None, why: str
) -> None:
    """An own turn counts for nothing, and unknown is counted by itself."""
    hearing = fold(Hearing(0.0), told(0), 0.0, SETTINGS)
    for second in range(1, 200):
        hearing = fold(hearing, told(second), float(second), SETTINGS)
        if (reason := reason_to_fence(hearing, SETTINGS)) is not None:
            assert second == fenced_after_s
            assert reason.startswith(why)
            return
    assert fenced_after_s is None


def test_one_block_of_somebody_else_begins_it_anew() -> None:
    """Whatever was counted before."""
    before = Hearing(10.0, Head(1, "1", "theirs"), 29.0, 30.0, 6.0)
    after = fold(before, Head(2, "2", "theirs"), 11.0, SETTINGS)
    assert after == Hearing(11.0, Head(2, "2", "theirs"))


def test_a_suspend_counts_in_full() -> None:
    """The host slept for an hour; nobody knows what the others did."""
    before = Hearing(10.0, Head(1, "1", "theirs"))
    assert reason_to_fence(fold(before, Head(1, "1", "theirs"), 3610.0, SETTINGS), SETTINGS)
