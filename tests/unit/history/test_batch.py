"""What waits while the disk does not answer."""

from __future__ import annotations

from eoskeeper.history.batch import Batch, Bounded


def test_the_oldest_make_room_and_are_counted() -> None:
    """Memory is bounded, and what was lost is known."""
    queue = Bounded[int](3)
    for entry in range(5):
        queue.add(entry)
    assert (queue.take(), queue.dropped, len(queue)) == ((2, 3, 4), 2, 0)


def test_what_was_taken_in_vain_comes_before_what_came_since() -> None:
    """A failed batch is tried again in its order; the bound holds."""
    queue = Bounded[int](3)
    queue.add(1)
    queue.add(2)
    taken = queue.take()
    queue.add(3)
    queue.add(4)
    queue.give_back(taken)
    assert (queue.take(), queue.dropped) == ((2, 3, 4), 1)


def test_a_batch_of_nothing_is_false() -> None:
    """Nobody begins a transaction for it."""
    assert not Batch()
