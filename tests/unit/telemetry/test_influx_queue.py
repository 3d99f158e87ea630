"""What waits in memory for the disk: in order, bounded, and counted when it does not fit."""

from __future__ import annotations

from eoskeeper.telemetry.influx_queue import LineQueue, Lines
from eoskeeper.telemetry.spool import Kind


def lines(number: int, points: int = 1, kind: Kind = Kind.SAMPLE) -> Lines:
    """One of many."""
    return Lines(kind, points, str(number).encode())


def texts(found: list[Lines]) -> list[int]:
    """Their numbers."""
    return [int(one.text) for one in found]


def filled(max_points: int, *given: Lines) -> LineQueue:
    """A queue that was given these."""
    queue = LineQueue(max_points)
    for one in given:
        queue.add(one)
    return queue


def test_what_came_first_goes_first() -> None:
    """All at once, or so many points at a time; one at least, or it would never go."""
    queue = filled(100, *(lines(number, points=4) for number in range(5)))
    assert (texts(queue.take(8)), queue.points) == ([0, 1], 12)
    assert (texts(queue.take(1)), queue.points) == ([2], 8)
    assert (texts(queue.take()), queue.points) == ([3, 4], 0)
    assert queue.take() == []
    assert queue.dropped == 0


def test_what_is_given_back_is_first_again() -> None:
    """The disk did not take it."""
    queue = filled(100, lines(1), lines(2), lines(3))
    taken = queue.take(2)
    queue.add(lines(4))
    queue.give_back(taken)
    assert queue.points == 4
    assert texts(queue.take()) == [1, 2, 3, 4]


def test_when_it_is_full_the_oldest_samples_go() -> None:
    """And are counted in points."""
    queue = filled(10, *(lines(number, points=3) for number in range(5)))
    assert (queue.points, queue.dropped) == (9, 6)
    assert texts(queue.take()) == [2, 3, 4]


def test_events_go_only_when_no_sample_is_left() -> None:
    """Then the oldest of them."""
    events = [lines(number, kind=Kind.EVENT) for number in range(4)]
    queue = filled(3, events[0], lines(9), events[1], events[2], events[3])
    assert queue.dropped == 2
    assert texts(queue.take()) == [1, 2, 3]


def test_one_thing_larger_than_the_room_is_kept() -> None:
    """Nothing else has to go for it than what is older."""
    queue = filled(3, lines(1), lines(2, points=9))
    assert (texts(queue.take()), queue.dropped) == ([2], 1)
