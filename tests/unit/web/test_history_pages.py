"""The history is asked what the page was asked; one that hangs holds up nobody."""

from __future__ import annotations

import asyncio

import pytest

from eoskeeper.domain.records import EventSource, Quantity
from eoskeeper.web.ports import HistoryReader, Offers
from eoskeeper.web.shelf import HistoryAway, Shelf
from tests.unit.web.past import TURN, FixedHistory
from tests.unit.web.serving import NOW, Served, against_server, answers

NOW_UTC = NOW.utc_s
DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("path", "question"),
    [
        (
            "/api/history?quantity=links",
            ("curves", (Quantity.LINKS,), NOW_UTC - 3600, NOW_UTC, 600),
        ),
        (
            "/api/history?quantity=links&quantity=links&quantity=head_age_s&span=month&points=10",
            ("curves", (Quantity.LINKS, Quantity.HEAD_AGE_S), NOW_UTC - 30 * DAY_S, NOW_UTC, 10),
        ),
        (
            "/api/history?quantity=links&span=day&to=864000",
            ("curves", (Quantity.LINKS,), 9 * DAY_S, 10 * DAY_S, 600),
        ),
        (
            "/api/history?quantity=links&from=5&to=7.5",
            ("curves", (Quantity.LINKS,), 5.0, 7.5, 600),
        ),
        ("/api/turns", ("turns", None, True, 0.0, NOW_UTC + 60, 100)),
        ("/api/turns?producer=all&limit=7", ("turns", None, False, 0.0, NOW_UTC + 60, 7)),
        ("/api/turns?producer=a.b&from=1&to=2", ("turns", "a.b", False, 1.0, 2.0, 100)),
        ("/api/events", ("events", None, 100, None, None)),
        (
            "/api/events?source=alarm&limit=5&before=9&after=3",
            ("events", EventSource.ALARM, 5, 9, 3),
        ),
    ],
)
def test_the_history_is_asked_for_what_is_wanted(path: str, question: tuple[object, ...]) -> None:
    """An hour until now where nothing is said."""
    history = FixedHistory()
    (answer,) = answers((path,), offers=Offers(history=history))
    assert answer.status == 200
    assert history.asked == [question]


def test_what_is_unknown_stays_null() -> None:
    """A hole in a curve, a lateness that nobody knows."""
    curves, turns = answers(
        ("/api/history?quantity=links",), ("/api/turns",), offers=Offers(history=FixedHistory())
    )
    assert b'"mean":[null,1.0]' in curves.body
    told = turns.json()
    assert isinstance(told, dict)
    assert told["turns"][0]["turn"] == TURN.turn
    assert told["turns"][0]["latest_ms"] is None


def test_events_come_with_words_in_both_languages() -> None:
    """And as they are journalled."""
    (answer,) = answers(("/api/events",), offers=Offers(history=FixedHistory()))
    told = answer.json()
    assert isinstance(told, dict)
    first, second = told["events"]
    assert (first["number"], second["number"]) == (2, 1)
    assert first["text"]["en"] == "keeper 0.4.0 started as bp-1 (A, auto)"
    assert first["text"]["zh"].startswith("keeper 0.4.0 启动")
    assert first["event"]["type"] == "keeper_started"


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/api/history?quantity=links&from=5&span=day", "from"),
        ("/api/history?quantity=links&from=7&to=7", "from"),
        ("/api/history?quantity=links&from=4000000000", "from"),
        ("/api/turns?from=7&to=6", "from"),
        ("/api/history?quantity=nothing", "quantity"),
    ],
)
def test_a_stretch_that_cannot_be_is_told(path: str, parameter: str) -> None:
    """400, with the parameter; and nothing is asked."""
    history = FixedHistory()
    (answer,) = answers((path,), offers=Offers(history=history))
    told = answer.json()
    assert isinstance(told, dict)
    assert (answer.status, told["parameter"]) == (400, parameter)
    assert history.asked == []


@pytest.mark.parametrize("path", ["/api/history?quantity=links", "/api/turns", "/api/events"])
def test_without_a_history_it_is_told_how_to_get_one(path: str) -> None:
    """404 in words."""
    (answer,) = answers((path,))
    assert answer.status == 404
    assert answer.json() == {"problem": "history is off: set history.enabled"}


def test_a_history_that_cannot_be_read_is_told() -> None:
    """503, and no line in the log for each page that is drawn."""
    history = FixedHistory()
    history.problem = OSError("disk I/O error")
    (answer,) = answers(("/api/turns",), offers=Offers(history=history))
    assert answer.status == 503
    assert answer.json() == {"problem": "the history cannot be read: disk I/O error"}


def test_a_history_that_hangs_holds_up_no_other_page() -> None:
    """The server is stopped all the same."""
    history = FixedHistory()

    async def check(served: Served) -> None:
        history.hang = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            waiting = [group.create_task(served.ask("/api/turns")) for _ in range(5)]
            async with asyncio.timeout(2):
                assert (await served.ask("/liveness")).status == 200
            assert len(history.asked) <= 2
            history.hang.set()
        assert [one.result().status for one in waiting] == [200] * 5

    against_server(check, offers=Offers(history=history))


def test_a_question_that_takes_too_long_keeps_its_place_until_it_ends() -> None:
    """A thread that hangs on a disk cannot be ended: no more than two may."""
    history = FixedHistory()

    async def question(reader: HistoryReader) -> object:
        return await reader.turns(producer=None, ours=True, from_utc=0, to_utc=1, limit=1)

    async def run() -> list[str]:
        history.hang = asyncio.Event()
        problems: list[str] = []
        async with asyncio.TaskGroup() as group:
            shelf = Shelf(history, group, patience_s=0.05)
            for _ in range(4):
                try:
                    await shelf.ask(question)
                except HistoryAway as error:
                    problems.append(str(error))
            history.hang.set()
            assert await shelf.ask(question) == (TURN,)
        return problems

    assert asyncio.run(run()) == ["the history gave no answer in 0.05 s"] * 4
    assert len(history.asked) == 3


def test_a_question_while_the_server_stops_is_told_so_and_takes_no_place() -> None:
    """A connection may outlive the group that its questions run in, for a moment."""

    async def run() -> list[str]:
        async with asyncio.TaskGroup() as group:
            shelf = Shelf(FixedHistory(), group)
        told: list[str] = []
        for _ in range(3):
            with pytest.raises(HistoryAway) as caught:
                await shelf.ask(
                    lambda reader: reader.events(source=None, limit=1, before=None, after=None)
                )
            told.append(str(caught.value))
        return told

    assert asyncio.run(run()) == ["the server is being stopped"] * 3
