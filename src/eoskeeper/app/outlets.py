"""Outlets: the history, the feed of the pages and the telemetry of one keeper, composed.

None of them can stop the keeper, or make a cycle wait: see docs/decisions/007.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from eoskeeper.app.publishing import Outlet, Publisher
from eoskeeper.app.recorder import Log
from eoskeeper.app.telemetry_outlet import TelemetryOutlet
from eoskeeper.config import Config
from eoskeeper.domain.chain_time import Turn
from eoskeeper.domain.events import Event
from eoskeeper.domain.own_samples import TelemetryFigures
from eoskeeper.domain.publication import Publication
from eoskeeper.domain.report import Report
from eoskeeper.domain.watch import WatchEvent
from eoskeeper.history.queries import HistoryReader
from eoskeeper.history.recorder import HistoryRecorder
from eoskeeper.history.settings import HISTORY_FILE
from eoskeeper.runtime.clock import Clock
from eoskeeper.runtime.optional_parts import OptionalParts
from eoskeeper.telemetry.influx_settings import Endpoint, endpoint_of
from eoskeeper.telemetry.influx_writer import InfluxWriter, World
from eoskeeper.telemetry.prometheus import render
from eoskeeper.web.feed import Feed
from eoskeeper.web.page_files import packaged_page
from eoskeeper.web.ports import Offers

__all__ = ["Outlets", "Past"]

Main = Callable[[], Awaitable[None]]

NEWEST_TURN_S = 5.0
"""Seconds that the history has to name its newest turn; then turns are told without it."""

SPOOL_FILE = "spool.sqlite"

HISTORY_NOT_READ = "history_not_read"


class Past(NamedTuple):
    """The journals, for what the history misses.

    Attributes:
        events: reads the journal of decisions, oldest first.
        told: reads the journal of alarms.
    """

    events: Callable[[], Iterable[Event]]
    told: Callable[[], Iterable[WatchEvent]]


class Outlets:
    """Everything that a cycle's publication goes to."""

    def __init__(
        self, config: Config, clock: Clock, log: Log, optional: OptionalParts, past: Past
    ) -> None:
        """Compose; nothing is opened before the parts run."""
        self._log = log
        self._clock = clock
        self._past = past
        outlets: dict[str, Outlet] = {}
        self._parts: dict[str, Main] = {}
        self._reader: HistoryReader | None = None
        if config.history.enabled:
            path = config.paths.state / HISTORY_FILE
            recorder = HistoryRecorder(path, config.history, log)
            self._reader = HistoryReader(path)
            outlets["history"] = recorder
            self._parts["history"] = lambda: self._keep_history(recorder)
        self._feed: Feed | None = None
        self._page = packaged_page()
        if config.web_addresses():
            self._feed = Feed(self._reader)
            outlets["feed"] = self._feed
            self._parts["feed"] = self._feed.run
        self._writer = self._telemetry_writer(config)
        if self._writer is not None:
            put = self._writer.put
            outlets["telemetry"] = TelemetryOutlet(put, config.influxdb, config.language)
            self._parts["telemetry"] = self._writer.run
        self._optional = optional
        self._publisher = Publisher(outlets, optional)

    def mains(self) -> dict[str, Main]:
        """What runs beside the cycle, each begun anew when it fails."""
        return {name: self._optional.wrap(name, main) for name, main in self._parts.items()}

    def publish(self, publication: Publication) -> None:
        """Hand one cycle to all."""
        self._publisher.publish(publication)

    def offers(self, report: Callable[[], Report | None]) -> Offers:
        """What the pages serve besides the report itself."""
        return Offers(
            history=self._reader,
            metrics=lambda: render(report(), self._clock()),
            feed=self._feed,
            page=self._page,
        )

    def telemetry(self) -> TelemetryFigures | None:
        """How the points fare that are sent away; None when none are."""
        return None if self._writer is None else self._writer.figures

    def _telemetry_writer(self, config: Config) -> InfluxWriter | None:
        endpoint = endpoint_of(config.influxdb)
        if endpoint is None:
            return None
        assert isinstance(endpoint, Endpoint), f"the configuration was checked: {endpoint}"
        world = World(self._clock, asyncio.sleep, random.random, self._log)
        return InfluxWriter(config.influxdb, endpoint, config.paths.state / SPOOL_FILE, world)

    async def newest_turn(self) -> Turn | None:
        """The newest turn that the history holds; None when it holds none or cannot be read."""
        if self._reader is None:
            return None
        try:
            async with asyncio.timeout(NEWEST_TURN_S):
                newest = await self._reader.newest_turn()
        except Exception as error:  # noqa: BLE001 - whatever ails the history, the keeper begins
            self._log.warning(HISTORY_NOT_READ, problem=f"{type(error).__name__}: {error}")
            return None
        return None if newest is None else Turn(newest)

    async def _keep_history(self, recorder: HistoryRecorder) -> None:
        await recorder.backfill(self._past.events(), self._past.told())
        await recorder.run()
