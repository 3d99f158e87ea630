"""What is new is made once for all who listen, and for nobody when nobody does."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import msgspec

from eoskeeper.domain.chain_time import Turn
from eoskeeper.domain.publication import Publication
from eoskeeper.domain.tally import NoticeMark
from eoskeeper.domain.turns import TurnClosed
from eoskeeper.web.feed import MAX_CLIENTS, MAX_QUEUE, Feed
from eoskeeper.web.ports import Subscription
from tests.unit.web.past import STARTED, FixedHistory
from tests.unit.web.serving import NOW, a_report

CLOSED = TurnClosed(NOW, Turn(9), "eosstorebest", ours=True, cells="p" * 11 + "m")
QUIET = Publication(now=NOW, report=a_report())
BUSY = Publication(
    now=NOW,
    report=a_report(),
    turns=(CLOSED,),
    events=(STARTED,),
    told=(NoticeMark(NOW, 1, 8, 0),),
)


def messages(taken: bytes) -> list[tuple[str, object]]:
    """Events of a stream: name and data."""
    found = []
    for block in taken.decode().split("\n\n")[:-1]:
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), msgspec.json.decode(data[len("data: ") :])))
    return found


def nothing() -> None:
    """Nobody is dropped."""


def place(feed: Feed) -> Subscription:
    """A client's."""
    client = feed.join(nothing)
    assert client is not None
    return client


def run(work: Coroutine[object, object, None]) -> None:
    """On a loop of its own, not for long."""

    async def bounded() -> None:
        async with asyncio.timeout(10):
            await work

    asyncio.run(bounded())


def test_each_cycle_comes_as_a_report() -> None:
    """And as nothing else when nothing else has happened."""

    async def check() -> None:
        feed = Feed()
        client = place(feed)
        feed.put(QUIET)
        feed.put(QUIET)
        got = messages(await client.take(1))
        assert [name for name, _ in got] == ["report", "report"]
        assert isinstance(got[0][1], dict)
        assert got[0][1]["host"] == "bp-1"

    run(check())


def test_turns_and_events_come_with_their_cycle() -> None:
    """Events in words, newest first, numbered here when no history does."""

    async def check() -> None:
        feed = Feed()
        client = place(feed)
        feed.put(BUSY)
        (_, _), (turns_name, turns), (events_name, events) = messages(await client.take(1))
        assert (turns_name, events_name) == ("turns", "events")
        assert isinstance(turns, dict)
        assert isinstance(events, dict)
        assert turns["turns"][0]["cells"] == "p" * 11 + "m"
        assert [one["number"] for one in events["events"]] == [2, 1]
        assert [one["kind"] for one in events["events"]] == ["notice_told", "keeper_started"]
        assert [one["source"] for one in events["events"]] == ["alarm", "decision"]

    run(check())


def test_a_message_is_made_once_for_all() -> None:
    """The very same bytes lie in every queue."""

    async def check() -> None:
        feed = Feed()
        first, second = place(feed), place(feed)
        feed.put(QUIET)
        one, other = await first.take(1), await second.take(1)
        assert one == other

    run(check())


def test_nobody_there_is_no_work() -> None:
    """A report that cannot be encoded is not even looked at."""

    async def check() -> None:
        feed = Feed()
        broken = msgspec.structs.replace(QUIET, report=object())
        feed.put(broken)
        client = place(feed)
        client.leave()
        feed.put(broken)

    run(check())


def test_places_are_few_and_free_again() -> None:
    """One more gets none."""

    async def check() -> None:
        feed = Feed()
        clients = [place(feed) for _ in range(MAX_CLIENTS)]
        assert feed.join(nothing) is None
        clients[3].leave()
        assert feed.join(nothing) is not None

    run(check())


def test_a_client_that_does_not_keep_up_is_dropped_alone() -> None:
    """Once, when its queue is full; the others go on."""
    dropped: list[str] = []

    async def check() -> None:
        feed = Feed()
        slow = feed.join(lambda: dropped.append("slow"))
        quick = place(feed)
        for count in range(MAX_QUEUE + 5):
            feed.put(QUIET)
            assert len(messages(await quick.take(1))) == 1
            assert dropped == (["slow"] if count >= MAX_QUEUE else [])
        assert slow is not None

    run(check())


def test_silence_ends_a_wait_with_nothing() -> None:
    """So that a heartbeat can be sent."""

    async def check() -> None:
        assert await place(Feed()).take(0.01) == b""

    run(check())


def test_events_are_numbered_as_the_history_numbers_them() -> None:
    """They are told when it has written them, each once."""
    history = FixedHistory()
    history.numbers = []

    async def check() -> None:
        feed = Feed(history)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(feed.run())
            client = place(feed)
            feed.put(BUSY)
            assert len(messages(await client.take(1))) == 2
            history.numbers = [41]
            assert numbers(await client.take(5)) == [41]
            feed.put(BUSY)
            await client.take(1)
            history.numbers = [42, 41]
            assert numbers(await client.take(5)) == [42]
            task.cancel()

    run(check())


def numbers(taken: bytes) -> list[int]:
    """Of the events in a message of events."""
    ((name, rows),) = messages(taken)
    assert name == "events"
    assert isinstance(rows, dict)
    return [one["number"] for one in rows["events"]]


def test_a_history_without_a_listener_is_not_asked() -> None:
    """Who comes later asks for the past by itself."""
    history = FixedHistory()

    async def check() -> None:
        feed = Feed(history)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(feed.run())
            feed.put(BUSY)
            client = place(feed)
            feed.put(BUSY)
            client.leave()
            await asyncio.sleep(0.6)
            task.cancel()

    run(check())
    assert history.asked == []
