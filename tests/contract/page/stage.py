"""The page on a stage: the keeper's own web server, about a world that a test turns.

``python -m tests.contract.page.stage`` shows it to people; the primary dies after a while.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.events import Event
from eoskeeper.domain.publication import Publication
from eoskeeper.domain.records import Curves, EventRecord, EventSource, Quantity, TurnRecord
from eoskeeper.web.feed import Feed
from eoskeeper.web.page_files import packaged_page
from eoskeeper.web.ports import Offers
from eoskeeper.web.server import WEB_LISTENING, WebSettings, serve
from tests.contract.page.journal import curves, older_events, record, takeover_events
from tests.contract.page.world import World

__all__ = ["Stage", "staged"]

PERIOD_S = 0.25


class Stage:
    """A keeper without its inside. It is also the history that the server asks, and its log.

    Attributes:
        pace: seconds of the world in one of the test's.
        begin: UTC of the oldest own turn that the history holds.
        records: the journal, newest first.
        url: where the page is.
    """

    def __init__(self, world: World) -> None:
        """A stage for this world."""
        self.world = world
        self.pace = 1.0
        self.begin = world.begin - 40 * 6 * len(world.schedule)
        self.records = [
            record(number, event)
            for number, event in reversed(tuple(enumerate(older_events(world), start=1)))
        ]
        self.url = ""
        self._port = 0
        self._feed: Feed | None = None
        self._listening = threading.Event()
        self._told_takeover = False
        self._tasks: list[asyncio.Task[None]] = []
        self._loop = asyncio.new_event_loop()

    # --- what a test may do -------------------------------------------------------------------

    def open(self, *, history: bool = True, streams: bool = True) -> None:
        """Serve, from now on like this; on the same port as before, if there was one."""
        self.close()
        self._listening.clear()
        self._do(self._begin(history=history, streams=streams))
        assert self._listening.wait(30), "the stage listens"

    def close(self) -> None:
        """Like a keeper that was killed: connections break, nobody listens."""
        self._do(self._end())

    def kill_primary(self) -> None:
        """The host that produces is gone."""
        self.world.killed = self.world.now

    # --- the port of the log ------------------------------------------------------------------

    def info(self, event: str, **details: object) -> None:
        """Learn the port."""
        if event == WEB_LISTENING:
            self._port = int(str(details["address"]).rpartition(":")[2])
            self.url = f"http://127.0.0.1:{self._port}/"
            self._listening.set()

    def warning(self, event: str, **details: object) -> None:
        """A port that is taken is no test."""
        print(event, details, file=sys.stderr)  # noqa: T201 - for who shows it

    # --- the port of the history --------------------------------------------------------------

    async def curves(
        self, quantities: Sequence[Quantity], from_utc: float, to_utc: float, points: int
    ) -> Curves:
        """Waves."""
        return curves(quantities, from_utc, to_utc, points)

    async def turns(
        self,
        producer: str | None,
        ours: bool,  # noqa: FBT001 - the port's own form
        from_utc: float,
        to_utc: float,
        limit: int,
    ) -> tuple[TurnRecord, ...]:
        """Own turns of the world, those that are closed."""
        assert ours, "the page asks for own turns only"
        assert producer is None, "and not by name"
        end_utc = min(to_utc, self.world.now - 9)
        turns = self.world.own_turns(max(from_utc, self.begin), end_utc)
        return tuple(self.world.record(turn) for turn in turns[-limit:])

    async def events(
        self, source: EventSource | None, limit: int, before: int | None, after: int | None
    ) -> tuple[EventRecord, ...]:
        """The journal."""
        found = [
            one
            for one in self.records
            if source in {None, one.source}
            and (before is None or one.number < before)
            and (after is None or one.number > after)
        ]
        return tuple(found[:limit])

    # --- inside -------------------------------------------------------------------------------

    async def _begin(self, *, history: bool, streams: bool) -> None:
        feed = Feed(self if history else None)
        self._feed = feed
        offers = Offers(
            history=self if history else None,
            feed=feed if streams else None,
            page=packaged_page(),
        )
        settings = WebSettings(host="127.0.0.1", port=self._port)
        works = (
            serve(settings, self.world.report, self._clock, self, offers),
            feed.run(),
            self._go_on(),
        )
        self._tasks = [self._loop.create_task(work) for work in works]

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(PERIOD_S)
            before, world = self.world.now, self.world
            world.now += PERIOD_S * self.pace
            if world.now == before:
                continue
            assert self._feed is not None, "the world goes on while it is served"
            self._feed.put(
                Publication(
                    now=self._clock(),
                    report=world.report(),
                    turns=world.closed_between(before, world.now),
                    events=self._fresh_events(),
                )
            )

    def _fresh_events(self) -> tuple[Event, ...]:
        if self._told_takeover or self.world.now < self.world.takeover + 4:
            return ()
        self._told_takeover = True
        fresh = takeover_events(self.world)
        for event in fresh:
            self.records.insert(0, record(self.records[0].number + 1, event))
        return fresh

    def _clock(self) -> Moment:
        return Moment(MonoS(self.world.now), UtcS(self.world.now))

    def _do(self, work: Coroutine[object, object, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def run(self) -> None:
        """Turn the stage's own loop, until ``stop``."""
        self._loop.run_forever()
        self._loop.close()

    def stop(self) -> None:
        """End the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)


@contextmanager
def staged(world: World | None = None) -> Iterator[Stage]:
    """An open stage in a thread of its own: the browser's driver blocks that of the test."""
    stage = Stage(world or World())
    thread = threading.Thread(target=stage.run, daemon=True)
    thread.start()
    try:
        stage.open()
        yield stage
        stage.close()
    finally:
        stage.stop()
        thread.join(30)


def _show() -> None:
    with staged() as stage:
        print(stage.url)  # noqa: T201 - its point
        input("Enter kills the primary.")
        stage.kill_primary()
        stage.pace = 10
        input("Enter ends.")


if __name__ == "__main__":
    _show()
